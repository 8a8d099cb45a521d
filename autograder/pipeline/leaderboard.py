"""`chainrule leaderboard`: archive what is new, judge it, rank the class, write page, spreadsheets and points.

    leaderboard/ASSIGNMENT/index.html, scores.csv            for the class: pseudonyms alone
    results/ASSIGNMENT/leaderboard.json, leaderboard.csv     for the instructor: ids, every upload, reasons

Points reach the gradebook when the deadline has passed and the instructor says so (`--record`): as extra credit on the
exercise that `[leaderboard]` names, beside what its checks gave. nbgrader adds it to the score, and the assignment's
maximum stays as it is. Extra credit that a person has set or changed there stays.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .. import ENGINE_VERSION
from ..course import Assignment, Course
from ..errors import CourseError
from ..files import write_atomically
from . import judge
from .database import gradebook
from .leaderboard_page import kinds, leaderboard_csv, leaderboard_page
from .pages import plain_text, points
from .pseudonyms import Pseudonym, pseudonyms
from .spreadsheets import harmless
from .standings import REFUSED, Attempt, Standing, attempts, is_refused, rank
from .uploads import Upload, archive, uploads_of

NAME = "leaderboard"


@dataclass
class Board:
    """What `run` did. `unrecorded` are sentences about points that did not go into the gradebook."""

    standings: list[Standing]
    names: dict[str, Pseudonym]
    new: list[Upload]
    page: Path
    recorded: int = 0
    unrecorded: list[str] = field(default_factory=list)

    def with_state(self, state: str) -> list[Attempt]:
        """The uploads of that state, of the whole class."""
        return [one for standing in self.standings for one in standing.attempts if one.state == state]

    def as_text(self) -> str:
        """The table for the terminal, then what the instructor has to know, then where the page is."""
        table = [f"{'rank':>4}  {'mean':>6}  {'points':>6}  {'uploads':>7}  student (pseudonym)"]
        for one in self.standings:
            mean = f"{100 * one.counted.mean:.1f} %" if one.counted else "-"
            who = plain_text(f"{one.student} ({self.names[one.student].name})", 120)
            place = "late" if one.late else str(one.rank or "-")
            table.append(f"{place:>4}  {mean:>6}  {points(one.points):>6}  {len(one.attempts):>7}  {who}")
        said = [
            plain_text(f"{one.upload.student}, upload {one.upload.number}, {state}: {one.reason}", 400)
            for state in (judge.BROKEN, judge.FAILED, REFUSED)
            for one in self.with_state(state)
        ]
        problems = ((student, name.problem) for student, name in self.names.items() if name.problem)
        said += [plain_text(f"{student}, pseudonym.txt: {problem}", 400) for student, problem in problems]
        done = [f"new uploads: {len(self.new)}"]
        if self.recorded or self.unrecorded:
            done.append(f"students whose points are in the gradebook: {self.recorded}")
        return "\n".join([*table, "", *said, *self.unrecorded, "; ".join(done), f"wrote {self.page}"])


def run(
    course: Course,
    assignment: Assignment,
    workers: int | None = None,
    record: bool = False,
    progress: Callable[[int, int], None] | None = None,
    now: datetime | None = None,
) -> Board:
    """Bring the leaderboard up to date; with `record` put its points into the gradebook.

    Raises CourseError where the assignment has no table `[leaderboard]`, and for points before the deadline.
    """
    now = now or datetime.now(UTC)
    rules = assignment.leaderboard
    if rules is None:
        raise CourseError(f"{assignment.folder / 'assignment.toml'} has no table [leaderboard].")
    if record and now <= assignment.due:
        raise CourseError(f"the ranks of {assignment.name} change until {assignment.due}: record them then.")
    new = archive(course, assignment, now)
    by_student = uploads_of(course, assignment)
    if NAME in by_student:
        raise CourseError(f"a student is called {NAME!r}, which names a result file: rename {NAME} there.")
    judged = [one for found in by_student.values() for one in found if not is_refused(one, rules)]
    judgements = judge.judge_all(course, assignment, judged, workers, progress)
    standings = rank(
        {name: attempts(found, judgements, rules, assignment.due) for name, found in by_student.items()},
        rules,
    )
    names = pseudonyms(by_student, course.secret())
    page = course.root / NAME / assignment.name / "index.html"
    board = Board(standings, names, new, page)
    recorded = _recorded(course, assignment)
    if record:
        recorded = _into_gradebook(course, assignment, board, recorded)
    _write(course, assignment, board, recorded, now)
    return board


def _write(
    course: Course, assignment: Assignment, board: Board, recorded: dict[str, float], now: datetime
) -> None:
    public = {student: pseudonym.name for student, pseudonym in board.names.items()}
    document = {
        "assignment": assignment.name,
        "made_at": now.isoformat(timespec="seconds"),
        "engine": ENGINE_VERSION,
        "students": [_entry(standing, board.names[standing.student]) for standing in board.standings],
        "recorded": recorded,
    }
    table = leaderboard_csv(board.standings, public, assignment)
    page = leaderboard_page(board.standings, public, assignment, now)
    private = course.results / assignment.name
    write_atomically(private / f"{NAME}.json", (json.dumps(document, indent=1) + "\n").encode())
    write_atomically(private / f"{NAME}.csv", _private_csv(board).encode("utf-8", "replace"))
    write_atomically(board.page.with_name("scores.csv"), table.encode("utf-8", "replace"))
    write_atomically(board.page, page.encode("utf-8", "replace"))


def _entry(standing: Standing, pseudonym: Pseudonym) -> dict[str, Any]:
    counted = standing.counted
    return {
        "student": standing.student,
        "pseudonym": pseudonym.name,
        "pseudonym_problem": pseudonym.problem,
        "rank": standing.rank,
        "points": standing.points,
        "late": standing.late,
        "counts": counted.upload.number if counted else None,
        "accuracy": counted.accuracy if counted else {},
        "uploads": [
            {
                "number": one.upload.number,
                "digest": one.upload.digest,
                "handed_in": one.upload.handed_in,
                "seen": one.upload.seen,
                "late": one.late,
                "state": one.state,
                "accuracy": one.accuracy,
                "reason": one.reason,
                "left_out": one.upload.left_out,
            }
            for one in standing.attempts
        ],
    }


def _private_csv(board: Board) -> str:
    """One line for each student, in the order of the ranks, with what happened to their uploads."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    columns = kinds(board.standings)
    head = [
        "rank",
        "student",
        "pseudonym",
        "points",
        "late",
        "counts",
        judge.MEAN,
        *columns,
        "uploads",
        "notes",
    ]
    writer.writerow(head)
    for standing in board.standings:
        counted, pseudonym = standing.counted, board.names[standing.student]
        shares = counted.accuracy if counted else {}
        notes = [
            f"upload {one.upload.number} {one.state}: {one.reason}" for one in standing.attempts if one.reason
        ]
        notes += [f"pseudonym.txt: {pseudonym.problem}"] if pseudonym.problem else []
        row = [
            standing.rank or "",
            harmless(plain_text(standing.student, 200)),
            harmless(pseudonym.name),
            points(standing.points),
            "late" if standing.late else "",
            counted.upload.number if counted else "",
            *(f"{shares[kind]:.4f}" if kind in shares else "" for kind in (judge.MEAN, *columns)),
            len(standing.attempts),
            harmless(plain_text("; ".join(notes), 2000)),
        ]
        writer.writerow(row)
    return buffer.getvalue()


