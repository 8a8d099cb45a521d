"""One page for each student: what to fix first, every exercise, and what their notebook put out.

Of the hidden checks a page holds the property, the hint, the misconception and, for a crash, its type and the
student's own line. `symptom`, `log` and `flags` are for the instructor and never reach a template here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from autograder.files import write_atomically
from autograder.model import CellResult, CheckResult, ExerciseResult, SubmissionResult, Verdict
from autograder.pipeline.pages import (
    WORDING,
    OutputCleaner,
    Shown,
    Wording,
    cell_name,
    plain_text,
    render,
    safe_name,
    unread_notebooks,
)

_MOST_CELLS = 400
_HIDDEN_REGION = "### BEGIN HIDDEN TESTS"


@dataclass
class CheckView:
    """What a student may read of one check."""

    verdict: Verdict
    property: str
    hint: str
    error: str


@dataclass
class ExerciseView:
    """What a student may read of one exercise; `looks_like` is the misconception's name in words."""

    id: str
    anchor: str
    name: str
    verdict: Verdict
    wording: Wording
    score: float
    max_score: float
    checks: list[CheckView]
    looks_like: str
    advice: str
    for_a_person: bool
    extra_credit: bool

    @property
    def lost(self) -> float:
        return self.max_score - self.score

    @property
    def summary(self) -> str:
        """The one sentence that helps most."""
        hints = [check.hint for check in self.checks if check.hint]
        errors = [check.error.splitlines()[0] for check in self.checks if check.error]
        return (self.advice.partition("\n\n")[0] or next(iter(hints + errors), "")) or self.wording.advice


@dataclass
class CellView:
    """One executed cell: `trouble` says why it did not end well."""

    name: str
    notebook: str
    source: str
    trouble: str
    outputs: list[Shown]


def feedback_page(result: SubmissionResult, assignment_title: str, course_title: str = "") -> str:
    """The whole page of one student, as HTML that needs nothing else."""
    unread = unread_notebooks(result)
    exercises = [_exercise_view(exercise, exercise.notebook in unread) for exercise in result.exercises]
    cells = _cell_views([cell for cell in result.cells if cell.notebook not in unread])
    return render(
        "feedback.html",
        student=plain_text(result.student, 200),
        title=assignment_title,
        course=course_title,
        score=result.score,
        checked=sum(exercise.max_score for exercise in exercises if not exercise.extra_credit),
        extra=sum(exercise.score for exercise in exercises if exercise.extra_credit),
        marked_later=sum(answer.max_score for answer in result.written if not answer.extra_credit),
        unread=sorted(plain_text(name, 100) for name in unread),
        exercises=[] if all(one.notebook in unread for one in result.exercises) else exercises,
        to_fix=_to_fix(exercises),
        written=[answer for answer in result.written if answer.notebook not in unread],
        troubled=[cell for cell in cells if cell.trouble],
        cells=[cell for cell in cells if cell.outputs],
        graded_at=result.graded_at,
    )


def feedback_file(folder: Path, student: str, assignment: str) -> Path:
    """Where a student's page lies: `folder/STUDENT/ASSIGNMENT/index.html`, both as safe file names."""
    return Path(folder) / safe_name(student) / safe_name(assignment) / "index.html"


def write_feedback(
    results: Iterable[SubmissionResult], folder: Path, assignment_title: str, course_title: str = ""
) -> list[Path]:
    """Write one page for each result, each atomically, and return the paths in order."""
    paths = []
    for result in results:
        path = feedback_file(folder, result.student, result.assignment)
        page = feedback_page(result, assignment_title, course_title)
        write_atomically(path, page.encode("utf-8", "replace"))
        paths.append(path)
    return paths


def _to_fix(exercises: list[ExerciseView]) -> list[ExerciseView]:
    """In the notebook's order, since later exercises build on earlier ones; unwritten ones come last.

    Extra credit that was not tried needs no mending.
    """
    untried = [one for one in exercises if one.extra_credit and one.verdict is Verdict.NOT_WRITTEN]
    open_ones = [one for one in exercises if one.lost > 0 and one not in untried]
    return sorted(open_ones, key=lambda one: one.verdict is Verdict.NOT_WRITTEN)


def _exercise_view(exercise: ExerciseResult, unread: bool) -> ExerciseView:
    seen: set[str] = set()
    nothing_ran = all(check.verdict is Verdict.NOT_WRITTEN for check in exercise.checks)
    return ExerciseView(
        id=exercise.id,
        anchor="exercise-" + exercise.id,
        name=exercise.id.rpartition(".")[2].replace("_", " "),
        verdict=exercise.verdict,
        wording=_wording(exercise, unread, nothing_ran),
        score=exercise.score,
        max_score=exercise.max_score,
        checks=[] if nothing_ran else [_check(one, seen) for one in exercise.checks],
        looks_like=(exercise.misconception or "").rpartition(".")[2].replace("_", " "),
        advice=exercise.advice or "",
        for_a_person=exercise.needs_manual_grade,
        extra_credit=exercise.extra_credit,
    )


def _wording(exercise: ExerciseResult, unread: bool, nothing_ran: bool) -> Wording:
    wording = WORDING[exercise.verdict]
    if unread:
        return Wording("not run", "We could not run it: its notebook is missing or damaged.")
    if exercise.verdict is Verdict.FAILED and exercise.score > 0:
        return Wording(wording.label, "Your answer is wrong in part.")
    if exercise.verdict is Verdict.NOT_WRITTEN and not nothing_ran:
        return Wording(wording.label, "Part of this is not written yet.")
    return wording


def _check(check: CheckResult, seen: set[str]) -> CheckView:
    """A hint is given once an exercise, with the first check that needs it; `seen` remembers."""
    helps = check.verdict not in (Verdict.PASSED, Verdict.BROKEN) and check.hint not in seen
    if helps:
        seen.add(check.hint)
    crashed = check.verdict is Verdict.CRASHED
    return CheckView(
        verdict=check.verdict,
        property=check.property,
        hint=check.hint if helps else "",
        error=plain_text(check.error, 1000) if crashed and check.error else "",
    )


def _cell_views(cells: list[CellResult]) -> list[CellView]:
    cleaner = OutputCleaner()
    return [
        CellView(
            name=cell_name(cell),
            notebook=cell.notebook,
            source=plain_text(cell.source.partition(_HIDDEN_REGION)[0].rstrip(), 5000),
            trouble=_trouble(cell),
            outputs=cleaner.clean(cell.outputs),
        )
        for cell in cells[:_MOST_CELLS]
        if cell.outputs or cell.status != "ok"
    ]


def _trouble(cell: CellResult) -> str:
    """Why a cell did not end well; a stub that says it is not written does end well."""
    if (cell.error or "").startswith("NotImplementedError"):
        return ""
    sentences = {
        "ok": "",
        "error": "It stopped with an error.",
        "killed": "It ended the whole process, so we went on from the state before it.",
        "timed_out": "We could not run it to the end: it used up its time.",
        "skipped": "We could not run it.",
    }
    sentence = sentences.get(cell.status, "We could not run it.")
    return f"{sentence}\n{plain_text(cell.error, 500)}" if sentence and cell.error else sentence
