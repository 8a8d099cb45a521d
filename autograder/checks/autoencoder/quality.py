"""Hidden checks of what is measured and explored: psnr, encode, decode."""

from __future__ import annotations

import math

import numpy as np

from .. import check, expect, fail_if
from . import _network
from ._lent import rescue, without_nn
from ._network import SIZES, images, random_params

# --- psnr


@check(
    "autoencoder.psnr", hint="Mean of the squared differences first, then one decimal logarithm.", weight=3
)
def psnr_of_an_image(student, rng):
    """The PSNR of one image in dB is 20 log10(1) - 10 log10(mean squared error)."""
    for spread in (0.3, 0.02):
        x = images(rng, 1, 20)[0]
        out = x + rng.normal(0, spread, size=20)
        expect(student.psnr(x, out), "psnr").close_to(_decibels(x, out))


@check("autoencoder.psnr", hint="The largest value that a pixel *may* have is 1, whatever this image holds.")
def psnr_of_a_dim_image(student, rng):
    """An image whose brightest pixel is far below 1 is measured against 1 all the same."""
    x = 0.4 * rng.uniform(size=24)
    out = np.clip(x + rng.normal(0, 0.05, size=24), 0, 0.45)
    expect(student.psnr(x, out), "psnr").close_to(_decibels(x, out))


@check("autoencoder.psnr", hint="np.mean without an axis takes every entry, of any number of axes.")
def psnr_of_any_shape(student, rng):
    """Rows of images, and images as 32 x 32 squares, give one number: the mean is over all entries."""
    for shape in ((3, 16), (32, 32), (1, 5)):
        x, out = rng.uniform(size=shape), rng.uniform(size=shape)
        expect(student.psnr(x, out), "psnr").close_to(_decibels(x, out))


@check("autoencoder.psnr", hint="-10 * np.log10(0.0) is infinity, as it should be; math.log10(0.0) raises.")
def psnr_without_error(student, rng):
    """Two equal images have an infinite PSNR, and both arguments stay unchanged."""
    x, out = rng.uniform(size=12), rng.uniform(size=12)
    same = expect(student.psnr(x, x.copy()), "psnr").is_scalar()
    fail_if(same != math.inf, "equal images: not infinite")
    kept = student.array(x), student.array(out)
    expect(student.psnr(*kept), "psnr").is_number()
    expect(kept[0].value(), "x").unchanged(x)
    expect(kept[1].value(), "out").unchanged(out)


def _decibels(x: np.ndarray, out: np.ndarray) -> float:
    errors = [(a - b) ** 2 for a, b in zip(x.ravel().tolist(), out.ravel().tolist(), strict=True)]
    return -10 * math.log10(math.fsum(errors) / len(errors))


# --- encode and decode


@check(
    "autoencoder.encode",
    hint="The code is what the second ReLU returns: two of the four layers.",
    weight=2,
    rescue=rescue("forward_autoencoder"),
)
def code_of_an_image(student, rng):
    """The code is the output of layer2, for five rows and for one."""
    without_nn(student, rng)
    for rows in (5, 1):
        values, x = random_params(rng), images(rng, rows)
        code = student.encode(x, student.dict(values))
        expect(code, "the code").close_to(_network.encode(x, values))


@check(
    "autoencoder.encode",
    hint="Only forward passes: nothing is learned here.",
    rescue=rescue("forward_autoencoder"),
)
def encoding_changes_nothing(student, rng):
    """x and the parameters are the same after the call."""
    without_nn(student, rng)
    values, x = random_params(rng), images(rng, 3)
    params, kept = student.dict(values), student.array(x)
    expect(student.encode(kept, params), "the code").has_shape(3, SIZES[2])
    expect(kept.value(), "x").unchanged(x)
    for name, value in values.items():
        expect(params[name], name).unchanged(value)


@check(
    "autoencoder.decode",
    hint="layer3 with relu, then output with sigmoid.",
    weight=2,
    rescue=rescue(),
)
def image_of_a_code(student, rng):
    """Any code, not only that of an image, becomes the image that the last two layers make of it."""
    without_nn(student, rng)
    for rows in (5, 1):
        values, code = random_params(rng), rng.uniform(0, 2, size=(rows, SIZES[2]))
        expect(student.decode(code, student.dict(values)), "the image").close_to(
            _network.decode(code, values)
        )


@check("autoencoder.decode", hint="Only forward passes: nothing is learned here.", rescue=rescue())
def decoding_changes_nothing(student, rng):
    """The code and the parameters are the same after the call."""
    without_nn(student, rng)
    values, code = random_params(rng), rng.uniform(0, 2, size=(3, SIZES[2]))
    params, kept = student.dict(values), student.array(code)
    expect(student.decode(kept, params), "the image").has_shape(3, SIZES[4])
    expect(kept.value(), "the code").unchanged(code)
    for name, value in values.items():
        expect(params[name], name).unchanged(value)
