"""The notebook on the deep convolutional network: checks, misconceptions and corpus in process, and its figures."""

import matplotlib
import numpy as np
import pytest
from hidden_suite import CHECKOUT, failed, grade

torch = pytest.importorskip("torch")
pytest.importorskip("tensorboard")

from torch.utils.tensorboard import SummaryWriter  # noqa: E402

from autograder import reference  # noqa: E402
from autograder.checks import checks_of, load, thresholds  # noqa: E402
from autograder.checks.pytorch import mnist_dcn  # noqa: E402
from autograder.course import Course  # noqa: E402
from autograder.misconceptions import misconceptions_of  # noqa: E402
from autograder.model import Verdict  # noqa: E402
from autograder.solutions import corpus  # noqa: E402
from student_lib import plot_mnist_dcn as plot  # noqa: E402

matplotlib.use("Agg")
torch.set_num_threads(1)
load("pytorch")

SMALL = [
    f"pytorch.{name}"
    for name in (
        "weight_variable", "bias_variable", "conv2d", "max_pool_2x2", "error_rate", "log_statistics", "train_dcn",
    )
]  # fmt: skip
NETWORK = "pytorch.DeepConvNet"
SOLUTIONS = [solution for solution in corpus.load("pytorch") if solution.exercise in [*SMALL, NETWORK]]
# Each of these takes a second; the audit runs all of the corpus.
SOME = [
    s for s in SOLUTIONS if s.exercise in SMALL[:-1] or s.name in ("no_zero_grad", "data_loader", "hooks")
]


@pytest.fixture(autouse=True)
def limits_of_the_course(monkeypatch):
    monkeypatch.setenv("CHAINRULE_GRADING", "1")
    with thresholds.using({"pytorch": Course(CHECKOUT).assignment("pytorch").thresholds}):
        yield


@pytest.mark.slow
@pytest.mark.parametrize("exercise_id", [*SMALL, NETWORK])
def test_the_reference_gets_full_marks(exercise_id):
    assert 2 <= len(checks_of(exercise_id)) <= 8
    result = grade(exercise_id, 0)
    assert (result.score, result.log) == (10, None), failed(result)


@pytest.mark.slow
@pytest.mark.parametrize("solution", SOME, ids=lambda s: f"{s.exercise.partition('.')[2]}-{s.name}")
def test_solutions_of_the_corpus_are_judged_as_they_are(solution):
    result = grade(solution.exercise, 3, solution.source)
    assert (result.score == 10, result.log) == (solution.kind == "right", None), failed(result)
    if solution.kind == "wrong":
        assert result.misconception == solution.expects, failed(result)


def test_a_wrong_helper_costs_the_training_nothing():
    broken = "def error_rate(*a): raise KeyError\ndef log_statistics(*a): return 1 / 0\n"
    result = grade("pytorch.train_dcn", 1, broken)
    assert result.score == 10, failed(result)


@pytest.mark.slow
@pytest.mark.parametrize("answer", ["None", "[1, 'a']", "torch.full((2, 3), float('nan'))"])
def test_nonsense_breaks_no_check(answer):
    for exercise_id in SMALL:
        result = grade(exercise_id, 0, f"{exercise_id.partition('.')[2]} = lambda *a, **k: {answer}")
        assert result.score < 10
        assert (result.verdict != Verdict.BROKEN, result.log) == (True, None)


def test_the_corpus_is_large_and_expects_the_catalogue():
    wrong = [solution for solution in SOLUTIONS if solution.kind == "wrong"]
    assert len(wrong) >= 40
    assert sum(solution.kind == "right" for solution in SOLUTIONS) >= 15
    assert sum(solution.expects is None for solution in wrong) <= 0.15 * len(wrong)
    for solution in wrong:
        known = {item.name for item in misconceptions_of(solution.exercise)}
        assert solution.expects is None or solution.expects in known


def test_the_loops_agree_with_torch():
    rng = np.random.default_rng(0)
    x, W = rng.normal(size=(2, 3, 6, 8)), rng.normal(size=(4, 3, 5, 5))
    right = torch.nn.functional.conv2d(torch.tensor(x), torch.tensor(W), padding=2)
    np.testing.assert_allclose(mnist_dcn.convolution(x, W), right, atol=1e-10)
    np.testing.assert_allclose(mnist_dcn.pooling(x), torch.nn.functional.max_pool2d(torch.tensor(x), 2))


def test_figures_are_drawn_from_event_files_and_saved(tmp_path):
    with SummaryWriter(str(tmp_path / "run")) as writer:
        for step in (0, 50):
            for name in ("min", "max", "mean", "std"):
                writer.add_scalar(f"fc1/weights/{name}", step + 0.5, step)
            writer.add_scalar("loss", 1.0, step)
            writer.add_histogram("fc1/weights/histogram", torch.randn(500).relu(), step)
    names = reference.namespace("pytorch.train_dcn")
    events = names["EventAccumulator"](str(tmp_path / "run"), size_guidance={"histograms": 0}).Reload()
    scalars = {
        tag: ([e.step for e in events.Scalars(tag)], [e.value for e in events.Scalars(tag)])
        for tag in events.Tags()["scalars"]
    }
    bars = events.Histograms("fc1/weights/histogram")
    histogram = {"fc1/weights/histogram": ([e.step for e in bars], [e.histogram_value for e in bars])}
    plot.ridges(histogram, "ridges", save=tmp_path / "figures" / "ridges.png")
    plot.statistics(scalars, ["fc1/weights"], "statistics", save=tmp_path / "figures" / "statistics.png")
    plot.curves(scalars, [2.0, 1.0], "curves", save=tmp_path / "figures" / "curves.png")
    plot.compare({"a": scalars["loss"]}, {"a": 0.1}, "compare", save=tmp_path / "figures" / "compare.png")
    plot.stages("stages")
    plot.counts({"conv1": 832, "fc1": 3212288}, "counts")
    plot.channels({"a": np.zeros((2, 4, 4)), "b": np.ones((1, 4, 4))}, "channels")
    assert len(list((tmp_path / "figures").iterdir())) == 4
    assert 0.3 < plot._share_at_zero(histogram["fc1/weights/histogram"][1][0]) < 0.7
