"""The audit trail of an assignment: `results/ASSIGNMENT/trail.jsonl`, one JSON line for each thing that happened.

A line has `number`, `time` (UTC), `event`, `student`, `details`, `previous` (the hash of the line before) and `hash`,
which is keyed with the course's secret: whoever lacks the secret can neither change a line nor write one. Lines are
only ever appended. Numbers order them and times do not: a clock that was set back is said in `clock_back`.
What a chain cannot show is that its newest lines were cut off; result files that the trail lacks show that.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ..course import Assignment, Course
from ..errors import CourseError, GraderError
from ..files import write_atomically

NAME = "trail.jsonl"
FIRST = "0" * 32
CLEARED = "cache cleared"


@dataclass(frozen=True)
class Line:
    """One event. `clock_back` is by how many seconds the clock was behind the line before, where it was."""

    number: int
    time: str
    event: str
    student: str | None
    details: dict[str, Any]
    previous: str
    hash: str
    clock_back: float = 0.0


class Trail:
    """The trail of one assignment, for appending and for reading."""

    def __init__(self, course: Course, assignment: Assignment):
        self.path = course.results / assignment.name / NAME
        self._key = course.secret()

    def append(self, event: str, student: str | None = None, **details: Any) -> None:
        """Write one line to the disk. Raises CourseError when it cannot be written; then no part of it stays."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._alone() as descriptor:
            try:
                last = self._last(descriptor)
                _write(descriptor, self._line(last, event, student, details))
            except OSError as error:
                raise CourseError(
                    f"{self.path} could not be written ({error.strerror}): nothing is graded without a trail. Make "
                    "room or mend the folder, then run the same command again; what is graded stays."
                ) from error

    def mend(self) -> None:
        """Set a cut last line aside, which is recorded."""
        if self.path.exists():
            with self._alone() as descriptor:
                self._last(descriptor)

    def lines(self) -> Iterator[Line]:
        """All lines, each checked against the one before. Raises GraderError naming the first that does not hold."""
        previous = None
        for number, raw in enumerate(self._raw(), 1):
            line = _parse(raw)
            reason = _wrong(raw, line, previous, self._key)
            if reason:
                raise GraderError(
                    f"{self.path}, line {number}: {reason}. Lines before it hold. Somebody changed the file, or the "
                    "disk did: put a backup in its place, or move it away and keep it; a new trail then begins, and "
                    "`chainrule grade` grades everything again."
                )
            yield line
            previous = line

    def graded(self) -> dict[str, Line]:
        """The newest line of each student that says what a result file holds, after the last `CLEARED`."""
        found: dict[str, Line] = {}
        for line in self.lines():
            if line.event == CLEARED:
                found.clear()
            elif line.student and "result" in line.details:
                found[line.student] = line
        return found

    def _raw(self) -> Iterator[bytes]:
        """One line at a time: the trail of a large class is long."""
        with contextlib.suppress(FileNotFoundError), open(self.path, "rb") as file:
            yield from file

    @contextlib.contextmanager
    def _alone(self) -> Iterator[int]:
        descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield descriptor
        finally:
            os.close(descriptor)

    def _last(self, descriptor: int) -> Line | None:
        """The last line, after a cut one was set aside and that was recorded."""
        whole, last = _tail(descriptor)
        line = _parse(last) if last else None
        if last and line is None:
            raise GraderError(
                f"{self.path} ends with a line that is none: `chainrule trail --check` says more"
            )
        cut = os.pread(descriptor, os.fstat(descriptor).st_size - whole, whole)
        if not cut:
            return line
        aside = self.path.with_name(f"trail-cut-{hashlib.blake2b(cut, digest_size=6).hexdigest()}.txt")
        write_atomically(aside, cut)
        os.ftruncate(descriptor, whole)
        details = {"what": "a line that was cut while it was written", "bytes": len(cut), "kept": aside.name}
        data = self._line(line, "repaired", None, details)
        _write(descriptor, data)
        return _parse(data)

    def _line(self, last: Line | None, event: str, student: str | None, details: dict[str, Any]) -> bytes:
        now = datetime.now(UTC)
        values: dict[str, Any] = {
            "number": last.number + 1 if last else 1,
            "time": now.isoformat(timespec="milliseconds"),
            "event": event,
            "student": student,
            "details": details,
            "previous": last.hash if last else FIRST,
        }
        behind = (datetime.fromisoformat(last.time) - now).total_seconds() if last else 0
        if behind > 0:
            values["clock_back"] = round(behind, 3)
        values["hash"] = _hash(values, self._key)
        return json.dumps(values).encode() + b"\n"


