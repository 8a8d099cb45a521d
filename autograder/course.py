"""A course on disk: its folders, its assignments, its secret.

course = Course.find(Path.cwd())
assignment = course.assignment("backprop")
assignment.limits.cell_seconds
"""

from __future__ import annotations

import difflib
import os
import re
import secrets
import tomllib
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from functools import cached_property
from math import isfinite
from pathlib import Path
from typing import Any

from traitlets.config import Config, PyFileConfigLoader

from .errors import CourseError

CONFIG_NAME = "nbgrader_config.py"
SECRET_NAME = ".chainrule-secret"
SECRET_BYTES = 32


@dataclass(frozen=True)
class Limits:
    """What one submission may use, from the table `[limits]`.

    `submission_seconds` is the time of all cells; `cpu_seconds` counts all processes, for the cells together and again
    for the checks of each exercise. `memory_mib` bounds all processes with all that lies on /tmp (`tmp_mib`) and
    /dev/shm (`shm_mib`), `file_mib` one file, `output_kib` the output of one cell, `message_mib` one answer to a check.
    """

    cell_seconds: float = 20
    experiment_seconds: float = 60
    check_seconds: float = 10
    submission_seconds: float = 300
    cpu_seconds: float = 600
    memory_mib: int = 1536
    tmp_mib: int = 64
    shm_mib: int = 16
    file_mib: int = 64
    processes: int = 64
    output_kib: int = 256
    message_mib: int = 256


# From what a bare notebook needs to what a grading machine may have. The channel's other end reads 1 GiB at most.
_RANGES = {
    "memory_mib": (256, 1 << 20),
    "tmp_mib": (1, 1 << 16),
    "shm_mib": (1, 1 << 16),
    "file_mib": (1, 1 << 16),
    "processes": (16, 4096),
    "output_kib": (1, 1 << 16),
    "message_mib": (1, 1024),
}


@dataclass(frozen=True)
class CarriedFile:
    """A file that students bring from an earlier assignment, from the table `[carried]`: its notebook exports it."""

    file: str
    assignment: str
    notebook: str


@dataclass(frozen=True)
class LeaderboardRules:
    """How a challenge ranks its class, from the table `[leaderboard]`.

    The first `uploads` of each student are judged, in at most `seconds` each, and of those `counts` says which
    one counts: "best" or "last". A mean accuracy above `baseline` earns the points of its rank: `ranks` are pairs
    (from this rank on, points). An upload after the due date has no rank and earns `late` points. The exercise
    `exercise` is where the model is judged, and where the points reach the gradebook.
    """

    uploads: int
    counts: str
    baseline: float
    ranks: tuple[tuple[int, float], ...]
    late: float
    exercise: str
    seconds: float = 60


@dataclass(frozen=True)
class Assignment:
    """One assignment: what `assignments/NAME/assignment.toml` says, and where its files are.

    `release` and `due` carry their time zone. `late_days` is how long after `due` work is still accepted.
    `points` leaves out the exercises in `extra_credit`. `thresholds` are limits that were measured, by name.
    """

    name: str
    title: str
    points: float
    environment: str
    release: datetime
    due: datetime
    late_days: float
    limits: Limits
    folder: Path
    source: Path
    released: Path
    carried: CarriedFile | None = None
    thresholds: dict[str, float] = field(default_factory=dict, hash=False)
    extra_credit: tuple[str, ...] = ()
    leaderboard: LeaderboardRules | None = None

    @property
    def handout(self) -> Path:
        return self.folder / "handout.md"

    @property
    def rubric(self) -> Path:
        return self.folder / "rubric.md"

    @property
    def due_utc(self) -> datetime:
        """The due date as nbgrader stores it: UTC, without a time zone."""
        return self.due.astimezone(UTC).replace(tzinfo=None)

    def notebooks(self) -> list[Path]:
        """The source notebooks, sorted by name."""
        return sorted(self.source.glob("*.ipynb"))


