"""The coordinate network: its hidden checks, its misconceptions, and the grader's own references, in process."""

import numpy as np
import pytest
from hidden_suite import grade

from autograder.checks import checks_of, load, oracles
from autograder.checks.fourier_features import _fourier, _hidden_pictures, _lent, low_resolution
from autograder.misconceptions import misconceptions_of
from autograder.model import Verdict

EXERCISES = load("fourier_features")
CATALOGUE = [item for exercise_id in EXERCISES for item in misconceptions_of(exercise_id)]
EXPERIMENT, MEMORIZE = "fourier_features.NN_experiment", "fourier_features.low_resolution"


def failed(result):
    return [(item.name, item.symptom or item.error) for item in result.checks if item.verdict != "passed"]


@pytest.fixture
def quick(monkeypatch):
    """Training for an epoch, with limits that everything passes: for what does not depend on the PSNR."""
    monkeypatch.setattr(low_resolution, "limit", lambda assignment, name: -1e9)
    for settings in (low_resolution.SETTINGS_32, low_resolution.SETTINGS_64):
        monkeypatch.setitem(settings, "epochs", 1)


# --- grading


def test_every_exercise_of_the_notebook_has_checks():
    names = "psnr get_image linear relu sigmoid mse forward backward update adam get_B_dict input_mapping"
    names += " NN_experiment low_resolution"
    assert {exercise_id.partition(".")[2] for exercise_id in EXERCISES} == set(names.split())
    assert all(3 <= len(checks_of(exercise_id)) <= 8 for exercise_id in EXERCISES)
    assert len(CATALOGUE) >= 120


@pytest.mark.parametrize("exercise_id", [name for name in EXERCISES if name != MEMORIZE])
def test_the_reference_gets_full_marks(exercise_id):
    for seed in range(2 if exercise_id == EXPERIMENT else 5):
        result = grade(exercise_id, seed)
        assert (result.score, result.log) == (10, None), failed(result)


@pytest.mark.slow
def test_the_reference_memorizes_hidden_pictures():
    for source in ("", HALF_LOSS):
        result = grade(MEMORIZE, 1, source)
        assert (result.score, result.log) == (10, None), failed(result)


def marked(item, place):
    """Training takes half a second for each mistake: the quick tests take every sixth of them."""
    slow = item.exercise_id in (EXPERIMENT, MEMORIZE) and place % 6
    return pytest.param(item, id=item.name, marks=pytest.mark.slow if slow else ())


@pytest.mark.slow
@pytest.mark.parametrize("item", [marked(item, place) for place, item in enumerate(CATALOGUE)])
def test_each_misconception_fails_its_exercise_and_is_named_as_itself(item, quick):
    result = grade(item.exercise_id, 1, **{item.replaces: item.function})
    assert result.score < 10
    assert (result.misconception, result.log) == (item.name, None), failed(result)


HALF_LOSS = """
class Half:
    def mse(self, y, p): return 0.5 * np.mean((y - p) ** 2)
    def mse_grad(self, y, p): return (p - y) / y.size
NeuralNetwork.mse, NeuralNetwork.mse_grad = Half.mse, Half.mse_grad
"""


def test_half_of_the_loss_is_right_when_used_consistently():
    for exercise_id in ("fourier_features.mse", "fourier_features.backward"):
        result = grade(exercise_id, 2, HALF_LOSS)
        assert result.score == 10, failed(result)
    only_the_loss = HALF_LOSS.replace("NeuralNetwork.mse_grad", "unused")
    for exercise_id in ("fourier_features.mse", "fourier_features.backward"):
        # backward is then repeated with right steps: only mse pays.
        assert (grade(exercise_id, 2, only_the_loss).score == 10) == exercise_id.endswith("backward")


def test_plain_functions_and_float32_are_right():
    source = "f = np.float32\n"
    for name in ("linear", "linear_grad", "relu", "relu_grad", "sigmoid", "mse", "mse_grad"):
        source += f"method_{name} = NeuralNetwork.{name}\n"
        source += f"def {name}(*a): return method_{name}(None, *(np.asarray(v, f) for v in a))\n"
        source += f"del NeuralNetwork.{name}\n"
    source += "def sigmoid_grad(x): return sigmoid(x) * (1 - sigmoid(x))\n"
    source += "def mse_sigmoid_grad(y, p): return mse_grad(y, p) * p * (1 - p)\n"
    source += "del NeuralNetwork.sigmoid_grad, NeuralNetwork.mse_sigmoid_grad"
    for name in ("linear", "relu", "sigmoid", "mse"):
        result = grade(f"fourier_features.{name}", 3, source)
        assert (result.score, result.log) == (10, None), failed(result)


