"""The hidden suite: what counts as right, how runs end, what they earn."""

import os
import sys
import time
import warnings
import zlib

import nbclient
import nbformat
import numpy as np
import pytest

from autograder import oracles, reference
from autograder.checks import CheckFailed, check, checks_of, expect, fail_if, load, runner
from autograder.checks.expectation import same
from autograder.checks.runner import run_exercise
from autograder.model import Verdict
from autograder.sandbox.remote import (
    LocalLink,
    NotWritten,
    Student,
    StudentDied,
    StudentTimedOut,
    local_student,
)
from autograder.stock import score_namespace
from student_lib import nn

load("backprop")
EXERCISES = [
    "backprop.initialize_weights",
    "backprop.sigmoid",
    "backprop.forward",
    "backprop.softmax",
    "backprop.compute_loss_and_acc",
    "backprop.backwards",
    "backprop.get_random_batches",
    "backprop.train_network",
]


def names_of(exercise_id, **changes):
    """The reference namespace itself, so that its functions see the changes."""
    names = reference.namespace(exercise_id)
    names.update(changes)
    return names


def rebuilt(exercise_id, source):
    """The reference namespace in which `source` was executed as a last cell."""
    names = reference.namespace(exercise_id)
    exec(source, names)
    return names


def grade(exercise_id, make_names, seed=0, points=10.0):
    return run_exercise(
        exercise_id,
        lambda: local_student(make_names()),
        lambda name: zlib.crc32(f"{exercise_id}/{name}/{seed}".encode()),
        points,
        "fully_connected",
    )


def failed(result):
    return [item.name for item in result.checks if item.verdict != Verdict.PASSED]


# --- the suite as a whole


def test_all_eight_exercises_have_three_to_seven_checks_with_property_and_hint():
    for exercise_id in EXERCISES:
        checks = checks_of(exercise_id)
        assert 3 <= len(checks) <= 7
        assert all(item.property and item.hint for item in checks)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("exercise_id", EXERCISES)
def test_the_reference_gets_full_marks(exercise_id, seed):
    result = grade(exercise_id, lambda: names_of(exercise_id), seed)
    assert result.verdict == Verdict.PASSED, failed(result)
    assert (result.score, result.max_score, result.log, result.misconception) == (10, 10, None, None)


def test_a_right_submission_costs_little():
    start = time.process_time()
    for exercise_id in EXERCISES:
        grade(exercise_id, lambda exercise_id=exercise_id: names_of(exercise_id))
    assert time.process_time() - start < 0.5


