"""The report of a large class: its table on pages of its own, its long lists in a spreadsheet.

The first page shows the class as a whole, so it stays as small for five thousand students as for three hundred.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.files import write_atomically
from autograder.model import Verdict
from autograder.pipeline.pages import render
from autograder.pipeline.spreadsheets import harmless

if TYPE_CHECKING:
    from autograder.pipeline.report import ClassSummary, Row

# Up to so many students stand on the first page itself.
ROWS = 300
# Of a list with more names, the first ones; the others are in lists.csv.
SHOWN = 60
# The heat map's columns: a screen shows no more.
COLUMNS = 400


@dataclass(frozen=True)
class RowsPage:
    """A page with some rows of the table, and its file's name."""

    name: str
    rows: Sequence[Row]


def rows_pages(rows: Sequence[Row]) -> list[RowsPage]:
    """The pages of a class that is too large for one; none for another."""
    if len(rows) <= ROWS:
        return []
    starts = range(0, len(rows), ROWS)
    return [
        RowsPage(f"everyone-{number:02d}.html", rows[start : start + ROWS])
        for number, start in enumerate(starts, 1)
    ]


def write_pages(
    folder: Path, pages: Sequence[RowsPage], summary: ClassSummary, title: str, course: str
) -> None:
    """Write each page, and remove those that a larger class left."""
    names = ["", *(page.name for page in pages), ""]
    for page, before, after in zip(pages, names, names[2:], strict=False):
        text = render(
            "report_rows.html",
            title=title, course=course, summary=summary, rows=page.rows, before=before, after=after,
        )  # fmt: skip
        write_atomically(folder / page.name, text.encode("utf-8", "replace"))
    for path in folder.glob("everyone-*.html"):
        if path.name not in names:
            path.unlink()


def lists_csv(summary: ClassSummary) -> str:
    """Everybody who has a misconception or needs a person: kind, exercise or concern, student, detail."""
    buffer = io.StringIO()
    lines = csv.writer(buffer, lineterminator="\n")
    lines.writerow(["list", "about", "student", "detail"])
    for (exercise, name), entry in sorted(summary.explained.items()):
        lines.writerows(["misconception", exercise, harmless(row.student), name] for row in entry.rows)
    for concern in summary.concerns.values():
        lines.writerows(
            ["needs a person", concern.title, harmless(row.student), harmless(detail)]
            for row, detail in concern.found
        )
    return buffer.getvalue()


def bucket(students: int) -> int:
    """How many students one column of the heat map stands for.

    >>> bucket(400), bucket(401), bucket(5000)
    (1, 2, 13)
    """
    return max(1, -(-students // COLUMNS))


def verdicts_by_column(ordered: Sequence[Row], exercise: str) -> list[Verdict | None]:
    """For each student the verdict of their column: the one that most of it have, of two the worse student's."""
    size = bucket(len(ordered))
    shown: list[Verdict | None] = []
    for start in range(0, len(ordered), size):
        some = [row.verdicts.get(exercise) for row in ordered[start : start + size]]
        counts = Counter(reversed(some))
        shown += [counts.most_common(1)[0][0]] * len(some)
    return shown
