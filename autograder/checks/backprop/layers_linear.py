"""Hidden checks of Linear, `source/backprop/layers.ipynb`.

The box is tested alone, with parameters that the grader writes into it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import Remote, StudentCrashed, check, expect, fail_if, oracles, same
from ._layers import Box, numbers, shape_of


@check("backprop.linear_layer", hint="W is (in, out), drawn at random and small; b is one row, (1, out).")
def parameters_start_small_and_random(student, rng):
    """W (in, out) is small and random, different in each layer; b has shape (1, out)."""
    for sizes in ((3, 5), (4, 2)):
        layer = student.Linear(*sizes)
        expect(np.empty(shape_of(layer.W, "W")), "W").has_shape(*sizes)
        expect(np.empty(shape_of(layer.b, "b")), "b").has_shape(1, sizes[1])
    first, second = (expect(student.Linear(200, 30).W.value(), "W").is_finite() for _ in range(2))
    fail_if(first.shape != (200, 30), "W: wrong shape")
    fail_if(not first.any(), "W: all zero")
    fail_if(np.array_equal(first, second), "two layers get the same weights")
    fail_if(np.ptp(first, axis=0).min() == 0 or np.ptp(first, axis=1).min() == 0, "W: its units are alike")
    # Unscaled normal numbers have 1.0, uniform ones on [-1, 1] 0.58; what courses call small is below 0.3.
    fail_if(not 1e-6 < first.std() < 0.5, "W: too large" if first.std() >= 0.5 else "W: hardly random")
    b = expect(student.Linear(4, 3).b.value(), "b").is_finite()
    fail_if(b.size != 3 or np.abs(b).max() > 1, "b: not small")


@check("backprop.linear_layer", hint="x @ W + b.")
def forward_is_affine(student, rng):
    """forward returns x W + b, for a batch of five and for one row."""
    for rows in (5, 1):
        box = Box(student, rng, 3, 4)
        x = numbers(rng, rows, 3)
        expect(box.remote.forward(x)).close_to(oracles.affine(x, box.W, box.b))


@check(
    "backprop.linear_layer",
    hint="dL_wrt_W[n] is the outer product of row n of x and row n of the gradient. Do not sum over n.",
    weight=2,
)
def weight_gradients_are_per_sample(student, rng):
    """dL_wrt_W has shape (N, in, out): an outer product for each of five samples, and of one."""
    for rows in (5, 1):
        box = Box(student, rng, 3, 4)
        x, gradient = numbers(rng, rows, 3), numbers(rng, rows, 4)
        box.remote.forward(x)
        box.remote.backward(gradient)
        right = np.array([np.outer(a, d) for a, d in zip(x, gradient, strict=True)])
        expect(_stored(box.remote, "W"), "dL_wrt_W").close_to(right)


@check("backprop.linear_layer", hint="dL_wrt_b[n] is row n of the gradient, with shape (1, out).")
def bias_gradients_are_per_sample(student, rng):
    """dL_wrt_b has shape (N, 1, out): the gradient of each of five samples."""
    box = Box(student, rng, 3, 4)
    x, gradient = numbers(rng, 5, 3), numbers(rng, 5, 4)
    box.remote.forward(x)
    box.remote.backward(gradient)
    expect(_stored(box.remote, "b"), "dL_wrt_b").close_to(np.array([[row] for row in gradient]))


@check("backprop.linear_layer", hint="Return the gradient times W transposed, not divided by anything.")
def backward_returns_the_gradient_for_x(student, rng):
    """backward returns dL/dx, which agrees with finite differences, for five rows and for one."""
    for rows in (5, 1):
        box = Box(student, rng, 3, 4)
        x, gradient = numbers(rng, rows, 3), numbers(rng, rows, 4)
        box.remote.forward(x)
        answer = box.remote.backward(gradient)
        measured = oracles.numerical_gradient(
            lambda at, box=box, gradient=gradient: np.vdot(gradient, oracles.affine(at, box.W, box.b)), x
        )
        expect(answer, "dL/dx").close_to(measured, rtol=1e-5, atol=1e-6)


@check(
    "backprop.linear_layer",
    hint="params() returns the arrays W and b themselves, grads() what backward stored, both as 'W' and 'b'.",
)
def params_are_live_and_grads_match(student, rng):
    """params() holds the layer's own arrays, grads() its stored gradients, under the keys 'W' and 'b'."""
    box = Box(student, rng, 3, 4)
    x, gradient = numbers(rng, 5, 3), numbers(rng, 5, 4)
    box.remote.forward(x)
    box.remote.backward(gradient)
    grads = expect(box.remote.grads(), "grads()").is_dict("W", "b")
    for key, name in (("W", "dL_wrt_W"), ("b", "dL_wrt_b")):
        own = expect(getattr(box.remote, name).value(), name).is_finite()
        fail_if(not np.array_equal(expect(grads[key], "grads()").is_finite(), own), f"grads() is not {name}")
    expect(box.remote.params(), "params()").is_dict("W", "b")
    # Arrays travel as copies, so the student's side has to change its own.
    student.given("builtins", "exec")(
        "for array in layer.params().values(): array *= 0.5", student.dict({"layer": box.remote})
    )
    after = box.remote.forward(x)
    expect(after, "forward after the parameters were halved in place").close_to(
        oracles.affine(x, box.W / 2, box.b / 2)
    )


@check(
    "backprop.linear_layer",
    hint="Make new arrays in each call, and keep them in self.",
)
def calls_leave_arguments_and_each_other(student, rng):
    """x and the gradient stay as they are; another call or another layer does not mix its numbers in."""
    box, other = Box(student, rng, 3, 4), Box(student, rng, 3, 4)
    first, second = numbers(rng, 5, 3), numbers(rng, 2, 3)
    gradient = numbers(rng, 2, 4)
    x, d = student.array(second), student.array(gradient)
    box.remote.forward(first)
    box.remote.backward(numbers(rng, 5, 4))
    box.remote.forward(x)
    other.remote.forward(first)
    answer = box.remote.backward(d)
    other.remote.backward(numbers(rng, 5, 4))
    expect(x.value(), "x").unchanged(second)
    expect(d.value(), "dL_wrt_output").unchanged(gradient)
    stored = expect(_stored(box.remote, "W"), "dL_wrt_W").is_finite()
    fresh = Box(student, rng, 3, 4)
    fresh.remote.forward(second)
    fresh.remote.backward(gradient)
    fail_if(not same(stored, _stored(fresh.remote, "W")), "numbers of another call are mixed in")
    expect(answer, "dL/dx").is_numeric()


def _stored(layer: Remote, key: str) -> Any:
    """The stored gradient of 'W' or 'b'; from grads() where the attribute has another name."""
    try:
        return getattr(layer, "dL_wrt_" + key).value()
    except StudentCrashed as crash:
        if crash.type_name != "AttributeError":
            raise
    return expect(layer.grads(), "grads()").is_dict(key)[key]
