"""A tiny course in a temporary folder: one assignment, one notebook, two exercises, one written answer."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from ordinary_user import ordinary_user  # noqa: F401, a fixture

from autograder.course import Course

CHECKOUT = Path(__file__).resolve().parents[1]

SETUP = "import numpy as np\n\nfrom student_lib import expect"
SIGMOID = '''\
def sigmoid(x):
    """The logistic function of each entry.

    x: any shape. Returns the same shape.
    """
    # np.exp overflows for large arguments.
    ### BEGIN SOLUTION
    positive = np.exp(-np.abs(x))
    upper = 1 / (1 + positive)
    lower = positive / (1 + positive)
    return np.where(np.asarray(x) >= 0, upper, lower)
    ### END SOLUTION'''
SOFTMAX = '''\
def softmax(x):
    """Each row's exponentials, divided by their sum. x: (N, C)."""
    ### BEGIN SOLUTION
    shifted = x - x.max(axis=1, keepdims=True)
    powers = np.exp(shifted)
    return powers / powers.sum(axis=1, keepdims=True)
    ### END SOLUTION'''
MODEL_ANSWER = """\
Units of one layer would stay equal to each other for ever.

Marking scheme: 1 point for "symmetry" or "the same gradient"; none for "the gradient is zero"."""


@pytest.fixture
def tiny_course(tmp_path: Path) -> Course:
    """The course, its notebook `tiny` not yet released, nothing submitted."""
    return make_tiny_course(tmp_path / "course")


@pytest.fixture(scope="session")
def _released_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from autograder.pipeline.release import release

    course = make_tiny_course(tmp_path_factory.mktemp("released") / "course")
    release(course, course.assignment("backprop"))
    return course.root


@pytest.fixture
def released_course(_released_once: Path, tmp_path: Path) -> Course:
    """The tiny course with its release and its gradebook."""
    return Course(shutil.copytree(_released_once, tmp_path / "course"))


def make_tiny_course(root: Path) -> Course:
    source, settings = root / "source" / "backprop", root / "assignments" / "backprop"
    source.mkdir(parents=True)
    settings.mkdir(parents=True)
    shutil.copy(CHECKOUT / "nbgrader_config.py", root)
    shutil.copy(CHECKOUT / "assignments" / "backprop" / "assignment.toml", settings)
    toml = settings / "assignment.toml"
    toml.write_text(re.sub(r"^points = \d+", "points = 6", toml.read_text(), flags=re.MULTILINE))
    (settings / "handout.md").write_text("# A tiny assignment\n\nOpen `tiny.ipynb`.\n", encoding="utf-8")
    ids = ["backprop.sigmoid", "backprop.softmax", "backprop.why_random"]
    (settings / "rubric.md").write_text("".join(f"- `{id}`\n" for id in ids), encoding="utf-8")
    nbformat.write(tiny_notebook(), source / "tiny.ipynb")
    return Course(root)


def tiny_notebook() -> NotebookNode:
    """The instructor's notebook, with solutions, hidden lines and the model answer."""
    cells = [
        new_markdown_cell("# Tiny", id="title"),
        locked("backprop.tiny-setup", SETUP, "code"),
        *exercise("backprop.sigmoid", 2, SIGMOID, 'expect(sigmoid(0.0), "sigmoid(0)").close_to(0.5)'),
        new_code_cell("losses = [sigmoid(k) for k in range(3)]\nprint(losses)", id="try-it"),
        *exercise("backprop.softmax", 3, SOFTMAX, 'expect(softmax(np.eye(2)), "softmax").has_shape((2, 2))'),
        locked("backprop.why_random-text", "**backprop.why_random** (1 point). Why random?", "markdown"),
        graded("backprop.why_random", MODEL_ANSWER, 1, "markdown", solution=True),
    ]
    cells[6].metadata["tags"] = ["experiment"]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def exercise(exercise_id: str, points: int, solution: str, check: str) -> list[NotebookNode]:
    hidden = (
        "# Hidden checks: values and shapes.\n### BEGIN HIDDEN TESTS\n"
        f'from autograder.stock import score; score("{exercise_id}", points={points})\n### END HIDDEN TESTS'
    )
    return [
        locked(f"{exercise_id}-text", f"## `{exercise_id}` ({points} points)", "markdown"),
        _cell(f"{exercise_id}-solution", solution, "code", grade=False, solution=True, locked=False),
        locked(f"{exercise_id}-check", check, "code"),
        graded(exercise_id, hidden, points, "code", solution=False),
    ]


def locked(grade_id: str, source: str, kind: str) -> NotebookNode:
    return _cell(grade_id, source, kind, grade=False, solution=False, locked=True)


def graded(grade_id: str, source: str, points: int, kind: str, *, solution: bool) -> NotebookNode:
    return _cell(grade_id, source, kind, grade=True, solution=solution, locked=not solution, points=points)


def _cell(grade_id: str, source: str, kind: str, **flags: bool | int) -> NotebookNode:
    new = new_code_cell if kind == "code" else new_markdown_cell
    metadata = {"grade_id": grade_id, "schema_version": 3, "task": False, **flags}
    cell_id = grade_id.replace(".", "-").replace("_", "-")[:64]
    return new(source, id=cell_id, metadata={"nbgrader": metadata})


def replace_in(path: Path, old: str, new: str) -> None:
    """Edit a text file; the test fails when `old` is not there."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def load_tool(name: str) -> ModuleType:
    """The module tools/NAME.py."""
    spec = importlib.util.spec_from_file_location(name, CHECKOUT / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def nbgrader() -> Callable[..., str]:
    """Runs stock nbgrader in a course, as its instructor would; the test fails with its log if it fails."""

    def run(course: Course, *arguments: str) -> str:
        environment = os.environ | {
            "PYTHONPATH": str(CHECKOUT),
            "PATH": os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", "")]),
            "JUPYTER_NO_CONFIG": "1",
        }
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", *arguments],
            cwd=course.root,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    return run
