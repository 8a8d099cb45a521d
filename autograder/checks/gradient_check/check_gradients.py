"""Checks of check_gradients: right gradients pass, planted faults are located, nothing is changed."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import Student, check, expect, fail_if
from ._lent import give_right_tools
from ._losses import Loss, copied, waves
from ._networks import FAULTS, GROUPS, PlantedNetwork


def _verdicts(
    student: Student, loss: Any, params: Any, grads: Any, names: Any, *rest: float
) -> dict[str, bool]:
    """What check_gradients says for each name, as bool."""
    result = expect(student.check_gradients(loss, params, grads, *rest)).is_dict(*names)
    fail_if(len(result) != len(names), "verdicts for other names")
    said = {name: expect(result[name], "a verdict").is_number() for name in names}
    fail_if(not set(said.values()) <= {0.0, 1.0}, "a verdict that is neither True nor False")
    return {name: bool(verdict) for name, verdict in said.items()}


def _expect_verdicts(student: Student, cases: list[tuple[Any, ...]]) -> None:
    """Each case is (loss, params, grads, names of the wrong ones), perhaps with a tolerance.

    All are asked before one is judged: more to tell misconceptions apart by.
    """
    said = [
        (_verdicts(student, Loss(student, loss, params), copied(params), grads, params, *rest), wrong)
        for loss, params, grads, wrong, *rest in cases
    ]
    for verdicts, wrong in said:
        fail_if(any(verdicts[name] for name in wrong), "a wrong gradient passes")
        fail_if(not all(verdicts[name] for name in verdicts if name not in wrong), "a right gradient fails")


@check(
    "gradient_check.check_gradients",
    hint="True where the relative error is at most the tolerance; two gradients of zeros agree.",
    rescue=give_right_tools,
)
def right_gradients_pass(student, rng):
    """Right gradients pass, whatever the size of the loss, also where all or some slopes are 0 or tiny."""
    net = PlantedNetwork(rng)
    cases = [(net.loss, net.params, net.gradient, ())]
    for scale in (1e-5, 1e5):
        params, function, gradient = waves(rng, {"W": (2, 2), "b": (2,)}, scale)
        cases.append((function, params, gradient, ()))
    params, wavy, gradient = waves(rng, {"W": (2, 2)})
    # "idle" has no influence, and the slope in the first entry of "weak" is 1e-9 of the other's.
    params |= {"idle": rng.normal(size=3), "weak": rng.normal(size=2)}
    pull = rng.uniform(1, 2, size=2) * [1e-9, 1]
    gradient |= {"idle": np.zeros(3), "weak": pull}
    cases.append((lambda p: wavy({"W": p["W"]}) + np.sum(pull * p["weak"]), params, gradient, ()))
    _expect_verdicts(student, cases)


@check(
    "gradient_check.check_gradients",
    hint="Compare every entry, and do not scale anything before you compare.",
    weight=2,
    rescue=give_right_tools,
)
def planted_faults_are_located(student, rng):
    """In networks with faults as students make them, exactly the wrong gradients are False; so in a tiny loss."""
    cases = []
    for faults in GROUPS:
        net, wrong = PlantedNetwork(rng), {name for fault in faults for name in FAULTS[fault]}
        cases.append((net.loss, net.params, net.faulty(*faults), wrong))
    params, function, gradient = waves(rng, {"W": (2, 2), "b": (2,)}, scale=1e-7)
    cases.append((function, params, {**gradient, "W": 1.01 * gradient["W"]}, ("W",)))
    params, function, gradient = waves(rng, {"W": (2, 2), "b": (2,)})
    cases.append((function, params, {**gradient, "b": 1.001 * gradient["b"]}, ("b",)))
    _expect_verdicts(student, cases)


@check(
    "gradient_check.check_gradients",
    hint="Every comparison with nan is false, broadcasting hides wrong shapes, and a missing gradient is wrong.",
    rescue=give_right_tools,
)
def what_is_no_gradient_fails(student, rng):
    """Gradients with nan or infinity, of another shape, and missing ones are False; nothing crashes."""
    params, function, gradient = waves(rng, {"W": (2, 3), "b": (2,)})
    broken = gradient["W"].copy()
    broken[1, 2] = np.nan
    cases = [
        ({**gradient, "W": broken}, ("W",)),
        ({**gradient, "W": np.full((2, 3), np.inf)}, ("W",)),
        ({**gradient, "b": gradient["b"][np.newaxis]}, ("b",)),
        ({**gradient, "W": gradient["W"].T.copy()}, ("W",)),
        ({"b": gradient["b"]}, ("W",)),
    ]
    _expect_verdicts(student, [(function, params, grads, wrong) for grads, wrong in cases])


@check(
    "gradient_check.check_gradients",
    hint="Pair gradients with parameters by name, and compare with the argument `tolerance`.",
    rescue=give_right_tools,
)
def names_and_tolerance(student, rng):
    """Dictionaries in another order give the same verdicts; `tolerance` decides."""
    params, function, gradient = waves(rng, {"W": (1, 3), "U": (1, 3)})
    turned = dict(reversed(gradient.items()))
    # The relative error of W is 1e-4.
    off = {**turned, "W": turned["W"] * (1 + 1e-4) / (1 - 1e-4)}
    bent = {**turned, "U": turned["U"] * [[1, 1, 1.5]]}
    cases = [(turned, ()), (off, ("W",)), (off, (), 2e-4), (off, ("W",), 5e-5), (bent, ("U",))]
    _expect_verdicts(student, [(function, params, *case) for case in cases])


@check(
    "gradient_check.check_gradients",
    hint="Work on values, not on the caller's arrays.",
    rescue=give_right_tools,
)
def nothing_is_changed(student, rng):
    """Parameters and gradients hold after the call what they held before."""
    params, function, gradient = waves(rng, {"W": (2, 3), "b": (3,)})
    held, claimed = student.dict(copied(params)), student.dict(copied(gradient))
    _verdicts(student, Loss(student, function, params), held, claimed, params)
    for what, remote, before in (("params", held, params), ("grads", claimed, gradient)):
        after = expect(remote.value(), what).is_dict(*before)
        for name, array in before.items():
            expect(after[name], f"{what}: {name}").unchanged(array)
