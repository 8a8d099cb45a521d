"""Hidden checks of the boxes without parameters, `source/backprop/layers.ipynb`: ReLU, Sigmoid and SE."""

from __future__ import annotations

import numpy as np

from .. import Remote, Student, check, expect, fail_if, oracles, same
from ._layers import away_from_zero, sigmoid_slope


@check("backprop.relu_layer", hint="max(0, x), entry by entry.")
def relu_values(student, rng):
    """forward gives max(0, x) for negative, zero and positive entries, and for whole numbers."""
    x = _with_zeros(rng, 4, 5)
    expect(student.ReLU().forward(x)).close_to(np.maximum(x, 0))
    whole = rng.integers(-4, 5, size=(3, 4))
    expect(student.ReLU().forward(whole)).close_to(np.maximum(whole, 0))


@check(
    "backprop.relu_layer", hint="The arriving gradient passes where x was positive, whatever its own sign."
)
def relu_gradient(student, rng):
    """backward lets the arriving gradient through where x was positive and nowhere else."""
    x, gradient = away_from_zero(rng, 4, 5), away_from_zero(rng, 4, 5)
    box = student.ReLU()
    box.forward(x)
    expect(box.backward(gradient)).close_to(gradient * (x > 0))


@check("backprop.relu_layer", hint="The slope at exactly 0 is taken to be 0.")
def relu_stops_at_zero(student, rng):
    """No gradient passes where x is exactly 0."""
    x, gradient = _with_zeros(rng, 4, 5), away_from_zero(rng, 4, 5)
    box = student.ReLU()
    box.forward(x)
    answer = expect(box.backward(gradient)).has_shape(4, 5)
    fail_if(answer[x == 0].any(), "gradient passes at 0")


@check("backprop.relu_layer", hint="Work entry by entry, whatever the number of axes.")
def relu_keeps_any_shape(student, rng):
    """Arrays with one, three and four axes keep their shape, forwards and back."""
    _judge_shapes(student.ReLU, rng, lambda x: np.maximum(x, 0), lambda x: (x > 0).astype(float))


@check("backprop.relu_layer", hint="x[x < 0] = 0 and d[...] = 0 write into the caller's array.")
def relu_leaves_its_arguments(student, rng):
    """x and the arriving gradient are the same after both calls."""
    _judge_arguments(student, student.ReLU, _with_zeros(rng, 4, 5), away_from_zero(rng, 4, 5))


@check("backprop.relu_layer", hint="Keep what backward needs in self, anew in each forward.")
def relu_boxes_are_separate(student, rng):
    """Two boxes in one chain do not mix, and backward belongs to the last forward."""
    _judge_separate(student.ReLU, rng)


@check("backprop.sigmoid_layer", hint="1 / (1 + exp(-x)): mind the sign.")
def sigmoid_layer_values(student, rng):
    """forward agrees with 1 / (1 + exp(-x)) for negative and positive inputs."""
    x = rng.normal(scale=3, size=(4, 5))
    expect(student.Sigmoid().forward(x)).close_to(oracles.sigmoid(x))


@check("backprop.sigmoid_layer", hint="The arriving gradient times s (1 - s), where s is forward's output.")
def sigmoid_layer_gradient(student, rng):
    """backward agrees with finite differences of the output, times the arriving gradient."""
    x, gradient = rng.normal(scale=2, size=(4, 3)), away_from_zero(rng, 4, 3)
    box = student.Sigmoid()
    box.forward(x)
    measured = oracles.numerical_gradient(lambda at: np.vdot(gradient, oracles.sigmoid(at)), x)
    expect(box.backward(gradient)).close_to(measured, rtol=1e-5, atol=1e-7)


@check("backprop.sigmoid_layer", hint="exp of a large positive number is inf, and inf / inf is nan.")
def sigmoid_layer_at_extremes(student, rng):
    """Inputs of ±1000 give 1 and 0 and a gradient of 0, never nan."""
    x = np.where(rng.random((3, 4)) < 0.5, -1000.0, 1000.0)
    x[0, :2] = -1000.0, 1000.0
    box = student.Sigmoid()
    expect(box.forward(x)).close_to(x > 0)
    expect(box.backward(away_from_zero(rng, 3, 4)), "backward").close_to(np.zeros((3, 4)))


@check("backprop.sigmoid_layer", hint="Work entry by entry, whatever the number of axes.")
def sigmoid_layer_keeps_any_shape(student, rng):
    """Arrays with one, three and four axes keep their shape, forwards and back."""
    _judge_shapes(student.Sigmoid, rng, oracles.sigmoid, sigmoid_slope)


