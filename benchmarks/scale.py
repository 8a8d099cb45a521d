"""What a deadline evening needs: arrivals drawn from a deadline's curve, a queue of cores, the wait of each submission.

    python -m benchmarks.scale

Reads what one submission costs from docs/grading.json (`python -m benchmarks.assignments`) and writes the table in
docs/scale.md and the plot docs/scale.png. Nothing is graded: this is arithmetic and a simulated queue, repeatable from
its seed.
"""

from __future__ import annotations

import heapq
import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

DOCS = Path(__file__).parents[1] / "docs"
CLASSES = (("a class", 300), ("a course", 5_000), ("an open course", 100_000))
UPLOADS = 1.6  # a student's submissions that are graded: some hand in again
WEEK = 7 * 24 * 3600.0
# The deadline's curve, an assumption: (share, seconds in which the rate doubles) of the steady and of the late.
CURVE = ((0.6, 24 * 3600.0), (0.4, 2 * 3600.0))
PATIENCE = 600.0  # seconds in which 95 of 100 submissions shall be graded
EURO_PER_CORE_HOUR = 0.04  # of a rented machine; an assumption, put your own
SPREAD = 0.35  # standard deviation of the logarithm of the seconds: solved, half done and hanging work


@dataclass(frozen=True)
class Evening:
    """One class on some cores: waits in seconds, from handing in to the grade; when the last was graded."""

    cores: int
    waits: np.ndarray
    finished: float

    def within(self, seconds: float) -> float:
        """The share of submissions graded within `seconds`."""
        return float((self.waits <= seconds).mean())


def arrivals(students: int, rng: np.random.Generator) -> np.ndarray:
    """Seconds before the deadline, as negative numbers in order, of each submission of the last week.

    The rate grows as CURVE says until the deadline, which is midnight, and follows day and night: half the average at 4
    in the morning, half as much again in the afternoon.
    """
    count = rng.poisson(students * UPLOADS)
    times = np.empty(0)
    while len(times) < count:
        doubling = rng.choice([time for _, time in CURVE], 2 * count, p=[share for share, _ in CURVE])
        drawn = -rng.exponential(doubling / np.log(2))
        hour = (drawn / 3600) % 24
        kept = rng.random(len(drawn)) < (1 + 0.5 * np.cos((hour - 16) / 24 * 2 * np.pi)) / 1.5
        times = np.concatenate([times, drawn[kept & (drawn > -WEEK)]])
    return np.sort(times[:count])


def queue(times: np.ndarray, seconds: np.ndarray, cores: int) -> Evening:
    """First come, first served, on `cores` workers: the usual recursion over the earliest free one."""
    free = [-np.inf] * cores
    ends = np.empty(len(times))
    for number, (came, needs) in enumerate(zip(times, seconds, strict=True)):
        ends[number] = max(heapq.heappop(free), came) + needs
        heapq.heappush(free, ends[number])
    return Evening(cores, ends - times, float(ends.max()))


def service(count: int, mean: float, rng: np.random.Generator) -> np.ndarray:
    """Seconds of each submission: log-normal with this mean."""
    return mean * rng.lognormal(-(SPREAD**2) / 2, SPREAD, count)


def needed(students: int, mean: float, seed: int) -> Evening:
    """The evening with the fewest cores on which 95 of 100 submissions are graded within PATIENCE."""
    rng = np.random.default_rng(seed)
    times = arrivals(students, rng)
    seconds = service(len(times), mean, rng)
    low, high = 1, 1
    while (evening := queue(times, seconds, high)).within(PATIENCE) < 0.95:
        low, high = high + 1, 2 * high
    while low < high:
        middle = (low + high) // 2
        trial = queue(times, seconds, middle)
        low, high, evening = (
            (low, middle, trial) if trial.within(PATIENCE) >= 0.95 else (middle + 1, high, evening)
        )
    return evening


def main() -> None:
    measured = json.loads((DOCS / "grading.json").read_text(encoding="utf-8"))
    rows, curves = [], {}
    for name, figures in measured["assignments"].items():
        cpu, memory = figures["cpu_seconds"], figures["peak_mib"]
        for label, students in CLASSES:
            evening = needed(students, cpu, seed=students)
            hours = students * UPLOADS * cpu / 3600
            rows.append(
                f"| {name} | {label} of {students:,} | {hours:,.2f} | {evening.cores} "
                f"| {evening.cores * memory / 1024:,.1f} | {np.median(evening.waits):.0f} "
                f"| {np.quantile(evening.waits, 0.95):.0f} | {max(0.0, evening.finished) / 60:.0f} "
                f"| {hours * EURO_PER_CORE_HOUR:,.2f} |"
            )
            curves.setdefault(name, {})[label] = evening
    _write(rows, measured)
    _plot(measured["assignments"])


def _write(rows: list[str], measured: dict) -> None:
    head = (
        "| assignment | students | core hours | cores | GiB | median wait, s | 95 % wait, s "
        "| last grade, min after the deadline | euro |\n|---|---|---|---|---|---|---|---|---|\n"
    )
    text = (
        f"<!-- figures -->\n{head}"
        + "\n".join(rows)
        + "\n\nMade by `python -m benchmarks.scale` from the costs in "
        f"docs/grading.json ({measured['machine']}).\n<!-- end of figures -->"
    )
    page = DOCS / "scale.md"
    old = page.read_text(encoding="utf-8")
    page.write_text(
        re.sub("<!-- figures -->.*<!-- end of figures -->", lambda _: text, old, flags=re.DOTALL),
        encoding="utf-8",
    )


def _plot(assignments: dict) -> None:
    """Waits over the last day of a course of 5,000, on half, just and twice the cores that it needs."""
    import matplotlib.pyplot as plt

    name = max(assignments, key=lambda item: assignments[item]["cpu_seconds"])
    mean = assignments[name]["cpu_seconds"]
    students = dict(CLASSES)["a course"]
    cores = needed(students, mean, seed=students).cores
    rng = np.random.default_rng(students)
    times = arrivals(students, rng)
    seconds = service(len(times), mean, rng)
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(8, 6), sharex=True, layout="constrained")
    day = times > -24 * 3600
    top.hist(times[day] / 3600, bins=96, color="0.6")
    top.set_ylabel("submissions in 15 min")
    top.set_title(f"{name}, {students:,} students: the last day before the deadline")
    quarters = np.floor(times[day] / 900) / 4
    hours = np.unique(quarters)
    for count, color in ((max(1, cores // 2), "C3"), (cores, "C0"), (2 * cores, "C2")):
        waits = queue(times, seconds, count).waits[day] / 60
        longest = [waits[quarters == hour].max() for hour in hours]
        bottom.step(hours, longest, color=color, where="post", label=f"{count} core{'s' * (count > 1)}")
    bottom.axhline(PATIENCE / 60, color="0.6", lw=0.8)
    bottom.set(xlabel="hours before the deadline", ylabel="minutes until graded, longest", yscale="log")
    bottom.legend(frameon=False)
    figure.savefig(DOCS / "scale.png", dpi=110)


if __name__ == "__main__":
    main()
