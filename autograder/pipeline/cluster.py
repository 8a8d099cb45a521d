"""Grading on a Dask cluster: the same pure function as on the local pool, on machines that share no files with us.

The coordinator decides itself which worker gets what, and pins it there. So it knows what a lost worker had, asks each
worker what it is before it gets any work, and leaves no more with the scheduler than the workers are about to do.
"""

from __future__ import annotations

import contextlib
import queue
import statistics
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import SandboxError
from ..model import SubmissionResult
from .agreement import compare, leave_to_a_person
from .cluster_link import Link
from .cluster_worker import Admission, admit, dismiss, pack, work_on
from .suite import Suite

if TYPE_CHECKING:
    from distributed import Client, Future

# A second task waits on the worker, so that it need not wait for us.
AHEAD = 2
POLL_SECONDS = 1.0
# How long a batch waits for a worker when there is none.
WAIT_SECONDS = 60.0
# A submission whose worker was lost so often is tried once more with nothing beside it.
LOSSES = 2
STRAGGLER = 3.0
RESULT_SECONDS = 60.0
END_SECONDS = 10.0


@dataclass
class Cluster:
    """Workers of a Dask cluster, as `on_workers` takes them. `say` is told of workers that are refused or lost."""

    link: Link
    say: Callable[[str], None]

    def __str__(self) -> str:
        return self.link.address

    def results(
        self,
        work: Callable[[Any], SubmissionResult],
        tasks: list[Any],
        suite: Suite,
        broken: Callable[[Any, str], SubmissionResult],
    ) -> Iterator[SubmissionResult]:
        """`work` of each task, as they come. Raises CourseError without scheduler, SandboxError without workers."""
        if not tasks:
            return
        with self.link.connect() as client:
            batch = _Batch(self, client, work, tasks, suite, broken)
            try:
                yield from batch.run()
            finally:
                batch.end()


@dataclass(eq=False)
class _Job:
    """One task: how many workers were lost with it, where copies of it are, and its first answer."""

    task: Any
    losses: int = 0
    copies: int = 0
    answer: SubmissionResult | None = None

    @property
    def alone(self) -> bool:
        return self.losses >= LOSSES


@dataclass(eq=False)
class _Worker:
    """One worker process. `has` is what it was given, in the order in which it works; `since` it is at the first."""

    address: str
    name: str
    admitted: bool = False
    refused: str = ""
    has: dict[Future, _Job | None] = field(default_factory=dict)
    since: float = 0.0

    @property
    def ready(self) -> bool:
        return self.admitted and not self.refused

    def __str__(self) -> str:
        return self.address if self.name == self.address else f"{self.name} ({self.address})"


