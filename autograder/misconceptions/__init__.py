"""Wrong implementations that students really write, each with a name and advice.

    @misconception("backprop.softmax", advice="One maximum for the whole matrix: ...")
    def global_maximum(x):
        exps = np.exp(x - x.max())
        return exps / exps.sum(axis=1, keepdims=True)

The decorated function takes the place of the exercise's function, `softmax` here, in the reference namespace;
`replaces=` names another one. Its own name is the misconception's id. The runner sends it through the checks
that a student failed: whoever gives the same wrong values has made that mistake.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Misconception:
    """One named mistake. `random` says that its values depend on draws that another seed would change.

    Then no values are compared: it explains a submission when verdict and symptom of every check agree.
    """

    exercise_id: str
    name: str
    advice: str
    function: Callable[..., Any]
    replaces: str
    random: bool = False


_MISCONCEPTIONS: dict[str, dict[str, Misconception]] = {}


def misconception(
    exercise_id: str, advice: str, replaces: str = "", random: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the decorated function as a wrong implementation of `exercise_id`, in the order of definition.

    Raises ValueError for a name that the exercise already has, or without advice.
    """

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        name, known = function.__name__, _MISCONCEPTIONS.setdefault(exercise_id, {})
        if name in known:
            raise ValueError(f"{exercise_id} has two misconceptions named {name!r}: rename the second one")
        if not advice.strip():
            raise ValueError(f"misconception {name!r} of {exercise_id} needs advice for the student")
        target = replaces or exercise_id.rpartition(".")[2]
        known[name] = Misconception(exercise_id, name, advice, function, target, random)
        return function

    return register


def misconceptions_of(exercise_id: str) -> list[Misconception]:
    """The misconceptions of one exercise, in the order of definition; none is fine."""
    return list(_MISCONCEPTIONS.get(exercise_id, {}).values())
