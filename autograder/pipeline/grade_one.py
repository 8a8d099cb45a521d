"""One submission to one result: merged with the release, run in this process's sandbox, checked, summed up.

`grade_submission` is a pure function of its `Task`; everything that it needs travels in it, by content.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from .. import ENGINE_VERSION, checks
from ..course import Course
from ..errors import SandboxError, SubmissionError
from ..model import CheckResult, ExerciseResult, SubmissionResult, Verdict, WrittenAnswer
from . import carry, reuse
from .merge import MergedCell, MergedNotebook, merge
from .run import NotebookRun, run_notebook, seeds
from .submissions import digest, digest_of_files, read_file, read_files, travelling
from .suite import Suite, key_of, merged_release, released_form
from .workers import drop_sandbox, sandbox_for


@dataclass(frozen=True)
class Task:
    """One submission, by content: `files` maps relative names to bytes, notebooks included.

    `parts` are those of the suite and of the submission; `key` is made of them. What still holds of the `earlier`
    result is not run again.
    """

    suite: Suite
    student: str
    files: dict[str, bytes]
    secret: bytes
    key: str
    parts: dict[str, str]
    flags: tuple[str, ...] = ()
    earlier: SubmissionResult | None = None


def task_for(course: Course, suite: Suite, student: str, folder: Path) -> Task:
    """The submission in `folder`, with the file that the student carries on from an earlier assignment."""
    files, flags = read_files(folder)
    if suite.carried is not None and suite.carried.file not in files:
        earlier = read_file(course.submitted / student / suite.carried.assignment / suite.carried.file)
        if earlier is not None:
            files[suite.carried.file] = earlier
    parts = {**suite.parts, "submission": digest(student.encode(), digest_of_files(files).encode())}
    return Task(suite, student, files, course.secret(), key_of(parts), parts, tuple(flags))


def grade_submission(task: Task) -> SubmissionResult:
    """One submission to one result. A fault of ours gives verdict *broken*, never lost points.

    A broken result has an empty key, so that the next run tries again.
    """
    with task.suite.in_force():
        return _graded(task)


def _graded(task: Task) -> SubmissionResult:
    started = time.monotonic()
    notebooks, flags, unread = merge_all(task)
    content = digest(*(notebook.digest.encode() for notebook in notebooks))
    seed_of = seeds(task.secret, task.student, content)
    # The course's files first: what does not fit is the submission's.
    extra = {**task.suite.files, **travelling(task.files), **task.suite.files}
    flags += _carry(task, notebooks, seed_of, extra)
    runs, labels, reused = [], {}, 0
    for notebook in notebooks:
        if notebook.name in unread:
            runs.append(NotebookRun(exercises=_broken(notebook, unread[notebook.name])))
            continue
        keys = reuse.keys_of(task.suite, notebook, seed_of, extra)
        known = reuse.known(task.earlier, notebook, keys)
        if known.cells is not None:
            run = NotebookRun(
                cells=known.cells, exercises=[known.exercises[cell.exercise] for cell in notebook.graded()]
            )
        else:
            run = run_in_sandbox(task.suite, notebook, seed_of, extra, known.exercises)
        reused += len(known.exercises)
        labels[notebook.name] = reuse.label(run, keys)
        runs.append(run)
    exercises = [exercise for run in runs for exercise in run.exercises]
    broken = any(exercise.verdict is Verdict.BROKEN for exercise in exercises)
    written = [answer for notebook in notebooks for answer in notebook.written()]
    result = SubmissionResult(
        student=task.student,
        assignment=task.suite.assignment,
        digest=content,
        key="" if broken else task.key,
        score=round(sum(exercise.score for exercise in exercises), 6),
        max_score=_max_score(task.suite, exercises, written),
        exercises=exercises,
        written=written,
        cells=[cell for run in runs for cell in run.cells],
        flags=[*task.flags, *flags, *(flag for run in runs for flag in run.flags)],
        engine=ENGINE_VERSION,
        graded_at=_now(),
        parts=task.parts,
        runs={name: key for name, key in labels.items() if key},
    )
    result.resources = {
        "reused": reused,
        "cpu_seconds": round(sum(run.cpu_seconds for run in runs), 3),
        "cells_seconds": round(sum(run.cells_seconds for run in runs), 3),
        "checks_seconds": round(sum(run.checks_seconds for run in runs), 3),
        "wall_seconds": round(time.monotonic() - started, 3),
        "memory_mib": round(max((run.peak_memory for run in runs), default=0) / 2**20, 1),
    }
    return result


def broken_submission(task: Task, reason: str) -> SubmissionResult:
    """Full points for the time being. Its key is empty, so that the next run tries again."""
    notebooks, flags, _ = merge_all(task)
    exercises = [exercise for notebook in notebooks for exercise in _broken(notebook, reason)]
    written: list[WrittenAnswer] = [answer for notebook in notebooks for answer in notebook.written()]
    points = round(sum(exercise.max_score for exercise in exercises), 6)
    return SubmissionResult(
        student=task.student, assignment=task.suite.assignment, digest="", key="", score=points,
        max_score=_max_score(task.suite, exercises, written), exercises=exercises, written=written,
        flags=[*task.flags, *flags, f"{reason}; full points for the time being"],
        engine=ENGINE_VERSION, graded_at=_now(), parts=task.parts,
    )  # fmt: skip


class Merged(NamedTuple):
    """What `merge_all` made. `unread` are notebooks that our own reader failed on, with the reason."""

    notebooks: list[MergedNotebook]
    flags: list[str]
    unread: dict[str, str]


def merge_all(task: Task) -> Merged:
    """Each released notebook merged with what was submitted for it; what cannot be read counts as not submitted."""
    merged, flags, unread = [], [], {}
    for name, released in task.suite.released.items():
        source = released_form(name, released)
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
            except Exception as error:
                unread[name] = f"reading {name}.ipynb failed: {type(error).__name__}: {error}"
                flags.append(
                    f"{name}: the grader failed ({unread[name][:300]}); full points for the time being"
                )
        merged.append(merge(source, None))
    for name in task.files:
        known = task.suite.released.keys() | task.suite.ungraded
        if name.endswith(".ipynb") and name.removesuffix(".ipynb") not in known:
            flags.append(f"{name[:100]} is no notebook of this assignment and was not graded")
    return Merged(merged, flags, unread)


def run_in_sandbox(
    suite: Suite,
    notebook: MergedNotebook,
    seed_of: Callable[[str, str], int],
    files: dict[str, bytes],
    known: Mapping[str, ExerciseResult] | None = None,
) -> NotebookRun:
    """Run one notebook; after a failure of the sandbox once more in a new one, then declare it broken.

    Exercises that are `known` are not scored again.
    """
    if not notebook.submitted or notebook.digest == merged_release(suite, notebook.name).digest:
        return NotebookRun(exercises=[_not_written(cell, notebook.name) for cell in notebook.graded()])
    for _ in range(2):
        try:
            return run_notebook(sandbox_for(suite), notebook, suite.limits, seed_of, files, known)
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            drop_sandbox(suite)
            if isinstance(error, SandboxError) and "does not hold" in str(error):
                raise
    run = NotebookRun(
        flags=[f"{notebook.name}: the grader failed ({reason[:300]}); full points for the time being"]
    )
    run.exercises = _broken(notebook, reason)
    return run


def _carry(
    task: Task, notebooks: list[MergedNotebook], seed_of: Callable[[str, str], int], extra: dict[str, bytes]
) -> list[str]:
    """Put the file that is carried on from an earlier assignment into `extra`; flags that say which one."""
    carried = task.suite.carried
    if carried is None or not any(notebook.submitted for notebook in notebooks):
        return []
    checks.load(carried.assignment)
    try:
        content, reason = carry.choose(carried, extra.get(carried.file), sandbox_for(task.suite), seed_of)
    except Exception as error:
        drop_sandbox(task.suite)
        return [
            f"{carried.file} could not be checked ({type(error).__name__}): graded with what was submitted"
        ]
    if content is not None:
        extra[carried.file] = content
    return [reason] if reason else []


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def _max_score(suite: Suite, exercises: list[ExerciseResult], written: list[WrittenAnswer]) -> float:
    """Mark what is extra credit; the points of the rest."""
    for item in (*exercises, *written):
        item.extra_credit = item.id in suite.extra_credit
    return sum(item.max_score for item in (*exercises, *written) if not item.extra_credit)


def _broken(notebook: MergedNotebook, reason: str) -> list[ExerciseResult]:
    return [
        ExerciseResult(
            cell.exercise, notebook.name, cell.points, cell.points, Verdict.BROKEN,
            needs_manual_grade=True, log=reason,
        )
        for cell in notebook.graded()
    ]  # fmt: skip


def _not_written(cell: MergedCell, notebook: str) -> ExerciseResult:
    unwritten = [
        CheckResult(check.name, check.property, Verdict.NOT_WRITTEN, check.weight, check.hint)
        for check in checks.checks_of(cell.exercise)
    ]
    return ExerciseResult(cell.exercise, notebook, 0.0, cell.points, Verdict.NOT_WRITTEN, unwritten)
