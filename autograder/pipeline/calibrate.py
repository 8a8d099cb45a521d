"""Evidence for thresholds: what the reference reaches over many seeds, and what wrong solutions reach.

Every check that compares with a limit of `checks.thresholds` is run with the reference, and with each wrong
solution of the corpus that gets as far as the comparison. The chance that a right answer fails is that of the next
value from a normal distribution whose mean and spread are known from these runs alone (Student's t).
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import re
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from math import ceil, floor, log10, nan, sqrt
from pathlib import Path
from statistics import fmean, stdev

from .. import checks, reference
from ..checks import thresholds
from ..checks.runner import try_check
from ..checks.thresholds import Measurement, recorded
from ..course import Assignment, Course
from ..errors import CourseError, GraderError
from ..files import write_atomically
from ..model import Verdict
from ..sandbox.remote import local_student
from ..solutions import corpus

FAILURES = 1e-4  # of right answers, at most, at a limit that is picked here; we promise one in a thousand
PAGE, PLOT = "calibration.md", "calibration.png"


@dataclass
class Threshold:
    """One limit with its evidence: values of the reference, and of wrong solutions by name.

    `name` is that of the table [thresholds], empty for a number in the check itself.
    """

    exercise: str
    check: str
    what: str
    limit: float
    at_most: bool
    name: str = ""
    right: list[float] = field(default_factory=list)
    wrong: dict[str, list[float]] = field(default_factory=dict)

    @property
    def failure(self) -> float:
        """The chance that a right answer fails."""
        from scipy.stats import t

        if len(self.right) < 2 or not (spread := self._spread()):
            return nan
        distance = (self.limit - fmean(self.right)) / spread
        return float(t.cdf(-distance if self.at_most else distance, len(self.right) - 1))

    def picked(self) -> float:
        """The limit that `FAILURES` of right answers miss, rounded away from them to a digit of the spread."""
        from scipy.stats import t

        if len(self.right) < 2 or not (spread := self._spread()):
            return nan
        away = float(t.isf(FAILURES, len(self.right) - 1)) * spread
        unit = 10 ** floor(log10(spread))
        limit = fmean(self.right) + (away if self.at_most else -away)
        steps = ceil(limit / unit) if self.at_most else floor(limit / unit)
        return float(f"{steps * unit:.6g}")

    def _spread(self) -> float:
        return stdev(self.right) * sqrt(1 + 1 / len(self.right))

    def nearest_wrong(self) -> tuple[str, float] | None:
        """The wrong solution whose best value comes nearest to passing, or None where none gets that far."""
        best = min if self.at_most else max
        reached = {name: best(values) for name, values in self.wrong.items() if values}
        return best(reached.items(), key=lambda item: item[1]) if reached else None


def calibrate(
    course: Course,
    assignment: Assignment,
    seeds: int = 30,
    wrong_seeds: int = 5,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Threshold]:
    """Measure every threshold of `assignment`, on `workers` processes of one thread each."""
    loaded = checks.load(assignment.name)
    limits = {item.name: item.thresholds for item in course.assignments()}
    thresholds.use(limits)
    exercises = [name for name in loaded if _measure((name, None, "", 0, course.root))]
    jobs = [(exercise, None, "", seed, course.root) for exercise in exercises for seed in range(seeds)]
    for solution in corpus.load(assignment.name):
        if solution.kind == "wrong" and solution.exercise in exercises:
            jobs += [
                (solution.exercise, solution.source, solution.name, seed, course.root)
                for seed in range(wrong_seeds)
            ]
    found: dict[tuple[str, str, str], Threshold] = {}
    report = progress or (lambda done, total: None)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with ProcessPoolExecutor(
        workers or os.cpu_count() or 1,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=thresholds.use,
        initargs=(limits,),
    ) as executor:
        for done, measured in enumerate(executor.map(_measure, jobs, chunksize=2), 1):
            for exercise, check, name, item in measured:
                key = (exercise, check, item.what)
                entry = found.setdefault(key, Threshold(*key, item.limit, item.at_most, item.name))
                (entry.wrong.setdefault(name, []) if name else entry.right).append(item.value)
            report(done, len(jobs))
    return list(found.values())


def _measure(job: tuple[str, str | None, str, int, Path]) -> list[tuple[str, str, str, Measurement]]:
    exercise, source, name, seed, root = job
    checks.load(exercise.partition(".")[0])
    found = []
    for check in checks.checks_of(exercise):
        names = reference.namespace(exercise, root)
        if source is not None:
            with contextlib.suppress(Exception):
                exec(source, names)
        with recorded() as measurements:
            attempt = try_check(check, partial(local_student, names), seed)
        if attempt.verdict is Verdict.BROKEN:
            raise GraderError(f"{exercise}, check {check.name}, seed {seed}: {attempt.log}")
        found += [(exercise, check.name, name, item) for item in measurements]
    return found


# --- what is written ----------------------------------------------------------------------------------------


def write_evidence(assignment: Assignment, measured: list[Threshold], seeds: int) -> Path:
    """Write `calibration.md` and its plot beside assignment.toml; return the page's path."""
    command = f"chainrule calibrate {assignment.name} --seeds {seeds} --write"
    text = (
        f"# Thresholds of {assignment.name}, and their evidence\n\nMade by `{command}`. Each limit lets fewer than one "
        "right answer in a thousand fail, as far as a normal distribution fitted to the reference's values says.\n\n"
        f"{table(measured)}\n\n![values of the reference and of wrong solutions]({PLOT})\n"
    )
    plot(measured, assignment.folder / PLOT)
    page = assignment.folder / PAGE
    write_atomically(page, text.encode())
    return page


