"""Hidden checks of `backwards`, fully_connected.ipynb: one layer on the way down.

The layer's cache is given, so that a wrong `forward` costs nothing here.
"""

from __future__ import annotations

import numpy as np

from student_lib import nn

from .. import NotWritten, Remote, Student, StudentCrashed, check, expect, fail_if, oracles, same
from ._shared import Layer, one_hot_labels, stored


@check("backprop.backwards", hint="X^T times the gradient at the pre-activation, added up over the rows.")
def gradient_of_the_weights(student, rng):
    """grad_W has W's shape and is summed over a batch of five."""
    layer = Layer(rng, 5, 3, 4, np.tanh)
    _, params = _backward(student, layer, "tanh_deriv")
    expect(stored(params, "grad_Wlayer1"), "grad_W").close_to(_gradients(layer, nn.tanh_deriv)[1])


@check("backprop.backwards", hint="The column sums of the gradient at the pre-activation.")
def gradient_of_the_biases(student, rng):
    """grad_b has b's shape and is summed over a batch of five."""
    layer = Layer(rng, 5, 3, 4, np.tanh)
    _, params = _backward(student, layer, "tanh_deriv")
    expect(stored(params, "grad_blayer1"), "grad_b").close_to(_gradients(layer, nn.tanh_deriv)[2])


@check("backprop.backwards", hint="The gradient at the pre-activation times W^T.")
def gradient_for_the_layer_below(student, rng):
    """The returned gradient has X's shape and passed through the activation and W."""
    layer = Layer(rng, 5, 3, 4, np.tanh)
    grad_X, _ = _backward(student, layer, "tanh_deriv")
    expect(grad_X, "grad_X").close_to(_gradients(layer, nn.tanh_deriv)[0])


@check(
    "backprop.backwards",
    hint="Nothing may depend on the number of rows, and a slope of 0 stops the gradient.",
)
def one_row_through_relu(student, rng):
    """A batch of one row through ReLU gives the same three gradients."""
    layer = Layer(rng, 1, 3, 6, nn.relu, name="")
    grad_X, params = _backward(student, layer, "relu_deriv")
    right = _gradients(layer, nn.relu_deriv)
    for value, what, expected in zip(
        (grad_X, stored(params, "grad_W"), stored(params, "grad_b")),
        ("grad_X", "grad_W", "grad_b"),
        right,
        strict=True,
    ):
        expect(value, what).close_to(expected)


@check("backprop.backwards", hint="The default is sigmoid_deriv, and it takes the post-activation.")
def default_is_the_sigmoid(student, rng):
    """Without a derivative the layer counts as a sigmoid layer."""
    layer = Layer(rng, 4, 2, 3, oracles.sigmoid)
    grad_X, params = _backward(student, layer)
    right = _gradients(layer, oracles.sigmoid_deriv)
    expect(grad_X, "grad_X").close_to(right[0])
    expect(stored(params, "grad_Wlayer1"), "grad_W").close_to(right[1])


@check("backprop.backwards", hint="delta *= ... writes into the caller's array.")
def backwards_leaves_delta(student, rng):
    """delta, W and b are the same after the call, and the gradients are the same after a second one."""
    layer = Layer(rng, 5, 3, 4, np.tanh)
    delta = student.array(layer.delta)
    _, params = _backward(student, layer, "tanh_deriv", delta)
    expect(delta.value(), "delta").unchanged(layer.delta)
    expect(stored(params, "Wlayer1"), "W").unchanged(layer.W)
    expect(stored(params, "blayer1"), "b").unchanged(layer.b)
    once = expect(stored(params, "grad_Wlayer1"), "grad_W").is_finite()
    student.backwards(layer.delta, params, "layer1", student.given("student_lib.nn", "tanh_deriv"))
    twice = expect(stored(params, "grad_Wlayer1"), "grad_W").is_finite()
    fail_if(not same(once, twice), "a second call adds to the first one's gradients")


@check("backprop.backwards", hint="Compare each of your gradients with central differences of the loss.")
def two_layers_agree_with_finite_differences(student, rng):
    """Through two layers, every weight's gradient equals the loss's central difference."""
    hidden = Layer(rng, 6, 2, 4, np.tanh)
    output = Layer(rng, 6, 4, 3, oracles.softmax, name="output")
    y = one_hot_labels(rng, 6, 3)

    def loss(W1=hidden.W, W2=output.W):
        post_act = np.tanh(oracles.affine(hidden.X, W1, hidden.b))
        return oracles.cross_entropy(y, oracles.softmax(oracles.affine(post_act, W2, output.b)))

    output.X = hidden.post_act
    probs = oracles.softmax(oracles.affine(output.X, output.W, output.b))
    output.cache, output.delta = (output.X, oracles.affine(output.X, output.W, output.b), probs), probs - y
    delta, params = _backward(student, output, "linear_deriv")
    expect(stored(params, "grad_Woutput"), "grad_Woutput").close_to(
        oracles.numerical_gradient(lambda W: loss(W2=W), output.W), rtol=1e-4, atol=1e-6
    )
    hidden.delta = expect(delta, "grad_X").has_shape(*hidden.post_act.shape)
    _, params = _backward(student, hidden, "tanh_deriv")
    expect(stored(params, "grad_Wlayer1"), "grad_Wlayer1").close_to(
        oracles.numerical_gradient(lambda W: loss(W1=W), hidden.W), rtol=1e-4, atol=1e-6
    )


def _backward(student: Student, layer: Layer, derivative: str = "", delta=None) -> tuple[object, Remote]:
    """What `backwards` returns, and the params that it filled, for the grader's cache.

    Where that crashes, the student's own `forward` makes the cache: it may have a layout of its own.
    """
    arguments = [layer.name]
    if derivative:
        arguments.append(student.given("student_lib.nn", derivative))
    params = layer.params(student)
    params["cache_" + layer.name] = layer.cache
    try:
        return student.backwards(layer.delta if delta is None else delta, params, *arguments), params
    except StudentCrashed as crash:
        records = len(student.transcript)
        params = layer.params(student)
        activation = {"tanh_deriv": "tanh", "relu_deriv": "relu", "linear_deriv": "linear", "": ""}[
            derivative
        ]
        functions = [student.given("student_lib.nn", activation)] if activation else []
        try:
            student.forward(layer.X, params, layer.name, *functions)
            return student.backwards(layer.delta, params, *arguments), params
        except (StudentCrashed, NotWritten):
            del student.transcript[records:]
            raise crash from None


def _gradients(layer: Layer, derivative) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(grad_X, grad_W, grad_b) of a layer."""
    return oracles.affine_gradients(layer.X, layer.W, layer.delta * derivative(layer.post_act))