UNUSUAL = {
    "sigmoid_by_tanh": ("backprop.sigmoid", "def sigmoid(x): return (np.tanh(np.asarray(x) / 2) + 1) / 2"),
    "sigmoid_by_clipping": (
        "backprop.sigmoid",
        "def sigmoid(x): return 1 / (1 + np.exp(-np.clip(x, -500, 500)))",
    ),
    "sigmoid_in_float32": (
        "backprop.sigmoid",
        "def sigmoid(x): return (np.tanh(np.asarray(x, np.float32) / 2) + 1) / 2",
    ),
    "softmax_with_float32": (
        "backprop.softmax",
        "def softmax(x):\n"
        "    e = np.exp((x - x.max(1)[:, None]).astype(np.float32))\n"
        "    return e / e.sum(1)[:, None]",
    ),
    "softmax_by_loop": (
        "backprop.softmax",
        "def softmax(x): return np.array([np.exp(r - r.max()) / np.sum(np.exp(r - r.max())) for r in x])",
    ),
    "loss_by_masking": (
        "backprop.compute_loss_and_acc",
        "def compute_loss_and_acc(y, probs):\n"
        "    right = probs.argmax(1) == y.argmax(1)\n"
        "    return [np.array([-np.log(probs[y == 1]).sum()]), float(right.mean())]",
    ),
    "loss_with_epsilon": (
        "backprop.compute_loss_and_acc",
        "def compute_loss_and_acc(y, probs):\n"
        "    return -np.sum(y * np.log(probs + 1e-9)), np.mean(probs.argmax(1) == y.argmax(1))",
    ),
    "weights_of_an_unseeded_generator": (
        "backprop.initialize_weights",
        "def initialize_weights(i, o, params, name=''):\n"
        "    W = np.random.default_rng().random((i, o), dtype=np.float32)\n"
        "    params['W' + name] = (2 * W - 1) * np.float32(np.sqrt(6 / (i + o)))\n"
        "    params['b' + name] = np.zeros(o, dtype=int)\n"
        "    params['extra'] = object()\n"
        "    return params",
    ),
    "forward_with_a_helper": (
        "backprop.forward",
        "def affine(X, W, b): return np.dot(X, W) + b.reshape(1, -1)\n"
        "def forward(X, params, name='', activation=sigmoid):\n"
        "    z = affine(X, params[f'W{name}'], params[f'b{name}'])\n"
        "    params[f'cache_{name}'] = [X, z, activation(z)]\n"
        "    params['depth'] = 3\n"
        "    return activation(z)",
    ),
    "backwards_recomputing_the_post_activation": (
        "backprop.backwards",
        "def backwards(delta, params, name='', activation_deriv=sigmoid_deriv):\n"
        "    X, z, a = params['cache_' + name]\n"
        "    d = np.multiply(delta, activation_deriv(a))\n"
        "    params['grad_W' + name] = sum(np.outer(x, g) for x, g in zip(X, d))\n"
        "    params['grad_b' + name] = np.ones(len(X)) @ d\n"
        "    return np.dot(d, params['W' + name].T)",
    ),
    "backwards_with_its_own_cache": (
        "backprop.backwards",
        "def forward(X, params, name='', activation=sigmoid):\n"
        "    a = activation(X @ params['W' + name] + params['b' + name])\n"
        "    params['cache_' + name] = (X, a)\n"
        "    return a\n"
        "def backwards(delta, params, name='', activation_deriv=sigmoid_deriv):\n"
        "    X, a = params['cache_' + name]\n"
        "    d = delta * activation_deriv(a)\n"
        "    params['grad_W' + name], params['grad_b' + name] = X.T @ d, d.sum(0)\n"
        "    return d @ params['W' + name].T",
    ),
    "batches_without_the_short_one": (
        "backprop.get_random_batches",
        "def get_random_batches(x, y, n):\n"
        "    p = np.random.permutation(len(x))\n"
        "    return [(x[p[i:i + n]], y[p[i:i + n]]) for i in range(0, len(x) - n + 1, n)]",
    ),
    "batches_in_random_order_with_sorted_rows": (
        "backprop.get_random_batches",
        "def get_random_batches(x, y, n):\n"
        "    p = np.random.permutation(len(x))\n"
        "    cuts = [np.sort(p[i:i + n]) for i in range(0, len(x), n)]\n"
        "    np.random.shuffle(cuts[:-1])\n"
        "    return [(x[r], y[r]) for r in cuts[::-1]]",
    ),
    "uneven_batches": (
        "backprop.get_random_batches",
        "def get_random_batches(x, y, n):\n"
        "    p = np.random.default_rng().permutation(len(x))\n"
        "    return [[x[r], y[r]] for r in np.array_split(p, max(len(x) // n, 1))]",
    ),
    "uneven_batches_rounded_up": (
        "backprop.get_random_batches",
        "def get_random_batches(x, y, n):\n"
        "    p = np.random.permutation(len(x))\n"
        "    return tuple((x[r], y[r]) for r in np.array_split(p, -(-len(x) // n)))",
    ),
    "training_that_sums_over_batches": (
        "backprop.train_network",
        "from collections import Counter\n"
        "def train_network(tx, ty, vx, vy, hidden_size=64, max_iters=50, batch_size=5, learning_rate=1e-3):\n"
        "    rng, p = np.random.default_rng(), Counter()\n"
        "    for n, i, o in ('layer1', tx.shape[1], hidden_size), ('output', hidden_size, ty.shape[1]):\n"
        "        a = np.sqrt(6 / (i + o))\n"
        "        p['W' + n] = rng.uniform(-a, a, (i, o)); p['b' + n] = np.zeros(o)\n"
        "    h = dict(train_loss=[], train_acc=[], valid_loss=[], valid_acc=[], seconds=[])\n"
        "    for t in range(max_iters):\n"
        "        loss, acc = 0, 0\n"
        "        for xb, yb in get_random_batches(tx, ty, batch_size):\n"
        "            out = forward(forward(xb, p, 'layer1'), p, 'output', softmax)\n"
        "            l, a = compute_loss_and_acc(yb, out)\n"
        "            loss += l / len(tx); acc += a * len(xb) / len(tx)\n"
        "            backwards(backwards(out - yb, p, 'output', linear_deriv), p, 'layer1')\n"
        "            for k in [k for k in p if k[0] in 'Wb']: p[k] = p[k] - learning_rate * p['grad_' + k]\n"
        "        l, a = compute_loss_and_acc(vy, forward(forward(vx, p, 'layer1'), p, 'output', softmax))\n"
        "        h['train_loss'].append(loss); h['train_acc'].append(acc)\n"
        "        h['valid_loss'].append(np.array([l / len(vx)])); h['valid_acc'].append(a)\n"
        "    return p, h",
    ),
}


