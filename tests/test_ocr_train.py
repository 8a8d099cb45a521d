"""ocr/train: its hidden suite, its catalogue of mistakes, its corpus, its figures and its notebook."""

import os
import sys
from functools import lru_cache
from pathlib import Path

import hidden_suite
import matplotlib
import numpy as np
import pytest
from hidden_suite import (
    code_cells,
    course_nn_module,
    failed,
    label,
    nn_functions,
    points_of,
    run_notebook,
    stubbed,
)

from autograder.checks import checks_of, load, oracles, thresholds
from autograder.checks.ocr import _layers, train
from autograder.misconceptions import misconceptions_of
from autograder.model import Verdict
from autograder.solutions import corpus
from student_lib import nist36, plot_ocr_train

matplotlib.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot")

CHECKOUT = Path(__file__).parents[1]
NOTEBOOK = CHECKOUT / "source" / "ocr" / "train.ipynb"
LOAD = nist36.load_nist36
NAMES = ("train_network", "save_weights", "weights", "confusion_matrix", "most_confused")
EXERCISES = [f"ocr.{name}" for name in NAMES]
load("ocr")
CATALOGUE = [item for exercise_id in EXERCISES for item in misconceptions_of(exercise_id)]
SOLUTIONS = [solution for solution in corpus.load("ocr") if solution.exercise in EXERCISES]
# Misconceptions that a wrong solution of the corpus has are tested there.
ALONE = [item for item in CATALOGUE if item.name not in {solution.expects for solution in SOLUTIONS}]
CARRIED = (
    "initialize_weights", "sigmoid", "softmax", "forward", "compute_loss_and_acc", "backwards",
    "get_random_batches",
)  # fmt: skip


@pytest.fixture(autouse=True)
def quick(monkeypatch, tmp_path):
    # One long training a check is enough for the audit; here it is a short one, which only has to run.
    monkeypatch.setattr(train, "LONG", {"max_iters": 1, "batch_size": 720, "learning_rate": 1e-4})
    monkeypatch.chdir(tmp_path)  # where solutions that ignore `path` may write
    with thresholds.using({"ocr": {"train_accuracy": 0.0, "weights_accuracy": 0.2}}):
        yield


def grade(exercise_id, seed=3, source="", own=True, **changes):
    """The suite's `grade`; `own`: with the functions of nn.py."""
    carried = nn_functions(CARRIED) if own else {}
    return hidden_suite.grade(exercise_id, seed, source, **carried | changes)


def good_weights(units=5):
    """Arrays of the right form, and useless."""
    rng = np.random.default_rng(0)
    shapes = {"Wlayer1": (1024, units), "blayer1": (units,), "Woutput": (units, 36), "boutput": (36,)}
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


# --- the suite


def test_the_exercises_have_properties_and_hints():
    for exercise_id in EXERCISES:
        checks = checks_of(exercise_id)
        assert 3 <= len(checks) <= 7
        assert all(check.property.endswith(".") and check.hint for check in checks)


@pytest.mark.parametrize("exercise_id", [item for item in EXERCISES if item != "ocr.weights"])
@pytest.mark.parametrize("own", [True, False])
def test_the_reference_gets_full_marks_with_and_without_nn(exercise_id, own):
    for seed in range(1 if exercise_id == "ocr.train_network" else 5):
        result = grade(exercise_id, seed, own=own)
        assert (result.score, result.log) == (10, None), failed(result)


@pytest.mark.slow
@pytest.mark.parametrize("item", ALONE, ids=lambda item: item.name)
def test_each_misconception_fails_its_exercise_and_is_named_as_itself(item):
    result = grade(item.exercise_id, 1, **{item.replaces: item.function})
    assert result.score < 10
    assert (result.misconception, result.log) == (item.name, None), failed(result)


