"""Losses that student code is given to measure, and how its answers are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from .. import ArgumentError, Remote, Student, StudentTimedOut, expect

Params = dict[str, np.ndarray]
_MOST_CALLS = 20_000


class Loss:
    """A loss for student code to call: it checks its argument, keeps what it saw, and bounds the calls.

    `function(params)` gives the value for a dictionary of arrays.
    """

    def __init__(self, student: Student, function: Callable[[Params], Any], params: Params):
        self._student, self._function, self._params = student, function, params
        self.seen: list[Params] = []

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if len(args) + len(kwargs) != 1:
            raise ArgumentError("a loss takes one argument, the parameters")
        [params] = [*args, *kwargs.values()]
        if len(self.seen) >= _MOST_CALLS:
            raise StudentTimedOut(f"the loss was asked for more than {_MOST_CALLS} times")
        self.seen.append(_arrays_of(self._fetched(params), self._params))
        return self._function(self.seen[-1])

    def _fetched(self, params: Any) -> Any:
        if not isinstance(params, Remote):
            return params
        with unrecorded(self._student):
            return params.value()


@contextmanager
def unrecorded(student: Student) -> Iterator[None]:
    """What is fetched within leaves no trace in the transcript, which is compared with misconceptions.

    In which order the loss is asked, and whether by our tools or theirs, is the student's own business.
    """
    length = len(student.transcript)
    try:
        yield
    finally:
        del student.transcript[length:]


def _arrays_of(value: Any, like: Params) -> Params:
    """`value` as float arrays in the shapes of `like`; ArgumentError, which the student's code gets, if it is not."""
    if type(value) is not dict or any(name not in value for name in like):
        raise ArgumentError(f"the loss takes a dictionary with {', '.join(like)}")
    arrays = {name: np.asarray(value[name]) for name in like}
    for name, array in arrays.items():
        if array.dtype.kind not in "fiu" or array.shape != like[name].shape:
            raise ArgumentError(f"the loss takes a float array of shape {like[name].shape} as {name}")
    return {name: array.astype(float) for name, array in arrays.items()}


def waves(rng, shapes: dict[str, tuple[int, ...]], scale: float = 1.0):
    """(params, loss, gradient) of scale * (sum of a sin(w) over all scalars + (sum of b w)^2 / 2).

    The second term ties all scalars together; the gradient is scale * (a cos(w) + b times the sum of b w). Every
    slope has at least 5 % of the scale, so that rounding stays far below each tolerance, and both signs occur.
    """
    while True:
        params = {name: rng.normal(size=shape) for name, shape in shapes.items()}
        a, b = (
            {
                name: rng.choice([-1, 1], size=shape) * rng.uniform(0.5, 1.5, size=shape)
                for name, shape in shapes.items()
            }
            for _ in range(2)
        )

        def along(params, b=b):
            return sum(np.sum(b[name] * params[name]) for name in b)

        def loss(params, a=a, along=along):
            return scale * (
                sum(np.sum(a[name] * np.sin(params[name])) for name in a) + along(params) ** 2 / 2
            )

        gradient = {
            name: np.asarray(scale * (a[name] * np.cos(params[name]) + b[name] * along(params)))
            for name in shapes
        }
        slopes = np.concatenate([slope.ravel() for slope in gradient.values()])
        if np.abs(slopes).min() > 0.05 * scale and slopes.min() < 0 < slopes.max():
            return params, loss, gradient


def copied(params: Params) -> Params:
    return {name: array.copy() for name, array in params.items()}


def measure(student: Student, loss: Loss, params: Any, like: Params, *rest: float, **named: float) -> Params:
    """The student's measured gradient as finite arrays in the shapes of `like`."""
    result = expect(student.numerical_gradient(loss, params, *rest, **named)).is_dict(*like)
    measured = {name: expect(result[name], name).has_shape(*like[name].shape) for name in like}
    return {name: expect(array, name).is_finite().astype(float) for name, array in measured.items()}


def relative_error_of(a: Any, b: Any) -> float:
    """The same by sums of squares in Python floats."""
    norms = [
        sum(float(value) ** 2 for value in np.ravel(array)) ** 0.5
        for array in (np.subtract(a, b), np.asarray(a), np.asarray(b))
    ]
    return norms[0] / (norms[1] + norms[2]) if norms[1] + norms[2] else 0.0
