"""The tasks of one batch on a cluster: what waits for a worker, which copies are out, and the answers.

A task is never lost with its worker: it waits again, and one that has cost workers runs with nothing beside it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ..model import SubmissionResult
from .agreement import compare, leave_to_a_person

# A submission whose worker was lost so often is tried once more with nothing beside it.
LOSSES = 2


@dataclass(eq=False)
class Job:
    """One task: how many workers were lost with it, how many copies of it are out, and its first answer."""

    task: Any
    losses: int = 0
    copies: int = 0
    answer: SubmissionResult | None = None

    @property
    def alone(self) -> bool:
        return self.losses >= LOSSES


class Jobs:
    """The jobs of one batch. `broken` makes the result of a task that cannot be graded, and of the reason."""

    def __init__(self, tasks: Iterable[Any], broken: Callable[[Any, str], SubmissionResult]):
        self._broken = broken
        self._waiting = deque(Job(task) for task in tasks)
        self.unanswered = len(self._waiting)
        self._through: list[SubmissionResult] = []
        self._held: list[Job] = []

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def next(self, beside: Iterable[Job | None]) -> Job | None:
        """The first that may run after those: one that has cost workers runs with nothing beside it."""
        others = list(beside)
        if any(job is not None and job.alone for job in others):
            return None
        for position, job in enumerate(self._waiting):
            if not (job.alone and others):
                del self._waiting[position]
                return job
        return None

    def give_up(self, job: Job, blame: int) -> None:
        """A copy of the job will not be answered; when it was the last, the job waits again, or is broken."""
        job.copies -= 1
        job.losses += blame
        if job.answer is not None or job.copies:
            return
        if job.losses > LOSSES:
            self.fail(
                job, f"{job.losses} workers were lost with this submission, the last with nothing beside it"
            )
        else:
            self._waiting.appendleft(job)

    def fail(self, job: Job, reason: str) -> None:
        """The job's answer is that it cannot be graded."""
        self.answer(job, self._broken(job.task, reason))

    def answer(self, job: Job, result: SubmissionResult) -> None:
        """The first answer counts. One of two is held until the other has come, and must agree with it."""
        if job.answer is None:
            job.answer = result
            self.unanswered -= 1
            if job.copies:
                self._held.append(job)
            else:
                self._through.append(result)
        elif job in self._held:
            self._held.remove(job)
            self._through.append(agreed(job.answer, result))

    def results(self) -> Iterator[SubmissionResult]:
        """What is answered and was not given before, but what waits for a second answer."""
        yield from self._through
        self._through.clear()

    def held(self) -> Iterator[SubmissionResult]:
        """First answers whose second has not come."""
        yield from (job.answer for job in self._held if job.answer is not None)


def agreed(first: SubmissionResult, second: SubmissionResult) -> SubmissionResult:
    """The first, left to a person where the second differs."""
    leave_to_a_person(first, compare(first, second), lambda found: f"graded by two workers: {found.line()}")
    return first
