"""The library answers no exercise: tried as a student would, by handing in what it holds, and by reading it.

What counts for an assignment is what its own release carries, and what another one carries that is released before
its last late day is over. An earlier one's part does not count: students wrote by then what that could answer.

gradient_check asks for no backward pass, and its `planted_networks` holds one, with right and with faulty lines: its
networks must claim gradients that no measurement gave. So that file answers backprop's exercises, and is harmless
only when backprop's late days are over; carry.py waits for the same moment before it builds the course's nn.py.
No file is exempt by its name here: the dates in the two assignment.toml decide.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import os
import signal
import socket
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import MagicMock

import matplotlib.pyplot as plt
import numpy as np
import pytest

from autograder import reference
from autograder.checks import Check, checks_of
from autograder.checks.runner import try_check
from autograder.course import Course
from autograder.model import Verdict
from autograder.pipeline import library
from autograder.sandbox.remote import local_student

COURSE = Course.find(Path(__file__))
ASSIGNMENTS = {one.name: one for one in COURSE.assignments() if one.released.is_dir()}
# A trial may neither write files nor compute for long, and has no nn.py of an earlier assignment: these can be tried.
# All assignments are read for backward passes.
TRIED = ("backprop", "gradient_check", "fourier_features")
UNTRIED = {
    "fourier_features.get_image": "opens pictures",
    "fourier_features.NN_experiment": "trains",
    "fourier_features.low_resolution": "trains",
}


# --- what students hold -------------------------------------------------------------------------------------


def modules_at_hand(name: str) -> dict[str, ModuleType]:
    """The library modules, by file, that come to students while they may hand in the assignment `name`."""
    asked = ASSIGNMENTS[name]
    end = asked.due + timedelta(days=asked.late_days)
    releases = [one for one in ASSIGNMENTS.values() if asked.release <= one.release <= end]
    texts = "".join(path.read_text("utf-8") for one in releases for path in one.notebooks())
    files = [file for file in library.files_for(texts) if file.endswith(".py")]
    names = {file: "student_lib." + file.removesuffix(".py") for file in files}
    return {file: importlib.import_module(name.removesuffix(".__init__")) for file, name in names.items()}


def offered(modules: dict[str, ModuleType]) -> dict[str, Any]:
    """Every function and class that the modules define, private ones too, and the classes' methods.

    Imported ones are not tried: students can import them without us.
    """
    found = {}
    for file, module in modules.items():
        own = {name: value for name, value in vars(module).items() if _is_defined_in(module, value)}
        for name, value in own.items():
            found[f"{file}:{name}"] = value
            methods = vars(value).items() if inspect.isclass(value) else ()
            found |= {f"{file}:{name}.{key}": one for key, one in methods if inspect.isfunction(one)}
    return found


def _is_defined_in(module: ModuleType, value: Any) -> bool:
    return (inspect.isfunction(value) or inspect.isclass(value)) and value.__module__ == module.__name__


# --- what is asked for --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Blank:
    """One definition that a student fills in: a function, a class, or the method `name` of the class `owner`."""

    exercise_id: str
    name: str
    owner: str | None

    def __str__(self) -> str:
        return f"{self.exercise_id}-{self.name}"

    def with_answer(self, answer: Any) -> dict[str, Any]:
        """The reference namespace with `answer` in the place of its own."""
        names = reference.namespace(self.exercise_id)
        if self.owner:
            setattr(names[self.owner], self.name, answer)
        else:
            names[self.name] = answer
        return names

    def own_answer(self) -> Any:
        names = reference.namespace(self.exercise_id)
        return vars(names[self.owner])[self.name] if self.owner else names[self.name]


@cache
def solutions(assignment: str) -> dict[str, str]:
    """The solution cells of an assignment, by exercise."""
    cells = [
        cell
        for path in ASSIGNMENTS[assignment].notebooks()
        for cell in json.loads(path.read_text("utf-8"))["cells"]
        if cell["cell_type"] == "code"
    ]
    ids = [cell["metadata"].get("nbgrader", {}).get("grade_id", "") for cell in cells]
    return {
        grade_id.removesuffix("-solution"): "".join(cell["source"])
        for grade_id, cell in zip(ids, cells, strict=True)
        if grade_id.endswith("-solution")
    }


def blanks(assignment: str) -> list[Blank]:
    """All that the solution cells of an assignment define."""
    return [
        Blank(exercise_id, name, owner)
        for exercise_id, source in solutions(assignment).items()
        for name, owner in _definitions(source)
        if exercise_id not in UNTRIED
    ]


def _definitions(source: str) -> Iterator[tuple[str, str | None]]:
    """Each function or class, a method with its class; of a class also each method with a solution inside."""
    for node in ast.parse(source).body:
        if "### BEGIN SOLUTION" not in (ast.get_source_segment(source, node) or ""):
            continue  # a helper of our own answer
        if isinstance(node, ast.FunctionDef):
            added = [one.args[0] for one in node.decorator_list if isinstance(one, ast.Call)]
            yield node.name, added[0].id if added else None
        elif isinstance(node, ast.ClassDef):
            yield node.name, None
            for part in node.body:
                if "### BEGIN SOLUTION" in (ast.get_source_segment(source, part) or ""):
                    yield part.name, node.name


# --- trying -------------------------------------------------------------------------------------------------


def fits(answer: Any, model: Callable[..., Any]) -> bool:
    """Whether `answer` can be called with the arguments that the exercise's own answer, `model`, needs."""
    if inspect.isclass(model) != inspect.isclass(answer):
        return False
    wanted = inspect.signature(model).parameters.values()
    positional = [one for one in wanted if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    needed = sum(one.default is one.empty for one in positional)
    try:
        inspect.signature(answer).bind(*[None] * (needed - isinstance(answer, staticmethod)))
    except (TypeError, ValueError):
        return False
    return True


def passes(blank: Blank, answer: Any) -> bool:
    """Whether `answer`, handed in for `blank` among right answers, passes all of the exercise's hidden checks."""
    names = blank.with_answer(answer)

    def passed(check: Check) -> bool:
        seed = zlib.crc32(f"{blank.exercise_id}/{check.name}".encode())
        return try_check(check, lambda: local_student(names), seed).verdict == Verdict.PASSED

    checks = checks_of(blank.exercise_id)
    try:
        with nothing_but_computing(), processor_seconds(2):
            return all(map(passed, checks))
    except TimeoutError:
        return False


@contextmanager
def processor_seconds(limit: float) -> Iterator[None]:
    """Raise TimeoutError in the block after so much computing; right answers take a tenth of a second."""

    def stop(*_: Any) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, limit, limit)  # again and again, should what is tried catch it
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


