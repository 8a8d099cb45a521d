"""What several chapters of the fully connected network's checks need: one layer, stored entries, labels."""

from __future__ import annotations

import numpy as np

from .. import Remote, Student, expect, fail_if, oracles


class Layer:
    """One layer on the grader's side: random X (rows, D), W (D, H), b (H,), and forward's results."""

    def __init__(self, rng, rows, in_size, out_size, activation, name="layer1"):
        self.name = name
        self.X, self.delta = rng.normal(size=(rows, in_size)), rng.normal(size=(rows, out_size))
        self.W, self.b = rng.normal(size=(in_size, out_size)), rng.normal(size=out_size)
        self.pre_act = oracles.affine(self.X, self.W, self.b)
        self.post_act = activation(self.pre_act)
        self.cache = (self.X, self.pre_act, self.post_act)

    def params(self, student: Student) -> Remote:
        """W and b under the layer's name, on the student's side."""
        return student.dict({"W" + self.name: self.W, "b" + self.name: self.b})


def stored(params: Remote, key: str):
    """`params[key]` by value; CheckFailed when there is none."""
    fail_if(key not in params, f"no {key.rstrip('0123456789')} in params")
    return params[key]


def expect_unchanged(function: Remote, student: Student, *values: np.ndarray, rest=()):
    """Call with arrays that live on the student's side, look at them again, and return what came back.

    The caller demands something of that, so that a function which does nothing earns nothing.
    """
    arguments = [student.array(value) for value in values]
    result = function(*arguments, *rest)
    for argument, value in zip(arguments, values, strict=True):
        expect(argument.value(), "the argument").unchanged(value)
    return result


def one_hot_labels(rng, rows, classes):
    return np.eye(classes)[rng.integers(classes, size=rows)]
