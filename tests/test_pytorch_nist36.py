"""nist36.ipynb: its hidden suite, its catalogue of mistakes, its corpus, its figures and its notebook."""

import os
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from hidden_suite import failed, grade, label, points_of, run_notebook, stubbed, tried

torch = pytest.importorskip("torch")

from autograder.checks import checks_of, load, thresholds  # noqa: E402
from autograder.checks.pytorch import nist36  # noqa: E402
from autograder.misconceptions import misconceptions_of  # noqa: E402
from autograder.model import Verdict  # noqa: E402
from autograder.solutions import corpus  # noqa: E402
from student_lib import plot_nist36  # noqa: E402

matplotlib.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot")
torch.set_num_threads(1)

CHECKOUT = Path(__file__).parents[1]
NOTEBOOK = CHECKOUT / "source" / "pytorch" / "nist36.ipynb"
EXERCISES = [
    f"pytorch.{name}" for name in ("fully_connected", "evaluate", "train_epoch", "conv2d_loop", "small_cnn")
]
load("pytorch")
CATALOGUE = [item for exercise_id in EXERCISES for item in misconceptions_of(exercise_id)]
SOLUTIONS = [solution for solution in corpus.load("pytorch") if solution.exercise in EXERCISES]
# The corpus names the others.
ALONE = [item for item in CATALOGUE if item.name not in {solution.expects for solution in SOLUTIONS}]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    # Forty steps for each of the mistakes are for the audit; here one network takes them, and the others one.
    monkeypatch.setattr(nist36, "STEPS", 1)
    with thresholds.using({"pytorch": {"nist36_cnn_loss": 100.0}}):
        yield


# --- the suite


@pytest.mark.parametrize("exercise_id", EXERCISES)
def test_the_reference_gets_full_marks(exercise_id):
    assert all(check.property.endswith(".") and check.hint for check in checks_of(exercise_id))
    result = grade(exercise_id)
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
    assert len(wrong) >= 30
    assert len(SOLUTIONS) - len(wrong) >= 10
    assert sum(solution.expects is not None for solution in wrong) >= 0.9 * len(wrong)
    known = {(item.exercise_id, item.name) for item in CATALOGUE}
    assert all((item.exercise, item.expects) in known for item in wrong if item.expects)


@pytest.mark.slow
@pytest.mark.parametrize("answer", ["None", "(torch.zeros(2), np.nan)", "nn.Identity()"])
def test_nonsense_breaks_no_check(answer):
    names = ("FullyConnected", "evaluate", "train_epoch", "conv2d_loop", "SmallCNN")
    for exercise_id, name in zip(EXERCISES, names, strict=True):
        result = grade(exercise_id, source=f"{name} = lambda *args, **kwargs: {answer}")
        assert result.score < 10
        assert (result.verdict != Verdict.BROKEN, result.log) == (True, None)


@pytest.mark.slow
@pytest.mark.parametrize("answer", ["None", "'logits'", "torch.zeros(3, 36).numpy()"])
def test_modules_that_return_nonsense_break_no_check(answer):
    source = f"""
class SmallCNN(SmallCNN):
    def forward(self, x):
        return {answer}
"""
    result = grade("pytorch.small_cnn", source=source)
    assert result.score < 10
    assert (result.verdict != Verdict.BROKEN, result.log) == (True, None)


@pytest.mark.slow
def test_learning_tells_logits_from_probabilities(monkeypatch):
    monkeypatch.setattr(nist36, "STEPS", 40)
    [faulty] = [solution for solution in SOLUTIONS if solution.name == "relu_last"]
    for source, learned in (("", True), (faulty.source, False)):
        with thresholds.using({"pytorch": {"nist36_cnn_loss": 0.5}}):
            attempt = tried("pytorch.small_cnn", "learns", source)
        assert (attempt.earns, attempt.log) == (learned, None)


def test_a_missing_name_counts_as_not_written():
    for exercise_id, name in (("pytorch.small_cnn", "SmallCNN"), ("pytorch.evaluate", "evaluate")):
        result = grade(exercise_id, source=f"del {name}")
        assert (result.score, result.verdict) == (0, Verdict.NOT_WRITTEN)


def test_other_kinds_of_pooling_and_upright_letters_have_references_that_differ():
    rng = np.random.default_rng(0)
    named = {name: rng.normal(scale=0.2, size=shape) for name, shape in nist36._CNN_SIZES.items()}
    right = nist36._Cnn(named)
    x = torch.tensor(rng.uniform(size=(2, 1024)))
    turned = x.reshape(-1, 32, 32).transpose(1, 2).reshape(-1, 1024)
    torch.testing.assert_close(right.upright(x), right(turned))
    assert not torch.allclose(right(x), right(turned))


# --- figures


def test_figures_refuse_what_they_cannot_draw():
    with pytest.raises(ValueError, match=r"x has shape \(3, 1000\); expected \(any, 1024\)"):
        plot_nist36.letters(np.zeros((3, 1000)), "ABC", "title")
    with pytest.raises(ValueError, match=r"response has shape \(4, 4\); expected \(3, 3\)"):
        plot_nist36.sliding(np.zeros((5, 5)), np.zeros((3, 3)), np.zeros((4, 4)), [(0, 0)], "title")
    with pytest.raises(ValueError, match="all of it finite"):
        plot_nist36.losses({"run": [1.0, np.nan]}, {}, "title")
    plt.close("all")


def test_the_colleague_has_two_softmaxes():
    out = plot_nist36.colleagues_network(torch.nn.Identity())(torch.tensor([[1000.0, *[0.0] * 35]]))
    loss = torch.nn.functional.cross_entropy(out, torch.tensor([0])).item()
    assert loss == pytest.approx(np.log(1 + 35 / np.e))


# --- the notebook


@pytest.fixture
def grading(monkeypatch):
    monkeypatch.setitem(os.environ, "CHAINRULE_GRADING", "1")
    monkeypatch.delenv("CHAINRULE_DATA", raising=False)


@pytest.mark.slow
def test_the_solved_notebook_runs_in_the_grading_budget(grading):
    out, _ = run_notebook(NOTEBOOK)
    assert "fewest agreeing digits: 15." in out
    assert "43 passes in forward mode" in out
    assert "loss of his perfect answer: 2.63" in out
    assert "not yet" not in out


@pytest.mark.slow
def test_the_released_notebook_stops_at_the_first_check_with_the_exercise(grading):
    with pytest.raises(NotImplementedError, match=r"pytorch\.fully_connected"):
        run_notebook(NOTEBOOK, stubbed)


def test_the_notebook_has_25_points():
    assert sum(points_of(NOTEBOOK).values()) == 25
