"""Grade an assignment: find submissions, skip what is graded already, run the rest on workers, record.

`grade_submission` is a pure function of its `Task`; everything that it needs travels in it, by content. Only the
coordinator writes result files and touches the gradebook. A result file is written as soon as its submission is
graded, so a killed run goes on where it was.
"""

from __future__ import annotations

import datetime
import functools
import hashlib
import json
import multiprocessing
import multiprocessing.util
import os
import stat
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path

from .. import ENGINE_VERSION, checks
from ..checks import thresholds
from ..course import Assignment, Course
from ..errors import CourseError, SandboxError, SubmissionError
from ..files import write_atomically
from ..model import CheckResult, ExerciseResult, SubmissionResult, Verdict, WrittenAnswer
from ..sandbox.environments import Environment, environment, versions
from ..sandbox.probe import require_isolation
from ..sandbox.session import Sandbox, SandboxLimits
from . import carry, library
from .carry import Carried
from .merge import MergedCell, MergedNotebook, merge, read_released
from .run import NotebookRun, RunLimits, run_notebook, seeds

TRAVELLING = frozenset(
    [".py", ".txt", ".md", ".csv", ".json", ".npy", ".npz", ".mat", ".png", ".jpg", ".jpeg", ".gif", ".pt"]
)
MAX_FILE = 20 << 20
MAX_FILES = 200
MAX_TOTAL = 64 << 20
RECORD_EVERY = 50
LEDGER = "recorded.json"


@dataclass(frozen=True)
class Suite:
    """What every submission of one assignment is graded with; `key` changes when a grade could change.

    `thresholds` are those of this assignment and of the one that it carries a file from. `ungraded` notebooks, by
    name, have nothing to grade: they are not run.
    """

    assignment: str
    released: dict[str, bytes]
    files: dict[str, bytes]
    limits: RunLimits
    environment: Environment
    secrets: tuple[str, ...]
    key: str
    carried: Carried | None = None
    thresholds: dict[str, dict[str, float]] = field(default_factory=dict)
    extra_credit: frozenset[str] = frozenset()
    ungraded: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Task:
    """One submission, by content: `files` maps relative names to bytes, notebooks included."""

    suite: Suite
    student: str
    files: dict[str, bytes]
    secret: bytes
    key: str
    flags: tuple[str, ...] = ()


@dataclass
class Batch:
    """What `grade` did: results in the order of student ids; how many were graded now, how many before."""

    results: list[SubmissionResult] = field(default_factory=list)
    graded: int = 0
    skipped: int = 0


