"""Which of our files decide about one exercise: its checks' modules, its misconceptions', and all they import.

Read from the import statements, without running anything. Packages' `__init__` files that only gather modules are not
followed: an assignment's other exercises are no part of this one.
"""

from __future__ import annotations

import ast
import functools
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from .. import checks
from ..misconceptions import misconceptions_of
from .submissions import digest_of_files

_PACKAGE = Path(checks.__file__).parents[1]
_FOLDERS = ("checks", "misconceptions")


def digest_of_exercise(exercise_id: str) -> str:
    """A digest of the modules that decide about the exercise, and of what they import of `checks` and `misconceptions`.

    What all exercises share (oracles, data, the runner) is no part of it. Raises KeyError for one without checks.
    """
    functions = [check.function for check in checks.checks_of(exercise_id)]
    functions += [item.function for item in misconceptions_of(exercise_id)]
    names = {function.__module__ for function in functions}
    files = closure(Path(sys.modules[name].__file__) for name in names if name in sys.modules)
    inside = sorted(path for path in files if path.is_relative_to(_PACKAGE))
    return digest_of_files({str(path.relative_to(_PACKAGE)): path.read_bytes() for path in inside})


def closure(paths: Iterable[Path]) -> set[Path]:
    """`paths` and every module below checks/ and misconceptions/ that they import, directly or through others."""
    found: set[Path] = set()
    todo = list(paths)
    while todo:
        path = todo.pop()
        if path not in found:
            found.add(path)
            todo += _imports(path, path.stat().st_mtime_ns)
    return found


@functools.lru_cache(maxsize=1024)
def _imports(path: Path, changed: int) -> tuple[Path, ...]:
    """The modules of ours that one file imports, wherever in it; read again when the file has `changed`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return tuple(
        module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level
        for module in _modules(path, node)
    )


def _modules(path: Path, node: ast.ImportFrom) -> Iterator[Path]:
    base = path.parents[node.level - 1]
    base = base.joinpath(*node.module.split(".")) if node.module else base
    candidates = [base.with_suffix(".py"), *(base / f"{name.name}.py" for name in node.names)]
    for candidate in candidates:
        if candidate.is_file() and any(candidate.is_relative_to(_PACKAGE / name) for name in _FOLDERS):
            yield candidate
