"""Right tools of the grader's side, lent to a student whose own fail."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ArgumentError, Remote, Student, StudentError
from ._losses import Params, relative_error_of, unrecorded


def give_right_tools(student: Student, rng) -> None:
    """Replace the student's numerical_gradient and relative_error by the grader's."""
    _lend(student, numerical_gradient=_lent_gradient, relative_error=_lent_error)


def give_right_checker(student: Student, rng) -> None:
    """Replace check_gradients as well."""
    give_right_tools(student, rng)
    _lend(student, check_gradients=_lent_checker)


def _lend(student: Student, **functions: Callable[..., Any]) -> None:
    """Bind grader-side functions, which leave no trace in the transcript and never make a check broken."""

    def lent(function):
        @functools.wraps(function)
        def call(*args, **kwargs):
            with unrecorded(student):
                try:
                    return function(*args, **kwargs)
                except StudentError:
                    raise
                except Exception as error:
                    raise ArgumentError(f"{function.__name__}: {type(error).__name__}") from error

        return call

    with unrecorded(student):
        student.bind(**{name: lent(function) for name, function in functions.items()})


def _lent_gradient(loss_fn: Any, params: Any, eps: float = 1e-5) -> Params:
    """Central differences of a student-side loss."""
    params = {name: np.array(array, dtype=float) for name, array in _plain(params).items()}
    if sum(array.size for array in params.values()) > 1000:
        raise ArgumentError("numerical_gradient takes at most 1000 numbers here")
    gradient = {name: np.zeros(array.shape) for name, array in params.items()}
    for name, array in params.items():
        for place in np.ndindex(array.shape):
            up, down = (_asked(loss_fn, params, name, place, step) for step in (eps, -eps))
            gradient[name][place] = (up - down) / (2 * eps)
    return gradient


def _asked(loss_fn: Any, params: Params, name: str, place: tuple[int, ...], step: float) -> float:
    moved = params[name].copy()
    moved[place] += step
    return float(np.reshape(loss_fn(params | {name: moved}), ()))


def _lent_error(a: Any, b: Any) -> float:
    return relative_error_of(np.asarray(a, dtype=float), np.asarray(b, dtype=float))


def _lent_checker(loss_fn: Any, params: Any, grads: Any, tolerance: float = 1e-6) -> dict[str, bool]:
    grads = _plain(grads)
    return {
        name: bool(
            name in grads
            and np.shape(grads[name]) == slope.shape
            and _lent_error(grads[name], slope) <= tolerance
        )
        for name, slope in _lent_gradient(loss_fn, params).items()
    }


def _plain(params: Any) -> Params:
    return params.value() if isinstance(params, Remote) else dict(params)
