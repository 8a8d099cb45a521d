"""fine_tuning.ipynb: its hidden suite, its catalogue of mistakes, its corpus, its figures and its notebook."""

import os
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from hidden_suite import failed, grade, label, points_of, run_notebook, stubbed, tried

torch = pytest.importorskip("torch")

from autograder.checks import checks_of, load, thresholds  # noqa: E402
from autograder.checks.pytorch import fine_tuning, fine_tuning_training  # noqa: E402
from autograder.misconceptions import misconceptions_of  # noqa: E402
from autograder.model import Verdict  # noqa: E402
from autograder.solutions import corpus  # noqa: E402
from student_lib import plot_fine_tuning  # noqa: E402
from student_lib.squeezenet import SqueezeNet, as_input  # noqa: E402

matplotlib.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot")
torch.set_num_threads(1)

CHECKOUT = Path(__file__).parents[1]
NOTEBOOK = CHECKOUT / "source" / "pytorch" / "fine_tuning.ipynb"
NAMES = {
    "outputs": "outputs",
    "replace_head": "replace_head",
    "freeze": "freeze",
    "fit": "fit",
    "flower_net": "FlowerNet",
    "nearest": "nearest",
    "label_pictures": "label_pictures",
}
EXERCISES = [f"pytorch.{name}" for name in NAMES]
load("pytorch")
CATALOGUE = [item for exercise_id in EXERCISES for item in misconceptions_of(exercise_id)]
SOLUTIONS = [solution for solution in corpus.load("pytorch") if solution.exercise in EXERCISES]
# These take a second each, for every network of SqueezeNet's size is a new one; the audit runs all of the corpus.
SLOW = ("freeze", "fit", "flower_net", "replace_head")
TRIED = [
    solution
    for solution in SOLUTIONS
    if solution.kind == "right"
    or solution.exercise.partition(".")[2] not in SLOW
    or solution.name
    in (
        "eval_only",
        "and_eval",
        "adamw",
        "mean_of_means",
        "relu_last",
        "detached",
        "conv_alone",
        "loaded_again",
    )
]
# The corpus names the others.
ALONE = [item for item in CATALOGUE if item.name not in {solution.expects for solution in SOLUTIONS}]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    # The steps are for the audit; here one network takes them, and the others one.
    monkeypatch.setattr(fine_tuning, "STEPS", 1)
    with thresholds.using({"pytorch": {"flower_net_loss": 100.0}}):
        yield


# --- the suite


@pytest.mark.parametrize("exercise_id", EXERCISES)
def test_the_reference_gets_full_marks(exercise_id):
    assert all(check.property.endswith(".") and check.hint for check in checks_of(exercise_id))
    result = grade(exercise_id)
    assert (result.score, result.log) == (10, None), failed(result)


@pytest.mark.parametrize("item", ALONE, ids=lambda item: item.name)
def test_each_misconception_fails_its_exercise_and_is_named_as_itself(item):
    result = grade(item.exercise_id, 1, **{item.replaces: item.function})
    assert result.score < 10
    assert (result.misconception, result.log) == (item.name, None), failed(result)


@pytest.mark.slow
@pytest.mark.parametrize("solution", TRIED, ids=label)
def test_the_corpus_fares_as_it_says(solution):
    result = grade(solution.exercise, 3, solution.source)
    assert result.log is None, result.log
    assert (result.score == 10) == (solution.kind == "right"), failed(result)
    assert result.misconception == solution.expects, failed(result)


def test_the_corpus_is_large_enough_and_mostly_named():
    wrong = [solution for solution in SOLUTIONS if solution.kind == "wrong"]
    assert len(wrong) >= 50
    assert len(SOLUTIONS) - len(wrong) >= 12
    assert sum(solution.expects is not None for solution in wrong) >= 0.9 * len(wrong)
    known = {(item.exercise_id, item.name) for item in CATALOGUE}
    assert all((item.exercise, item.expects) in known for item in wrong if item.expects)


@pytest.mark.slow
@pytest.mark.parametrize("answer", ["None", "(torch.zeros(2), np.nan)", "nn.Identity()"])
def test_nonsense_breaks_no_check(answer, monkeypatch):
    # That nothing is named here need not be found out for each mistake.
    monkeypatch.setattr("autograder.checks.runner.misconceptions_of", lambda exercise_id: [])
    for exercise_id, name in zip(EXERCISES, NAMES.values(), strict=True):
        result = grade(exercise_id, source=f"{name} = lambda *args, **kwargs: {answer}")
        assert result.score < 10
        assert (result.verdict != Verdict.BROKEN, result.log) == (True, None)


