"""Releases: from the instructor's notebooks to what students get, by nbgrader's own converter.

    report = release(course, course.assignment("backprop"))
    stale(course, assignment)       # [] when release/backprop is what its source gives

A release repeats byte for byte. Its notebooks equal those of `nbgrader generate_assignment`; beside them
stand the handout as README.md, a copy of student_lib and requirements.txt.
"""

from __future__ import annotations

import contextlib
import copy
import json
import logging
import os
import re
import sqlite3
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from ..course import Assignment, Course
from ..errors import CourseError
from . import library
from .database import address, alembic_on_path, gradebook
from .database_errors import without_password
from .source import check_source, exercise_ids, leaks, total_points


@dataclass
class ReleaseReport:
    """What `release` did. `files` are all files of the release, `changed` those that it wrote or removed."""

    assignment: str
    folder: Path
    notebooks: list[str] = field(default_factory=list)
    exercises: list[str] = field(default_factory=list)
    points: float = 0.0
    files: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)


def release(
    course: Course, assignment: Assignment, *, progress: Callable[[str], None] | None = None
) -> ReleaseReport:
    """Write `release/NAME/` and register the assignment, its notebooks and its due date in the gradebook.

    `progress` is called with a few words before each step. Raises CourseError, with every problem that was
    found, when the source breaks a convention or the release would show something hidden; then the old
    release stays as it was.
    """
    say = progress or (lambda step: None)
    say("checking the source")
    sources = check_source(assignment)
    say("generating")
    files = _build(course, assignment, database=True)
    say("looking for anything hidden")
    _refuse_leaks(assignment, sources, files)
    say("writing")
    cells = [cell for notebook in sources.values() for cell in notebook["cells"]]
    return ReleaseReport(
        assignment=assignment.name,
        folder=assignment.released,
        notebooks=sorted(sources),
        exercises=exercise_ids(cells),
        points=total_points(cells),
        files=sorted(files),
        changed=_install(files, assignment.released),
    )


def stale(course: Course, assignment: Assignment) -> list[str]:
    """Files of `release/NAME/` that differ from what the source gives, are missing or are too many.

    Generates into a temporary folder and leaves the gradebook alone. Raises CourseError as `release` does.
    """
    sources = check_source(assignment)
    fresh = _build(course, assignment, database=False)
    _refuse_leaks(assignment, sources, fresh)
    present = _contents(assignment.released)
    return sorted(name for name in fresh.keys() | present.keys() if fresh.get(name) != present.get(name))


def register(course: Course, assignment: Assignment) -> None:
    """Make the gradebook know the assignment as it stands in the source, if a release elsewhere made it.

    A checkout comes with its release but without a gradebook.
    """
    with gradebook(course) as book:
        known = next((item for item in book.assignments if item.name == assignment.name), None)
        names = {notebook.name for notebook in known.notebooks} if known else set()
    if names != {path.stem for path in assignment.notebooks()}:
        check_source(assignment)
        _build(course, assignment, database=True)


# --- generating ---------------------------------------------------------------------------------------------


def _build(course: Course, assignment: Assignment, *, database: bool) -> dict[str, bytes]:
    """All files of the release, by relative path."""
    if database:
        # What is wrong with the gradebook is said here, before nbgrader says it in its own words.
        with gradebook(course):
            pass
    with tempfile.TemporaryDirectory() as folder:
        _convert(course, assignment, Path(folder), database=database)
        files = _contents(Path(folder) / assignment.name)
    notebooks = "".join(data.decode() for name, data in files.items() if name.endswith(".ipynb"))
    root = library.folder()
    files |= {
        f"student_lib/{name}": (root / name).read_bytes()
        for name in library.files_for(notebooks, assignment.carried is not None)
    }
    files["README.md"] = _handout(assignment)
    files["requirements.txt"] = "".join(f"{line}\n" for line in requirements(assignment.environment)).encode()
    if database:
        with gradebook(course) as book:
            book.update_or_create_assignment(assignment.name, duedate=assignment.due_utc.isoformat())
    return files


