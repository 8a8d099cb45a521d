"""The autoencoder on the grader's side: names, random parameters, forward pass, and gradients by complex steps."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from .. import Remote, expect, fail_if

LAYERS = ("layer1", "layer2", "layer3", "output")
PARAMETERS = tuple(kind + layer for layer in LAYERS for kind in "Wb")
SIZES = (7, 6, 5, 4, 7)  # all different but the ends, so that a mixed-up layer does not fit

Arrays = dict[str, np.ndarray]


def shapes(sizes: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
    """Parameter to shape, for the sizes from input to output."""
    found: dict[str, tuple[int, ...]] = {}
    for layer, (before, after) in zip(LAYERS, pairwise(sizes), strict=True):
        found |= {"W" + layer: (before, after), "b" + layer: (after,)}
    return found


def random_params(rng: Any, sizes: tuple[int, ...] = SIZES) -> Arrays:
    """Weights and biases whose ReLUs are on for most rows, and off for some."""
    return {
        name: rng.normal(0.3 * (name[0] == "b"), 0.6, size=shape) for name, shape in shapes(sizes).items()
    }


def images(rng: Any, rows: int, columns: int = SIZES[0]) -> np.ndarray:
    """Rows of numbers from 0 to 1, half of them near the ends, as in pictures of ink on paper."""
    return np.clip(rng.uniform(-0.5, 1.5, size=(rows, columns)), 0, 1)


def relu(z: np.ndarray) -> np.ndarray:
    return np.where(z.real > 0, z, 0)


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def encode(x: np.ndarray, params: Arrays) -> np.ndarray:
    for layer in LAYERS[:2]:
        x = relu(x @ params["W" + layer] + params["b" + layer])
    return x


def decode(code: np.ndarray, params: Arrays) -> np.ndarray:
    hidden = relu(code @ params["Wlayer3"] + params["blayer3"])
    return sigmoid(hidden @ params["Woutput"] + params["boutput"])


def reconstruct(x: np.ndarray, params: Arrays) -> np.ndarray:
    return decode(encode(x, params), params)


def gradients(x: np.ndarray, params: Arrays, delta: np.ndarray) -> Arrays:
    """The slopes of sum(delta * reconstruct(x, params)) for every scalar of params.

    Complex steps: Im f(w + ih) / h has no difference that cancels, and is right to rounding (Squire and Trapp 1998).
    No chain rule is written down, so none can be wrong.
    """
    step, found = 1e-30, {}
    for name, values in params.items():
        slopes = np.zeros(values.shape)
        for place in np.ndindex(values.shape):
            moved = values.astype(complex)
            moved[place] += step * 1j
            slopes[place] = (delta * reconstruct(x, {**params, name: moved})).sum().imag / step
        found[name] = slopes
    return found


def total_squared_error(x: np.ndarray, out: np.ndarray) -> float:
    return float(np.square(out - x).sum())


def mean_psnr(x: np.ndarray, out: np.ndarray) -> float:
    """The mean over the rows of 20 log10(1) - 10 log10(mean squared error of the row)."""
    return float(np.mean(-10 * np.log10(np.square(out - x).mean(axis=1))))


def stored(params: Remote, name: str) -> Any:
    """`params[name]` by value; CheckFailed when there is none."""
    fail_if(name not in params, f"no {name} in params")
    return params[name]


def returned_params(value: Any, sizes: tuple[int, ...]) -> Arrays:
    """The eight parameters of a returned dictionary as finite float arrays of the right shapes."""
    keep = value.value() if isinstance(value, Remote) else value
    keep = expect(keep, "params").is_dict(*PARAMETERS)
    found = {}
    for name, shape in shapes(sizes).items():
        found[name] = expect(keep[name], name).has_shape(*shape).astype(float)
        expect(keep[name], name).is_finite()
    return found
