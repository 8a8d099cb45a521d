"""What the tests of the cluster let its workers do in the place of grading: light, and dangerous on purpose."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samples import exercise, submission

from autograder.errors import SubmissionError
from autograder.model import SubmissionResult, Verdict
from autograder.pipeline.suite import Suite


@dataclass(frozen=True)
class Job:
    """A student, the folder in which it notes what happened, and the suite that must not travel with it."""

    student: str
    notes: Path
    suite: Suite

    def __reduce_ex__(self, protocol: Any) -> Any:
        """The student `gone` cannot be read any more when it is to travel."""
        if self.student == "gone":
            raise SubmissionError("its folder went away")
        return super().__reduce_ex__(protocol)


def note(job: Job) -> int:
    """Write down that the job began here; how often it had begun before."""
    before = len(list(job.notes.glob(f"{job.student}-*")))
    (job.notes / f"{job.student}-{before}-{os.getpid()}").touch()
    return before


def light(job: Job) -> SubmissionResult:
    """A result that says which suite the worker has."""
    note(job)
    time.sleep(0.05)
    return submission(job.student, [exercise()], key=job.suite.key)


def deadly(job: Job) -> SubmissionResult:
    """The student `bad` takes the worker process along."""
    if job.student == "bad":
        note(job)
        os._exit(9)
    return light(job)


def failing(job: Job) -> SubmissionResult:
    """The student `bad` makes the grader fail."""
    if job.student == "bad":
        raise ZeroDivisionError("ours")
    return light(job)


def slow_at_first(job: Job) -> SubmissionResult:
    """The student `slow` hangs where it is first tried."""
    if note(job) == 0 and job.student == "slow":
        time.sleep(600)
    return submission(job.student, [exercise()], key=job.suite.key)


def patient(job: Job) -> SubmissionResult:
    """Goes on when a file called `go` is there, so that something can happen meanwhile."""
    note(job)
    while not (job.notes / "go").exists():
        time.sleep(0.05)
    return submission(job.student, [exercise()], key=job.suite.key)


def broken(job: Job, reason: str) -> SubmissionResult:
    return submission(job.student, [exercise(Verdict.BROKEN, log=reason)], flags=[reason])