@pytest.mark.parametrize("name", UNUSUAL)
def test_unusual_right_solutions_get_full_marks(name):
    exercise_id, source = UNUSUAL[name]
    for seed in (1, 2):
        result = grade(exercise_id, lambda: rebuilt(exercise_id, source), seed)
        assert result.verdict == Verdict.PASSED, [(c.name, c.symptom, c.error) for c in result.checks]


WRONG_IN_A_CORNER = {
    "softmax_shifted_by_the_first_logit": (
        "backprop.softmax",
        "softmax_of_unlike_rows",
        "def softmax(x):\n    e = np.exp(x - x[:, :1])\n    return e / e.sum(axis=1, keepdims=True)",
    ),
    "batches_shuffled_rows_not": (
        "backprop.get_random_batches",
        "order_is_fresh_each_time",
        "def get_random_batches(x, y, n):\n"
        "    starts = np.random.permutation(np.arange(0, len(x), n))\n"
        "    return [(x[i:i + n], y[i:i + n]) for i in starts]",
    ),
    "rows_shuffled_within_batches": (
        "backprop.get_random_batches",
        "order_is_fresh_each_time",
        "def get_random_batches(x, y, n):\n"
        "    cuts = [i + np.random.permutation(min(n, len(x) - i)) for i in range(0, len(x), n)]\n"
        "    return [(x[r], y[r]) for r in cuts]",
    ),
    "batches_from_a_random_start": (
        "backprop.get_random_batches",
        "order_is_fresh_each_time",
        "def get_random_batches(x, y, n):\n"
        "    p = np.roll(np.arange(len(x)), np.random.randint(1, len(x)))\n"
        "    return [(x[p[i:i + n]], y[p[i:i + n]]) for i in range(0, len(x), n)]",
    ),
    "loss_of_the_best_guess": (
        "backprop.compute_loss_and_acc",
        "loss_is_summed",
        "right = compute_loss_and_acc\n"
        "def compute_loss_and_acc(y, probs): return -np.log(probs.max(1)).sum(), right(y, probs)[1]",
    ),
    "zeros_replaced_in_place": (
        "backprop.compute_loss_and_acc",
        "loss_leaves_its_arguments",
        "right = compute_loss_and_acc\n"
        "def compute_loss_and_acc(y, probs):\n"
        "    probs[probs == 0] = 1e-12\n"
        "    return right(y, probs)",
    ),
    "a_rate_two_percent_too_small": (
        "backprop.train_network",
        "every_parameter_descends",
        "right = train_network\n"
        "def train_network(*data, learning_rate=1e-3, **settings):\n"
        "    return right(*data, learning_rate=0.98 * learning_rate, **settings)",
    ),
}


@pytest.mark.parametrize("name", WRONG_IN_A_CORNER)
def test_a_narrow_mistake_is_caught_with_every_seed(name):
    exercise_id, check_name, source = WRONG_IN_A_CORNER[name]
    [item] = [item for item in checks_of(exercise_id) if item.name == check_name]
    for seed in range(20):
        attempt = runner.try_check(item, lambda: local_student(rebuilt(exercise_id, source)), seed)
        assert attempt.verdict == Verdict.FAILED, seed


