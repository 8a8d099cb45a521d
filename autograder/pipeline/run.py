"""One submission in, one result out: merge, run the cells in a sandbox, score the exercises.

Cells run in one process that is forked at each graded cell; the parent parks there as the *snapshot* of that
exercise. When all cells have run, each exercise's checks run in forks of its snapshot: what a student redefines
later does not matter, and no output that feedback shows was made after a check. A cell that kills its process
costs itself alone: the cells since the last snapshot run again without it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ..checks.runner import run_exercise
from ..model import CellResult, ExerciseResult
from ..sandbox.inside.codec import ChannelError
from ..sandbox.remote import Answer, Callback, Student, StudentDied
from ..sandbox.session import CellOutcome, Gone, Process, Sandbox, SandboxLimits, Submission, TooLate
from .merge import MergedCell, MergedNotebook

ATTEMPTS = 3
# Code that hung once mostly hangs again: what follows a time-out gets this share of its limit.
AFTER_TIMEOUT = 0.25


@dataclass(frozen=True)
class RunLimits:
    """Seconds and output bytes, from assignment.toml."""

    cell_seconds: float = 20
    experiment_seconds: float = 60
    check_seconds: float = 10
    submission_seconds: float = 300
    output_bytes: int = 256 << 10
    sandbox: SandboxLimits = field(default_factory=SandboxLimits)


@dataclass
class NotebookRun:
    """What running one notebook gave."""

    cells: list[CellResult] = field(default_factory=list)
    exercises: list[ExerciseResult] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    cells_seconds: float = 0.0
    checks_seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_memory: int = 0


def run_notebook(
    sandbox: Sandbox,
    notebook: MergedNotebook,
    limits: RunLimits,
    seed_of: Callable[[str, str], int],
    files: dict[str, bytes] | None = None,
) -> NotebookRun:
    """Run `notebook` in a fresh submission of `sandbox`. `seed_of(exercise, check)` seeds one check.

    Student code that ends even the parked processes (`kill -9 -1`) costs a new submission, without the cell that
    did it, and with the exercises that are already scored left alone.
    """
    left_out: set[int] = set()
    scored: dict[str, ExerciseResult] = {}
    for _ in range(ATTEMPTS):
        run = NotebookRun()
        with sandbox.submission(limits.sandbox) as submission:
            try:
                _run_once(submission, notebook, limits, seed_of, files or {}, left_out, scored, run)
                return run
            except _Lost as lost:
                left_out |= lost.cells
            finally:
                run.cpu_seconds += submission.cpu_seconds()
                run.peak_memory = max(run.peak_memory, submission.peak_memory)
                run.flags += [f"{notebook.name}: {flag}" for flag in submission.flags]
    dead = _DeadLink("the submission ends its own processes")
    for cell in notebook.graded():
        if cell.exercise not in scored:
            scored[cell.exercise] = _score(cell, notebook.name, lambda: Student(dead), seed_of)
    run.exercises = [scored[cell.exercise] for cell in notebook.graded()]
    run.flags.append(f"{notebook.name}: ended all of its processes {ATTEMPTS} times")
    return run


def _run_once(
    submission: Submission,
    notebook: MergedNotebook,
    limits: RunLimits,
    seed_of: Callable[[str, str], int],
    files: dict[str, bytes],
    left_out: set[int],
    scored: dict[str, ExerciseResult],
    run: NotebookRun,
) -> None:
    started = time.monotonic()
    if files:
        submission.process.put_files(files)
    chain = _Chain(submission.process, limits, started + limits.submission_seconds)
    snapshots: dict[str, Process] = {}
    for index, cell in enumerate(notebook.cells):
        if cell.role == "graded":
            snapshots[cell.exercise] = chain.snapshot()
        elif cell.cell_type == "code" and cell.source.strip():
            run.cells.append(_cell_result(notebook.name, index, cell, chain, index in left_out))
    chain.finish()
    run.cells_seconds = time.monotonic() - started
    if any(cell.status == "killed" for cell in run.cells):
        run.flags.append(f"{notebook.name}: a cell ended the process; the others ran without it")
    for cell in notebook.graded():
        if cell.exercise not in scored:
            forks = _Forks(snapshots[cell.exercise], limits.check_seconds)
            scored[cell.exercise] = _score(cell, notebook.name, forks.student, seed_of)
            forks.close()
        run.exercises.append(scored[cell.exercise])
    run.checks_seconds = time.monotonic() - started - run.cells_seconds


def _score(
    cell: MergedCell, notebook: str, new_student: Callable[[], Student], seed_of: Callable[[str, str], int]
) -> ExerciseResult:
    return run_exercise(
        cell.exercise,
        new_student,
        lambda check: seed_of(cell.exercise, check),
        cell.points,
        notebook=notebook,
    )


def seeds(secret: bytes, student: str, digest: str) -> Callable[[str, str], int]:
    """Seeds that differ between students and resubmissions, and repeat between runs."""

    def seed_of(exercise: str, check: str) -> int:
        text = "\0".join((student, exercise, check, digest)).encode()
        return int.from_bytes(hashlib.blake2b(text, key=secret, digest_size=7).digest(), "big")

    return seed_of


def _cell_result(notebook: str, index: int, cell: MergedCell, chain: _Chain, left_out: bool) -> CellResult:
    started = time.monotonic()
    if left_out:
        outcome = CellOutcome("killed", "it ended every process of the submission", [])
    else:
        outcome = chain.run(index, cell)
    # A stub that was never written is no error of the student's cell.
    status = "error" if outcome.status == "not_written" else outcome.status
    return CellResult(
        notebook=notebook,
        index=index,
        cell_id=cell.cell_id,
        grade_id=cell.grade_id,
        status=status,
        source=cell.source,
        error=outcome.error,
        outputs=outcome.outputs,
        seconds=round(time.monotonic() - started, 4),
    )


class _Lost(Exception):
    """Even the parked processes are gone; `cells` are the indices of those that may have done it."""

    def __init__(self, cells: set[int]):
        super().__init__()
        self.cells = cells


class _Chain:
    """The process that runs the cells, and the newest parked one to go back to."""

    def __init__(self, base: Process, limits: RunLimits, deadline: float):
        self._parked = base
        self._runner = base.fork()
        self._since: list[MergedCell] = []
        self._limits = limits
        self._deadline = deadline
        self._patience = 1.0

    def run(self, index: int, cell: MergedCell) -> CellOutcome:
        seconds = min(self._seconds(cell), self._deadline - time.monotonic())
        if seconds <= 0:
            return CellOutcome("skipped", "the submission had used up its time", [])
        try:
            outcome = self._runner.run_cell(cell.source, seconds, self._limits.output_bytes)
        except Gone as gone:
            try:
                self._go_back()
            except Gone:
                raise _Lost({index}) from gone
            outcome = CellOutcome("timed_out" if gone.late else "killed", gone.reason, [])
        else:
            self._since.append(cell)
        if outcome.status == "timed_out":
            self._patience = AFTER_TIMEOUT
        return outcome

    def snapshot(self) -> Process:
        """A parked process with everything up to here; the cells go on in a fork of it."""
        if self._since:
            try:
                try:
                    child = self._runner.fork()
                except Gone:
                    self._go_back()
                    child = self._runner.fork()
            except Gone:
                raise _Lost(set()) from None
            self._parked, self._runner, self._since = self._runner, child, []
        return self._parked

    def finish(self) -> None:
        self._runner.kill()

    def _go_back(self) -> None:
        """Run the cells since the last snapshot again; one that kills the process now is left out as well."""
        self._runner.kill()
        while True:
            self._runner = self._parked.fork()
            for cell in self._since:
                try:
                    seconds = max(min(self._seconds(cell), self._deadline - time.monotonic()), 0.1)
                    self._runner.run_cell(cell.source, seconds, 0)
                except Gone:
                    self._runner.kill()
                    self._since.remove(cell)
                    break
            else:
                return

    def _seconds(self, cell: MergedCell) -> float:
        experiment = "experiment" in cell.tags
        return self._patience * (self._limits.experiment_seconds if experiment else self._limits.cell_seconds)


class _Forks:
    """Hands out Students on fresh forks of one snapshot, and ends them. Raises _Lost if there is no first one."""

    def __init__(self, snapshot: Process, seconds: float):
        self._snapshot, self._seconds, self._full = snapshot, seconds, seconds
        try:
            self._next: Process | None = snapshot.fork()
        except Gone:
            raise _Lost(set()) from None
        self._current: Process | None = None

    def student(self) -> Student:
        if self._current is not None and self._current.late:
            self._seconds = AFTER_TIMEOUT * self._full
        self.close()
        try:
            self._current, self._next = self._next or self._snapshot.fork(), None
            return self._current.student(self._seconds, self._full)
        except (Gone, TooLate, ChannelError) as error:
            return Student(_DeadLink(str(error)))

    def close(self) -> None:
        if self._current is not None:
            self._current.kill()
            self._current = None


class _DeadLink:
    """A process that is gone, or that never started: every request of it fails."""

    def __init__(self, reason: str):
        self._reason = reason

    def request(self, message: list, buffers: list, on_callback: Callback) -> Answer:
        raise StudentDied(self._reason)
