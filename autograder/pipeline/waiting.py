"""Submissions that wait for a worker, as the coordinator holds them: where they lie, not what is in them.

The work of a large class does not fit in memory, and most of it never has to.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..course import Assignment, Course
from ..errors import SubmissionError
from ..model import SubmissionResult
from .grade_one import Task, broken_submission, task_for
from .results import read_vouched
from .suite import Suite

# `chainrule collect` moves a folder away and a new one in its place.
MOVING_SECONDS = 1.0


@dataclass(frozen=True)
class Waiting:
    """One submission. Pickled, it is its Task: that is how it reaches a worker, by content as it is then.

    `key` is what it had when it was looked at. `earlier` is the digest that the trail has of its earlier result, where
    some of that may still hold.
    """

    course: Course
    assignment: Assignment
    suite: Suite
    student: str
    folder: Path
    key: str
    earlier: str | None = None

    def task(self) -> Task:
        """Read anew, with the key of what is read. Raises SubmissionError when the folder is gone."""
        latest = time.monotonic() + MOVING_SECONDS
        while not self.folder.is_dir():
            if time.monotonic() > latest:
                raise SubmissionError(f"{self.folder} went away while {self.assignment.name} was graded")
            time.sleep(0.05)
        task = task_for(self.course, self.suite, self.student, self.folder)
        known = read_vouched(self.course, self.assignment, self.student, self.earlier)
        return replace(task, earlier=known)

    def __reduce__(self) -> tuple[Any, ...]:
        return _itself, (self.task(),)


def _itself(task: Task) -> Task:
    """What unpickling a Waiting calls: pickle asks for a function."""
    return task


def waiting_for(course: Course, assignment: Assignment, suite: Suite, student: str, folder: Path) -> Waiting:
    """The submission in `folder`; of what it holds, the key alone is kept."""
    key = task_for(course, suite, student, folder).key
    return Waiting(course, assignment, suite, student, folder, key)


def broken(waiting: Waiting, reason: str) -> SubmissionResult:
    """As `broken_submission`; a folder that went away counts as an empty one."""
    return broken_submission(task_for(waiting.course, waiting.suite, waiting.student, waiting.folder), reason)