def grade(
    course: Course,
    assignment: Assignment,
    students: list[str] | None = None,
    workers: int | None = None,
    force: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Batch:
    """Grade submissions of `assignment` in sandboxes on `workers` processes (default: all cores).

    `progress(done, total)` is called as submissions finish. Raises CourseError when there is nothing to grade
    with, SandboxError when the sandbox cannot run or does not hold.
    """
    suite = load_suite(course, assignment)
    tasks = [
        _task(course, suite, student, submission)
        for student, submission in find_submissions(course, assignment, students)
    ]
    batch = Batch()
    todo = []
    for task in tasks:
        earlier = None if force else read_result(course, assignment, task.student)
        if earlier is not None and earlier.key == task.key:
            batch.results.append(earlier)
            batch.skipped += 1
        else:
            todo.append(task)
    by_student = {task.student: task for task in tasks}
    ledger = _Ledger(course, assignment)
    waiting = [result for result in batch.results if not ledger.has(result)]
    report = progress or (lambda done, total: None)
    report(0, len(todo))
    for result in _on_workers(todo, workers or os.cpu_count() or 1):
        write_atomically(result_path(course, assignment, result.student), result.to_json().encode())
        batch.results.append(result)
        batch.graded += 1
        waiting.append(result)
        report(batch.graded, len(todo))
        if len(waiting) >= RECORD_EVERY:
            ledger.record(waiting, by_student)
            waiting = []
    ledger.record(waiting, by_student)
    batch.results.sort(key=lambda result: result.student)
    return batch


class _Ledger:
    """Which results are in the gradebook: `results/ASSIGNMENT/recorded.json`, student to result key.

    A run that is killed between a result file and its row records that row when it is started again.
    """

    def __init__(self, course: Course, assignment: Assignment):
        self._course, self._assignment = course, assignment
        self._path = course.results / assignment.name / LEDGER
        try:
            self._keys: dict[str, str] = json.loads(self._path.read_text())
        except (OSError, ValueError):
            self._keys = {}

    def has(self, result: SubmissionResult) -> bool:
        return self._keys.get(result.student) == result.key

    def record(self, results: list[SubmissionResult], tasks: dict[str, Task]) -> None:
        """One transaction for all of `results`, then one write of the ledger."""
        from .record import record

        if not results:
            return
        notebooks = {result.student: _merge_all(tasks[result.student])[0] for result in results}
        record(self._course, self._assignment, results, notebooks)
        self._keys.update({result.student: result.key for result in results})
        write_atomically(self._path, json.dumps(self._keys, indent=1).encode())


def load_suite(course: Course, assignment: Assignment) -> Suite:
    """Read the released notebooks, the limits and everything else that determines a grade."""
    checks.load(assignment.name)
    folder = course.release / assignment.name
    notebooks = {path.stem: path.read_bytes() for path in sorted(folder.glob("*.ipynb"))}
    released = {name: data for name, data in notebooks.items() if _has_grades(name, data)}
    if not released:
        raise CourseError(
            f"{folder} holds no released notebook with anything to grade; "
            f"run `chainrule release {assignment.name}` first"
        )
    limits = assignment.limits
    run_limits = RunLimits(
        cell_seconds=limits.cell_seconds,
        experiment_seconds=limits.experiment_seconds,
        check_seconds=limits.check_seconds,
        submission_seconds=limits.submission_seconds,
        output_bytes=limits.output_kib << 10,
        sandbox=SandboxLimits(
            memory=limits.memory_mib << 20,
            tmp=limits.tmp_mib << 20,
            processes=limits.processes,
            cpu=int(2 * limits.submission_seconds),
        ),
    )
    carried = carry.load_carried(course, assignment)
    limits_of = {assignment.name: assignment.thresholds}
    if carried is not None:
        limits_of[carried.assignment] = course.assignment(carried.assignment).thresholds
    texts = "".join(data.decode("utf-8", "replace") for data in notebooks.values())
    files, _ = _read_files(folder, skip=("student_lib/", "README.md", "requirements.txt"))
    secrets = (
        course.root / name
        for name in ("source", "assignments", "submitted", "uploads", ".chainrule-secret", "gradebook.db")
    )
    return Suite(
        assignment=assignment.name,
        released=released,
        files={name: data for name, data in files.items() if not name.endswith(".ipynb")},
        limits=run_limits,
        environment=environment(assignment.environment).with_library(
            library.files_for(texts, carried is not None)
        ),
        secrets=(*(str(path) for path in secrets if path.exists()), str(Path(checks.__file__).parent)),
        key=_digest(_suite_key(assignment, released, run_limits, limits_of).encode(), carry.key(carried)),
        carried=carried,
        thresholds=limits_of,
        ungraded=frozenset(notebooks.keys() - released.keys()),
        extra_credit=frozenset(f"{assignment.name}.{name}" for name in assignment.extra_credit),
    )


def find_submissions(
    course: Course, assignment: Assignment, students: list[str] | None = None
) -> list[tuple[str, Path]]:
    """`(student, folder)` for each submission in `submitted/`, in order of student ids."""
    found = {
        folder.parent.name: folder
        for folder in course.submitted.glob(f"*/{assignment.name}")
        if folder.is_dir() and not folder.is_symlink() and not folder.parent.is_symlink()
    }
    for student in students or ():
        if student not in found:
            raise CourseError(
                f"no submission of {student!r} for {assignment.name}: looked for "
                f"{course.submitted / student / assignment.name}; submitted have {', '.join(sorted(found)) or 'nobody'}"
            )
    return [(name, found[name]) for name in sorted(students or found)]


def result_path(course: Course, assignment: Assignment, student: str) -> Path:
    return course.results / assignment.name / f"{student}.json"


def read_result(course: Course, assignment: Assignment, student: str) -> SubmissionResult | None:
    """The result file of one student, or None where there is none that can be read."""
    try:
        return SubmissionResult.from_json(result_path(course, assignment, student).read_text())
    except (OSError, ValueError):
        return None


def read_results(course: Course, assignment: Assignment) -> list[SubmissionResult]:
    """All result files of an assignment. Raises CourseError when nothing was graded yet."""
    folder = course.results / assignment.name
    paths = (path for path in sorted(folder.glob("*.json")) if path.name != LEDGER)
    found = [read_result(course, assignment, path.stem) for path in paths]
    results = [result for result in found if result is not None]
    if not results:
        raise CourseError(f"no results in {folder}; run `chainrule grade {assignment.name}` first")
    return results


def grade_submission(task: Task) -> SubmissionResult:
    """One submission to one result. A fault of ours gives verdict *broken*, never lost points."""
    checks.load(task.suite.assignment)
    thresholds.use(task.suite.thresholds)
    started = time.monotonic()
    notebooks, flags = _merge_all(task)
    digest = _digest(*(notebook.digest.encode() for notebook in notebooks))
    seed_of = seeds(task.secret, task.student, digest)
    extra = {**_travelling(task.files), **task.suite.files}
    flags += _carry(task, notebooks, seed_of, extra)
    runs = [run_in_sandbox(task.suite, notebook, seed_of, extra) for notebook in notebooks]
    exercises = [exercise for run in runs for exercise in run.exercises]
    written = [answer for notebook in notebooks for answer in notebook.written()]
    result = SubmissionResult(
        student=task.student,
        assignment=task.suite.assignment,
        digest=digest,
        key=task.key,
        score=round(sum(exercise.score for exercise in exercises), 6),
        max_score=_max_score(task.suite, exercises, written),
        exercises=exercises,
        written=written,
        cells=[cell for run in runs for cell in run.cells],
        flags=[*task.flags, *flags, *(flag for run in runs for flag in run.flags)],
        engine=ENGINE_VERSION,
        graded_at=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    )
    result.resources = {
        "cpu_seconds": round(sum(run.cpu_seconds for run in runs), 3),
        "cells_seconds": round(sum(run.cells_seconds for run in runs), 3),
        "checks_seconds": round(sum(run.checks_seconds for run in runs), 3),
        "wall_seconds": round(time.monotonic() - started, 3),
        "memory_mib": round(max((run.peak_memory for run in runs), default=0) / 2**20, 1),
    }
    return result


def _max_score(suite: Suite, exercises: list[ExerciseResult], written: list[WrittenAnswer]) -> float:
    """Mark what is extra credit; the points of the rest."""
    for item in (*exercises, *written):
        item.extra_credit = item.id in suite.extra_credit
    return sum(item.max_score for item in (*exercises, *written) if not item.extra_credit)


def _carry(
    task: Task, notebooks: list[MergedNotebook], seed_of: Callable[[str, str], int], extra: dict[str, bytes]
) -> list[str]:
    """Put the file that is carried on from an earlier assignment into `extra`; flags that say which one."""
    carried = task.suite.carried
    if carried is None or not any(notebook.submitted for notebook in notebooks):
        return []
    checks.load(carried.assignment)
    try:
        content, reason = carry.choose(carried, extra.get(carried.file), _sandbox(task.suite), seed_of)
    except Exception as error:
        _close_sandbox(task.suite)
        return [
            f"{carried.file} could not be checked ({type(error).__name__}): graded with what was submitted"
        ]
    if content is not None:
        extra[carried.file] = content
    return [reason] if reason else []


def _merge_all(task: Task) -> tuple[list[MergedNotebook], list[str]]:
    """Each released notebook merged with what was submitted for it; what cannot be read counts as not submitted."""
    merged, flags = [], []
    for name, released in task.suite.released.items():
        source = _released(name, released)
        data = task.files.get(f"{name}.ipynb")
        if data is None:
            flags.append(f"{name}.ipynb was not submitted")
        else:
            try:
                merged.append(merge(source, data))
                flags += [f"{name}: {flag}" for flag in merged[-1].flags]
                continue
            except SubmissionError as error:
                flags.append(f"{name}.ipynb could not be read: {error}")
        merged.append(merge(source, None))
    for name in task.files:
        known = task.suite.released.keys() | task.suite.ungraded
        if name.endswith(".ipynb") and name.removesuffix(".ipynb") not in known:
            flags.append(f"{name[:100]} is no notebook of this assignment and was not graded")
    return merged, flags


_released = functools.lru_cache(maxsize=64)(read_released)


def _has_grades(name: str, data: bytes) -> bool:
    untouched = _merged_release(name, data)
    return bool(untouched.graded() or untouched.written())


def run_in_sandbox(
    suite: Suite, notebook: MergedNotebook, seed_of: Callable[[str, str], int], files: dict[str, bytes]
) -> NotebookRun:
    """Run one notebook; after a failure of the sandbox once more in a new one, then declare it broken."""
    if not notebook.submitted or notebook.digest == _untouched(suite, notebook.name).digest:
        return NotebookRun(exercises=[_not_written(cell, notebook.name) for cell in notebook.graded()])
    for attempt in (1, 2):
        try:
            return run_notebook(_sandbox(suite), notebook, suite.limits, seed_of, files)
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            _close_sandbox(suite)
            if isinstance(error, SandboxError) and attempt == 1 and "does not hold" in str(error):
                raise
    run = NotebookRun(
        flags=[f"{notebook.name}: the grader failed ({reason[:300]}); full points for the time being"]
    )
    run.exercises = [
        ExerciseResult(
            cell.exercise, notebook.name, cell.points, cell.points, Verdict.BROKEN,
            needs_manual_grade=True, log=reason,
        )
        for cell in notebook.graded()
    ]  # fmt: skip
    return run


def _untouched(suite: Suite, name: str) -> MergedNotebook:
    """The released notebook as a submission: what equals it needs no running."""
    return _merged_release(name, suite.released[name])


@functools.lru_cache(maxsize=64)
def _merged_release(name: str, data: bytes) -> MergedNotebook:
    return merge(_released(name, data), None)


def _not_written(cell: MergedCell, notebook: str) -> ExerciseResult:
    unwritten = [
        CheckResult(check.name, check.property, Verdict.NOT_WRITTEN, check.weight, check.hint)
        for check in checks.checks_of(cell.exercise)
    ]
    return ExerciseResult(cell.exercise, notebook, 0.0, cell.points, Verdict.NOT_WRITTEN, unwritten)


_sandboxes: dict[Environment, Sandbox] = {}


def _sandbox(suite: Suite) -> Sandbox:
    """This process's sandbox for the environment, started and tested for isolation at first use."""
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


def _close_sandbox(suite: Suite) -> None:
    if suite.environment in _sandboxes:
        _sandboxes.pop(suite.environment).close()


def close_sandboxes() -> None:
    """End the sandboxes of this process."""
    while _sandboxes:
        _sandboxes.popitem()[1].close()


def _prepare(suite: Suite) -> None:
    _sandbox(suite)


def _on_workers(tasks: list[Task], workers: int) -> Iterator[SubmissionResult]:
    """Results as they come. A task whose worker dies is tried once more, alone; then it is broken."""
    if not tasks:
        return
    again: list[Task] = []
    with pool(min(workers, len(tasks))) as executor:
        try:
            # A sandbox that cannot start, or does not hold, must stop the batch before anything is graded.
            executor.submit(_prepare, tasks[0].suite).result()
            yield from _as_they_come(executor, tasks, again)
        except BrokenProcessPool:
            raise SandboxError("a worker died while its sandbox started; run `chainrule doctor`") from None
    for task in again:
        with pool(1) as executor:
            try:
                yield executor.submit(grade_submission, task).result()
            except BrokenProcessPool:
                yield _broken(task)


def _as_they_come(
    pool: ProcessPoolExecutor, tasks: list[Task], again: list[Task]
) -> Iterator[SubmissionResult]:
    running: dict[Future[SubmissionResult], Task] = {}
    todo = list(reversed(tasks))
    broken = False
    while todo or running:
        while todo and len(running) < 2 * pool._max_workers and not broken:
            task = todo.pop()
            try:
                running[pool.submit(grade_submission, task)] = task
            except BrokenProcessPool:
                broken = True
                again.append(task)
        if broken and not running:
            again += todo
            return
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            task = running.pop(future)
            try:
                yield future.result()
            except BrokenProcessPool:
                broken = True
                again.append(task)


def pool(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))


