"""The archive of a challenge: every upload of every student, kept as it was handed in.

    uploads/ASSIGNMENT/STUDENT/003-1f0c9a44d2be/
      upload.json        number, digest, when it was handed in, when it was first seen, what was left out
      files/             what was handed in, as the grader reads it
      judgement.json     what judge.py made of it

An upload is a `submitted/STUDENT/ASSIGNMENT` whose content was not seen before; `submitted/` holds the newest
alone, so `chainrule leaderboard` should follow every collecting. Nothing here overwrites or deletes an upload.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from ..course import Assignment, Course
from ..errors import CourseError
from .submissions import digest_of_files, find_submissions, read_files

# The library is the course's own, and the time of handing in is written down in upload.json.
SKIPPED = ("student_lib/", "timestamp.txt")


@dataclass(frozen=True)
class Upload:
    """One upload. Times are ISO 8601 in UTC; `number` counts the student's uploads from 1.

    `handed_in` is what the gradebook takes for it: timestamp.txt, else the newest file. `seen` is when it was
    archived, and never earlier.
    """

    student: str
    number: int
    digest: str
    handed_in: str
    seen: str
    left_out: tuple[str, ...]
    folder: Path

    @property
    def files(self) -> Path:
        return self.folder / "files"


def archive(course: Course, assignment: Assignment, now: datetime | None = None) -> list[Upload]:
    """Archive what is new in `submitted/`, in order of student ids, and return it."""
    now = now or datetime.now(UTC)
    with _alone(course, assignment):
        found = (
            _archive_one(course, assignment, student, folder, now)
            for student, folder in find_submissions(course, assignment)
        )
        return [upload for upload in found if upload is not None]


def uploads_of(course: Course, assignment: Assignment) -> dict[str, list[Upload]]:
    """All archived uploads by student, each student's in order. Raises CourseError for a damaged archive."""
    root = _root(course, assignment)
    students = sorted(path.name for path in root.iterdir() if path.is_dir()) if root.is_dir() else []
    return {student: found for student in students if (found := _read(root / student))}


def _archive_one(
    course: Course, assignment: Assignment, student: str, folder: Path, now: datetime
) -> Upload | None:
    files, left_out = read_files(folder, skip=SKIPPED)
    if not files:
        return None
    place = _root(course, assignment) / student
    earlier = _read(place)
    digest = digest_of_files(files)
    if digest in {upload.digest for upload in earlier}:
        return None
    number = max((upload.number for upload in earlier), default=0) + 1
    handed_in = min(_handed_in(folder, files), now)
    upload = Upload(
        student, number, digest, _text(handed_in), _text(now), tuple(left_out),
        place / f"{number:03d}-{digest[:12]}",
    )  # fmt: skip
    _write(upload, files)
    return upload


def _write(upload: Upload, files: dict[str, bytes]) -> None:
    """Made aside and moved into place: a killed run leaves no half upload, and no upload is written twice."""
    upload.folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=upload.folder.parent, prefix=".new-"))
    for name, data in files.items():
        path = draft / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    record = {key: value for key, value in asdict(upload).items() if key not in ("student", "folder")}
    (draft / "upload.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    os.rename(draft, upload.folder)


def _read(place: Path) -> list[Upload]:
    found = []
    for folder in sorted(place.glob("[0-9]*-*")):
        try:
            record = json.loads((folder / "upload.json").read_text(encoding="utf-8"))
            record["left_out"] = tuple(record["left_out"])
            found.append(Upload(student=place.name, folder=folder, **record))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CourseError(
                f"{folder} is damaged ({type(error).__name__}: {error}): restore its upload.json from a backup, "
                "or move the folder away; it then no longer counts."
            ) from error
    return sorted(found, key=lambda upload: upload.number)


def _root(course: Course, assignment: Assignment) -> Path:
    return course.root / "uploads" / assignment.name


@contextlib.contextmanager
def _alone(course: Course, assignment: Assignment) -> Iterator[None]:
    """One archiving at a time: two would give the same number to two uploads."""
    path = course.root / "uploads" / f".{assignment.name}.lock"
    path.parent.mkdir(exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _handed_in(folder: Path, files: dict[str, bytes]) -> datetime:
    from .record import submitted_at

    if (folder / "timestamp.txt").is_file() and (stamp := submitted_at(folder)):
        return stamp.replace(tzinfo=UTC)
    newest = max((folder / name).lstat().st_mtime for name in files)
    return datetime.fromtimestamp(newest, UTC)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
