"""Evidence for thresholds: what the reference reaches over many seeds, and what wrong solutions reach.

Every check that compares with a limit of `checks.thresholds` is run with the reference, and with each wrong
solution of the corpus that gets as far as the comparison. The chance that a right answer fails is read off a normal
distribution fitted to the reference's values.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import NormalDist, fmean, stdev

from .. import checks, reference
from ..checks.runner import try_check
from ..checks.thresholds import Measurement, recorded
from ..course import Assignment, Course
from ..errors import GraderError
from ..model import Verdict
from ..sandbox.remote import local_student
from ..solutions import corpus


@dataclass
class Threshold:
    """One limit with its evidence: values of the reference, and of wrong solutions by name."""

    exercise: str
    check: str
    what: str
    limit: float
    at_most: bool
    right: list[float] = field(default_factory=list)
    wrong: dict[str, list[float]] = field(default_factory=dict)

    @property
    def failure(self) -> float:
        """The chance that a right answer fails, from a normal fit to the reference's values."""
        if len(self.right) < 2 or not (spread := stdev(self.right)):
            return float("nan")
        below = NormalDist(fmean(self.right), spread).cdf(self.limit)
        return 1 - below if self.at_most else below

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
    """Measure every threshold of `assignment`, on `workers` processes."""
    loaded = checks.load(assignment.name)
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
    with ProcessPoolExecutor(workers or os.cpu_count() or 1) as executor:
        for done, measured in enumerate(executor.map(_measure, jobs, chunksize=4), 1):
            for exercise, check, name, item in measured:
                key = (exercise, check, item.what)
                entry = found.setdefault(key, Threshold(*key, item.limit, item.at_most))
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


def table(thresholds: list[Threshold]) -> str:
    """The evidence as a Markdown table."""
    lines = [
        "| check | measured | limit | reference: mean, worst, seeds | right answers that fail (fit) | nearest wrong |",
        "|---|---|---|---|---|---|",
    ]
    for item in thresholds:
        worst = (max if item.at_most else min)(item.right, default=float("nan"))
        sign = "≤" if item.at_most else "≥"
        nearest = item.nearest_wrong()
        beside = f"`{nearest[0]}` {nearest[1]:.4g}" if nearest else "none gets this far"
        mean = fmean(item.right) if item.right else float("nan")
        lines.append(
            f"| `{item.exercise}` {item.check} | {item.what} | {sign} {item.limit:g} | "
            f"{mean:.4g}, {worst:.4g}, {len(item.right)} | {item.failure:.1e} | {beside} |"
        )
    return "\n".join(lines)