@dataclass
class Checked:
    """What `check` found: how many lines hold, the last one's hash, and sentences about what does not."""

    lines: int = 0
    last: str = FIRST
    problems: list[str] = field(default_factory=list)


def check(course: Course, assignment: Assignment) -> Checked:
    """Verify the chain, that the file ends with a whole line, and that each result file is what the trail says."""
    trail, checked = Trail(course, assignment), Checked()
    graded: dict[str, Line] = {}
    try:
        for line in trail.lines():
            checked.lines, checked.last = line.number, line.hash
            if line.student and "result" in line.details:
                graded[line.student] = line
    except GraderError as error:
        checked.problems.append(str(error))
        return checked
    for student, line in graded.items():
        path = trail.path.with_name(f"{student}.json")
        found = digest_of_result(path.read_bytes()) if path.is_file() else "no file"
        if found != line.details["result"]:
            checked.problems.append(
                f"{path} is not what line {line.number} of the trail says (expected {line.details['result']}, found "
                f"{found}): `chainrule grade {assignment.name}` grades it again"
            )
    return checked


def digest_of_result(data: bytes) -> str:
    """What the trail says of a result file's content."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _hash(values: dict[str, Any], key: bytes) -> str:
    text = json.dumps({name: value for name, value in values.items() if name != "hash"}, sort_keys=True)
    return hashlib.blake2b(text.encode(), key=key, digest_size=16, person=b"trail").hexdigest()


def _parse(raw: bytes) -> Line | None:
    try:
        line = Line(**json.loads(raw))
        return line if type(line.number) is int and type(line.details) is dict else None
    except (ValueError, TypeError):
        return None


def _wrong(raw: bytes, line: Line | None, previous: Line | None, key: bytes) -> str:
    """Why a line does not hold, or nothing."""
    if not raw.endswith(b"\n"):
        return "it was cut while it was written; the next `chainrule grade` sets it aside and says so"
    if line is None:
        return "it is no line of a trail"
    number, before = (previous.number, previous.hash) if previous else (0, FIRST)
    if line.number != number + 1:
        return f"it has number {line.number}, expected {number + 1}: lines are missing, or stand twice"
    if line.previous != before:
        return "it does not follow the line before"
    if line.hash != _hash(json.loads(raw), key):
        return "its hash is wrong: it was not written with this course's secret, or was changed"
    return ""


def _tail(descriptor: int) -> tuple[int, bytes]:
    """Where the last whole line ends, and that line."""
    size = os.fstat(descriptor).st_size
    back = 1 << 16
    while True:
        start = max(0, size - back)
        data = os.pread(descriptor, size - start, start)
        whole = data[: data.rfind(b"\n") + 1]
        begin = whole.rfind(b"\n", 0, len(whole) - 1) + 1 if whole else 0
        if start == 0 or begin > 0:
            return start + len(whole), whole[begin:]
        back *= 8


def _write(descriptor: int, data: bytes) -> None:
    """All of `data` at the end of the file and on the disk, or an OSError and none of it."""
    before = os.fstat(descriptor).st_size
    try:
        written = 0
        while written < len(data):
            written += os.write(descriptor, data[written:])
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, before)
        raise
