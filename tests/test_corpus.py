"""The corpus is well formed, large enough, and what it calls right and wrong is so by a judge of our own.

The judge shares nothing with the hidden checks: short formulas and loops, asserted on a few inputs.
"""

import inspect
import math
import warnings
from collections import Counter

import numpy as np
import pytest

from autograder.checks import load as load_checks
from autograder.misconceptions import misconceptions_of
from autograder.solutions.corpus import CorpusError, load

EXERCISES = {
    "backprop.initialize_weights",
    "backprop.sigmoid",
    "backprop.forward",
    "backprop.softmax",
    "backprop.compute_loss_and_acc",
    "backprop.backwards",
    "backprop.get_random_batches",
    "backprop.train_network",
}
SOLUTIONS = [solution for solution in load("backprop") if solution.exercise in EXERCISES]

NOTEBOOK = """
def linear(x): return x
def linear_deriv(post): return np.ones_like(post)
def tanh(x): return np.tanh(x)
def tanh_deriv(post): return 1 - post ** 2
def sigmoid_deriv(post): return post * (1 - post)

def initialize_weights(in_size, out_size, params, name=''):
    a = (6 / (in_size + out_size)) ** 0.5
    params['W' + name] = np.random.uniform(-a, a, (in_size, out_size))
    params['b' + name] = np.zeros(out_size)

def sigmoid(x): return (1 + np.tanh(x / 2)) / 2

def forward(X, params, name='', activation=sigmoid):
    pre_act = X @ params['W' + name] + params['b' + name]
    params['cache_' + name] = (X, pre_act, activation(pre_act))
    return params['cache_' + name][2]

def softmax(x):
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)

def compute_loss_and_acc(y, probs):
    return -np.log((y * probs).sum(1)).sum(), np.mean(y.argmax(1) == probs.argmax(1))

def backwards(delta, params, name='', activation_deriv=sigmoid_deriv):
    X, _, post = params['cache_' + name]
    d = delta * activation_deriv(post)
    params['grad_W' + name], params['grad_b' + name] = X.T @ d, d.sum(0)
    return d @ params['W' + name].T

def get_random_batches(x, y, batch_size):
    p = np.random.permutation(len(x))
    return [(x[p[i:i + batch_size]], y[p[i:i + batch_size]]) for i in range(0, len(x), batch_size)]
"""


def judge_initialize_weights(f, _):
    params = {"Wother": "kept"}
    assert f(30, 50, params, "a") is None
    f(50, 30, params, "z")
    once, twice = {}, {}
    f(3, 2, once)
    f(3, 2, twice)
    assert not np.array_equal(once["W"], twice["W"])
    bound = math.sqrt(6 / 80)
    for name, shape in (("a", (30, 50)), ("z", (50, 30))):
        W, b = params["W" + name], params["b" + name]
        assert W.shape == shape
        assert b.shape == shape[1:]
        assert not b.any()
        assert abs(W).max() <= bound
        assert abs(W).max() > 0.97 * bound
        assert W.min() < -0.97 * bound
        assert abs(W.mean()) < 0.1 * bound
        assert len(np.unique(W)) > 1400
        assert abs((abs(W) < bound / 2).mean() - 0.5) < 0.1
    assert params["Wother"] == "kept"


def judge_sigmoid(f, _):
    for x in (np.array([[-3.0, 0.5, 20.0], [1e3, -1e3, 7.0]]), np.linspace(-9, 9, 8).reshape(2, 2, 2)):
        before = x.copy()
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            got = f(x)
        assert got.shape == x.shape
        assert np.array_equal(x, before)
        true = [1 / (1 + math.exp(-v)) if v > -700 else 0.0 for v in x.ravel()]
        np.testing.assert_allclose(got.ravel(), true, rtol=1e-9, atol=1e-15)
    assert abs(f(np.array([2])) - 0.8807970779778823) < 1e-12
    assert abs(f(0.0) - 0.5) < 1e-15


