"""Grading on a Dask cluster: the same pure function as on the local pool, on machines that share no files with us.

The coordinator decides itself which worker gets what, and pins it there. So it knows what a lost worker had, asks each
worker what it is before it gets any work, and leaves no more with the scheduler than the workers are about to do.
"""

from __future__ import annotations

import contextlib
import queue
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import SandboxError
from ..model import SubmissionResult
from .cluster_jobs import Job, Jobs
from .cluster_link import Link, answer_of
from .cluster_worker import Admission, admit, dismiss, pack, work_on
from .suite import Suite

if TYPE_CHECKING:
    from distributed import Client, Future

# A second task waits on the worker, so that it need not wait for us.
AHEAD = 2
POLL_SECONDS = 1.0
# How long a batch waits for a worker when there is none.
WAIT_SECONDS = 60.0
STRAGGLER = 3.0
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
        notice: Callable[[str], None] = lambda line: None,
    ) -> Iterator[SubmissionResult]:
        """`work` of each task, as they come. Raises CourseError without scheduler, SandboxError without workers."""
        if not tasks:
            return
        with self.link.connect() as client:
            batch = _Batch(self, client, work, Jobs(tasks, broken), suite, notice)
            try:
                yield from batch.run()
            finally:
                batch.end()


@dataclass(eq=False)
class _Worker:
    """One worker process. `has` is what it was given, in the order in which it works; `since` it is at the first."""

    address: str
    name: str
    admitted: bool = False
    refused: str = ""
    has: dict[Future, Job | None] = field(default_factory=dict)
    since: float = 0.0

    @property
    def ready(self) -> bool:
        return self.admitted and not self.refused

    def __str__(self) -> str:
        return self.address if self.name == self.address else f"{self.name} ({self.address})"


class _Batch:
    """The jobs of one batch on their way to workers and back."""

    def __init__(
        self,
        cluster: Cluster,
        client: Client,
        work: Callable[[Any], SubmissionResult],
        jobs: Jobs,
        suite: Suite,
        notice: Callable[[str], None],
    ):
        self._cluster, self._client, self._work, self._jobs, self._suite = cluster, client, work, jobs, suite
        self._notice = notice
        self._admission = Admission.to(suite)
        self._workers: dict[str, _Worker] = {}
        self._came: queue.SimpleQueue[Future] = queue.SimpleQueue()
        self._seconds: list[float] = []
        self._looked = float("-inf")
        self._nobody_since: float | None = None
        self._had_workers = False

    def run(self) -> Iterator[SubmissionResult]:
        """Results as they come. Of a task that was given out twice, when both have come or nothing else is left."""
        while self._jobs.unanswered:
            self._look()
            self._hand_out()
            for future in self._arrived():
                self._take(future)
            yield from self._jobs.results()
        yield from self._jobs.held()

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
                answer_of(future, max(latest - time.monotonic(), 0.1))

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

    def _say(self, line: str) -> None:
        self._cluster.say(line)
        self._notice(line)

    def _refuse(self, worker: _Worker, why: str) -> None:
        """It gets no more work, and what it has is done elsewhere; that is no fault of the submissions."""
        worker.refused = why
        self._say(f"worker {worker} is refused: {why}")
        self._take_back(worker, 0)

    def _lose(self, worker: _Worker) -> None:
        if worker.has and not worker.refused:
            self._say(f"worker {worker} is gone; what it was at is done again elsewhere")
        self._take_back(worker, 1)

    def _take_back(self, worker: _Worker, blame: int) -> None:
        for future, job in list(worker.has.items()):
            future.cancel()
            if job is not None:
                self._jobs.give_up(job, blame)
        worker.has.clear()

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
                f"no worker of {self._cluster} can grade, so {self._jobs.unanswered} submissions were not graded. "
                + ("\n".join(reasons) or f"None came in {WAIT_SECONDS:.0f} s: start some with `dask worker`.")
            )

    # --- tasks --------------------------------------------------------------------------------------------------

    def _hand_out(self) -> None:
        ready = [worker for worker in self._workers.values() if worker.ready]
        # Near the end one each: what waits behind a slow one could run on an idle worker.
        depth = AHEAD if self._jobs.waiting > len(ready) else 1
        for room in range(depth):
            for worker in ready:
                if len(worker.has) == room and (job := self._jobs.next(worker.has.values())):
                    self._give(worker, job)
        if not self._jobs.waiting:
            for worker in ready:
                if not worker.has:
                    self._speculate(worker)

    def _give(self, worker: _Worker, job: Job | None) -> None:
        if job is None:
            future = self._submit(worker, admit, self._admission)
        else:
            try:
                data = pack(job.task, self._suite, self._admission.digest)
            except Exception as error:
                # Its folder went away. A copy that was sent before still has an answer.
                if not job.copies:
                    self._jobs.fail(job, _failure(f"{type(error).__name__}: {error}"))
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
        word, about = answer_of(future)
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

    def _answered(self, worker: _Worker, job: Job, word: str, about: str) -> None:
        if word == "result":
            self._seconds.append(time.monotonic() - worker.since)
            job.copies -= 1
            self._jobs.answer(job, SubmissionResult.from_json(about))
        elif word == "failed" and job.copies == 1:
            job.copies = 0
            self._jobs.fail(job, _failure(about))
        elif word in ("failed", "refused"):
            self._jobs.give_up(job, 0)
            if word == "refused":
                self._refuse(worker, about)
        else:
            # No answer, or another process than the one that was asked: what it had is lost, and it is asked again.
            blame = 0 if word == "cancelled" else 1
            self._jobs.give_up(job, blame)
            self._take_back(worker, blame)
            worker.admitted = False
            self._give(worker, None)


def _failure(why: str) -> str:
    return f"the grader failed ({why})"[:400]
