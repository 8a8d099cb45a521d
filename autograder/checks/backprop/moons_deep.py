"""Checks of one layer as an object, and of networks of any depth."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from student_lib.toysets import make_moons

from .. import Remote, Student, StudentCrashed, check, expect, fail_if, oracles
from ._moons import (
    LEAST_ACCURACY,
    PASSES,
    SECONDS,
    Layers,
    attribute,
    bias,
    call,
    data,
    descended,
    do,
    forward,
    mild_data,
    random_layers,
    rescue_deep,
    right_gradients,
    right_loss,
)

# --- dense_layer


@check("backprop.dense_layer", hint="act(x W + b), with the act that the layer was given.")
def layer_passes_forward(student, rng):
    """The output is act(x W + b), for five rows and for one; W and b stay unchanged."""
    for rows in (5, 1):
        W, b, x = rng.normal(size=(3, 4)), rng.normal(size=(1, 4)), rng.normal(size=(rows, 3))
        layer = student.Layer(W, b, student.given("numpy", "sin"), student.given("numpy", "cos"))
        out = call(student, layer.feedforward, x)
        expect(out, "output").close_to(np.sin(oracles.affine(x, W, b[0])))
        expect(attribute(layer, "W"), "W").unchanged(W)
        expect(attribute(layer, "b"), "b").unchanged(b)


@check("backprop.dense_layer", hint="x^T times delta * diff_act(z), z the net input: sums over the rows.")
def layer_stores_its_gradients(student, rng):
    """dW and db are summed over five rows, with the slope at the net input."""
    layer, x, delta, right = _layer(student, rng, rows=5)
    call(student, layer.feedforward, x)
    do(student, layer.backprop, delta)
    _expect_layer_gradients(student, layer, right)


@check("backprop.dense_layer", hint="The slope first, then W^T.")
def layer_returns_the_gradient_below(student, rng):
    """backprop returns dL/dx, for five rows and for one."""
    for rows in (5, 1):
        layer, x, delta, right = _layer(student, rng, rows)
        call(student, layer.feedforward, x)
        expect(call(student, layer.backprop, delta), "dL/dx").close_to(right[0])


@check(
    "backprop.dense_layer", hint="delta *= ... writes into the caller's array; and do not add up over calls."
)
def layer_can_be_used_again(student, rng):
    """A second batch replaces the first one's gradients; delta stays unchanged."""
    layer, x, delta, right = _layer(student, rng, rows=4)
    kept = student.array(delta)
    for batch in (2 * x, x):
        call(student, layer.feedforward, batch)
        do(student, layer.backprop, kept)
        expect(kept.value(), "delta").unchanged(delta)
    _expect_layer_gradients(student, layer, right)


def _layer(student: Student, rng, rows: int):
    """A layer with the activation sin, an x, a delta, and the right (dL/dx, dW, db)."""
    W, b, x = rng.normal(size=(3, 4)), rng.normal(size=(1, 4)), rng.normal(size=(rows, 3))
    delta = rng.normal(size=(rows, 4))
    layer = student.Layer(W, b, student.given("numpy", "sin"), student.given("numpy", "cos"))
    right = oracles.affine_gradients(x, W, delta * np.cos(oracles.affine(x, W, b[0])))
    return layer, x, delta, right


def _expect_layer_gradients(student: Student, layer: Remote, right: tuple[np.ndarray, ...]) -> None:
    expect(attribute(layer, "dW"), "dW").close_to(right[1])
    expect(bias(student, layer, "db"), "db").close_to(right[2])


# --- deep_network


@check(
    "backprop.deep_network",
    hint="One Layer for each pair of neighbouring sizes; the last one has no bend.",
    rescue=rescue_deep,
)
def layers_follow_the_sizes(student, rng):
    """Networks of two to five layers have weights of the sizes' shapes, and other weights for other seeds."""
    for sizes in ([3, 4], [2, 5, 3], [3, 2, 4, 5, 2, 3]):
        nets = [student.DeepNeuralNetwork(sizes, seed=seed) for seed in (1, 1, 2)]
        first, same, other = (_deep_layers(student, net, sizes) for net in nets)
        fail_if(any(not W.any() for W, _ in first), "weights are zero")
        fail_if(not np.array_equal(first[0][0], same[0][0]), "equal seeds give other weights")
        fail_if(np.array_equal(first[0][0], other[0][0]), "other seeds give the same weights")


@check(
    "backprop.deep_network",
    hint="Each layer's output is the next one's input; softmax after the last.",
    rescue=rescue_deep,
)
def deep_probabilities(student, rng):
    """predict leaves the right probs for three depths and all three activations, large logits included."""
    for sizes, kind in (([3, 4], "Tanh"), ([2, 5, 3], "ReLU"), ([3, 4, 2, 5, 3], "Sigmoid")):
        net, layers = _deep(student, rng, sizes, kind)
        X = rng.normal(size=(4, sizes[0]))
        labels = call(student, net.predict, X)
        z = forward(layers, X, kind)[-1]
        expect(attribute(net, "probs"), "probs").close_to(oracles.softmax(z))
        expect(labels, "labels").equals(z.argmax(axis=1))
    net, layers = _deep(student, rng, [2, 3, 3], "Tanh", scale=1e4)
    X = rng.normal(size=(3, 2))
    do(student, net.predict, X)
    expect(attribute(net, "probs"), "probs").is_finite()