def judge_forward(f, given):
    rng = np.random.default_rng(3)
    X, W, b = rng.normal(size=(4, 3)), rng.normal(size=(3, 5)), rng.normal(size=5)
    for activation in (given["sigmoid"], given["tanh"], given["softmax"]):
        params = {"Wq": W.copy(), "bq": b.copy()}
        got = f(X.copy(), params, "q", activation)
        pre = np.array([[sum(X[n] * W[:, k]) + b[k] for k in range(5)] for n in range(4)])
        cache = params["cache_q"]
        assert isinstance(cache, tuple)
        assert len(cache) == 3
        for mine, true in zip((got, *cache), (activation(pre), X, pre, activation(pre)), strict=True):
            np.testing.assert_allclose(mine, true, rtol=1e-9)
        assert np.array_equal(params["Wq"], W)
        assert np.array_equal(params["bq"], b)


def judge_softmax(f, _):
    rng = np.random.default_rng(4)
    spread = np.array([[0.0, 1.0, 2.0], [2000.0, 2001.0, 2000.5]])
    for x in (rng.normal(size=(2, 3)), rng.normal(size=(4, 2)) + 1e4, spread, np.array([[0.0, 0, 3000, 1]])):
        before = x.copy()
        got = f(x)
        true = [[math.exp(v - max(row)) / sum(math.exp(u - max(row)) for u in row) for v in row] for row in x]
        np.testing.assert_allclose(got, true, rtol=1e-9, atol=1e-300)
        assert np.array_equal(x, before)


def judge_compute_loss_and_acc(f, _):
    probs = np.array([[0.6, 0.3, 0.1], [0.0, 0.25, 0.75], [0.5, 0.2, 0.3], [0.0, 0.0, 1.0], [0.1, 0.8, 0.1]])
    labels = [0, 1, 2, 2, 1]
    for dtype in (float, int):
        y, given = np.eye(3, dtype=dtype)[labels], probs.copy()
        loss, acc = f(y, given)
        assert np.array_equal(y.argmax(1), labels)
        assert np.array_equal(given, probs)
        assert np.ndim(loss) == 0
        assert np.ndim(acc) == 0
        assert abs(loss + math.log(0.6 * 0.25 * 0.3 * 1.0 * 0.8)) < 1e-9
        assert abs(acc - 0.6) < 1e-12


def judge_backwards(f, given):
    rng = np.random.default_rng(5)
    X, W, b = rng.normal(size=(4, 3)), rng.normal(size=(3, 5)), rng.normal(size=5)
    delta = 4 * rng.normal(size=(4, 5))
    for act, deriv in (("sigmoid", "sigmoid_deriv"), ("tanh", "tanh_deriv")):
        params = {"Wq": W.copy(), "bq": b.copy()}
        given["forward"](X, params, "q", given[act])

        def loss(X, W, b, act=act):
            return (delta * given[act](X @ W + b)).sum()

        for _ in range(2):
            mine = delta.copy()
            gX = f(mine, params, "q", given[deriv])
            assert np.array_equal(mine, delta)
            assert np.array_equal(params["Wq"], W)
            for got, at in ((gX, 0), (params["grad_Wq"], 1), (params["grad_bq"], 2)):
                assert got.shape == (X, W, b)[at].shape
                np.testing.assert_allclose(got, numeric(loss, [X, W, b], at), rtol=1e-5, atol=1e-7)


def numeric(loss, arguments, at):
    """Central differences of loss(*arguments) for every entry of one argument."""
    gradient = np.zeros(arguments[at].shape)
    for index in np.ndindex(gradient.shape):
        up, down = ([a.copy() for a in arguments] for _ in range(2))
        up[at][index] += 1e-5
        down[at][index] -= 1e-5
        gradient[index] = (loss(*up) - loss(*down)) / 2e-5
    return gradient


