"""The instructor's page of one assignment, scores.csv beside it, and the table in the terminal.

Pictures first: how the class scored, where it failed and why; then what needs a person; then everyone.
The page is for the instructor: `flags` and the grader's own `log` stand in it, escaped.
"""

from __future__ import annotations

import csv
import io
import os
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.files import write_atomically
from autograder.model import CellResult, ExerciseResult, SubmissionResult, Verdict
from autograder.pipeline.feedback import feedback_file
from autograder.pipeline.pages import (
    WORDING,
    cell_name,
    plain_text,
    points,
    render,
    safe_name,
    unread_notebooks,
)
from autograder.pipeline.report_pages import (
    SHOWN,
    bucket,
    lists_csv,
    rows_pages,
    verdicts_by_column,
    write_pages,
)
from autograder.pipeline.spreadsheets import harmless

BINS = 10
_ENDED_BADLY = {"killed": "ended the process", "timed_out": "ran out of time", "skipped": "was not run"}


@dataclass
class Row:
    """One student. `verdicts` and `scores` go by exercise id; `link` is empty without feedback pages."""

    student: str
    link: str
    score: float
    share: float
    graded: bool
    verdicts: dict[str, Verdict]
    scores: dict[str, float]
    flags: list[str]
    written: dict[str, bool]


@dataclass
class Explained:
    """A misconception in one exercise, its advice and the students who have it."""

    exercise: str
    name: str
    advice: str = ""
    rows: list[Row] = field(default_factory=list)


@dataclass
class Concern:
    """Something that a person must look at: what, whose, and a line of detail for each of them."""

    title: str
    why: str
    found: list[tuple[Row, str]] = field(default_factory=list)

    @property
    def size(self) -> int:
        return len(self.found)


@dataclass
class ClassSummary:
    """A class, gathered in one pass: results may be a generator, nothing of them is kept but these lines."""

    rows: list[Row] = field(default_factory=list)
    max_scores: dict[str, float] = field(default_factory=dict)
    extra_credit: set[str] = field(default_factory=set)
    written: dict[str, float] = field(default_factory=dict)
    verdicts: dict[str, Counter[Verdict]] = field(default_factory=lambda: defaultdict(Counter))
    explained: dict[tuple[str, str], Explained] = field(default_factory=dict)
    concerns: dict[str, Concern] = field(default_factory=dict)
    isolations: Counter[str] = field(default_factory=Counter)

    def add(self, result: SubmissionResult, link: str = "") -> None:
        """Take in one submission."""
        checked = sum(exercise.max_score for exercise in result.exercises if not exercise.extra_credit)
        unread = unread_notebooks(result)
        row = Row(
            student=plain_text(result.student, 200),
            link=link,
            score=result.score,
            share=min(max(result.score / checked, 0.0), 1.0) if checked else 0.0,
            graded=any(exercise.notebook not in unread for exercise in result.exercises),
            verdicts={exercise.id: exercise.verdict for exercise in result.exercises},
            scores={exercise.id: exercise.score for exercise in result.exercises},
            flags=[plain_text(flag, 300) for flag in result.flags],
            written={answer.id: answer.answered for answer in result.written},
        )
        self.rows.append(row)
        self.isolations[result.isolation] += 1
        for answer in result.written:
            self.written.setdefault(answer.id, answer.max_score)
        for exercise in result.exercises:
            self.max_scores.setdefault(exercise.id, exercise.max_score)
            if exercise.extra_credit:
                self.extra_credit.add(exercise.id)
            self.verdicts[exercise.id][exercise.verdict] += 1
            self._add_misconceptions(row, exercise)
        self._add_concerns(row, result)

    def _add_misconceptions(self, row: Row, exercise: ExerciseResult) -> None:
        names = {exercise.misconception, *(check.misconception for check in exercise.checks)} - {None}
        for name in names:
            entry = self.explained.setdefault((exercise.id, name), Explained(exercise.id, name))
            entry.rows.append(row)
            if name == exercise.misconception and exercise.advice:
                entry.advice = exercise.advice

    def _add_concerns(self, row: Row, result: SubmissionResult) -> None:
        if not row.graded:
            self._concern("damaged", "Submissions that could not be run", row, "; ".join(row.flags))
        for exercise in result.exercises:
            if exercise.verdict is Verdict.BROKEN:
                detail = f"{exercise.id}: {plain_text(exercise.log or 'no log', 600)}"
                self._concern("broken", "The grader broke", row, detail)
            elif exercise.needs_manual_grade:
                self._concern("manual", "Exercises to grade by hand", row, exercise.id)
        unread = unread_notebooks(result)
        cells = [cell for cell in result.cells if cell.notebook not in unread]
        ended = [cell for cell in cells if cell.status in _ENDED_BADLY]
        if ended:
            detail = _first_of(ended, _ENDED_BADLY[ended[0].status])
            self._concern("cells", "Cells that did not run to the end", row, detail)
        errors = [cell for cell in cells if _is_surprising(cell)]
        if errors:
            detail = _first_of(errors, f"stopped with {plain_text(errors[0].error or 'an error', 120)}")
            self._concern("errors", "Cells that stopped with an error", row, detail)
        if row.graded:
            for flag in row.flags:
                self._concern("flags", "Flags", row, flag)

    def _concern(self, kind: str, title: str, row: Row, detail: str) -> None:
        self.concerns.setdefault(kind, Concern(title, _REASONS[kind])).found.append((row, detail))

    @property
    def exercises(self) -> list[str]:
        return list(self.max_scores)

    @property
    def checked(self) -> float:
        """The points that checks give, extra credit left out."""
        return sum(points for name, points in self.max_scores.items() if name not in self.extra_credit)

    def histogram(self) -> list[int]:
        """Students by share of the points that were checked, in ten bins; full marks count in the last."""
        bins = [0] * BINS
        for row in self.rows:
            bins[min(int(row.share * BINS + 1e-9), BINS - 1)] += 1
        return bins

    def strips(self) -> dict[str, list[tuple[int, int, Verdict, str]]]:
        """The heat map: by exercise, runs (start, length, verdict, students), the best score first."""
        ordered = sorted(self.rows, key=lambda row: (-row.share, row.student))
        return {exercise: _runs(ordered, exercise) for exercise in self.exercises}


