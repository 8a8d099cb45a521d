"""Misconceptions: each fails its own exercise and is named as itself, and nothing else is."""

import re
import sys

import numpy as np
import pytest
from hidden_suite import grade

from autograder import reference
from autograder.checks import load
from autograder.misconceptions import misconception, misconceptions_of
from autograder.model import Verdict
from autograder.solutions import corpus

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
CATALOGUE = [item for exercise_id in EXERCISES for item in misconceptions_of(exercise_id)]
VARIANTS = [
    pytest.param(item, function, id=f"{item.exercise_id}-{item.name}-{number}")
    for item in CATALOGUE
    for number, function in enumerate(item.functions)
]
CORPUS = [solution for solution in corpus.load("backprop") if solution.exercise in EXERCISES]


def explained(result):
    return {item.name: item.misconception for item in result.checks if item.verdict != Verdict.PASSED}


def test_the_catalogue_covers_every_exercise():
    assert len(CATALOGUE) >= 100
    assert {item.exercise_id for item in CATALOGUE} == set(EXERCISES)


@pytest.mark.parametrize("item", CATALOGUE, ids=lambda item: item.name)
def test_advice_is_a_few_sentences_without_code(item):
    sentences = re.findall(r"[.:?](?: |$)", item.advice)
    assert 1 <= len(sentences) <= 5
    assert len(item.advice.split()) <= 60
    assert not re.search(r"np\.|def |lambda|\[", item.advice)


@pytest.mark.slow
@pytest.mark.parametrize(("item", "function"), VARIANTS)
def test_each_one_fails_its_exercise_and_is_named_as_itself(item, function):
    for seed in (1, 2) if function is item.function else (1,):
        result = grade(item.exercise_id, seed, **{item.replaces: function})
        assert result.score < 10
        assert result.log is None
        assert (result.misconception, result.advice) == (item.name, item.advice)
        assert item.name in explained(result).values()