def test_a_missing_name_counts_as_not_written():
    for exercise_id, name in zip(EXERCISES, NAMES.values(), strict=True):
        result = grade(exercise_id, source=f"del {name}")
        assert (result.score, result.verdict) == (0, Verdict.NOT_WRITTEN)


def test_a_wrong_helper_costs_the_labels_nothing():
    result = grade("pytorch.label_pictures", source="def outputs(*args): raise KeyError\n")
    assert result.score == 10, failed(result)


@pytest.mark.slow
def test_learning_tells_logits_from_probabilities(monkeypatch):
    monkeypatch.setattr(fine_tuning, "STEPS", 40)
    [faulty] = [solution for solution in SOLUTIONS if solution.name == "softmax_last"]
    for source, learned in (("", True), (faulty.source, False)):
        with thresholds.using({"pytorch": {"flower_net_loss": 1.4}}):
            attempt = tried("pytorch.flower_net", "learns", source)
        assert (attempt.earns, attempt.log) == (learned, None)


def test_the_checks_prepare_pictures_as_the_library_does():
    pictures = np.random.default_rng(0).integers(256, size=(2, 5, 4, 3)).astype(np.uint8)
    np.testing.assert_allclose(fine_tuning.normalised(pictures), as_input(pictures).numpy(), atol=1e-5)


def test_cosines_know_no_lengths():
    rng = np.random.default_rng(0)
    queries, database = fine_tuning_training._points(rng)
    long, short = fine_tuning_training._cosines(queries, 7 * database), queries @ database.T
    np.testing.assert_allclose(long, fine_tuning_training._cosines(queries, database))
    assert (np.argsort(long) != np.argsort(short)).any()


# --- figures


def test_figures_refuse_other_pictures():
    with pytest.raises(
        ValueError, match=r"got \(2, 3, 8, 8\) uint8; expected pictures \(N, height, width, 3\)"
    ):
        plot_fine_tuning.colleagues_reading(np.zeros((2, 3, 8, 8), np.uint8))
    with pytest.raises(ValueError, match="expected pictures"):
        plot_fine_tuning.gallery([np.zeros((2, 8, 8, 3))], ["one"], "title")
    plt.close("all")


def test_the_colleague_reads_blue_first():
    picture = np.zeros((1, 2, 2, 3), np.uint8)
    picture[..., 0] = 200
    np.testing.assert_array_equal(plot_fine_tuning.colleagues_reading(picture)[0, 0, 0], [0, 0, 200])
    assert picture[0, 0, 0, 0] == 200


def test_a_perfect_network_has_no_wrong_pictures_to_show():
    plot_fine_tuning.pictures(np.zeros((0, 4, 4, 3), np.uint8), [], "Where the best one errs")
    plt.close("all")


# --- the notebook


@pytest.fixture
def grading(monkeypatch, tmp_path):
    monkeypatch.setitem(os.environ, "CHAINRULE_GRADING", "1")
    monkeypatch.setitem(os.environ, "CHAINRULE_DATA", str(tmp_path))


@pytest.mark.slow
def test_the_solved_notebook_runs_in_the_grading_budget(grading):
    out, names = run_notebook(NOTEBOOK)
    assert "not yet" not in out
    assert "The drawn objects: 60 pictures to train on" in out
    assert names["table"] == {
        "not frozen, train()": {"the body changed": True, "two passes differ": True},
        "not frozen, eval()": {"the body changed": True, "two passes differ": False},
        "frozen, train()": {"the body changed": False, "two passes differ": True},
        "frozen, eval()": {"the body changed": False, "two passes differ": False},
    }
    assert names["sizes"] == {"body, frozen": 722_496, "head, learns": 5130}
    assert sum(p.numel() for p in SqueezeNet(10).parameters()) == 722_496 + 5130


def test_the_released_notebook_stops_at_the_first_check_with_the_exercise(grading):
    with pytest.raises(NotImplementedError, match=r"pytorch\.outputs"):
        run_notebook(NOTEBOOK, stubbed)


def test_the_notebook_has_25_points():
    assert sum(points_of(NOTEBOOK).values()) == 25