def _broken(task: Task) -> SubmissionResult:
    notebooks, flags = _merge_all(task)
    exercises = [
        ExerciseResult(
            cell.exercise, notebook.name, cell.points, cell.points, Verdict.BROKEN, needs_manual_grade=True
        )
        for notebook in notebooks
        for cell in notebook.graded()
    ]
    written: list[WrittenAnswer] = [answer for notebook in notebooks for answer in notebook.written()]
    points = sum(exercise.max_score for exercise in exercises)
    return SubmissionResult(
        student=task.student, assignment=task.suite.assignment, digest="", key="", score=points,
        max_score=_max_score(task.suite, exercises, written), exercises=exercises, written=written,
        flags=[*task.flags, *flags, "the worker died twice on this submission; full points for the time being"],
        engine=ENGINE_VERSION,
    )  # fmt: skip


def _task(course: Course, suite: Suite, student: str, folder: Path) -> Task:
    files, flags = _read_files(folder)
    if suite.carried is not None and suite.carried.file not in files:
        earlier = _read_file(course.submitted / student / suite.carried.assignment / suite.carried.file)
        if earlier is not None:
            files[suite.carried.file] = earlier
    content = (part for name, data in sorted(files.items()) for part in (name.encode(), data))
    key = _digest(suite.key.encode(), student.encode(), *content)
    return Task(suite, student, files, course.secret(), key, tuple(flags))


