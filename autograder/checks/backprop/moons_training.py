"""Checks of the two moons' backward half: the gradients of one hidden layer, and training with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from student_lib.toysets import make_moons

from .. import Remote, Student, check, expect, fail_if, oracles
from .._lending import lent
from ._moons import (
    LEAST_ACCURACY,
    PARAMETERS,
    PASSES,
    SECONDS,
    Layers,
    activation,
    attribute,
    bias,
    call,
    data,
    descended,
    do,
    forward,
    network,
    random_layers,
    rescue,
    right_gradients,
)

# --- backprop_three_layer


_FOR_BACKPROP = rescue("actFun", "diff_actFun", "feedforward")


@check(
    "backprop.backprop_three_layer",
    hint="a1 transposed times (probs - onehot), added up over the rows.",
    weight=2,
    rescue=_FOR_BACKPROP,
)
def gradients_of_the_output_layer(student, rng):
    """dW2 and db2 are summed over five rows; three inputs, four units, two classes."""
    grads, right = _backward(student, rng, "Tanh", rows=5)
    _expect_gradients(grads, right, ("dW2", "db2"))


@check(
    "backprop.backprop_three_layer",
    hint="The gradient passes W2 and then the slope at z1, the net input.",
    weight=2,
    rescue=_FOR_BACKPROP,
)
def gradients_of_the_hidden_layer(student, rng):
    """dW1 and db1 are summed over five rows and passed through tanh at its net input."""
    grads, right = _backward(student, rng, "Tanh", rows=5)
    _expect_gradients(grads, right, ("dW1", "db1"))


@check(
    "backprop.backprop_three_layer",
    hint="Use self.diff_actFun with self.actFun_type.",
    rescue=_FOR_BACKPROP,
)
def gradients_of_other_activations(student, rng):
    """All four gradients are right with the sigmoid and with ReLU."""
    for kind in ("Sigmoid", "ReLU"):
        grads, right = _backward(student, rng, kind, rows=6, classes=3)
        _expect_gradients(grads, right, tuple(right))


@check(
    "backprop.backprop_three_layer",
    hint="The regulariser is added in fit_model.",
    rescue=_FOR_BACKPROP,
)
def gradients_without_the_regulariser(student, rng):
    """reg_lambda changes no gradient."""
    grads, right = _backward(student, rng, "Tanh", rows=5, reg_lambda=3.0)
    _expect_gradients(grads, right, tuple(right))


@check(
    "backprop.backprop_three_layer",
    hint="Keep the axes: dW1 is (in, h) for one row too.",
    rescue=_FOR_BACKPROP,
)
def gradients_of_one_row(student, rng):
    """A batch of one row gives the same four gradients."""
    grads, right = _backward(student, rng, "Sigmoid", rows=1, classes=4)
    _expect_gradients(grads, right, tuple(right))


@check(
    "backprop.backprop_three_layer",
    hint="delta = self.probs; delta[...] -= 1 changes self.probs: copy it.",
    rescue=_FOR_BACKPROP,
)
def backprop_changes_nothing(student, rng):
    """probs and the parameters are the same after the call, and a second call gives the same gradients."""
    layers, (X, y) = random_layers(rng, 3, 4, 2), data(rng, 5, 3, 2)
    net = network(student, layers)
    do(student, net.feedforward, X, _bend(student, "tanh"))
    _set_passed(net, layers, X, "tanh")
    first = _four(student, call(student, net.backprop, X, y))
    probs = expect(attribute(net, "probs"), "probs").is_finite()
    right = oracles.softmax(forward(layers, X, "tanh")[-1])
    fail_if(probs.shape != right.shape or not np.allclose(probs, right), "probs: was changed")
    for name, value in zip(PARAMETERS, (part for layer in layers for part in layer), strict=True):
        expect(attribute(net, name), name).unchanged(value)
    second = _four(student, call(student, net.backprop, X, y))
    for name in first:
        expect(second[name], f"{name} again").close_to(first[name])


def _bend(student: Student, kind: str) -> Callable[[Any], Any]:
    """An activation for the student's feedforward to call."""
    return lent(student, lambda z: activation(z, kind))


def _set_passed(net: Remote, layers: Layers, X: np.ndarray, kind: str) -> None:
    """What a right feedforward leaves, whatever the student's left."""
    z1, a1, z2 = forward(layers, X, kind)
    net.z1, net.a1, net.z2, net.probs = z1, a1, z2, oracles.softmax(z2)


