"""Limits that were measured, not derived: how well something trains. `chainrule calibrate` records what they see."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from .expectation import fail_if


@dataclass(frozen=True)
class Measurement:
    """One comparison: what was measured, its value, and the limit that a right answer must keep to."""

    what: str
    value: float
    limit: float
    at_most: bool


_recorders: list[list[Measurement]] = []


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
