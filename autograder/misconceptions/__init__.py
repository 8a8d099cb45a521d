"""Wrong implementations that students really write, each with a name and advice.

    @misconception("backprop.softmax", advice="One maximum for the whole matrix: ...")
    def global_maximum(x):
        exps = np.exp(x - x.max())
        return exps / exps.sum(axis=1, keepdims=True)

The decorated function takes the place of the exercise's function, `softmax` here, in the reference namespace;
`replaces=` names another one. Its own name is the misconception's id. The runner sends it through the checks
that a student failed: whoever gives the same wrong values has made that mistake. A mistake whose values
depend on a number or a style of the student's has `variants`, one set of extra keyword arguments for each:

    @misconception("backprop.sigmoid", advice="...", variants=[{"bound": 6}, {"bound": 8}])
    def tails_cut_off(x, bound=5):
        return sigmoid(np.clip(x, -bound, bound))
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any


@dataclass(frozen=True)
class Misconception:
    """One named mistake, in one or several `functions`: it explains what any of them explains.

    `random` says that its values depend on draws that another seed would change. Then no values are compared:
    it explains a submission when verdict and symptom of every check agree. `by_symptom` says that equal values
    and agreement of every verdict and symptom are each enough. `crashes_at` is a regular expression which
    the student's line must match wherever their code crashed: an exception's type alone tells little.
    """

    exercise_id: str
    name: str
    advice: str
    functions: tuple[Callable[..., Any], ...]
    replaces: str
    random: bool = False
    by_symptom: bool = False
    crashes_at: str = ""

    @property
    def function(self) -> Callable[..., Any]:
        """The decorated function itself, the first variant."""
        return self.functions[0]


_MISCONCEPTIONS: dict[str, dict[str, Misconception]] = {}


def misconception(
    exercise_id: str,
    advice: str,
    replaces: str = "",
    random: bool = False,
    by_symptom: bool = False,
    crashes_at: str = "",
    variants: Iterable[dict[str, Any]] = (),
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the decorated function as a wrong implementation of `exercise_id`, in the order of definition.

    Each of the `variants` holds keyword arguments that make it another shape of the same mistake. Raises
    ValueError for a name that the exercise already has, without advice, and re.error for a bad `crashes_at`.
    """

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        name, known = function.__name__, _MISCONCEPTIONS.setdefault(exercise_id, {})
        if name in known:
            raise ValueError(f"{exercise_id} has two misconceptions named {name!r}: rename the second one")
        if not advice.strip():
            raise ValueError(f"misconception {name!r} of {exercise_id} needs advice for the student")
        re.compile(crashes_at)
        functions = (function, *(partial(function, **settings) for settings in variants))
        target = replaces or exercise_id.rpartition(".")[2]
        known[name] = Misconception(
            exercise_id, name, advice, functions, target, random, by_symptom, crashes_at
        )
        return function

    return register


def misconceptions_of(exercise_id: str) -> list[Misconception]:
    """The misconceptions of one exercise, in the order of definition; none is fine."""
    return list(_MISCONCEPTIONS.get(exercise_id, {}).values())
