"""What every submission of an assignment is graded with, by content, and the key that says when it changed."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .. import ENGINE_VERSION, checks, reference
from ..checks import thresholds
from ..course import Assignment, Course
from ..errors import CourseError
from ..sandbox.environments import Environment, environment, versions
from . import carry, library
from .carry import Carried
from .dependencies import digest_of_exercise
from .merge import MergedNotebook, merge, read_released
from .run import RunLimits
from .submissions import digest, digest_of_files, read_files

_PACKAGE = Path(checks.__file__).parents[1]
_LIBRARY = _PACKAGE.parent / "student_lib"
_PIPELINE = ("reader", "source", "merge", "run", "library", "carry", "suite", "grade_one", "reuse")


@dataclass(frozen=True)
class Suite:
    """What every submission of one assignment is graded with; `key` changes when a grade could change.

    `parts` are digests of what the key is made of, by name. `thresholds` are those of this assignment and of the one
    that it carries a file from. `ungraded` notebooks, by name, have nothing to grade: they are not run. `sources` are
    the source notebooks by assignment, in which mistakes are rehearsed; `exercises` has a digest of what decides about
    each exercise alone.
    """

    assignment: str
    released: dict[str, bytes]
    files: dict[str, bytes]
    limits: RunLimits
    environment: Environment
    secrets: tuple[str, ...]
    key: str
    parts: dict[str, str] = field(default_factory=dict)
    carried: Carried | None = None
    thresholds: dict[str, dict[str, float]] = field(default_factory=dict)
    extra_credit: frozenset[str] = frozenset()
    ungraded: frozenset[str] = frozenset()
    sources: dict[str, tuple[bytes, ...]] = field(default_factory=dict)
    exercises: dict[str, str] = field(default_factory=dict)

    @contextlib.contextmanager
    def in_force(self) -> Iterator[None]:
        """Inside the `with`, this process checks with these thresholds, and rehearses mistakes in these sources."""
        checks.load(self.assignment)
        with thresholds.using(self.thresholds), reference.using(self.sources):
            yield


def load_suite(course: Course, assignment: Assignment) -> Suite:
    """Read the released notebooks, the limits and everything else that determines a grade."""
    checks.load(assignment.name)
    folder = course.release / assignment.name
    notebooks = {path.stem: path.read_bytes() for path in sorted(folder.glob("*.ipynb"))}
    released = {name: data for name, data in notebooks.items() if _has_grades(name, data)}
    if not released:
        raise CourseError(
            f"{folder} holds no released notebook with anything to grade; "
            f"run `chainrule release {assignment.name}` first"
        )
    run_limits = RunLimits.of(assignment.limits)
    carried = carry.load_carried(course, assignment)
    limits_of = {assignment.name: assignment.thresholds}
    if carried is not None:
        limits_of[carried.assignment] = course.assignment(carried.assignment).thresholds
    texts = "".join(data.decode("utf-8", "replace") for data in notebooks.values())
    given, _ = read_files(folder, skip=("student_lib/", "README.md", "requirements.txt"))
    files = {name: data for name, data in given.items() if not name.endswith(".ipynb")}
    secrets = (
        course.root / name
        for name in (
            "source",
            "assignments",
            "submitted",
            "uploads",
            "results",
            ".chainrule-secret",
            "gradebook.db",
        )
    )
    names = [assignment.name] if carried is None else [assignment.name, carried.assignment]
    sources = {name: found for name in names if (found := _sources(course.source / name))}
    parts = {
        **parts_of_code([assignment.name] if carried is None else [assignment.name, carried.assignment]),
        "release": digest_of_files({**{f"{name}.ipynb": data for name, data in released.items()}, **files}),
        "limits": digest(repr(run_limits).encode()),
        "thresholds": digest(repr(limits_of).encode()),
        "points": digest(repr(sorted(assignment.extra_credit)).encode()),
        "packages": digest(
            repr(sorted(versions(environment(assignment.environment).packages).items())).encode()
        ),
        "carried": digest(carry.key(carried)),
        "source": digest(*(data for found in sources.values() for data in found)),
    }
    return Suite(
        assignment=assignment.name,
        released=released,
        files=files,
        limits=run_limits,
        environment=environment(assignment.environment).with_library(
            library.files_for(texts, carried is not None)
        ),
        secrets=(*(str(path) for path in secrets if path.exists()), str(Path(checks.__file__).parent)),
        key=key_of(parts),
        parts=parts,
        carried=carried,
        thresholds=limits_of,
        ungraded=frozenset(notebooks.keys() - released.keys()),
        extra_credit=frozenset(f"{assignment.name}.{name}" for name in assignment.extra_credit),
        sources=sources,
        exercises={
            cell.exercise: digest(
                digest_of_exercise(cell.exercise).encode(), *sources.get(assignment.name, ())
            )
            for name, data in released.items()
            for cell in _merged_release(name, data).graded()
        },
    )


def _sources(folder: Path) -> tuple[bytes, ...]:
    """Source notebooks; a machine that only grades may have none."""
    return tuple(path.read_bytes() for path in sorted(folder.glob("*.ipynb")))


def key_of(parts: dict[str, str]) -> str:
    """One key from the digests of its parts."""
    return digest_of_files({name: value.encode() for name, value in parts.items()})


def merged_release(suite: Suite, name: str) -> MergedNotebook:
    """The released notebook as a submission: what equals it needs no running."""
    return _merged_release(name, suite.released[name])


def _has_grades(name: str, data: bytes) -> bool:
    untouched = _merged_release(name, data)
    return bool(untouched.graded() or untouched.written())


@functools.lru_cache(maxsize=64)
def _merged_release(name: str, data: bytes) -> MergedNotebook:
    return merge(released_form(name, data), None)


released_form = functools.lru_cache(maxsize=64)(read_released)


def parts_of_code(names: list[str]) -> dict[str, str]:
    """Digests of our own files that determine a grade: what checks these assignments, what runs it, what it imports."""
    folders = ("checks", "misconceptions")
    return {
        "checks": _digest_of(
            path for folder in folders for name in names for path in _modules(_PACKAGE / folder, name)
        ),
        "oracles": _digest_of(
            [
                *(path for folder in folders for path in (_PACKAGE / folder).glob("*.py")),
                _PACKAGE / "oracles.py",
                _PACKAGE / "camera.py",
                *(_PACKAGE / "data").rglob("*.npz"),
            ]
        ),
        "engine": digest(
            ENGINE_VERSION.encode(),
            _digest_of(
                [
                    *(_PACKAGE / "sandbox").rglob("*.py"),
                    *(_PACKAGE / "pipeline" / f"{name}.py" for name in _PIPELINE),
                ]
            ).encode(),
        ),
        "library": _digest_of([*_LIBRARY.rglob("*.py"), *_LIBRARY.rglob("*.npz")]),
    }


def _modules(folder: Path, name: str) -> list[Path]:
    """A module or a package of that name: the assignments have the one or the other."""
    return [*folder.glob(f"{name}.py"), *(folder / name).rglob("*.py")]


def _digest_of(paths: Iterable[Path]) -> str:
    return digest_of_files({str(path.relative_to(_PACKAGE.parent)): path.read_bytes() for path in set(paths)})
