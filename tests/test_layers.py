"""The layers notebook: the reference, wrong and unusual solutions under its hidden checks, and its figures."""

import json
import time
import warnings
from collections import Counter
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from hidden_suite import grade

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from autograder import oracles, reference
from autograder.checks import checks_of, load
from autograder.checks.backprop import _layers_chain, layers_training
from autograder.checks.backprop._layers_lent import lend_right_boxes
from autograder.misconceptions import misconceptions_of
from autograder.model import Verdict
from autograder.sandbox.remote import StudentCrashed, local_student
from autograder.solutions.corpus import load as load_corpus
from student_lib import draw

load("backprop")
NOTEBOOK = Path(__file__).resolve().parents[1] / "source" / "backprop" / "layers.ipynb"
POINTS = {"linear_layer": 5, "relu_layer": 2, "sigmoid_layer": 2, "squared_error": 1, "train_layers": 4}
EXERCISES = [f"backprop.{name}" for name in POINTS]
CORPUS = [solution for solution in load_corpus("backprop") if solution.exercise in EXERCISES]
MISTAKES = [mistake for exercise_id in EXERCISES for mistake in misconceptions_of(exercise_id)]


def complaints(result):
    return [(c.name, c.verdict.value, c.symptom, c.error) for c in result.checks if c.verdict != "passed"]


# --- the reference and the suite


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("exercise_id", EXERCISES)
def test_the_reference_gets_full_marks(exercise_id, seed):
    result = grade(exercise_id, seed=seed)
    assert (result.score, result.misconception, result.log) == (10, None, None), complaints(result)


def test_each_exercise_has_three_to_seven_checks_with_a_hint():
    for exercise_id in EXERCISES:
        checks = checks_of(exercise_id)
        assert 3 <= len(checks) <= 7
        assert all(check.hint for check in checks)


def test_a_right_submission_costs_little():
    grade("backprop.linear_layer", 0)
    start = time.process_time()
    for exercise_id in EXERCISES:
        grade(exercise_id, 0)
    assert time.process_time() - start < 1


@pytest.mark.parametrize("exercise_id", EXERCISES)
def test_a_stub_is_not_written(exercise_id):
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    text = next("".join(c["source"]) for c in cells if _grade_id(c) == f"{exercise_id}-solution")
    kept, inside = [], False
    for line in text.splitlines():
        if "### BEGIN SOLUTION" in line:
            kept.append(line.replace("### BEGIN SOLUTION", f"raise NotImplementedError('{exercise_id}')"))
        inside = (inside or "### BEGIN" in line) and "### END" not in line
        if not inside and "###" not in line:
            kept.append(line)
    result = grade(exercise_id, 0, "\n".join(kept))
    assert (result.score, result.verdict) == (0, Verdict.NOT_WRITTEN)


@pytest.mark.parametrize("exercise_id", EXERCISES[:4])
def test_a_box_that_does_nothing_earns_nothing(exercise_id):
    name = {
        "linear_layer": "Linear",
        "relu_layer": "ReLU",
        "sigmoid_layer": "Sigmoid",
        "squared_error": "SE",
    }[exercise_id.partition(".")[2]]
    nothing = type(name, (), {method: lambda *args: None for method in ("__init__", "forward", "backward")})
    assert grade(exercise_id, 0, **{name: nothing}).score == 0


def test_training_that_does_nothing_earns_only_for_its_list():
    result = grade("backprop.train_layers", 0, train_layers=lambda *args, epochs, **settings: [0.5] * epochs)
    assert [check.name for check in result.checks if check.verdict == "passed"] == [
        "returns_a_loss_for_each_epoch"
    ]


JUNK = [
    None,
    3,
    "text",
    [],
    {},
    object(),
    np.zeros((0, 3)),
    np.full((5, 4), np.nan),
    np.array([1 + 2j]),
    [[1], [2, 3]],
]


@pytest.mark.slow
@pytest.mark.parametrize("exercise_id", EXERCISES)
def test_no_answer_breaks_a_check(exercise_id):
    for junk in JUNK:
        methods = {
            method: lambda self, *args, junk=junk: junk
            for method in ("forward", "backward", "params", "grads")
        }
        values = {
            "W": junk,
            "b": junk,
            "dL_wrt_W": junk,
            "dL_wrt_b": junk,
            "__init__": lambda self, *sizes: None,
        }
        box = type("Linear", (), methods | values)
        names = {"Linear": box, "ReLU": box, "Sigmoid": box, "SE": box, "train_layers": lambda *a, **k: junk}
        result = grade(exercise_id, 0, **names)
        assert result.verdict != Verdict.BROKEN, (junk, result.log)
        assert result.score < 10


# --- wrong and unusual solutions


