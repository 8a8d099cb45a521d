"""Collecting: what a learning platform gives out, into `submitted/STUDENT/ASSIGNMENT/`.

    collected = collect(course, assignment, [Path("backprop.zip")], names=Path("names.csv"))

A path is the platform's bulk download (one zip), or a folder with a folder, an archive or a notebook for each student;
with `student`, everything is that student's. Only what the platform or the instructor named says whose work it is:
inside a student's archive no name counts. What cannot be told for certain is listed and left where it is.

A submission that changes moves to `submitted/.earlier/students/STUDENT/ASSIGNMENT/NNN/`, two folders deeper than
`chainrule grade` and nbgrader look.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from ..course import Assignment, Course
from ..errors import CourseError, SubmissionError
from ..files import write_atomically
from .archive import Unfit
from .downloads import TIMESTAMP, Item, Work, all_of, bulk, contents_of, folders, tidied
from .platforms import Roster
from .submissions import read_files

EARLIER = ".earlier"


@dataclass
class Collected:
    """What `collect` did, by student id: `new` and `changed` were written (with their times, where known),
    `unchanged` and `older` were not. `left` names what is nobody's for certain, or cannot be read, and why;
    `notes` are sentences about single files, by student, "" for a download as a whole."""

    new: dict[str, datetime | None] = field(default_factory=dict)
    changed: dict[str, datetime | None] = field(default_factory=dict)
    unchanged: list[str] = field(default_factory=list)
    older: list[str] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)

    def as_text(self, due: datetime) -> str:
        """For people: one line of numbers, then everything that needs a look."""
        times = {**self.new, **self.changed}
        late = sorted(student for student, time in times.items() if time and time > due)
        lines = [
            f"{len(self.new)} new, {len(self.changed)} changed, {len(self.unchanged)} unchanged, "
            f"{len(self.older)} older than what is there, {len(self.left)} left"
        ]
        if late:
            lines.append(f"late by the times that the download has: {', '.join(late)}")
        if self.older:
            lines.append(f"not taken, for older than what is there: {', '.join(sorted(self.older))}")
        for student, sentences in sorted(self.notes.items()):
            lines += [f"{student}: {sentence}" if student else sentence for sentence in sentences]
        lines += [f"left: {owner[:100]!r}: {reason}" for owner, reason in sorted(self.left.items())]
        return "\n".join(lines)


def collect(
    course: Course,
    assignment: Assignment,
    paths: list[Path],
    student: str | None = None,
    names: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Collected:
    """Put what `paths` hold into `submitted/`. Clock times without a zone count as in the zone of the due date.

    Raises CourseError when paths, list or course cannot be used, SubmissionError for a damaged bulk download;
    then nothing was written.
    """
    zone = assignment.due.tzinfo or UTC
    notebooks = sorted(path.stem for path in assignment.released.glob("*.ipynb"))
    if not notebooks:
        raise CourseError(
            f"{assignment.released} has no notebook; run `chainrule release {assignment.name}` first."
        )
    roster = Roster(course, names, zone)
    collected = Collected()
    with _alone(course), contextlib.ExitStack() as opened:
        if student is not None:
            works = [all_of(_known(roster, student), paths)]
        elif len(paths) == 1 and paths[0].suffix.lower() == ".zip" and paths[0].is_file():
            works = bulk(opened, paths[0], zone, roster, collected.left, collected.notes)
        else:
            works = folders(paths, notebooks, collected.left)
        by_student = _sorted_out(works, None if student is not None else roster, collected)
        report = progress or (lambda done, total: None)
        for done, (id, work) in enumerate(sorted(by_student.items()), 1):
            try:
                _collect_one(course, assignment, id, work, notebooks, roster.times.get(id), zone, collected)
            except SubmissionError as error:
                collected.left[work.owner] = str(error)
            report(done, len(by_student))
    return collected


def _known(roster: Roster, student: str) -> str:
    try:
        return roster.checked(student)
    except Unfit as error:
        raise CourseError(f"--student {student}: {error}") from error


# --- whose it is --------------------------------------------------------------------------------------------


def _sorted_out(works: Iterable[Work], roster: Roster | None, collected: Collected) -> dict[str, Work]:
    """Work by student id. Work that is nobody's for certain, or of which two owners are one student, is left."""
    claims: dict[str, list[Work]] = {}
    for work in works:
        try:
            student = roster.student(work.items[0].place) if roster else work.owner
            claims.setdefault(student, []).append(work)
        except Unfit as error:
            collected.left[work.owner] = str(error)
    for student, claimed in claims.items():
        if len(claimed) > 1:
            for work in claimed:
                collected.left[work.owner] = (
                    f"{len(claimed)} of the download's names are student {student!r}: take one"
                )
    return {student: claimed[0] for student, claimed in claims.items() if len(claimed) == 1}


