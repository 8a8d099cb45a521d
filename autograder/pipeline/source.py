"""The instructor's notebooks: the conventions that they keep, and what of them a release must not show.

`docs/design.md`, "Ids of cells", has the conventions; `check_source` names every cell that breaks one.
"""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator
from importlib import util
from itertools import pairwise
from pathlib import Path
from typing import Any

from ..course import Assignment
from ..errors import CourseError

Cell = dict[str, Any]
Notebook = dict[str, Any]

_REGION = re.compile(r"^[^\n]*### BEGIN SOLUTION\n(.*?)^[^\n]*### END SOLUTION", re.MULTILINE | re.DOTALL)
_NEEDLES = re.compile(
    r"BEGIN SOLUTION|END SOLUTION|HIDDEN TESTS|MARK SCHEME"
    r"|\b(?:import|from)\s+autograder\b|\bautograder[./]\w"
)


def read_notebook(path: Path) -> Notebook:
    """A trusted notebook as plain JSON, sources joined. Raises CourseError when it is not nbformat 4.5."""
    return parse_notebook(path.read_bytes(), str(path))


def parse_notebook(data: bytes, name: str) -> Notebook:
    """`read_notebook` for bytes at hand; `name` is for the message."""
    try:
        notebook = json.loads(data)
        version = (notebook["nbformat"], notebook["nbformat_minor"])
        for cell in notebook["cells"]:
            cell["source"] = "".join(cell["source"])
            cell.setdefault("metadata", {})
    except (ValueError, KeyError, TypeError) as error:
        raise CourseError(f"{name} is not a notebook: {type(error).__name__}: {error}") from error
    if version < (4, 5) or not all("id" in cell for cell in notebook["cells"]):
        raise CourseError(
            f"{name} has format {version[0]}.{version[1]}, expected 4.5 with an id for each cell: "
            "open and save it with a current Jupyter."
        )
    return notebook


def meta(cell: Cell) -> dict[str, Any]:
    """The cell's nbgrader metadata, empty for a plain cell."""
    return cell["metadata"].get("nbgrader") or {}


def grade_id(cell: Cell) -> str | None:
    """The cell's nbgrader id, None for a plain cell."""
    data = meta(cell)
    return data.get("grade_id") if any(data.get(flag) for flag in ("grade", "solution", "locked")) else None


def is_graded(cell: Cell) -> bool:
    """A locked code cell with points."""
    return cell["cell_type"] == "code" and bool(meta(cell).get("grade")) and not meta(cell).get("solution")


def is_answer(cell: Cell) -> bool:
    """An answer that people grade: a text, or code that draws a figure."""
    return bool(meta(cell).get("grade")) and bool(meta(cell).get("solution"))


def is_solution(cell: Cell) -> bool:
    """A cell that students write code in."""
    return bool(meta(cell).get("solution")) and not meta(cell).get("grade")


def hidden_line(exercise_id: str, points: float) -> str:
    """The one line of a graded cell's hidden region.

    >>> hidden_line("backprop.softmax", 3.0)
    'from autograder.stock import score; score("backprop.softmax", points=3)'
    """
    return f'from autograder.stock import score; score("{exercise_id}", points={points:g})'


def cell_id(name: str) -> str:
    """The notebook's cell id for a grade id.

    >>> cell_id("backprop.why_random-text")
    'backprop-why-random-text'
    """
    return name.replace(".", "-").replace("_", "-")[:64]


# --- conventions --------------------------------------------------------------------------------------------


def check_source(assignment: Assignment) -> dict[str, Notebook]:
    """The assignment's source notebooks by name. Raises CourseError with every problem, one a line."""
    notebooks = {path.stem: read_notebook(path) for path in assignment.notebooks()}
    if not notebooks:
        raise CourseError(f"{assignment.source} holds no notebook: nothing to release.")
    problems = []
    for name, notebook in notebooks.items():
        problems += _notebook(assignment, name, notebook)
    cells = [cell for notebook in notebooks.values() for cell in notebook["cells"]]
    problems += _assignment(assignment, cells)
    if problems:
        lines = "\n".join(f"- {problem}" for problem in problems)
        raise CourseError(f"the source of {assignment.name} is not ready:\n{lines}")
    return notebooks


def exercise_ids(cells: list[Cell]) -> list[str]:
    """Ids of the exercises, in order: the graded code cells."""
    return [meta(cell)["grade_id"] for cell in cells if is_graded(cell)]


def total_points(cells: list[Cell]) -> float:
    """Points of all graded code cells and written answers."""
    return sum(float(meta(cell).get("points", 0)) for cell in cells if is_graded(cell) or is_answer(cell))


def _notebook(assignment: Assignment, name: str, notebook: Notebook) -> Iterator[str]:
    cells = notebook["cells"]
    for first, second in pairwise(sorted(cell["id"] for cell in cells)):
        if first == second:
            yield f"{name}: two cells have the cell id {first!r}"
    ids = [grade_id(cell) for cell in cells]
    for cell, id in zip(cells, ids, strict=True):
        if id is not None and cell["id"] != cell_id(id):
            yield f"{name}: {id} has the cell id {cell['id']!r}, expected {cell_id(id)!r}"
        if id is None and re.search(r"BEGIN (SOLUTION|HIDDEN TESTS)", cell["source"]):
            yield f"{name}: the plain cell {cell['id']!r} has a region that belongs in an nbgrader cell"
        if is_graded(cell):
            yield from (f"{name}: {problem}" for problem in _exercise(assignment, cell, cells, ids))
        elif is_answer(cell):
            yield from (f"{name}: {problem}" for problem in _neighbours(assignment, id, ids, ["-text", ""]))
            if cell["cell_type"] not in ("markdown", "code"):
                yield f"{name}: the answer {id} is a {cell['cell_type']} cell, expected markdown or code"
        elif is_solution(cell) and id.removesuffix("-solution") not in ids:
            yield f"{name}: solution {id} belongs to no graded cell {id.removesuffix('-solution')}"


