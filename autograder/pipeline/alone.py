"""One grader at a time on an assignment: the kernel releases the lock when its process ends, however it ends."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime

from ..course import Assignment, Course
from ..errors import CourseError

NAME = ".grading"


@contextlib.contextmanager
def alone(course: Course, assignment: Assignment) -> Iterator[None]:
    """Hold the assignment. Raises CourseError, naming the other's process, while another grader does."""
    path = course.results / assignment.name / NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644), "r+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CourseError(f"{assignment.name} is being graded already, {_who(file.read())}") from None
        since = datetime.now(UTC).isoformat(timespec="seconds")
        mine = {"pid": os.getpid(), "host": os.uname().nodename, "since": since}
        # The lock holds without the note, which a full disk may refuse.
        with contextlib.suppress(OSError):
            os.ftruncate(file.fileno(), 0)
            os.pwrite(file.fileno(), json.dumps(mine).encode(), 0)
        yield


def _who(text: str) -> str:
    try:
        other = json.loads(text)
        said = f"by process {other['pid']} on {other['host']} since {other['since']}"
    except (ValueError, KeyError, TypeError):
        said = "by a process that started this moment"
    return f"{said}: wait for it, or end it and run this again; what it has graded stays."
