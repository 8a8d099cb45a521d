"""`chainrule cache`: what is kept of graded work, how often it saved a run, and how to start afresh.

There is no second copy: results are the cache (`reuse`), and the trail vouches for them. Clearing it is a line in the
trail, after which earlier results are taken for nothing; no result is lost.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..course import Assignment, Course
from .alone import alone
from .results import result_path
from .trail import CLEARED, Trail, digest_of_result


@dataclass
class CacheReport:
    """Results of one assignment: how many, their bytes, those that are not what was written; hits since the clearing.

    `submissions` were asked for in all batches, and `unchanged` of them were not touched. Of the `exercises` of those
    that were, `reused` were not scored again.
    """

    assignment: str
    entries: int = 0
    bytes: int = 0
    refused: int = 0
    submissions: int = 0
    unchanged: int = 0
    exercises: int = 0
    reused: int = 0

    def line(self) -> str:
        text = (
            f"{self.assignment}: {self.entries} results, {self.bytes / 2**20:.1f} MiB; unchanged "
            f"{_share(self.unchanged, self.submissions)} submissions; not scored again "
            f"{_share(self.reused, self.exercises)} exercises"
        )
        if self.refused:
            text += f"; {self.refused} result files are not what was written and will be graded again"
        return text


def examine(course: Course, assignment: Assignment) -> CacheReport:
    """Count entries and hits. Raises GraderError when the trail does not hold."""
    report = CacheReport(assignment.name)
    trail = Trail(course, assignment)
    for line in trail.lines():
        if line.event == CLEARED:
            report = CacheReport(assignment.name)
        elif line.event == "batch started":
            report.submissions += line.details.get("to_grade", 0) + line.details.get("known", 0)
            report.unchanged += line.details.get("known", 0)
        elif line.event in ("graded", "regraded", "broken"):
            report.exercises += line.details.get("exercises", 0)
            report.reused += line.details.get("reused", 0)
    for student, line in trail.graded().items():
        path = result_path(course, assignment, student)
        data = path.read_bytes() if path.is_file() else b""
        report.entries += bool(data)
        report.bytes += len(data)
        report.refused += digest_of_result(data) != line.details["result"]
    return report


def clear(course: Course, assignment: Assignment) -> None:
    """From now on nothing that was graded before is taken again. Waits for nobody: CourseError while one grades."""
    with alone(course, assignment):
        Trail(course, assignment).append(CLEARED)


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole}" + (f" ({100 * part / whole:.0f} %)" if whole else "")
