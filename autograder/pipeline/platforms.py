"""Whose file is whose: the names that learning platforms give to files, and the list that turns them into student ids.

    place = in_download("lovelaceada_LATE_1234_56789_fully_connected-2.ipynb")
    place.owner, place.file        # ('lovelaceada_1234', 'fully_connected-2.ipynb')
    Roster(course, names).student(place)

Students choose the end of such a name, the platform its beginning: what matches first says whose it is, so that no
file name makes a file somebody else's.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from ..course import Course
from ..errors import CourseError
from .archive import SUFFIXES, Unfit, safe_path
from .database import gradebook, sqlite_file

_MOODLE = re.compile(
    r"(?P<owner>(?P<name>.+?)_(?P<number>\d+))_assignsubmission_(?P<kind>[a-z]+)[_/](?P<file>.+)", re.DOTALL
)
_CANVAS = re.compile(
    r"(?P<owner>(?P<name>[^_/]+)_(?P<late>LATE_)?(?P<user>\d+))_(?P<number>\d+)_(?P<file>.+)",
    re.DOTALL,
)
_BLACKBOARD = re.compile(
    r".+?_(?P<owner>[^_/]+)_attempt_(?P<time>\d{4}(?:-\d\d){5})(?:_(?P<file>.+)|\.txt)", re.DOTALL
)
COLUMNS = ("name", "student", "time")


@dataclass(frozen=True)
class Place:
    """Where a file of a download belongs.

    `owner` is what the platform calls the student, unique in one download; `names` are what a list of names may
    call them, `known_as` what the gradebook does; `student` the id itself, where the name says it. `file` is the
    path in the submission, `time` the clock time of handing in. `on_time` is the platform's own word.
    """

    owner: str
    file: str
    names: tuple[str, ...]
    known_as: tuple[str, ...] = ()
    student: str | None = None
    time: datetime | None = None
    on_time: bool | None = None


def in_download(path: str) -> Place | None:
    """The place of a file in a platform's bulk download; None when no platform names files so."""
    patterns = {_moodle: _MOODLE, _canvas: _CANVAS, _blackboard: _BLACKBOARD}
    found = [
        (match.end("owner"), make, match) for make, one in patterns.items() if (match := one.fullmatch(path))
    ]
    if not found:
        return None
    _, make, match = min(found, key=lambda item: item[0])
    return make(match)


def _moodle(found: re.Match[str]) -> Place:
    name, number = found["name"], found["number"]
    folder = "" if found["kind"] == "file" else f"{found['kind']}/"
    owner = found["owner"]
    return Place(owner, folder + found["file"].lstrip("/"), (owner, number, name), (f"person {name}",))


def _canvas(found: re.Match[str]) -> Place:
    name, user = found["name"], found["user"]
    owner = f"{name}_{user}"
    known_as = (f"lms {user}", f"canvas {name}")
    return Place(owner, found["file"], (owner, user, name), known_as, on_time=not found["late"])


def _blackboard(found: re.Match[str]) -> Place | None:
    name = found["owner"]
    try:
        time = datetime.strptime(found["time"], "%Y-%m-%d-%H-%M-%S")
    except ValueError:
        return None
    return Place(name, found["file"] or "comment.txt", (name,), (f"id {name}",), time=time)


def in_folder(path: str, notebooks: list[str]) -> Place | None:
    """The place of a file in the instructor's folder: also STUDENT/..., STUDENT.zip and STUDENT_notebook.ipynb.

    `notebooks` are the assignment's, without `.ipynb`; where there is one alone, STUDENT.ipynb says enough.
    """
    if place := in_download(path):
        return place
    first, _, rest = path.partition("/")
    if rest:
        return Place(first, rest, (first,), student=first)
    for suffix in sorted(SUFFIXES, key=len, reverse=True):
        if path.lower().endswith(suffix) and (name := path[: -len(suffix)]):
            return Place(name, path, (name,), student=name)
    stem = path.removesuffix(".ipynb")
    if stem == path or stem in notebooks:
        return None
    for notebook in sorted(notebooks, key=len, reverse=True):
        if found := re.fullmatch(rf"(.+)[_ -]{re.escape(notebook)}|{re.escape(notebook)}[_ -](.+)", stem):
            name = found[1] or found[2]
            return Place(name, f"{notebook}.ipynb", (name,), student=name)
    if len(notebooks) == 1:
        return Place(stem, f"{notebooks[0]}.ipynb", (stem,), student=stem)
    return None


