"""What happened, what is kept, and whether this machine can grade: trail, changes, cache, doctor."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from .shared import course_of


@click.command()
@click.argument("assignment")
@click.option(
    "--student", "students", multiple=True, help="Only lines about this student; may be given again."
)
@click.option("--check", "checking", is_flag=True, help="Only say whether the trail holds.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.pass_context
def trail(
    ctx: click.Context, assignment: str, students: tuple[str, ...], checking: bool, as_json: bool
) -> None:
    """Print what happened to an assignment's results, and verify that nobody changed the record of it.

    Example: chainrule trail backprop --student ada
    """
    from ..pipeline.trail_text import print_trail

    course = course_of(ctx)
    problems = print_trail(course, course.assignment(assignment), students, checking, as_json, click.echo)
    for problem in problems:
        click.echo(f"chainrule: {problem}", err=True)
    ctx.exit(4 if problems else 0)


@click.command()
@click.argument("assignment")
@click.option("--student", "students", multiple=True, help="Only this student; may be given again.")
@click.option("--json", "as_json", is_flag=True, help="Print the changes as a JSON list.")
@click.pass_context
def changes(ctx: click.Context, assignment: str, students: tuple[str, ...], as_json: bool) -> None:
    """Show what the last regrade changed, exercise by exercise, and why.

    Example: chainrule changes backprop
    """
    from ..pipeline import changes as history

    course = course_of(ctx)
    found = history.changes(course, course.assignment(assignment), list(students))
    click.echo(json.dumps([asdict(one) for one in found], indent=1) if as_json else history.as_text(found))


@click.command()
@click.argument("assignment", required=False)
@click.option("--clear", is_flag=True, help="Take nothing from earlier results any more; they are kept.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as a JSON list.")
@click.pass_context
def cache(ctx: click.Context, assignment: str | None, clear: bool, as_json: bool) -> None:
    """Say what is kept of graded work and how often it saved a run; by default of all assignments.

    Example: chainrule cache backprop --clear
    """
    from ..pipeline.cache import clear as forget
    from ..pipeline.cache import examine

    course = course_of(ctx)
    items = [course.assignment(assignment)] if assignment else course.assignments()
    if clear:
        for item in items:
            forget(course, item)
            click.echo(f"{item.name}: the next `chainrule grade` takes nothing from earlier results")
        return
    reports = [examine(course, item) for item in items]
    if as_json:
        click.echo(json.dumps([vars(report) for report in reports], indent=1))
    else:
        click.echo("\n".join(report.line() for report in reports))


@click.command()
@click.option("--deep", is_flag=True, help="Also list what code inside the sandbox tried and did not reach.")
@click.pass_context
def doctor(ctx: click.Context, deep: bool) -> None:
    """Say whether this machine can grade, and what to do if not.

    Example: chainrule doctor --deep
    """
    from ..doctor import examine

    findings = examine(ctx.obj, deep)
    for finding in findings:
        click.echo(finding.line())
    ctx.exit(0 if all(finding.ok for finding in findings) else 3)
