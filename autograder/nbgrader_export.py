"""What `nbgrader export` writes in this course: nbgrader's table, with its fields quoted and no formulas in them.

nbgrader 0.9.6 writes fields as they are: a comma in a name shifts the columns, and a name that starts with an equals
sign is run by the spreadsheet.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.plugins import ExportPlugin

from .pipeline.spreadsheets import harmless

COLUMNS = [
    "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email", "raw_score",
    "late_submission_penalty", "score", "max_score",
]  # fmt: skip


class QuotedCsv(ExportPlugin):
    """The columns and rows of nbgrader's CsvExportPlugin, to `grades.csv` or to what `--to` says."""

    def export(self, gradebook: Gradebook) -> None:
        target = Path(self.to or "grades.csv")
        self.log.info("Exporting grades to %s", target)
        with target.open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            table.writeheader()
            for row in self._rows(gradebook):
                table.writerow({name: _field(value) for name, value in row.items()})

    def _rows(self, gradebook: Gradebook) -> Iterator[dict[str, Any]]:
        students = [student for student in gradebook.students if student.id in (self.student or [student.id])]
        for assignment in gradebook.assignments:
            if assignment.name not in (self.assignment or [assignment.name]):
                continue
            for student in students:
                yield {
                    "assignment": assignment.name, "duedate": assignment.duedate, "student_id": student.id,
                    "last_name": student.last_name, "first_name": student.first_name, "email": student.email,
                    "max_score": assignment.max_score, **_scores(gradebook, assignment.name, student.id),
                }  # fmt: skip


def _scores(gradebook: Gradebook, assignment: str, student: str) -> dict[str, Any]:
    """Zero for whoever handed in nothing."""
    try:
        found = gradebook.find_submission(assignment, student)
    except MissingEntry:
        return {"timestamp": "", "raw_score": 0.0, "late_submission_penalty": 0.0, "score": 0.0}
    penalty = found.late_submission_penalty
    return {
        "timestamp": found.timestamp, "raw_score": found.score, "late_submission_penalty": penalty,
        "score": max(0.0, found.score - penalty),
    }  # fmt: skip


def _field(value: Any) -> str:
    return harmless(value) if isinstance(value, str) else "" if value is None else str(value)
