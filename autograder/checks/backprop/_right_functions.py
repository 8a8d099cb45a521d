"""The seven functions before `train_network`, right ones, lent to a student whose own are not."""

from __future__ import annotations

import functools

from .. import ArgumentError, Student, StudentDied, StudentTimedOut, _lending, oracles
from .._lending import numbers_in

_MOST_NUMBERS_LENT = 5_000_000


def give_right_functions(student: Student, rng) -> None:
    """Replace the student's seven earlier functions by the grader's, which work on the student's params."""
    functions = {
        "initialize_weights": functools.partial(oracles.initialize_weights, rng=rng),
        "get_random_batches": functools.partial(oracles.get_random_batches, rng=rng),
        "sigmoid": _lending.sigmoid,
        "forward": _lending.forward,
        "softmax": _lending.softmax,
        "compute_loss_and_acc": _lending.loss_and_accuracy,
        "backwards": _lending.backwards,
    }
    budget = [_MOST_NUMBERS_LENT]
    student.bind(**{name: _lent(function, name, budget) for name, function in functions.items()})


def _lent(function, name: str, budget: list[int]):
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
            raise ArgumentError(f"{name}: {type(error).__name__}") from error

    return lent