_REASONS = {
    "damaged": "Nothing of them was graded. Ask the student to hand in again.",
    "broken": "What could not be checked counts as right until you decide; the check needs a repair.",
    "manual": "The grader asks for a person.",
    "cells": "Everything after such a cell ran from the state before it.",
    "flags": "What the grader noticed about a submission.",
    "errors": "These cost nothing by themselves; what they define may be missing afterwards. "
    "Stubs that are not written are left out.",
}


def _is_surprising(cell: CellResult) -> bool:
    """An error that neither a stub nor a public check explains: those belong to their exercise."""
    expected = (cell.error or "").startswith("NotImplementedError") or (cell.grade_id or "").endswith(
        "-check"
    )
    return cell.status == "error" and not expected


def _first_of(cells: list[CellResult], what: str) -> str:
    more = f" (and {len(cells) - 1} more)" if len(cells) > 1 else ""
    return f"{plain_text(cell_name(cells[0]), 200)} {what}{more}"


def report_page(summary: ClassSummary, title: str, course_title: str = "") -> str:
    """The first page, which is the whole report of a class that is not large, as HTML that needs nothing else."""
    shares = [row.share for row in summary.rows]
    explained = summary.explained.values()
    rows = sorted(summary.rows, key=lambda row: row.student)
    return render(
        "report.html",
        title=title,
        course=course_title,
        summary=summary,
        rows=rows,
        pages=rows_pages(rows),
        shown=SHOWN,
        bucket=bucket(len(rows)),
        checked=summary.checked,
        mean=statistics.fmean(shares) if shares else 0.0,
        median=statistics.median(shares) if shares else 0.0,
        full=sum(row.share == 1 for row in summary.rows),
        graded=sum(row.graded for row in summary.rows),
        misconceptions=sorted(explained, key=lambda one: (-len(one.rows), one.exercise, one.name)),
        concerns=[summary.concerns[kind] for kind in _REASONS if kind in summary.concerns],
        answered=Counter(name for row in summary.rows for name, answered in row.written.items() if answered),
    )


def write_report(
    results: Iterable[SubmissionResult],
    assignment: str,
    assignment_title: str,
    folder: Path,
    feedback: Path | None = None,
    course_title: str = "",
) -> Path:
    """Write `folder/ASSIGNMENT/index.html`, `scores.csv`, `lists.csv` and a large class's pages, each atomically;
    return the first page's path.

    `feedback` is the folder that `write_feedback` wrote to; names then link to the students' pages, relative
    to the report. Results are read once, in order.
    """
    page = Path(folder) / safe_name(assignment) / "index.html"
    summary = ClassSummary()
    for result in results:
        summary.add(result, _link(page.parent, feedback, result))
    write_atomically(page.with_name("scores.csv"), scores_csv(summary).encode("utf-8", "replace"))
    write_atomically(page.with_name("lists.csv"), lists_csv(summary).encode("utf-8", "replace"))
    pages = rows_pages(sorted(summary.rows, key=lambda row: row.student))
    write_pages(page.parent, pages, summary, assignment_title, course_title)
    write_atomically(page, report_page(summary, assignment_title, course_title).encode("utf-8", "replace"))
    return page