@pytest.mark.slow
@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_each_misconception_fails_and_is_named_as_itself(mistake):
    result = grade(mistake.exercise_id, 0, **{mistake.replaces: mistake.function})
    assert result.score < 10
    assert result.misconception == mistake.name, complaints(result)


def as_parameter(solution):
    """Wrong training runs twice, the second time with lent boxes: half a second each."""
    slow = solution.kind == "wrong" and solution.exercise == "backprop.train_layers"
    name = f"{solution.exercise}-{solution.kind}-{solution.name}"
    return pytest.param(solution, id=name, marks=pytest.mark.slow if slow else ())


@pytest.mark.slow
@pytest.mark.parametrize("solution", [as_parameter(solution) for solution in CORPUS])
def test_the_corpus_scores_as_it_expects(solution):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = grade(solution.exercise, 0, solution.source)
    assert result.log is None
    assert (result.score == 10) == (solution.kind == "right"), complaints(result)
    assert result.misconception == solution.expects, complaints(result)


def test_the_corpus_is_large_enough_and_knows_the_catalogue():
    kinds = Counter(solution.kind for solution in CORPUS)
    assert kinds["wrong"] >= 25
    assert kinds["right"] >= 14
    for exercise_id in EXERCISES:
        expected = {s.expects for s in CORPUS if s.exercise == exercise_id} - {None}
        assert expected == {mistake.name for mistake in misconceptions_of(exercise_id)}