# Without its own forward a crash there has no line: the reference's source is in no file.
FORWARD = """
def forward(X, params, name='', activation=sigmoid):
    z = X @ params['W' + name] + params['b' + name]
    params['cache_' + name] = (X, z, activation(z))
    return activation(z)

"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "solution", [s for s in CORPUS if s.kind == "wrong"], ids=lambda s: f"{s.exercise}-{s.name}"
)
def test_what_students_write_gets_the_name_that_the_corpus_expects(solution):
    before = FORWARD if solution.exercise == "backprop.train_network" else ""
    result = grade(solution.exercise, 1, before + solution.source)
    assert result.score < 10
    assert result.misconception == solution.expects, [(c.name, c.symptom, c.error) for c in result.checks]


def test_nineteen_of_twenty_wrong_solutions_have_a_name():
    wrong = [solution for solution in CORPUS if solution.kind == "wrong"]
    assert sum(solution.expects is not None for solution in wrong) >= 0.95 * len(wrong)


# The same mistakes as a student would write them, with other draws than the catalogue's.
IN_OTHER_WORDS = {
    "global_maximum": (
        "backprop.softmax",
        "def softmax(x):\n    z = x - np.max(x)\n    return np.exp(z) / np.exp(z).sum(1)[:, None]",
    ),
    "no_maximum": ("backprop.softmax", "def softmax(x): return (np.exp(x).T / np.exp(x).sum(axis=1)).T"),
    "loss_averaged": (
        "backprop.compute_loss_and_acc",
        "def compute_loss_and_acc(y, probs):\n"
        "    return -np.log(probs[y > 0]).mean(), (y.argmax(1) == probs.argmax(1)).mean()",
    ),
    "derivative_of_delta": (
        "backprop.backwards",
        "def backwards(delta, params, name='', activation_deriv=sigmoid_deriv):\n"
        "    X, z, a = params['cache_' + name]\n"
        "    params['grad_W' + name] = np.einsum('nd,nh->dh', X, activation_deriv(delta))\n"
        "    params['grad_b' + name] = activation_deriv(delta).sum(0)\n"
        "    return activation_deriv(delta) @ params['W' + name].T",
    ),
    "fan_in_only": (
        "backprop.initialize_weights",
        "def initialize_weights(i, o, params, name=''):\n"
        "    params['W' + name] = (2 * np.random.default_rng().random((i, o)) - 1) * (6 / i) ** 0.5\n"
        "    params['b' + name] = np.zeros(o)",
    ),
    "drawn_with_replacement": (
        "backprop.get_random_batches",
        "import random\n"
        "def get_random_batches(x, y, n):\n"
        "    rows = [[random.randrange(len(x)) for _ in range(n)] for _ in range(len(x) // n)]\n"
        "    return [(x[r], y[r]) for r in rows]",
    ),
    "permuted_separately": (
        "backprop.get_random_batches",
        "def get_random_batches(x, y, n):\n"
        "    x, y = np.random.default_rng().permutation(x), np.random.default_rng().permutation(y)\n"
        "    return [(x[i:i + n], y[i:i + n]) for i in range(0, len(x), n)]",
    ),
    "permutation_not_used": (
        "backprop.get_random_batches",
        "def get_random_batches(x, y, n):\n"
        "    order = np.random.permutation(len(x))\n"
        "    return [(x[i:i + n], y[i:i + n]) for i in range(0, len(x), n)]",
    ),
    "losses_summed": (
        "backprop.train_network",
        "right = train_network\n"
        "def train_network(tx, ty, vx, vy, **settings):\n"
        "    params, h = right(tx, ty, vx, vy, **settings)\n"
        "    return params, {**h, 'train_loss': [len(tx) * v for v in h['train_loss']],\n"
        "                    'valid_loss': [len(vx) * v for v in h['valid_loss']]}",
    ),
    "updates_averaged": (
        "backprop.train_network",
        "right = train_network\n"
        "def train_network(*data, learning_rate=1e-3, batch_size=5, **settings):\n"
        "    rate = learning_rate / batch_size\n"
        "    return right(*data, learning_rate=rate, batch_size=batch_size, **settings)",
    ),
    "gradients_added": (
        "backprop.train_network",
        "right = train_network\n"
        "def train_network(*data, learning_rate=1e-3, **settings):\n"
        "    np.random.rand(3)\n"
        "    return right(*data, learning_rate=-learning_rate, **settings)",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", IN_OTHER_WORDS)
def test_the_same_mistake_in_other_words_is_recognised(name):
    exercise_id, source = IN_OTHER_WORDS[name]
    for seed in (1, 2):
        result = grade(exercise_id, seed, source)
        assert result.misconception == name, [(item.name, item.symptom) for item in result.checks]


UNRELATED = {
    "zeros": ("backprop.softmax", "def softmax(x): return np.zeros(x.shape)"),
    "nan everywhere": ("backprop.softmax", "def softmax(x): return np.full(x.shape, np.nan)"),
    "nothing": ("backprop.softmax", "def softmax(x): pass"),
    "another crash": ("backprop.softmax", "def softmax(x): raise ValueError"),
    "a crash at large logits": (
        "backprop.softmax",
        "def softmax(x):\n"
        "    if abs(x).max() > 700: raise ValueError\n"
        "    e = np.exp(x)\n"
        "    return e / e.sum(axis=1, keepdims=True)",
    ),
    "the first logit subtracted": (
        "backprop.softmax",
        "def softmax(x):\n"
        "    e = np.exp(x - x[:, :1])\n"
        "    return e / e.sum(axis=1, keepdims=True)",
    ),
    "the last logit subtracted": (
        "backprop.softmax",
        "def softmax(x):\n"
        "    e = np.exp(x - x[:, -1:])\n"
        "    return e / e.sum(axis=1, keepdims=True)",
    ),
    "the smallest logit subtracted": (
        "backprop.softmax",
        "def softmax(x):\n"
        "    e = np.exp(x - x.min(axis=1, keepdims=True))\n"
        "    return e / e.sum(axis=1, keepdims=True)",
    ),
    "a scaled sigmoid": ("backprop.sigmoid", "def sigmoid(x): return 1 / (1 + np.exp(-3 * x))"),
    "a sum with nothing": ("backprop.sigmoid", "def sigmoid(x): return 1 / (1 + np.exp(-x)) + None"),
    "a reshape that fails": (
        "backprop.sigmoid",
        "def sigmoid(x):\n"
        "    x = x.reshape(7, 11)\n"
        "    if x is None: return 0",
    ),
    "an e of another course": (
        "backprop.sigmoid", "def sigmoid(x): return 1 / (1 + 3.0 ** -np.clip(x, -300, 300))"
    ),
    "nan for all": ("backprop.sigmoid", "def sigmoid(x): return x * np.nan"),
    "half the loss": (
        "backprop.compute_loss_and_acc",
        "right = compute_loss_and_acc\n"
        "def compute_loss_and_acc(y, probs): return right(y, probs)[0] / 2, right(y, probs)[1]",
    ),
    "infinite loss": (
        "backprop.compute_loss_and_acc",
        "def compute_loss_and_acc(y, probs): return np.nan, np.mean(y.argmax(1) == probs.argmax(1))",
    ),
    "wrong sign of all gradients": (
        "backprop.backwards",
        "right = backwards\ndef backwards(delta, *args): return right(-delta, *args)",
    ),
    "a doubled gradient": (
        "backprop.backwards",
        "right = backwards\n"
        "def backwards(delta, params, name='', *args):\n"
        "    result = right(delta, params, name, *args)\n"
        "    params['grad_W' + name] *= 2\n"
        "    return result",
    ),
    "a matrix product that does not fit": (
        "backprop.forward",
        "def forward(X, params, name='', activation=None):\n"
        "    return activation(X.T @ params['W' + name] + params['b' + name])",
    ),
    "a name that no layer has": (
        "backprop.forward",
        "def forward(X, params, name='', activation=None):\n"
        "    return activation(X @ params['weights_' + name])",
    ),
    "too many indices": (
        "backprop.get_random_batches", "def get_random_batches(x, y, n): return [(x[0, 0, 0], y[0])]"
    ),
    "rows in a fixed reversed order": (
        "backprop.get_random_batches",
        "def get_random_batches(x, y, n): return [(x[::-1][i:i + n], y[::-1][i:i + n]) for i in range(0, len(x), n)]",
    ),
    "rows from a random start": (
        "backprop.get_random_batches",
        "def get_random_batches(x, y, n):\n"
        "    p = np.roll(np.arange(len(x)), np.random.randint(1, len(x)))\n"
        "    return [(x[p[i:i + n]], y[p[i:i + n]]) for i in range(0, len(x), n)]",
    ),
    "two rows short": (
        "backprop.get_random_batches",
        "right = get_random_batches\n"
        "def get_random_batches(x, y, n): return [(a[2:], b[2:]) for a, b in right(x, y, n)]",
    ),
    "a limit by hand": (
        "backprop.initialize_weights",
        "right = initialize_weights\n"
        "def initialize_weights(i, o, params, name=''):\n"
        "    params['W' + name] = np.random.uniform(-0.015, 0.015, (i, o))\n"
        "    params['b' + name] = np.zeros(o)",
    ),
    "biases of one": (
        "backprop.initialize_weights",
        "right = initialize_weights\n"
        "def initialize_weights(i, o, params, name=''):\n"
        "    right(i, o, params, name)\n"
        "    params['b' + name] = np.ones(o)",
    ),
    "positive weights, far too large": (
        "backprop.initialize_weights",
        "right = initialize_weights\n"
        "def initialize_weights(i, o, params, name=''):\n"
        "    right(i, o, params, name)\n"
        "    params['W' + name] = 7 * np.abs(params['W' + name])",
    ),
    "every row in two batches": (
        "backprop.get_random_batches",
        "right = get_random_batches\n"
        "def get_random_batches(x, y, n): return right(x, y, n) + right(x, y, n)",
    ),
    "params of its own": (
        "backprop.initialize_weights",
        "def initialize_weights(i, o, params, name=''): params = {'W': np.zeros((i, o))}",
    ),
    "no weights": ("backprop.initialize_weights", "def initialize_weights(i, o, params, name=''): pass"),
    "flat weights": (
        "backprop.initialize_weights",
        "right = initialize_weights\n"
        "def initialize_weights(i, o, params, name=''):\n"
        "    right(i, o, params, name)\n"
        "    params['W' + name] = params['W' + name].ravel()",
    ),
    "weights a third too large": (
        "backprop.initialize_weights",
        "right = initialize_weights\n"
        "def initialize_weights(i, o, params, name=''):\n"
        "    right(i, o, params, name)\n"
        "    params['W' + name] *= 1.33",
    ),
    "half of the rows": (
        "backprop.get_random_batches",
        "right = get_random_batches\n"
        "def get_random_batches(x, y, n): return right(x[::2], y[::2], n)",
    ),
    "strings": ("backprop.get_random_batches", "def get_random_batches(x, y, n): return ['ab', 'cd']"),
    "the input returned": ("backprop.forward", "def forward(X, params, name='', activation=None): return X"),
    "a history of nothing": ("backprop.train_network", "def train_network(*data, **settings): return {}, {}"),
    "a doubled rate": (
        "backprop.train_network",
        "right = train_network\n"
        "def train_network(*data, learning_rate=1e-3, **settings):\n"
        "    return right(*data, learning_rate=2 * learning_rate, **settings)",
    ),
    "a rate by hand": (
        "backprop.train_network",
        "right = train_network\n"
        "def train_network(*data, learning_rate=1e-3, **settings):\n"
        "    return right(*data, learning_rate=1e-3, **settings)",
    ),
    "a history of half of the epochs": (
        "backprop.train_network",
        "right = train_network\n"
        "def train_network(*data, **settings):\n"
        "    params, h = right(*data, **settings)\n"
        "    return params, {name: values[::2] for name, values in h.items()}",
    ),
    "a training loss of nan": (
        "backprop.train_network",
        "right = train_network\n"
        "def train_network(*data, **settings):\n"
        "    params, h = right(*data, **settings)\n"
        "    return params, {**h, 'train_loss': [np.nan for _ in h['train_loss']]}",
    ),
    "another loss": (
        "backprop.train_network",
        "right = train_network\n"
        "def train_network(*data, **settings):\n"
        "    params, h = right(*data, **settings)\n"
        "    return params, {**h, 'valid_loss': [v / 2 for v in h['valid_loss']]}",
    ),
    "gradients that are never made": (
        "backprop.train_network",
        "def train_network(x, *data, hidden_size=64, **settings):\n"
        "    params = {}\n"
        "    initialize_weights(x.shape[1], hidden_size, params, 'layer1')\n"
        "    params['Wlayer1'] -= params['grad_Wlayer1']",
    ),
    "a crash while training": (
        "backprop.train_network",
        "def train_network(*data, **settings): raise KeyError('Wlayer1')",
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", UNRELATED)
def test_other_wrong_answers_get_no_name(name):
    exercise_id, source = UNRELATED[name]
    for seed in (1, 2):
        result = grade(exercise_id, seed, source)
        assert result.score < 10
        assert result.verdict != Verdict.BROKEN, result.log
        assert result.misconception is None
        assert set(explained(result).values()) == {None}


def test_what_a_student_passes_speaks_against_a_misconception_that_fails_there():
    source = (
        "right = backwards\n"
        "def backwards(delta, params, name='', *args):\n"
        "    result = right(delta, params, name, *args)\n"
        "    params['grad_b' + name] = params['grad_b' + name] / len(delta)\n"
        "    return result"
    )
    assert grade("backprop.backwards", 1, source).misconception == "bias_gradient_averaged"


def test_two_mistakes_in_separate_checks_are_both_named():
    source = (
        "def softmax(x):\n"
        "    if abs(x).max() > 700:\n"
        "        x = x - x.max()\n"
        "    e = np.exp(x - x.max(axis=1, keepdims=True) if abs(x).max() <= 700 else x)\n"
        "    p = e / e.sum(axis=1, keepdims=True)\n"
        "    if x.dtype.kind == 'f': x -= x.max(axis=1, keepdims=True)\n"
        "    return p"
    )
    result = grade("backprop.softmax", 1, source)
    assert explained(result)["softmax_leaves_its_argument"] == "logits_shifted_in_place"


def test_passed_checks_carry_no_name():
    result = grade("backprop.softmax", 0, IN_OTHER_WORDS["global_maximum"][1])
    passed = [item for item in result.checks if item.verdict == Verdict.PASSED]
    assert passed
    assert all(item.misconception is None for item in passed)


def test_a_misconception_needs_a_new_name_and_advice():
    def wrong(x):
        return x

    misconception("testing.exercise", advice="Look again.", replaces="other")(wrong)
    assert [(item.name, item.replaces) for item in misconceptions_of("testing.exercise")] == [
        ("wrong", "other")
    ]
    with pytest.raises(ValueError, match="two misconceptions named 'wrong'"):
        misconception("testing.exercise", advice="Look again.")(wrong)
    with pytest.raises(ValueError, match="needs advice"):
        misconception("testing.another", advice=" ")(wrong)
    with pytest.raises(re.error):
        misconception("testing.another", advice="Look again.", crashes_at="(")(wrong)


def test_variants_share_name_and_advice():
    def scaled(x, by=2):
        return by * x

    misconception("testing.variants", advice="Look again.", variants=[{"by": 3}, {"by": 4}])(scaled)
    [item] = misconceptions_of("testing.variants")
    assert [function(5) for function in item.functions] == [10, 15, 20]
    assert item.function is scaled


def test_a_crash_is_named_by_its_line_and_not_by_its_type_alone():
    at_if = "def sigmoid(x):\n    if x > 0: return x\n    return -x"
    elsewhere = "def sigmoid(x):\n    bool(x > 0)\n    return x"
    named = [grade("backprop.sigmoid", 1, source) for source in (at_if, elsewhere)]
    assert [result.checks[0].symptom for result in named] == ["ValueError", "ValueError"]
    assert [result.misconception for result in named] == ["if_on_an_array", None]


def test_style_may_change_the_values_where_symptoms_tell():
    for line in ("x[x > 9] = 9", "x += 1; x -= 1 + 1e-9", "np.clip(x, -99, 99, out=x)"):
        source = f"right = sigmoid\ndef sigmoid(x):\n    y = right(x)\n    if x.dtype == float: {line}\n    return y"
        assert grade("backprop.sigmoid", 1, source).misconception == "sigmoid_in_place", line


def test_names_in_the_reference_come_from_its_notebook():
    names = reference.namespace("backprop.softmax")
    assert np.allclose(names["softmax"](np.zeros((1, 4))), 0.25)
    assert {"np", "tanh", "sigmoid_deriv", "train_network"} <= set(names)
    assert reference.namespace("backprop.softmax") is not names
    with pytest.raises(LookupError, match=r"backprop\.nothing-solution"):
        reference.namespace("backprop.nothing")


def test_the_reference_never_imports_a_file_called_nn(monkeypatch, tmp_path):
    (tmp_path / "nn.py").write_text("raise SystemExit('executed')")
    monkeypatch.syspath_prepend(tmp_path)
    names = reference.namespace("ocr.train_network")
    assert callable(names["train_network"])
    assert "nn" not in sys.modules