def _exercise(assignment: Assignment, cell: Cell, cells: list[Cell], ids: list[str | None]) -> Iterator[str]:
    id, points = meta(cell)["grade_id"], float(meta(cell).get("points", 0))
    yield from _neighbours(assignment, id, ids, ["-text", "-solution", "-check", ""])
    if points <= 0:
        yield f"{id} has {points:g} points, expected more than zero"
    expected = ["### BEGIN HIDDEN TESTS", hidden_line(id, points), "### END HIDDEN TESTS"]
    lines = cell["source"].strip().splitlines()
    if lines[-3:] != expected:
        yield f"{id} ends in {lines[-3:]}, expected {expected}"
    if not lines[:-3] or not all(line.startswith("#") for line in lines[:-3]):
        yield f"{id} should start with a comment, and with nothing else, on what its hidden checks look at"
    if f"{id}-text" in ids and id not in cells[ids.index(f"{id}-text")]["source"]:
        yield f"{id}-text does not show the id {id}"
    if f"{id}-solution" in ids and not _REGION.search(cells[ids.index(f"{id}-solution")]["source"]):
        yield f"{id}-solution has no region from ### BEGIN SOLUTION to ### END SOLUTION"


def _neighbours(assignment: Assignment, id: str, ids: list[str | None], suffixes: list[str]) -> Iterator[str]:
    """The cells of one id must all be there, in this order."""
    if not re.fullmatch(rf"{re.escape(assignment.name)}\.[A-Za-z][A-Za-z0-9_]*", id):
        yield f"{id} should be {assignment.name}.NAME, of letters, digits and underscores"
    wanted = [id + suffix for suffix in suffixes]
    missing = [name for name in wanted if name not in ids]
    if missing:
        yield f"{id} lacks the cell {', '.join(missing)}"
    elif sorted(wanted, key=ids.index) != wanted:
        yield f"{id} has its cells in the order {sorted(wanted, key=ids.index)}, expected {wanted}"


def _assignment(assignment: Assignment, cells: list[Cell]) -> Iterator[str]:
    ids = [id for id in map(grade_id, cells) if id is not None]
    for first, second in pairwise(sorted(ids)):
        if first == second:
            yield f"two cells have the id {first}"
    extra = {f"{assignment.name}.{name}" for name in assignment.extra_credit}
    yield from (f"{id} is extra credit in assignment.toml, and no cell has that id" for id in extra - {*ids})
    total = total_points([cell for cell in cells if grade_id(cell) not in extra])
    if total != assignment.points:
        beside = " beside extra credit" if extra else ""
        yield f"the cells give {total:g} points{beside}, assignment.toml says {assignment.points:g}"
    yield from _hidden_checks(assignment.name, exercise_ids(cells))
    rubric = assignment.rubric.read_text(encoding="utf-8") if assignment.rubric.is_file() else ""
    for id in (meta(cell)["grade_id"] for cell in cells if is_graded(cell) or is_answer(cell)):
        if not re.search(rf"{re.escape(id)}(?![\w.-])", rubric):
            yield f"{assignment.rubric.name} has no line for {id}"


def _hidden_checks(name: str, exercises: list[str]) -> Iterator[str]:
    if util.find_spec(f"autograder.checks.{name}") is None:
        return
    checks = importlib.import_module("autograder.checks")
    for id in exercises:
        try:
            checks.checks_of(id)
        except KeyError:
            yield f"{id} has no hidden check in autograder/checks/{name}.py"


# --- what must stay hidden ----------------------------------------------------------------------------------


def leaks(sources: dict[str, Notebook], texts: dict[str, str]) -> list[str]:
    """Sentences about what `texts` (by file name) show: markers, runs of solution code, model answers."""
    cells = [cell for notebook in sources.values() for cell in notebook["cells"]]
    runs = [run for cell in cells if is_solution(cell) for run in _solution_runs(cell["source"])]
    answers = [line for cell in cells if is_answer(cell) for line in _lines(cell["source"])]
    answers = [line for line in answers if len(line) >= 20]
    found = []
    for name, text in texts.items():
        if name.endswith((".ipynb", ".py")):
            found += [f"- {name} contains {needle!r}" for needle in sorted(set(_NEEDLES.findall(text)))]
        joined = "\n" + "\n".join(_lines(text)) + "\n"
        found += [f"- {name} contains solution code: {run!r}" for run in runs if f"\n{run}\n" in joined]
        found += [f"- {name} contains a model answer: {line!r}" for line in answers if line in joined]
    return found


def _solution_runs(source: str) -> Iterator[str]:
    """Each three consecutive lines of a solution, or all of a shorter one, if long enough to matter."""
    for region in _REGION.findall(source):
        lines = _lines(region)
        for start in range(max(1, len(lines) - 2)):
            run = "\n".join(lines[start : start + 3])
            if len(run) >= 30:
                yield run


def _lines(text: str) -> list[str]:
    stripped = (line.strip() for line in text.splitlines())
    return [line for line in stripped if line and not line.startswith("#")]
