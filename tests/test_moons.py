"""The notebook on two moons: its library, its checks, its misconceptions, and the corpus, in process."""

import inspect
import os
import sys
import types
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from hidden_suite import failed, grade, run_notebook, stubbed

from autograder import reference
from autograder.checks import checks_of, load, oracles
from autograder.checks.backprop import _moons
from autograder.misconceptions import misconceptions_of
from autograder.model import Verdict
from autograder.solutions import corpus
from student_lib import boundary, toysets
from student_lib.classes import add_to

matplotlib.use("Agg")
load("backprop")

EXERCISES = [
    "backprop.activation",
    "backprop.activation_derivative",
    "backprop.feedforward",
    "backprop.calculate_loss",
    "backprop.backprop_three_layer",
    "backprop.fit_model",
    "backprop.dense_layer",
    "backprop.deep_network",
]
SOLUTIONS = [solution for solution in corpus.load("backprop") if solution.exercise in EXERCISES]
CATALOGUE = [item for exercise_id in EXERCISES for item in misconceptions_of(exercise_id)]


# --- grading


@pytest.mark.parametrize("exercise_id", EXERCISES)
def test_the_reference_gets_full_marks(exercise_id):
    assert 3 <= len(checks_of(exercise_id)) <= 7
    for seed in range(4):
        result = grade(exercise_id, seed)
        assert (result.score, result.log) == (10, None), failed(result)


@pytest.mark.slow
@pytest.mark.parametrize("item", CATALOGUE, ids=lambda item: item.name)
def test_each_misconception_fails_its_exercise_and_is_named_as_itself(item):
    result = grade(item.exercise_id, 1, **{item.replaces: item.function})
    assert result.score < 10
    assert (result.misconception, result.log) == (item.name, None), failed(result)


def named(solution):
    return f"{solution.exercise.removeprefix('backprop.')}-{solution.name}"


@pytest.mark.parametrize("solution", [s for s in SOLUTIONS if s.kind == "right"], ids=named)
def test_unusual_right_solutions_get_full_marks(solution):
    result = grade(solution.exercise, 3, solution.source)
    assert (result.score, result.log) == (10, None), failed(result)


@pytest.mark.slow
@pytest.mark.parametrize("solution", [s for s in SOLUTIONS if s.kind == "wrong"], ids=named)
def test_wrong_solutions_lose_points_by_name(solution):
    result = grade(solution.exercise, 4, solution.source)
    assert result.score < 10
    assert (result.misconception, result.log) == (solution.expects, None), failed(result)


@pytest.mark.parametrize("solution", [s for s in SOLUTIONS if s.kind == "wrong"][::9], ids=named)
def test_nobody_pays_twice(solution):
    for exercise_id in EXERCISES:
        if exercise_id != solution.exercise:
            result = grade(exercise_id, 5, solution.source)
            assert result.score == 10, (exercise_id, failed(result))


def test_three_mistakes_below_cost_fit_model_and_the_deep_network_nothing():
    broken = (
        "class Nothing:\n"
        "    def actFun(self, z, type): return 0 * z\n"
        "    def diff_actFun(self, z, type): return z\n"
        "    def feedforward(self, X, actFun): self.probs = None\n"
        "    def backprop(self, X, y): raise KeyError\n"
        "    def through(self, x): return -x\n"
        "for name in ('actFun', 'diff_actFun', 'feedforward', 'backprop'):\n"
        "    setattr(NeuralNetwork, name, getattr(Nothing, name))\n"
        "Layer.feedforward = Layer.backprop = Nothing.through\n"
    )
    for exercise_id in ("backprop.calculate_loss", "backprop.fit_model", "backprop.deep_network"):
        result = grade(exercise_id, 1, broken)
        assert result.score == 10, failed(result)


def test_a_stub_and_a_deleted_method_count_as_not_written():
    for method, exercise_id in (("backprop", EXERCISES[4]), ("fit_model", EXERCISES[5])):
        deleted = grade(exercise_id, 0, f"del NeuralNetwork.{method}")
        assert (deleted.score, deleted.verdict) == (0, Verdict.NOT_WRITTEN)
        stub = f"def stub(self, *args, **kwargs): raise NotImplementedError\nNeuralNetwork.{method} = stub"
        assert grade(exercise_id, 0, stub).verdict == Verdict.NOT_WRITTEN