def judge_get_random_batches(f, _):
    # Some solutions bring a generator of their own, so no seed makes this repeatable. Of the steps from row to
    # row about 2 go to a neighbour (Poisson; 7 where batches are sorted): 30 of 59 do with less than 1e-9.
    for n, size in ((60, 3), (61, 5), (61, 4)):
        x = np.arange(float(n))[:, None] * [1.0, 100.0]
        y = np.arange(n)[:, None] + np.array([0, 500])
        orders = []
        for _ in range(3):
            batches = f(x, y, size)
            assert isinstance(batches, list)
            assert all(len(pair) == 2 for pair in batches)
            assert len(batches) in (n // size, math.ceil(n / size))
            rows = np.concatenate([xb for xb, _ in batches])
            labels = np.concatenate([yb for _, yb in batches])
            assert np.array_equal(rows[:, 0], labels[:, 0])
            assert np.array_equal(rows[:, 1], rows[:, 0] * 100)
            orders.append(tuple(rows[:, 0]))
            assert len(set(orders[-1])) == len(rows)
            assert all(len(xb) <= size for xb, _ in batches)
            assert len(rows) in (n, n - n % size)
            assert np.mean(np.abs(np.diff(rows[:, 0])) == 1) < 0.5
        assert len(set(orders)) == 3
        assert np.array_equal(x[:, 0], np.arange(n))
        assert np.array_equal(y[:, 0], np.arange(n))


def judge_train_network(f, given):
    rng = np.random.default_rng(6)
    labels = np.arange(12) % 3
    x, y = rng.normal(size=(12, 2)) + 2 * labels[:, None], np.eye(3)[labels]
    vx, vy = rng.normal(size=(7, 2)), np.eye(3)[rng.integers(0, 3, 7)]
    start = {}

    def initialize(n_in, n_out, params, name=""):
        start[name] = np.random.default_rng(n_in + n_out).normal(size=(n_in, n_out)) / 2
        params["W" + name], params["b" + name] = start[name].copy(), np.zeros(n_out)

    kept, f.__globals__["initialize_weights"] = f.__globals__["initialize_weights"], initialize
    try:
        params, history = f(x.copy(), y.copy(), vx.copy(), vy.copy(), 4, 2, len(x), 0.03)
    finally:
        f.__globals__["initialize_weights"] = kept
    _, longer = f(x.copy(), y.copy(), vx.copy(), vy.copy(), max_iters=4, batch_size=5, learning_rate=0)
    assert np.ptp(longer["train_loss"]) < 1e-12
    W1, b1, W2, b2 = start["layer1"], np.zeros(4), start["output"], np.zeros(3)
    curve = []
    for _ in range(3):
        h = given["sigmoid"](x @ W1 + b1)
        p = given["softmax"](h @ W2 + b2)
        curve.append(given["compute_loss_and_acc"](y, p)[0] / 12)
        d2 = p - y
        d1 = d2 @ W2.T * h * (1 - h)
        last = {"Wlayer1": W1, "blayer1": b1, "Woutput": W2, "boutput": b2}
        W2, b2 = W2 - 0.03 * h.T @ d2, b2 - 0.03 * d2.sum(0)
        W1, b1 = W1 - 0.03 * x.T @ d1, b1 - 0.03 * d1.sum(0)
    for key, true in last.items():
        np.testing.assert_allclose(params[key], true, rtol=1e-9, err_msg=key)
    h = given["sigmoid"](vx @ last["Wlayer1"] + last["blayer1"])
    loss, acc = given["compute_loss_and_acc"](vy, given["softmax"](h @ last["Woutput"] + last["boutput"]))
    for key in ("train_loss", "train_acc", "valid_loss", "valid_acc"):
        assert len(history[key]) == 2
        assert len(longer[key]) == 4
    assert abs(history["valid_loss"][1] - loss / 7) < 1e-9
    assert abs(history["valid_acc"][1] - acc) < 1e-9
    shift = 0 if abs(history["train_loss"][0] - curve[0]) < 1e-9 else 1
    np.testing.assert_allclose(history["train_loss"], curve[shift : shift + 2], rtol=1e-9)


def complaint(solution):
    """None when the judge accepts the solution, else what it says."""
    given = {"np": np}
    exec(NOTEBOOK, given)
    space = dict(given)
    np.random.seed(1)
    function = solution.exercise.split(".")[1]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(solution.source, space)
            globals()["judge_" + function](space[function], given)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


def label(solution):
    return f"{solution.exercise}-{solution.kind}-{solution.name}"


@pytest.mark.parametrize("solution", [s for s in SOLUTIONS if s.kind == "right"], ids=label)
def test_what_is_called_right_is_right(solution):
    assert complaint(solution) is None


@pytest.mark.parametrize("solution", [s for s in SOLUTIONS if s.kind == "wrong"], ids=label)
def test_what_is_called_wrong_is_wrong(solution):
    assert complaint(solution) is not None


def test_the_crashing_ones_crash():
    crashing = [s for s in SOLUTIONS if "crashes" in s.why.lower()]
    assert len(crashing) >= 8
    for solution in crashing:
        assert not complaint(solution).startswith("AssertionError"), label(solution)


def test_every_exercise_has_wrong_and_right_solutions():
    wrong = Counter(s.exercise for s in SOLUTIONS if s.kind == "wrong")
    right = Counter(s.exercise for s in SOLUTIONS if s.kind == "right")
    assert set(wrong) == set(right) == EXERCISES
    assert min(wrong.values()) >= 3
    assert min(right.values()) >= 3
    assert wrong.total() >= 40
    assert right.total() >= 24


def test_some_wrong_ones_are_unforeseen_and_some_train_well():
    unforeseen = [s for s in SOLUTIONS if s.kind == "wrong" and s.expects is None]
    assert len({s.exercise for s in unforeseen}) >= 4
    assert sum("trains well" in s.why for s in SOLUTIONS) >= 20


def test_the_corpus_expects_exactly_the_catalogue():
    load_checks("backprop")
    for exercise in EXERCISES:
        expected = {s.expects for s in SOLUTIONS if s.exercise == exercise} - {None}
        assert expected == {known.name for known in misconceptions_of(exercise)}, exercise


def test_a_name_occurs_once_in_an_exercise():
    assert len({label(s) for s in SOLUTIONS}) == len(SOLUTIONS)


def write(tmp_path, text):
    (tmp_path / "backprop").mkdir()
    (tmp_path / "backprop" / "softmax.py").write_text(inspect.cleandoc(text) + "\n", encoding="utf-8")
    return lambda: load("backprop", tmp_path)


def test_a_section_becomes_a_solution_without_its_comment(tmp_path):
    [one, two] = write(
        tmp_path,
        """
        # %% wrong global_maximum expects=max_of_all
        # Subtracts the maximum
        # of the whole array.
        def softmax(x):
            # my softmax
            return x

        # %% right short
        # One line.
        softmax = abs
        """,
    )()
    assert (one.exercise, one.kind, one.name, one.expects) == (
        "backprop.softmax",
        "wrong",
        "global_maximum",
        "max_of_all",
    )
    assert one.why == "Subtracts the maximum of the whole array."
    assert one.source == "def softmax(x):\n    # my softmax\n    return x\n"
    assert (two.kind, two.expects, two.source) == ("right", None, "softmax = abs\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1", "no section"),
        ("# %% wrnog a\n# Why.\ndef softmax(x): pass", "softmax.py:1: cannot read '# %% wrnog a'"),
        ("# %% wrong\n# Why.\ndef softmax(x): pass", "expected '# %% wrong NAME'"),
        ("# %% right a expects=b\n# Why.\ndef softmax(x): pass", "no misconception to expect"),
        ("# %% right a\ndef softmax(x): pass", "why 'a' is here"),
        ("# %% right a\n# Why.\ndef softmax(x)", "not Python"),
        ("# %% right a\n# Why.\ndef sofmax(x): pass", "does not define 'softmax'"),
        (
            "# %% right a\n# Why.\ndef softmax(x): pass\n# %% wrong a\n# Why.\ndef softmax(x): pass",
            "softmax.py:4: 'a' is already at line 1",
        ),
    ],
)
def test_a_malformed_file_is_refused_with_its_line_and_reason(tmp_path, text, message):
    with pytest.raises(CorpusError) as caught:
        write(tmp_path, text)()
    assert message in str(caught.value)


def test_a_missing_assignment_is_refused_with_those_there_are(tmp_path):
    write(tmp_path, "# %% right a\n# Why.\ndef softmax(x): pass")
    with pytest.raises(CorpusError, match=r"no solutions for assignment 'backpropp'.*there are: backprop"):
        load("backpropp", tmp_path)
