"""Limits that were measured, not derived: how well something trains. `chainrule calibrate` records what they see.

They stand in the table [thresholds] of assignment.toml, and travel from there with what a submission is graded with.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import GraderError
from .expectation import fail_if

if TYPE_CHECKING:
    from ..course import Course


@dataclass(frozen=True)
class Measurement:
    """One comparison: what was measured, its value, and the limit that a right answer must keep to."""

    what: str
    value: float
    limit: float
    at_most: bool

    @property
    def name(self) -> str:
        """The limit's name in [thresholds], or nothing for a number that the check holds itself."""
        return getattr(self.limit, "name", "")


class Limit(float):
    """A number that remembers its name in [thresholds]."""

    name: str


_limits: dict[str, dict[str, float]] = {}
_recorders: list[list[Measurement]] = []


def use(limits: dict[str, dict[str, float]]) -> None:
    """Take these limits, assignment to name to number, from now on."""
    _limits.update(limits)


@contextlib.contextmanager
def using(limits: dict[str, dict[str, float]]) -> Iterator[None]:
    """Take these limits inside the `with`."""
    global _limits
    before, _limits = _limits, {**_limits, **limits}
    try:
        yield
    finally:
        _limits = before


def limit(assignment: str, name: str) -> Limit:
    """The limit `name` of `assignment`: of `use` or `using`, else of the course that the current folder lies in.

    Raises GraderError where there is none, so that the check is *broken* and costs nobody points.
    """
    if assignment not in _limits:
        _limits[assignment] = _nearest_course().assignment(assignment).thresholds
    if name not in _limits[assignment]:
        raise GraderError(
            f"assignments/{assignment}/assignment.toml has no {name!r} in its table [thresholds]"
        )
    found = Limit(_limits[assignment][name])
    found.name = name
    return found


def _nearest_course() -> Course:
    from ..course import Course

    return Course.find(Path.cwd())


def at_most(value: float, limit: float, what: str, symptom: str) -> None:
    """Fail with `symptom` when `value` is above `limit`, or nan."""
    _record(Measurement(what, float(value), limit, at_most=True))
    fail_if(not value <= limit, symptom)


def at_least(value: float, limit: float, what: str, symptom: str) -> None:
    """Fail with `symptom` when `value` is below `limit`, or nan."""
    _record(Measurement(what, float(value), limit, at_most=False))
    fail_if(not value >= limit, symptom)


@contextlib.contextmanager
def recorded() -> Iterator[list[Measurement]]:
    """Collect every comparison that is made inside the `with`."""
    measurements: list[Measurement] = []
    _recorders.append(measurements)
    try:
        yield measurements
    finally:
        _recorders.remove(measurements)


def _record(measurement: Measurement) -> None:
    for recorder in _recorders:
        recorder.append(measurement)
