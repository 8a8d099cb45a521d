"""What the engine costs: the same submissions as plain Python, under Chainrule and under stock nbgrader.

    python -m benchmarks.engine [--students N]

Writes docs/engine.json and the table in docs/engine.md. CPU seconds, user and system, of each command with all of
its children. The *floor* is the student's own compute: the notebook's cells and the checks' calls of the student's
functions, executed in one warm process, figures drawn to PNG as a notebook draws them.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
os.environ["CHAINRULE_GRADING"] = "1"

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt

from autograder import checks
from autograder.checks.runner import run_exercise
from autograder.cli import _demo_course
from autograder.course import Assignment, Course
from autograder.pipeline import grade as grading
from autograder.pipeline.demo import KINDS, write_sample_class
from autograder.pipeline.merge import MergedNotebook, Role
from autograder.pipeline.record import record
from autograder.pipeline.release import release
from autograder.pipeline.run import seeds
from autograder.sandbox.inside.objects import ObjectServer
from autograder.sandbox.remote import LocalLink, Student

ROOT = Path(__file__).parents[1]
NAME, NOTEBOOK = "backprop", "fully_connected"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--students", type=int, default=16)
    wanted = parser.parse_args().students
    with tempfile.TemporaryDirectory() as folder:
        course, students = _course(Path(folder) / "course", wanted)
        assignment = course.assignment(NAME)
        suite = grading.load_suite(course, assignment)
        tasks = [
            grading._task(course, suite, student, place)
            for student, place in grading.find_submissions(course, assignment)
        ]
        figures = {
            "students": len(students),
            "floor": _floor(tasks),
            "parts": _parts(course, assignment, tasks),
            "chainrule": _chainrule(course, assignment, students),
            "chainrule_one": _chainrule(course, assignment, students[:1]),
            "nbgrader": _command(course, [sys.executable, "-m", "nbgrader", "autograde", NAME, "--force"]),
        }  # fmt: skip
    figures["machine"] = {
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        **{name: metadata.version(name) for name in ("nbgrader", "ipython", "numpy", "matplotlib")},
    }
    _write(figures)


def _course(root: Path, wanted: int) -> tuple[Course, list[str]]:
    """A course with the honest half of the sample class: nobody who hangs, kills, attacks or is damaged."""
    course = _demo_course(Course(ROOT), root)
    for path in (root / "source" / NAME).glob("*.ipynb"):
        if path.stem != NOTEBOOK:
            path.unlink()
    toml = root / "assignments" / NAME / "assignment.toml"
    toml.write_text(re.sub(r"^points = \d+", "points = 30", toml.read_text(), flags=re.MULTILINE))
    release(course, course.assignment(NAME))
    write_sample_class(root)
    for student, kinds in KINDS.items():
        if kinds:
            shutil.rmtree(root / "submitted" / student)
    students = sorted(path.name for path in (root / "submitted").iterdir())
    for student in students[wanted:]:
        shutil.rmtree(root / "submitted" / student)
    return course, students[:wanted]


class _TimedServer(ObjectServer):
    """An object server that knows how long the student's functions took."""

    seconds = 0.0

    def do_call(self, target: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        started = time.process_time()
        try:
            return super().do_call(target, args, kwargs)
        finally:
            _TimedServer.seconds += time.process_time() - started


def _floor(tasks: list[grading.Task]) -> dict[str, float]:
    """CPU seconds a submission in one warm process: cells, and the checks' calls of student functions."""
    checks.load(NAME)
    cells = calls = 0.0
    for index, task in enumerate([tasks[0], *tasks]):
        for notebook in grading._merge_all(task)[0]:
            started = time.process_time()
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                namespaces = _execute(notebook)
                spent = time.process_time() - started
                _TimedServer.seconds = 0.0
                _call(notebook, namespaces, task)
            # The first submission runs twice: its first run warms the process up.
            cells += spent if index else 0.0
            calls += _TimedServer.seconds if index else 0.0
    return {"cells": cells / len(tasks), "calls": calls / len(tasks)}


def _execute(notebook: MergedNotebook) -> dict[str, dict[str, Any]]:
    """Run the cells plainly; the namespace as it is at each exercise's graded cell."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    snapshots = {}
    for cell in notebook.cells:
        if cell.role is Role.GRADED:
            snapshots[cell.exercise] = dict(namespace)
        elif cell.cell_type == "code":
            source = re.sub(r"^[%!].*$", "", cell.source, flags=re.MULTILINE)
            with contextlib.suppress(Exception):
                exec(compile(source, cell.cell_id, "exec"), namespace)
            for number in plt.get_fignums():
                plt.figure(number).savefig(io.BytesIO(), format="png", bbox_inches="tight")
            plt.close("all")
    return snapshots


def _call(notebook: MergedNotebook, namespaces: dict[str, dict[str, Any]], task: grading.Task) -> None:
    seed_of = seeds(task.secret, task.student, notebook.digest)
    for cell in notebook.graded():

        def new_student(names: dict[str, Any] = namespaces[cell.exercise]) -> Student:
            link = LocalLink(names)
            link._server = _TimedServer(names, link._call_back)
            return Student(link)

        run_exercise(cell.exercise, new_student, lambda check: seed_of(cell.exercise, check), cell.points)


def _parts(course: Course, assignment: Assignment, tasks: list[grading.Task]) -> dict[str, float]:
    """Where a graded submission's time goes, in this process and its sandbox, both warm."""
    grading.grade_submission(tasks[0])
    started, own = time.perf_counter(), time.process_time()
    results = [grading.grade_submission(task) for task in tasks]
    wall, own = time.perf_counter() - started, time.process_time() - own
    grading.close_sandboxes()
    notebooks = {task.student: grading._merge_all(task)[0] for task in tasks}
    before = time.process_time()
    record(course, assignment, results, notebooks)
    recording = time.process_time() - before
    share = {
        name: sum(item.resources[name] for item in results) / len(results) for name in results[0].resources
    }
    setup = wall / len(tasks) - share["cells_seconds"] - share["checks_seconds"]
    return {
        "setup_wall": setup,
        "cells_wall": share["cells_seconds"],
        "checks_wall": share["checks_seconds"],
        "sandbox_cpu": share["cpu_seconds"],
        "grader_cpu": own / len(tasks),
        "recording_cpu": recording / len(tasks),
    }


def _chainrule(course: Course, assignment: Assignment, students: list[str]) -> dict[str, float]:
    """`chainrule grade`; a killed sandbox hands no CPU time to its parent, so the results say what it used."""
    named = [part for student in students for part in ("--student", student)]
    grade = ["grade", NAME, "--workers", "1", "--force", "--json", *named]
    figures = _command(course, [sys.executable, "-m", "autograder.cli", *grade])
    results = [grading.read_result(course, assignment, student) for student in students]
    figures["cpu"] += sum(result.resources["cpu_seconds"] for result in results)
    return figures


def _command(course: Course, command: list[str]) -> dict[str, float]:
    """CPU and wall seconds of one command with all of its children."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=course.root, env=os.environ | {"PATH": path}, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        raise SystemExit(f"{' '.join(command[2:])} ended with {os.waitstatus_to_exitcode(status)}")
    return {"cpu": usage.ru_utime + usage.ru_stime, "wall": time.perf_counter() - started}


def _write(figures: dict[str, Any]) -> None:
    count, floor, parts = figures["students"], figures["floor"], figures["parts"]
    least = floor["cells"] + floor["calls"]
    warm = parts["sandbox_cpu"] + parts["grader_cpu"] + parts["recording_cpu"]
    whole, stock = figures["chainrule"]["cpu"] / count, figures["nbgrader"]["cpu"] / count
    start = figures["chainrule_one"]["cpu"] - warm
    figures["per_submission"] = {
        "floor": least, "chainrule_warm": warm, "chainrule_command": whole, "nbgrader": stock,
        "own_cost_warm": warm - least, "own_cost_command": whole - least, "own_cost_nbgrader": stock - least,
        "start_of_a_batch": start,
    }  # fmt: skip
    (ROOT / "docs" / "engine.json").write_text(json.dumps(figures, indent=1) + "\n")
    rows = [
        ("the student's own compute (floor)", least, ""),
        ("Chainrule, one more submission on a warm worker", warm, warm - least),
        (f"Chainrule, the whole command over {count} submissions", whole, whole - least),
        (f"nbgrader autograde over the same {count}", stock, stock - least),
    ]
    table = ["| CPU seconds a submission | total | less the floor |", "|---|---|---|"]
    table += [f"| {name} | {total:.2f} | {own if own == '' else f'{own:.2f}'} |" for name, total, own in rows]
    split = ["| part of a submission | seconds |", "|---|---|"]
    split += [
        f"| set-up: merge, fork, namespaces, tidy up (wall) | {parts['setup_wall']:.3f} |",
        f"| cells (wall; in the floor {floor['cells']:.3f} CPU) | {parts['cells_wall']:.3f} |",
        f"| checks (wall; in the floor {floor['calls']:.3f} CPU) | {parts['checks_wall']:.3f} |",
        f"| all processes in the sandbox (CPU) | {parts['sandbox_cpu']:.3f} |",
        f"| the grader: merging, checks, oracles, naming (CPU) | {parts['grader_cpu']:.3f} |",
        f"| recording: gradebook and autograded notebook (CPU) | {parts['recording_cpu']:.3f} |",
    ]
    machine = ", ".join(f"{name} {value}" for name, value in figures["machine"].items())
    start_of_batch = (
        f"Starting a batch (interpreters, sandbox, self-test): {start:.2f} CPU seconds, once a worker."
    )
    text = "\n".join([*table, "", *split, "", start_of_batch, f"Made by `make bench` on {machine}."])
    page = ROOT / "docs" / "engine.md"
    before, _, rest = page.read_text().partition("<!-- figures -->")
    _, _, after = rest.partition("<!-- end of figures -->")
    page.write_text(f"{before}<!-- figures -->\n{text}\n<!-- end of figures -->{after}")
    print(text)


if __name__ == "__main__":
    main()
