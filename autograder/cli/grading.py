"""From the instructor's notebooks to grades: release and grade."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .shared import course_of, print_results, progress

if TYPE_CHECKING:
    from ..course import Assignment, Course
    from ..pipeline.cluster import Cluster
    from ..pipeline.grade import Batch
    from ..pipeline.report import ClassSummary
    from ..pipeline.verify import Verification

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("assignment", required=False)
@click.option("--all", "everything", is_flag=True, help="Every assignment of the course.")
@click.pass_context
def release(ctx: click.Context, assignment: str | None, everything: bool) -> None:
    """Generate what students get.

    Example: chainrule release backprop
    """
    from ..pipeline.release import release as generate

    course = course_of(ctx)
    if everything == bool(assignment):
        raise click.UsageError("name one assignment, or say --all")
    for item in course.assignments() if everything else [course.assignment(assignment)]:
        made = generate(course, item)
        changed = f"{len(made.changed)} files changed" if made.changed else "nothing changed"
        click.echo(
            f"{made.folder}: {', '.join(made.notebooks)}; {len(made.exercises)} exercises, "
            f"{made.points:g} points; {changed}"
        )


@click.command()
@click.argument("assignment")
@click.option("--student", "students", multiple=True, help="Only this student; may be given again.")
@click.option("--workers", type=click.IntRange(1, 256), help="Processes that grade; by default one a core.")
@click.option("--force", is_flag=True, help="Grade again what has not changed.")
@click.option(
    "--verify", is_flag=True, help="Grade everything twice; report what does not come out the same."
)
@click.option("--scheduler", metavar="tls://HOST:PORT", help="Grade on the workers of this Dask cluster.")
@click.option(
    "--tls-ca", type=_FILE, help="The cluster's certificate authority; by default as Dask is set up."
)
@click.option("--tls-cert", type=_FILE, help="The certificate that this machine shows to the scheduler.")
@click.option("--tls-key", type=_FILE, help="The certificate's private key.")
@click.option("--insecure", is_flag=True, help="Talk in the clear to a scheduler on another machine.")
@click.option("--json", "as_json", is_flag=True, help="Print the results as a JSON list.")
@click.pass_context
def grade(
    ctx: click.Context,
    assignment: str,
    students: tuple[str, ...],
    workers: int | None,
    force: bool,
    verify: bool,
    scheduler: str | None,
    tls_ca: Path | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    insecure: bool,
    as_json: bool,
) -> None:
    """Grade what was submitted, in the sandbox, and record it in the gradebook.

    With --scheduler, the workers of a Dask cluster grade (docs/cluster.md); only this machine writes results, and
    --verify grades again on this machine.

    Example: chainrule grade backprop --student ada
    """
    from ..pipeline.grade import grade as run

    cluster = _cluster(scheduler, tls_ca, tls_cert, tls_key, insecure)
    if cluster and workers and not verify:
        raise click.UsageError(
            "--workers counts this machine's processes; a cluster has as many as you start."
        )
    course = course_of(ctx)
    item = course.assignment(assignment)
    with progress(f"Grading {assignment}") as report:
        batch = run(course, item, list(students), cluster or workers, force, report)
    verified = _verify(course, item, batch, workers) if verify else None
    if as_json:
        click.echo(json.dumps([result.public() for result in batch.results], indent=1))
    else:
        # What was graded twice has new flags.
        print_results(batch.results if verified else batch.summary)
        known = f", {batch.skipped} unchanged since they were graded" if batch.skipped else ""
        click.echo(f"{batch.graded} graded{known}. Next: chainrule feedback {assignment}")
        if verified:
            click.echo(verified.as_text())
    ctx.exit(4 if verified and verified.differences else _exit_code(batch.summary))


def _cluster(
    scheduler: str | None, ca: Path | None, cert: Path | None, key: Path | None, insecure: bool
) -> Cluster | None:
    """The cluster that the options name, if they do."""
    if scheduler is None:
        if ca or cert or key or insecure:
            raise click.UsageError("--tls-ca, --tls-cert, --tls-key and --insecure belong to --scheduler.")
        return None
    from ..pipeline.cluster import Cluster
    from ..pipeline.cluster_link import Link

    return Cluster(Link(scheduler, ca, cert, key, insecure), lambda line: click.echo(line, err=True))


def _verify(course: Course, item: Assignment, batch: Batch, workers: int | None) -> Verification:
    from ..pipeline.verify import verify

    with progress(f"Grading {item.name} again") as report:
        return verify(course, item, batch, workers, report)


def _exit_code(summary: ClassSummary) -> int:
    from ..model import Verdict

    if any(verdicts[Verdict.BROKEN] for verdicts in summary.verdicts.values()):
        click.echo("chainrule: the grader failed on some exercises; see the flags above", err=True)
        return 4
    return 1 if any("could not be read" in flag for row in summary.rows for flag in row.flags) else 0
