"""What a class hands in and what it and its instructor get to read: collect, feedback, report, leaderboard."""

from __future__ import annotations

from pathlib import Path

import click

from .shared import course_of, progress, write_class_report


@click.command()
@click.argument("assignment")
@click.argument(
    "paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(exists=True, path_type=Path)
)
@click.option("--student", help="Everything is this student's, as with work that came by mail.")
@click.option(
    "--names", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A CSV file: name,student or name,student,time; from the platform's names to student ids.",
)  # fmt: skip
@click.pass_context
def collect(
    ctx: click.Context, assignment: str, paths: tuple[Path, ...], student: str | None, names: Path | None
) -> None:
    """Put what was handed in into submitted/: a platform's bulk download, or folders of students' work.

    PATH is the zip that Moodle, Canvas or Blackboard gives out, or a folder with a folder, a zip or tar.gz, or a
    notebook for each student. What is nobody's for certain is listed and left; what is replaced is kept.

    Example: chainrule collect backprop downloads/backprop.zip --names names.csv
    """
    from ..pipeline.collect import collect as run

    course = course_of(ctx)
    item = course.assignment(assignment)
    with progress(f"Collecting {assignment}") as show:
        collected = run(course, item, list(paths), student, names, show)
    click.echo(collected.as_text(item.due))
    click.echo(f"Next: chainrule grade {assignment}")
    ctx.exit(1 if collected.left else 0)


@click.command()
@click.argument("assignment")
@click.pass_context
def feedback(ctx: click.Context, assignment: str) -> None:
    """Write one page for each student, from the results.

    Example: chainrule feedback backprop
    """
    from ..pipeline.feedback import write_feedback
    from ..pipeline.results import read_results

    course = course_of(ctx)
    item = course.assignment(assignment)
    pages = write_feedback(read_results(course, item), course.feedback, item.title)
    click.echo(f"{len(pages)} pages below {course.feedback}")


@click.command()
@click.argument("assignment")
@click.pass_context
def report(ctx: click.Context, assignment: str) -> None:
    """Write the instructor's page about the whole class.

    Example: chainrule report backprop
    """
    from ..pipeline.results import read_results

    course = course_of(ctx)
    item = course.assignment(assignment)
    click.echo(f"wrote {write_class_report(course, item, read_results(course, item))}")


@click.command()
@click.argument("assignment")
@click.option("--record", is_flag=True, help="Also put the points into the gradebook, after the deadline.")
@click.option("--workers", type=click.IntRange(1, 256), help="Processes that judge; by default one a core.")
@click.pass_context
def leaderboard(ctx: click.Context, assignment: str, record: bool, workers: int | None) -> None:
    """Archive and judge new uploads of a challenge, rank the class, write the page; after every collecting.

    Example: chainrule leaderboard noisy_digits
    """
    from ..pipeline.leaderboard import run

    course = course_of(ctx)
    with progress(f"Judging {assignment}") as show:
        board = run(course, course.assignment(assignment), workers, record, show)
    click.echo(board.as_text())
    ctx.exit(4 if board.with_state("broken") else 0)
