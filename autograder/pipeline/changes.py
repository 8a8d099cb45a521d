"""What a regrade changed, and why: two results of one student, exercise by exercise, part of the key by part."""

from __future__ import annotations

from dataclasses import dataclass

from ..course import Assignment, Course
from ..model import SubmissionResult
from .pages import plain_text, points
from .results import last_earlier, read_results

_SAID = {
    "submission": "the submission",
    "release": "the released notebooks",
    "checks": "the checks",
    "oracles": "what all checks share",
    "source": "the solutions, in which mistakes are rehearsed",
    "limits": "the limits",
    "thresholds": "the measured limits",
    "points": "which exercises are extra credit",
    "packages": "the packages",
    "engine": "the grader",
    "library": "student_lib",
    "carried": "the file carried on from an earlier assignment",
}
SAME = "nothing: it was graded again on purpose"
UNKNOWN = "unknown: the earlier result does not say what it was graded with"
WAS_BROKEN = "the grader had failed on it"


@dataclass(frozen=True)
class Change:
    """Two results of one student. `scores` has the exercises whose scores differ; None where one result lacks it."""

    student: str
    scores: dict[str, tuple[float | None, float | None]]
    why: list[str]
    before: str
    after: str


def compare(old: SubmissionResult, new: SubmissionResult) -> Change:
    """What changed from `old` to `new`."""
    before, after = ({item.id: item.score for item in result.exercises} for result in (old, new))
    scores = {
        name: (before.get(name), after.get(name))
        for name in {**before, **after}
        if before.get(name) != after.get(name)
    }
    return Change(new.student, scores, why(old, new), old.graded_at, new.graded_at)


def why(old: SubmissionResult, new: SubmissionResult) -> list[str]:
    """Which parts of the key differ, in words."""
    if not old.key:
        return [WAS_BROKEN]
    if old.key == new.key:
        return [SAME]
    if not old.parts or not new.parts:
        return [UNKNOWN]
    names = [*_SAID, *(new.parts.keys() - _SAID.keys())]
    return [_SAID.get(name, name) for name in names if old.parts.get(name) != new.parts.get(name)]


def changes(course: Course, assignment: Assignment, students: list[str] | None = None) -> list[Change]:
    """The last two results of each student who has two. Raises CourseError when nothing was graded yet."""
    found = []
    for result in read_results(course, assignment):
        earlier = last_earlier(course, assignment, result.student)
        if earlier is not None and (not students or result.student in students):
            found.append(compare(earlier, result))
    return found


def as_text(found: list[Change]) -> str:
    """One paragraph for each student, for the terminal."""
    lines = []
    for change in found:
        lines.append(
            plain_text(f"{change.student}: {change.before or 'earlier'} -> {change.after or 'now'}", 200)
        )
        lines += [f"  changed since: {', '.join(change.why)}"]
        lines += [f"  {name}: {_points(old)} -> {_points(new)}" for name, (old, new) in change.scores.items()]
        lines += [] if change.scores else ["  every score is the same"]
    return "\n".join(lines) or "nobody was graded twice"


def _points(value: float | None) -> str:
    return "none" if value is None else points(value)