_only_computing = False


@contextmanager
def nothing_but_computing() -> Iterator[None]:
    """What is tried gets arguments that it was not made for: it may read files, and change or reach nothing."""
    global _only_computing
    _only_computing = True
    try:
        yield
    finally:
        _only_computing = False


def _refuse(event: str, details: tuple[Any, ...]) -> None:
    if not _only_computing:
        return
    if event == "open":
        _, mode, flags = details
        harmless = not (flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)) and not set(mode or "") & set("wax+")
    else:
        harmless = event in ("os.listdir", "os.scandir") or not event.startswith(_CHANGING)
    if not harmless:
        raise PermissionError(f"a trial may only compute, and this asks for {event}")


_CHANGING = (
    "os.",
    "shutil.",
    "tempfile.",
    "socket.",
    "subprocess.",
    "urllib.",
    "http.",
    "ctypes.",
    "fcntl.",
    "pty.",
)
sys.addaudithook(_refuse)  # for good, as audit hooks are; it acts within a trial only


def answers_among(candidates: dict[str, Any], assignment: str) -> list[str]:
    """Which candidates answer which exercise, as methods with and without `self` too."""
    found = []
    for blank in blanks(assignment):
        model = blank.own_answer()
        for place, value in candidates.items():
            ways = [value, staticmethod(value)] if blank.owner and not inspect.isclass(value) else [value]
            if any(fits(way, model) and passes(blank, way) for way in ways):
                found.append(f"{place} answers {blank.exercise_id} ({blank.name})")
    return sorted(found)


@pytest.fixture(autouse=True)
def nothing_is_drawn(monkeypatch):
    """Drawing would take most of the time."""
    monkeypatch.setattr(plt, "subplots", subplots_of_nothing)