JUNK = [
    None, True, -3, 1e300, float("nan"), "text", b"bytes", {}, {"W": 1}, {1, 2}, object(), lambda: 1, np,
    [], [[1, 2], [3]], [("a", "b")], (1, 2), (None, None), ({}, {}), [(1, 2)] * 3, [[]] * 8, range(3),
    np.array([]), np.zeros((0, 3)), np.full((5, 3), np.nan), np.array(["a"]), np.array([1 + 2j]),
    np.float32(2), np.zeros((1,) * 9), 10**400, 2**63,
    [(np.full((5, 3), np.inf), np.zeros((5, 2)))], [(np.zeros((2, 3)), np.zeros((5, 2)))],
    (
        {"Wlayer1": np.zeros((3, 7)), "blayer1": np.zeros(7), "Woutput": np.zeros((7, 4)), "boutput": "0"},
        {name: [1, 2, None, "4"] for name in ("train_loss", "train_acc", "valid_loss", "valid_acc")},
    ),
    ({"Wlayer1": object()}, {"train_loss": object()}),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("exercise_id", EXERCISES)
def test_no_answer_breaks_a_check(exercise_id):
    function = exercise_id.rpartition(".")[2]
    for junk in JUNK:

        def wrong(*args, _junk=junk, **kwargs):
            for key in ("Wlayer1", "blayer1", "W", "b", "cache_layer1", "grad_Wlayer1", "grad_blayer1"):
                for arg in args:
                    if isinstance(arg, dict):
                        arg[key] = _junk
            return _junk

        result = grade(exercise_id, lambda wrong=wrong: names_of(exercise_id, **{function: wrong}))
        assert result.verdict != Verdict.BROKEN, (junk, result.log)
        assert result.log is None, (junk, result.log)
        assert result.misconception is None, junk


@pytest.mark.parametrize("exercise_id", EXERCISES)
def test_a_function_that_does_nothing_earns_nothing(exercise_id):
    nothing = {exercise_id.rpartition(".")[2]: lambda *args, **kwargs: None}
    assert grade(exercise_id, lambda: names_of(exercise_id, **nothing)).score == 0


# --- expect


def test_close_to_takes_any_precision_in_which_the_values_agree():
    right = np.array([0.1, 1 / 3])
    for value in (right, right.astype(np.float32), right.astype(np.float16), right.tolist(), tuple(right)):
        expect(value).close_to(right)
    expect([True, False]).close_to([1.0, 0.0])
    expect(np.array([[2.5]])).close_to(2.5)
    assert expect(np.float32(2.5)).is_number() == 2.5


@pytest.mark.parametrize(
    ("value", "symptom"),
    [
        (np.zeros((3, 2)), "transposed"),
        (np.zeros((1, 2, 3)), "axes of length 1 differ: a row"),
        (np.zeros(6), "wrong number of axes"),
        (np.zeros((2, 4)), "wrong shape"),
        (np.ones((2, 3)), "values differ"),
        (np.full((2, 3), np.nan), "not finite"),
        ([[0, 0, 0], [0, 0]], "not an array of numbers"),
        ("000000", "not an array of numbers"),
        ({"a": 1}, "not an array of numbers"),
        (np.zeros((2, 3), complex), "not an array of numbers"),
        (None, "not an array of numbers"),
    ],
)
def test_close_to_says_what_kind_of_wrong_a_value_is(value, symptom):
    with pytest.raises(CheckFailed) as caught:
        expect(value, "the result").close_to(np.zeros((2, 3)))
    assert caught.value.symptom == f"the result: {symptom}"


def test_float64_values_are_held_to_their_own_precision():
    right = np.array([1.0])
    with pytest.raises(CheckFailed, match="values differ"):
        expect(right + 1e-4).close_to(right)
    expect((right + 5e-5).astype(np.float32)).close_to(right)


def test_expectations_of_structure():
    assert expect((1, 2)).is_pair() == (1, 2)
    assert expect([1, 2]).is_sequence(2) == [1, 2]
    assert expect({"a": 1}).is_dict("a") == {"a": 1}
    assert expect("yes").equals("yes") == "yes"
    for wrong in (
        lambda: expect([1, 2, 3]).is_pair(),
        lambda: expect("ab").is_pair(),
        lambda: expect({1, 2}).is_sequence(),
        lambda: expect([1]).is_sequence(2),
        lambda: expect({}).is_dict("a"),
        lambda: expect([]).is_dict(),
        lambda: expect("yes").equals("no"),
        lambda: expect([1]).equals(1),
        lambda: expect([1, 2]).is_scalar(),
        lambda: expect([np.zeros(4_000_000)] * 3).is_numeric(),
        lambda: expect([0.5, 1.5]).between(0, 1),
        lambda: expect([1, 2]).unchanged([1, 3]),
        lambda: fail_if(True, "so"),
    ):
        with pytest.raises(CheckFailed):
            wrong()


def test_same_compares_untrusted_values_without_trusting_them():
    student = local_student({"one": object(), "two": [object(), np.zeros(2)], "f": len})
    one = student.one.value()
    assert same(one, one)
    assert same([1.0, {"a": np.ones(2)}, None, "x"], [1, {"a": np.ones(2) + 1e-9}, None, "x"])
    assert same(float("nan"), float("nan"))
    assert same(student.two.value(), student.two.value())
    for other in (student.f.value(), 1, None, "one", [one]):
        assert not same(one, other)
    assert not same([1], (1,))
    assert not same({"a": 1}, {"b": 1})
    assert not same(np.ones(2), np.ones(3))


# --- registering


def test_a_check_needs_a_property_a_new_name_and_a_weight():
    def one(student, rng):
        """It holds."""

    def silent(student, rng):
        pass

    check("testing.exercise")(one)
    with pytest.raises(ValueError, match="two checks named 'one'"):
        check("testing.exercise")(one)
    with pytest.raises(ValueError, match=r"'silent' of testing\.exercise needs a docstring"):
        check("testing.exercise")(silent)
    with pytest.raises(ValueError, match="weight 0"):
        check("testing.other", weight=0)(one)


def test_the_time_limit_is_set_for_each_run_and_for_the_second_try():
    asked = []

    class Link(LocalLink):
        def allow(self, seconds):
            asked.append(seconds)

    run_exercise(
        "backprop.train_network",
        lambda: Student(Link(names_of("backprop.train_network", softmax=None))),
        lambda name: 7,
        3,
    )
    assert asked == [None] * (2 * len(checks_of("backprop.train_network")))


def test_unknown_exercises_are_refused_with_the_known_ones():
    with pytest.raises(KeyError, match=r"backprop\.softmax"):
        checks_of("backprop.sofmax")
    with pytest.raises(ModuleNotFoundError):
        checks_of("nothing.softmax")


# --- verdicts and points


def made_checks(*functions, weights=(1, 1, 1), exercise="backprop.made"):
    items = []
    for function, weight in zip(functions, weights, strict=False):
        function.__doc__ = "It holds."
        items.append(runner.Check(exercise, function.__name__, "It holds.", function, weight=weight))
    return items


def run_made(monkeypatch, checks, new_student):
    monkeypatch.setattr(runner, "checks_of", lambda exercise_id: checks)
    return run_exercise("backprop.made", new_student, lambda name: 7, 4.0)


def raiser(name, error):
    def function(student, rng):
        raise error

    function.__name__ = name
    return function


def passes(student, rng):
    pass


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (CheckFailed("so"), Verdict.FAILED),
        (NotWritten("so"), Verdict.NOT_WRITTEN),
        (StudentTimedOut("so"), Verdict.TIMED_OUT),
        (StudentDied("so"), Verdict.CRASHED),
        (ZeroDivisionError("so"), Verdict.BROKEN),
    ],
)
def test_what_is_raised_decides_the_verdict(monkeypatch, error, verdict):
    checks = made_checks(passes, raiser("second", error))
    result = run_made(monkeypatch, checks, lambda: local_student({}))
    assert [item.verdict for item in result.checks] == [Verdict.PASSED, verdict]
    assert result.verdict == verdict
    assert result.score == (4 if verdict == Verdict.BROKEN else 2)
    assert result.needs_manual_grade == (verdict == Verdict.BROKEN)


