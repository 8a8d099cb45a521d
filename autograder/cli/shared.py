"""What several verbs need: the course that is meant, a progress bar, the class as a table and as a page."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ..course import Assignment, Course
    from ..model import SubmissionResult
    from ..pipeline.report import ClassSummary


def course_of(ctx: click.Context) -> Course:
    """The course of --course, else the nearest one upwards. Raises CourseError when there is none."""
    from ..course import Course

    return Course(ctx.obj) if ctx.obj else Course.find(Path.cwd())


def write_class_report(course: Course, item: Assignment, results: Iterable[SubmissionResult]) -> Path:
    """The instructor's page about the whole class; its path."""
    from ..pipeline.report import write_report

    return write_report(results, item.name, item.title, course.report, course.feedback)


def print_results(graded: Iterable[SubmissionResult] | ClassSummary) -> None:
    """The class as a table: a line for each student, from the results or from their summary."""
    from rich.console import Console

    from ..pipeline.report import ClassSummary, print_summary, print_table

    if isinstance(graded, ClassSummary):
        print_summary(graded, Console())
    else:
        print_table(graded, Console())


@contextlib.contextmanager
def progress(title: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar with the time left, on standard error."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("left"),
               TimeRemainingColumn())  # fmt: skip
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
