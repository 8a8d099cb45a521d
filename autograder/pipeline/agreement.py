"""Whether two results of one submission agree, and what becomes of an exercise on which they do not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..model import ExerciseResult, SubmissionResult


@dataclass(frozen=True)
class Difference:
    """An exercise that came out in two ways."""

    student: str
    exercise: str
    first: str
    second: str

    def line(self) -> str:
        return f"{self.student}, {self.exercise}: {self.first}, then {self.second}"


def compare(first: SubmissionResult, second: SubmissionResult) -> list[Difference]:
    """Every exercise whose verdict or score differs; one that only one of the two has differs, too."""
    before, after = ({item.id: item for item in result.exercises} for result in (first, second))
    return [
        Difference(first.student, id, _said(before.get(id)), _said(after.get(id)))
        for id in dict.fromkeys([*before, *after])
        if _said(before.get(id)) != _said(after.get(id))
    ]


def leave_to_a_person(
    result: SubmissionResult, differences: list[Difference], sentence: Callable[[Difference], str]
) -> None:
    """Ask for a look at each exercise that differs, in a flag too: its `sentence`.

    Scores stay. The exercise loses its key: no regrade takes what came out in two ways for known.
    """
    names = {difference.exercise for difference in differences}
    for exercise in result.exercises:
        if exercise.id in names:
            exercise.needs_manual_grade, exercise.key = True, ""
    for said in map(sentence, differences):
        result.flags += [said] if said not in result.flags else []


def _said(exercise: ExerciseResult | None) -> str:
    """Score and verdict, and the verdict of each check: two wrongs may add up to the same score."""
    if exercise is None:
        return "nothing"
    checks = ", ".join(
        f"{check.name} {check.verdict}" for check in exercise.checks if check.verdict != "passed"
    )
    return f"{exercise.score:g} points, {exercise.verdict}" + (f" ({checks})" if checks else "")