@check(
    "backprop.deep_network",
    hint="Sum the squares of every layer's W; divide everything by the rows.",
    rescue=rescue_deep,
)
def deep_loss(student, rng):
    """The loss has the regulariser of all layers and is averaged, after its own forward pass."""
    for sizes in ([3, 4, 3], [2, 4, 5, 3, 2]):
        net, layers = _deep(student, rng, sizes, "Tanh", reg_lambda=1.5)
        X, y = mild_data(rng, layers, "Tanh", 6)
        loss = call(student, net.calculate_loss, X, y)
        expect(loss, "loss").close_to(right_loss(layers, X, y, "Tanh", 1.5), rtol=1e-5, atol=1e-6)


@check(
    "backprop.deep_network",
    hint="From probs - onehot through all layers, last one first; no weight changes on the way.",
    weight=2,
    rescue=rescue_deep,
)
def deep_gradients(student, rng):
    """Every layer's dW and db, for two to four layers of different widths and three activations."""
    for sizes, kind in (([3, 4, 3], "ReLU"), ([2, 4, 5, 3], "Tanh"), ([3, 2, 4, 3, 2], "Sigmoid")):
        net, layers = _deep(student, rng, sizes, kind, reg_lambda=0.7)
        X, y = data(rng, 5, sizes[0], sizes[-1])
        do(student, net.predict, X)
        do(student, net.backprop, X, y)
        for number, (dW, db) in enumerate(right_gradients(layers, X, y, kind)):
            layer = net.layers[number]
            expect(attribute(layer, "dW"), "dW").close_to(dW)
            expect(bias(student, layer, "db"), "db").close_to(db.ravel())
            expect(attribute(layer, "W"), "W").unchanged(layers[number][0])


@check(
    "backprop.deep_network",
    hint="The step of fit_model, in every layer; only weights are regularised.",
    rescue=rescue_deep,
)
def deep_steps(student, rng):
    """Two passes move every layer by its gradients, with the regulariser on the weights."""
    sizes = [3, 4, 2, 3]
    net, layers = _deep(student, rng, sizes, "Tanh", reg_lambda=0.8)
    X, y = data(rng, 5, 3, 3)
    do(student, net.fit_model, X, y, epsilon=0.05, num_passes=2, print_loss=False)
    right = descended(layers, X, y, "Tanh", 0.8, 0.05, passes=2)
    for (W, b), (own_W, own_b) in zip(right, _deep_layers(student, net, sizes), strict=True):
        expect(own_W, "W").close_to(W, rtol=1e-5)
        expect(own_b, "b").close_to(b.ravel(), rtol=1e-5)


@check(
    "backprop.deep_network",
    hint="Print the loss now and then: does it fall?",
    seconds=SECONDS,
    rescue=rescue_deep,
)
def deep_network_learns_new_moons(student, rng):
    """Sixty passes teach a network 2-8-6-2, as it starts out, most of 100 new moon points."""
    X, y = make_moons(100, noise=0.2, seed=int(rng.integers(2**31)))
    net = student.DeepNeuralNetwork([2, 8, 6, 2], "tanh", reg_lambda=0.01, seed=int(rng.integers(2**31)))
    do(student, net.fit_model, X, y, epsilon=0.004, num_passes=PASSES, print_loss=True)
    layers = _deep_layers(student, net, [2, 8, 6, 2])
    likeliest = forward(layers, X, "tanh")[-1].argmax(axis=1)
    fail_if(np.mean(likeliest == y) < LEAST_ACCURACY, "does not learn")


def _deep(
    student: Student, rng, sizes: list[int], kind: str, reg_lambda: float = 0.0, scale: float = 0.8
) -> tuple[Remote, Layers]:
    """The student's deep network with random weights and biases of ours, and these."""
    net = student.DeepNeuralNetwork(sizes, kind, reg_lambda=reg_lambda, seed=int(rng.integers(1000)))
    before = len(student.transcript)
    _deep_layers(student, net, sizes)
    del student.transcript[before:]  # their own random weights: nothing to compare
    layers = random_layers(rng, *sizes, scale=scale)
    for number, (W, b) in enumerate(layers):
        layer = net.layers[number]
        layer.W, layer.b = W, b
    return net, layers


def _deep_layers(student: Student, net: Remote, sizes: list[int]) -> Layers:
    """Every layer's W (in, out) and b, (out,), as finite arrays of the right shapes."""
    layers = net.layers
    fail_if(_count(layers) != len(sizes) - 1, "wrong number of layers")
    found = []
    for number, (n, m) in enumerate(pairwise(sizes)):
        layer = layers[number]
        fail_if(not isinstance(layer, Remote), "layers: not a list of Layer")
        W, b = attribute(layer, "W"), bias(student, layer, "b")
        expect(W, "W").has_shape(n, m)
        expect(W, "W").is_finite()
        fail_if(b.shape != (m,), "b: wrong shape")
        found.append((W, b))
    return found


def _count(layers: Remote) -> int:
    try:
        return len(layers)
    except StudentCrashed as crash:
        fail_if(crash.type_name == "AttributeError" and not crash.line, "no attribute layers")
        raise
