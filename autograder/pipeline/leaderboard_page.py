"""The public page of a challenge, and the same as a spreadsheet: pseudonyms alone, no student's id.

The page is whole by itself as all pages are (pages.py): one table with a heat map of the accuracies by kind of noise,
one picture of the progress over time.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import floor

from ..course import Assignment
from .judge import JUDGED, MEAN
from .pages import points, render
from .spreadsheets import harmless
from .standings import REFUSED, Attempt, Standing

# What guessing reaches, and where a cell of the heat map has no colour.
CHANCE = 0.1
WIDTH, HEIGHT = 1000, 320


@dataclass
class Line:
    """One line of the table; the baseline is one too, without uploads."""

    name: str
    place: str
    mean: float | None
    accuracy: dict[str, float]
    points: str = ""
    uploads: str = ""
    note: str = ""
    baseline: bool = False


@dataclass
class Track:
    """One student's uploads in the picture: `dots` are (x, y, what it is), `path` joins them."""

    name: str
    path: str
    dots: list[tuple[float, float, str]]
    first: bool


@dataclass(frozen=True)
class Scale:
    """Where the picture puts a moment and an accuracy: from the first upload to the deadline or now, `low` to 1."""

    start: datetime
    end: datetime
    low: float

    @classmethod
    def around(cls, standings: Sequence[Standing], assignment: Assignment, now: datetime) -> Scale:
        judged = _judged(standings)
        times = [datetime.fromisoformat(attempt.upload.handed_in) for attempt in judged]
        lowest = min([assignment.leaderboard.baseline, *(attempt.mean for attempt in judged)])
        end = max(now, assignment.due)
        return cls(min([*times, end - timedelta(days=1)]), end, max(floor(10 * lowest), 0) / 10)

    def x(self, moment: datetime) -> float:
        share = (moment - self.start) / (self.end - self.start)
        return round(WIDTH * min(max(share, 0.0), 1.0), 1)

    def y(self, accuracy: float) -> float:
        return round(HEIGHT * (1 - accuracy) / (1 - self.low), 1)


def leaderboard_page(
    standings: Sequence[Standing], names: Mapping[str, str], assignment: Assignment, now: datetime
) -> str:
    """The whole page, as HTML that needs nothing else. `names` are the pseudonyms by student."""
    rules = assignment.leaderboard
    scale = Scale.around(standings, assignment, now)
    return render(
        "leaderboard.html",
        title=assignment.title,
        rules=rules,
        due=assignment.due.isoformat(),
        open=now <= assignment.due,
        made=now.isoformat(timespec="seconds"),
        lines=lines(standings, names, assignment),
        kinds=kinds(standings),
        heat=_heat,
        steps=_steps(rules.ranks),
        judged=sum(standing.count(JUDGED) for standing in standings),
        above=sum(standing.beats for standing in standings),
        tracks=_tracks(standings, names, scale),
        width=WIDTH,
        height=HEIGHT,
        level=scale.y(rules.baseline),
        due_x=scale.x(assignment.due),
        shares=[(tenths / 10, scale.y(tenths / 10)) for tenths in range(round(10 * scale.low), 11)],
    )


def leaderboard_csv(standings: Sequence[Standing], names: Mapping[str, str], assignment: Assignment) -> str:
    """The table of the page: accuracies are shares with four digits, empty where nothing was judged."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    columns = kinds(standings)
    writer.writerow(["rank", "pseudonym", MEAN, *columns, "uploads", "points", "note"])
    for line in lines(standings, names, assignment):
        shares = [f"{line.accuracy[kind]:.4f}" if kind in line.accuracy else "" for kind in columns]
        mean = "" if line.mean is None else f"{line.mean:.3f}"
        writer.writerow(
            [line.place, harmless(line.name), mean, *shares, line.uploads, line.points, line.note]
        )
    return buffer.getvalue()


def kinds(standings: Sequence[Standing]) -> list[str]:
    """The kinds of noise, in the order of the judging."""
    found = (list(standing.counted.accuracy) for standing in standings if standing.counted)
    return [kind for kind in next(found, []) if kind != MEAN]


def lines(standings: Sequence[Standing], names: Mapping[str, str], assignment: Assignment) -> list[Line]:
    """The table in its order, with the baseline between those above it and the rest."""
    rules = assignment.leaderboard
    table = [_line(standing, names[standing.student], assignment) for standing in standings]
    above = sum(line.mean is not None and line.mean > rules.baseline for line in table)
    table.insert(above, Line("baseline", "", rules.baseline, {}, baseline=True))
    return table


def _line(standing: Standing, name: str, assignment: Assignment) -> Line:
    rules, counted = assignment.leaderboard, standing.counted
    refused, unjudged = standing.count(REFUSED), len(standing.attempts) - standing.count(JUDGED)
    notes = [
        "late" if standing.late else "",
        f"{unjudged - refused} could not be judged" if unjudged > refused else "",
        f"{refused} refused" if refused else "",
    ]
    return Line(
        name=name,
        place=str(standing.rank or ""),
        mean=counted.mean if counted else None,
        accuracy=counted.accuracy if counted else {},
        points=points(standing.points),
        uploads=f"{len(standing.attempts)} of {rules.uploads}",
        note=", ".join(filter(None, notes)),
    )


def _heat(share: float) -> int:
    """How much colour a cell has, in percent: none at chance, and most of the difference at the top."""
    return round(60 * max((share - CHANCE) / (1 - CHANCE), 0) ** 2)


def _steps(ranks: Sequence[tuple[int, float]]) -> list[str]:
    """The rule for points in words: `rank 1: 12`, `ranks 2 to 5: 10`, `from rank 6: 8`."""
    said = []
    for (start, earned), after in zip(ranks, [*ranks[1:], None], strict=True):
        if after is None:
            places = f"from rank {start}"
        elif after[0] == start + 1:
            places = f"rank {start}"
        else:
            places = f"ranks {start} to {after[0] - 1}"
        said.append(f"{places}: {points(earned)}")
    return said


def _tracks(standings: Sequence[Standing], names: Mapping[str, str], scale: Scale) -> list[Track]:
    """Who has an upload that was judged; the leader comes last, which draws it on top."""
    tracks = []
    for standing in standings:
        name = names[standing.student]
        dots = [
            (
                scale.x(datetime.fromisoformat(attempt.upload.handed_in)),
                scale.y(attempt.mean),
                f"{name}, upload {attempt.upload.number}: {100 * attempt.mean:.1f} %",
            )
            for attempt in _judged([standing])
        ]
        if dots:
            dots.sort(key=lambda dot: dot[0])
            path = " ".join(f"{x},{y}" for x, y, _ in dots)
            tracks.append(Track(name, path, dots, standing.rank == 1))
    return sorted(tracks, key=lambda track: track.first)


def _judged(standings: Sequence[Standing]) -> list[Attempt]:
    return [one for standing in standings for one in standing.attempts if one.state == JUDGED]
