"""The reference namespace: the solution cells of the source notebooks, executed after the notebook's imports.

It grades nothing: values come from `autograder.oracles`. It is what a misconception replaces one function in.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np

from student_lib import nn

COURSE_ROOT = Path(__file__).resolve().parents[1]


_used: Mapping[str, tuple[bytes, ...]] = {}


@contextlib.contextmanager
def using(sources: Mapping[str, tuple[bytes, ...]]) -> Iterator[None]:
    """Inside the `with`, source notebooks, by assignment, in the place of the checkout's: a course's, by content."""
    global _used
    before, _used = _used, sources
    try:
        yield
    finally:
        _used = before


def namespace(exercise_id: str, root: Path | None = None) -> dict[str, Any]:
    """A fresh namespace of the notebook that holds `exercise_id`: its solutions, NumPy as np, student_lib.nn.

    The notebook's first code cell, its imports, and cells tagged `given` are executed as well, without magics.
    `root` is the course's folder, by default what `using` was given, else this checkout. Raises LookupError when no
    source notebook of the assignment has a solution cell `EXERCISE-solution`.
    """
    names = {"__name__": "__main__", "np": np}
    names |= {name: value for name, value in vars(nn).items() if not name.startswith("_")}
    assignment = exercise_id.partition(".")[0]
    if root is None and assignment in _used:
        sources, place = _used[assignment], "the course"
    else:
        folder = (root or COURSE_ROOT).resolve() / "source" / assignment
        sources, place = read_sources(folder), str(folder)
    # What a given cell prints, such as that it misses a file, is meant for students.
    with contextlib.redirect_stdout(io.StringIO()), _not_importable("nn"):
        for code in _solutions(exercise_id, sources, place):
            exec(code, names)
    return names


@lru_cache
def read_sources(folder: Path) -> tuple[bytes, ...]:
    """The source notebooks in a folder, in the order of their names."""
    return tuple(path.read_bytes() for path in sorted(folder.glob("*.ipynb")))


@contextlib.contextmanager
def _not_importable(name: str) -> Iterator[None]:
    """Importing this module fails: the students' nn.py is not ours to execute, wherever a file of that name lies."""
    kept = sys.modules.get(name)
    sys.modules[name] = None
    try:
        yield
    finally:
        del sys.modules[name]
        if kept is not None:
            sys.modules[name] = kept


@lru_cache
def _solutions(exercise_id: str, sources: tuple[bytes, ...], place: str) -> tuple[CodeType, ...]:
    for data in sources:
        cells = [cell for cell in json.loads(data)["cells"] if cell["cell_type"] == "code"]
        if any(_grade_id(cell) == f"{exercise_id}-solution" for cell in cells):
            wanted = [cell for cell in cells if cell is cells[0] or _is_needed(cell)]
            return tuple(compile(_plain_python(cell), f"<{_grade_id(cell)}>", "exec") for cell in wanted)
    raise LookupError(f"no notebook in {place} has a solution cell {exercise_id}-solution")


def _grade_id(cell: dict[str, Any]) -> str:
    return cell["metadata"].get("nbgrader", {}).get("grade_id", cell["id"])


def _is_needed(cell: dict[str, Any]) -> bool:
    data = cell["metadata"].get("nbgrader", {})
    return bool(data.get("solution") and not data.get("grade")) or "given" in cell["metadata"].get("tags", [])


def _plain_python(cell: dict[str, Any]) -> str:
    lines = "".join(cell["source"]).splitlines()
    return "\n".join(line for line in lines if not line.startswith(("%", "!")))
