"""What grading one submission yields: verdicts, checks, exercises, cells, as plain data and as JSON.

These classes are the schema of `results/ASSIGNMENT/STUDENT.json`. Nothing that a student may not see
is kept out of them: `symptom` and `log` are for the instructor, and feedback must not print them.
"""

from __future__ import annotations

import dataclasses
import enum
import json
from dataclasses import dataclass, field
from typing import Any


class Verdict(enum.StrEnum):
    """How a check or an exercise ended. *broken* is the grader's own fault and never costs points."""

    PASSED = "passed"
    FAILED = "failed"
    CRASHED = "crashed"
    TIMED_OUT = "timed_out"
    NOT_WRITTEN = "not_written"
    BROKEN = "broken"


@dataclass
class CheckResult:
    """One hidden check. `error` is what a student may read of a crash: type and their own line."""

    name: str
    property: str
    verdict: Verdict
    weight: float = 1.0
    hint: str = ""
    misconception: str | None = None
    error: str | None = None
    symptom: str | None = None
    seconds: float = 0.0


@dataclass
class ExerciseResult:
    """One exercise: its checks, and the points that they earned out of `max_score`.

    `advice` is the misconception's advice, for the student. `log` is for the instructor alone. `key` is a digest of all
    that determines the verdict, empty where that may differ from run to run.
    """

    id: str
    notebook: str
    score: float
    max_score: float
    verdict: Verdict
    checks: list[CheckResult] = field(default_factory=list)
    misconception: str | None = None
    advice: str | None = None
    needs_manual_grade: bool = False
    log: str | None = None
    extra_credit: bool = False
    key: str = ""


@dataclass
class WrittenAnswer:
    """One manually graded cell: `answered` is false when it still holds the released text."""

    id: str
    notebook: str
    max_score: float
    answered: bool
    extra_credit: bool = False


@dataclass
class CellResult:
    """One executed code cell. `status`: ok, error, killed, timed_out, skipped.

    `outputs` are nbformat outputs, made before any check ran, bounded; student-made, so unsafe HTML.
    `error` is `Type: message` for status error, else a sentence.
    """

    notebook: str
    index: int
    cell_id: str
    grade_id: str | None
    status: str
    source: str
    error: str | None = None
    outputs: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0


@dataclass
class SubmissionResult:
    """One graded submission. `flags` are short sentences for the instructor.

    `max_score` leaves out extra credit, which `score` may exceed it by. `key` is a digest of all that determines the
    grade, and `parts` are the digests that it is made of: they say why a regrade came out differently. `runs` are
    digests of what determines the outputs of each notebook's cells, where they can be taken again.
    """

    student: str
    assignment: str
    digest: str
    key: str
    score: float
    max_score: float
    exercises: list[ExerciseResult] = field(default_factory=list)
    written: list[WrittenAnswer] = field(default_factory=list)
    cells: list[CellResult] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    resources: dict[str, float] = field(default_factory=dict)
    engine: str = ""
    isolation: str = "bubblewrap"
    graded_at: str = ""
    parts: dict[str, str] = field(default_factory=dict)
    runs: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self), indent=1, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> SubmissionResult:
        """Rebuild a result. Raises ValueError when the text is cut or is not a result."""
        try:
            data = json.loads(text)
            data["exercises"] = [_exercise(item) for item in data["exercises"]]
            data["written"] = [WrittenAnswer(**item) for item in data["written"]]
            data["cells"] = [CellResult(**item) for item in data["cells"]]
            return cls(**data)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"not a result file of this version: {error}") from error

    def public(self) -> dict[str, Any]:
        """The record that `chainrule grade --json` prints for this submission."""
        return {
            "student": self.student,
            "assignment": self.assignment,
            "score": self.score,
            "max_score": self.max_score,
            "exercises": [
                {
                    "id": exercise.id,
                    "score": exercise.score,
                    "max_score": exercise.max_score,
                    "verdict": exercise.verdict,
                    "misconception": exercise.misconception,
                    "checks": [dataclasses.asdict(check) for check in exercise.checks],
                }
                for exercise in self.exercises
            ],
            "flags": self.flags,
        }


def _exercise(data: dict[str, Any]) -> ExerciseResult:
    checks = [CheckResult(**{**item, "verdict": Verdict(item["verdict"])}) for item in data["checks"]]
    return ExerciseResult(**{**data, "verdict": Verdict(data["verdict"]), "checks": checks})
