"""`expect(value)`: what a hidden check demands of something that came from student code.

Nothing is assumed about the value: it may be of any plain type, or a `Remote`. A method that passes returns
the value in a form that is safe to compute with; one that does not raises `CheckFailed(symptom)`. Symptoms
are for the instructor and for matching misconceptions: they say what kind of wrong it is, never an input or
a number that was expected.
"""

from __future__ import annotations

from typing import Any

import numpy as np

# How exactly two right answers agree in each precision, as (relative, absolute).
_TOLERANCES = {np.dtype("float16"): (2e-2, 2e-3), np.dtype("float32"): (1e-4, 1e-5)}
_TOLERANCE = (1e-6, 1e-8)
_MOST_NUMBERS = 10_000_000


class CheckFailed(Exception):
    """What a student's function did is not what the check demands; `symptom` says in what way."""

    def __init__(self, symptom: str):
        super().__init__(symptom)
        self.symptom = symptom


def expect(value: Any, what: str = "") -> Expectation:
    """An `Expectation` of `value`; `what` names it in symptoms, for example "grad_W"."""
    return Expectation(value, what)


class Expectation:
    def __init__(self, value: Any, what: str = ""):
        self._value, self._what = value, what

    def is_numeric(self) -> np.ndarray:
        """The value as an array of bool, int or float; nested lists of numbers count as one."""
        array = _as_array(self._value)
        if array is None:
            self._fail("not an array of numbers")
        return array

    def has_shape(self, *shape: int) -> np.ndarray:
        """The value as an array of exactly this shape."""
        array = self.is_numeric()
        if array.shape != shape:
            self._fail(_shape_symptom(array.shape, shape))
        return array

    def is_finite(self) -> np.ndarray:
        """The value as an array without nan or infinity."""
        array = self.is_numeric()
        if not np.isfinite(array).all():
            self._fail("not finite")
        return array

    def is_scalar(self) -> float:
        """The value as a float: a Python or NumPy number, or an array that holds a single one."""
        array = self.is_numeric()
        if array.size != 1:
            self._fail("not one number")
        return float(array.reshape(()))

    def is_number(self) -> float:
        """Like `is_scalar`, and finite."""
        number = self.is_scalar()
        if not np.isfinite(number):
            self._fail("not finite")
        return number

    def close_to(self, expected: Any, rtol: float = _TOLERANCE[0], atol: float = _TOLERANCE[1]) -> np.ndarray:
        """The value as an array, of the shape of `expected` and finite, equal up to its own precision.

        |value - expected| <= rtol * |expected| + atol; float32 and float16 values get the wider tolerance of
        their type. `expected` must be finite.
        """
        expected = np.asarray(expected, dtype=float)
        array = self.has_shape(*expected.shape) if expected.ndim else np.asarray(self.is_scalar())
        self.is_finite()
        least_rtol, least_atol = _TOLERANCES.get(_dtype(self._value), (0.0, 0.0))
        if not np.allclose(array.astype(float), expected, max(rtol, least_rtol), max(atol, least_atol)):
            self._fail("values differ")
        return array

    def equals(self, expected: Any) -> Any:
        """The value itself, equal to a number, text or None, or element by element to an array."""
        if isinstance(expected, np.ndarray):
            array = self.has_shape(*expected.shape)
            if not np.array_equal(array, expected):
                self._fail("values differ")
            return array
        if not isinstance(self._value, str | int | float | bool | np.generic | type(None)):
            self._fail("values differ")
        if self._value != expected:
            self._fail("values differ")
        return self._value

    def unchanged(self, original: Any) -> np.ndarray:
        """The value as an array that holds exactly what `original` holds: for arguments after a call."""
        original = np.asarray(original)
        array = _as_array(self._value)
        if array is None or array.shape != original.shape or not np.array_equal(array, original):
            self._fail("was changed")
        return array

    def between(self, low: float, high: float) -> np.ndarray:
        """The value as a finite array whose elements lie in [low, high]."""
        array = self.is_finite()
        if array.size and (array.min() < low or array.max() > high):
            self._fail("out of range")
        return array

    def is_sequence(self, length: int | None = None) -> list[Any]:
        """The value, a list or a tuple (of this length, if given), as a list."""
        if type(self._value) not in (list, tuple):
            self._fail("not a list")
        if length is not None and len(self._value) != length:
            self._fail("wrong length")
        return list(self._value)

    def is_pair(self) -> tuple[Any, Any]:
        """The value's two items."""
        if type(self._value) not in (list, tuple) or len(self._value) != 2:
            self._fail("not a pair")
        return self._value[0], self._value[1]

    def is_dict(self, *keys: str) -> dict[Any, Any]:
        """The value, a dictionary that has at least these keys."""
        if type(self._value) is not dict:
            self._fail("not a dictionary")
        missing = [key for key in keys if key not in self._value]
        if missing:
            self._fail(f"no key {missing[0]}")
        return self._value

    def _fail(self, symptom: str) -> None:
        raise CheckFailed(f"{self._what}: {symptom}" if self._what else symptom)


def same(one: Any, other: Any) -> bool:
    """Whether two untrusted values have one structure and agree to 1e-6; nan is nan, objects go by type."""
    if type(one) is dict:
        return type(other) is dict and one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if type(one) in (list, tuple):
        return type(one) is type(other) and len(one) == len(other) and all(map(same, one, other))
    first, second = _as_array(one), _as_array(other)
    if first is not None and second is not None:
        return first.shape == second.shape and np.allclose(first, second, 1e-6, 1e-12, equal_nan=True)
    if type(one) is not type(other):
        return False
    if type(one) is np.ndarray:
        return np.array_equal(one, other)
    return first is None and getattr(one, "_type_name", one) == getattr(other, "_type_name", other)


def fail_if(condition: Any, symptom: str) -> None:
    """Raise CheckFailed(symptom) when the condition holds."""
    if condition:
        raise CheckFailed(symptom)


def _shape_symptom(shape: tuple[int, ...], right: tuple[int, ...]) -> str:
    if shape == right[::-1]:
        return "transposed"
    if [n for n in shape if n != 1] == [n for n in right if n != 1]:
        return "axes of length 1 differ: " + ("a row" if shape[:1] == (1,) else "no row")
    return "wrong shape" if len(shape) == len(right) else "wrong number of axes"


def _as_array(value: Any) -> np.ndarray | None:
    if type(value) in (list, tuple):
        if _count(value) > _MOST_NUMBERS:
            return None
        try:
            value = np.array(value)
        except (ValueError, TypeError, OverflowError):
            return None
    if type(value) in (bool, int, float) or isinstance(value, np.generic):
        value = np.asarray(value)
    if type(value) is not np.ndarray or value.dtype.kind not in "biuf" or value.size > _MOST_NUMBERS:
        return None
    return value


def _count(value: Any, depth: int = 0) -> float:
    """How many numbers nested lists hold; infinite with anything else in them, or when too deep."""
    if type(value) in (list, tuple):
        return sum(_count(item, depth + 1) for item in value) if depth < 8 else np.inf
    if type(value) is np.ndarray:
        return value.size
    return 1 if type(value) in (bool, int, float) or isinstance(value, np.generic) else np.inf


def _dtype(value: Any) -> Any:
    if type(value) in (list, tuple) and value:
        return _dtype(value[0])
    return getattr(value, "dtype", None)