class Course:
    """A folder with `nbgrader_config.py`. Folders' names and the gradebook's address come from that file.

    Raises CourseError when the file is missing, does not run, or arranges the folders in another order.
    """

    def __init__(self, root: Path | str):
        self.root = Path(root).resolve()
        path = self.root / CONFIG_NAME
        if not path.is_file():
            raise CourseError(f"{self.root} is not a course: it has no {CONFIG_NAME}.")
        try:
            self.config: Config = PyFileConfigLoader(path.name, str(self.root)).load_config()
        except Exception as error:
            raise CourseError(f"{path} does not run: {type(error).__name__}: {error}") from error
        if "directory_structure" in self._settings:
            raise CourseError(f"{path} sets CourseDirectory.directory_structure: only its default works.")

    @classmethod
    def find(cls, start: Path | str) -> Course:
        """The course that `start` lies in: the nearest folder upwards with `nbgrader_config.py`."""
        start = Path(start).resolve()
        for folder in (start, *start.parents):
            if (folder / CONFIG_NAME).is_file():
                return cls(folder)
        raise CourseError(
            f"{start} lies in no course: neither it nor a folder above has a {CONFIG_NAME}. "
            "Change into the course's folder, or name it with --course."
        )

    @property
    def _settings(self) -> Config:
        return self.config.CourseDirectory

    def _folder(self, step: str) -> Path:
        return self.root / self._settings.get(f"{step}_directory", step)

    @property
    def course_id(self) -> str:
        return self._settings.get("course_id", "")

    @property
    def db_url(self) -> str:
        return self._settings.get("db_url", f"sqlite:///{self.root / 'gradebook.db'}")

    @property
    def source(self) -> Path:
        return self._folder("source")

    @property
    def release(self) -> Path:
        return self._folder("release")

    @property
    def submitted(self) -> Path:
        return self._folder("submitted")

    @property
    def autograded(self) -> Path:
        return self._folder("autograded")

    @property
    def feedback(self) -> Path:
        return self._folder("feedback")

    @property
    def results(self) -> Path:
        return self.root / "results"

    @property
    def report(self) -> Path:
        return self.root / "report"

    def assignments(self) -> list[Assignment]:
        """All assignments, the earliest due first."""
        return sorted(map(self.assignment, self._names), key=lambda item: (item.due, item.name))

    def assignment(self, name: str) -> Assignment:
        """The assignment `name`. Raises CourseError for an unknown name and for a mistake in its file."""
        if name not in self._names:
            known = f"{_nearest(name, self._names)} Known: {', '.join(self._names) or 'none yet'}."
            raise CourseError(f"no assignment {name!r} in {self.root}{known}")
        return _read_assignment(self, name)

    @cached_property
    def _names(self) -> list[str]:
        return sorted(path.parent.name for path in (self.root / "assignments").glob("*/assignment.toml"))

    def secret(self) -> bytes:
        """32 random bytes that are the same at every call: they seed the inputs of the hidden checks.

        Kept in `.chainrule-secret`, mode 0600, made at the first call. Raises CourseError when the file is
        damaged or others may read it.
        """
        path = self.root / SECRET_NAME
        if not path.exists():
            _write_secret(path)
        if path.stat().st_mode & 0o077:
            raise CourseError(f"others may read {path}: run `chmod 600 {path}`.")
        secret = path.read_bytes()
        if len(secret) != SECRET_BYTES:
            raise CourseError(
                f"{path} has {len(secret)} bytes, expected {SECRET_BYTES}. Delete it and a new one is made; "
                "submissions that are graded again then meet other inputs."
            )
        return secret


