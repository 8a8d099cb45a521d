"""What the student's side may claim: lies on the channel cost the liar, and never make the grader stumble."""

import os
from types import SimpleNamespace

import numpy as np
import pytest

from autograder import oracles
from autograder.checks import ArgumentError, Student, StudentDied, StudentTimedOut, _lending
from autograder.checks.quoting import quoted
from autograder.checks.runner import run_exercise
from autograder.model import Verdict
from autograder.pipeline.run import seeds
from autograder.sandbox.inside import codec
from autograder.sandbox.link import ProcessLink
from autograder.sandbox.outcome import cell_outcome
from autograder.sandbox.remote import MAX_NESTED, local_student

CODE = "def f(y):\n    raise Mine(float(y))\n"


def cell(status="ok", outputs=()):
    buffers = []
    form = codec.encode([status, None, list(outputs), False, ""], buffers, lambda value: None)
    return ["cell", form], [bytearray(memoryview(part).tobytes()) for part in buffers]


@pytest.mark.parametrize(
    "lie",
    [
        {"status": np.zeros(3)},
        {"outputs": [{"output_type": np.zeros(3)}]},
        {"outputs": [{"output_type": "stream", "name": np.zeros(3), "text": "x"}]},
        {"outputs": [{"output_type": "display_data", "data": np.zeros(3)}]},
    ],
)
def test_an_array_in_a_words_place_is_refused(lie):
    with pytest.raises(codec.ChannelError):
        cell_outcome(*cell(**lie), 1000)
    assert cell_outcome(*cell(), 1000).status == "ok"


def test_half_a_character_travels_as_text():
    stream = memoryview(b"".join(codec.pack(["ok", "\ud800 and 🙂"], [])))
    position = 0

    def read(size):
        nonlocal position
        position += size
        return bytearray(stream[position - size : position])

    assert codec.unpack(read, codec.Limits())[0] == ["ok", "\\ud800 and 🙂"]


class Caller:
    """A student's side that answers every request with another call of the grader's function."""

    def __init__(self):
        self.depth = 0

    def request(self, message, buffers, on_callback):
        self.depth += 1
        return on_callback(["callback", 0, ["l", ["h", 0, "dict"]], ["d"]], [])


def test_calls_of_lent_functions_inside_one_another_are_counted():
    link = Caller()
    student = Student(link)
    student._functions.append(lambda params: params["W"])
    with pytest.raises(StudentDied):
        student.softmax(1.0)
    assert link.depth == MAX_NESTED + 1


def test_students_generators_get_a_part_of_the_checks_seed():
    sent = []

    class Link:
        def request(self, message, buffers, on_callback):
            sent.append(message)
            return ["ok", None], []

    secret = 2**100 + 7
    Student(Link()).begin_check(secret)
    Student(Link()).begin_check(secret + 1)
    assert [seed for _, seed in sent] == [7, 8]
    given = seeds(b"secret", "ada", "digest")("backprop.softmax", "softmax_values")
    assert given.bit_length() > 100


def test_a_lent_function_ends_at_the_deadline():
    def spin():
        while True:
            pass

    process = SimpleNamespace(pid=os.getpid(), socket=SimpleNamespace(extra=0.0))
    link = ProcessLink(process, 0.05, 0.05)
    with pytest.raises(StudentTimedOut), link._within_time():
        spin()
    link.allow(60)
    link.full_time()
    with link._within_time(), link._within_time():
        pass
    assert not link._timed


@pytest.mark.parametrize("given", [(10**4, 10**4), (np.zeros((10**9, 0)),), (np.zeros(60_000_000, "int8"),)])
def test_lent_functions_refuse_what_memory_is_too_small_for(given):
    with pytest.raises(ArgumentError):
        _lending.numbers_in(given)
    assert _lending.numbers_in((30, 20, np.zeros((4, 5)), "name")) == 620


def test_a_product_of_long_columns_is_refused():
    with pytest.raises(MemoryError):
        oracles.affine(np.zeros((10**5, 1)), np.zeros((1, 10**5)), np.zeros(1))


@pytest.mark.parametrize(
    ("type_name", "line", "shown"),
    [
        ("ValueError", "raise Mine(float(y))", "ValueError at your line: `raise Mine(float(y))`"),
        ("Mine", "raise 0.17", "Mine"),
        ("LinAlgError", "", "LinAlgError"),
        ("x3fc5c28f5c28f5c3", "raise Mine(float(y))", "an exception at your line: `raise Mine(float(y))`"),
        ("float(y)", "", "an exception"),
    ],
)
def test_feedback_quotes_what_the_student_wrote_and_nothing_else(type_name, line, shown):
    assert quoted(type_name, line, CODE) == shown


def test_a_forward_that_does_nothing_earns_nothing():
    def sigmoid(x):
        return None

    def crash(*args):
        raise ValueError

    for forward in (lambda *args: None, crash):
        names = {"sigmoid": sigmoid, "forward": forward, "np": np}
        result = run_exercise(
            "backprop.forward", lambda names=names: local_student(names), lambda name: 3, 2.0
        )
        assert (result.score, result.verdict is Verdict.PASSED) == (0.0, False)


def test_numpys_settings_that_are_none_cost_the_check(monkeypatch):
    monkeypatch.setattr(np, "seterr", lambda **settings: [5])
    names = {"sigmoid": oracles.sigmoid, "np": np}
    result = run_exercise("backprop.sigmoid", lambda: local_student(names), lambda name: 3, 2.0)
    verdicts = {check.name: check.verdict for check in result.checks}
    assert verdicts.pop("sigmoid_without_overflow") is Verdict.FAILED
    assert set(verdicts.values()) == {Verdict.PASSED}


@pytest.mark.parametrize("plain", [None, 7, "x", [1], np.zeros(3)])
def test_a_plain_value_in_an_objects_place_earns_nothing(plain):
    for exercise, name in (("backprop.relu_layer", "ReLU"), ("backprop.feedforward", "NeuralNetwork")):
        names = {name: lambda *sizes, **settings: plain}
        result = run_exercise(exercise, lambda names=names: local_student(names), lambda name: 3, 2.0)
        assert (result.score, result.verdict) == (0.0, Verdict.FAILED)