def _backward(
    student: Student, rng, kind: str, rows: int, classes: int = 2, reg_lambda: float = 0.0
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The student's four gradients and the right ones, by name."""
    layers, (X, y) = random_layers(rng, 3, 4, classes), data(rng, rows, 3, classes)
    net = network(student, layers, kind, reg_lambda)
    do(student, net.feedforward, X, _bend(student, kind))
    _set_passed(net, layers, X, kind)
    grads = _four(student, call(student, net.backprop, X, y))
    (dW1, db1), (dW2, db2) = right_gradients(layers, X, y, kind)
    return grads, {"dW1": dW1, "dW2": dW2, "db1": db1.ravel(), "db2": db2.ravel()}


def _four(student: Student, value: Any) -> dict[str, np.ndarray]:
    """dW1, dW2, db1, db2, the last two (n,): the homeworks have them as (1, n) and as (n,)."""
    grads = [
        expect(part, name).is_finite()
        for part, name in zip(expect(value).is_sequence(4), _GRADIENTS, strict=True)
    ]
    grads[2:] = [db[0] if db.ndim == 2 and len(db) == 1 else db for db in grads[2:]]
    student.transcript[-1] = ("call", tuple(grads))
    return dict(zip(_GRADIENTS, grads, strict=True))


_GRADIENTS = ("dW1", "dW2", "db1", "db2")


def _expect_gradients(
    grads: dict[str, np.ndarray], right: dict[str, np.ndarray], names: tuple[str, ...]
) -> None:
    for name in names:
        expect(grads[name], name).close_to(right[name])


# --- fit_model


_FOR_FIT = rescue("actFun", "diff_actFun", "feedforward", "calculate_loss", "backprop")


@check(
    "backprop.fit_model",
    hint="W -= epsilon * (dW + reg_lambda * W), and all four parameters from one set of gradients.",
    weight=2,
    rescue=_FOR_FIT,
)
def one_pass_is_one_step(student, rng):
    """Without regulariser one pass moves all four parameters by minus epsilon times their gradients."""
    _judge_fit(student, rng, reg_lambda=0.0, passes=1, names=PARAMETERS)


@check(
    "backprop.fit_model",
    hint="Add reg_lambda * W to each weight's gradient; reg_lambda, not half of it.",
    rescue=_FOR_FIT,
)
def weights_shrink(student, rng):
    """The regulariser adds reg_lambda * W to the gradients of W1 and W2."""
    _judge_fit(student, rng, reg_lambda=2.0, passes=1, names=("W1", "W2"))


@check("backprop.fit_model", hint="Only weights are regularised.", rescue=_FOR_FIT)
def biases_do_not_shrink(student, rng):
    """The biases move as without regulariser."""
    _judge_fit(student, rng, reg_lambda=2.0, passes=1, names=("b1", "b2"))


@check(
    "backprop.fit_model",
    hint="Forward and backward both belong into the loop, num_passes times.",
    rescue=_FOR_FIT,
)
def several_passes_are_several_steps(student, rng):
    """Three passes take three steps, each with the gradients of the place that the last one led to."""
    _judge_fit(student, rng, reg_lambda=0.3, passes=3, names=PARAMETERS, kind="Sigmoid")


@check(
    "backprop.fit_model",
    hint="Print the loss now and then: does it fall?",
    seconds=SECONDS,
    rescue=_FOR_FIT,
)
def fit_learns_new_moons(student, rng):
    """Sixty passes teach six tanh units most of 100 new moon points; printing the loss does no harm."""
    X, y = make_moons(100, noise=0.2, seed=int(rng.integers(2**31)))
    net = network(student, random_layers(rng, 2, 6, 2, scale=0.5), reg_lambda=0.01)
    do(student, net.fit_model, X, y, epsilon=0.01, num_passes=PASSES, print_loss=True)
    layers = [
        tuple(expect(attribute(net, name), name).is_finite() for name in pair)
        for pair in (("W1", "b1"), ("W2", "b2"))
    ]
    for (W, b), (n, m) in zip(layers, ((2, 6), (6, 2)), strict=True):
        fail_if(W.shape != (n, m) or b.size != m, "parameters: wrong shape")
    likeliest = forward(layers, X, "tanh")[-1].argmax(axis=1)
    fail_if(np.mean(likeliest == y) < LEAST_ACCURACY, "does not learn")


def _judge_fit(
    student: Student,
    rng,
    reg_lambda: float,
    passes: int,
    names: tuple[str, ...],
    kind: str = "Tanh",
    epsilon: float = 0.1,
) -> None:
    layers, (X, y) = random_layers(rng, 3, 4, 2), data(rng, 5, 3, 2)
    net = network(student, layers, kind, reg_lambda)
    do(student, net.fit_model, X, y, epsilon=epsilon, num_passes=passes, print_loss=False)
    (W1, b1), (W2, b2) = descended(layers, X, y, kind, reg_lambda, epsilon, passes)
    right = {"W1": W1, "W2": W2, "b1": b1.ravel(), "b2": b2.ravel()}
    for name in names:
        value = bias(student, net, name) if name[0] == "b" else attribute(net, name)
        expect(value, name).close_to(right[name], rtol=1e-5)