WRONG_EARLIER = {
    "no classes at all": "del Linear, ReLU, Sigmoid, SE",
    "a Linear that sums": (
        "class Linear(Linear):\n"
        "    def backward(self, d):\n"
        "        d_x = super().backward(d)\n"
        "        self.dL_wrt_W, self.dL_wrt_b = self.dL_wrt_W.sum(0), self.dL_wrt_b.sum(0)\n"
        "        return d_x"
    ),
    "params that are copies": (
        "class Linear(Linear):\n    def params(self): return {'W': self.W.copy(), 'b': self.b.copy()}"
    ),
    "a ReLU without a gradient": "class ReLU(ReLU):\n    def backward(self, d): return 0 * d",
    "a Sigmoid that is a stub": (
        "class Sigmoid:\n    def forward(self, x): raise NotImplementedError('backprop.sigmoid_layer')"
    ),
    "an SE that averages": "class SE(SE):\n    def forward(self, x, y): return super().forward(x, y).mean()",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", WRONG_EARLIER)
def test_a_wrong_box_costs_nothing_in_train_layers(name):
    result = grade("backprop.train_layers", 0, WRONG_EARLIER[name])
    assert result.score == 10, complaints(result)


def test_lent_boxes_take_keywords_and_refuse_odd_arguments():
    student = local_student({"np": np})
    lend_right_boxes(student, np.random.default_rng(0))
    box = student.Linear(input_dimension=3, output_dimension=2)
    x, gradient = np.arange(12.0).reshape(4, 3), np.ones((4, 2))
    W = box.W.value()
    assert np.allclose(box.forward(x=x), x @ W)
    assert np.allclose(box.backward(dL_wrt_output=gradient), gradient @ W.T)
    assert box.dL_wrt_W.value().shape == (4, 3, 2)
    assert box.grads()["b"].shape == (4, 1, 2)
    with pytest.raises(StudentCrashed):
        box.forward("text")


def test_a_lent_layers_params_are_live():
    student = local_student({})
    lend_right_boxes(student, np.random.default_rng(0))
    box = student.Linear(3, 2)
    before = box.W.value()
    names = student.dict({"layer": box})
    student.given("builtins", "exec")("layer.params()['W'][...] *= 3", names)
    assert np.allclose(box.W.value(), 3 * before)


def test_mean_gradients_agree_with_finite_differences():
    rng = np.random.default_rng(5)
    shapes = [((3, 4), (4,)), ((4, 2), (2,))]
    parameters = [(rng.normal(size=W), rng.normal(size=b)) for W, b in shapes]
    x, y = rng.normal(size=(6, 3)), rng.random((6, 2))

    def loss(changed, place, kind):
        trial = [list(pair) for pair in parameters]
        trial[place][kind] = changed
        return np.square(_layers_chain.activations(trial, x)[-1] - y).sum() / 6

    for place, pair in enumerate(_layers_chain.mean_gradients(parameters, x, y)):
        for kind, gradient in enumerate(pair):
            measured = oracles.numerical_gradient(
                lambda at, place=place, kind=kind: loss(at, place, kind), parameters[place][kind]
            )
            assert np.allclose(gradient, measured, rtol=1e-6, atol=1e-9)


def test_the_threshold_lies_between_right_and_untrained():
    right, untrained = [], []
    for seed in range(8):
        student, rng = (
            local_student(reference.namespace("backprop.train_layers")),
            np.random.default_rng(seed),
        )
        student.begin_check(seed)
        chain = _layers_chain.Chain(student, rng, (196, 12, 1), scale=0.1)
        x, y, unseen_x, unseen_y = layers_training._fours_and_nines()
        rows = rng.choice(len(x), 400, replace=False)
        untrained.append(np.mean((chain.output(unseen_x) > 0.5) == unseen_y))
        student.train_layers(chain.model, x[rows], y[rows], epochs=12, batch_size=40, learning_rate=0.4)
        right.append(np.mean((chain.output(unseen_x) > 0.5) == unseen_y))
    assert min(right) > layers_training.LEAST_ACCURACY + 0.04
    assert max(untrained) < layers_training.LEAST_ACCURACY - 0.1


# --- the notebook and its figures


def _grade_id(cell):
    return cell["metadata"].get("nbgrader", {}).get("grade_id")


def test_the_notebook_has_four_cells_for_each_exercise_and_its_points():
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    ids = [_grade_id(cell) for cell in cells if _grade_id(cell)]
    for exercise_id in EXERCISES:
        start = ids.index(exercise_id + "-text")
        wanted = [exercise_id + suffix for suffix in ("-text", "-solution", "-check", "")]
        assert ids[start : start + 4] == wanted
    points = {
        _grade_id(c): c["metadata"]["nbgrader"]["points"] for c in cells if "points" in str(c["metadata"])
    }
    assert points == {f"backprop.{name}": value for name, value in POINTS.items()} | {
        "backprop.why_sum": 2,
        "backprop.layer_evidence": 2,
    }
    assert not any(cell.get("outputs") for cell in cells)


class Half:
    """A box for figures: halves x, and has a parameter."""

    def forward(self, x):
        return x / 2

    def backward(self, dL_wrt_output):
        return dL_wrt_output / 2

    def params(self):
        return {"W": np.zeros((3, 4))}


class Difference:
    def forward(self, x, y):
        return x - y

    def backward(self):
        return np.ones((5, 3))


@pytest.fixture(autouse=True)
def _no_open_figures():
    yield
    plt.close("all")


def test_the_chain_shows_boxes_parameters_and_live_shapes():
    draw.chain([Half(), Half()], np.ones((5, 3)), Difference(), np.zeros((5, 3)))
    texts = [text.get_text() for text in plt.gcf().axes[0].texts]
    assert texts.count("Half") == 2
    assert texts.count("W (3, 4)") == 2
    assert texts.count("(5, 3)") == 4 + 3


def test_the_chain_names_a_layer_that_returns_nothing():
    box = Half()
    box.forward = lambda x: None
    with pytest.raises(ValueError, match="forward returned None"):
        draw.chain([box], np.ones((5, 3)))


def test_digits_frames_the_wrong_ones_and_saves(tmp_path):
    path = tmp_path / "numpy_nn_classification.png"
    draw.digits(np.zeros((12, 784)), [str(n) for n in range(12)], np.arange(12) == 3, "t", path=path)
    widths = [axis.spines["left"].get_linewidth() for axis in plt.gcf().axes[:12]]
    assert [n for n, width in enumerate(widths) if width > 1] == [3]
    assert path.read_bytes().startswith(b"\x89PNG")


def test_training_saves_its_figure_and_refuses_lists_of_unequal_length(tmp_path):
    record = {key: [0.5, 0.4] for key in ("train_loss", "test_loss", "train_acc", "test_acc")}
    draw.training(record, "t", path=tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 1000
    with pytest.raises(ValueError, match=r"test_acc has shape \(3,\); expected \(2\)"):
        draw.training(record | {"test_acc": [1, 2, 3]}, "t")


def test_outer_products_shows_each_sample_and_the_mean():
    draw.outer_products(np.stack([np.ones(784), -np.ones(784)]), ["a", "b"], "t")
    pictures = [axis.images[0].get_array() for axis in plt.gcf().axes[:3]]
    assert [float(picture.mean()) for picture in pictures] == [1, -1, 0]
    with pytest.raises(ValueError, match=r"expected \(any, 784\)"):
        draw.outer_products(np.ones((2, 10)), ["a", "b"], "t")


def test_slopes_and_pixels_draw_a_panel_for_each_entry():
    x = np.linspace(-1, 1, 9)
    draw.slopes({"one": (x, x, x, x), "two": (x, x, x, x)}, "t")
    assert [len(axis.lines) for axis in plt.gcf().axes] == [3, 3]
    draw.pixels({"before": x, "after": np.maximum(x, 0)}, "t")
    assert len(plt.gcf().axes) == 2
    with pytest.raises(ValueError, match="0 panels"):
        draw.pixels({}, "t")


def test_the_live_curve_works_without_a_front_end():
    curve = draw.LiveCurve(3, "loss")
    curve.show([0.5])
    curve.show([0.5, 0.4])
    curve.show([0.5, 0.4, 0.3])
    assert list(curve._line.get_ydata()) == [0.5, 0.4, 0.3]
