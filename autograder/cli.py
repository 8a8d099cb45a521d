"""The command `chainrule`: release, collect, grade, feedback, report, leaderboard, audit, calibrate, doctor, demo...

Exit codes: 0 all is well, 1 some submission could not be read, 2 wrong usage or an unusable course, 3 the sandbox
cannot run here, 4 the grader itself failed on something, 130 and 143 stopped by Ctrl-C and by SIGTERM. Heavy imports
wait until a verb needs them.
"""

from __future__ import annotations

import contextlib
import difflib
import json
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .errors import ChainruleError

if TYPE_CHECKING:
    from .course import Assignment, Course
    from .model import SubmissionResult
    from .pipeline.cluster import Cluster
    from .pipeline.grade import Batch
    from .pipeline.report import ClassSummary
    from .pipeline.verify import Verification


_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


class Verbs(click.Group):
    """Suggests the nearest verb, lists verbs in the order of work, and turns our errors into exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] not in self.commands:
            near = difflib.get_close_matches(args[0], self.commands, 1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise click.UsageError(f"there is no verb {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ChainruleError as error:
            click.echo(f"chainrule: {error}", err=True)
            ctx.exit(error.exit_code)


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--course",
    "root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The course's folder; by default the nearest one upwards that holds nbgrader_config.py.",
)
@click.version_option(package_name="chainrule")
@click.pass_context
def main(ctx: click.Context, root: Path | None) -> None:
    """Chainrule: generate releases, grade submissions in a sandbox, write feedback and reports."""
    # jsonschema, which nbformat imports, would build a grammar for a format (IRI) that no notebook's schema has: 2 s.
    sys.modules.setdefault("rfc3987_syntax", None)
    ctx.obj = root


def _course(ctx: click.Context) -> Course:
    from .course import Course

    return Course(ctx.obj) if ctx.obj else Course.find(Path.cwd())


@main.command()
@click.argument("assignment", required=False)
@click.option("--all", "everything", is_flag=True, help="Every assignment of the course.")
@click.pass_context
def release(ctx: click.Context, assignment: str | None, everything: bool) -> None:
    """Generate what students get.

    Example: chainrule release backprop
    """
    from .pipeline.release import release as generate

    course = _course(ctx)
    if everything == bool(assignment):
        raise click.UsageError("name one assignment, or say --all")
    for item in course.assignments() if everything else [course.assignment(assignment)]:
        made = generate(course, item)
        changed = f"{len(made.changed)} files changed" if made.changed else "nothing changed"
        click.echo(
            f"{made.folder}: {', '.join(made.notebooks)}; {len(made.exercises)} exercises, "
            f"{made.points:g} points; {changed}"
        )


@main.command()
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
    from .pipeline.collect import collect as run

    course = _course(ctx)
    item = course.assignment(assignment)
    with _progress(f"Collecting {assignment}") as show:
        collected = run(course, item, list(paths), student, names, show)
    click.echo(collected.as_text(item.due))
    click.echo(f"Next: chainrule grade {assignment}")
    ctx.exit(1 if collected.left else 0)


@main.command()
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
    from .pipeline.grade import grade as run

    cluster = _cluster(scheduler, tls_ca, tls_cert, tls_key, insecure)
    if cluster and workers and not verify:
        raise click.UsageError(
            "--workers counts this machine's processes; a cluster has as many as you start."
        )
    course = _course(ctx)
    item = course.assignment(assignment)
    with _progress(f"Grading {assignment}") as report:
        batch = run(course, item, list(students), cluster or workers, force, report)
    verified = _verify(course, item, batch, workers) if verify else None
    if as_json:
        click.echo(json.dumps([result.public() for result in batch.results], indent=1))
    else:
        # What was graded twice has new flags.
        _table(batch.results if verified else batch.summary)
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
    from .pipeline.cluster import Cluster
    from .pipeline.cluster_link import Link

    return Cluster(Link(scheduler, ca, cert, key, insecure), lambda line: click.echo(line, err=True))


def _verify(course: Course, item: Assignment, batch: Batch, workers: int | None) -> Verification:
    from .pipeline.verify import verify

    with _progress(f"Grading {item.name} again") as report:
        return verify(course, item, batch, workers, report)


@main.command()
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
    from .pipeline.trail_text import print_trail

    course = _course(ctx)
    problems = print_trail(course, course.assignment(assignment), students, checking, as_json, click.echo)
    for problem in problems:
        click.echo(f"chainrule: {problem}", err=True)
    ctx.exit(4 if problems else 0)


@main.command()
@click.argument("assignment")
@click.option("--student", "students", multiple=True, help="Only this student; may be given again.")
@click.option("--json", "as_json", is_flag=True, help="Print the changes as a JSON list.")
@click.pass_context
def changes(ctx: click.Context, assignment: str, students: tuple[str, ...], as_json: bool) -> None:
    """Show what the last regrade changed, exercise by exercise, and why.

    Example: chainrule changes backprop
    """
    from .pipeline import changes as history

    course = _course(ctx)
    found = history.changes(course, course.assignment(assignment), list(students))
    click.echo(json.dumps([asdict(one) for one in found], indent=1) if as_json else history.as_text(found))


@main.command()
@click.argument("assignment")
@click.pass_context
def feedback(ctx: click.Context, assignment: str) -> None:
    """Write one page for each student, from the results.

    Example: chainrule feedback backprop
    """
    from .pipeline.feedback import write_feedback
    from .pipeline.results import read_results

    course = _course(ctx)
    item = course.assignment(assignment)
    pages = write_feedback(read_results(course, item), course.feedback, item.title)
    click.echo(f"{len(pages)} pages below {course.feedback}")


@main.command()
@click.argument("assignment")
@click.pass_context
def report(ctx: click.Context, assignment: str) -> None:
    """Write the instructor's page about the whole class.

    Example: chainrule report backprop
    """
    from .pipeline.results import read_results

    course = _course(ctx)
    item = course.assignment(assignment)
    click.echo(f"wrote {_report(course, item, read_results(course, item))}")


@main.command()
@click.argument("assignment")
@click.option("--record", is_flag=True, help="Also put the points into the gradebook, after the deadline.")
@click.option("--workers", type=click.IntRange(1, 256), help="Processes that judge; by default one a core.")
@click.pass_context
def leaderboard(ctx: click.Context, assignment: str, record: bool, workers: int | None) -> None:
    """Archive and judge new uploads of a challenge, rank the class, write the page; after every collecting.

    Example: chainrule leaderboard noisy_digits
    """
    from .pipeline.leaderboard import run

    course = _course(ctx)
    with _progress(f"Judging {assignment}") as show:
        board = run(course, course.assignment(assignment), workers, record, show)
    click.echo(board.as_text())
    ctx.exit(4 if board.with_state("broken") else 0)


@main.command()
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
    from .pipeline.audit import audit as run

    course = _course(ctx)
    with _progress(f"Auditing {assignment}") as show:
        outcome = run(course, course.assignment(assignment), workers, show, verify)
    click.echo(json.dumps(outcome.as_dict(), indent=1) if as_json else outcome.as_text())
    ctx.exit(0 if outcome.clean else 4)


@main.command()
@click.argument("assignment", required=False)
@click.option("--all", "everything", is_flag=True, help="Every assignment, each with its evidence written.")
@click.option("--seeds", default=30, show_default=True, type=click.IntRange(2), help="Runs of the reference.")
@click.option("--write", is_flag=True, help="Write calibration.md and .png beside assignment.toml.")
@click.option("--pick", is_flag=True, help="Also put the picked limits into assignment.toml.")
@click.option("--workers", type=click.IntRange(1, 256), help="Processes; by default one a core.")
@click.pass_context
def calibrate(
    ctx: click.Context,
    assignment: str | None,
    everything: bool,
    seeds: int,
    write: bool,
    pick: bool,
    workers: int | None,
) -> None:
    """Measure the thresholds: what the reference and the wrong solutions reach over many seeds.

    Example: chainrule calibrate fourier_features --seeds 100
    """
    from .pipeline import calibrate as measuring

    course = _course(ctx)
    if everything == bool(assignment):
        raise click.UsageError("name one assignment, or say --all")
    for item in course.assignments() if everything else [course.assignment(assignment)]:
        with _progress(f"Calibrating {item.name}") as show:
            measured = measuring.calibrate(course, item, seeds, workers=workers, progress=show)
        if not measured:
            click.echo(f"{item.name} compares with no measured limit")
            continue
        if pick:
            for name, limit in measuring.write_limits(item, measured).items():
                click.echo(f"{item.name}: {name} = {limit:g}")
                next(one for one in measured if one.name == name).limit = limit
        click.echo(f"## {item.name}\n\n{measuring.table(measured)}\n")
        if write or everything:
            click.echo(f"wrote {measuring.write_evidence(item, measured, seeds)}")


@main.command()
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

    from .pipeline.make_pages import make_pages

    if (folder / TRUTH).exists() and not force:
        raise click.UsageError(f"{folder} has pages already: name another folder, or say --force")
    with _progress("Drawing pages") as report:
        made = make_pages(levels or (1, 2, 3, 4), count, fonts, seed, size, report)
    save_pages(made, folder)
    click.echo(f"{len(made)} pages, {sum(len(page.boxes) for page in made)} characters in {folder}")


@main.command()
@click.argument("assignment", required=False)
@click.option("--clear", is_flag=True, help="Take nothing from earlier results any more; they are kept.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as a JSON list.")
@click.pass_context
def cache(ctx: click.Context, assignment: str | None, clear: bool, as_json: bool) -> None:
    """Say what is kept of graded work and how often it saved a run; by default of all assignments.

    Example: chainrule cache backprop --clear
    """
    from .pipeline.cache import clear as forget
    from .pipeline.cache import examine

    course = _course(ctx)
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


@main.command()
@click.option("--deep", is_flag=True, help="Also list what code inside the sandbox tried and did not reach.")
@click.pass_context
def doctor(ctx: click.Context, deep: bool) -> None:
    """Say whether this machine can grade, and what to do if not.

    Example: chainrule doctor --deep
    """
    from .doctor import examine

    findings = examine(ctx.obj, deep)
    for finding in findings:
        click.echo(finding.line())
    ctx.exit(0 if all(finding.ok for finding in findings) else 3)


@main.command()
@click.option("--to", "target", default="demo", type=click.Path(path_type=Path), help="Where to write.")
@click.option("--workers", type=click.IntRange(1, 256), help="Processes that grade; by default one a core.")
@click.pass_context
def demo(ctx: click.Context, target: Path, workers: int | None) -> None:
    """Run the whole road on a sample class: release, grade, feedback, report.

    Example: chainrule demo --to /tmp/demo
    """
    from .pipeline.demo import write_sample_class
    from .pipeline.feedback import write_feedback
    from .pipeline.grade import grade as run
    from .pipeline.release import release as generate

    course = _demo_course(_course(ctx), target)
    item = course.assignment("backprop")
    for other in course.assignments():
        click.echo(f"Releasing {other.name} ...")
        generate(course, other)
    students = write_sample_class(course.root, item.name)
    with _progress(f"Grading {len(students)} submissions") as show:
        batch = run(course, item, workers=workers, progress=show)
    write_feedback(batch.results, course.feedback, item.title)
    page = _report(course, item, batch.results)
    _table(batch.results)
    click.echo(f"The class report:  {page}")
    click.echo(f"Feedback pages:    {course.feedback}/STUDENT/{item.name}/index.html")
    click.echo(f"Result files:      {course.results / item.name}/STUDENT.json")


def _demo_course(course: Course, target: Path) -> Course:
    """A fresh course at `target` with copies of this one's sources. What an earlier demo left there goes."""
    from .course import Course
    from .errors import CourseError

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


def _report(course: Course, item: Assignment, results: Iterable[SubmissionResult]) -> Path:
    from .pipeline.report import write_report

    return write_report(results, item.name, item.title, course.report, course.feedback)


def _table(graded: Iterable[SubmissionResult] | ClassSummary) -> None:
    from rich.console import Console

    from .pipeline.report import ClassSummary, print_summary, print_table

    if isinstance(graded, ClassSummary):
        print_summary(graded, Console())
    else:
        print_table(graded, Console())


@contextlib.contextmanager
def _progress(title: str) -> Iterator[Callable[[int, int], None]]:
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


def _exit_code(summary: ClassSummary) -> int:
    from .model import Verdict

    if any(verdicts[Verdict.BROKEN] for verdicts in summary.verdicts.values()):
        click.echo("chainrule: the grader failed on some exercises; see the flags above", err=True)
        return 4
    return 1 if any("could not be read" in flag for row in summary.rows for flag in row.flags) else 0


if __name__ == "__main__":
    sys.exit(main())
