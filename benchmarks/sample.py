"""Courses and classes to measure with: parts of the real course, and submissions from the audit's corpus.

Students are called after what they handed in: solved, right (unusual right solutions), wrong (one to three wrong
ones), half (the first half of the exercises). No two submissions are equal, and every run writes the same ones.
"""

from __future__ import annotations

import json
import random
import re
from datetime import UTC, datetime
from pathlib import Path

import nbformat

from autograder.cli.making import demo_course
from autograder.course import Assignment, Course
from autograder.pipeline.carry import load_carried
from autograder.pipeline.demo import Workbook, solve
from autograder.pipeline.grade_one import Task, task_for
from autograder.pipeline.release import release
from autograder.pipeline.source import meta, read_notebook
from autograder.pipeline.submissions import find_submissions
from autograder.pipeline.suite import load_suite
from autograder.solutions.corpus import Solution, load

ROOT = Path(__file__).parents[1]
KINDS = ("solved", "wrong", "half", "right", "wrong")
# What students hand in after minutes of training.
TRAINED = {"ocr": {"ocr_weights.npz": ROOT / "autograder" / "data" / "ocr_network.npz"}}


def make_course(
    root: Path, name: str, notebook: str | None = None, exercises: tuple[str, ...] | None = None
) -> Course:
    """A copy of the course at `root`, assignment `name` released: whole, or one notebook, or some exercises of it."""
    course = demo_course(Course(ROOT), root)
    folder = course.source / name
    if notebook is not None:
        for path in folder.glob("*.ipynb"):
            if path.stem != notebook:
                path.unlink()
        if exercises is not None:
            _cut(folder / f"{notebook}.ipynb", name, exercises)
        toml = root / "assignments" / name / "assignment.toml"
        points = _points(folder / f"{notebook}.ipynb")
        toml.write_text(
            re.sub(r"^points = \d+", f"points = {points:g}", toml.read_text(), flags=re.MULTILINE)
        )
    release(course, course.assignment(name))
    return course


def _cut(path: Path, name: str, exercises: tuple[str, ...]) -> None:
    """Leave the imports and the cells of some exercises: a notebook of negligible compute."""
    kept = {f"{name}.imports"}
    for exercise in exercises:
        kept |= {f"{name}.{exercise}{part}" for part in ("", "-text", "-solution", "-check")}
    notebook = json.loads(path.read_text())
    notebook["cells"] = [cell for cell in notebook["cells"] if meta(cell).get("grade_id") in kept]
    path.write_text(json.dumps(notebook))


def _points(path: Path) -> float:
    return sum(
        float(meta(cell)["points"]) for cell in read_notebook(path)["cells"] if meta(cell).get("grade")
    )


def write_class(course: Course, assignment: Assignment, count: int) -> list[str]:
    """Write `count` submissions of the released assignment; the students' ids in order."""
    corpus = load(assignment.name)
    files = {name: path.read_bytes() for name, path in TRAINED.get(assignment.name, {}).items()}
    if assignment.carried is not None:
        carried = load_carried(course, assignment, datetime.max.replace(tzinfo=UTC))
        files[carried.file] = carried.course_version
    students = []
    for number in range(count):
        student = f"s{number:02d}-{KINDS[number % len(KINDS)]}"
        folder = course.submitted / student / assignment.name
        folder.mkdir(parents=True)
        for path in sorted((course.release / assignment.name).glob("*.ipynb")):
            released = nbformat.read(path, as_version=4)
            source = nbformat.read(assignment.source / path.name, as_version=4)
            book = Workbook(released, solve(released, source))
            _work(book, student, corpus)
            (folder / path.name).write_bytes(book.saved())
        for name, data in files.items():
            (folder / name).write_bytes(data)
        students.append(student)
    return students


def _work(book: Workbook, student: str, corpus: list[Solution]) -> None:
    kind, rng = student.partition("-")[2], random.Random(student)
    exercises = book.exercises
    if not exercises:
        return
    book.solve(*(exercises[: len(exercises) // 2 or 1] if kind == "half" else exercises))
    if kind in ("wrong", "right"):
        found = {
            name: [item.name for item in corpus if item.exercise.endswith(f".{name}") and item.kind == kind]
            for name in exercises
        }
        possible = [name for name in exercises if found[name]]
        chosen = rng.sample(possible, min(len(possible), rng.randint(1, 3)))
        if chosen:
            book.take(kind, **{name: rng.choice(found[name]) for name in chosen})
    first = book.cell(f"{exercises[0]}-solution")
    first.source += f"\n\n# {student}\n"


def tasks_of(course: Course, assignment: Assignment) -> list[Task]:
    """What a worker would get, for each submission."""
    suite = load_suite(course, assignment)
    return [
        task_for(course, suite, student, place) for student, place in find_submissions(course, assignment)
    ]