# --- one student --------------------------------------------------------------------------------------------


def _collect_one(
    course: Course, assignment: Assignment, student: str, work: Work, notebooks: list[str],
    time: datetime | None, zone: tzinfo, collected: Collected,
) -> None:  # fmt: skip
    items = _newest_attempt(work.items)
    contents = contents_of(work.owner, items)
    files = tidied(contents, notebooks)
    time = time or _time(items, assignment.due, zone)
    collected.notes |= {student: contents.left_out} if contents.left_out else {}
    folder = course.submitted / student / assignment.name
    if folder.is_symlink() or folder.parent.is_symlink():
        raise SubmissionError(
            f"{folder} is reached through a link, which grading does not follow: remove the link."
        )
    before, _ = read_files(folder) if folder.is_dir() else ({}, [])
    stamp = _read_stamp(before.pop(TIMESTAMP, b""))
    if folder.is_dir() and before == files:
        collected.unchanged.append(student)
    elif stamp and time and time < stamp:
        collected.older.append(student)
    else:
        replaced = _place(course, student, assignment.name, files, time, work.arrived)
        (collected.changed if replaced else collected.new)[student] = time


# --- when it came -------------------------------------------------------------------------------------------


def _newest_attempt(items: list[Item]) -> list[Item]:
    """Where a download holds several attempts, the files of the last one."""
    newest = max((item.place.time for item in items if item.place.time), default=None)
    return [item for item in items if item.place.time in (None, newest)]


def _time(items: list[Item], due: datetime, zone: tzinfo) -> datetime | None:
    """When the platform says that work was handed in.

    Times inside a student's own archive say nothing: students set their clocks. Canvas packs its download with
    the time of packing, but marks what is late: what it does not mark came by the due date.
    """
    if items[0].place.time is not None:
        return items[0].place.time.replace(tzinfo=zone).astimezone(UTC)
    times = [item.time for item in items if item.time is not None]
    if not times:
        return None
    return min(max(times), due.astimezone(UTC)) if items[0].place.on_time else max(times)


def _read_stamp(data: bytes) -> datetime | None:
    from nbgrader.utils import parse_utc

    try:
        return parse_utc(data[:200].decode().strip()).replace(tzinfo=UTC)
    except (ValueError, OverflowError, TypeError):
        return None


# --- on disk ------------------------------------------------------------------------------------------------


def _place(
    course: Course,
    student: str,
    assignment: str,
    files: dict[str, bytes],
    time: datetime | None,
    arrived: datetime,
) -> bool:
    """Write a submission aside and move it into place; whether there was one, which moved to `.earlier`."""
    folder = course.submitted / student / assignment
    draft = Path(tempfile.mkdtemp(dir=course.submitted / EARLIER, prefix="new-"))
    stamp = {TIMESTAMP: f"{time:%Y-%m-%d %H:%M:%S} UTC\n".encode()} if time else {}
    seconds = (time or arrived).timestamp()
    for name, data in {**files, **stamp}.items():
        write_atomically(draft / name, data)
        os.utime(draft / name, (seconds, seconds))
    draft.chmod(0o755)
    folder.parent.mkdir(parents=True, exist_ok=True)
    replaced = folder.exists()
    if replaced:
        os.rename(folder, _next_earlier(course, student, assignment))
    os.rename(draft, folder)
    return replaced


def _next_earlier(course: Course, student: str, assignment: str) -> Path:
    place = course.submitted / EARLIER / "students" / student / assignment
    place.mkdir(parents=True, exist_ok=True)
    number = max((int(path.name) for path in place.iterdir() if path.name.isdigit()), default=0) + 1
    return place / f"{number:03d}"


@contextlib.contextmanager
def _alone(course: Course) -> Iterator[None]:
    """One collecting at a time; drafts of one that was killed go, and what they were made of is still there."""
    place = course.submitted / EARLIER
    place.mkdir(parents=True, exist_ok=True)
    with (place / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        for draft in place.glob("new-*"):
            shutil.rmtree(draft)
        yield
