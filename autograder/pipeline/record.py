"""Results into nbgrader: the gradebook, and autograded/ for formgrader, `generate_feedback` and `export`.

What people put into the gradebook (manual scores, extra credit, comments) is never touched. Recording the
same results again changes nothing; a changed submission asks for a new look at what was graded by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat

from ..course import Assignment, Course
from ..errors import CourseError
from ..files import write_atomically
from ..model import SubmissionResult, Verdict
from .autograded import autograded_notebook, is_untouched
from .merge import MergedNotebook
from .release import gradebook, register

if TYPE_CHECKING:
    from nbgrader.api import Grade, Gradebook, SubmittedAssignment, SubmittedNotebook

NO_RESPONSE = "No response."


def record(
    course: Course,
    assignment: Assignment,
    results: Sequence[SubmissionResult],
    notebooks: Mapping[str, Sequence[MergedNotebook]],
) -> None:
    """Write `results` to the gradebook, all or none of them, then their notebooks to autograded/.

    `notebooks` are the merged notebooks by student. Raises CourseError when the gradebook cannot be written
    or knows other cells than the results have.
    """
    from sqlalchemy.exc import SQLAlchemyError

    files = {
        path: data
        for result in results
        for path, data in _files(course, assignment, result, notebooks[result.student])
    }
    unchanged = {path for path, data in files.items() if path.is_file() and path.read_bytes() == data}
    try:
        register(course, assignment)
        with gradebook(course) as book:
            for result in results:
                submission = _submission(book, course, assignment, result.student)
                folder = _folder(course, assignment, result.student)
                for notebook in submission.notebooks:
                    same = folder / f"{notebook.name}.ipynb" in unchanged
                    _grade(notebook, result, notebooks[result.student], same)
                _penalise(book, course, submission)
            book.db.commit()
    except SQLAlchemyError as error:
        reason = str(error).splitlines()[0]
        raise CourseError(f"the gradebook of {assignment.name} could not be written: {reason}") from error
    for path, data in files.items():
        if path not in unchanged:
            write_atomically(path, data)


def _folder(course: Course, assignment: Assignment, student: str) -> Path:
    return course.autograded / student / assignment.name


def _files(
    course: Course, assignment: Assignment, result: SubmissionResult, notebooks: Iterable[MergedNotebook]
) -> Iterable[tuple[Path, bytes]]:
    folder = _folder(course, assignment, result.student)
    for notebook in notebooks:
        text = nbformat.writes(autograded_notebook(notebook, result)) + "\n"
        yield folder / f"{notebook.name}.ipynb", text.encode()
    stamp = _timestamp_text(course.submitted / result.student / assignment.name)
    if stamp is not None:
        yield folder / "timestamp.txt", f"{stamp}\n".encode()


# --- the gradebook ------------------------------------------------------------------------------------------


def _submission(book: Gradebook, course: Course, assignment: Assignment, student: str) -> SubmittedAssignment:
    """The student's submission with a row for each graded cell and each solution, made where missing.

    As nbgrader's `update_or_create_submission`, which commits at every step.
    """
    from nbgrader import api

    form = book.find_assignment(assignment.name)
    person = book.db.get(api.Student, student) or api.Student(id=student)
    found = (item for item in form.submissions if item.student_id == student)
    submission = next(found, None) or api.SubmittedAssignment(assignment=form, student=person)
    book.db.add_all([person, submission])
    submission.timestamp = submitted_at(course.submitted / student / assignment.name)
    known = {notebook.name: notebook for notebook in submission.notebooks}
    for notebook in form.notebooks:
        ours = known.get(notebook.name) or api.SubmittedNotebook(notebook=notebook, assignment=submission)
        book.db.add(ours)
        graded = {grade.cell_id for grade in ours.grades}
        commented = {comment.cell_id for comment in ours.comments}
        grades = [cell.id for cell in notebook.grade_cells if cell.id not in graded]
        comments = [cell.id for cell in notebook.solution_cells if cell.id not in commented]
        book.db.add_all(api.Grade(cell_id=id, notebook=ours) for id in grades)
        book.db.add_all(api.Comment(cell_id=id, notebook=ours) for id in comments)
    book.db.flush()
    return submission


def _grade(
    notebook: SubmittedNotebook,
    result: SubmissionResult,
    merged: Sequence[MergedNotebook],
    unchanged: bool,
) -> None:
    exercises = {exercise.id: exercise for exercise in result.exercises}
    answered = {answer.id: answer.answered for answer in result.written}
    ours = next((item for item in merged if item.name == notebook.name), None)
    for grade in notebook.grades:
        if ours is None:
            auto, attention = 0.0, False
        elif grade.name in exercises:
            exercise = exercises[grade.name]
            auto = min(max(float(exercise.score), 0.0), exercise.max_score)
            attention = exercise.needs_manual_grade or exercise.verdict is Verdict.BROKEN
        elif grade.name in answered:
            auto, attention = (None, True) if answered[grade.name] else (0.0, False)
        else:
            raise CourseError(
                f"the gradebook has a cell {grade.name} that the results of {result.student} lack: "
                f"run `chainrule release {result.assignment}`, then grade again."
            )
        _set(grade, auto, attention, unchanged)
    silent = {cell.grade_id for cell in ours.cells if is_untouched(cell)} if ours else set()
    for comment in notebook.comments:
        comment.auto_comment = NO_RESPONSE if comment.name in silent else None


def _set(grade: Grade, auto: float | None, attention: bool, unchanged: bool) -> None:
    """nbgrader's rule: what was graded by hand, or has no automatic score, needs a look.

    Unless nothing changed since somebody looked.
    """
    if unchanged and grade.auto_score == auto:
        return
    grade.auto_score = auto
    grade.needs_manual_grade = attention or auto is None or grade.manual_score is not None


def _penalise(book: Gradebook, course: Course, submission: SubmittedAssignment) -> None:
    """Late penalties by the plugin that `nbgrader_config.py` names; nbgrader's default takes nothing."""
    from nbgrader.preprocessors import AssignLatePenalties

    book.db.flush()
    late = submission.total_seconds_late
    rule = AssignLatePenalties(config=course.config)
    rule.init_plugin()
    for notebook in submission.notebooks:
        penalty = None
        if late > 0:
            book.db.refresh(notebook)
            penalty = rule.plugin_inst.late_submission_penalty(submission.student.id, notebook.score, late)
        bounded = None if penalty is None else min(max(penalty, 0), notebook.score)
        notebook.late_submission_penalty = bounded


def submitted_at(folder: Path) -> datetime | None:
    """When a submission came in, in UTC without a zone: what timestamp.txt says, else its newest notebook."""
    from nbgrader.utils import parse_utc

    stamp = _timestamp_text(folder)
    if stamp is not None:
        return parse_utc(stamp)
    times = [path.lstat().st_mtime for path in folder.glob("*.ipynb")]
    return datetime.fromtimestamp(max(times), UTC).replace(tzinfo=None, microsecond=0) if times else None


def _timestamp_text(folder: Path) -> str | None:
    """What timestamp.txt says, None when there is none that nbgrader can read."""
    from nbgrader.utils import parse_utc

    path = folder / "timestamp.txt"
    if not path.is_file() or path.is_symlink():
        return None
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read(200).strip()
    try:
        parse_utc(text)
    except (ValueError, OverflowError, TypeError):
        return None
    return text or None
