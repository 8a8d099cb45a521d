"""The processes that grade: a pool, and the sandboxes that each of its processes keeps warm."""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.util
import os
import resource
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from ..errors import SandboxError
from ..sandbox.environments import Environment
from ..sandbox.probe import require_isolation
from ..sandbox.session import Sandbox
from .suite import Suite

Task = TypeVar("Task")
Result = TypeVar("Result")

MOST_MEMORY = 8 << 30

_sandboxes: dict[Environment, Sandbox] = {}


def sandbox_for(suite: Suite) -> Sandbox:
    """This process's sandbox for the suite's environment, started and tested for isolation at first use."""
    if suite.environment not in _sandboxes:
        sandbox = Sandbox(suite.environment)
        try:
            require_isolation(sandbox, [Path(path) for path in suite.secrets])
        except BaseException:
            sandbox.close()
            raise
        if not _sandboxes:
            multiprocessing.util.Finalize(None, close_sandboxes, exitpriority=10)
        _sandboxes[suite.environment] = sandbox
    return _sandboxes[suite.environment]


def drop_sandbox(suite: Suite) -> None:
    """End this process's sandbox for the suite's environment; the next use starts another."""
    if suite.environment in _sandboxes:
        _sandboxes.pop(suite.environment).close()


def close_sandboxes() -> None:
    """End the sandboxes of this process."""
    while _sandboxes:
        _sandboxes.popitem()[1].close()


def prepare(suite: Suite) -> None:
    """Start a worker's sandbox: one that cannot start, or does not hold, must stop a batch before any grading."""
    sandbox_for(suite)


@contextlib.contextmanager
def pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Worker processes that share nothing with this one. They end with this process, however it ends.

    Left by an exception, as by Ctrl-C, they are ended at once, with what they were at.
    """
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker)
    try:
        yield executor
    except BaseException:
        for process in list((executor._processes or {}).values()):
            process.kill()
        raise
    finally:
        executor.shutdown(cancel_futures=True)


def _start_worker() -> None:
    # A terminal's Ctrl-C reaches the workers too: the coordinator ends them. A signal that is ignored would stay
    # ignored in the sandbox, where it interrupts cells; one with a handler is reset there.
    signal.signal(signal.SIGINT, lambda *_: None)
    # Answers can ask a check for huge products: a MemoryError there fails that check. The sandbox sets its own limit.
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    if hard == resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, hard))
    threading.Thread(target=_end_with_the_coordinator, daemon=True).start()


def _end_with_the_coordinator() -> None:
    """A killed coordinator closes no queue, and its workers would wait for ever."""
    multiprocessing.parent_process().join()
    os.kill(os.getpid(), signal.SIGKILL)


class Workers(Protocol):
    """Where tasks are worked on: `LocalPool`, or a `Cluster` of other machines (cluster.py)."""

    def results(
        self,
        work: Callable[[Any], Any],
        tasks: list[Any],
        suite: Suite,
        broken: Callable[[Any, str], Any],
        notice: Callable[[str], None],
    ) -> Iterator[Any]:
        """`work` of each task, as they come; see `on_workers`."""


def on_workers(
    work: Callable[[Task], Result],
    tasks: list[Task],
    suite: Suite,
    workers: int | Workers,
    broken: Callable[[Task, str], Result],
    notice: Callable[[str], None] = lambda line: None,
) -> Iterator[Result]:
    """`work` of each task, as they come, on so many processes of this machine or on other `workers`.

    A task whose worker dies is tried again, at last alone; then it is `broken`. So is a task that `work` fails on.
    `notice` is told, from the caller's thread, of workers that die, are lost or are refused. Raises SandboxError when
    a sandbox cannot start, or does not hold.
    """
    place = LocalPool(workers) if isinstance(workers, int) else workers
    return place.results(work, tasks, suite, broken, notice)


class LocalPool:
    """So many processes of this machine."""

    def __init__(self, workers: int):
        self.workers = workers

    def results(
        self,
        work: Callable[[Task], Result],
        tasks: list[Task],
        suite: Suite,
        broken: Callable[[Task, str], Result],
        notice: Callable[[str], None] = lambda line: None,
    ) -> Iterator[Result]:
        """A task whose worker dies is tried once more, alone."""
        todo = list(tasks)
        while todo:
            round_ = _Round(todo)
            count = min(self.workers, len(todo))
            with pool(count) as executor:
                try:
                    # Each starts a process, as none is idle yet: they start side by side.
                    started = [executor.submit(prepare, suite) for _ in range(count)]
                    started[0].result()
                except BrokenProcessPool:
                    raise SandboxError(
                        "a worker died while its sandbox started; run `chainrule doctor`"
                    ) from None
                yield from round_.results(executor, work, broken)
            if round_.suspects:
                notice(
                    f"a worker died; {len(round_.suspects)} that were at work then are tried again, each alone"
                )
            for task in round_.suspects:
                with pool(1) as executor:
                    try:
                        result = _result(executor.submit(work, task), task, broken)
                    except BrokenProcessPool:
                        result = broken(task, "the worker died twice on this submission")
                yield result
            todo = round_.todo


class _Round(Generic[Task, Result]):
    """Tasks on one pool, until they are done or a worker dies: `suspects` ran then, `todo` had not begun."""

    def __init__(self, tasks: list[Task]) -> None:
        self.todo = list(tasks)
        self.suspects: list[Task] = []

    def results(
        self,
        executor: ProcessPoolExecutor,
        work: Callable[[Task], Result],
        broken: Callable[[Task, str], Result],
    ) -> Iterator[Result]:
        running: dict[Future[Result], Task] = {}
        while running or (self.todo and not self.suspects):
            # A dead worker makes suspects of all that is handed out, so that is no more than one waiting for each.
            while self.todo and len(running) < 2 * executor._max_workers and not self.suspects:
                task = self.todo.pop(0)
                try:
                    running[executor.submit(work, task)] = task
                except BrokenProcessPool:
                    self.suspects.append(task)
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                task = running.pop(future)
                try:
                    result = _result(future, task, broken)
                except BrokenProcessPool:
                    self.suspects.append(task)
                else:
                    yield result


def _result(future: Future[Result], task: Task, broken: Callable[[Task, str], Result]) -> Result:
    try:
        return future.result()
    except (BrokenProcessPool, SandboxError):
        raise
    except Exception as error:
        return broken(task, f"the grader failed ({type(error).__name__}: {error})"[:400])