@pytest.mark.slow
@pytest.mark.parametrize("solution", SOLUTIONS, ids=label)
def test_the_corpus_fares_as_it_says(solution):
    result = grade(solution.exercise, 3, solution.source)
    assert result.log is None, result.log
    assert (result.score == 10) == (solution.kind == "right"), failed(result)
    assert result.misconception == solution.expects


def test_the_corpus_is_large_enough_and_mostly_named():
    wrong = [solution for solution in SOLUTIONS if solution.kind == "wrong"]
    assert len(wrong) >= 25
    assert len(SOLUTIONS) - len(wrong) >= 12
    assert sum(solution.expects is not None for solution in wrong) >= 0.9 * len(wrong)


def test_a_broken_nn_costs_train_network_nothing():
    broken = "\n".join(f"def {name}(*args, **kwargs): raise KeyError('broken')" for name in CARRIED)
    result = grade("ocr.train_network", source=broken)
    assert result.score == 10, failed(result)


@pytest.mark.slow
@pytest.mark.parametrize(
    "answer",
    ["None", "[1, 'a']", "np.full((36, 36), np.nan)", "(None, None)", "({}, {})", "[('A', 'B', {})] * 8"],
)
def test_nonsense_breaks_no_check(answer):
    for name in NAMES:
        function = "load_weights" if name == "weights" else name
        result = grade(f"ocr.{name}", source=f"{function} = lambda *args, **kwargs: {answer}")
        assert result.score < 10
        assert (result.verdict != Verdict.BROKEN, result.log) == (True, None)


def test_a_missing_function_counts_as_not_written():
    for name in NAMES:
        result = grade(f"ocr.{name}", source=f"del {'load_weights' if name == 'weights' else name}")
        assert (result.score, result.verdict) == (0, Verdict.NOT_WRITTEN)


# --- the submitted weights


def submitted(monkeypatch, accuracy=None):
    if accuracy is not None:
        monkeypatch.setattr(
            "autograder.checks.ocr.weights.loss_and_accuracy", lambda params, x, y: (0.0, accuracy)
        )
    return grade("ocr.weights")


def test_a_good_file_earns_everything_and_a_weak_network_half(monkeypatch):
    np.savez("ocr_weights.npz", **good_weights(), extra=np.ones(3))
    assert submitted(monkeypatch).score == 5
    assert submitted(monkeypatch, accuracy=0.7).score == 10


def test_a_missing_file_costs_the_file_s_points_and_says_so(monkeypatch):
    result = submitted(monkeypatch)
    assert result.score == 2.5
    assert {symptom for _, symptom, _ in failed(result)} == {"no file of that name"}
    assert "hand that file in" in next(item.hint for item in result.checks if item.verdict != Verdict.PASSED)


@pytest.mark.parametrize(
    ("change", "symptom"),
    [
        ({"blayer1": np.ones(4)}, "blayer1: wrong shape"),
        ({"boutput": np.full(36, np.nan)}, "boutput: not finite"),
        ({"Wlayer1": np.ones((1024, 5), dtype=int)}, "Wlayer1: not floating point"),
        ({"Woutput": np.ones((36, 5))}, "Woutput: transposed"),
        ({"Wlayer1": np.array([None])}, "something pickled in the file"),
    ],
)
def test_files_with_something_else_are_refused(monkeypatch, change, symptom):
    np.savez("ocr_weights.npz", **{**good_weights(), **change})
    assert submitted(monkeypatch, accuracy=0.7).score == 2.5
    assert failed(submitted(monkeypatch))[0][1] == symptom


def test_a_file_that_is_none_is_refused(monkeypatch):
    Path("ocr_weights.npz").write_bytes(b"PK\x03\x04 and then nothing")
    assert submitted(monkeypatch).score == 2.5
    with open("ocr_weights.npz", "wb") as file:
        np.save(file, np.ones(3))
    assert failed(submitted(monkeypatch))[0][1] == "not an npz file"


# --- the grader's own references


