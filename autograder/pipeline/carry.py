"""Work that is carried on: which `nn.py` a later assignment is graded with, so that nobody pays twice.

The student's own counts if it passes the checks of the exercises that it came from. Else the course's takes its
place, once the earlier assignment's deadline has passed, late days included: it is a solution, and no sandbox may
hold it before. What was used is said in a flag.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from student_lib.export import HEADER

from ..course import Assignment, Course
from ..model import Verdict
from ..sandbox.session import Sandbox
from . import source as released_form
from .merge import MergedCell, MergedNotebook, Role
from .run import RunLimits, run_notebook

LIMITS = RunLimits(cell_seconds=5, check_seconds=4, submission_seconds=60)


@dataclass(frozen=True)
class Carried:
    """A file that comes from an earlier assignment. `course_version` is None until that one's deadline is over."""

    file: str
    assignment: str
    notebook: str
    exercises: tuple[MergedCell, ...]
    course_version: bytes | None


def load_carried(course: Course, assignment: Assignment, now: datetime | None = None) -> Carried | None:
    """What `assignment` carries on, read from its source of origin; None where it carries nothing."""
    wanted = assignment.carried
    if wanted is None:
        return None
    origin = course.assignment(wanted.assignment)
    notebook = released_form.read_notebook(origin.source / f"{wanted.notebook}.ipynb")
    exercises = tuple(
        MergedCell(
            role=Role.GRADED,
            cell_type="code",
            source="",
            cell_id=cell["id"],
            exercise=released_form.meta(cell)["grade_id"],
            points=float(released_form.meta(cell)["points"]),
        )
        for cell in notebook["cells"]
        if released_form.is_graded(cell)
    )
    over = (now or datetime.now(UTC)) > origin.due + timedelta(days=origin.late_days)
    version = _course_version(notebook["cells"], wanted.notebook) if over else None
    return Carried(wanted.file, wanted.assignment, wanted.notebook, exercises, version)


def _course_version(cells: list[dict], title: str) -> bytes:
    sources = [
        cell["source"] for cell in cells if released_form.is_solution(cell) and cell["cell_type"] == "code"
    ]
    lines = "\n\n\n".join(sources).splitlines()
    kept = [line for line in lines if line.strip() not in ("### BEGIN SOLUTION", "### END SOLUTION")]
    return (HEADER.format(title=title) + "\n".join(kept) + "\n").encode()


def choose(
    carried: Carried, own: bytes | None, sandbox: Sandbox, seed_of: Callable[[str, str], int]
) -> tuple[bytes | None, str]:
    """The file to grade with, or None; and why it is not the student's own, or nothing where it is."""
    if own is None:
        reason = f"there is no {carried.file} from {carried.assignment}"
    else:
        failed = _failed(carried, own, sandbox, seed_of)
        if not failed:
            return own, ""
        reason = f"the student's {carried.file} does not pass {', '.join(failed)}"
    if carried.course_version is not None:
        return carried.course_version, f"{reason}: graded with the course's {carried.file}"
    return own, f"{reason}, and {carried.assignment} is still open: the course's {carried.file} was not used"


def _failed(carried: Carried, own: bytes, sandbox: Sandbox, seed_of: Callable[[str, str], int]) -> list[str]:
    """The exercises of origin that the functions in `own` do not pass."""
    module = carried.file.removesuffix(".py")
    imports = MergedCell(Role.EXTRA, "code", f"from {module} import *", "carried")
    notebook = MergedNotebook(carried.notebook, [imports, *(replace(cell) for cell in carried.exercises)])
    run = run_notebook(sandbox, notebook, LIMITS, seed_of, {carried.file: own})
    return [item.id for item in run.exercises if item.verdict not in (Verdict.PASSED, Verdict.BROKEN)]


def key(carried: Carried | None) -> bytes:
    """What of it determines a grade."""
    if carried is None:
        return b""
    ids = [cell.exercise for cell in carried.exercises]
    return json.dumps([carried.file, ids]).encode() + (carried.course_version or b"")