def test_a_broken_check_leaves_its_traceback_to_the_instructor_alone(monkeypatch):
    checks = made_checks(raiser("first", ZeroDivisionError("secret")))
    result = run_made(monkeypatch, checks, lambda: local_student({}))
    assert "ZeroDivisionError: secret" in result.log
    assert result.checks[0].error is result.checks[0].symptom is None


def careless(student, rng):
    """Computes on what came, whatever it is."""
    if student.sigmoid(0.0) + 0.5 != 1:
        raise OSError("the machine's fault")


@pytest.mark.parametrize(
    ("answer", "verdict", "points"),
    [(0.5, Verdict.PASSED, 4), ("odd", Verdict.FAILED, 0), (0.7, Verdict.BROKEN, 4)],
)
def test_an_answer_that_breaks_a_sound_check_earns_nothing_until_somebody_looks(
    monkeypatch, answer, verdict, points
):
    monkeypatch.setattr(
        runner, "checks_of", lambda exercise_id: made_checks(careless, exercise="backprop.sigmoid")
    )
    names = {"sigmoid": lambda x: answer}
    result = run_exercise("backprop.sigmoid", lambda: local_student(names), lambda name: 7, 4.0)
    assert (result.verdict, result.score) == (verdict, points)
    assert result.needs_manual_grade == (verdict != Verdict.PASSED)
    assert ("TypeError" in (result.log or "")) == (answer == "odd")