# --- the gradebook ------------------------------------------------------------------------------------------


def _recorded(course: Course, assignment: Assignment) -> dict[str, float]:
    """The points that went into the gradebook before, by student."""
    path = course.results / assignment.name / f"{NAME}.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))["recorded"]
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CourseError(
            f"{path} is damaged, and says which points are in the gradebook: restore it, or delete it; "
            "then points that are there already count as a person's and stay."
        ) from error


def _into_gradebook(
    course: Course, assignment: Assignment, board: Board, recorded: dict[str, float]
) -> dict[str, float]:
    """Set the extra credit of each student's cell; who has none yet was not graded. Returns what is there now."""
    from .release import register

    cell = f"{assignment.name}.{assignment.leaderboard.exercise}"
    recorded = dict(recorded)
    register(course, assignment)
    with gradebook(course) as book:
        form = book.find_assignment(assignment.name)
        grades = {
            submission.student_id: grade
            for submission in form.submissions
            for notebook in submission.notebooks
            for grade in notebook.grades
            if grade.name == cell
        }
        for standing in board.standings:
            student, grade = standing.student, grades.get(standing.student)
            if grade is None:
                board.unrecorded.append(f"{student} is not graded: run `chainrule grade` first")
            elif grade.extra_credit not in (None, recorded.get(student), standing.points):
                board.unrecorded.append(f"{student} has extra credit {grade.extra_credit:g} by a person")
            else:
                grade.extra_credit = recorded[student] = float(standing.points)
                board.recorded += 1
        book.db.commit()
    return recorded
