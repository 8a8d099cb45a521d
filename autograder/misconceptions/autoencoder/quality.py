"""Mistakes in psnr, encode and decode."""

from __future__ import annotations

import numpy as np

from student_lib.nn import linear, relu

from ... import oracles
from ...oracles import sigmoid
from .. import misconception


@misconception(
    "autoencoder.psnr",
    advice="np.log is the natural logarithm: your values are ln 10 = 2.3 times too large. Decibels use np.log10.",
)
def natural_logarithm(x, out):
    return -10 * np.log(np.mean((x - out) ** 2))


@misconception(
    "autoencoder.psnr",
    advice="You add the squared errors up. MSE is their mean over all pixels.",
)
def sum_for_mean(x, out):
    return -10 * np.log10(np.sum((x - out) ** 2))


@misconception(
    "autoencoder.psnr",
    advice="You measure against this image's own largest value. MAX is what a pixel may have at most: 1.",
    variants=[{"which": "out"}, {"which": "range"}],
)
def own_maximum(x, out, which="x"):
    peak = {"x": np.max(x), "out": np.max(out), "range": np.max(x) - np.min(x)}[which]
    return 20 * np.log10(peak) - 10 * np.log10(np.mean((x - out) ** 2))


@misconception(
    "autoencoder.psnr",
    advice="255 is the largest value of a byte. These pixels go from 0 to 1, so MAX is 1.",
)
def maximum_of_bytes(x, out):
    return 20 * np.log10(255) - 10 * np.log10(np.mean((x - out) ** 2))


@misconception(
    "autoencoder.psnr",
    advice="The factor before the logarithm of MSE is 10. Twenty belongs to the root of MSE, or to MAX.",
)
def twenty_for_ten(x, out):
    return -20 * np.log10(np.mean((x - out) ** 2))


@misconception(
    "autoencoder.psnr",
    advice="Ten times the logarithm of the *root* of MSE is half of what it should be: 20 for the root, 10 for MSE.",
)
def ten_for_the_root(x, out):
    return -10 * np.log10(np.sqrt(np.mean((x - out) ** 2)))


@misconception(
    "autoencoder.psnr",
    advice="Your PSNR has the wrong sign: a smaller error makes it larger.",
)
def sign_lost(x, out):
    return 10 * np.log10(np.mean((x - out) ** 2))


@misconception(
    "autoencoder.psnr",
    advice="You average absolute differences. MSE is the mean of the squares.",
)
def absolute_error(x, out):
    return -10 * np.log10(np.mean(np.abs(x - out)))


@misconception(
    "autoencoder.psnr",
    advice="You take the PSNR row by row and average. Here one mean over all entries comes first.",
    variants=[{"averaged": False}],
)
def mean_of_rows(x, out, averaged=True):
    rows = -10 * np.log10(np.mean((x - out) ** 2, axis=-1))
    return np.mean(rows) if averaged else rows


@misconception(
    "autoencoder.psnr",
    advice="Two equal images have an infinite PSNR. A cap, or a small number inside the logarithm, hides that.",
    by_symptom=True,
)
def infinity_avoided(x, out):
    return -10 * np.log10(np.mean((x - out) ** 2) or 1e-10)


def _through(x, params, steps):
    for name, activation in steps:
        x = oracles.forward(x, params, name, activation)
    return x


@misconception(
    "autoencoder.encode",
    advice="You go one layer too far: the code is what layer2 returns, the middle of the four layers.",
)
def code_after_three_layers(x, params):
    return _through(x, params, (("layer1", relu), ("layer2", relu), ("layer3", relu)))


@misconception(
    "autoencoder.encode",
    advice="You stop after the first layer. The code is what layer2 returns.",
)
def code_after_one_layer(x, params):
    return _through(x, params, (("layer1", relu),))


@misconception(
    "autoencoder.encode",
    advice="A ReLU is missing on the way to the code, so codes have negative numbers that no image's code has.",
    variants=[{"bends": (linear, relu)}, {"bends": (linear, linear)}],
)
def code_without_relu(x, params, bends=(relu, linear)):
    return _through(x, params, zip(("layer1", "layer2"), bends, strict=True))


@misconception(
    "autoencoder.encode",
    advice="forward's default activation is the sigmoid. Pass relu to both layers.",
)
def code_through_sigmoids(x, params):
    return _through(x, params, (("layer1", sigmoid), ("layer2", sigmoid)))


@misconception(
    "autoencoder.decode",
    advice="layer3 has no ReLU in your decoder.",
)
def decoder_without_relu(code, params):
    return _through(code, params, (("layer3", linear), ("output", sigmoid)))


@misconception(
    "autoencoder.decode",
    advice="The sigmoid is missing at the end: pixels leave the range from 0 to 1.",
    variants=[{"last": relu}],
)
def decoder_without_sigmoid(code, params, last=linear):
    return _through(code, params, (("layer3", relu), ("output", last)))


@misconception(
    "autoencoder.decode",
    advice="layer3 has forward's default, the sigmoid. Pass relu there.",
)
def decoder_of_two_sigmoids(code, params):
    return _through(code, params, (("layer3", sigmoid), ("output", sigmoid)))