@pytest.mark.slow
@pytest.mark.parametrize("answer", ["None", "[1, 'a']", "np.full((5, 4), np.nan)"])
def test_nonsense_breaks_no_check(answer):
    source = "".join(
        f"NeuralNetwork.{name} = lambda *args, **kwargs: {answer}\n"
        for name in ("actFun", "diff_actFun", "feedforward", "calculate_loss", "backprop", "fit_model")
    )
    source += f"NeuralNetwork.probs = NeuralNetwork.z1 = NeuralNetwork.a1 = NeuralNetwork.z2 = {answer}\n"
    source += f"Layer.feedforward = Layer.backprop = lambda *args: {answer}\n"
    source += f"class DeepNeuralNetwork(NeuralNetwork):\n    def __init__(*a, **k): a[0].layers = {answer}"
    for exercise_id in EXERCISES:
        result = grade(exercise_id, 0, source)
        assert result.score < 10
        assert (result.verdict != Verdict.BROKEN, result.log) == (True, None)


def test_the_corpus_is_large_and_expects_the_catalogue():
    for exercise_id in EXERCISES:
        own = [solution for solution in SOLUTIONS if solution.exercise == exercise_id]
        assert sum(solution.kind == "right" for solution in own) >= 3
        expected = {solution.expects for solution in own} - {None}
        assert expected == {item.name for item in misconceptions_of(exercise_id)}
    wrong = [solution for solution in SOLUTIONS if solution.kind == "wrong"]
    assert len(wrong) >= 60
    assert 1 <= sum(solution.expects is None for solution in wrong) <= len(wrong) / 20


# --- the grader's own references


@pytest.mark.parametrize("kind", ["Tanh", "Sigmoid", "ReLU"])
def test_complex_steps_agree_with_finite_differences(kind):
    rng = np.random.default_rng(1)
    layers = _moons.random_layers(rng, 3, 4, 2, 3)
    X, y = _moons.data(rng, 5, 3, 3)
    gradients = _moons.right_gradients(layers, X, y, kind)
    for number, (pair, slopes) in enumerate(zip(layers, gradients, strict=True)):
        for part in (0, 1):

            def loss(array, number=number, part=part):
                moved = [list(layer) for layer in layers]
                moved[number][part] = array
                return float(_moons.cross_entropy(moved, X, y, kind))

            np.testing.assert_allclose(
                slopes[part], oracles.numerical_gradient(loss, pair[part]), rtol=1e-5, atol=1e-8
            )


def test_slopes_agree_with_central_differences():
    z = np.linspace(-3, 3, 9) + 0.1
    for kind in ("Tanh", "Sigmoid", "ReLU"):
        rise = _moons.activation(z + 1e-6, kind) - _moons.activation(z - 1e-6, kind)
        np.testing.assert_allclose(_moons.slope(z, kind), rise / 2e-6, rtol=1e-6, atol=1e-9)


# --- the library


def test_moons_are_those_of_scikit_learn():
    X, y = toysets.make_moons(200, noise=0.20, seed=0)
    # np.random.seed(0); sklearn.datasets.make_moons(200, noise=0.20), printed in many tutorials.
    first = [[0.74346118, 0.46465633], [1.65755662, -0.63203157], [-0.15878875, 0.25584465]]
    np.testing.assert_allclose(X[:3], first, atol=5e-9)
    assert (X.shape, X.dtype, y[:3].tolist(), np.bincount(y).tolist()) == (
        (200, 2),
        np.float64,
        [0, 1, 1],
        [100, 100],
    )


@pytest.mark.parametrize(("name", "settings"), [("make_moons", {}), ("make_circles", {"factor": 0.5})])
def test_half_circles_equal_an_installed_scikit_learn(name, settings):
    datasets = pytest.importorskip("sklearn.datasets")
    for count, noise in ((200, 0.2), (7, None)):
        right = getattr(datasets, name)(count, noise=noise, random_state=3, **settings)
        for own, other in zip(getattr(toysets, name)(count, noise, seed=3, **settings), right, strict=True):
            np.testing.assert_array_equal(own, other)


def test_data_sets_repeat_and_leave_the_global_generator_alone():
    state = np.random.get_state()[1].copy()
    for make in (toysets.make_moons, toysets.make_circles, toysets.three_blobs, toysets.spirals):
        (X, y), (again, _) = make(90, seed=5), make(90, seed=5)
        assert np.array_equal(X, again)
        assert (X.shape, y.shape, X.dtype) == ((90, 2), (90,), np.float64)
        assert len(set(np.bincount(y))) == 1
        assert not np.array_equal(X, make(90, seed=6)[0]) or make in (
            toysets.make_moons,
            toysets.make_circles,
        )
    assert np.array_equal(np.random.get_state()[1], state)