# --- nobody pays twice


BROKEN_STEPS = "".join(
    f"NeuralNetwork.{name} = lambda self, *args: args[0] * 0 + 1\n"
    for name in ("linear", "linear_grad", "relu", "relu_grad", "sigmoid", "sigmoid_grad")
)


def test_wrong_steps_cost_forward_and_backward_nothing():
    for name in ("forward", "backward"):
        result = grade(f"fourier_features.{name}", 1, BROKEN_STEPS)
        assert result.score == 10, failed(result)


def test_backward_may_be_right_for_a_wrong_forward():
    hidden_sigmoids = """
def forward(self, X):
    self.outputs = {"a0": X}
    for k in range(1, self.num_layers + 1):
        X = self.sigmoid(self.linear(self.params[f"W{k}"], X, self.params[f"b{k}"]))
        self.outputs[f"a{k}"] = X
    return X
def backward(self, y):
    p = self.outputs[f"a{self.num_layers}"]
    slope = self.mse_sigmoid_grad(y, p)
    for k in range(self.num_layers, 0, -1):
        X = self.outputs[f"a{k - 1}"]
        found = self.linear_grad(self.params[f"W{k}"], X, slope)
        self.gradients[f"W{k}"], self.gradients[f"b{k}"], below = found
        slope = below * X * (1 - X)
    return self.mse(y, p)
NeuralNetwork.forward, NeuralNetwork.backward = forward, backward
"""
    assert grade("fourier_features.forward", 1, hidden_sigmoids).misconception == "sigmoid_in_hidden_layers"
    result = grade("fourier_features.backward", 1, hidden_sigmoids)
    assert result.score == 10, failed(result)


def test_a_wrong_network_and_psnr_cost_the_experiment_nothing():
    source = BROKEN_STEPS + "psnr = lambda y, p: 7.0\n"
    source += (
        "for name in ('forward', 'backward', 'update'): setattr(NeuralNetwork, name, lambda *args: None)\n"
    )
    result = grade("fourier_features.NN_experiment", 1, source)
    assert result.score == 10, failed(result)


@pytest.mark.slow
@pytest.mark.parametrize(
    "source",
    [
        "input_mapping = lambda x, B: x if B is None else np.concatenate([np.sin(x @ B.T), np.cos(x @ B.T)], -1)",
        "NeuralNetwork.backward = lambda self, y: 1 / 0",
        "NN_experiment = lambda *args, **kwargs: None",
        "del NN_experiment",
    ],
)
def test_earlier_mistakes_cost_memorize_nothing(source, quick):
    result = grade(MEMORIZE, 1, source)
    assert (result.score, result.log) == (10, None), failed(result)


def test_a_low_psnr_costs_points_unless_an_earlier_exercise_has_paid(monkeypatch, quick):
    monkeypatch.setattr(low_resolution, "limit", lambda assignment, name: 99.0)
    result = grade(MEMORIZE, 1)
    assert [symptom for _, symptom in failed(result)] == [
        "none train PSNR: too low",
        "gauss_1_at_32 train PSNR: too low",
        "gauss_1_at_64 train PSNR: too low",
    ]


# --- odd submissions


def test_stubs_and_missing_names_count_as_not_written():
    for name in ("linear", "forward", "backward", "update"):
        exercise_id = f"fourier_features.{name}"
        stub = f"def {name}(self, *args, **kwargs): raise NotImplementedError\nNeuralNetwork.{name} = {name}"
        assert grade(exercise_id, 0, stub).verdict == Verdict.NOT_WRITTEN
        deleted = grade(exercise_id, 0, f"del NeuralNetwork.{name}, {name}")
        assert (deleted.score, deleted.verdict) == (0, Verdict.NOT_WRITTEN)
    for name in ("psnr", "get_image", "get_B_dict", "input_mapping", "NN_experiment"):
        result = grade(f"fourier_features.{name}", 0, f"del {name}")
        assert (result.score, result.verdict) == (0, Verdict.NOT_WRITTEN)


