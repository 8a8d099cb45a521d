"""The student's namespace, in process: values are copies, objects stay, errors keep their kind."""

import gc
import weakref

import numpy as np
import pytest

from autograder.sandbox import remote
from autograder.sandbox.remote import (
    ArgumentError,
    NotWritten,
    Remote,
    StudentCrashed,
    StudentTimedOut,
    local_student,
)

SOURCE = '''
import numpy as np

def double(x):
    return 2 * x

def spoil(x):
    x *= 0
    return x

def fill(params, name=""):
    params["W" + name] = np.ones((2, 3))
    params["cache"] = (params["W" + name], None)

def apply(function, x):
    return function(x)

def build():
    params = {}
    initialize(params, name="1")
    return params["W1"]

def many(function):
    for i in range(10**7):
        function(i)

def stub(x):
    """Doubles x."""
    raise NotImplementedError("backprop.stub")

def crash(x):
    y = x + 1
    return y / 0

def mixed():
    return [1, {"f": double}, (np.float64(2), None)]

class Net:
    def __init__(self, n):
        self.W = np.zeros(n)
    def forward(self, x):
        return x + self.W
'''


@pytest.fixture
def student():
    namespace = {}
    exec(SOURCE, namespace)
    return local_student(namespace)


def test_a_call_sends_values_and_brings_values_back(student):
    np.testing.assert_array_equal(student.double(np.arange(3)), [0, 2, 4])
    assert student.double(x=1.5) == 3.0


def test_arguments_are_copies_and_what_comes_back_is_read_only(student):
    x = np.ones(3)
    y = student.spoil(x)
    assert x.sum() == 3
    with pytest.raises(ValueError, match="read-only"):
        y += 1


def test_an_array_kept_on_the_students_side_shows_changes_in_place(student):
    x = student.array(np.ones(3))
    student.spoil(x)
    np.testing.assert_array_equal(x.value(), [0, 0, 0])


def test_a_dictionary_is_filled_on_the_students_side(student):
    params = student.dict({"old": 1})
    assert student.fill(params, name="1") is None
    assert params.keys() == ["old", "W1", "cache"]
    assert "W1" in params
    assert len(params) == 3
    np.testing.assert_array_equal(params["cache"][0], np.ones((2, 3)))
    params["W1"] = np.zeros(2)
    np.testing.assert_array_equal(params.value()["W1"], [0, 0])


def test_objects_stay_remote_also_inside_containers(student):
    one, functions, (two, nothing) = student.mixed()
    assert (one, two, nothing) == (1, 2.0, None)
    assert isinstance(functions["f"], Remote)
    assert functions["f"](4) == 8
    net = student.Net(2)
    net.W = np.array([1.0, 2.0])
    np.testing.assert_array_equal(net.forward(np.ones(2)), [2, 3])
    np.testing.assert_array_equal(net.W.value(), [1, 2])


def test_a_remote_is_never_mistaken_for_a_value(student):
    net = student.Net(2)
    with pytest.raises(TypeError):
        float(net)
    with pytest.raises(TypeError):
        list(net)
    assert (net == net.W) is False


def test_a_function_of_ours_is_called_with_values(student):
    seen = []

    def ours(x):
        seen.append(x)
        return x + 1

    np.testing.assert_array_equal(student.apply(ours, np.ones(2)), [2, 2])
    np.testing.assert_array_equal(seen[0], [1, 1])


def test_a_function_of_ours_may_ask_back_while_it_is_called(student):
    params = student.dict()

    def ours(x):
        student.fill(params)
        params["more"] = 7
        return params["more"]

    assert student.apply(ours, 1) == 7


def test_a_dictionary_that_the_students_code_hands_over_can_be_filled(student):
    def initialize(params, name):
        params["W" + name] = np.ones(2)

    student.bind(initialize=initialize)
    np.testing.assert_array_equal(student.build(), [1, 1])


def test_our_own_failure_is_ours_and_a_refusal_is_the_students(student):
    def broken(x):
        raise KeyError("ours")

    def refusing(x):
        raise ArgumentError("a shape that cannot be")

    with pytest.raises(KeyError, match="ours"):
        student.apply(broken, 1)
    for function in (refusing, lambda: 1, lambda x, y: 1):
        with pytest.raises(StudentCrashed) as crash:
            student.apply(function, 1)
        assert crash.value.type_name == "TypeError"


def test_calls_of_our_functions_are_counted(student, monkeypatch):
    monkeypatch.setattr(remote, "MAX_CALLBACKS", 20)
    with pytest.raises(StudentTimedOut, match="more than 20 calls"):
        student.many(lambda i: None)


@pytest.mark.parametrize("call", [lambda s: s.stub(1), lambda s: s.missing(1)])
def test_a_stub_and_a_missing_name_are_not_written(student, call):
    with pytest.raises(NotWritten):
        call(student)


def test_a_crash_tells_type_and_line_number(student):
    with pytest.raises(StudentCrashed) as crash:
        student.crash(1)
    assert crash.value.type_name == "ZeroDivisionError"
    assert crash.value.lineno == SOURCE.splitlines().index("    return y / 0") + 1


def test_library_functions_are_handed_over_and_names_replaced(student):
    assert student.apply(student.given("math", "floor"), 2.5) == 2
    student.bind(double=lambda x: 3 * x)
    assert student.double(2) == 6
    assert student.defines("double")
    assert not student.defines("triple")


def test_the_transcript_of_a_check_starts_anew_and_seeds(student):
    student.double(1)
    student.begin_check(7)
    assert student.transcript == []
    first = student.given("numpy.random", "rand")(3)
    student.begin_check(7)
    np.testing.assert_array_equal(first, student.given("numpy.random", "rand")(3))
    assert [operation for operation, _ in student.transcript] == ["given", "call"]


@pytest.mark.parametrize(
    "ends", [lambda student: student.begin_check(8), lambda student: student.end_check()]
)
def test_objects_of_a_check_are_let_go_without_waiting_for_the_collector(student, ends):
    alive = weakref.WeakSet()
    # A cycle: the student's side holds the function, which holds the student.
    student.bind(remember=lambda net: student)
    net = student.Net(3)
    alive.add(student._link._server._objects[net._path[1]])
    gc.disable()
    try:
        ends(student)
        assert len(alive) == 0
    finally:
        gc.enable()


def test_a_reference_that_was_let_go_never_means_something_else(student):
    net = student.Net(3)
    student.begin_check(8)
    other = student.Net(4)
    assert net._path != other._path
    with pytest.raises(StudentCrashed, match="KeyError"):
        net.forward(1)