def scores_csv(summary: ClassSummary) -> str:
    """One line for each student, in the order of the results; a written answer is `to mark` or `empty`."""
    buffer = io.StringIO()
    states = {True: "to mark", False: "empty", None: ""}
    lines = csv.writer(buffer, lineterminator="\n")
    header = ["student", "score", "max_score", *summary.exercises, *summary.written, "flags"]
    lines.writerow([harmless(name) for name in header])
    for row in summary.rows:
        exercises = [points(row.scores[name]) if name in row.scores else "" for name in summary.exercises]
        written = [states[row.written.get(name)] for name in summary.written]
        total = [points(row.score), points(summary.checked)]
        flags = harmless("; ".join(row.flags))
        lines.writerow([harmless(row.student), *total, *exercises, *written, flags])
    return buffer.getvalue()


def print_table(results: Iterable[SubmissionResult], console: Console) -> None:
    """The class in a terminal: score, one symbol for each exercise, flags; a legend explains the numbers."""
    summary = ClassSummary()
    for result in results:
        summary.add(result)
    print_summary(summary, console)


def print_summary(summary: ClassSummary, console: Console) -> None:
    """As `print_table`, of results that were gathered already."""
    symbols = _ASCII if console.options.ascii_only else _SYMBOLS
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("student", no_wrap=True, overflow="ellipsis", max_width=32)
    table.add_column("score", justify="right", no_wrap=True)
    for number, _ in enumerate(summary.exercises, 1):
        table.add_column(str(number), justify="center", no_wrap=True)
    table.add_column("flags", overflow="ellipsis", no_wrap=True)
    widest = min(max((len(row.student) for row in summary.rows), default=7), 32)
    room = max(console.width - widest - 3 * len(summary.exercises) - 10, 10)
    for row in summary.rows:
        marks = [_mark(row.verdicts.get(exercise), symbols) for exercise in summary.exercises]
        flags = Text("; ".join(row.flags).replace("\n", " "), "yellow")
        flags.truncate(room, overflow="ellipsis")
        table.add_row(Text(row.student.replace("\n", " ")), points(row.score), *marks, flags)
    console.print(table)
    key = "  ".join(f"{number} {name.rpartition('.')[2]}" for number, name in enumerate(summary.exercises, 1))
    used = Counter(verdict for row in summary.rows for verdict in row.verdicts.values())
    legend = Text("  ").join(
        Text.assemble(_mark(verdict, symbols), f" {WORDING[verdict].label}")
        for verdict in Verdict
        if used[verdict]
    )
    if summary.exercises:
        console.print(Text(f"\n{key}", "dim"))
        console.print(legend)


_STYLES = {
    Verdict.PASSED: "green",
    Verdict.FAILED: "red",
    Verdict.CRASHED: "magenta",
    Verdict.TIMED_OUT: "yellow",
    Verdict.NOT_WRITTEN: "bright_black",
    Verdict.BROKEN: "bold blue",
}
_SYMBOLS = dict(zip(Verdict, "✓✗!T·?", strict=True))
_ASCII = dict(zip(Verdict, "+x!T-?", strict=True))


def _mark(verdict: Verdict | None, symbols: dict[Verdict, str]) -> Text:
    return Text(symbols[verdict], _STYLES[verdict]) if verdict else Text(" ")


def _link(folder: Path, feedback: Path | None, result: SubmissionResult) -> str:
    if feedback is None:
        return ""
    return os.path.relpath(feedback_file(feedback, result.student, result.assignment), folder)


def _runs(ordered: list[Row], exercise: str) -> list[tuple[int, int, Verdict, str]]:
    runs = []
    start = 0
    columns = zip(verdicts_by_column(ordered, exercise), ordered, strict=True)
    for verdict, group in groupby(columns, key=lambda column: column[0]):
        rows = [row for _, row in group]
        if verdict is not None:
            names = ", ".join(row.student for row in rows[:4]) + (
                f" and {len(rows) - 4} more" if len(rows) > 4 else ""
            )
            runs.append((start, len(rows), verdict, names))
        start += len(rows)
    return runs
