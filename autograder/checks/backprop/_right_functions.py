"""The seven functions before `train_network`, right ones, lent to a student whose own are not."""

from __future__ import annotations

import functools

from .. import ArgumentError, Student, StudentDied, StudentTimedOut, _lending, oracles
from .._lending import numbers_in

_MOST_NUMBERS_LENT = 5_000_000
_NAMES = (
    "initialize_weights", "get_random_batches", "sigmoid", "forward", "softmax", "compute_loss_and_acc", "backwards",
)  # fmt: skip


def give_right_functions(student: Student, rng) -> None:
    """Replace the student's seven earlier functions by the grader's, which work on the student's params."""
    rng_functions = (oracles.initialize_weights, oracles.get_random_batches)
    functions = (
        *(functools.wraps(function)(functools.partial(function, rng=rng)) for function in rng_functions),
        _lending.sigmoid,
        _lending.forward,
        _lending.softmax,
        _lending.loss_and_accuracy,
        _lending.backwards,
    )
    budget = [_MOST_NUMBERS_LENT]
    lent = [_lent(function, budget) for function in functions]
    student.bind(**dict(zip(_NAMES, lent, strict=True)))


def _lent(function, budget: list[int]):
    """`function` for student code to call: odd arguments make the student's crash, not ours."""

    def lent(*args, **kwargs):
        budget[0] -= numbers_in([*args, *kwargs.values()])
        if budget[0] < 0:
            raise StudentTimedOut(f"the lent functions were given more than {_MOST_NUMBERS_LENT} numbers")
        try:
            return function(*args, **kwargs)
        except (StudentTimedOut, StudentDied):
            raise
        except Exception as error:
            raise ArgumentError(f"{function.__name__}: {type(error).__name__}") from error

    return lent
