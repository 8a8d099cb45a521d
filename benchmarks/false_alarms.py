"""How often do hidden checks fail a right answer? The reference and every unusual right solution, over many seeds.

    python -m benchmarks.false_alarms [--seconds 15] [--workers N] [ASSIGNMENT...]

Each exercise gets so many seconds: in turn the reference and a right solution of the corpus go through all its checks
in this process, each time under the next seed. Writes docs/false_alarms.json and docs/false_alarms.md. What trains for
long gets few runs; `chainrule calibrate` has the evidence for its limits.
"""

from __future__ import annotations

import argparse
import itertools
import json
import multiprocessing
import os
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any

from autograder import checks, reference
from autograder.checks import thresholds
from autograder.checks.runner import try_check
from autograder.cli.shared import progress
from autograder.course import Course
from autograder.model import Verdict
from autograder.sandbox.remote import local_student
from autograder.solutions import corpus

ROOT = Path(__file__).parents[1]
STORE, PAGE = ROOT / "docs" / "false_alarms.json", ROOT / "docs" / "false_alarms.md"
# What these checks read is a file that students hand in.
OF_FILES = ("ocr.weights", "noisy_digits.model")
LEAST_RUNS = 4


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("assignments", nargs="*", metavar="ASSIGNMENT")
    parser.add_argument("--seconds", type=float, default=15.0, help="for each exercise")
    parser.add_argument(
        "--workers", type=int, default=os.cpu_count(), help="processes; by default one a core"
    )
    wanted = parser.parse_args()
    names = wanted.assignments or [item.name for item in Course(ROOT).assignments()]
    exercises = [
        exercise for name in names for exercise in sorted(checks.load(name)) if exercise not in OF_FILES
    ]
    found: dict[str, Any] = json.loads(STORE.read_text()) if STORE.exists() else {}
    os.environ.update(OMP_NUM_THREADS="1", CHAINRULE_GRADING="1")
    context = multiprocessing.get_context("spawn")
    with (
        progress("Right answers") as show,
        ProcessPoolExecutor(wanted.workers, mp_context=context) as executor,
    ):
        counted = executor.map(partial(count, seconds=wanted.seconds), exercises)
        for number, (exercise, counts) in enumerate(zip(exercises, counted, strict=True), 1):
            found[exercise] = counts
            show(number, len(exercises))
    found = dict(sorted(found.items()))
    STORE.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(found), encoding="utf-8")
    print(page(found))


def count(exercise: str, seconds: float) -> dict[str, Any]:
    """Runs of one exercise, how many solutions they took turns with, and what failed how often."""
    course, assignment = Course(ROOT), exercise.partition(".")[0]
    checks.load(assignment)
    rights = [item for item in corpus.load(assignment) if item.exercise == exercise and item.kind == "right"]
    turns = itertools.cycle([None, *rights])
    failed: Counter[str] = Counter()
    started = time.monotonic()
    limits = {item.name: item.thresholds for item in course.assignments()}
    with thresholds.using(limits), open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
        for runs in itertools.count():
            if runs >= max(LEAST_RUNS, len(rights) + 1) and time.monotonic() - started > seconds:
                break
            solution = next(turns)
            for check in checks.checks_of(exercise):
                names = reference.namespace(exercise, ROOT)
                with redirect_stderr(nowhere):
                    if solution is not None:
                        exec(solution.source, names)
                    attempt = try_check(check, partial(local_student, names), runs)
                if attempt.verdict is not Verdict.PASSED:
                    name = solution.name if solution else "the reference"
                    failed[f"{name}, {check.name}: {attempt.symptom or attempt.verdict}"] += 1
    return {"seconds": seconds, "runs": runs, "solutions": len(rights) + 1, "failed": dict(failed)}


def page(found: dict[str, Any]) -> str:
    """docs/false_alarms.md: a table, and what failed."""
    rows = [
        f"| `{name}` | {of['seconds']:g} | {of['solutions']} | {of['runs']} | {sum(of['failed'].values())} |"
        for name, of in found.items()
    ]
    told = [
        f"- `{name}`, {line}, {times} times"
        for name, of in found.items()
        for line, times in of["failed"].items()
    ]
    head = HEAD.format(runs=sum(of["runs"] for of in found.values()), exercises=len(found))
    return head + "\n".join([*rows, "", *(told or ["None failed."])]) + "\n"


HEAD = """# Right answers that hidden checks fail

Made by `python -m benchmarks.false_alarms --seconds N [ASSIGNMENT...]`: {runs} right answers to {exercises} exercises,
the reference and unusual right solutions in turn, for N seconds each, every run under the next seed. What trains for
long has few runs here; `calibration.md` beside its `assignment.toml` has the evidence for its limits.

| exercise | N | solutions | runs | checks that failed |
|---|---|---|---|---|
"""

if __name__ == "__main__":
    main()