@pytest.mark.parametrize(
    "answer",
    [
        "None",
        *(
            pytest.param(answer, marks=pytest.mark.slow)
            for answer in ("[1, 'a']", "np.full((5, 4), np.nan)", "{'W1': None}")
        ),
    ],
)
def test_nonsense_breaks_no_check(answer, quick):
    source = f"answer = lambda *args, **kwargs: {answer}\n"
    for name in (*_lent.STEPS, "forward", "backward", "update"):
        source += f"NeuralNetwork.{name} = answer\n"
    source += "NeuralNetwork.outputs = NeuralNetwork.gradients = property(answer, lambda self, value: None)\n"
    source += "psnr = get_image = get_B_dict = input_mapping = NN_experiment = memorize = answer"
    for exercise_id in EXERCISES:
        result = grade(exercise_id, 0, source)
        assert result.score < 10
        assert (result.verdict != Verdict.BROKEN, result.log) == (True, None), exercise_id


def test_the_true_test_pixels_stay_with_the_grader():
    picture = _hidden_pictures.hidden_picture(np.random.default_rng(0), 32)
    coords, known = picture.test
    between = np.ones((32, 32), dtype=bool)
    between[::2, ::2] = False
    assert (known[between] == 0.5).all()
    assert np.array_equal(known[::2, ::2], picture.rgb[::2, ::2])
    assert np.array_equal(coords[3, 5], np.array([5, 3], dtype=np.float32) / 32)
    assert picture.psnr_of(known.reshape(-1, 3))[0] == 200


# --- the grader's own references


@pytest.mark.parametrize("sizes", [(2, 7, 3), (3, 6, 4, 5, 2), (5, 4, 6, 3, 7, 1)])
def test_complex_steps_agree_with_finite_differences_and_with_the_backward_pass(sizes):
    rng = np.random.default_rng(len(sizes))
    params, X = _fourier.random_params(rng, *sizes), rng.normal(size=(4, sizes[0]))
    y = rng.uniform(size=(4, sizes[-1]))
    by_steps, by_layers = _fourier.right_gradients(params, X, y), _lent.gradients(params, X, y)
    for name, value in params.items():

        def loss(changed, name=name):
            return float(_fourier.right_loss(params | {name: changed}, X, y))

        differences = oracles.numerical_gradient(loss, value)
        np.testing.assert_allclose(by_steps[name], differences, rtol=1e-5, atol=1e-9)
        np.testing.assert_allclose(by_layers[name], by_steps[name], rtol=1e-9, atol=1e-14)


def test_the_lent_steps_are_right():
    z = np.linspace(-4, 4, 7) + 0.1
    np.testing.assert_allclose(_lent.sigmoid(z), oracles.sigmoid(z))
    rise = oracles.sigmoid(z + 1e-6) - oracles.sigmoid(z - 1e-6)
    np.testing.assert_allclose(_lent.STEPS["sigmoid_grad"](z), rise / 2e-6, rtol=1e-8)
    rng = np.random.default_rng(0)
    y, p = rng.uniform(size=(4, 3)), rng.uniform(size=(4, 3))
    numeric = oracles.numerical_gradient(lambda p: float(_lent.mse(y, p)), p)
    np.testing.assert_allclose(_lent.mse_grad(y, p), numeric, rtol=1e-7, atol=1e-10)
    logits = np.log(p / (1 - p))
    numeric = oracles.numerical_gradient(lambda z: float(_lent.mse(y, oracles.sigmoid(z))), logits)
    np.testing.assert_allclose(_lent.mse_sigmoid_grad(y, p), numeric, rtol=1e-6, atol=1e-10)


def test_the_lent_experiment_learns_and_refuses_endless_work():
    picture = _hidden_pictures.hidden_picture(np.random.default_rng(3), 16)
    rows = [array.reshape(-1, array.shape[-1]) for array in (*picture.train, *picture.test)]
    X_train, y_train, X_test, y_test = rows
    settings = {"hidden_size": 16, "learning_rate": 4.0}
    B = np.random.default_rng(0).normal(size=(16, 2))
    mapped = (
        _hidden_pictures.features(X_train, B),
        y_train,
        _hidden_pictures.features(X_test, B),
        y_test,
        32,
    )
    early, late = (_hidden_pictures.train(*mapped, epochs=epochs, **settings)[1][0] for epochs in (1, 150))
    assert late > early + 5
    with pytest.raises(ValueError, match="more epochs, rows or units than asked for"):
        _hidden_pictures.train(*mapped, epochs=10**9, **settings)
