"""The audit trail as a person reads it: one line for each event, then whether the chain holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict

from ..course import Assignment, Course
from ..errors import CourseError, GraderError
from .pages import plain_text, points
from .trail import Line, Trail, check


def print_trail(
    course: Course,
    assignment: Assignment,
    students: Iterable[str],
    checking: bool,
    as_json: bool,
    say: Callable[[str], object],
) -> list[str]:
    """Print the lines about `students` (or all), unless only `checking`; returns sentences about what does not hold.

    Raises CourseError when there is no trail yet.
    """
    trail, wanted = Trail(course, assignment), set(students)
    if not trail.path.is_file():
        raise CourseError(f"there is no {trail.path}; run `chainrule grade {assignment.name}` first")
    try:
        for line in trail.lines():
            if not checking and (not wanted or line.student in wanted or wanted & set(_named(line))):
                say(json.dumps(asdict(line)) if as_json else plain_text(sentence(line), 1000))
    except GraderError:
        pass  # `check` finds the same, and says it.
    found = check(course, assignment)
    if checking and as_json:
        say(json.dumps(asdict(found)))
    elif not as_json:
        state = "which do not hold" if found.problems else "the chain holds"
        say(f"{found.lines} lines, {state}; the last one's hash is {found.last}")
    return found.problems


def sentence(line: Line) -> str:
    """One event in one line.

    >>> sentence(Line(7, "2027-02-01T10:00:00.000+00:00", "stopped", None, {"reason": "SIGINT"}, "", "", 3.5))
    '7 2027-02-01 10:00:00 stopped: SIGINT (the clock was 3.5 s behind the line before)'
    """
    words = [str(line.number), line.time[:19].replace("T", " "), line.event]
    words += [line.student] if line.student else []
    text = " ".join(words) + f": {_details(line)}"
    return text + (
        f" (the clock was {line.clock_back:g} s behind the line before)" if line.clock_back else ""
    )


def _details(line: Line) -> str:
    told = line.details
    if line.event == "batch started":
        who = told["students"] if told["students"] == "all" else ", ".join(told["students"])
        again = ", all of it again" if told["force"] else ""
        return f"by {told['user']}, {told['workers']} workers, students {who}; {told['to_grade']} to grade{again}"
    if "score" in told:
        score = f"{points(told['score'])} of {points(told['max_score'])}"
        if "before" not in told:
            return score
        moved = [f"{name} {old} -> {new}" for name, (old, new) in told["changes"].items()]
        return "; ".join(
            [f"{score}, before {points(told['before'])}", *moved, f"why: {', '.join(told['why'])}"]
        )
    if line.event == "recorded":
        return f"{len(told['students'])} in the gradebook"
    return ", ".join(str(value) for value in told.values())


def _named(line: Line) -> list[str]:
    named = line.details.get("students")
    return named if isinstance(named, list) else []
