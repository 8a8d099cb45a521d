"""Work carried on: what `export` writes, and which `nn.py` a later assignment is graded with."""

from __future__ import annotations

import linecache
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from conftest import CHECKOUT

from autograder import checks
from autograder.course import CarriedFile, Course
from autograder.pipeline import carry
from autograder.sandbox.environments import environment
from autograder.sandbox.session import Sandbox
from student_lib.export import export

NOTEBOOK = """
import numpy as np
SCALE = 2.0
UNUSED = 3

def helper(x):
    return SCALE * x

def fallback(x):
    return x

def ping(n):
    return n if n == 0 else pong(n - 1)

def pong(n):
    return n if n == 0 else ping(n - 1)

def layer(x, activation=fallback):
    def inner(v):
        return helper(v)
    return activation(inner(x)) + np.zeros(1)
"""


@pytest.fixture
def notebook():
    """Functions as a notebook's cell defines them: their source is known to linecache alone."""
    linecache.cache["<cell>"] = (len(NOTEBOOK), None, NOTEBOOK.splitlines(keepends=True), "<cell>")
    names = {"__name__": "__main__"}
    exec(compile(NOTEBOOK, "<cell>", "exec"), names)
    return names


def load(path: Path) -> dict:
    names: dict = {}
    exec(compile(path.read_text(), str(path), "exec"), names)
    return names


def test_functions_travel_with_what_they_use_and_nothing_else(notebook, tmp_path):
    written = export(tmp_path / "nn.py", notebook["layer"], notebook["ping"])
    assert set(written) == {"fallback", "SCALE", "helper", "layer", "ping", "pong"}
    module = load(tmp_path / "nn.py")
    np.testing.assert_array_equal(module["layer"](np.ones(2)), [2, 2])
    assert module["ping"](5) == 0
    assert "UNUSED" not in module


def test_what_cannot_be_written_leaves_the_old_file(notebook, tmp_path):
    path = tmp_path / "nn.py"
    export(path, notebook["helper"])
    before = path.read_text()
    with pytest.raises(TypeError, match="needs functions of this notebook"):
        export(path, 3)
    names: dict = {}
    exec("def lost(x): return x", names)
    with pytest.raises(ValueError, match="source of lost cannot be found"):
        export(path, names["lost"])
    assert path.read_text() == before


@pytest.fixture(scope="module")
def carried():
    """What gradient_check carries on from backprop, as long as backprop is open."""
    course = Course(CHECKOUT)
    item = replace(course.assignment("backprop"), carried=CarriedFile("nn.py", "backprop", "fully_connected"))
    checks.load("backprop")
    return course, item


def test_the_courses_version_exists_only_after_the_deadline_and_its_late_days(carried):
    course, item = carried
    last = datetime(2027, 2, 5, 4, 58, tzinfo=UTC)
    assert carry.load_carried(course, item, now=last).course_version is None
    version = carry.load_carried(course, item, now=datetime(2027, 2, 5, 5, 0, tzinfo=UTC)).course_version
    assert b"def softmax" in version
    assert b"BEGIN SOLUTION" not in version


@pytest.mark.slow
def test_the_students_own_counts_if_it_passes_and_else_the_courses(carried):
    course, item = carried
    late, early = (
        carry.load_carried(course, item, now=datetime(year, 6, 1, tzinfo=UTC)) for year in (2027, 2026)
    )
    right = late.course_version
    wrong = right + b"\n\ndef softmax(x):\n    return np.exp(x) / np.exp(x).sum()\n"
    with Sandbox(environment("numpy")) as sandbox:
        assert carry.choose(late, right, sandbox, lambda *_: 1) == (right, "")
        content, reason = carry.choose(late, wrong, sandbox, lambda *_: 1)
        assert content == right
        assert "does not pass backprop.softmax" in reason
        assert "graded with the course's nn.py" in reason
        content, reason = carry.choose(early, wrong, sandbox, lambda *_: 1)
        assert content == wrong
        assert "still open" in reason
        assert carry.choose(late, None, sandbox, lambda *_: 1)[0] == right
        broken = carry.choose(late, b"import os; os._exit(1)", sandbox, lambda *_: 1)
        assert broken[0] == right
