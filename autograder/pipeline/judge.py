"""Judges one upload of a challenge: its notebook runs in the sandbox, its model classifies hidden pictures.

The assignment says how in `autograder/checks/ASSIGNMENT/judging.py`: `accuracy_by_noise(student)` returns accuracies
by kind of noise and their "mean". It runs as a check of its own at the place of the exercise that `[leaderboard]`
names, without the other checks: what makes a check fail, crash or time out does the same here.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from .. import camera, checks
from ..course import Assignment, Course
from ..errors import CourseError, GraderError, SubmissionError
from ..files import write_atomically
from ..model import ExerciseResult, Verdict
from .grade_one import run_in_sandbox
from .merge import MergedNotebook, Role, merge, read_released
from .run import seeds
from .submissions import read_files, travelling
from .suite import Suite, load_suite
from .uploads import Upload
from .workers import pool, prepare

JUDGED, FAILED, BROKEN = "judged", "failed", "broken"
MEAN = "mean"
_SAID = {
    Verdict.FAILED: "the model cannot be judged",
    Verdict.CRASHED: "the code crashed",
    Verdict.TIMED_OUT: "judging ran out of time",
    Verdict.NOT_WRITTEN: "a function that judging needs is not written",
}


@dataclass(frozen=True)
class Judgement:
    """`state` judged (with `accuracy`, shares by kind of noise and their mean), failed, or broken: our fault."""

    state: str
    accuracy: dict[str, float] = field(default_factory=dict)
    reason: str = ""
    key: str = ""


@dataclass(frozen=True)
class Job:
    """What a worker needs to judge one upload. `exercise` is a full id, as noisy_digits.model."""

    suite: Suite
    exercise: str
    seconds: float
    secret: bytes
    upload: Upload


def judge_all(
    course: Course,
    assignment: Assignment,
    uploads: list[Upload],
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[Path, Judgement]:
    """The judgement of each upload by its folder, from judgement.json where nothing changed since.

    What was broken is tried again at the next call. Raises CourseError when the assignment has no judging or no
    release, SandboxError when the sandbox does not hold.
    """
    suite = load_suite(course, assignment)
    _judging(assignment.name)
    rule = assignment.leaderboard
    key = _key(suite, rule.seconds)
    known = {upload.folder: read_judgement(upload) for upload in uploads}
    done = {folder: one for folder, one in known.items() if one is not None and one.key == key}
    exercise, secret = f"{assignment.name}.{rule.exercise}", course.secret()
    todo = [
        Job(suite, exercise, rule.seconds, secret, upload) for upload in uploads if upload.folder not in done
    ]
    report = progress or (lambda done, total: None)
    report(0, len(todo))
    for number, (upload, judgement) in enumerate(_on_workers(todo, workers or os.cpu_count() or 1), 1):
        done[upload.folder] = replace(judgement, key=key)
        if judgement.state != BROKEN:
            text = json.dumps(asdict(done[upload.folder]), indent=1) + "\n"
            write_atomically(upload.folder / "judgement.json", text.encode())
        report(number, len(todo))
    return done


def read_judgement(upload: Upload) -> Judgement | None:
    """What judgement.json says, None where there is none that can be read."""
    try:
        return Judgement(**json.loads((upload.folder / "judgement.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _on_workers(jobs: list[Job], workers: int) -> Iterator[tuple[Upload, Judgement]]:
    if not jobs:
        return
    with pool(min(workers, len(jobs))) as executor:
        # A sandbox that cannot start, or does not hold, stops the run instead of making every upload broken.
        executor.submit(prepare, jobs[0].suite).result()
        running = {executor.submit(judge, job): job.upload for job in jobs}
        for future in as_completed(running):
            try:
                yield running[future], future.result()
            except BrokenProcessPool:
                yield running[future], Judgement(BROKEN, reason="the worker died")


def judge(job: Job) -> Judgement:
    """Judge one upload in this process's sandbox. A fault of ours gives state *broken*."""
    suite, exercise = job.suite, job.exercise
    measured = _judged_by(suite.assignment, job.seconds)
    measured.clear()
    files, _ = read_files(job.upload.files, skip=("student_lib/",))
    try:
        notebook = _up_to(suite, exercise, files)
    except SubmissionError as error:
        return Judgement(FAILED, reason=str(error))
    # One seed for all: two uploads differ by what was handed in alone.
    seed_of = seeds(job.secret, "leaderboard", "")
    with suite.in_force():
        run = run_in_sandbox(suite, notebook, seed_of, {**travelling(files), **suite.files})
    return _judgement(run.exercises[0], measured, run.flags)


