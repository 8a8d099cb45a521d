"""One exercise: run its hidden checks on a student's functions, score them, and name the mistake."""

from __future__ import annotations

import re
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .. import reference
from ..misconceptions import Misconception, misconceptions_of
from ..model import CheckResult, ExerciseResult, Verdict
from ..sandbox.remote import (
    NotWritten,
    Student,
    StudentCrashed,
    StudentError,
    StudentTimedOut,
    local_student,
)
from . import Check, checks_of
from .expectation import CheckFailed, same
from .quoting import quoted

SeedOf = Callable[[str], int]
_PLAIN = (type(None), int, float, complex, str, bytes, list, tuple, set, dict, np.generic, np.ndarray)
_NAMEABLE = (Verdict.FAILED, Verdict.CRASHED)
# What computing on values of another kind than expected raises; OSError and the like are the machine's.
_OF_ODD_VALUES = (
    TypeError, ValueError, AttributeError, LookupError, ArithmeticError, RecursionError, MemoryError,
)  # fmt: skip


@dataclass
class Attempt:
    """How one run of a check ended, with the transcript of what student code gave.

    `line` is the student's own line that raised, where the source is known; `odd` says that a broken check may have
    stumbled over a value.
    """

    verdict: Verdict
    symptom: str | None = None
    error: str | None = None
    line: str = ""
    log: str | None = None
    odd: bool = False
    seconds: float = 0.0
    transcript: list[tuple[str, Any]] = field(default_factory=list)

    @property
    def earns(self) -> bool:
        """Passed, or broken: the grader's own fault costs nothing."""
        return self.verdict in (Verdict.PASSED, Verdict.BROKEN)


def run_exercise(
    exercise_id: str,
    new_student: Callable[[], Student],
    seed_of: SeedOf,
    points: float,
    notebook: str = "",
    root: Path | None = None,
    code: str | None = None,
) -> ExerciseResult:
    """Score one exercise: points times the weight of the passed checks over the weight of all.

    `new_student()` gives a fresh fork: at first, after a check in which student code crashed, hung or died,
    and for a check's second try with its `rescue`. `seed_of(check name)` seeds the check's `rng` and the
    student's generators.
    `root` is the course folder whose source notebooks give the reference for naming mistakes. `code` is all
    source that the student handed in, for `quoting`. The result
    depends on nothing but the student's functions and the seeds. Raises KeyError for an exercise without
    checks; whatever else goes wrong on the grader's side makes checks *broken*, which earns their points, unless
    the reference passes them: then the student's answers did it, and a person has to look.
    """
    checks = checks_of(exercise_id)
    attempts = run_checks(checks, _Forks(new_student, seed_of).attempt)
    odd = _blame_odd_answers(checks, attempts, seed_of, root)
    results = [_result(check, attempts[check.name], code) for check in checks]
    log = "\n".join(f"{name}:\n{attempt.log}" for name, attempt in attempts.items() if attempt.log)
    exercise = ExerciseResult(
        exercise_id, notebook, score_of(checks, attempts, points), points, _overall(results), results
    )
    try:
        _name_mistakes(exercise, attempts, seed_of, root)
    except Exception:
        log += f"\nnaming the mistake:\n{traceback.format_exc()}"
    exercise.needs_manual_grade = odd or exercise.verdict == Verdict.BROKEN
    exercise.log = log.strip() or None
    return exercise


def score_of(checks: list[Check], attempts: dict[str, Attempt], points: float) -> float:
    """`points` times the share of the weight that was earned, rounded to six digits."""
    earned = sum(check.weight for check in checks if attempts[check.name].earns)
    return float(min(max(round(points * earned / sum(check.weight for check in checks), 6), 0.0), points))


def try_check(check: Check, get_student: Callable[[], Student], seed: int, rescue: bool = False) -> Attempt:
    """Run one check once, after its `rescue` if asked. No Exception leaves it."""
    start, student = time.monotonic(), None
    try:
        student = get_student()
        student.begin_check(seed)
        if rescue:
            # The student's hanging function is out of the way: this try deserves its whole time again.
            student.full_time()
            check.rescue(student, np.random.default_rng([seed, 1]))
        with np.errstate(all="ignore"):
            check.function(student, np.random.default_rng(seed))
        attempt = Attempt(Verdict.PASSED)
    except CheckFailed as failure:
        attempt = Attempt(Verdict.FAILED, symptom=failure.symptom)
    except NotWritten:
        attempt = Attempt(Verdict.NOT_WRITTEN)
    except StudentCrashed as crash:
        attempt = Attempt(Verdict.CRASHED, symptom=crash.type_name, line=crash.line)
    except StudentTimedOut:
        attempt = Attempt(Verdict.TIMED_OUT, error="your code did not finish in time")
    except StudentError:
        attempt = Attempt(Verdict.CRASHED, error="your code ended the Python process that ran it")
    except Exception as error:
        odd = isinstance(error, _OF_ODD_VALUES)
        attempt = Attempt(Verdict.BROKEN, log=traceback.format_exc(), odd=odd)
        if _used_as_object(error):
            attempt = Attempt(Verdict.FAILED, symptom="a plain value where an object was expected")
    attempt.seconds = round(time.monotonic() - start, 4)
    if student:
        attempt.transcript = list(student.transcript)
        student.end_check()
    return attempt


