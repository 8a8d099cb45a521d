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
from ..model import ExerciseResult, SubmissionResult, Verdict
from .autograded import autograded_notebook, is_untouched
from .database import add_students, connected, in_transaction, sqlite_file
from .merge import MergedNotebook
from .release import register

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
    files = {
        path: data
        for result in results
        for path, data in _files(course, assignment, result, notebooks[result.student])
    }
    unchanged = {path for path, data in files.items() if path.is_file() and path.read_bytes() == data}
    register(course, assignment)

    def rows(book: Gradebook) -> None:
        add_students(book, [result.student for result in results])
        for result in results:
            submission, fresh = _submission(book, course, assignment, result.student)
            folder = _folder(course, assignment, result.student)
            for notebook in submission.notebooks:
                same = folder / f"{notebook.name}.ipynb" in unchanged
                _grade(notebook, result, notebooks[result.student], same, fresh)
            _penalise(book, course, submission)

    in_transaction(course, rows)
    for path, data in files.items():
        if path not in unchanged:
            try:
                write_atomically(path, data)
            except OSError as error:
                raise CourseError(f"{path} could not be written ({error.strerror}): {_AGAIN}") from error


def recorded_scores(course: Course, assignment: Assignment) -> dict[str, dict[str, float | None]]:
    """The automatic scores that the gradebook holds, by student and cell; nothing where there is no gradebook yet.

    Raises CourseError when the file is no gradebook, when a server does not let us in, and when the schema is not this
    nbgrader's. A file that is locked now may be free when there is something to record: it counts as empty.
    """
    from sqlalchemy import inspect, text
    from sqlalchemy.exc import OperationalError

    file = sqlite_file(course)
    if file is not None and not file.is_file():
        return {}
    scores: dict[str, dict[str, float | None]] = {}
    try:
        with connected(course) as connection:
            if not inspect(connection).has_table("grade"):
                return {}
            for student, cell, score in connection.execute(text(_SCORES), {"name": assignment.name}):
                scores.setdefault(student, {})[cell] = score
    except CourseError as error:
        if file is None or not isinstance(error.__cause__, OperationalError):
            raise
        return {}
    return scores


_SCORES = """
    SELECT submitted_assignment.student_id, base_cell.name, grade.auto_score
    FROM assignment
    JOIN submitted_assignment ON submitted_assignment.assignment_id = assignment.id
    JOIN submitted_notebook ON submitted_notebook.assignment_id = submitted_assignment.id
    JOIN grade ON grade.notebook_id = submitted_notebook.id
    JOIN base_cell ON base_cell.id = grade.cell_id
    WHERE assignment.name = :name
"""
_AGAIN = "make room, then run `chainrule grade` again; results are kept, and nothing is graded twice."


def _folder(course: Course, assignment: Assignment, student: str) -> Path:
    return course.autograded / student / assignment.name


def _files(
    course: Course, assignment: Assignment, result: SubmissionResult, notebooks: Iterable[MergedNotebook]
) -> Iterable[tuple[Path, bytes]]:
    folder = _folder(course, assignment, result.student)
    for notebook in notebooks:
        # It is valid: nbformat.writes would look again.
        text = nbformat.v4.writes(autograded_notebook(notebook, result)) + "\n"
        yield folder / f"{notebook.name}.ipynb", text.encode()
    stamp = _timestamp_text(course.submitted / result.student / assignment.name)
    if stamp is not None:
        yield folder / "timestamp.txt", f"{stamp}\n".encode()


# --- the gradebook ------------------------------------------------------------------------------------------


def _submission(
    book: Gradebook, course: Course, assignment: Assignment, student: str
) -> tuple[SubmittedAssignment, set[str]]:
    """The student's submission with a row for each graded cell and each solution; the cells whose rows are new.

    As nbgrader's `update_or_create_submission`, which commits at every step.
    """
    from nbgrader import api

    form = book.find_assignment(assignment.name)
    person = book.db.get(api.Student, student) or api.Student(id=student)
    # Asked for alone: `form.submissions` would load everybody's, for every student.
    known_one = book.db.query(api.SubmittedAssignment).filter_by(assignment_id=form.id, student_id=student)
    submission = known_one.one_or_none() or api.SubmittedAssignment(assignment=form, student=person)
    book.db.add_all([person, submission])
    folder = course.submitted / student / assignment.name
    submission.timestamp = submitted_at(folder)
    # Formgrader takes a submission for ungraded unless its time is that of timestamp.txt, and no time if there is none.
    # So a file's time is recorded only where it costs something.
    if (
        _timestamp_text(folder) is None
        and submission.timestamp
        and submission.timestamp <= assignment.due_utc
    ):
        submission.timestamp = None
    known = {notebook.name: notebook for notebook in submission.notebooks}
    fresh: set[str] = set()
    for notebook in form.notebooks:
        ours = known.get(notebook.name) or api.SubmittedNotebook(notebook=notebook, assignment=submission)
        book.db.add(ours)
        graded = {grade.cell_id for grade in ours.grades}
        commented = {comment.cell_id for comment in ours.comments}
        grades = [cell.id for cell in notebook.grade_cells if cell.id not in graded]
        comments = [cell.id for cell in notebook.solution_cells if cell.id not in commented]
        fresh.update(grades)
        book.db.add_all(api.Grade(cell_id=id, notebook=ours) for id in grades)
        book.db.add_all(api.Comment(cell_id=id, notebook=ours) for id in comments)
    book.db.flush()
    return submission, fresh


def _grade(
    notebook: SubmittedNotebook,
    result: SubmissionResult,
    merged: Sequence[MergedNotebook],
    unchanged: bool,
    fresh: set[str],
) -> None:
    exercises = {exercise.id: exercise for exercise in result.exercises}
    answered = {answer.id: answer.answered for answer in result.written}
    ours = next((item for item in merged if item.name == notebook.name), None)
    for grade in notebook.grades:
        if ours is None:
            auto, attention = 0.0, False
        elif grade.name in exercises:
            exercise = exercises[grade.name]
            auto = bounded(exercise)
            attention = exercise.needs_manual_grade or exercise.verdict is Verdict.BROKEN
        elif grade.name in answered:
            auto, attention = (None, True) if answered[grade.name] else (0.0, False)
        else:
            raise CourseError(
                f"the gradebook has a cell {grade.name} that the results of {result.student} lack: "
                f"run `chainrule release {result.assignment}`, then grade again."
            )
        _set(grade, auto, attention, unchanged and grade.cell_id not in fresh)
    silent = {cell.grade_id for cell in ours.cells if is_untouched(cell)} if ours else set()
    for comment in notebook.comments:
        comment.auto_comment = NO_RESPONSE if comment.name in silent else None


def bounded(exercise: ExerciseResult) -> float:
    """The score as the gradebook gets it."""
    return min(max(float(exercise.score), 0.0), exercise.max_score)


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
