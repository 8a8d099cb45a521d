"""Which results are in the gradebook: `results/ASSIGNMENT/recorded.json`, student to result key.

A run that is killed between a result file and its row records that row when it is started again. The gradebook has the
last word: what it lacks, because it was deleted or came from a backup, is recorded again.
"""

from __future__ import annotations

import json

from ..course import Assignment, Course
from ..errors import ChainruleError, CourseError, GraderError
from ..files import write_atomically
from ..model import SubmissionResult
from .grade_one import merge_all
from .record import bounded, record, recorded_scores
from .results import LEDGER
from .trail import Trail
from .waiting import Waiting

# A transaction of so many takes about a second, and somebody who types marks in formgrader waits for it: with SQLite
# five seconds at most, after which formgrader says that the database is locked.
AT_ONCE = 20


class Ledger:
    """The gradebook's side of a batch."""

    def __init__(self, course: Course, assignment: Assignment, trail: Trail):
        self._course, self._assignment, self._trail = course, assignment, trail
        self._path = course.results / assignment.name / LEDGER
        try:
            self._keys: dict[str, str] = json.loads(self._path.read_text())
        except (OSError, ValueError):
            self._keys = {}
        self._scores = recorded_scores(course, assignment)

    def has(self, result: SubmissionResult) -> bool:
        """Whether the gradebook holds these automatic scores, and was told of this very result."""
        rows = self._scores.get(result.student, {})
        same = all(rows.get(item.id) == bounded(item) for item in result.exercises)
        return same and self._keys.get(result.student) == result.key

    def record(self, results: list[SubmissionResult], tasks: dict[str, Waiting]) -> None:
        """A few of `results` in a transaction, then a write of the ledger, then the trail, until all are recorded.

        A result that cannot be recorded by our own fault keeps no other from it: raises GraderError at the end.
        """
        failed = []
        for start in range(0, len(results), AT_ONCE):
            try:
                self._some(results[start : start + AT_ONCE], tasks)
            except GraderError as error:
                failed.append(str(error))
        if failed:
            raise GraderError("; ".join(failed))

    def _some(self, results: list[SubmissionResult], tasks: dict[str, Waiting]) -> None:
        try:
            self._record(results, tasks)
        except ChainruleError:
            raise
        except Exception as error:
            if len(results) == 1:
                raise GraderError(
                    f"the result of {results[0].student} could not be recorded ({type(error).__name__}: {error}); its "
                    "file is kept, and `chainrule grade` tries again"
                ) from error
            self._one_by_one(results, tasks)

    def _one_by_one(self, results: list[SubmissionResult], tasks: dict[str, Waiting]) -> None:
        failed = []
        for result in results:
            try:
                self._some([result], tasks)
            except GraderError as error:
                failed.append(str(error))
        if failed:
            raise GraderError("; ".join(failed))

    def _record(self, results: list[SubmissionResult], tasks: dict[str, Waiting]) -> None:
        notebooks = {result.student: merge_all(tasks[result.student].task()).notebooks for result in results}
        record(self._course, self._assignment, results, notebooks)
        self._keys.update({result.student: result.key for result in results})
        try:
            write_atomically(self._path, json.dumps(self._keys, indent=1).encode())
        except OSError as error:
            raise CourseError(
                f"{self._path} could not be written ({error.strerror}): make room, then run this again"
            ) from error
        self._trail.append("recorded", students=sorted(result.student for result in results))