def test_gradients_agree_with_central_differences():
    rng = np.random.default_rng(0)
    params = {name: rng.normal(size=shape) for name, shape in zip(
        _layers.PARAMETERS, ((6, 4), (4,), (4, 3), (3,)), strict=True)}  # fmt: skip
    x, y = rng.uniform(size=(5, 6)), np.eye(3)[[0, 1, 2, 2, 0]]
    for name, slopes in _layers.gradients(params, x, y).items():

        def loss(values, name=name):
            return _layers.loss_and_accuracy({**params, name: values}, x, y)[0]

        np.testing.assert_allclose(slopes, oracles.numerical_gradient(loss, params[name]), atol=1e-7)


def test_hidden_fonts_are_no_font_of_the_students():
    from student_lib.handprint import load_masters

    assert not set(load_masters(train._HIDDEN).names) & set(load_masters().names)
    x, y = train.hidden_test()
    assert (x.shape, y.shape) == ((720, 1024), (720, 36))


# --- figures


def test_figures_refuse_what_they_cannot_draw():
    x = np.zeros((3, 1024))
    with pytest.raises(ValueError, match=r"x has shape \(3, 1000\); expected \(any, 1024\)"):
        plot_ocr_train.crops(x[:, :1000], "ABC", "title")
    with pytest.raises(ValueError, match=r"matrix has shape \(3, 1024\); expected \(2, 2\)"):
        plot_ocr_train.confusion(x, "AB", "title")
    with pytest.raises(ValueError, match="all of it finite"):
        plot_ocr_train.units({"W": np.full((1024, 4), np.nan)}, "title")


def test_one_colleague_turns_images_and_the_other_inverts_them():
    x = np.random.default_rng(0).uniform(size=(2, 1024))
    rows = plot_ocr_train.colleagues_rows(x)
    np.testing.assert_array_equal(rows["Ada"][0].reshape(32, 32), x[0].reshape(32, 32).T)
    np.testing.assert_allclose(rows["Ben"] + x, 1)


# --- the notebook


@lru_cache
def small_data(**settings):
    """The notebook's data, drawn once."""
    return LOAD(**settings)


@pytest.fixture
def grading(monkeypatch):
    monkeypatch.setitem(os.environ, "CHAINRULE_GRADING", "1")
    monkeypatch.delenv("CHAINRULE_DATA", raising=False)
    monkeypatch.setattr(nist36, "load_nist36", small_data)


@pytest.fixture
def beside_nn(monkeypatch):
    monkeypatch.setitem(sys.modules, "nn", course_nn_module())


@pytest.mark.slow
def test_the_solved_notebook_runs_in_the_grading_budget_and_leaves_the_file_alone(grading, beside_nn):
    np.savez("ocr_weights.npz", **good_weights())
    before = Path("ocr_weights.npz").read_bytes()
    out, _ = run_notebook(NOTEBOOK)
    assert "passed: pairs without an argument k" in out
    assert "ocr_weights.npz: validation accuracy 0.0" in out
    assert "not yet" not in out
    assert Path("ocr_weights.npz").read_bytes() == before


def test_the_released_notebook_stops_at_the_first_check_with_the_exercise(grading, beside_nn):
    with pytest.raises(NotImplementedError, match=r"ocr\.train_network"):
        run_notebook(NOTEBOOK, stubbed)


def test_without_nn_the_notebook_says_what_to_do(grading, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "nn", None)
    [cell] = [cell for cell in code_cells(NOTEBOOK) if cell["id"] == "own-layers"]
    exec("".join(cell["source"]), {})
    assert "put the nn.py that its last cell writes beside this notebook" in capsys.readouterr().out


def test_the_notebook_has_its_30_points_and_the_rubric_all_of_them():
    points = points_of(NOTEBOOK)
    assert sum(points.values()) == 30
    rubric = (CHECKOUT / "assignments" / "ocr" / "rubric.md").read_text(encoding="utf-8")
    assert all(f"`{grade_id}`" in rubric for grade_id in points)