def _convert(course: Course, assignment: Assignment, folder: Path, *, database: bool) -> None:
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory

    config = copy.deepcopy(course.config)
    config.CourseDirectory.root = str(course.root)
    config.CourseDirectory.assignment_id = assignment.name
    # Absolute, so nbgrader joins it to nothing.
    config.CourseDirectory.release_directory = str(folder)
    config.GenerateAssignment.force = True
    if database:
        config.CourseDirectory.db_url = address(course).render_as_string(hide_password=False)
    else:
        config.GenerateAssignment.no_database = True
        config.SaveCells.enabled = False
    converter = GenerateAssignment(coursedir=CourseDirectory(config=config), config=config)
    with alembic_on_path(), _quick_commits(), _captured_log() as log:
        try:
            converter.start()
        except Exception as error:
            reason = without_password(course, log[0] if log else str(error))
            raise CourseError(f"nbgrader could not generate {assignment.name}: {reason}") from error


@contextlib.contextmanager
def _quick_commits() -> Iterator[None]:
    """SQLite's commits wait for no disk in here: nbgrader makes one for each cell.

    With a write-ahead log a power cut may undo the newest of them, and harms nothing else; a release is made again.
    """
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    def relax(connection: object, _: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
            if mode == "wal":
                connection.execute("PRAGMA synchronous = NORMAL")

    event.listen(Engine, "connect", relax)
    try:
        yield
    finally:
        event.remove(Engine, "connect", relax)


class _Errors(logging.Handler):
    """Keeps the exceptions from the tracebacks that nbgrader logs: it raises only "see the above"."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines += re.findall(r"^[\w.]*(?:Error|Entry|Exception): .*", record.getMessage(), re.MULTILINE)


@contextlib.contextmanager
def _captured_log() -> Iterator[list[str]]:
    from traitlets.log import get_logger

    logger, handler = get_logger(), _Errors()
    before, others = logger.propagate, logger.handlers[:]
    logger.propagate, logger.handlers = False, [handler]
    try:
        yield handler.lines
    finally:
        logger.propagate, logger.handlers = before, others


def _contents(folder: Path) -> dict[str, bytes]:
    skipped = {"__pycache__", ".ipynb_checkpoints"}
    paths = (path for path in folder.rglob("*") if path.is_file() and not skipped & set(path.parts))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths if path.suffix != ".pyc"}


def _handout(assignment: Assignment) -> bytes:
    try:
        return assignment.handout.read_bytes()
    except FileNotFoundError:
        raise CourseError(f"{assignment.handout} is missing: it becomes the release's README.md.") from None


def requirements(environment: str = "numpy") -> list[str]:
    """What students install: JupyterLab and the project's dependencies, with those of the environment's extra."""
    project = Path(__file__).resolve().parents[2] / "pyproject.toml"
    if project.is_file():
        table = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
        lines = [*table["dependencies"], *table["optional-dependencies"].get(environment, [])]
    else:
        wanted = map(Requirement, metadata.requires("chainrule") or [])
        chosen = (one for one in wanted if one.marker is None or one.marker.evaluate({"extra": environment}))
        lines = [f"{one.name}{one.specifier}" for one in chosen]
    return ["jupyterlab>=4.2,<5", *lines]


def _install(files: dict[str, bytes], folder: Path) -> list[str]:
    """Make `folder` hold exactly `files`; what is equal already stays untouched."""
    present = _contents(folder)
    for name in present.keys() - files.keys():
        (folder / name).unlink()
    changed = [name for name, data in files.items() if present.get(name) != data]
    for name in changed:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.draft")
        draft.write_bytes(files[name])
        os.replace(draft, path)
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
    return sorted([*changed, *(present.keys() - files.keys())])


def _refuse_leaks(assignment: Assignment, sources: dict[str, Any], files: dict[str, bytes]) -> None:
    texts = {}
    for name, data in files.items():
        text = data.decode("utf-8", "replace")
        if name.endswith(".ipynb"):
            text = "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])
        texts[name] = text
    found = leaks(sources, texts)
    if found:
        raise CourseError(
            f"the release of {assignment.name} would show what students must not see:\n" + "\n".join(found)
        )
