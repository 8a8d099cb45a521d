"""What the checks of the layer objects share: a box with the grader's parameters, numbers to put into boxes."""

from __future__ import annotations

import math

import numpy as np

from .. import Remote, Student, fail_if, oracles


class Box:
    """A student's Linear whose parameters were overwritten in place by the grader's W (in, out) and b (out,).

    These are random, of size `scale`, the biases around `lift`.
    """

    def __init__(
        self, student: Student, rng, in_size: int, out_size: int, scale: float = 1.0, lift: float = 0
    ):
        self.W, self.b = numbers(rng, in_size, out_size) * scale, numbers(rng, out_size) * scale + lift
        self.remote = student.Linear(in_size, out_size)
        turned = shape_of(self.remote.W, "W") == (out_size, in_size)
        for array, values in ((self.remote.W, self.W.T if turned else self.W), (self.remote.b, self.b)):
            array.put(np.arange(values.size), values.ravel())


def shape_of(array: Remote, name: str) -> tuple[int, ...]:
    """The shape of a student's array, without its values: these are random."""
    shape = array.shape.value()
    fail_if(type(shape) is not tuple or not all(type(size) is int for size in shape), f"{name}: not an array")
    sides_fit = all(0 <= size <= 10_000 for size in shape)
    fail_if(len(shape) > 4 or not sides_fit or math.prod(shape) > 10_000, f"{name}: wrong shape")
    return shape


def numbers(rng, *shape: int) -> np.ndarray:
    """Normal numbers, rounded so that float32 holds them exactly."""
    return np.round(64 * rng.normal(size=shape)) / 64


def away_from_zero(rng, *shape: int) -> np.ndarray:
    """Numbers of both signs between 0.1 and 2 in size."""
    return rng.uniform(0.1, 2, shape) * rng.choice([-1.0, 1.0], shape)


def sigmoid_slope(x):
    """The sigmoid's derivative at x."""
    return oracles.sigmoid_deriv(oracles.sigmoid(x))
