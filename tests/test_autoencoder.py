"""The autoencoder: its hidden suite, its catalogue of mistakes, its corpus, its figures and its notebook."""

import os
import sys
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
from autograder.checks.autoencoder import _lent, _network, training
from autograder.course import Course
from autograder.misconceptions import misconceptions_of
from autograder.model import Verdict
from autograder.solutions import corpus
from student_lib import nn as given
from student_lib import plot_codes

matplotlib.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot")

CHECKOUT = Path(__file__).parents[1]
NOTEBOOK = CHECKOUT / "source" / "autoencoder" / "autoencoder.ipynb"
EXERCISES = load("autoencoder")
CATALOGUE = [item for exercise_id in EXERCISES for item in misconceptions_of(exercise_id)]
SOLUTIONS = corpus.load("autoencoder")
CARRIED = ("initialize_weights", "sigmoid", "forward", "backwards", "get_random_batches")


@pytest.fixture(autouse=True)
def limits(monkeypatch):
    # One long training a check is enough for `chainrule calibrate` and the audit: here it is a short one.
    monkeypatch.setattr(training, "LONG", {"epochs": 2, "batch_size": 72, "learning_rate": 6e-5})
    with thresholds.using({"autoencoder": {"least_psnr": 5.0}}):
        yield


def grade(exercise_id, seed=3, source="", own=True, **changes):
    """The suite's `grade`; `own`: with the functions of nn.py."""
    carried = nn_functions(CARRIED) if own else {}
    return hidden_suite.grade(exercise_id, seed, source, **carried | changes)


# --- the suite


def test_the_nine_exercises_have_properties_and_hints():
    assert len(EXERCISES) == 9
    for exercise_id in EXERCISES:
        checks = checks_of(exercise_id)
        assert 2 <= len(checks) <= 6
        assert all(check.property.endswith(".") and check.hint for check in checks)


@pytest.mark.slow
@pytest.mark.parametrize("exercise_id", EXERCISES)
@pytest.mark.parametrize("own", [True, False])
def test_the_reference_gets_full_marks_with_and_without_nn(exercise_id, own):
    for seed in range(1 if exercise_id.endswith("train_autoencoder") else 4):
        result = grade(exercise_id, seed, own=own)
        assert (result.score, result.log) == (10, None), failed(result)


@pytest.mark.slow
@pytest.mark.parametrize("item", CATALOGUE, ids=lambda item: item.name)
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
    kinds = [solution.kind for solution in SOLUTIONS]
    assert kinds.count("wrong") >= 25
    assert kinds.count("right") >= 13
    wrong = [solution for solution in SOLUTIONS if solution.kind == "wrong"]
    assert sum(solution.expects is not None for solution in wrong) >= 0.9 * len(wrong)
    known = {(item.exercise_id, item.name) for item in CATALOGUE}
    assert all((item.exercise, item.expects) in known for item in wrong if item.expects)


def test_wrong_functions_below_cost_the_later_exercises_nothing():
    broken = "\n".join(
        f"def {name}(*args, **kwargs): raise KeyError('broken')"
        for name in (*CARRIED, "initialize_autoencoder", "forward_autoencoder", "momentum_update")
    )
    for exercise in ("backward_autoencoder", "decode", "encode", "train_autoencoder"):
        result = grade(f"autoencoder.{exercise}", source=broken)
        assert result.score == 10, failed(result)


@pytest.mark.slow
@pytest.mark.parametrize(
    "answer", ["None", "[1, 'a']", "np.full((5, 4), np.nan)", "(None, None)", "({}, [1])"]
)
def test_nonsense_breaks_no_check(answer):
    for exercise_id in EXERCISES:
        name = exercise_id.partition(".")[2]
        result = grade(exercise_id, source=f"{name} = lambda *args, **kwargs: {answer}")
        assert result.score < 10
        assert (result.verdict != Verdict.BROKEN, result.log) == (True, None)


def test_a_missing_function_counts_as_not_written():
    for exercise_id in EXERCISES:
        result = grade(exercise_id, source=f"del {exercise_id.partition('.')[2]}")
        assert (result.score, result.verdict) == (0, Verdict.NOT_WRITTEN)


# --- the grader's own references