class Roster:
    """Turns what platforms call students into ids.

    With `names`, a CSV file with the columns name, student and perhaps time, that file alone counts. Without,
    the gradebook's first and last names and lms_user_id do, and ids that stand in file names. Raises CourseError
    when the file cannot be used.
    """

    def __init__(self, course: Course, names: Path | None = None, zone: tzinfo = UTC):
        self.times: dict[str, datetime] = {}
        self._listed = _read_names(names, zone, self.times) if names else None
        self._people = {} if names else _people(course)
        ids = {id for found in self._people.values() for id in found}
        ids |= {path.name for path in course.submitted.glob("*") if not path.name.startswith(".")}
        self._ids = {_alike(id): id for id in sorted(ids)}

    def student(self, place: Place) -> str:
        """The student's id. Raises Unfit, with what to do, when it is not certain."""
        if self._listed is not None:
            found = {self._listed[key] for name in place.names if (key := _alike(name)) in self._listed}
            advice = "add a line to the list of names"
        elif place.student is not None:
            found, advice = {place.student}, ""
        else:
            found = {id for key in place.known_as for id in self._people.get(_alike(key), ())}
            advice = f"name {' or '.join(map(repr, place.names[:2]))} in a list: --names names.csv"
        if len(found) != 1:
            said = f"could be {', '.join(sorted(found))}" if found else "nobody is known by that name"
            raise Unfit(f"{said}; {advice}")
        return self.checked(found.pop())

    def checked(self, student: str) -> str:
        """`student`, if it can be an id. Raises Unfit for what is no folder's name, or differs by capitals alone."""
        if not is_student_id(student):
            raise Unfit(f"{student[:100]!r} cannot be a student's id")
        known = self._ids.setdefault(_alike(student), student)
        if known != student:
            raise Unfit(f"there is a student {known!r}: rename the file, or list it in --names")
        return student

    def knows(self, name: str) -> bool:
        """Whether `name` is the id of a student, or in the list."""
        return _alike(name) in self._ids or _alike(name) in (self._listed or ())


def is_student_id(text: str) -> bool:
    """Whether a folder may be called so: one part of a path, not hidden, without white space around or wildcards."""
    try:
        return safe_path(text) == text and not re.search(r"^[.~ ]|[/*?\[\]\\]| $", text)
    except Unfit:
        return False


def _alike(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split()).casefold()


def _read_names(path: Path, zone: tzinfo, times: dict[str, datetime]) -> dict[str, str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CourseError(f"{path} cannot be read as a CSV file in UTF-8: {error}") from error
    if not rows or tuple(rows[0]) not in (COLUMNS, COLUMNS[:2]):
        raise CourseError(
            f"{path} starts with {rows[:1]}, expected a line `name,student` or `name,student,time`."
        )
    listed: dict[str, str] = {}
    for number, row in enumerate(rows[1:], 2):
        if not any(row):
            continue
        if len(row) != len(rows[0]) or not row[0].strip() or not is_student_id(row[1].strip()):
            raise CourseError(
                f"{path}, line {number}: {row}, expected {', '.join(rows[0])} with a usable id."
            )
        student = row[1].strip()
        if listed.setdefault(_alike(row[0]), student) != student:
            raise CourseError(
                f"{path}, line {number}: {row[0]!r} stands for {student!r} and for another student."
            )
        if len(row) == 3 and row[2].strip():
            times[student] = _moment(path, number, row[2].strip(), zone)
    return listed


def _moment(path: Path, number: int, text: str, zone: tzinfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CourseError(
            f"{path}, line {number}: {text!r} is no time, as 2027-02-01T23:59:00-05:00."
        ) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def _people(course: Course) -> dict[str, set[str]]:
    """Ids by what the gradebook knows of its students, each with the kind of name before it."""
    file = sqlite_file(course)
    if file is not None and not file.exists():
        return {}
    people: dict[str, set[str]] = {}
    with gradebook(course) as book:
        for student in book.students:
            first, last = student.first_name or "", student.last_name or ""
            squeezed = re.sub(r"[\W_]", "", f"{last}{first}")
            keys = [f"id {student.id}", f"lms {student.lms_user_id}" if student.lms_user_id else ""]
            keys += [f"person {first} {last}", f"canvas {squeezed}"] if first and last else []
            for key in filter(None, keys):
                people.setdefault(_alike(key), set()).add(student.id)
    return people