def _write_secret(path: Path) -> None:
    """Made aside and linked into place, so that a second process sees all of it or none."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(6)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secrets.token_bytes(SECRET_BYTES))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _nearest(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f": did you mean {close[0]!r}?" if close else "."


# --- assignment.toml ----------------------------------------------------------------------------------------

_TOP = [
    "title",
    "points",
    "environment",
    "dates",
    "limits",
    "carried",
    "thresholds",
    "extra_credit",
    "leaderboard",
]
_DATES = ["release", "due", "late_days"]


def _read_assignment(course: Course, name: str) -> Assignment:
    path = course.root / "assignments" / name / "assignment.toml"
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CourseError(f"{path} is not TOML: {error}") from error
    top = _Table(path, "", table, _TOP)
    dates = _Table(path, "dates.", top.get("dates", dict, "a table [dates]"), _DATES)
    release, due = dates.moment("release"), dates.moment("due")
    if due <= release:
        raise CourseError(f"{path}: dates.due is {due.isoformat()}, expected a time after dates.release.")
    return Assignment(
        name=name,
        title=top.get("title", str, "a title in quotes"),
        points=top.number("points"),
        environment=top.get("environment", str, "the name of an environment, as 'numpy'"),
        release=release,
        due=due,
        late_days=dates.number("late_days", minimum=0) if "late_days" in dates.values else 0,
        limits=_read_limits(path, top.values.get("limits", {})),
        folder=path.parent,
        source=course.source / name,
        released=course.release / name,
        carried=_read_carried(path, top.values["carried"]) if "carried" in top.values else None,
        thresholds=_read_thresholds(path, top.values.get("thresholds", {})),
        extra_credit=_read_names(path, "extra_credit", top.values.get("extra_credit", [])),
        leaderboard=_read_leaderboard(path, top.values["leaderboard"])
        if "leaderboard" in top.values
        else None,
    )


def _read_carried(path: Path, values: Any) -> CarriedFile:
    if not isinstance(values, dict):
        raise CourseError(f"{path}: carried is {values!r}, expected a table [carried].")
    keys = [field.name for field in fields(CarriedFile)]
    table = _Table(path, "carried.", values, keys)
    carried = CarriedFile(*(table.get(key, str, "a name in quotes") for key in keys))
    if not re.fullmatch(r"[a-z_]\w*\.py", carried.file):
        raise CourseError(
            f"{path}: carried.file is {carried.file!r}, expected a module's file name, as 'nn.py'."
        )
    return carried


def _read_thresholds(path: Path, values: Any) -> dict[str, float]:
    if not isinstance(values, dict):
        raise CourseError(f"{path}: thresholds is {values!r}, expected a table [thresholds].")
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            raise CourseError(f"{path}: thresholds.{name} is {value!r}, expected a number.")
    return {name: float(value) for name, value in values.items()}


def _read_leaderboard(path: Path, values: Any) -> LeaderboardRules:
    if not isinstance(values, dict):
        raise CourseError(f"{path}: leaderboard is {values!r}, expected a table [leaderboard].")
    table = _Table(path, "leaderboard.", values, [field.name for field in fields(LeaderboardRules)])
    ranks = table.get("ranks", list, "pairs of rank and points, as [[1, 12], [2, 10], [6, 8]]")
    rules = LeaderboardRules(
        uploads=table.number("uploads", kind=int),
        counts=table.get("counts", str, "'best' or 'last'"),
        baseline=table.number("baseline", minimum=0),
        ranks=tuple(tuple(pair) if isinstance(pair, list) else (pair,) for pair in ranks),
        late=table.number("late", minimum=0),
        exercise=table.get("exercise", str, "an exercise's name, as 'model'"),
        seconds=table.number("seconds") if "seconds" in values else LeaderboardRules.seconds,
    )
    if rules.counts not in ("best", "last"):
        raise CourseError(f"{path}: leaderboard.counts is {rules.counts!r}, expected 'best' or 'last'.")
    if rules.baseline >= 1:
        raise CourseError(f"{path}: leaderboard.baseline is {rules.baseline}, expected a share below 1.")
    _check_ranks(path, rules)
    return rules


def _check_ranks(path: Path, rules: LeaderboardRules) -> None:
    """Ranks rise from 1, points fall, and late work earns no more than the last rank: else waiting would pay."""
    plain = all(
        len(pair) == 2 and type(pair[0]) is int and type(pair[1]) in (int, float) and 0 <= pair[1] < 1e9
        for pair in rules.ranks
    )
    places, earned = ([pair[number] for pair in rules.ranks] for number in (0, 1)) if plain else ([], [])
    if places[:1] != [1] or places != sorted(set(places)) or earned != sorted(earned, reverse=True):
        raise CourseError(
            f"{path}: leaderboard.ranks is {[list(pair) for pair in rules.ranks]}, expected pairs of rank and points "
            "whose ranks rise from 1 and whose points fall, as [[1, 12], [2, 10], [6, 8]]."
        )
    if rules.late > earned[-1]:
        raise CourseError(
            f"{path}: leaderboard.late is {rules.late}, expected at most the last rank's {earned[-1]}."
        )


def _read_names(path: Path, key: str, values: Any) -> tuple[str, ...]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise CourseError(f"{path}: {key} is {values!r}, expected a list of exercises' names, as ['adam'].")
    return tuple(values)


def _read_limits(path: Path, values: Any) -> Limits:
    if not isinstance(values, dict):
        raise CourseError(f"{path}: limits is {values!r}, expected a table [limits].")
    table = _Table(path, "limits.", values, [field.name for field in fields(Limits)])
    kinds = {field.name: int if field.type == "int" else float for field in fields(Limits)}
    limits = Limits(**{key: table.number(key, kind=kinds[key]) for key in values})
    for key, (least, most) in _RANGES.items():
        if not least <= getattr(limits, key) <= most:
            raise CourseError(
                f"{path}: limits.{key} is {getattr(limits, key)}, expected a whole number from {least} to {most}."
            )
    if limits.tmp_mib + limits.shm_mib >= limits.memory_mib:
        raise CourseError(
            f"{path}: limits.tmp_mib and limits.shm_mib are {limits.tmp_mib} and {limits.shm_mib}, expected less than "
            f"limits.memory_mib ({limits.memory_mib}) together: both lie in memory."
        )
    return limits


class _Table:
    """One table of a file, whose errors name file, key, what was found and what was expected."""

    def __init__(self, path: Path, prefix: str, values: dict[str, Any], known: list[str]):
        self.path, self.prefix, self.values = path, prefix, values
        for key in values:
            if key not in known:
                raise CourseError(
                    f"{path}: unknown key {prefix}{key}{_nearest(key, known)} Known: {', '.join(known)}."
                )

    def get(self, key: str, kind: type | tuple[type, ...], expected: str) -> Any:
        value = self.values.get(key)
        if isinstance(value, bool) or not isinstance(value, kind):
            found = "missing" if key not in self.values else f"{value!r}"
            raise CourseError(f"{self.path}: {self.prefix}{key} is {found}, expected {expected}.")
        return value

    def number(self, key: str, kind: type = float, minimum: float | None = None) -> Any:
        """A number above zero, or of at least `minimum`; `kind` int refuses fractions, nan and inf fail."""
        noun = "a whole number" if kind is int else "a number"
        expected = f"{noun} above zero" if minimum is None else f"{noun} of at least {minimum}"
        value = self.get(key, int if kind is int else (int, float), expected)
        if not (0 < value < 1e9 if minimum is None else minimum <= value < 1e9):
            raise CourseError(f"{self.path}: {self.prefix}{key} is {value}, expected {expected}.")
        return value

    def moment(self, key: str) -> datetime:
        expected = "a date and time with its zone, as 2027-02-01T23:59:00-05:00"
        value = self.get(key, (datetime, str), expected)
        try:
            moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            raise CourseError(f"{self.path}: {self.prefix}{key} is {value}, expected {expected}.")
        return moment