def test_weights_share_the_points(monkeypatch):
    checks = made_checks(passes, raiser("second", CheckFailed("so")), weights=(3, 1))
    assert run_made(monkeypatch, checks, lambda: local_student({})).score == 3


def test_a_stub_is_not_written_and_only_the_first_check_is_run():
    made = []

    def stub(x):
        made.append(x)
        raise NotImplementedError("backprop.sigmoid")

    result = grade("backprop.sigmoid", lambda: names_of("backprop.sigmoid", sigmoid=stub))
    assert {item.verdict for item in result.checks} == {Verdict.NOT_WRITTEN}
    assert (result.verdict, result.score, len(made)) == (Verdict.NOT_WRITTEN, 0, 1)


def test_a_missing_function_is_not_written():
    assert grade("backprop.softmax", dict).verdict == Verdict.NOT_WRITTEN


def test_a_crash_names_type_and_line_and_the_next_check_gets_a_fresh_student(tmp_path):
    path = tmp_path / "cell.py"
    path.write_text("def sigmoid(x):\n    return x + None\n")
    made = []

    def make():
        made.append(1)
        names = {}
        exec(compile(path.read_text(), str(path), "exec"), names)
        return names

    result = grade("backprop.sigmoid", make)
    assert result.checks[0].error == "TypeError at your line: `return x + None`"
    assert result.verdict == Verdict.CRASHED
    assert len(made) == len(result.checks)


def test_a_student_who_cannot_be_made_costs_no_points(monkeypatch):
    def refuse() -> Student:
        raise OSError("no sandbox")

    result = run_made(monkeypatch, made_checks(passes), refuse)
    assert (result.verdict, result.score, result.needs_manual_grade) == (Verdict.BROKEN, 4, True)


def test_equal_seeds_give_equal_results():
    def run():
        result = grade("backprop.train_network", lambda: names_of("backprop.train_network", sigmoid=np.tanh))
        for item in result.checks:
            item.seconds = 0
        return result

    assert run() == run()


# --- nobody pays twice


def test_a_wrong_sigmoid_costs_nothing_in_forward():
    source = "def sigmoid(x): return np.tanh(x)\ndef forward(X, params, name='', activation=sigmoid):\n" + (
        "    z = X @ params['W' + name] + params['b' + name]\n"
        "    params['cache_' + name] = (X, z, activation(z))\n"
        "    return activation(z)"
    )
    assert grade("backprop.forward", lambda: rebuilt("backprop.forward", source)).verdict == Verdict.PASSED
    stub = source.replace("return np.tanh(x)", "raise NotImplementedError")
    assert grade("backprop.forward", lambda: rebuilt("backprop.forward", stub)).verdict == Verdict.PASSED
    crash = source.replace("np.tanh(x)", "x.nothing")
    assert grade("backprop.forward", lambda: rebuilt("backprop.forward", crash)).verdict == Verdict.PASSED


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [exercise_id.rpartition(".")[2] for exercise_id in EXERCISES if exercise_id != "backprop.train_network"],
)
def test_a_wrong_earlier_function_costs_nothing_in_train_network(name):
    for earlier in (lambda *args, **kwargs: None, raiser(name, NotImplementedError())):
        names = {name: earlier}
        result = grade(
            "backprop.train_network", lambda names=names: names_of("backprop.train_network", **names)
        )
        assert result.verdict == Verdict.PASSED, [
            (item.name, item.symptom, item.error) for item in result.checks
        ]