def test_complex_steps_agree_with_central_differences():
    rng = np.random.default_rng(0)
    params, x = _network.random_params(rng), _network.images(rng, 4)
    delta = rng.normal(size=x.shape)
    for name, slopes in _network.gradients(x, params, delta).items():

        def output(values, name=name):
            return float((delta * _network.reconstruct(x, {**params, name: values})).sum())

        np.testing.assert_allclose(
            slopes, oracles.numerical_gradient(output, params[name]), rtol=1e-4, atol=1e-7
        )


def test_lent_functions_agree_with_the_course_s():
    rng, own = np.random.default_rng(1), nn_functions(CARRIED)
    params, x = _network.random_params(rng), _network.images(rng, 5)
    mine, theirs = dict(params), dict(params)
    row = x
    for layer in _network.LAYERS:
        act = own["sigmoid"] if layer == "output" else given.relu
        row = own["forward"](row, theirs, layer, act)
    np.testing.assert_allclose(_lent._forward_all(x, mine), row)
    delta = rng.normal(size=x.shape)
    _lent._backward_all(delta, mine)
    for name, slopes in _network.gradients(x, params, delta).items():
        np.testing.assert_allclose(mine["grad_" + name], slopes, atol=1e-10)


def test_hidden_fonts_are_no_font_of_the_students():
    from student_lib.handprint import load_masters

    assert not set(load_masters(training._HIDDEN).names) & set(load_masters().names)
    train_x, test_x = training._hidden_fonts(3)
    assert (train_x.shape, test_x.shape) == ((720, 1024), (180, 1024))
    assert not np.array_equal(train_x[:180], test_x)


# --- figures


def test_figures_refuse_what_they_cannot_draw():
    x = np.zeros((3, 1024))
    with pytest.raises(ValueError, match=r"'?image'? has shape \(3, 1000\); expected \(any, 1024\)"):
        plot_codes.strips({"image": x[:, :1000]}, "title")
    with pytest.raises(ValueError, match=r"out has shape \(2, 1024\); expected that of x"):
        plot_codes.pairs(x, x[:2], "ABC", "title")
    with pytest.raises(ValueError, match="all of it finite"):
        plot_codes.losses({"run": [1.0, np.nan]}, 2.0, "title")
    plt.close("all")


def test_the_colleague_takes_the_natural_logarithm():
    x = np.random.default_rng(0).uniform(size=(4, 1024))
    np.testing.assert_allclose(plot_codes.colleagues_slide(x, x, [10.0, 20.0, 1.0, 3.0])[0], 10 * np.log(10))
    plt.close("all")


# --- the notebook


@pytest.fixture
def grading(monkeypatch):
    monkeypatch.setitem(os.environ, "CHAINRULE_GRADING", "1")
    monkeypatch.delenv("CHAINRULE_DATA", raising=False)


@pytest.fixture
def beside_nn(monkeypatch):
    monkeypatch.setitem(sys.modules, "nn", course_nn_module())


@pytest.mark.slow
def test_the_solved_notebook_runs_in_the_grading_budget(grading, beside_nn):
    out, _ = run_notebook(NOTEBOOK)
    assert "passed: yours against scikit-image's" in out
    assert "ratio 2.30259" in out
    assert "not yet" not in out


@pytest.mark.slow
def test_the_released_notebook_stops_at_the_first_check_with_the_exercise(grading, beside_nn):
    with pytest.raises(NotImplementedError, match=r"autoencoder\.initialize_autoencoder"):
        run_notebook(NOTEBOOK, stubbed)


def test_without_nn_the_notebook_says_what_to_do(grading, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "nn", None)
    [cell] = [cell for cell in code_cells(NOTEBOOK) if cell["id"] == "own-layers"]
    exec("".join(cell["source"]), {})
    assert "put the nn.py that its last cell writes beside this notebook" in capsys.readouterr().out


def test_the_points_in_the_notebook_add_up_to_the_assignment_s():
    points = points_of(NOTEBOOK)
    assert sum(points.values()) == Course(CHECKOUT).assignment("autoencoder").points == 50
    rubric = (CHECKOUT / "assignments" / "autoencoder" / "rubric.md").read_text(encoding="utf-8")
    assert all(f"`{grade_id}`" in rubric for grade_id in points)
