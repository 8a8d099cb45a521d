"""What of an earlier result still holds: verdicts that nothing new can change, notebooks that need no running.

Results are the cache. The trail vouches for every one of them, so that an entry which was changed or cut is not taken;
each exercise in it has a key of all that determines its verdict, and each notebook one of what its cells put out.
Keys are made of contents alone, never of times or names of places.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ..model import CellResult, ExerciseResult, SubmissionResult, Verdict
from .merge import MergedNotebook
from .run import NotebookRun
from .submissions import digest, digest_of_files
from .suite import Suite

# What may come out otherwise on another day, on a busier machine, is run again.
_LASTING = (Verdict.PASSED, Verdict.FAILED, Verdict.CRASHED, Verdict.NOT_WRITTEN)
_UNLASTING_CELLS = ("killed", "timed_out", "skipped")
# These parts of a suite's key decide about what cells put out; verdicts hang on some more.
_CELLS = ("engine", "library", "packages", "limits")
_VERDICTS = ("oracles", "thresholds", "carried")


@dataclass(frozen=True)
class Keys:
    """The keys of one notebook: of its cells' outputs, and of each exercise's verdict."""

    cells: str
    exercises: dict[str, str]


@dataclass(frozen=True)
class Known:
    """What an earlier result says about one notebook: verdicts that hold, and the cells, None unless these do."""

    exercises: dict[str, ExerciseResult] = field(default_factory=dict)
    cells: list[CellResult] | None = None


def keys_of(
    suite: Suite, notebook: MergedNotebook, seed_of: Callable[[str, str], int], files: dict[str, bytes]
) -> Keys:
    """`files` are those that the notebook runs beside."""
    cells = digest(
        notebook.name.encode(),
        notebook.digest.encode(),
        digest_of_files(files).encode(),
        repr((suite.environment.name, suite.environment.library)).encode(),
        *(suite.parts[name].encode() for name in _CELLS),
    )
    verdicts = [suite.parts[name].encode() for name in _VERDICTS]
    exercises = {
        cell.exercise: digest(
            cells.encode(),
            cell.exercise.encode(),
            repr(cell.points).encode(),
            str(seed_of(cell.exercise, "")).encode(),
            suite.exercises[cell.exercise].encode(),
            *verdicts,
        )
        for cell in notebook.graded()
        if cell.exercise in suite.exercises
    }
    return Keys(cells, exercises)


def known(earlier: SubmissionResult | None, notebook: MergedNotebook, keys: Keys) -> Known:
    """What of `earlier` still holds for the notebook."""
    if earlier is None:
        return Known()
    exercises = {
        item.id: item for item in earlier.exercises if item.key and item.key == keys.exercises.get(item.id)
    }
    complete = all(cell.exercise in exercises for cell in notebook.graded())
    if not complete or earlier.runs.get(notebook.name) != keys.cells:
        return Known(exercises)
    return Known(exercises, [cell for cell in earlier.cells if cell.notebook == notebook.name])


def label(run: NotebookRun, keys: Keys) -> str:
    """Give the exercises of a run their keys; the key of its cells, or "" where another run may differ."""
    if run.flags or any(cell.status in _UNLASTING_CELLS for cell in run.cells):
        return ""
    for item in run.exercises:
        lasting = all(check.verdict in _LASTING for check in item.checks)
        item.key = keys.exercises.get(item.id, "") if lasting and item.verdict in _LASTING else ""
    return keys.cells
