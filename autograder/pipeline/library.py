"""Which files of student_lib an assignment carries: a later assignment's module may answer this one.

The release holds these files, and the sandbox mounts these and no others.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from importlib import util
from pathlib import Path

from ..errors import CourseError

_SKIPPED = {"__pycache__", ".ipynb_checkpoints"}
_NOTES = {".md", ".txt", ".json"}
_GENERAL = {"CREDITS.md", "SOURCES.json"}


def folder() -> Path:
    """Where student_lib is installed. Raises CourseError when it is not."""
    found = util.find_spec("student_lib")
    if found is None or found.origin is None:
        raise CourseError("student_lib cannot be imported: install the project with `pip install -e .`.")
    return Path(found.origin).parent


def files_for(notebooks: str, carried: bool = False) -> list[str]:
    """Names, relative to student_lib, of what `notebooks` (their JSON or source) import and of what that imports.

    Data sets go with the modules that name their file or their folder. A `carried` file, and the checks that judge
    it, use the given functions of `nn`.
    """
    root = folder()
    paths = [path.relative_to(root) for path in root.rglob("*") if path.is_file()]
    names = [path.as_posix() for path in paths if not _SKIPPED & set(path.parts) and path.suffix != ".pyc"]
    modules = {name[:-3]: (root / name).read_text("utf-8") for name in names if name.endswith(".py")}
    wanted, todo = set(), ["__init__", *_imported(notebooks, modules), *(["nn"] if carried else [])]
    while todo:
        name = todo.pop()
        if name not in wanted:
            wanted.add(name)
            todo += _imports(modules[name], modules)
    text = "\n".join(modules[name] for name in wanted)
    data = [name for name in names if "/" in name and _named(name, text)]
    return sorted({*(f"{name}.py" for name in wanted), *data, *_notes(root, data)})


def _notes(root: Path, data: list[str]) -> set[str]:
    """Credits, the notes named like a data file (HANDPRINT.md for handprint.npz), and the licences that they name."""
    if not data:
        return set()
    stems = {Path(name).stem.upper() for name in data}
    notes = [path for path in (root / "datasets").iterdir() if path.suffix in _NOTES]
    chosen = {path for path in notes if path.name in _GENERAL or path.stem in stems}
    texts = "".join(path.read_text("utf-8") for path in chosen if path.name not in _GENERAL)
    chosen |= {path for path in notes if path.name in texts}
    return {path.relative_to(root).as_posix() for path in chosen}


def _imports(source: str, modules: Iterable[str]) -> list[str]:
    """What a module imports by absolute names. `data.load_nist36` imports by a relative one what it can do without."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return [name for name in modules if f"student_lib.{name}" in found]


def _imported(text: str, modules: Iterable[str]) -> list[str]:
    lines = " ".join(line for line in text.splitlines() if "student_lib" in line)
    return [name for name in modules if re.search(rf"\b{re.escape(name)}\b", lines)]


def _named(name: str, text: str) -> bool:
    """Whether `text` names this data file, or the folder that it lies in below datasets/, in quotes."""
    *folders, file = name.split("/")[1:]
    return any(f'"{part}"' in text for part in [*folders, file])
