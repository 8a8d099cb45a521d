"""What became of one attack, judged from what a grader left behind, whichever grader it was."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from attacks import Attack
from attacks.browser import dangers
from attacks.scene import disguises


@dataclass
class Graded:
    """What a grader left behind: `pages` by path, points by exercise of the attacker and of neighbours.

    `page` is the attacker's feedback where that is the attack, `plain_page` that of honest work.
    """

    pages: dict[str, bytes] = field(default_factory=dict)
    scores: dict[str, float] | None = None
    neighbours: dict[str, dict[str, float] | None] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    met: list[str] = field(default_factory=list)
    stayed: int = 0
    died: str = ""
    page: str = ""
    plain_page: str = ""


def judge(
    attack: Attack,
    honest: dict[str, float],
    expected: dict[str, dict],
    canaries: dict[str, str],
    found: Graded,
) -> str:
    """The outcome in words: `held`, or whatever went wrong, most serious first.

    `honest` are the points that exercises with the solution of the course are worth, `expected` the neighbours'.
    """
    said = []
    if leaked := sorted({where for where, word in canaries.items() for data in found.pages.values()
                         if any(form in data for form in disguises(word))}):  # fmt: skip
        said.append("leaked: " + ", ".join(leaked))
    if reached := _reached(attack, b"\n".join(found.pages.values()).decode("utf-8", "replace")):
        said.append("reached: " + reached)
    if ran := _runs(found):
        said.append(
            f"runs in the reader's browser: {ran[0][:60]}"
            + (f" and {len(ran) - 1} more" if len(ran) > 1 else "")
        )
    if found.met:
        said.append("got out: " + ", ".join(found.met) + " listener")
    if attack.section == "forging" and (more := _above(attack, honest, found.scores or {})):
        said.append("forged: " + more)
    moved = [name for name, points in expected.items() if found.neighbours[name] not in (None, points)]
    if moved:
        said.append("neighbour's grade moved")
    if found.changed or found.stayed:
        files = [f"{found.changed[0]} and {len(found.changed) - 1} more" if len(found.changed) > 1 else name
                 for name in found.changed[:1]]  # fmt: skip
        files += [f"{found.stayed} processes stayed"] if found.stayed else []
        said.append("harmed: " + ", ".join(files))
    if lost := _lost(attack, found):
        said.append("lost: " + lost)
    return "; ".join(said) or "held"


def _lost(attack: Attack, found: Graded) -> str:
    """Whose grade is missing or too low, or nothing."""
    lost = []
    if found.died:
        lost.append(found.died)
    if found.scores is None:
        lost.append("no grade for it")
    elif (got := sum(found.scores.get(name, 0) for name in attack.earns)) < sum(attack.earns.values()) - 1e-6:
        lost.append(f"{got:g} of {sum(attack.earns.values()):g} points")
    if any(points is None for points in found.neighbours.values()):
        lost.append("no grade for a neighbour")
    return ", ".join(lost)


def _above(attack: Attack, honest: dict[str, float], scores: dict[str, float]) -> str:
    """The points that nobody earned, or nothing. An exercise with the course's own solution may have them all."""
    bounds = {name: max(attack.earns.get(name, 0.0), honest.get(name, 0.0)) for name in scores}
    more = {name: score for name, score in scores.items() if score > bounds[name] + 1e-6}
    return ", ".join(f"{name} {score:g} for {bounds[name]:g}" for name, score in more.items())


def _reached(attack: Attack, page: str) -> str:
    """What an attack printed that it got: it `shows` a list or a count as it must be, and here that is another."""
    for words in attack.shows:
        if match := re.fullmatch(r"(?:.* )?(\S+) (\[.*\]|0)", words):
            for listed in re.findall(re.escape(match[1]) + r" (\[.*?\]|\d+)(?:\\n|\"|,| |$)", page):
                if listed != match[2]:
                    short = re.sub(r"/[^\s'\"]*?/scene\b/?", "/", listed)
                    what = "" if match[1] == "reached" else match[1].strip(":") + " "
                    return f"{what}{short if len(short) < 90 else short[:90] + '...'}"
    return ""


def _runs(found: Graded) -> list[str]:
    """What in the student's page would run or load in a browser, beyond what is in an honest neighbour's."""
    return sorted(Counter(dangers(found.page)) - Counter(dangers(found.plain_page)))


def recorded(gradebook: Path, student: str) -> dict[str, float] | None:
    """Points by exercise as the gradebook has them, those other than zero; None without any grade."""
    query = (
        "select base_cell.name, grade.auto_score from grade join base_cell on base_cell.id = grade.cell_id "
        "join submitted_notebook n on n.id = grade.notebook_id "
        "join submitted_assignment a on a.id = n.assignment_id where a.student_id = ?"
    )
    with contextlib.closing(sqlite3.connect(gradebook)) as book:
        rows = book.execute(query, [student]).fetchall()
    scores = {name.partition(".")[2]: score for name, score in rows if score is not None}
    return {name: score for name, score in scores.items() if score} if scores else None
