"""Tests of the tests: audit and calibrate."""

from __future__ import annotations

import json

import click

from .shared import course_of, progress


@click.command()
@click.argument("assignment")
@click.option(
    "--verify", is_flag=True, help="Grade everything twice; report what does not come out the same."
)
@click.option("--json", "as_json", is_flag=True, help="Print counts and what was missed as JSON.")
@click.option("--workers", type=click.IntRange(1, 256), help="Processes; by default one a core.")
@click.pass_context
def audit(ctx: click.Context, assignment: str, verify: bool, as_json: bool, workers: int | None) -> None:
    """Test the tests: wrong solutions must lose points by name, unusual right ones must score in full.

    Example: chainrule audit backprop --json
    """
    from ..pipeline.audit import audit as run

    course = course_of(ctx)
    with progress(f"Auditing {assignment}") as show:
        outcome = run(course, course.assignment(assignment), workers, show, verify)
    click.echo(json.dumps(outcome.as_dict(), indent=1) if as_json else outcome.as_text())
    ctx.exit(0 if outcome.clean else 4)


@click.command()
@click.argument("assignment", required=False)
@click.option("--all", "everything", is_flag=True, help="Every assignment, each with its evidence written.")
@click.option("--seeds", default=30, show_default=True, type=click.IntRange(2), help="Runs of the reference.")
@click.option(
    "--corpus-seeds",
    default=5,
    show_default=True,
    type=click.IntRange(1),
    help="Runs of each right and wrong solution of the corpus.",
)
@click.option("--write", is_flag=True, help="Write calibration.md and .png beside assignment.toml.")
@click.option("--pick", is_flag=True, help="Also put the picked limits into assignment.toml.")
@click.option("--workers", type=click.IntRange(1, 256), help="Processes; by default one a core.")
@click.pass_context
def calibrate(
    ctx: click.Context,
    assignment: str | None,
    everything: bool,
    seeds: int,
    corpus_seeds: int,
    write: bool,
    pick: bool,
    workers: int | None,
) -> None:
    """Measure the thresholds: what the reference and the corpus's solutions reach over many seeds.

    Example: chainrule calibrate fourier_features --seeds 100
    """
    from ..pipeline import calibrate as measuring

    course = course_of(ctx)
    if everything == bool(assignment):
        raise click.UsageError("name one assignment, or say --all")
    for item in course.assignments() if everything else [course.assignment(assignment)]:
        with progress(f"Calibrating {item.name}") as show:
            measured = measuring.calibrate(course, item, seeds, corpus_seeds, workers, show)
        if not measured:
            click.echo(f"{item.name} compares with no measured limit")
            continue
        if pick:
            for name, limit in measuring.write_limits(item, measured).items():
                click.echo(f"{item.name}: {name} = {limit:g}")
                next(one for one in measured if one.name == name).limit = limit
        click.echo(f"## {item.name}\n\n{measuring.table(measured)}\n")
        if write or everything:
            click.echo(f"wrote {measuring.write_evidence(item, measured, seeds, corpus_seeds)}")
