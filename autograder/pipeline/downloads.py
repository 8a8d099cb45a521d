"""What a download holds: each student's files, in memory, where grading looks for them.

for work in bulk(stack, Path("backprop.zip"), zone, roster, left, notes):
    contents = contents_of(work.owner, work.items)
    files = tidied(contents, ["fully_connected"])
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path, PurePosixPath

from ..errors import CourseError, SubmissionError
from .archive import (
    Bounds,
    Contents,
    Meter,
    Names,
    Unfit,
    ZipReader,
    is_archive,
    is_unwanted,
    read_archive,
    zip_time,
)  # fmt: skip
from .platforms import Place, Roster, in_download, in_folder
from .submissions import MAX_FILE, MAX_FILES, MAX_TOTAL, read_file

TIMESTAMP = "timestamp.txt"
BULK_ENTRIES = 20_000
# What browsers and platforms put behind a name that was there before: "nn (1)", "nn-2", "nn - Copy", "nn-Copy1".
_COPY = re.compile(r"(?: ?\(\d+\)|-\d+| - Copy|-Copy\d*)$")


@dataclass(frozen=True)
class Item:
    """One file of somebody's work; `read(meter)` gives its bytes, or raises Unfit or SubmissionError."""

    place: Place
    read: Callable[[Meter], bytes]
    time: datetime | None = None


@dataclass
class Work:
    """What was found of one owner. `arrived` is a time that its files get, for want of a better one."""

    owner: str
    items: list[Item]
    arrived: datetime


def bulk(
    opened: contextlib.ExitStack,
    path: Path,
    zone: tzinfo,
    roster: Roster,
    left: dict[str, str],
    notes: dict[str, list[str]],
) -> list[Work]:
    """The work in a platform's zip, read from it later, while `opened` is. What has no owner goes to `left`.

    Raises CourseError when it could be one student's, SubmissionError when it cannot be read.
    """
    if roster.knows(path.stem):
        raise CourseError(f"is {path} the work of {path.stem!r}? Then say --student {path.stem}.")
    contents = Contents()
    reader = ZipReader(path.name, opened.enter_context(path.open("rb")), BULK_ENTRIES, contents)
    works: dict[str, Work] = {}
    hidden: set[str] = set()
    now, ahead = datetime.now(UTC), False
    for info in reader.entries:
        name = info.orig_filename.replace("\\", "/")
        place = in_download(name)
        if place is None:
            left[name] = "no platform names files so: unpack the download and give its folder, or --student"
            continue
        if is_unwanted(place.file):
            hidden.add(place.owner)
            continue
        stamp = zip_time(info, zone)
        ahead = ahead or (stamp is not None and stamp > now + timedelta(minutes=5))
        read = lambda meter, info=info: reader.read(info, MAX_FILE, meter)  # noqa: E731
        works.setdefault(place.owner, Work(place.owner, [], now)).items.append(
            Item(place, read, stamp and min(stamp, now))
        )
    left |= dict.fromkeys(hidden - works.keys(), "nothing but hidden files")
    if ahead:
        contents.left_out.append(
            f"{path.name} has times that are still to come: its clock is not that of the due date's zone, or is wrong. "
            "Others in it may be wrong too: give the platform's own in --names, in the column time."
        )
    if contents.left_out:
        notes[""] = contents.left_out
    return list(works.values())


def folders(paths: list[Path], notebooks: list[str], left: dict[str, str]) -> list[Work]:
    """The work in folders and single files that the instructor named after students."""
    works: dict[str, Work] = {}
    for path in paths:
        if path.is_file() and is_archive(path.name):
            raise CourseError(
                f"{path}: give one bulk download alone, archives of single students in a folder, "
                "and one student's with --student."
            )
        root = path if path.is_dir() else path.parent
        for file in _walk(path) if path.is_dir() else [path]:
            name = os.fsencode(file.relative_to(root)).decode("utf-8", "surrogateescape")
            place = in_folder(name, notebooks)
            if place is None:
                left[name] = "its name does not say whose it is: expected STUDENT/, STUDENT.zip or the like"
                continue
            work = works.setdefault(place.owner, Work(place.owner, [], _changed(file)))
            work.items.append(_on_disk(place, file))
            work.arrived = max(work.arrived, _changed(file))
    return list(works.values())