def subplots_of_nothing(rows: int = 1, columns: int = 1, squeeze: bool = True, **_: Any) -> tuple[Any, Any]:
    axes = np.empty((rows, columns), dtype=object)
    for place in np.ndindex(axes.shape):
        axes[place] = MagicMock()
    return MagicMock(), axes.squeeze()[()] if squeeze else axes


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("assignment", TRIED)
def test_nothing_in_the_library_can_be_handed_in(assignment):
    assert not answers_among(offered(modules_at_hand(assignment)), assignment)


@pytest.mark.parametrize("blank", [blank for name in TRIED for blank in blanks(name)], ids=str)
def test_the_trial_would_find_an_answer_to_every_exercise(blank):
    answer = blank.own_answer()
    assert fits(answer, answer)
    assert passes(blank, answer)


def test_the_trial_would_have_found_a_softmax_for_a_figure():
    figures = ModuleType("figures")
    source = """
        import numpy as np
        from os import chmod, remove
        from pathlib import Path

        def _probabilities(logits):
            exps = np.exp(logits - logits.max(axis=-1, keepdims=True))
            return exps / exps.sum(axis=-1, keepdims=True)

        def actFun(z, type):
            return {"tanh": np.tanh(z), "sigmoid": (1 + np.tanh(z / 2)) / 2, "relu": z * (z > 0)}[type.lower()]
    """
    exec(inspect.cleandoc(source), vars(figures))
    candidates = offered({"figures.py": figures})
    assert sorted(candidates) == ["figures.py:_probabilities", "figures.py:actFun"]
    assert answers_among(candidates, "backprop") == [
        "figures.py:_probabilities answers backprop.softmax (softmax)",
        "figures.py:actFun answers backprop.activation (actFun)",
    ]


@pytest.mark.parametrize(
    "harm",
    [
        lambda path: path.chmod(5),
        lambda path: path.unlink(),
        lambda path: path.write_text("gone"),
        lambda path: os.chmod(os.open(path, os.O_RDONLY), 0o5),  # as chmod(4, 5), where 4 is an open file
        lambda path: open(os.open(path, os.O_RDONLY), "w"),  # noqa: SIM115
        lambda path: os.rename(path, path.with_name("other")),
        lambda path: subprocess.run(["rm", path]),
        lambda path: socket.create_connection(("127.0.0.1", 9)),
    ],
)
def test_what_is_tried_can_change_and_reach_nothing(tmp_path, harm):
    path = tmp_path / "kept"
    path.write_text("kept")
    path.chmod(0o644)
    with nothing_but_computing(), pytest.raises(PermissionError, match="a trial may only compute"):
        harm(path)
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("kept", 0o644)


# --- reading ------------------------------------------------------------------------------------------------


def products_with_a_transpose(source: str) -> list[str]:
    """Every `A.T @ B` and `A @ B.T` in `source`: the two products that carry a gradient through a layer.

    A backward pass with arguments of its own cannot be handed in as it is, and yet it can be copied from.
    """
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.BinOp)]
    return [
        ast.unparse(node)
        for node in nodes
        if isinstance(node.op, ast.MatMult)
        and any(isinstance(side, ast.Attribute) and side.attr == "T" for side in (node.left, node.right))
    ]


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_no_backward_pass_can_be_read_where_one_is_asked_for(assignment):
    asked = [part for source in solutions(assignment).values() for part in products_with_a_transpose(source)]
    if not {".T @ " in part for part in asked} >= {True, False}:
        return  # nobody is asked for both: gradient_check measures, pytorch compares features with features
    for file, module in modules_at_hand(assignment).items():
        found = products_with_a_transpose(inspect.getsource(module))
        assert not found, (
            f"students get {file} before the last late day of {assignment} is over; it has {found}"
        )


def test_the_backward_pass_that_the_theory_figures_once_had_would_be_found():
    source = """
    found.append((inputs.T @ delta, delta.sum(axis=0)))
    delta = (delta @ W.T) * slope_of(inputs)
    """
    assert products_with_a_transpose(inspect.cleandoc(source)) == ["delta @ W.T", "inputs.T @ delta"]
