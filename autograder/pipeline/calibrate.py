"""Evidence for thresholds: what the reference reaches over many seeds, and what the corpus's solutions reach.

Every check that compares with a limit of `checks.thresholds` is run with the reference, with each unusual right
solution of the corpus, and with each wrong one that gets as far as the comparison. The chance that a right answer
fails is that of the next value from a normal distribution whose mean and spread are known from the reference's runs
alone (Student's t); the unusual ones show what that leaves out.
"""

from __future__ import annotations

import multiprocessing
import os
import re
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from math import ceil, floor, isnan, log10, nan, sqrt
from operator import itemgetter
from pathlib import Path
from statistics import fmean, stdev
from typing import NamedTuple

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

PROMISED = 1e-3  # of right answers, at most, fail at a limit
FAILURES = 1e-4  # at most, at a limit that is picked here
PAGE, PLOT = "calibration.md", "calibration.png"


@dataclass
class Threshold:
    """One limit with its evidence: values of the reference, and of unusual right and wrong solutions by name.

    `name` is that of the table [thresholds], empty for a number in the check itself.
    """

    exercise: str
    check: str
    what: str
    limit: float
    at_most: bool
    name: str = ""
    right: list[float] = field(default_factory=list)
    unusual: dict[str, list[float]] = field(default_factory=dict)
    wrong: dict[str, list[float]] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Its exercise and what is measured, for a sentence."""
        return f"`{self.exercise}` {self.what}"

    def values_of(self, solution: corpus.Solution | None) -> list[float]:
        """The list of a solution's values, of the reference's where it is None."""
        if solution is None:
            return self.right
        return (self.unusual if solution.kind == "right" else self.wrong).setdefault(solution.name, [])

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

    def _passes(self, value: float) -> bool:
        return value <= self.limit if self.at_most else value >= self.limit

    def _spread(self) -> float:
        return stdev(self.right) * sqrt(1 + 1 / len(self.right))

    def nearest_stopped(self) -> tuple[str, float] | None:
        """The wrong solution that came nearest to passing, by its best value, of those that never passed."""
        best = min if self.at_most else max
        stopped = [(name, value) for name, value in _each(best, self.wrong) if not self._passes(value)]
        return best(stopped, key=itemgetter(1), default=None)

    def wrong_that_pass(self) -> int:
        """How many wrong solutions passed at least once: other checks have to stop them."""
        return sum(self._passes(value) for _, value in _each(min if self.at_most else max, self.wrong))

    def furthest_right(self) -> tuple[str, float] | None:
        """The unusual right solution whose worst value comes nearest to failing, or None where there is none."""
        worst = max if self.at_most else min
        return worst(_each(worst, self.unusual), key=itemgetter(1), default=None)


class Job(NamedTuple):
    """One run of an exercise's checks: of a solution of the corpus, or of the reference where it is None."""

    exercise: str
    solution: corpus.Solution | None
    seed: int
    root: Path


def _each(pick: Callable[[list[float]], float], values: dict[str, list[float]]) -> list[tuple[str, float]]:
    """Each solution's picked value; nan, a diverged training, is near to nothing."""
    numbers = {name: [value for value in some if not isnan(value)] for name, some in values.items()}
    return [(name, pick(some)) for name, some in numbers.items() if some]


def calibrate(
    course: Course,
    assignment: Assignment,
    seeds: int = 30,
    corpus_seeds: int = 5,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Threshold]:
    """Measure every threshold of `assignment`, on `workers` processes of one thread each."""
    loaded = checks.load(assignment.name)
    limits = {item.name: item.thresholds for item in course.assignments()}
    thresholds.use(limits)
    exercises = [name for name in loaded if _measure(Job(name, None, 0, course.root))]
    jobs = [Job(exercise, None, seed, course.root) for exercise in exercises for seed in range(seeds)]
    for solution in corpus.load(assignment.name):
        if solution.exercise in exercises:
            jobs += [Job(solution.exercise, solution, seed, course.root) for seed in range(corpus_seeds)]
    found: dict[tuple[str, str, str], Threshold] = {}
    report = progress or (lambda done, total: None)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with ProcessPoolExecutor(
        workers or os.cpu_count() or 1,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=thresholds.use,
        initargs=(limits,),
    ) as executor:
        runs = zip(jobs, executor.map(_measure, jobs, chunksize=2), strict=True)
        for done, (job, measurements) in enumerate(runs, 1):
            for check, item in measurements:
                key = (job.exercise, check, item.what)
                entry = found.setdefault(key, Threshold(*key, item.limit, item.at_most, item.name))
                entry.values_of(job.solution).append(item.value)
            report(done, len(jobs))
    return list(found.values())


