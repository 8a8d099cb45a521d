"""Checks of the two moons' forward half: activations, their slopes, feedforward, the loss.

The source is `source/backprop/moons.ipynb`; what the chapters share is in `_moons.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import Remote, Student, check, expect, fail_if, oracles
from .._lending import lent
from ._moons import (
    KINDS,
    PARAMETERS,
    SPELLINGS,
    activation,
    attribute,
    call,
    do,
    forward,
    mild_data,
    network,
    random_layers,
    rescue,
    right_loss,
    slope,
)

# --- activation


@check("backprop.activation", hint="Compare type.lower() with 'tanh', 'sigmoid' and 'relu'.")
def activation_in_any_capitals(student, rng):
    """Each activation has its values, however its name is capitalised."""
    net, z = _plain(student), rng.normal(scale=2, size=(4, 3))
    for kind, names in SPELLINGS.items():
        for name in names.split():
            expect(call(student, net.actFun, z, name), kind).close_to(activation(z, kind))


@check("backprop.activation", hint="Work on the whole array at once; no shape is special.")
def activation_of_any_shape(student, rng):
    """Arrays with one, two and three axes keep their shape; 0 and whole numbers are ordinary inputs."""
    net = _plain(student)
    for z in (rng.normal(size=5), rng.normal(size=(2, 3, 4)), np.array([[-3, 0, 2]])):
        for kind in KINDS:
            expect(call(student, net.actFun, z, kind), kind).close_to(activation(z, kind))


@check("backprop.activation", hint="exp(1000) is infinite, and infinity / infinity is nan.")
def activation_of_large_inputs(student, rng):
    """Net inputs of ±1000 give 0, ±1 or the input itself, never nan."""
    net, z = _plain(student), np.array([[-1000.0, 1000.0], [-30.0, 30.0]])
    for kind in KINDS:
        expect(call(student, net.actFun, z, kind), kind).close_to(activation(z, kind))


@check("backprop.activation", hint="z[z < 0] = 0 writes into the caller's array: work on a new one.")
def activation_leaves_its_argument(student, rng):
    """z is the same after the call."""
    _judge_unchanged(student, _plain(student).actFun, rng.normal(size=(3, 4)))


def _plain(student: Student) -> Remote:
    return student.NeuralNetwork(2, 3, 2)


def _judge_unchanged(student: Student, method: Remote, z: np.ndarray) -> None:
    for kind in KINDS:
        kept = student.array(z)
        expect(call(student, method, kept, kind), kind).has_shape(*z.shape)
        expect(kept.value(), "z").unchanged(z)


# --- activation_derivative


@check(
    "backprop.activation_derivative",
    hint="z is the net input: tanh' is 1 - tanh(z)**2.",
    rescue=rescue("actFun"),
)
def slope_of_tanh(student, rng):
    """The slope of tanh at the net input, in any capitals."""
    _judge_slope(student, rng, "tanh")


@check(
    "backprop.activation_derivative",
    hint="z is the net input: take the sigmoid of it first.",
    rescue=rescue("actFun"),
)
def slope_of_sigmoid(student, rng):
    """The slope of the sigmoid at the net input, in any capitals."""
    _judge_slope(student, rng, "sigmoid")


@check(
    "backprop.activation_derivative",
    hint="1 where z > 0, else 0, at z = 0 too.",
    rescue=rescue("actFun"),
)
def slope_of_relu(student, rng):
    """The slope of ReLU at the net input, in any capitals; at 0 it is 0."""
    _judge_slope(student, rng, "relu")


@check(
    "backprop.activation_derivative",
    hint="A curve that is flat has slope 0, not nan.",
    rescue=rescue("actFun"),
)
def slope_at_large_inputs(student, rng):
    """At ±1000 the slopes are 0, and 1 for ReLU at +1000."""
    net, z = _plain(student), np.array([-1000.0, 1000.0, 0.5])
    for kind in KINDS:
        expect(call(student, net.diff_actFun, z, kind), kind).close_to(slope(z, kind))


@check(
    "backprop.activation_derivative",
    hint="z[z > 0] = 1 writes into the caller's array: work on a new one.",
    rescue=rescue("actFun"),
)
def slope_leaves_its_argument(student, rng):
    """z is the same after the call."""
    _judge_unchanged(student, _plain(student).diff_actFun, rng.normal(size=(3, 4)))


def _judge_slope(student: Student, rng, kind: str) -> None:
    net, z = _plain(student), rng.normal(scale=2, size=(4, 3))
    z[0, 0] = 0.0
    for name in SPELLINGS[kind].split():
        expect(call(student, net.diff_actFun, z, name)).close_to(slope(z, kind))
    z = rng.normal(size=(2, 2, 3))
    expect(call(student, net.diff_actFun, z, kind)).close_to(slope(z, kind))


# --- feedforward


@check("backprop.feedforward", hint="z1 = X W1 + b1, a1 = actFun(z1), z2 = a1 W2 + b2.", weight=2)
def feedforward_keeps_what_passes(student, rng):
    """z1, a1, z2 and probs are those of five rows, three inputs, four units and three classes."""
    _judge_feedforward(student, rng, rows=5, function=np.tanh)


@check("backprop.feedforward", hint="Call the function that was passed; it takes the net input alone.")
def feedforward_calls_the_given_activation(student, rng):
    """The activation is the given function of one argument, whatever actFun_type says; one row is a batch."""
    _judge_feedforward(student, rng, rows=1, function=lambda z: np.sin(z) + 2)


@check("backprop.feedforward", hint="Subtract each row's own maximum before you exponentiate.")
def feedforward_survives_large_logits(student, rng):
    """Probabilities stay finite for logits around ±10 000, in rows far apart."""
    layers = random_layers(rng, 2, 3, 4)
    layers[0][0][:, 0] = 1, 0
    layers[0][0][0, 1:] = 0
    layers[1][0][0] = 1e4  # the first unit shifts all logits of a row alike
    X = np.stack([[1.0, -1.0, 0.5], rng.normal(size=3)], axis=1)
    net = network(student, layers)
    do(student, net.feedforward, X, student.given("numpy", "positive"))
    (W1, b1), (W2, b2) = layers
    z2 = oracles.affine(oracles.affine(X, W1, b1[0]), W2, b2[0])
    expect(attribute(net, "probs"), "probs").close_to(oracles.softmax(z2), atol=1e-7)


@check("backprop.feedforward", hint="z -= ... and z += ... change arrays that others hold.")
def feedforward_changes_nothing_else(student, rng):
    """X and the parameters are the same after the call, and z1 is not overwritten by a1."""
    layers, X = random_layers(rng, 3, 4, 2), rng.normal(size=(4, 3))
    net, kept = network(student, layers), student.array(X)
    do(student, net.feedforward, kept, student.given("numpy", "tanh"))
    expect(attribute(net, "probs"), "probs").has_shape(4, 2)
    expect(kept.value(), "X").unchanged(X)
    for name, value in zip(PARAMETERS, (part for layer in layers for part in layer), strict=True):
        expect(attribute(net, name), name).unchanged(value)
    expect(attribute(net, "z2"), "z2").close_to(forward(layers, X, "tanh")[-1])


def _judge_feedforward(student: Student, rng, rows: int, function: Callable[[Any], Any]) -> None:
    layers, X = random_layers(rng, 3, 4, 3), rng.normal(size=(rows, 3))
    net = network(student, layers, kind="relu")
    do(student, net.feedforward, X, lent(student, lambda z: function(np.asarray(z, dtype=float))))
    (W1, b1), (W2, b2) = layers
    z1 = oracles.affine(X, W1, b1[0])
    z2 = oracles.affine(function(z1), W2, b2[0])
    for name, right in (("z1", z1), ("a1", function(z1)), ("z2", z2), ("probs", oracles.softmax(z2))):
        expect(attribute(net, name), name).close_to(right)


# --- calculate_loss


_FOR_LOSS = rescue("actFun", "feedforward")


@check(
    "backprop.calculate_loss",
    hint="Minus log of the right class's probability, averaged over the rows.",
    weight=2,
    rescue=_FOR_LOSS,
)
def loss_is_averaged(student, rng):
    """Without regulariser the loss is one number, the mean cross entropy of five rows, three classes."""
    for kind in ("Tanh", "ReLU"):
        _judge_loss(student, rng, kind, reg_lambda=0.0)


@check(
    "backprop.calculate_loss",
    hint="Half of lambda times the squared weights, divided by the rows like the rest; biases go free.",
    weight=2,
    rescue=_FOR_LOSS,
)
def loss_has_the_regulariser(student, rng):
    """The squares of all weights, and of no bias, are added with lambda / 2 and divided by the rows."""
    _judge_loss(student, rng, "Sigmoid", reg_lambda=float(rng.uniform(1, 3)))


@check(
    "backprop.calculate_loss",
    hint="Call self.feedforward for the X that was passed, first of all.",
    rescue=_FOR_LOSS,
)
def loss_runs_its_own_forward_pass(student, rng):
    """The loss belongs to the given X, also when another one, or other weights, passed before."""
    layers = random_layers(rng, 3, 4, 3)
    other = [(-layers[0][0], layers[0][1]), layers[1]]
    X, y = mild_data(rng, other, "tanh", 6)
    net = network(student, layers)
    call(student, net.calculate_loss, X / 2, y)
    net.W1 = -layers[0][0]
    loss = call(student, net.calculate_loss, X, y)
    expect(loss, "loss").close_to(right_loss(other, X, y, "tanh", 0.0), rtol=1e-5)


@check("backprop.calculate_loss", hint="A batch of one row is an ordinary batch.", rescue=_FOR_LOSS)
def loss_of_one_row(student, rng):
    """One row has a loss, also where a wrong class has probability 0."""
    layers, X = random_layers(rng, 2, 3, 3), rng.normal(size=(1, 2))
    layers[1] = (layers[1][0], np.array([[0.0, 2000.0, -2000.0]]))
    net = network(student, layers, reg_lambda=0.5)
    loss = call(student, net.calculate_loss, X, np.array([1]))
    expect(loss, "loss").close_to(right_loss(layers, X, [1], "tanh", 0.5), rtol=1e-5, atol=1e-6)


def _judge_loss(student: Student, rng, kind: str, reg_lambda: float) -> None:
    layers = random_layers(rng, 3, 4, 3)
    X, y = mild_data(rng, layers, kind, 5)
    net = network(student, layers, kind, reg_lambda)
    loss = expect(call(student, net.calculate_loss, X, y), "loss").is_number()
    right = right_loss(layers, X, y, kind, reg_lambda)
    fail_if(np.isclose(loss, 5 * right, rtol=1e-4), "loss: a sum, not an average")
    expect(loss, "loss").close_to(right, rtol=1e-5, atol=1e-6)