def all_of(student: str, paths: list[Path]) -> Work:
    """Everything in `paths` as one student's."""
    files = [(path, file) for path in paths for file in (_walk(path) if path.is_dir() else [path])]
    items = [
        _on_disk(
            Place(student, (file.relative_to(path) if file != path else Path(file.name)).as_posix(), ()), file
        )
        for path, file in files
    ]
    arrived = max((_changed(file) for _, file in files), default=datetime.now(UTC))
    return Work(student, items, arrived)


def _walk(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not is_unwanted(name))
        yield from (Path(place, name) for name in sorted(names) if not is_unwanted(name))


def _on_disk(place: Place, file: Path) -> Item:
    def read(meter: Meter) -> bytes:
        data = read_file(file)
        if data is None:
            raise Unfit(f"it is no plain file, or larger than {MAX_FILE >> 20} MiB")
        meter.count(len(data))
        return data

    return Item(place, read)


def _changed(file: Path) -> datetime:
    return min(datetime.fromtimestamp(file.lstat().st_mtime, UTC), datetime.now(UTC))


def contents_of(owner: str, items: list[Item]) -> Contents:
    """The files of one student, archives opened. Raises SubmissionError when there is none that can be kept."""
    contents, names, meter = Contents(), Names(), Meter(owner, MAX_TOTAL)
    faults: list[str] = []
    # Loose files first: of two with one name the first stays.
    for item in sorted(items, key=lambda item: is_archive(item.place.file)):
        path = item.place.file
        try:
            if is_archive(path):
                inner = read_archive(PurePosixPath(path).name, item.read(meter), Bounds(), meter)
                contents.left_out += inner.left_out
                found = _without_top(inner.files)
            else:
                found = {path: item.read(meter)}
            for name, data in found.items():
                _keep(contents, names, name, data)
        except Unfit as error:
            contents.leave_out(path, str(error))
        except SubmissionError as error:
            faults.append(str(error))
            contents.leave_out(path, str(error))
    if not contents.files:
        raise SubmissionError((faults or contents.left_out or ["it holds no file"])[0])
    return contents


def _keep(contents: Contents, names: Names, name: str, data: bytes) -> None:
    try:
        if len(contents.files) >= MAX_FILES:
            raise Unfit(f"more than {MAX_FILES} files")
        path = names.take(name)
        if path.casefold() == TIMESTAMP:
            raise Unfit("when work was handed in is not for students to say")
        contents.files[path] = data
    except Unfit as error:
        contents.leave_out(name, str(error))


def _without_top(files: dict[str, bytes]) -> dict[str, bytes]:
    """Paths without the folder that all of them are in."""
    while files and all("/" in path for path in files) and len({path.split("/")[0] for path in files}) == 1:
        files = {path.partition("/")[2]: data for path, data in files.items()}
    return files


def tidied(contents: Contents, notebooks: list[str]) -> dict[str, bytes]:
    """The files where grading looks for them; what was renamed, and what could not be, is noted.

    A folder that alone holds notebooks of the assignment becomes the top, and `nn (1).ipynb` becomes `nn.ipynb`
    where there is no other.
    """
    files = dict(contents.files)
    homes = {str(PurePosixPath(path).parent) for path in files if _notebook(path, notebooks)} - {"."}
    if len(homes) == 1 and not any("/" not in path and _notebook(path, notebooks) for path in files):
        home = f"{homes.pop()}/"
        moved = {path.removeprefix(home): data for path, data in files.items()}
        files = moved if len(moved) == len(files) else files
    for notebook in notebooks:
        copies = [path for path in files if "/" not in path and _notebook(path, [notebook])]
        name = f"{notebook}.ipynb"
        if len(copies) == 1 and copies[0] != name:
            files[name] = files.pop(copies[0])
            contents.left_out.append(f"{copies[0]!r} was taken for {name}")
        elif len(copies) > 1 and name not in copies:
            contents.left_out.append(f"{', '.join(map(repr, copies))} could be {name}: none was taken for it")
    return files


def _notebook(path: str, notebooks: list[str]) -> bool:
    """Whether a file is one of `notebooks`, but for capitals and the mark of a copy."""
    stem, suffix = os.path.splitext(path.rpartition("/")[2])
    known = {notebook.casefold() for notebook in notebooks}
    return suffix.casefold() == ".ipynb" and bool({stem.casefold(), _COPY.sub("", stem).casefold()} & known)