def _used_as_object(error: Exception) -> bool:
    """Whether a check took a plain value for an object: `student.Linear(3, 5).W` where calling Linear gave 7.

    That is no fault of ours, and must be no way to points.
    """
    if isinstance(error, AttributeError):
        return isinstance(error.obj, _PLAIN)
    names = "|".join(kind.__name__ for kind in (bool, *_PLAIN))
    return bool(re.fullmatch(rf"'({names}|numpy\.\w+)' object is not callable", str(error)))


class _Forks:
    """Runs checks on a student's fork; takes a fresh one where the last was lost or changed by a rescue."""

    def __init__(self, new_student: Callable[[], Student], seed_of: SeedOf):
        self._new_student, self._seed_of = new_student, seed_of
        self._student: Student | None = None

    def attempt(self, check: Check, rescue: bool) -> Attempt:
        if rescue:
            self._student = None
        attempt = try_check(check, lambda: self._get(check), self._seed_of(check.name), rescue)
        if rescue or attempt.verdict not in (Verdict.PASSED, Verdict.FAILED, Verdict.NOT_WRITTEN):
            self._student = None
        return attempt

    def _get(self, check: Check) -> Student:
        if self._student is None:
            self._student = self._new_student()
        self._student.allow(check.seconds)
        return self._student


def run_checks(checks: list[Check], attempt: Callable[[Check, bool], Attempt]) -> dict[str, Attempt]:
    """Every check's outcome by name, where `attempt(check, rescue)` runs one once.

    When the first says that the function is not written, the others are not run.
    """
    attempts: dict[str, Attempt] = {}
    for check in checks:
        outcome = attempt(check, False)
        if check.rescue and not outcome.earns:
            outcome = _better_of(outcome, attempt(check, True))
        if not attempts and outcome.verdict == Verdict.NOT_WRITTEN:
            return {check.name: outcome for check in checks}
        attempts[check.name] = outcome
    return attempts


def _blame_odd_answers(
    checks: list[Check], attempts: dict[str, Attempt], seed_of: SeedOf, root: Path | None
) -> bool:
    """Fail those broken checks that stumbled over an answer of the student's; whether there are any.

    The reference goes through the same check with the same seed. Where it passes, the check is sound, and answers
    that nobody expected, perhaps made to break it, must not earn its points.
    """
    odd = [check for check in checks if attempts[check.name].odd and attempts[check.name].transcript]
    failed = False
    for check in odd:
        try:
            student = local_student(reference.namespace(check.exercise_id, root))
        except LookupError:
            return failed
        if try_check(check, lambda student=student: student, seed_of(check.name)).verdict is Verdict.PASSED:
            attempt = attempts[check.name]
            attempt.verdict, attempt.symptom = Verdict.FAILED, "an answer that the check cannot read"
            failed = True
    return failed


def _better_of(first: Attempt, second: Attempt) -> Attempt:
    """What counts after a rescue: the second try, unless student code tripped over its functions."""
    tripped = second.verdict in (Verdict.CRASHED, Verdict.TIMED_OUT)
    return first if tripped and first.verdict in _NAMEABLE else second


def _result(check: Check, attempt: Attempt, code: str | None) -> CheckResult:
    raised = attempt.verdict == Verdict.CRASHED and attempt.symptom
    return CheckResult(
        check.name,
        check.property,
        attempt.verdict,
        check.weight,
        check.hint,
        error=quoted(attempt.symptom, attempt.line, code) if raised else attempt.error,
        symptom=attempt.symptom,
        seconds=attempt.seconds,
    )


def _overall(results: list[CheckResult]) -> Verdict:
    """Broken if any check is, else the first verdict that is not passed."""
    verdicts = [result.verdict for result in results]
    if Verdict.BROKEN in verdicts:
        return Verdict.BROKEN
    return next((verdict for verdict in verdicts if verdict != Verdict.PASSED), Verdict.PASSED)


