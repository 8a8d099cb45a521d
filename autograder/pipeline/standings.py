"""Who stands where in a challenge: which upload counts, ranks with ties, points. Pure functions of the uploads.

On time is what was handed in up to the due date. The uploads on time that beat the baseline are ranked; who has
none of those, but beats the baseline later, earns a fixed number of points without a rank.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ..course import LeaderboardRules
from .judge import JUDGED, MEAN, Judgement
from .uploads import Upload

REFUSED = "refused"
# Accuracies are shown to a tenth of a percent; who looks equal is equal.
DIGITS = 3


@dataclass(frozen=True)
class Attempt:
    """One upload and what became of it: `state` is judged, failed, broken or refused."""

    upload: Upload
    late: bool
    state: str
    accuracy: dict[str, float]
    reason: str = ""

    @property
    def mean(self) -> float:
        return round(self.accuracy[MEAN], DIGITS)


@dataclass
class Standing:
    """One student. `counted` is the upload that counts, None when none was judged; only who beats the baseline on
    time has a `rank`."""

    student: str
    attempts: list[Attempt]
    counted: Attempt | None = None
    beats: bool = False
    rank: int | None = None
    points: float = 0.0

    @property
    def late(self) -> bool:
        return self.counted is not None and self.counted.late

    def count(self, state: str) -> int:
        return sum(attempt.state == state for attempt in self.attempts)


def attempts(
    uploads: Sequence[Upload], judgements: Mapping[object, Judgement], rules: LeaderboardRules, due: datetime
) -> list[Attempt]:
    """A student's uploads with their judgements, which are by folder; those over the limit are refused."""
    found = []
    for upload in uploads:
        late = datetime.fromisoformat(upload.handed_in) > due
        if is_refused(upload, rules):
            reason = f"upload {upload.number}, and {rules.uploads} are judged"
            found.append(Attempt(upload, late, REFUSED, {}, reason))
        else:
            judgement = judgements[upload.folder]
            found.append(Attempt(upload, late, judgement.state, judgement.accuracy, judgement.reason))
    return found


def is_refused(upload: Upload, rules: LeaderboardRules) -> bool:
    """Whether it comes after the last one that is judged: accuracies by kind of noise would be an oracle."""
    return upload.number > rules.uploads


def rank(by_student: Mapping[str, list[Attempt]], rules: LeaderboardRules) -> list[Standing]:
    """The class: the best first, then late work among them by accuracy, at the end who has nothing that counts."""
    standings = [Standing(student, found) for student, found in by_student.items()]
    for standing in standings:
        _choose(standing, rules)
    ranked = [one for one in standings if one.beats and not one.late]
    for standing in ranked:
        # Ties share the better rank, and the ranks after them are left out: 1, 2, 2, 4.
        standing.rank = 1 + sum(other.counted.mean > standing.counted.mean for other in ranked)
        standing.points = points_of(standing.rank, rules)
    for standing in standings:
        if standing.beats and standing.late:
            standing.points = rules.late
    return sorted(standings, key=lambda one: (-one.counted.mean if one.counted else 1, one.late, one.student))


def points_of(place: int, rules: LeaderboardRules) -> float:
    """The points of a rank: those of the last pair that begins at it or before."""
    return next(earned for start, earned in reversed(rules.ranks) if start <= place)


def _choose(standing: Standing, rules: LeaderboardRules) -> None:
    """Set what counts: of the work on time, of late work only where that does not beat the baseline but this does."""
    judged = [attempt for attempt in standing.attempts if attempt.state == JUDGED]
    on_time = _counted((one for one in judged if not one.late), rules)
    late = _counted((one for one in judged if one.late), rules)
    rescued = late is not None and _beats(late, rules) and not (on_time and _beats(on_time, rules))
    standing.counted = late if rescued else on_time or late
    standing.beats = standing.counted is not None and _beats(standing.counted, rules)


def _counted(judged: Iterable[Attempt], rules: LeaderboardRules) -> Attempt | None:
    """The best one, the earliest of equals, or the last one. One that could not be judged replaces nothing."""
    found = list(judged)
    if rules.counts == "last":
        return found[-1] if found else None
    return max(found, key=lambda attempt: attempt.mean, default=None)


def _beats(attempt: Attempt, rules: LeaderboardRules) -> bool:
    return attempt.mean > rules.baseline
