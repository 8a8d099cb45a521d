"""Samples to try things with: pages of text and a whole class."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .shared import course_of, print_results, progress, write_class_report

if TYPE_CHECKING:
    from ..course import Course


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--level", "levels", type=click.IntRange(1, 4), multiple=True,
    help="1 is nearly a scan, 4 the hardest; may be given again. By default all.",
)  # fmt: skip
@click.option(
    "--count", default=2, show_default=True, type=click.IntRange(1, 1000), help="Pages of each level."
)
@click.option(
    "--seed", default=0, show_default=True, type=click.IntRange(0), help="Other seeds, other pages."
)
@click.option(
    "--fonts", type=click.Choice(["train", "valid", "hidden"]), default="valid", show_default=True,
    help="Fonts of the students' training set, of their validation set, or the grader's own.",
)  # fmt: skip
@click.option("--size", default=40, show_default=True, type=click.IntRange(16, 200), help="Height in pixels.")
@click.option("--force", is_flag=True, help="Replace the pages that the folder has.")
def pages(
    folder: Path, levels: tuple[int, ...], count: int, seed: int, fonts: str, size: int, force: bool
) -> None:
    """Draw pages of hand-printed text: PNG files and pages.json with each one's text and boxes.

    Example: chainrule pages exam --level 3 --level 4 --count 5 --seed 2026 --fonts hidden
    """
    from student_lib.pages import TRUTH, save_pages

    from ..pipeline.make_pages import make_pages

    if (folder / TRUTH).exists() and not force:
        raise click.UsageError(f"{folder} has pages already: name another folder, or say --force")
    with progress("Drawing pages") as report:
        made = make_pages(levels or (1, 2, 3, 4), count, fonts, seed, size, report)
    save_pages(made, folder)
    click.echo(f"{len(made)} pages, {sum(len(page.boxes) for page in made)} characters in {folder}")


@click.command()
@click.option("--to", "target", default="demo", type=click.Path(path_type=Path), help="Where to write.")
@click.option("--workers", type=click.IntRange(1, 256), help="Processes that grade; by default one a core.")
@click.pass_context
def demo(ctx: click.Context, target: Path, workers: int | None) -> None:
    """Run the whole road on a sample class: release, grade, feedback, report.

    Example: chainrule demo --to /tmp/demo
    """
    from ..pipeline.demo import write_sample_class
    from ..pipeline.feedback import write_feedback
    from ..pipeline.grade import grade as run
    from ..pipeline.release import release as generate

    course = demo_course(course_of(ctx), target)
    item = course.assignment("backprop")
    for other in course.assignments():
        click.echo(f"Releasing {other.name} ...")
        generate(course, other)
    students = write_sample_class(course.root, item.name)
    with progress(f"Grading {len(students)} submissions") as show:
        batch = run(course, item, workers=workers, progress=show)
    write_feedback(batch.results, course.feedback, item.title)
    page = write_class_report(course, item, batch.results)
    print_results(batch.results)
    click.echo(f"The class report:  {page}")
    click.echo(f"Feedback pages:    {course.feedback}/STUDENT/{item.name}/index.html")
    click.echo(f"Result files:      {course.results / item.name}/STUDENT.json")


def demo_course(course: Course, target: Path) -> Course:
    """A fresh course at `target` with copies of this one's sources. What an earlier demo left there goes."""
    from ..course import Course
    from ..errors import CourseError

    mark = target / ".chainrule-demo"
    if target.exists() and not mark.exists() and any(target.iterdir()):
        raise CourseError(f"{target} holds something that no demo made: name an empty folder with --to")
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    mark.touch()
    shutil.copy(course.root / "nbgrader_config.py", target)
    shutil.copytree(course.root / "assignments", target / "assignments")
    shutil.copytree(course.source, target / "source")
    return Course(target)