def _name_mistakes(
    exercise: ExerciseResult, attempts: dict[str, Attempt], seed_of: SeedOf, root: Path | None
) -> None:
    """Set the misconceptions that explain failed checks; the exercise's is the one that explains most."""
    wrong = [name for name, attempt in attempts.items() if attempt.verdict in _NAMEABLE]
    if not wrong:
        return
    explained: dict[Misconception, list[str]] = {}
    for misconception in misconceptions_of(exercise.id):
        explained[misconception] = _explained_by(misconception, wrong, attempts, seed_of, root)
        # The first that explains everything is the best: no later one would be mentioned.
        if len(explained[misconception]) == len(wrong):
            break
    best = max(explained, key=lambda misconception: len(explained[misconception]), default=None)
    if best is None or not explained[best]:
        return
    exercise.misconception, exercise.advice = best.name, best.advice
    for result in exercise.checks:
        names = [misconception.name for misconception in explained if result.name in explained[misconception]]
        result.misconception = best.name if best.name in names else next(iter(names), None)


def _explained_by(
    misconception: Misconception,
    wrong: list[str],
    attempts: dict[str, Attempt],
    seed_of: SeedOf,
    root: Path | None,
) -> list[str]:
    """Those of the wrong checks that one of the misconception's functions explains, of the best of them."""
    lines = [attempt.line for attempt in attempts.values() if attempt.verdict == Verdict.CRASHED]
    if not all(re.search(misconception.crashes_at, line) for line in lines):
        return []
    rehearsals = (_Rehearsal(misconception, function, seed_of, root) for function in misconception.functions)
    best: list[str] = []
    for rehearsal in rehearsals:
        best = max(best, rehearsal.explains(wrong, attempts), key=len)
        if len(best) == len(wrong):
            break
    return best


class _Rehearsal:
    """A misconception in the reference's place, run in this process through the checks of its exercise."""

    def __init__(
        self,
        misconception: Misconception,
        function: Callable[..., Any],
        seed_of: SeedOf,
        root: Path | None,
    ):
        self._checks = {check.name: check for check in checks_of(misconception.exercise_id)}
        self._misconception, self._seed_of = misconception, seed_of
        names = reference.namespace(misconception.exercise_id, root)
        names[misconception.replaces] = function
        self._student = local_student(names)
        self._attempts: dict[str, Attempt] = {}

    def _attempt(self, name: str) -> Attempt:
        if name not in self._attempts:
            self._attempts[name] = try_check(self._checks[name], lambda: self._student, self._seed_of(name))
        return self._attempts[name]

    def explains(self, wrong: list[str], attempts: dict[str, Attempt]) -> list[str]:
        """Those of the wrong checks that this misconception explains.

        Equal values, wrong and finite, speak for themselves, unless the misconception also fails a check that
        the student passed. An exception's type, nan or an empty answer have many causes: they count only when
        the verdicts agree on every check. Where values depend on draws or on style, symptoms stand for them.
        """
        kind = self._misconception
        # The wrong ones first: they tell the most misconceptions apart. Of each sort the quick ones first.
        in_turn = sorted(attempts, key=lambda name: (name not in wrong, attempts[name].seconds))
        if (kind.random or kind.by_symptom) and all(
            self._ends_alike(name, attempts[name]) for name in in_turn
        ):
            return wrong
        if kind.random:
            return []
        equal = [name for name in wrong if self._gives_the_same(name, attempts[name])]
        if not equal or any(a.earns and not self._attempt(name).earns for name, a in attempts.items()):
            return []
        if all(self._attempt(name).verdict == attempt.verdict for name, attempt in attempts.items()):
            return equal
        return [name for name in equal if _is_telling(attempts[name].transcript)]

    def _ends_alike(self, name: str, attempt: Attempt) -> bool:
        own = self._attempt(name)
        return (own.verdict, own.symptom) == (attempt.verdict, attempt.symptom)

    def _gives_the_same(self, name: str, attempt: Attempt) -> bool:
        own = self._attempt(name)
        return self._ends_alike(name, attempt) and same(own.transcript, attempt.transcript)


def _is_telling(transcript: list[tuple[str, Any]]) -> bool:
    """Whether the answers hold numbers, all of them finite, and the last one is no exception's name."""
    arrays = list(_arrays([value for _, value in transcript]))
    crashed = bool(transcript) and type(transcript[-1][1]) is str
    return bool(arrays) and not crashed and all(np.isfinite(array).all() for array in arrays)


def _arrays(value: Any) -> Iterator[np.ndarray]:
    if type(value) in (list, tuple, dict):
        for item in value.values() if type(value) is dict else value:
            yield from _arrays(item)
    elif isinstance(value, np.ndarray | np.generic | float) and np.asarray(value).dtype.kind in "fc":
        yield np.asarray(value)