def test_data_sets_say_what_is_wrong(monkeypatch):
    with pytest.raises(ValueError, match="n_samples=1; expected a whole number of at least 2"):
        toysets.make_moons(1)
    with pytest.raises(ValueError, match=r"factor=1\.5; expected 0 <= factor < 1"):
        toysets.make_circles(factor=1.5)
    with pytest.raises(ValueError, match="no set called 'irises'; there are iris"):
        toysets.scikit_learn_set("irises")
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ImportError, match="pip install scikit-learn"):
        toysets.scikit_learn_set("iris")


def test_sets_of_scikit_learn_come_as_arrays(monkeypatch):
    bunch = types.SimpleNamespace(data=[[1, 2], [3, 4]], target=[0, 1])
    fake = types.SimpleNamespace(load_iris=lambda: bunch)
    monkeypatch.setitem(sys.modules, "sklearn", types.SimpleNamespace(datasets=fake))
    monkeypatch.setitem(sys.modules, "sklearn.datasets", fake)
    X, y = toysets.scikit_learn_set("iris")
    assert (X.dtype, X.tolist(), y.tolist()) == (np.float64, [[1, 2], [3, 4]], [0, 1])


def test_add_to_reaches_objects_that_exist_and_keeps_written_methods():
    class Counter:
        def count(self):
            return 1

    counter = Counter()

    @add_to(Counter)
    def double(self):
        return 2 * self.count()

    @add_to(Counter)
    def count(self):
        """Count."""
        raise NotImplementedError("backprop.count: write this function")

    @add_to(Counter)
    def triple(self):
        raise NotImplementedError("backprop.triple: write this function")

    assert (counter.double(), double(counter)) == (2, 2)
    with pytest.raises(NotImplementedError):
        counter.triple()
    add_to(Counter)(types.FunctionType((lambda self: 5).__code__, {}, "count"))
    assert counter.count() == 5


def test_add_to_says_what_it_expects():
    with pytest.raises(TypeError, match="expected a class, as in @add_to"):
        add_to("NeuralNetwork")
    with pytest.raises(TypeError, match="belongs on the line above a def"):
        add_to(dict)(3)


def test_no_line_beats_the_best_line():
    X, y = toysets.make_moons(200, noise=0.20, seed=0)
    normal, offset, accuracy = boundary.best_line(X, y)
    assert accuracy == np.mean((X @ normal > offset) == (y == 1)) == 0.875
    rng = np.random.default_rng(0)
    for _ in range(500):
        other = rng.normal(size=2)
        assert np.mean((X @ other > rng.normal()) == (y == 1)) <= accuracy


def test_figures_refuse_what_they_cannot_draw():
    net = types.SimpleNamespace(predict=lambda points: None, probs=np.zeros((3, 2)))
    X, y = toysets.make_moons(20, seed=0)
    with pytest.raises(ValueError, match=r"'net': probs has shape \(3, 2\); expected finite \(10000, 2\)"):
        boundary.boundaries({"net": net}, X, y, "title")
    with pytest.raises(ValueError, match=r"X has shape \(20, 2\), y \(19,\)"):
        boundary.boundaries({"net": net}, X, y[:-1], "title")
    with pytest.raises(ValueError, match="nothing to draw"):
        boundary.active_units({}, "title")
    matplotlib.pyplot.close("all")


# --- the notebook

NOTEBOOK = Path(__file__).parents[1] / "source" / "backprop" / "moons.ipynb"


@pytest.mark.slow
def test_the_solved_notebook_runs_in_the_grading_budget(monkeypatch):
    monkeypatch.setitem(os.environ, "CHAINRULE_GRADING", "1")
    out, _ = run_notebook(NOTEBOOK)
    assert "relative error: 0.9900" in out
    assert "not yet" not in out


def test_the_released_notebook_stops_at_the_first_check_with_the_exercise():
    with pytest.raises(NotImplementedError, match=r"backprop\.activation"):
        run_notebook(NOTEBOOK, stubbed)


def test_a_whole_class_in_one_cell_with_the_stubs_left_is_a_solution():
    [whole] = [s for s in SOLUTIONS if s.name == "whole_class"]
    names = reference.namespace("backprop.activation")
    exec(whole.source, names)
    net = names["NeuralNetwork"]
    kept = dict(vars(net))
    for name in ("feedforward", "calculate_loss", "backprop", "fit_model"):
        signature = str(inspect.signature(kept[name]))
        exec(
            f"@add_to(NeuralNetwork)\ndef {name}{signature}:\n    raise NotImplementedError('{name}')", names
        )
    assert all(vars(net)[name] is method for name, method in kept.items() if callable(method))