@pytest.mark.slow
def test_odd_arguments_to_lent_functions_are_the_students_crash():
    source = """
def train_network(train_x, train_y, valid_x, valid_y, **settings):
    forward("junk", None, 3, activation=7)
"""
    result = grade("backprop.train_network", lambda: rebuilt("backprop.train_network", source))
    assert (result.verdict, result.score, result.log) == (Verdict.CRASHED, 0, None)
    huge = source.replace('forward("junk", None, 3, activation=7)', "sigmoid(np.zeros(6_000_000))")
    assert grade("backprop.train_network", lambda: rebuilt("backprop.train_network", huge)).score == 0


def test_training_with_unwritten_train_network_is_not_written():
    def stub(*args, **kwargs):
        raise NotImplementedError

    result = grade("backprop.train_network", lambda: names_of("backprop.train_network", train_network=stub))
    assert (result.verdict, result.score) == (Verdict.NOT_WRITTEN, 0)


# --- stock mode


def test_stock_mode_earns_what_the_runner_earns():
    def half_right(y, probs):
        loss, acc = oracles.compute_loss_and_acc(y, probs)
        return loss / len(y), acc

    for function in (oracles.compute_loss_and_acc, half_right):
        names = names_of("backprop.compute_loss_and_acc", compute_loss_and_acc=function)
        ours = grade("backprop.compute_loss_and_acc", lambda names=names: dict(names), points=3).score
        theirs = score_namespace("backprop.compute_loss_and_acc", 3, names)
        assert theirs == ours
        assert type(theirs) is float


def test_stock_mode_rescues_and_knows_stubs():
    names = names_of("backprop.train_network", softmax=lambda x: x)
    assert score_namespace("backprop.train_network", 3, names) == 3
    assert score_namespace("backprop.softmax", 3, {}) == 0


@pytest.mark.slow
def test_stock_mode_survives_code_that_ends_its_process_or_hangs():
    def deadly(x):
        if x.ndim == 2 and np.abs(x).max() == 1000:
            os._exit(0)
        if x.ndim == 3:
            time.sleep(60)
        return oracles.sigmoid(x)

    start = time.monotonic()
    names = names_of("backprop.sigmoid", sigmoid=deadly)
    assert 0 < score_namespace("backprop.sigmoid", 4, names, seconds=2) < 4
    assert time.monotonic() - start < 5


def test_stock_mode_is_silent_and_leaves_the_namespace(capfd):
    def loud(x):
        print("out")
        print("err", file=sys.stderr)
        os.system("echo system")
        warnings.warn("warned", stacklevel=1)
        x += 0
        return oracles.softmax(x)

    names = names_of("backprop.softmax", softmax=loud)
    assert score_namespace("backprop.softmax", 5, names) == 5
    assert capfd.readouterr() == ("", "")
    assert names["softmax"] is loud


def test_library_and_oracle_agree_on_the_sigmoid_derivative():
    post_act = np.linspace(0, 1, 5)
    assert np.allclose(nn.sigmoid_deriv(post_act), oracles.sigmoid_deriv(post_act))


@pytest.mark.slow
def test_stock_mode_scores_in_a_kernel_with_one_number_as_output():
    cells = [
        "def softmax(x):\n    print('x')\n    return x / 0",
        "from autograder.stock import score; score('backprop.softmax', points=5)",
        "softmax = __import__('autograder.oracles').oracles.softmax",
        "from autograder.stock import score; score('backprop.softmax', points=5)",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    done = nbclient.NotebookClient(
        notebook, resources={"metadata": {"path": str(reference.COURSE_ROOT)}}
    ).execute()
    texts = [[output["data"]["text/plain"] for output in cell.outputs] for cell in done.cells]
    assert texts == [[], ["1.0"], [], ["5.0"]]