@check("backprop.sigmoid_layer", hint="x *= ..., d *= ... and out= write into the caller's array.")
def sigmoid_layer_leaves_its_arguments(student, rng):
    """x and the arriving gradient are the same after both calls."""
    _judge_arguments(student, student.Sigmoid, rng.normal(size=(4, 5)), away_from_zero(rng, 4, 5))


@check("backprop.sigmoid_layer", hint="Keep what backward needs in self, anew in each forward.")
def sigmoid_boxes_are_separate(student, rng):
    """Two boxes in one chain do not mix, and backward belongs to the last forward."""
    _judge_separate(student.Sigmoid, rng)


def _with_zeros(rng, rows: int, columns: int) -> np.ndarray:
    """Like `away_from_zero`, but a quarter of the entries, both signs being there too, is exactly 0."""
    x = away_from_zero(rng, rows, columns)
    x[0, :4] = 0.0, -0.0, 1.5, -1.5
    x.ravel()[rng.choice(np.arange(4, x.size), x.size // 4, replace=False)] = 0.0
    return x


def _judge_shapes(box_class: Remote, rng, function, slope) -> None:
    for shape in ((6,), (2, 3, 4), (2, 3, 2, 4)):
        x, gradient = away_from_zero(rng, *shape), away_from_zero(rng, *shape)
        box = box_class()
        expect(box.forward(x), "forward").close_to(function(x))
        expect(box.backward(gradient), "backward").close_to(gradient * slope(x))


def _judge_arguments(student: Student, box_class: Remote, x: np.ndarray, gradient: np.ndarray) -> None:
    box, own_x, own_gradient = box_class(), student.array(x), student.array(gradient)
    answers = (box.forward(own_x), box.backward(own_gradient))
    expect(own_x.value(), "x").unchanged(x)
    expect(own_gradient.value(), "the gradient").unchanged(gradient)
    for answer in answers:  # so that a box that does nothing earns nothing
        expect(answer).has_shape(*x.shape)


def _judge_separate(box_class: Remote, rng) -> None:
    first, second = box_class(), box_class()
    before, x, other, gradient = (away_from_zero(rng, 3, 4) for _ in range(4))
    first.forward(before)
    first.backward(gradient)
    first.forward(x)
    second.forward(other)
    answers = [expect(box.backward(gradient)).has_shape(3, 4) for box in (first, second)]
    # Fresh boxes say what belongs to x and to other: a wrong formula is another check's affair.
    for answer, own in zip(answers, (x, other), strict=True):
        fresh = box_class()
        fresh.forward(own)
        fail_if(not same(answer, fresh.backward(gradient)), "backward belongs to another forward")
    fail_if(same(*answers), "backward does not depend on forward")


@check("backprop.squared_error", hint="(x - y)**2 for each entry: neither summed nor averaged.")
def squared_errors_stay_apart(student, rng):
    """forward returns (x - y)**2 entry by entry, for one column and for three."""
    for shape in ((5, 1), (4, 3), (1, 1)):
        x, y = rng.random(shape), rng.integers(2, size=shape)
        right = [[(a - b) * (a - b) for a, b in zip(*rows, strict=True)] for rows in zip(x, y, strict=True)]
        expect(student.SE().forward(x, y)).close_to(right)


@check("backprop.squared_error", hint="The slope of (x - y)**2 in x, with its factor and its sign.")
def squared_error_slopes(student, rng):
    """backward returns the slope in x, which agrees with finite differences."""
    for shape in ((5, 1), (4, 3)):
        x, y = rng.normal(size=shape), rng.normal(size=shape)
        box = student.SE()
        box.forward(x, y)
        measured = oracles.numerical_gradient(lambda at, y=y: np.square(at - y).sum(), x)
        expect(box.backward(), "backward").close_to(measured, rtol=1e-5, atol=1e-7)


@check("backprop.squared_error", hint="x -= y writes into the caller's array; keep x - y in self.")
def squared_error_calls_are_separate(student, rng):
    """x and y are the same after the calls, and backward belongs to its own box's last forward."""
    x, y, other = (away_from_zero(rng, 4, 2) for _ in range(3))
    own_x, own_y, box = student.array(x), student.array(y), student.SE()
    box.forward(other, y)
    box.forward(own_x, own_y)
    student.SE().forward(other, x)
    answer = expect(box.backward(), "backward").has_shape(4, 2)
    expect(own_x.value(), "x").unchanged(x)
    expect(own_y.value(), "y").unchanged(y)
    fresh = student.SE()
    fresh.forward(x, y)
    fail_if(not same(answer, fresh.backward()), "backward belongs to another forward")
    fail_if(same(answer, np.zeros((4, 2))), "backward is zero")
