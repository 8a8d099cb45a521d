"""Boxes whose methods run on the grader's side: right ones for a student whose own are not, and one that looks on."""

from __future__ import annotations

import functools

import numpy as np

from .. import ArgumentError, Remote, Student, StudentError, StudentTimedOut, oracles
from .._lending import numbers_in
from ._layers import sigmoid_slope

_MOST_NUMBERS_LENT = 20_000_000


def lend_right_boxes(student: Student, rng) -> None:
    """Replace the student's four classes by ones whose methods run on the grader's side.

    The classes, and W, b and their gradients, are real ones on the student's side, so that `isinstance`,
    `layer.W` and `params()` work for any trainer.
    """
    make_class, budget = student.given("builtins", "type"), [_MOST_NUMBERS_LENT]
    boxes = {
        "Linear": functools.partial(_linear, rng),
        "ReLU": _entrywise(lambda x: np.maximum(x, 0), lambda x: (x > 0).astype(float)),
        "Sigmoid": _entrywise(oracles.sigmoid, sigmoid_slope),
        "SE": _squared_error,
    }

    def initializer(methods_of):
        def initialize(self, *sizes, **named_sizes):
            for method in methods_of(self, *sizes, **named_sizes):
                setattr(self, method.__name__, _lent(method, budget))

        return _lent(initialize, budget)

    student.bind(
        **{name: make_class(name, (), {"__init__": initializer(box)}) for name, box in boxes.items()}
    )


def spy(student: Student, seen: list[np.ndarray]) -> Remote:
    """A box of the student's class ReLU that passes everything on and shows each batch to the grader."""

    def forward(x):
        seen.append(x)
        return x

    def backward(dL_wrt_output):
        return dL_wrt_output

    box, budget = student.ReLU(), [_MOST_NUMBERS_LENT]
    box.forward, box.backward = _lent(forward, budget), _lent(backward, budget)
    return box


def _linear(rng, self: Remote, input_dimension: int, output_dimension: int):
    """The methods of one lent Linear. A Remote attribute that a method returns arrives as the live array."""
    self.W = rng.normal(size=(input_dimension, output_dimension)) / np.sqrt(input_dimension)
    self.b = np.zeros((1, output_dimension))
    kept: dict[str, np.ndarray] = {}

    def forward(x):
        kept.update(x=x, W=self.W.value())
        return oracles.affine(x, kept["W"], self.b.value()[0])

    def backward(dL_wrt_output):
        numbers_in([*kept["x"].shape, dL_wrt_output.shape[1]])
        self.dL_wrt_W = np.einsum("ni,no->nio", kept["x"], dL_wrt_output)
        self.dL_wrt_b = dL_wrt_output[:, np.newaxis]
        return np.einsum("no,io->ni", dL_wrt_output, kept["W"])

    def params():
        return {"W": self.W, "b": self.b}

    def grads():
        return {"W": self.dL_wrt_W, "b": self.dL_wrt_b}

    return forward, backward, params, grads


def _entrywise(function, slope):
    """What gives the methods of a lent ReLU or Sigmoid."""

    def methods_of(self: Remote):
        kept: dict[str, np.ndarray] = {}

        def forward(x):
            kept["slope"] = slope(x)
            return function(x)

        def backward(dL_wrt_output):
            return dL_wrt_output * kept["slope"]

        return forward, backward

    return methods_of


def _squared_error(self: Remote):
    """The methods of one lent SE."""
    kept: dict[str, np.ndarray] = {}

    def forward(x, y):
        kept["difference"] = x - y
        return np.square(x - y)

    def backward():
        return 2 * kept["difference"]

    return forward, backward


def _lent(function, budget: list[int]):
    """`function` for student code to call: odd arguments make the student's crash, not ours."""

    def lent(*args, **kwargs):
        budget[0] -= numbers_in([*args, *kwargs.values()])
        if budget[0] < 0:
            raise StudentTimedOut(f"the lent boxes were given more than {_MOST_NUMBERS_LENT} numbers")
        try:
            return function(*args, **kwargs)
        except StudentError:
            raise
        except Exception as error:
            raise ArgumentError(f"a layer was called with odd arguments: {type(error).__name__}") from error

    return lent
