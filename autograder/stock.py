"""Stock mode: the graded cell's hidden line, under plain `nbgrader autograde`.

    from autograder.stock import score; score("backprop.softmax", points=5)

The checks run in the kernel that ran the student's notebook, so there is no trust boundary and no secret:
this is for submissions that one trusts. Our own runner never executes the line.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
import warnings
import zlib
from typing import Any

from .checks import Check, checks_of
from .checks.runner import Attempt, run_checks, score_of, try_check
from .model import Verdict
from .sandbox.remote import local_student

DEADLINE = 25.0  # seconds for one exercise: nbgrader ends a cell after 30
_CHECK_SECONDS = 10.0


def score(exercise_id: str, points: float) -> float:
    """The points that the notebook's functions earn, a plain float in [0, points]: the cell's output.

    Each check runs in a fork of its own, with fixed seeds, so that code which hangs or ends its process costs
    that check alone. Nothing is printed: nbgrader reads any line on stderr as zero. Raises KeyError for an
    exercise without checks.
    """
    from IPython import get_ipython

    return score_namespace(exercise_id, points, get_ipython().user_ns)


def score_namespace(
    exercise_id: str, points: float, namespace: dict[str, Any], seconds: float = DEADLINE
) -> float:
    """Like `score`, for the functions in `namespace`, within `seconds` altogether."""
    return score_of(checks_of(exercise_id), _attempts(exercise_id, namespace, seconds), points)


def verdicts(exercise_id: str, namespace: dict[str, Any]) -> dict[str, Verdict]:
    """How each check of the exercise ended for the functions in `namespace`, as `score` counts it."""
    return {name: attempt.verdict for name, attempt in _attempts(exercise_id, namespace, DEADLINE).items()}


def _attempts(exercise_id: str, namespace: dict[str, Any], seconds: float) -> dict[str, Attempt]:
    end = time.monotonic() + seconds

    def attempt(check: Check, rescue: bool) -> Attempt:
        limit = min(check.seconds or _CHECK_SECONDS, end - time.monotonic())
        return Attempt(_verdict_of_fork(check, namespace, rescue, limit))

    return run_checks(checks_of(exercise_id), attempt)


def _verdict_of_fork(check: Check, namespace: dict[str, Any], rescue: bool, seconds: float) -> Verdict:
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python 3.12 warns of a fork beside the kernel's threads
        child = os.fork()
    if child == 0:
        _report(check, namespace, rescue, writer)
    os.close(writer)
    try:
        answer = _read(reader, time.monotonic() + seconds)
    finally:
        os.close(reader)
        _end(child)
    if answer is None:
        return Verdict.TIMED_OUT
    try:
        return Verdict(json.loads(answer))
    except ValueError:
        return Verdict.CRASHED


def _report(check: Check, namespace: dict[str, Any], rescue: bool, writer: int) -> None:
    """In the fork: run the check in silence, write its verdict, and end the process."""
    try:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nothing, descriptor)
        sys.stdout = sys.stderr = os.fdopen(nothing, "w")
        warnings.simplefilter("ignore")
        seed = zlib.crc32(f"{check.exercise_id}/{check.name}".encode())
        attempt = try_check(check, lambda: local_student(namespace), seed, rescue)
        os.write(writer, json.dumps(attempt.verdict).encode())
    finally:
        os._exit(0)


def _read(reader: int, end: float) -> bytes | None:
    """What the fork writes until it closes its end, or None when time runs out."""
    answer = b""
    while select.select([reader], [], [], max(end - time.monotonic(), 0))[0]:
        block = os.read(reader, 4096)
        if not block:
            return answer
        answer += block
    return None


def _end(child: int) -> None:
    for kill in (os.killpg, os.kill):
        try:
            kill(child, signal.SIGKILL)
        except OSError:
            continue
    os.waitpid(child, 0)
