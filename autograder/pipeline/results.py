"""Result files: `results/ASSIGNMENT/STUDENT.json`, the newest of each student, and the earlier ones.

results/ASSIGNMENT/earlier/STUDENT/001.json     the first, and so on: what a regrade replaced is kept
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ..course import Assignment, Course
from ..errors import CourseError
from ..files import write_atomically
from ..model import SubmissionResult
from .trail import digest_of_result

LEDGER = "recorded.json"
EARLIER = "earlier"
RESERVED = frozenset(["recorded", "leaderboard"])


def result_path(course: Course, assignment: Assignment, student: str) -> Path:
    return course.results / assignment.name / f"{student}.json"


def read_result(course: Course, assignment: Assignment, student: str) -> SubmissionResult | None:
    """The result file of one student, or None where there is none that can be read."""
    return _read(result_path(course, assignment, student))


def read_vouched(
    course: Course, assignment: Assignment, student: str, expected: str | None
) -> SubmissionResult | None:
    """The result of one student if its file's digest is the `expected` one, which the trail tells."""
    try:
        data = result_path(course, assignment, student).read_bytes()
        return SubmissionResult.from_json(data.decode()) if digest_of_result(data) == expected else None
    except (OSError, ValueError):
        return None


class Results(Sequence[SubmissionResult]):
    """The results of `students`, in their order, each read from its file whenever it is asked for.

    A class's results, with all that its notebooks put out, do not fit in memory. Whoever wants one twice keeps it.
    Files that are gone or cannot be read are left out by iterating; an index raises CourseError.
    """

    def __init__(self, course: Course, assignment: Assignment, students: Sequence[str]):
        self._course, self._assignment, self.students = course, assignment, list(students)

    def __len__(self) -> int:
        return len(self.students)

    def __getitem__(self, index: int) -> SubmissionResult:
        student = self.students[index]
        result = read_result(self._course, self._assignment, student)
        if result is None:
            raise CourseError(
                f"the result of {student} went away; run `chainrule grade {self._assignment.name}`"
            )
        return result

    def __iter__(self) -> Iterator[SubmissionResult]:
        found = (read_result(self._course, self._assignment, student) for student in self.students)
        return (result for result in found if result is not None)


def read_results(course: Course, assignment: Assignment) -> Results:
    """All results of an assignment. Raises CourseError when nothing was graded yet."""
    folder = course.results / assignment.name
    students = [path.stem for path in sorted(folder.glob("*.json")) if path.stem not in RESERVED]
    results = Results(course, assignment, students)
    if next(iter(results), None) is None:
        raise CourseError(f"no results in {folder}; run `chainrule grade {assignment.name}` first")
    return results


def write_result(course: Course, assignment: Assignment, result: SubmissionResult) -> str:
    """Put the result in its place, the one that stood there among the earlier ones; returns its digest."""
    path = result_path(course, assignment, result.student)
    data = result.to_json().encode()
    if path.is_file():
        _keep(path.read_bytes(), earlier_paths(course, assignment, result.student), _folder(path))
    write_atomically(path, data)
    return digest_of_result(data)


def earlier_paths(course: Course, assignment: Assignment, student: str) -> list[Path]:
    """The files of a student's earlier results, the oldest first."""
    folder = _folder(result_path(course, assignment, student))
    return sorted(folder.glob("[0-9][0-9][0-9]*.json"), key=lambda path: (len(path.stem), path.stem))


def last_earlier(course: Course, assignment: Assignment, student: str) -> SubmissionResult | None:
    """The newest earlier result that can be read."""
    found = (_read(path) for path in reversed(earlier_paths(course, assignment, student)))
    return next((result for result in found if result is not None), None)


def _folder(path: Path) -> Path:
    return path.parent / EARLIER / path.stem


def _keep(data: bytes, earlier: list[Path], folder: Path) -> None:
    """A run that was killed right after this has kept the file already."""
    if earlier and earlier[-1].read_bytes() == data:
        return
    number = int(earlier[-1].stem) + 1 if earlier else 1
    write_atomically(folder / f"{number:03d}.json", data)


def _read(path: Path) -> SubmissionResult | None:
    try:
        return SubmissionResult.from_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
