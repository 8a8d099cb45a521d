"""Checks of numerical_gradient: central differences, one scalar at a time, nothing changed."""

from __future__ import annotations

import numpy as np

from .. import check, expect, fail_if
from ._losses import Loss, Params, copied, measure, waves


@check(
    "gradient_check.numerical_gradient",
    hint="Two losses on both sides of the number, divided by the distance between the two places.",
    weight=2,
)
def slopes_are_central_differences(student, rng):
    """Every slope of a vector and a matrix is right to seven digits, as only central differences are."""
    params, function, gradient = waves(rng, {"W": (3, 4), "b": (4,)})
    measured = measure(student, Loss(student, function, params), copied(params), params)
    _judge(measured, gradient)


@check(
    "gradient_check.numerical_gradient",
    hint="np.ndindex(array.shape) and array[place] work for every shape and on views; ravel may make a copy.",
)
def arrays_of_any_shape(student, rng):
    """Arrays with no axis and with three axes, transposed views, and losses that come as arrays without axes."""
    params, function, gradient = waves(rng, {"z": (), "a": (2, 1, 3), "W": (2, 3)})
    loss = Loss(student, lambda p: np.asarray(function(p)), params)
    held = student.dict({**copied(params), "W": student.array(np.ascontiguousarray(params["W"].T)).T})
    _judge(measure(student, loss, held, params), gradient)


@check("gradient_check.numerical_gradient", hint="Keep the number before you move it, and store it again.")
def parameters_hold_the_same_bits(student, rng):
    """After the call every parameter holds exactly the bits that it held before."""
    params, function, _ = waves(rng, {"W": (4, 3), "b": (3,)})
    held = student.dict(copied(params))
    student.numerical_gradient(Loss(student, function, params), held)
    after = expect(held.value(), "params").is_dict(*params)
    for name, array in params.items():
        kept = expect(after[name], name).has_shape(*array.shape)
        fail_if(not np.allclose(kept, array, rtol=0, atol=1e-12), f"{name}: was changed")
        fail_if(kept.dtype != array.dtype, f"{name}: another type")
        fail_if(kept.tobytes() != array.tobytes(), f"{name}: the last bits changed")


@check("gradient_check.numerical_gradient", hint="Put each number back before you move the next.")
def one_scalar_moves_at_a_time(student, rng):
    """Whenever the loss is asked, at most one number differs from the original, and each moves both ways by eps."""
    params, function, _ = waves(rng, {"W": (2, 3), "b": (3,)})
    loss = Loss(student, function, params)
    student.numerical_gradient(loss, copied(params))
    flat = np.concatenate([array.ravel() for array in params.values()])
    fail_if(not loss.seen, "the loss was never asked")
    fail_if(len(loss.seen) > 4 * flat.size + 8, "more calls than two for each number")
    moves = np.array([np.concatenate([seen[name].ravel() for name in params]) for seen in loss.seen]) - flat
    fail_if((np.sum(np.abs(moves) > 1e-9, axis=1) > 1).any(), "several numbers differ at once")
    for column in moves.T:
        fail_if(not (np.isclose(column, 1e-5, rtol=1e-4)).any(), "a number never moves up by eps")
        fail_if(not (np.isclose(column, -1e-5, rtol=1e-4)).any(), "a number never moves down by eps")


@check(
    "gradient_check.numerical_gradient",
    hint="The step is the argument eps, and the distance is twice as long.",
)
def eps_is_the_step(student, rng):
    """Slopes of cubic losses measured with a wide step differ from the derivative by just what theory says."""
    params = {"W": rng.normal(size=(2, 3)) + 2, "b": rng.normal(size=2) - 2}
    factors = {"W": rng.uniform(1, 2, size=(2, 3)), "b": rng.uniform(-2, -1, size=2)}
    loss = Loss(student, lambda p: sum(np.sum(factors[name] * p[name] ** 3) for name in factors), params)
    for eps, wide in ((0.5, {"eps": 0.5}), (0.25, {})):
        measured = measure(student, loss, copied(params), params, *(() if wide else (eps,)), **wide)
        # (w + e)^3 - (w - e)^3 = 2 e (3 w^2 + e^2)
        _judge(measured, {name: factors[name] * (3 * w**2 + eps**2) for name, w in params.items()})


def _judge(measured: Params, gradient: Params) -> None:
    """The measured slopes are the gradient's to 2e-7: central differences reach 1e-9, one-sided ones 1e-5."""
    for name, slope in gradient.items():
        expect(measured[name], name).close_to(slope, rtol=2e-7, atol=2e-8)