def _read_files(folder: Path, skip: tuple[str, ...] = ()) -> tuple[dict[str, bytes], list[str]]:
    """Regular files below `folder`; links, devices and what is too large are left out and named."""
    files: dict[str, bytes] = {}
    flags: list[str] = []
    total = 0
    for place, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "__pycache__")
        for name in sorted(names):
            path = Path(place, name)
            relative = path.relative_to(folder).as_posix()
            if relative.startswith(skip) if skip else name.startswith("."):
                continue
            data = _read_file(path)
            if data is None or total + len(data) > MAX_TOTAL or len(files) >= MAX_FILES:
                flags.append(f"{relative[:100]!r} was left out: no regular file, or too large")
                continue
            total += len(data)
            files[relative] = data
    return files, flags


def _read_file(path: Path) -> bytes | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_FILE:
            return None
        return file.read(MAX_FILE)


def _travelling(files: dict[str, bytes]) -> dict[str, bytes]:
    """What of a submission reaches the sandbox's working directory beside the notebook's cells."""
    return {
        name: data
        for name, data in files.items()
        if Path(name).suffix.lower() in TRAVELLING and ".." not in Path(name).parts
        and not name.startswith("student_lib/")
    }  # fmt: skip


def _suite_key(
    assignment: Assignment,
    released: dict[str, bytes],
    limits: RunLimits,
    limits_of: dict[str, dict[str, float]],
) -> str:
    """A digest of all that determines a grade beside the submission."""
    package = Path(checks.__file__).parents[1]
    sources = [
        *sorted((package / "checks").glob("*.py")),
        *sorted((package / "misconceptions").glob("*.py")),
        *sorted((package / "checks" / assignment.name).rglob("*.py")),
        *sorted((package / "misconceptions" / assignment.name).rglob("*.py")),
        *sorted((package / "sandbox").rglob("*.py")),
        *sorted((package.parent / "student_lib").rglob("*.py")),
        *sorted((package.parent / "student_lib").rglob("*.npz")),
        *sorted((package / "data").rglob("*.npz")),
        package / "oracles.py",
        package / "camera.py",
        *(package / "pipeline" / f"{name}.py" for name in ("reader", "source", "merge", "run", "library")),
    ]
    packages = sorted(versions(environment(assignment.environment).packages).items())
    return _digest(
        ENGINE_VERSION.encode(),
        repr((limits, packages, limits_of, sorted(assignment.extra_credit))).encode(),
        *(part for name, data in released.items() for part in (name.encode(), data)),
        *(path.read_bytes() for path in sources),
    )


def _digest(*parts: bytes) -> str:
    hasher = hashlib.blake2b(digest_size=16)
    for part in parts:
        hasher.update(len(part).to_bytes(8, "big"))
        hasher.update(part)
    return hasher.hexdigest()
