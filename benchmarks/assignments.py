"""What each assignment costs: one solved submission graded, its feedback written, its release generated.

    python -m benchmarks.assignments [NAME...]

The submission is the source with its solutions, all notebooks, with the file that is carried on. It is graded three
times on one warm worker, nothing taken from an earlier result; figures are medians. CPU seconds are those of the worker
and of all processes in its sandbox; memory is what the worker, its warm interpreter and the submission hold together,
shared pages counted once. Writes docs/grading.json, which `benchmarks.scale` reads, and the section "Each assignment"
of docs/benchmarks.md. With names, the figures of other assignments stay.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, wait
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

# What the worker imports decides about its memory: whatever else this program needs is imported where it needs it.
from autograder.course import Assignment, Course
from autograder.model import SubmissionResult, Verdict
from autograder.pipeline.carry import load_carried
from autograder.pipeline.grade_one import Task, grade_submission, task_for
from autograder.pipeline.suite import load_suite
from autograder.pipeline.workers import pool, prepare
from autograder.sandbox import processes

ROOT = Path(__file__).parents[1]
STORE, PAGE = ROOT / "docs" / "grading.json", ROOT / "docs" / "benchmarks.md"
STUDENT, ROUNDS, LOOK_SECONDS, MIB = "solved", 3, 0.2, 2**20
# Files that students hand in after minutes of training. The course has one; a model for the challenge it lacks.
TRAINED = {"ocr": {"ocr_weights.npz": ROOT / "autograder" / "data" / "ocr_network.npz"}}
NEEDS_TRAINING = {"noisy_digits.model"}
BEGIN, END = "<!-- assignments -->", "<!-- end of assignments -->"


def main() -> None:
    known = json.loads(STORE.read_text()) if STORE.exists() else {}
    figures: dict[str, Any] = known.get("assignments", {})
    with tempfile.TemporaryDirectory() as folder:
        course = _course(Path(folder) / "course")
        everything = known.get("release_all")
        if not sys.argv[1:] or everything is None:
            everything = _command(course, "release", "--all")
        for name in sys.argv[1:] or [item.name for item in course.assignments()]:
            figures[name] = _measure(course, course.assignment(name))
            _write(figures, everything)


def _course(root: Path) -> Course:
    """A copy of the course without anything that was made of it."""
    root.mkdir()
    shutil.copy(ROOT / "nbgrader_config.py", root)
    for part in ("assignments", "source"):
        shutil.copytree(ROOT / part, root / part)
    return Course(root)


def _measure(course: Course, assignment: Assignment) -> dict[str, float]:
    released = _command(course, "release", assignment.name)
    _hand_in(course, assignment)
    suite = load_suite(course, assignment)
    task = task_for(course, suite, STUDENT, course.submitted / STUDENT / assignment.name)
    with pool(1) as executor:
        executor.submit(prepare, suite).result()
        rounds = [_grade(executor, task) for _ in range(ROUNDS)]
    result = rounds[0]["result"]
    unsolved = {item.id for item in result.exercises if item.verdict is not Verdict.PASSED}
    if unsolved - NEEDS_TRAINING:
        raise SystemExit(f"the solved {assignment.name} was graded as not solved: {sorted(unsolved)}")
    middle = {name: statistics.median(one[name] for one in rounds) for name in rounds[0] if name != "result"}
    middle["feedback_seconds"] = statistics.median(_feedback(result, assignment.title) for _ in range(ROUNDS))
    middle["release_seconds"] = released["cpu_seconds"]
    return {name: round(value, 3 if value < 10 else 1) for name, value in middle.items()}


def _hand_in(course: Course, assignment: Assignment) -> None:
    """The source as one student's submission, with the course's own file where one is carried on."""
    folder = course.submitted / STUDENT / assignment.name
    shutil.copytree(assignment.source, folder)
    for name, path in TRAINED.get(assignment.name, {}).items():
        shutil.copy(path, folder / name)
    carried = load_carried(course, assignment, now=datetime.max.replace(tzinfo=UTC))
    if carried is not None and carried.course_version is not None:
        (folder / carried.file).write_bytes(carried.course_version)


def _grade(executor: ProcessPoolExecutor, task: Task) -> dict[str, Any]:
    """One submission on the worker, looked at from outside: what we use ourselves is not counted."""
    worker = executor.submit(os.getpid).result()
    future, most = executor.submit(_timed, task), 0
    while not future.done():
        wait([future], LOOK_SECONDS)
        most = max(most, _memory(worker))
    result, cpu, wall = future.result()
    return {
        "cpu_seconds": cpu + result.resources["cpu_seconds"],
        "wall_seconds": wall,
        "peak_mib": most / MIB,
        "worker_mib": _memory(worker) / MIB,
        "result": result,
    }


def _timed(task: Task) -> tuple[SubmissionResult, float, float]:
    """On the worker: the result, the worker's own CPU seconds, and seconds on the wall."""
    cpu, wall = time.process_time(), time.monotonic()
    return grade_submission(task), time.process_time() - cpu, time.monotonic() - wall


def _memory(worker: int) -> int:
    return sum(map(processes.proportional, processes.tree(worker)))


def _feedback(result: SubmissionResult, title: str) -> float:
    """CPU seconds to make one student's page."""
    from autograder.pipeline.feedback import feedback_page

    started = time.process_time()
    feedback_page(result, title)
    return time.process_time() - started


def _command(course: Course, *words: str) -> dict[str, float]:
    """`chainrule WORDS` in the course; CPU and wall seconds with all of its children, and the most memory of one."""
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "autograder.cli", "--course", str(course.root), *words],
        cwd=ROOT, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"chainrule {' '.join(words)} ended with {process.returncode}")
    return {
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 2),
        "wall_seconds": round(time.monotonic() - started, 2),
        "peak_mib": round(usage.ru_maxrss / 1024, 1),
    }


def _write(figures: dict[str, Any], everything: dict[str, float]) -> None:
    """docs/grading.json, and the table between the section's marks in docs/benchmarks.md."""
    versions = {"python": platform.python_version()}
    versions |= {
        name: metadata.version(name) for name in ("nbgrader", "ipython", "numpy", "matplotlib", "torch")
    }
    found = {
        "machine": f"{platform.platform()}, {os.cpu_count()} cores",
        "command": "python -m benchmarks.assignments",
        "versions": versions,
        "release_all": everything,
        "assignments": figures,
    }
    STORE.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    rows = [
        "| assignment | grade, CPU s | grade, wall s | worker at rest, MiB | while grading, MiB | feedback, CPU s "
        "| release, CPU s |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, one in figures.items():
        rows.append(
            f"| {name} | {one['cpu_seconds']:.1f} | {one['wall_seconds']:.1f} | {one['worker_mib']:.0f} "
            f"| {one['peak_mib']:.0f} | {one['feedback_seconds']:.3f} | {one['release_seconds']:.1f} |"
        )
    said = (
        f"`chainrule release --all`, into a new gradebook: {everything['cpu_seconds']:.1f} CPU seconds, "
        f"{everything['wall_seconds']:.1f} s on the wall, {everything['peak_mib']:.0f} MiB."
    )
    listed = ", ".join(f"{name} {version}" for name, version in versions.items())
    made = f"Made by `{found['command']}` on {found['machine']}, {listed}."
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    text = "\n".join([*rows, "", said, "", made])
    PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{after or chr(10)}", encoding="utf-8")
    print(rows[-1], flush=True)


if __name__ == "__main__":
    main()
