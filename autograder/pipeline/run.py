"""One submission in, one result out: merge, run the cells in a sandbox, score the exercises.

Cells run in one process that is forked at each graded cell; the parent parks there as the *snapshot* of that
exercise. When all cells have run, each exercise's checks run in forks of its snapshot: what a student redefines
later does not matter, and no output that feedback shows was made after a check. A cell that kills its process
costs itself alone: the cells since the last snapshot run again without it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..checks.runner import run_exercise
from ..course import Limits
from ..model import CellResult, ExerciseResult, Verdict
from ..sandbox.frames import Gone, TooLate
from ..sandbox.inside.codec import ChannelError
from ..sandbox.limits import SandboxLimits
from ..sandbox.outcome import CellOutcome
from ..sandbox.process import Process
from ..sandbox.remote import Answer, Callback, Student, StudentDied
from ..sandbox.session import Sandbox, Submission
from .merge import MergedCell, MergedNotebook

ATTEMPTS = 3
# Code that hung once mostly hangs again: what follows a time-out gets this share of its limit.
AFTER_TIMEOUT = 0.25


@dataclass(frozen=True)
class RunLimits:
    """Seconds and output bytes, from assignment.toml.

    `last_first` scores the exercises from the last to the first, which must not change a score.
    """

    cell_seconds: float = 20
    experiment_seconds: float = 60
    check_seconds: float = 10
    submission_seconds: float = 300
    output_bytes: int = 256 << 10
    sandbox: SandboxLimits = field(default_factory=SandboxLimits)
    last_first: bool = False

    @classmethod
    def of(cls, limits: Limits) -> RunLimits:
        """The limits of an assignment, in seconds and bytes."""
        return cls(
            cell_seconds=limits.cell_seconds,
            experiment_seconds=limits.experiment_seconds,
            check_seconds=limits.check_seconds,
            submission_seconds=limits.submission_seconds,
            output_bytes=limits.output_kib << 10,
            sandbox=SandboxLimits(
                memory=limits.memory_mib << 20,
                tmp=limits.tmp_mib << 20,
                shm=limits.shm_mib << 20,
                file=limits.file_mib << 20,
                processes=limits.processes,
                cpu=limits.cpu_seconds,
                message=limits.message_mib << 20,
            ),
        )


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
    known: Mapping[str, ExerciseResult] | None = None,
) -> NotebookRun:
    """Run `notebook` in a fresh submission of `sandbox`. `seed_of(exercise, check)` seeds one check.

    Exercises that are `known` keep what they have; the others are scored.

    Student code that ends even the parked processes (`kill -9 -1`) costs a new submission, without the cell that
    did it, and with the exercises that are already scored left alone.
    """
    left_out: set[int] = set()
    scored = dict(known or {})
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
            scored[cell.exercise] = _score(cell, notebook, lambda: Student(dead), seed_of)
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
    graded = notebook.graded()
    for cell in reversed(graded) if limits.last_first else graded:
        if cell.exercise not in scored:
            submission.begin_phase()
            forks = _Forks(snapshots[cell.exercise], limits.check_seconds)
            scored[cell.exercise] = _score(cell, notebook, forks.student, seed_of, files)
            forks.close()
    run.exercises = [scored[cell.exercise] for cell in graded]
    run.flags += [f"{notebook.name}: {flag}" for flag in _over_time(notebook, limits, chain, run)]
    run.checks_seconds = time.monotonic() - started - run.cells_seconds


def _over_time(notebook: MergedNotebook, limits: RunLimits, chain: _Chain, run: NotebookRun) -> list[str]:
    """Sentences about the limits of time and of output that were reached."""
    late = {cell.index for cell in run.cells if cell.status == "timed_out"}
    experiments = {index for index in late if "experiment" in notebook.cells[index].tags}
    unanswered = [
        exercise.id
        for exercise in run.exercises
        if any(check.verdict == Verdict.TIMED_OUT for check in exercise.checks)
    ]
    said = [
        (len(late - experiments), f"cells ran too long (cell_seconds = {limits.cell_seconds:g})"),
        (len(experiments), f"experiments ran too long (experiment_seconds = {limits.experiment_seconds:g})"),
        (
            sum(cell.status == "skipped" for cell in run.cells),
            f"cells were left out for lack of time (submission_seconds = {limits.submission_seconds:g})",
        ),
        (
            len(unanswered),
            f"exercises did not answer a check in time (check_seconds = {limits.check_seconds:g}): "
            + ", ".join(unanswered[:20]),
        ),
        (
            chain.starving,
            f"cells were undone: they left no process free (processes = {limits.sandbox.processes})",
        ),
        (chain.cut, f"cells put out more than is kept (output_kib = {limits.output_bytes >> 10})"),
    ]
    return [f"{count} {sentence}" for count, sentence in said if count]


def _score(
    cell: MergedCell,
    notebook: MergedNotebook,
    new_student: Callable[[], Student],
    seed_of: Callable[[str, str], int],
    files: Mapping[str, bytes] | None = None,
) -> ExerciseResult:
    modules = [
        data.decode("utf-8", "replace") for name, data in (files or {}).items() if name.endswith(".py")
    ]
    return run_exercise(
        cell.exercise,
        new_student,
        lambda check: seed_of(cell.exercise, check),
        cell.points,
        notebook=notebook.name,
        code="\n".join([*(cell.source for cell in notebook.code()), *modules]),
    )


def seeds(secret: bytes, student: str, digest: str) -> Callable[[str, str], int]:
    """Seeds of 128 bits that differ between students and resubmissions, and repeat between runs.

    Student code learns 32 of them.
    """

    def seed_of(exercise: str, check: str) -> int:
        text = "\0".join((student, exercise, check, digest)).encode()
        return int.from_bytes(hashlib.blake2b(text, key=secret, digest_size=16).digest(), "big")

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
    """The process that runs the cells, and the newest parked one to go back to.

    `cut` counts the cells of whose output something was not kept, `starving` those that were undone because nothing
    could be started after them.
    """

    def __init__(self, base: Process, limits: RunLimits, deadline: float):
        self._parked = base
        self._runner = base.fork()
        self._since: list[MergedCell] = []
        self._limits = limits
        self._deadline = deadline
        self._patience = 1.0
        self.cut = self.starving = 0

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
            if "processes" in outcome.hit:
                self._undo_starving()
        self.cut += outcome.cut
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
                    self._go_back(undo_starving=True)
                    child = self._runner.fork()
            except Gone:
                raise _Lost(set()) from None
            self._parked, self._runner, self._since = self._runner, child, []
        return self._parked

    def finish(self) -> None:
        self._runner.kill()

    def _undo_starving(self) -> None:
        """After a cell that ran into the limit of processes: go on without it if nothing can be started any more."""
        try:
            self._runner.fork().kill(wait=True)
        except Gone:
            self._go_back(undo_starving=True)

    def _go_back(self, undo_starving: bool = False) -> None:
        """Run the cells since the last snapshot again; one that kills the process now is left out as well.

        So is one after which no process can be started, if asked: its threads would starve every check.
        """
        self._runner.kill(wait=True)
        while True:
            self._runner = self._parked.fork()
            for cell in self._since:
                try:
                    seconds = max(min(self._seconds(cell), self._deadline - time.monotonic()), 0.1)
                    self._runner.run_cell(cell.source, seconds, 0)
                except Gone:
                    self._leave_out(cell)
                    break
                try:
                    if undo_starving:
                        self._runner.fork().kill(wait=True)
                except Gone:
                    self.starving += 1
                    self._leave_out(cell)
                    break
            else:
                return

    def _leave_out(self, cell: MergedCell) -> None:
        self._runner.kill(wait=True)
        self._since.remove(cell)

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
        self._dead: _DeadLink | None = None

    def student(self) -> Student:
        if self._dead is not None:
            return Student(self._dead)
        if self._current is not None and self._current.late:
            self._seconds = AFTER_TIMEOUT * self._full
        self.close()
        try:
            self._current, self._next = self._next or self._snapshot.fork(), None
            return self._current.student(self._seconds, self._full)
        except (Gone, TooLate, ChannelError) as error:
            # Student code that hinders one start hinders the next, and each may take its whole time.
            self._dead = _DeadLink(str(error))
            return Student(self._dead)

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