def write_limits(assignment: Assignment, measured: list[Threshold]) -> dict[str, float]:
    """Put the picked limits into the table [thresholds] of assignment.toml; return those that changed.

    Lines keep their order and comments. Raises CourseError for a name that the table lacks.
    """
    path = assignment.folder / "assignment.toml"
    text, changed = path.read_text(encoding="utf-8"), {}
    for item in measured:
        limit = item.picked()
        if not item.name or limit != limit or limit == item.limit:
            continue
        line = re.compile(rf"^{re.escape(item.name)}( *= *)[-+.\deE]+", re.MULTILINE)
        text, count = line.subn(lambda match, limit=limit, name=item.name: f"{name}{match[1]}{limit:g}", text)
        if count != 1:
            raise CourseError(f"{path} has {count} lines `{item.name} = ...`, expected one in [thresholds]")
        changed[item.name] = limit
    write_atomically(path, text.encode())
    return changed


def table(measured: list[Threshold]) -> str:
    """The evidence as a Markdown table."""
    lines = [
        "| check | measured | limit | reference: mean, spread, worst, seeds | right answers that fail (fit) "
        "| limit at 1e-4 | nearest wrong |",
        "|---|---|---|---|---|---|---|",
    ]
    for item in measured:
        worst = (max if item.at_most else min)(item.right, default=nan)
        sign = "≤" if item.at_most else "≥"
        nearest = item.nearest_wrong()
        beside = f"`{nearest[0]}` {nearest[1]:.4g}" if nearest else "none gets this far"
        mean = fmean(item.right) if item.right else nan
        spread = stdev(item.right) if len(item.right) > 1 else nan
        lines.append(
            f"| `{item.exercise}` {item.check} | {item.what} | {sign} {item.limit:g} | "
            f"{mean:.4g}, {spread:.2g}, {worst:.4g}, {len(item.right)} | {item.failure:.1e} | "
            f"{item.picked():g} | {beside} |"
        )
    return "\n".join(lines)


def plot(measured: list[Threshold], path: Path) -> None:
    """Draw a row for each threshold: the reference blue, wrong solutions orange, the limit dashed."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 0.6 + 0.75 * len(measured)), layout="constrained")
    rows = figure.subplots(len(measured), 1, squeeze=False)[:, 0]
    for axis, item in zip(rows, measured, strict=True):
        wrong = [value for values in item.wrong.values() for value in values]
        axis.plot(wrong, [0.3] * len(wrong), ".", color="#ff7f0e", alpha=0.6)
        axis.plot(item.right, [0.7] * len(item.right), ".", color="#1f77b4", alpha=0.6)
        axis.axvline(item.limit, linestyle="--", color="0.2", linewidth=1)
        axis.set(ylim=(0, 1), yticks=[])
        axis.set_title(f"{item.exercise}, {item.what}", fontsize=8, loc="left", pad=2)
        axis.tick_params(labelsize=7)
    figure.suptitle("Reference (blue), wrong solutions (orange), limit (dashed)", fontsize=9)
    figure.savefig(path, dpi=110, metadata={"Software": None})