def _judgement(result: ExerciseResult, measured: dict[str, float], flags: list[str]) -> Judgement:
    if result.verdict is Verdict.PASSED:
        return Judgement(JUDGED, accuracy=dict(measured))
    if result.verdict is Verdict.BROKEN:
        return Judgement(BROKEN, reason=(result.log or "; ".join(flags))[-1000:])
    detail = next((one.error or one.symptom for one in result.checks if one.error or one.symptom), "")
    said = _SAID[result.verdict] + (f": {detail}" if detail else "")
    return Judgement(FAILED, reason="; ".join([said, *flags])[:1000])


def _up_to(suite: Suite, exercise: str, files: dict[str, bytes]) -> MergedNotebook:
    """The notebook of `exercise` up to its graded cell, which judges; the other graded cells are left out."""
    for name, released in suite.released.items():
        form = read_released(name, released)
        if exercise not in {cell.exercise for cell in merge(form, None).graded()}:
            continue
        if f"{name}.ipynb" not in files:
            raise SubmissionError(f"{name}.ipynb was not handed in")
        notebook = merge(form, files[f"{name}.ipynb"])
        place = next(number for number, cell in enumerate(notebook.cells) if _judges(cell, exercise))
        cells = [cell for cell in notebook.cells[:place] if cell.role is not Role.GRADED]
        judging = replace(notebook.cells[place], exercise=f"{suite.assignment}.leaderboard")
        return replace(notebook, cells=[*cells, judging])
    raise CourseError(f"no released notebook of {suite.assignment} has the exercise {exercise}")


def _judges(cell: Any, exercise: str) -> bool:
    return cell.role is Role.GRADED and cell.exercise == exercise


def _judging(assignment: str) -> Callable[[checks.Student], dict[str, float]]:
    name = f"autograder.checks.{assignment}.judging"
    try:
        return importlib.import_module(name).accuracy_by_noise
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise CourseError(f"{assignment} has no leaderboard: there is no module {name}") from None


@functools.cache
def _judged_by(assignment: str, seconds: float) -> dict[str, float]:
    """Register the judging as the check of the exercise ASSIGNMENT.leaderboard; it fills the returned dictionary."""
    accuracy_by_noise = _judging(assignment)
    measured: dict[str, float] = {}

    @checks.check(f"{assignment}.leaderboard", seconds=seconds)
    def accuracy_on_hidden_pictures(student: checks.Student, rng: Any) -> None:
        """The model classifies hidden pictures."""
        found = {kind: float(share) for kind, share in accuracy_by_noise(student).items()}
        if MEAN not in found or not all(0 <= share <= 1 for share in found.values()):
            raise GraderError(f"accuracy_by_noise gave {found}, expected shares with their {MEAN!r}")
        measured.update(found)

    return measured


def _key(suite: Suite, seconds: float) -> str:
    """A digest of all that determines an accuracy beside the upload."""
    sources = [Path(camera.__file__), Path(__file__)]
    parts = [suite.key.encode(), repr(seconds).encode(), *(path.read_bytes() for path in sources)]
    return hashlib.blake2b(b"\0".join(parts), digest_size=16).hexdigest()