def _measure(job: Job) -> list[tuple[str, Measurement]]:
    """The comparisons with a limit that one solution gets to, each with its check's name; what it prints is dropped."""
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
        return _measured(*job)


def _measured(
    exercise: str, solution: corpus.Solution | None, seed: int, root: Path
) -> list[tuple[str, Measurement]]:
    checks.load(exercise.partition(".")[0])
    found = []
    for check in checks.checks_of(exercise):
        names = reference.namespace(exercise, root)
        if solution is not None:
            try:
                exec(solution.source, names)
            except Exception as error:  # what it does not define is the reference's: that would be measured
                if solution.kind == "right":
                    raise GraderError(f"{exercise}, {solution.name}, called right: {error!r}") from error
                return []
        with recorded() as measurements:
            attempt = try_check(check, partial(local_student, names), seed)
        if attempt.verdict is Verdict.BROKEN:
            raise GraderError(f"{exercise}, check {check.name}, seed {seed}: {attempt.log}")
        found += [(check.name, item) for item in measurements]
    return found


# --- what is written ----------------------------------------------------------------------------------------


def write_evidence(assignment: Assignment, measured: list[Threshold], seeds: int, corpus_seeds: int) -> Path:
    """Write `calibration.md` and its plot beside assignment.toml; return the page's path."""
    command = f"chainrule calibrate {assignment.name} --seeds {seeds} --corpus-seeds {corpus_seeds} --write"
    text = (
        f"# Thresholds of {assignment.name}, and their evidence\n\nMade by `{command}`. {verdict(measured)}\n\n"
        f"{table(measured)}\n\n![values of the reference and of other solutions, right and wrong]({PLOT})\n"
    )
    plot(measured, assignment.folder / PLOT)
    page = assignment.folder / PAGE
    write_atomically(page, text.encode())
    return page


def verdict(measured: list[Threshold]) -> str:
    """Whether the limits keep our promise of one failure in a thousand, and which do not."""
    missed = [item.label for item in measured if item.failure > PROMISED]
    constant = [item.label for item in measured if isnan(item.failure)]
    says = "as far as a normal distribution fitted to the reference's values says"
    text = (
        f"By these limits more than one right answer in a thousand fails, {says}: {', '.join(missed)}."
        if missed
        else f"Each limit lets fewer than one right answer in a thousand fail, {says}."
    )
    if constant:
        text += f" The reference gives the same value for every seed, and nothing can be fitted: {', '.join(constant)}."
    return text


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
        "| limit at 1e-4 | unusual right, worst | nearest wrong that it stops | wrong left to other checks |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for item in measured:
        worst = (max if item.at_most else min)(item.right, default=nan)
        sign = "≤" if item.at_most else "≥"
        others = [
            f"`{found[0]}` {found[1]:.4g}" if found else "none"
            for found in (item.furthest_right(), item.nearest_stopped())
        ]
        mean = fmean(item.right) if item.right else nan
        spread = stdev(item.right) if len(item.right) > 1 else nan
        lines.append(
            f"| `{item.exercise}` {item.check} | {item.what} | {sign} {item.limit:g} | "
            f"{mean:.4g}, {spread:.2g}, {worst:.4g}, {len(item.right)} | {item.failure:.1e} | "
            f"{item.picked():g} | {' | '.join(others)} | {item.wrong_that_pass()} |"
        )
    return "\n".join(lines)


def plot(measured: list[Threshold], path: Path) -> None:
    """Draw a row for each threshold: the reference blue, unusual right green, wrong orange, the limit dashed."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 0.6 + 0.75 * len(measured)), layout="constrained")
    rows = figure.subplots(len(measured), 1, squeeze=False)[:, 0]
    for axis, item in zip(rows, measured, strict=True):
        for height, colour, values in (
            (0.2, "#ff7f0e", [*chain.from_iterable(item.wrong.values())]),
            (0.5, "#2ca02c", [*chain.from_iterable(item.unusual.values())]),
            (0.8, "#1f77b4", item.right),
        ):
            axis.plot(values, [height] * len(values), ".", color=colour, alpha=0.6)
        axis.axvline(item.limit, linestyle="--", color="0.2", linewidth=1)
        axis.set(ylim=(0, 1), yticks=[])
        axis.set_title(f"{item.exercise}, {item.what}", fontsize=8, loc="left", pad=2)
        axis.tick_params(labelsize=7)
    figure.suptitle(
        "Reference (blue), unusual right (green) and wrong (orange) solutions, limit (dashed)", fontsize=9
    )
    figure.savefig(path, dpi=110, metadata={"Software": None})
