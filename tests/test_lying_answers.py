"""No check stumbles over an answer: the reference works behind a link that replaces some of what it says.

A check that stumbles is *broken*, which earns its points, so every place found here was a way to points.
"""

import contextlib
import io
import random
import time
import zlib

import numpy as np
import pytest

from autograder import checks, reference
from autograder.checks import StudentTimedOut, runner
from autograder.model import Verdict
from autograder.sandbox.inside import codec
from autograder.sandbox.remote import LocalLink, Student

pytestmark = pytest.mark.slow
ROUNDS = 8
EXERCISES = [exercise for name in ("backprop", "gradient_check") for exercise in checks.load(name)]
LIES = [
    None, True, 0, -1, 10**18, 1.5, float("nan"), float("inf"), 1j, "", "x", b"", [], [[]], [1, "a"], (), (1,), (1, 2),
    (-1, 5), (0, 2**62), (None,) * 3, {}, {"a": 1}, {1: 2}, {"W": np.zeros(2)}, set(), [0.1] * 4, ("a", "b"), [[], [1]],
    np.zeros(2), np.zeros((0, 3)), np.zeros((2, 3)), np.zeros((4, 5)), np.array(3.0), np.array([1 + 2j]),
    np.array([True]), np.zeros((1,) * 6), np.full((2, 3), np.nan), np.float32(1), np.float16(2), np.int64(-3),
    np.bool_(True), np.zeros((3, 3), "int8"), [np.zeros(2), np.zeros(3)], [np.zeros((2, 2))] * 3,
    (np.zeros((2, 2)), np.zeros(2)), (np.zeros((2, 2)), 5), [(np.zeros((2, 2)), np.zeros((2, 2)))],
]  # fmt: skip
RAISED = ("AttributeError", "KeyError", "FloatingPointError", "TypeError")


class Liar:
    """A LocalLink, a share `often` of whose answers are another value, a false reference or a crash."""

    def __init__(self, link, draw, often):
        self.link, self.draw, self.often = link, draw, often
        self.end = time.monotonic() + 4

    def request(self, message, buffers, on_callback):
        if time.monotonic() > self.end:
            raise StudentTimedOut("a lie made it long")
        answer = self.link.request(message, buffers, on_callback)
        if message[0] in ("begin", "bind") or self.draw.random() >= self.often:
            return answer
        kind = self.draw.random()
        if kind < 0.12:
            return ["ok", ["h", self.draw.randrange(3), "ndarray"]], []
        if kind < 0.18:
            return ["error", "crashed", self.draw.choice(RAISED), "", 0, ""], []
        out = []
        form = codec.encode(self.draw.choice(LIES), out, lambda value: None)
        return ["ok", form], [bytearray(buffer) for buffer in out]


@pytest.mark.parametrize("exercise", EXERCISES)
def test_no_answer_breaks_a_check(exercise):
    draw = random.Random(zlib.crc32(exercise.encode()))

    def student():
        with contextlib.redirect_stdout(io.StringIO()):
            names = reference.namespace(exercise)
        return Student(Liar(LocalLink(names), draw, draw.choice([0.15, 0.5, 1.0])))

    broken = []
    for number in range(ROUNDS):
        for check in checks.checks_of(exercise):
            with contextlib.redirect_stdout(io.StringIO()):
                attempt = runner.try_check(check, student, number, rescue=False)
            if attempt.verdict is Verdict.BROKEN:
                broken.append(f"{check.name}: {attempt.log}")
    assert broken == []
