"""The hidden suite: `@check` registers one property of one exercise.

A check module imports what it needs from here:

    @check("backprop.softmax", hint="Subtract each row's maximum before you exponentiate.")
    def large_logits_stay_finite(student, rng):
        \"\"\"Rows with logits around 10 000 give finite probabilities.\"\"\"
        logits = rng.normal(size=(4, 5)) + 1e4
        expect(student.softmax(logits)).close_to(oracles.softmax(logits))
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .. import oracles
from ..sandbox.remote import (
    ArgumentError,
    NotWritten,
    Remote,
    Student,
    StudentCrashed,
    StudentDied,
    StudentError,
    StudentTimedOut,
)
from .expectation import CheckFailed, expect, fail_if, same

__all__ = [
    "ArgumentError",
    "Check",
    "CheckFailed",
    "NotWritten",
    "Remote",
    "Student",
    "StudentCrashed",
    "StudentDied",
    "StudentError",
    "StudentTimedOut",
    "check",
    "checks_of",
    "expect",
    "fail_if",
    "load",
    "oracles",
    "same",
]


@dataclass(frozen=True)
class Check:
    """One hidden check. `function(student, rng)` returns when the property holds and raises when not.

    `property` is the docstring's first line, which the student may read, as they may the `hint`. `seconds`
    is the time limit where the default is too short. `rescue(student, rng)` replaces the student's earlier
    functions by right ones: a check that fails is repeated so, on a fresh student, and passes if that passes.
    """

    exercise_id: str
    name: str
    property: str
    function: Callable[[Any, Any], None]
    hint: str = ""
    weight: float = 1.0
    seconds: float | None = None
    rescue: Callable[[Student, Any], None] | None = None


_CHECKS: dict[str, dict[str, Check]] = {}


def check(
    exercise_id: str,
    hint: str = "",
    weight: float = 1.0,
    seconds: float | None = None,
    rescue: Callable[[Student, Any], None] | None = None,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register the decorated function as a hidden check of `exercise_id`, in the order of definition.

    Raises ValueError for a name that the exercise already has, a missing docstring or a weight below zero.
    """

    def register(function: Callable[..., None]) -> Callable[..., None]:
        name, lines = function.__name__, (function.__doc__ or "").strip().splitlines()
        known = _CHECKS.setdefault(exercise_id, {})
        if name in known:
            raise ValueError(f"{exercise_id} has two checks named {name!r}: rename the second one")
        if not lines:
            raise ValueError(
                f"check {name!r} of {exercise_id} needs a docstring: its first line is the property"
            )
        if not weight > 0:
            raise ValueError(f"check {name!r} of {exercise_id} has weight {weight}: weights are above zero")
        known[name] = Check(exercise_id, name, lines[0], function, hint, weight, seconds, rescue)
        return function

    return register


def checks_of(exercise_id: str) -> list[Check]:
    """The checks of one exercise, in the order of definition; its assignment's modules are imported first.

    Raises KeyError when there are none.
    """
    load(exercise_id.partition(".")[0])
    if exercise_id not in _CHECKS:
        raise KeyError(f"no hidden checks for {exercise_id!r}: known are {', '.join(sorted(_CHECKS))}")
    return list(_CHECKS[exercise_id].values())


def load(assignment: str) -> list[str]:
    """Import an assignment's checks and misconceptions; the ids of its exercises, in the order of definition.

    An assignment of several notebooks is a package with a module for each. Raises ModuleNotFoundError when the
    assignment has no module here.
    """
    for kind in ("checks", "misconceptions"):
        module = importlib.import_module(f"autograder.{kind}.{assignment}")
        for part in pkgutil.iter_modules(getattr(module, "__path__", ())):
            importlib.import_module(f"{module.__name__}.{part.name}")
    return [exercise_id for exercise_id in _CHECKS if exercise_id.partition(".")[0] == assignment]
