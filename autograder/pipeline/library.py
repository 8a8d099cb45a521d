"""Which files of student_lib an assignment carries: a later assignment's module may answer this one.

The release holds these files, and the sandbox mounts these and no others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib import util
from pathlib import Path

from ..errors import CourseError

_SKIPPED = {"__pycache__", ".ipynb_checkpoints"}
_NOTES = {".md", ".txt", ".json"}  # credits and licences, which go with any data


def folder() -> Path:
    """Where student_lib is installed. Raises CourseError when it is not."""
    found = util.find_spec("student_lib")
    if found is None or found.origin is None:
        raise CourseError("student_lib cannot be imported: install the project with `pip install -e .`.")
    return Path(found.origin).parent


def files_for(notebooks: str) -> list[str]:
    """Names, relative to student_lib, of what `notebooks` (their JSON or source) import and of what that imports.

    Data sets go with the modules that name their file or their folder.
    """
    root = folder()
    paths = [path.relative_to(root) for path in root.rglob("*") if path.is_file()]
    names = [path.as_posix() for path in paths if not _SKIPPED & set(path.parts) and path.suffix != ".pyc"]
    modules = {name[:-3]: (root / name).read_text("utf-8") for name in names if name.endswith(".py")}
    wanted, todo = set(), ["__init__", *_imported(notebooks, modules)]
    while todo:
        name = todo.pop()
        if name not in wanted:
            wanted.add(name)
            todo += _imported(modules[name], modules)
    text = "\n".join(modules[name] for name in wanted)
    data = [name for name in names if "/" in name and _named(name, text)]
    notes = [name for name in names if name.count("/") == 1 and Path(name).suffix in _NOTES] if data else []
    return sorted({*(f"{name}.py" for name in wanted), *data, *notes})


def _imported(text: str, modules: Iterable[str]) -> list[str]:
    lines = " ".join(line for line in text.splitlines() if "student_lib" in line)
    return [name for name in modules if re.search(rf"\b{re.escape(name)}\b", lines)]


def _named(name: str, text: str) -> bool:
    """Whether `text` names this data file, or the folder that it lies in below datasets/, in quotes."""
    *folders, file = name.split("/")[1:]
    return any(f'"{part}"' in text for part in [*folders, file])
