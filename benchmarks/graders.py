"""The same submissions under five graders, side by side in one run, beside the student's own compute.

    python -m benchmarks.graders [--students 40] [--more 10] [--otter FOLDER]

Writes docs/graders.json and the section "Graders" of docs/benchmarks.md. `--more` is how many submissions of
fourier_features and ocr are graded for their efficiency. Otter-Grader gets a virtual environment of its own, in
FOLDER or in a temporary one.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from . import cost

cost.one_thread()

from autograder.course import Assignment, Course
from autograder.pipeline.record import recorded_scores
from autograder.pipeline.results import read_results

from . import others, sample
from .floor import floor
from .graders_text import text
from .others import Scores
from .parts import parts

DOCS = Path(__file__).parents[1] / "docs"
NAME, NOTEBOOK = "backprop", "fully_connected"
LIGHT = ("sigmoid", "softmax")
MORE = ("fourier_features", "ocr")
CHAINRULE = [sys.executable, "-m", "autograder.cli"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--students", type=int, default=40)
    parser.add_argument("--more", type=int, default=10)
    parser.add_argument("--otter", type=Path)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        python = others.install_otter((wanted.otter or folder / "otter").absolute())
        figures = {
            "command": f"python -m benchmarks.graders --students {wanted.students} --more {wanted.more}",
            "machine": cost.machine("nbgrader", "nbclient", "ipython", "numpy", "matplotlib")
            | {"otter-grader": others.otter_version(python)},
            "killed_processes_counted": cost.counts_all(),
            "class": _compare(folder / "class", wanted.students, python),
            "light": _light(folder / "light", wanted.students),
            "efficiency": {
                name: _efficiency(folder / name, name, wanted.more) for name in MORE if wanted.more
            },
        }
    _write(figures)


def _compare(folder: Path, students: int, python: Path) -> dict[str, Any]:
    """Every grader on the class; the floor before and after, as the machine's mood may change."""
    course, assignment = _class(folder / "course", students, NOTEBOOK, None)
    tasks = sample.tasks_of(course, assignment)
    before = floor(tasks)
    graders: dict[str, tuple[cost.Cost, Scores]] = {
        "nbgrader": _nbgrader([_copy(course, folder / "nbgrader")]),
        "nbgrader, 2 processes": _nbgrader(_halves(course, folder)),
        "nbclient": others.nbclient(tasks, _new(folder / "nbclient")),
        "otter": others.otter(tasks, _new(folder / "otter"), python),
        "chainrule": _chainrule(_copy(course, folder / "one"), 1),
        "chainrule, 2 workers": _chainrule(_copy(course, folder / "two"), 2),
    }
    return {
        "students": students,
        "floor": _mean(before, floor(tasks)),
        "graders": {name: asdict(spent) for name, (spent, _) in graders.items()},
        "differences": _differences({name: scores for name, (_, scores) in graders.items()}),
        "parts": parts(course, assignment, tasks),
    }


def _light(folder: Path, students: int) -> dict[str, Any]:
    """A notebook whose cells take no time: what is left is the grader's own."""
    course, assignment = _class(folder / "course", students, NOTEBOOK, LIGHT)
    one = _copy(course, folder / "single")
    for path in sorted(one.submitted.iterdir())[1:]:
        shutil.rmtree(path)
    graders = {
        "nbgrader": _nbgrader([_copy(course, folder / "nbgrader")]),
        "chainrule": _chainrule(_copy(course, folder / "one"), 1),
        "chainrule, 2 workers": _chainrule(_copy(course, folder / "two"), 2),
        "chainrule, a batch of one": _chainrule(one, 1),
    }
    return {
        "exercises": LIGHT,
        "students": students,
        "floor": floor(sample.tasks_of(course, assignment)),
        "graders": {name: asdict(spent) for name, (spent, _) in graders.items()},
    }


def _efficiency(folder: Path, name: str, students: int) -> dict[str, Any]:
    """Floor and cost of a whole assignment, all of its notebooks."""
    course = sample.make_course(folder / "course", name)
    assignment = course.assignment(name)
    sample.write_class(course, assignment, students)
    tasks = sample.tasks_of(course, assignment)
    before = floor(tasks)
    spent, _ = _chainrule(course, 1, name)
    least = _mean(before, floor(tasks))
    return {"students": students, "floor": least, "cpu": spent.cpu, "wall": spent.wall}


# --- the class and the graders


def _class(
    folder: Path, students: int, notebook: str, exercises: tuple[str, ...] | None
) -> tuple[Course, Assignment]:
    course = sample.make_course(folder, NAME, notebook, exercises)
    assignment = course.assignment(NAME)
    sample.write_class(course, assignment, students)
    return course, assignment


def _new(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def _copy(course: Course, folder: Path) -> Course:
    return Course(shutil.copytree(course.root, folder))


def _halves(course: Course, folder: Path) -> list[Course]:
    """Two courses with half of the students each: two processes on one gradebook would wait for each other."""
    courses = [_copy(course, folder / f"half{number}") for number in (0, 1)]
    for number, half in enumerate(courses):
        for path in sorted(half.submitted.iterdir())[1 - number :: 2]:
            shutil.rmtree(path)
    return courses


def _nbgrader(courses: list[Course]) -> tuple[cost.Cost, Scores]:
    command = [sys.executable, "-m", "nbgrader", "autograde", NAME]
    spent = cost.run(*[command for _ in courses], cwds=[course.root for course in courses])
    scores: Scores = {}
    for course in courses:
        scores |= recorded_scores(course, course.assignment(NAME))
    return spent, scores


def _chainrule(course: Course, workers: int, name: str = NAME) -> tuple[cost.Cost, Scores]:
    command = [*CHAINRULE, "grade", name, "--workers", str(workers), "--json"]
    spent = cost.run(command, cwds=[course.root])
    results = read_results(course, course.assignment(name))
    if not cost.counts_all():
        spent.cpu += sum(result.resources["cpu_seconds"] for result in results)
    return spent, {result.student: {item.id: item.score for item in result.exercises} for result in results}


def _mean(one: dict[str, float], other: dict[str, float]) -> dict[str, float]:
    return {name: (one[name] + other[name]) / 2 for name in one}


def _differences(scores: dict[str, Scores]) -> dict[str, Any]:
    """How many scores Chainrule gave, and where another grader's is not the same."""
    ours = scores["chainrule"]
    found = []
    for student, exercises in ours.items():
        for exercise, score in exercises.items():
            theirs = {name: given.get(student, {}).get(exercise) for name, given in scores.items()}
            if any(other is None or abs(other - score) > 1e-6 for other in theirs.values()):
                found.append({"student": student, "exercise": exercise, **theirs})
    return {"compared": sum(len(exercises) for exercises in ours.values()), "found": found}


def _write(figures: dict[str, Any]) -> None:
    """Put the figures into docs/graders.json and between the section's marks in docs/benchmarks.md."""
    (DOCS / "graders.json").write_text(json.dumps(figures, indent=1) + "\n")
    shown = text(figures)
    page = DOCS / "benchmarks.md"
    before, _, rest = page.read_text().partition("<!-- graders -->")
    _, _, after = rest.partition("<!-- end of graders -->")
    page.write_text(f"{before}<!-- graders -->\n{shown}\n<!-- end of graders -->{after}")
    print(shown)


if __name__ == "__main__":
    main()
