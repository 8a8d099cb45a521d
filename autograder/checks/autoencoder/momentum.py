"""Hidden checks of `momentum_update`: two equations, exactly, over several steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import Student, check, expect, fail_if
from ._network import PARAMETERS, Arrays, shapes, stored

_SIZES = (5, 4, 3, 4, 5)


@check(
    "autoencoder.momentum_update",
    hint="m = momentum * m - learning_rate * grad, and then w = w + m with the new m.",
    weight=2,
)
def first_step(student, rng):
    """From accumulators at zero, the first step is minus the learning rate times the gradient."""
    params, right, grads = _start(student, rng, _SIZES)
    _step(student, params, right, grads, 0.07)
    _expect_parameters(params, right)


@check(
    "autoencoder.momentum_update",
    hint="The accumulator keeps what it gathered: store it in params for the next step.",
    weight=3,
)
def several_steps(student, rng):
    """After four steps with changing gradients and rates, all eight parameters are right."""
    params, right, _ = _start(student, rng, _SIZES)
    for rate in (0.07, 0.07, 0.04, 0.09):
        _step(student, params, right, _gradients(rng, _SIZES), rate)
    _expect_parameters(params, right)


@check("autoencoder.momentum_update", hint="params['m_' + key] is M of the first equation.", weight=2)
def accumulators_follow_their_equation(student, rng):
    """After three steps every accumulator is what the first equation makes of it, sign and scale included."""
    params, right, _ = _start(student, rng, _SIZES)
    for rate in (0.05, 0.05, 0.02):
        _step(student, params, right, _gradients(rng, _SIZES), rate)
    for name in PARAMETERS:
        expect(stored(params, "m_" + name), f"m_{name[0]}").close_to(right["m_" + name])


@check("autoencoder.momentum_update", hint="Use the argument momentum where the text has 0.9.")
def other_momenta(student, rng):
    """A momentum of 0.5 and of 0 is used when it is given."""
    for momentum in (0.5, 0.0):
        params, right, _ = _start(student, rng, _SIZES)
        for rate in (0.05, 0.08):
            _step(student, params, right, _gradients(rng, _SIZES), rate, momentum)
        _expect_parameters(params, right)


@check("autoencoder.momentum_update", hint="One accumulator for each parameter, under 'm_' and its name.")
def parameters_stay_apart(student, rng):
    """With eight parameters of equal sizes, each moves by its own gradients alone."""
    sizes = (4, 4, 4, 4, 4)
    params, right, _ = _start(student, rng, sizes)
    for rate in (0.1, 0.1):
        _step(student, params, right, _gradients(rng, sizes), rate)
    _expect_parameters(params, right)


@check("autoencoder.momentum_update", hint="Read grad_..., and write only to parameters and accumulators.")
def gradients_stay(student, rng):
    """Gradients and everything else in params are the same after the call."""
    params, right, grads = _start(student, rng, _SIZES)
    cache = (rng.normal(size=(2, 5)), rng.normal(size=(2, 4)), rng.normal(size=(2, 4)))
    params["cache_layer1"] = cache
    before = set(params.keys())
    _step(student, params, right, grads, 0.07)
    _expect_parameters(params, right)
    for name, value in grads.items():
        expect(stored(params, "grad_" + name), "a gradient").unchanged(value)
    kept = expect(stored(params, "cache_layer1"), "the cache").is_sequence(3)
    for value, original in zip(kept, cache, strict=True):
        expect(value, "the cache").unchanged(original)
    added = [name for name in set(params.keys()) - before if isinstance(name, str)]
    fail_if(any(name.startswith(("m_m_", "m_grad_", "m_cache_")) for name in added),
            "accumulators for what is no parameter")  # fmt: skip


def _gradients(rng: Any, sizes: tuple[int, ...]) -> Arrays:
    return {name: rng.normal(size=shape) for name, shape in shapes(sizes).items()}


def _start(student: Student, rng: Any, sizes: tuple[int, ...]) -> tuple[Any, Arrays, Arrays]:
    """params on the student's side with accumulators at zero, the same here, and first gradients."""
    right = {name: rng.normal(size=shape) for name, shape in shapes(sizes).items()}
    right |= {"m_" + name: np.zeros(value.shape) for name, value in right.items()}
    return student.dict(right), right, _gradients(rng, sizes)


def _step(student: Student, params: Any, right: Arrays, grads: Arrays, rate: float, *momentum: float) -> None:
    """One update on both sides."""
    for name, value in grads.items():
        params["grad_" + name] = value
    student.momentum_update(params, rate, *momentum)
    keep = momentum[0] if momentum else 0.9
    for name, value in grads.items():
        right["m_" + name] = keep * right["m_" + name] - rate * value
        right[name] = right[name] + right["m_" + name]


def _expect_parameters(params: Any, right: Arrays) -> None:
    for name in PARAMETERS:
        expect(stored(params, name), f"{name[0]} after the update").close_to(right[name])
