"""Never two answers: what was graded is graded again under other noise of the machine, and must come out the same.

The second time submissions come in the reverse order, to another number of workers, exercises are scored from the
last to the first, and strings have other hashes inside. Each process has other addresses anyway.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ..course import Assignment, Course
from ..errors import CourseError
from ..model import SubmissionResult
from .agreement import Difference, compare, leave_to_a_person
from .alone import alone
from .database import gradebook
from .grade import Batch
from .grade_one import grade_submission
from .results import read_result, write_result
from .stopping import stoppable
from .submissions import find_submissions
from .suite import Suite, load_suite
from .trail import Trail
from .waiting import broken, waiting_for
from .workers import on_workers

HASH_SEED = 20_260


@dataclass
class Verification:
    """What `verify` found: the number of submissions that it graded again, and every difference."""

    submissions: int = 0
    differences: list[Difference] = field(default_factory=list)

    def as_text(self) -> str:
        if not self.differences:
            return f"verified: {self.submissions} submissions came out the same twice"
        lines = [difference.line() for difference in self.differences]
        return "\n".join([f"{len(lines)} exercises came out in two ways:", *lines])


def other_noise(suite: Suite) -> Suite:
    """The suite with what must not matter changed: hashes of strings, and the order in which exercises are scored."""
    return replace(
        suite,
        environment=replace(suite.environment, hash_seed=HASH_SEED),
        limits=replace(suite.limits, last_first=True),
    )


def other_workers(workers: int | None) -> int:
    """Another number of workers than `workers`, which None makes the number of cores: half of it, or twice one."""
    usual = workers or os.cpu_count() or 1
    return max(usual // 2, 1) if usual > 1 else 2


def verify(
    course: Course,
    assignment: Assignment,
    batch: Batch,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Verification:
    """Grade the submissions of `batch` once more and compare.

    An exercise that differs keeps the result that it has, gets `needs_manual_grade` and a flag; result file and
    gradebook follow.
    """
    suite = load_suite(course, assignment)
    noisy = other_noise(suite)
    found = find_submissions(course, assignment, batch.results.students)
    again = [waiting_for(course, assignment, noisy, student, folder) for student, folder in reversed(found)]
    outcome, report = Verification(), progress or (lambda done, total: None)
    report(0, len(again))
    with stoppable(), alone(course, assignment):
        trail, changed = Trail(course, assignment), []
        for result in on_workers(grade_submission, again, noisy, other_workers(workers), broken):
            kept = read_result(course, assignment, result.student)
            if kept is None:
                raise CourseError(
                    f"the result of {result.student} went away while it was verified: grade again"
                )
            differences = compare(kept, result)
            if differences:
                leave_to_a_person(kept, differences, _two_ways)
                changed.append(kept)
                lines = [item.line() for item in differences]
                trail.append(
                    "two answers", kept.student, result=write_result(course, assignment, kept), lines=lines
                )
            outcome.differences += differences
            outcome.submissions += 1
            report(outcome.submissions, len(again))
        _ask_for_a_look(course, assignment, changed)
        trail.append("verified", submissions=outcome.submissions, two_answers=len(outcome.differences))
    outcome.differences.sort(key=lambda item: (item.student, item.exercise))
    return outcome


def _ask_for_a_look(course: Course, assignment: Assignment, results: list[SubmissionResult]) -> None:
    """Mark what is to be looked at in the gradebook; scores and marks by hand stay as they are."""
    with gradebook(course) as book:
        for result in results:
            for exercise in result.exercises:
                if exercise.needs_manual_grade:
                    grade = book.find_grade(exercise.id, exercise.notebook, assignment.name, result.student)
                    grade.needs_manual_grade = True
        book.db.commit()


def _two_ways(difference: Difference) -> str:
    found = f"{difference.first}; {difference.second}"
    return f"graded twice, {difference.exercise} came out in two ways: {found}"
