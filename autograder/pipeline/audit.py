"""Tests the tests: every wrong solution of the corpus must fail by name, every unusual right one must pass.

Each solution replaces one solution cell of the solved notebook and is graded in the sandbox, as a submission is.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import nbformat

from ..course import Assignment, Course
from ..errors import CourseError
from ..model import Verdict
from ..solutions import corpus
from .carry import load_carried
from .demo import solve
from .grade_one import run_in_sandbox
from .merge import MergedNotebook, Role, merge, read_released
from .run import seeds
from .suite import Suite, load_suite
from .verify import other_noise, other_workers
from .workers import pool


@dataclass(frozen=True)
class Finding:
    """How one solution of the corpus fared; `expects` and `misconception` are names or None.

    `broken` says why where the grader failed.
    """

    exercise: str
    kind: str
    name: str
    score: float
    max_score: float
    expects: str | None
    misconception: str | None
    failed: tuple[str, ...]
    broken: str = ""

    @property
    def full(self) -> bool:
        return self.score == self.max_score

    def line(self) -> str:
        points = f"{self.score:g} of {self.max_score:g}"
        seen = f"named {self.misconception}" if self.misconception else "not named"
        failed = ", ".join(self.failed) or "nothing"
        return f"{self.exercise} {self.name} ({self.kind}): {points}, {seen}, failed {failed}"


@dataclass
class Audit:
    """All findings. *caught*: a wrong solution that lost points; *named*: with the misconception it expects.

    `unsteady` are those that came out otherwise when they were graded again, under other noise of the machine.
    """

    findings: list[Finding] = field(default_factory=list)
    unsteady: list[str] = field(default_factory=list)

    def _of(self, kind: str) -> list[Finding]:
        return [finding for finding in self.findings if finding.kind == kind and not finding.broken]

    @property
    def broken(self) -> list[Finding]:
        """What the grader failed on, which says nothing about the solution."""
        return [finding for finding in self.findings if finding.broken]

    @property
    def missed(self) -> list[Finding]:
        return [finding for finding in self._of("wrong") if finding.full]

    @property
    def misnamed(self) -> list[Finding]:
        return [item for item in self._of("wrong") if not item.full and item.misconception != item.expects]

    @property
    def rejected(self) -> list[Finding]:
        return [finding for finding in self._of("right") if not finding.full]

    @property
    def clean(self) -> bool:
        """Nothing missed, rejected, broken or unsteady; a wrong name does not cost a student points."""
        return not (self.missed or self.rejected or self.broken or self.unsteady)

    def as_dict(self) -> dict[str, Any]:
        wrong, right = self._of("wrong"), self._of("right")
        caught = [item for item in wrong if not item.full]
        return {
            "wrong": len(wrong),
            "caught": len(caught),
            "named": sum(
                item.misconception is not None and item.misconception == item.expects for item in caught
            ),
            "right": len(right),
            "accepted": sum(item.full for item in right),
            "missed": [item.line() for item in self.missed],
            "misnamed": [f"{item.line()}, expected {item.expects}" for item in self.misnamed],
            "rejected": [item.line() for item in self.rejected],
            "broken": [f"{item.line()}: {item.broken}" for item in self.broken],
            "unsteady": self.unsteady,
        }

    def as_text(self) -> str:
        data = self.as_dict()
        lines = [
            f"wrong solutions: {data['caught']} of {data['wrong']} lost points, {data['named']} were named",
            f"unusual right solutions: {data['accepted']} of {data['right']} scored in full",
        ]
        for title in ("missed", "misnamed", "rejected", "broken", "unsteady"):
            lines += [f"{title}: {line}" for line in data[title]]
        return "\n".join(lines)


def audit(
    course: Course,
    assignment: Assignment,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    verify: bool = False,
) -> Audit:
    """Grade the whole corpus of `assignment` on `workers` processes, with the course's own carried file.

    `verify` grades it twice, as `chainrule grade --verify` does.
    """
    suite = load_suite(course, assignment)
    carried = load_carried(course, assignment, now=datetime.max.replace(tzinfo=UTC))
    if carried is not None and carried.course_version is not None:
        suite = replace(suite, files={**suite.files, carried.file: carried.course_version})
    solved = _solved(course, suite)
    jobs = [(suite, _with_solution(solved, solution), solution) for solution in corpus.load(assignment.name)]
    again = [(other_noise(suite), notebook, solution) for _, notebook, solution in reversed(jobs)]
    outcome, report = Audit(), progress or (lambda done, total: None)
    total = len(jobs) * (1 + verify)
    report(0, total)
    with pool(workers or os.cpu_count() or 1) as executor:
        for finding in executor.map(_audit_one, jobs):
            outcome.findings.append(finding)
            report(len(outcome.findings), total)
    if verify:
        with pool(other_workers(workers)) as executor:
            second = zip(reversed(outcome.findings), executor.map(_audit_one, again), strict=True)
            for number, (before, after) in enumerate(second, len(jobs) + 1):
                if before != after:
                    outcome.unsteady.append(f"{before.line()}; then {after.line()}")
                report(number, total)
    return outcome


def _audit_one(job: tuple[Suite, MergedNotebook, corpus.Solution]) -> Finding:
    suite, notebook, solution = job
    seed_of = seeds(b"audit", solution.name, notebook.digest)
    with suite.in_force():
        run = run_in_sandbox(suite, notebook, seed_of, suite.files)
    exercise = run.exercises[0]
    return Finding(
        exercise=solution.exercise,
        kind=solution.kind,
        name=solution.name,
        score=exercise.score,
        max_score=exercise.max_score,
        expects=solution.expects,
        misconception=exercise.misconception,
        failed=tuple(f"{check.name}: {check.symptom or check.verdict}" for check in exercise.checks
                     if check.verdict != "passed"),
        broken=(exercise.log or "no log") if exercise.verdict is Verdict.BROKEN else "",
    )  # fmt: skip


def _solved(course: Course, suite: Suite) -> list[MergedNotebook]:
    """The solved notebooks, cut to what an exercise needs: imports, cells tagged `given`, solutions, graded cells."""
    notebooks = []
    for name, data in suite.released.items():
        source = nbformat.read(course.source / suite.assignment / f"{name}.ipynb", as_version=4)
        solved = solve(nbformat.reads(data.decode(), as_version=4), source)
        merged = merge(read_released(name, data), nbformat.writes(solved).encode())
        first = next(cell for cell in merged.cells if cell.cell_type == "code")
        kept = [
            cell
            for cell in merged.cells
            if cell is first or cell.role in (Role.SOLUTION, Role.GRADED) or "given" in cell.tags
        ]
        notebooks.append(MergedNotebook(name, kept))
    return notebooks


def _with_solution(notebooks: list[MergedNotebook], solution: corpus.Solution) -> MergedNotebook:
    """The notebook of the solution's exercise with that one cell replaced, and that one exercise graded."""
    for notebook in notebooks:
        if any(cell.exercise == solution.exercise for cell in notebook.graded()):
            cells = [
                replace(cell, source=solution.source)
                if cell.role is Role.SOLUTION and cell.exercise == solution.exercise
                else cell
                for cell in notebook.cells
                if cell.role is not Role.GRADED or cell.exercise == solution.exercise
            ]
            return MergedNotebook(notebook.name, cells)
    raise CourseError(f"the corpus has a solution of {solution.exercise}, which no notebook grades")