class _Batch:
    """The tasks of one batch on their way."""

    def __init__(
        self,
        cluster: Cluster,
        client: Client,
        work: Callable[[Any], SubmissionResult],
        tasks: list[Any],
        suite: Suite,
        broken: Callable[[Any, str], SubmissionResult],
    ):
        self._cluster, self._client, self._work, self._suite, self._broken = (
            cluster,
            client,
            work,
            suite,
            broken,
        )
        self._admission = Admission.to(suite)
        self._todo = deque(_Job(task) for task in tasks)
        self._unanswered = len(tasks)
        self._through: list[SubmissionResult] = []
        self._held: list[_Job] = []
        self._workers: dict[str, _Worker] = {}
        self._came: queue.SimpleQueue[Future] = queue.SimpleQueue()
        self._seconds: list[float] = []
        self._looked = float("-inf")
        self._nobody_since: float | None = None
        self._had_workers = False

    def run(self) -> Iterator[SubmissionResult]:
        """Results as they come. Of a task that was given out twice, when both have come or nothing else is left."""
        while self._unanswered:
            self._look()
            self._hand_out()
            for future in self._arrived():
                self._take(future)
            yield from self._through
            self._through.clear()
        yield from (job.answer for job in self._held if job.answer is not None)

    def end(self) -> None:
        """Take back what is still out, and let the workers end their sandboxes."""
        workers = [worker for worker in self._workers.values() if worker.admitted]
        # One that is still at something ends its sandboxes when nobody has come for a while.
        idle = [worker for worker in workers if not worker.has]
        with contextlib.suppress(OSError, RuntimeError, TimeoutError):
            self._client.cancel([future for worker in workers for future in worker.has])
            last = [self._submit(worker, dismiss, self._admission.digest) for worker in idle]
            latest = time.monotonic() + END_SECONDS
            for future in last:
                _answer_of(future, max(latest - time.monotonic(), 0.1))

    def _submit(self, worker: _Worker, function: Callable[..., bytes], *arguments: Any) -> Future:
        return self._client.submit(
            function, *arguments, workers=[worker.address], allow_other_workers=False, pure=False
        )

    # --- workers that come and go -------------------------------------------------------------------------------

    def _look(self) -> None:
        """Ask new workers what they are, give what lost ones had to others; give up when there are none."""
        if time.monotonic() - self._looked < POLL_SECONDS:
            return
        present = self._present()
        for address in self._workers.keys() - present:
            self._lose(self._workers.pop(address))
        new = present - self._workers.keys()
        if new:
            known = self._client.scheduler_info(n_workers=-1)["workers"]
            for address in sorted(new):
                self._meet(_Worker(address, str(known.get(address, {}).get("name", address))))
        self._looked = time.monotonic()
        self._require_somebody()

    def _present(self) -> set[str]:
        try:
            return set(self._client.nthreads())
        except (OSError, RuntimeError, TimeoutError) as error:
            raise SandboxError(
                f"the scheduler {self._cluster} went away ({type(error).__name__}): start it and run the same command "
                "again; what is graded stays."
            ) from error

    def _meet(self, worker: _Worker) -> None:
        self._workers[worker.address] = worker
        if self._cluster.link.allows(worker.address):
            self._give(worker, None)
        else:
            self._refuse(
                worker, "it talks in the clear to another machine; start it with TLS (docs/cluster.md)"
            )

    def _refuse(self, worker: _Worker, why: str) -> None:
        """It gets no more work, and what it has is done elsewhere; that is no fault of the submissions."""
        worker.refused = why
        self._cluster.say(f"worker {worker} is refused: {why}")
        self._take_back(worker, 0)

    def _lose(self, worker: _Worker) -> None:
        if worker.has and not worker.refused:
            self._cluster.say(f"worker {worker} is gone; what it was at is done again elsewhere")
        self._take_back(worker, 1)

    def _take_back(self, worker: _Worker, blame: int) -> None:
        for future, job in list(worker.has.items()):
            future.cancel()
            if job is not None:
                self._give_up(job, blame)
        worker.has.clear()

    def _give_up(self, job: _Job, blame: int) -> None:
        """A copy of the job will not be answered; when it was the last, the job is done again, or is broken."""
        job.copies -= 1
        job.losses += blame
        if job.answer is not None or job.copies:
            return
        if job.losses > LOSSES:
            reason = f"{job.losses} workers were lost with this submission, the last with nothing beside it"
            self._count(job, self._broken(job.task, reason))
        else:
            self._todo.appendleft(job)

    def _require_somebody(self) -> None:
        workers, now = self._workers.values(), time.monotonic()
        if any(not worker.refused for worker in workers):
            self._nobody_since = None
            return
        if self._nobody_since is None:
            self._nobody_since = now
        hopeless = workers and not self._had_workers
        if hopeless or now - self._nobody_since > WAIT_SECONDS:
            reasons = [f"{worker}: {worker.refused}" for worker in workers]
            raise SandboxError(
                f"no worker of {self._cluster} can grade, so {self._unanswered} submissions were not graded. "
                + ("\n".join(reasons) or f"None came in {WAIT_SECONDS:.0f} s: start some with `dask worker`.")
            )

    # --- tasks --------------------------------------------------------------------------------------------------

    def _hand_out(self) -> None:
        ready = [worker for worker in self._workers.values() if worker.ready]
        # Near the end one each: what waits behind a slow one could run on an idle worker.
        depth = AHEAD if len(self._todo) > len(ready) else 1
        for room in range(depth):
            for worker in ready:
                if len(worker.has) == room and self._todo:
                    self._give_next(worker)
        if not self._todo:
            for worker in ready:
                if not worker.has:
                    self._speculate(worker)

    def _give_next(self, worker: _Worker) -> None:
        """The first task that may run here: one that has cost workers runs with nothing beside it."""
        if any(job is not None and job.alone for job in worker.has.values()):
            return
        for position, job in enumerate(self._todo):
            if not (job.alone and worker.has):
                del self._todo[position]
                self._give(worker, job)
                return

    def _give(self, worker: _Worker, job: _Job | None) -> None:
        if job is None:
            future = self._submit(worker, admit, self._admission)
        else:
            try:
                data = pack(job.task, self._suite, self._admission.digest)
            except Exception as error:
                # Its folder went away. A copy that was sent before still has an answer.
                if not job.copies:
                    self._count(job, self._broken(job.task, _failure(f"{type(error).__name__}: {error}")))
                return
            future = self._submit(worker, work_on, self._work, self._admission.digest, data)
            job.copies += 1
        if not worker.has:
            worker.since = time.monotonic()
        worker.has[future] = job
        future.add_done_callback(self._came.put)

    def _speculate(self, idle: _Worker) -> None:
        """Give an idle worker a second copy of what takes longest, if it takes unusually long or has not begun."""
        usual = statistics.median(self._seconds) if self._seconds else float("inf")
        now, late = time.monotonic(), []
        for worker in self._workers.values():
            for place, job in enumerate(worker.has.values()):
                if job is None or job.alone or job.copies > 1 or job.answer is not None:
                    continue
                if place > 0 or now - worker.since > STRAGGLER * usual:
                    late.append((worker.since, job))
        if late:
            self._give(idle, min(late, key=lambda item: item[0])[1])

    # --- answers ------------------------------------------------------------------------------------------------

    def _arrived(self) -> Iterator[Future]:
        """What has come, after waiting for the first a little while."""
        with contextlib.suppress(queue.Empty):
            yield self._came.get(timeout=POLL_SECONDS)
            while True:
                yield self._came.get_nowait()

    def _take(self, future: Future) -> None:
        worker = next((one for one in self._workers.values() if future in one.has), None)
        if worker is None:
            return  # It was taken back: what is cancelled comes, too.
        job = worker.has.pop(future)
        word, about = _answer_of(future)
        if job is None:
            self._admitted(worker, word, about)
        else:
            self._answered(worker, job, word, about)
        worker.since = time.monotonic()

    def _admitted(self, worker: _Worker, word: str, about: str) -> None:
        if word == "admitted":
            worker.admitted = self._had_workers = True
        else:
            self._refuse(worker, about)

    def _answered(self, worker: _Worker, job: _Job, word: str, about: str) -> None:
        if word == "result":
            self._seconds.append(time.monotonic() - worker.since)
            job.copies -= 1
            self._count(job, SubmissionResult.from_json(about))
        elif word == "failed" and job.copies == 1:
            job.copies = 0
            self._count(job, self._broken(job.task, _failure(about)))
        elif word in ("failed", "refused"):
            self._give_up(job, 0)
            if word == "refused":
                self._refuse(worker, about)
        else:
            # No answer, or another process than the one that was asked: what it had is lost, and it is asked again.
            blame = 0 if word == "cancelled" else 1
            self._give_up(job, blame)
            self._take_back(worker, blame)
            worker.admitted = False
            self._give(worker, None)

    def _count(self, job: _Job, result: SubmissionResult) -> None:
        """The first answer counts. One of two is held until the other has come, and must agree with it."""
        if job.answer is None:
            job.answer = result
            self._unanswered -= 1
            if job.copies:
                self._held.append(job)
            else:
                self._through.append(result)
        elif job in self._held:
            self._held.remove(job)
            self._through.append(_agreed(job.answer, result))


def _answer_of(future: Future, seconds: float = RESULT_SECONDS) -> tuple[str, str]:
    """A word and what it is about; `lost` and `cancelled` stand for no answer."""
    if future.cancelled():
        return "cancelled", "it was cancelled"
    try:
        word, _, about = future.result(timeout=seconds).decode().partition("\n")
        return word, about
    except Exception as error:
        return "lost", f"it gave no answer ({type(error).__name__}: {error})"[:400]
    finally:
        future.release()


def _failure(why: str) -> str:
    return f"the grader failed ({why})"[:400]


def _agreed(first: SubmissionResult, second: SubmissionResult) -> SubmissionResult:
    """The first, left to a person where the second differs."""
    leave_to_a_person(first, compare(first, second), lambda found: f"graded by two workers: {found.line()}")
    return first
