"""What students handed in: `submitted/STUDENT/ASSIGNMENT/`, found and read with bounds, links never followed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import unicodedata
from collections.abc import Mapping
from pathlib import Path

from ..course import Assignment, Course
from ..errors import CourseError

TRAVELLING = frozenset(
    [".py", ".txt", ".md", ".csv", ".json", ".npy", ".npz", ".mat", ".png", ".jpg", ".jpeg", ".gif", ".pt"]
)
MAX_FILE = 20 << 20
MAX_FILES = 200
MAX_TOTAL = 64 << 20


def find_submissions(
    course: Course, assignment: Assignment, students: list[str] | None = None
) -> list[tuple[str, Path]]:
    """`(student, folder)` for each submission in `submitted/`, in order of student ids."""
    found = {
        folder.parent.name: folder
        for folder in course.submitted.glob(f"*/{assignment.name}")
        if folder.is_dir()
        and not folder.is_symlink()
        and not folder.parent.is_symlink()
        and not folder.parent.name.startswith(".")
    }
    for student in students or ():
        if student not in found:
            raise CourseError(
                f"no submission of {student!r} for {assignment.name}: looked for "
                f"{course.submitted / student / assignment.name}; submitted have {', '.join(sorted(found)) or 'nobody'}"
            )
    return [(name, found[name]) for name in sorted(set(students or found))]


def read_files(folder: Path, skip: tuple[str, ...] = ()) -> tuple[dict[str, bytes], list[str]]:
    """Regular files below `folder`, notebooks of each folder first.

    Links, devices, names that are no text, and what is too large are left out and named.
    """
    files: dict[str, bytes] = {}
    flags: list[str] = []
    total = 0
    for place, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "__pycache__")
        for name in sorted(names, key=lambda name: (not name.endswith(".ipynb"), name)):
            path = Path(place, name)
            relative = path.relative_to(folder).as_posix()
            if relative.startswith(skip) if skip else name.startswith("."):
                continue
            if not _is_text(relative):
                flags.append(f"{relative[:100]!r} was left out: its name is no text")
                continue
            data = read_file(path)
            linked = not skip and data is not None and path.stat().st_nlink > 1
            twins = _twins(path, folder) if linked else []
            if any(_is_hidden(twin, path, folder) for twin in twins):
                flags.append(f"{relative[:100]!r} was left out: a hard link to a file of the course")
                continue
            flags += [
                f"{relative[:100]!r} is one file with {twin.relative_to(_root(folder))}: whose it is cannot be told"
                for twin in twins
                if twin.is_relative_to(_root(folder) / folder.parent.parent.name)
            ]
            if data is None or total + len(data) > MAX_TOTAL or len(files) >= MAX_FILES:
                flags.append(f"{relative[:100]!r} was left out: no regular file, or too large")
                continue
            total += len(data)
            files[relative] = data
    return files, flags


def read_file(path: Path) -> bytes | None:
    """What a regular file of at most MAX_FILE bytes holds; None for everything else."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_FILE:
            return None
        return file.read(MAX_FILE)


def _is_text(name: str) -> bool:
    """Names travel as UTF-8 and stand in flags and tables: neither stray bytes nor control characters."""
    return not any(unicodedata.category(character) in ("Cc", "Cs") for character in name)


def _root(folder: Path) -> Path:
    """The course of `submitted/STUDENT/ASSIGNMENT/`."""
    return folder.parent.parent.parent


def _twins(path: Path, folder: Path) -> list[Path]:
    """Other names in the course, outside of the student's own folders, of the file that `path` is a name of."""
    wanted, found = path.stat(), []
    for place, folders, names in os.walk(_root(folder)):
        folders[:] = [name for name in folders if Path(place, name) != folder.parent]
        for name in names:
            with contextlib.suppress(OSError):
                if os.path.samestat(wanted, os.lstat(os.path.join(place, name))):
                    found.append(Path(place, name))
    return found


def _is_hidden(twin: Path, path: Path, folder: Path) -> bool:
    """Whether a student may not read what stands there: the course's own files, and others' notebooks in disguise.

    Released files are everybody's, and tools that save space link equal files of a class with each other: leaving those
    out would cost the points of whoever wrote them.
    """
    root = _root(folder)
    if twin.is_relative_to(root / "release"):
        return False
    if twin.is_relative_to(root / folder.parent.parent.name):
        return twin.suffix == ".ipynb" != path.suffix
    return True


def travelling(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """What of a submission reaches the sandbox's working directory beside the notebook's cells."""
    return {
        name: data
        for name, data in files.items()
        if Path(name).suffix.lower() in TRAVELLING and ".." not in Path(name).parts
        and not name.startswith("student_lib/")
    }  # fmt: skip


def digest(*parts: bytes) -> str:
    """A digest that tells apart where one part ends and the next begins."""
    hasher = hashlib.blake2b(digest_size=16)
    for part in parts:
        hasher.update(len(part).to_bytes(8, "big"))
        hasher.update(part)
    return hasher.hexdigest()


def digest_of_files(files: Mapping[str, bytes]) -> str:
    """A digest of names and contents, whatever their order."""
    return digest(*(part for name, data in sorted(files.items()) for part in (os.fsencode(name), data)))
