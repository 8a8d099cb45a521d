"""images.ipynb: its hidden suite, its catalogue of mistakes, its corpus, its figures and its notebook."""

import contextlib
import io
import os
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from hidden_suite import failed, grade, label, points_of, run_notebook, stubbed, tried

torch = pytest.importorskip("torch")

from autograder import reference  # noqa: E402
from autograder.checks import checks_of, load, thresholds  # noqa: E402
from autograder.checks.pytorch import images  # noqa: E402
from autograder.misconceptions import misconceptions_of  # noqa: E402
from autograder.model import Verdict  # noqa: E402
from autograder.solutions import corpus  # noqa: E402
from student_lib import plot_images  # noqa: E402
from student_lib.visual_words import VisualWords  # noqa: E402

matplotlib.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot")
torch.set_num_threads(1)

CHECKOUT = Path(__file__).parents[1]
NOTEBOOK = CHECKOUT / "source" / "pytorch" / "images.ipynb"
NAMES = {
    "channel_statistics": "channel_statistics",
    "to_batch": "to_batch",
    "object_cnn": "ObjectCNN",
    "mirrored": "mirrored",
    "train_objects": "train_objects",
    "confusion": "confusion",
    "occlusion_map": "occlusion_map",
}
EXERCISES = [f"pytorch.{name}" for name in NAMES]
load("pytorch")
SOLUTIONS = [solution for solution in corpus.load("pytorch") if solution.exercise in EXERCISES]
# The corpus names the others.
EXPECTED = {(solution.exercise, solution.expects) for solution in SOLUTIONS}
ALONE = [
    (item, function)
    for exercise_id in EXERCISES
    for item in misconceptions_of(exercise_id)
    for number, function in enumerate(item.functions)
    # A network's rehearsals take long: their variants are left to the audit.
    if (number and exercise_id != "pytorch.object_cnn")
    or (not number and (exercise_id, item.name) not in EXPECTED)
]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    # Forty steps for each of the mistakes are for the audit; here one network takes them, and the others one.
    monkeypatch.setattr(images, "STEPS", 1)
    with thresholds.using({"pytorch": {"images_cnn_loss": 100.0}}):
        yield


# --- the suite


@pytest.mark.slow
@pytest.mark.parametrize("exercise_id", EXERCISES)
@pytest.mark.parametrize("seed", [3, 4])
def test_the_reference_gets_full_marks(exercise_id, seed):
    assert all(check.property.endswith(".") and check.hint for check in checks_of(exercise_id))
    result = grade(exercise_id, seed)
    assert (result.score, result.log) == (10, None), failed(result)


@pytest.mark.slow
@pytest.mark.parametrize(("item", "function"), ALONE, ids=lambda value: getattr(value, "name", ""))
def test_each_misconception_fails_its_exercise_and_is_named_as_itself(item, function):
    result = grade(item.exercise_id, 1, **{item.replaces: function})
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
    assert len(wrong) >= 40
    assert len(SOLUTIONS) - len(wrong) >= 12
    assert sum(solution.expects is not None for solution in wrong) >= 0.9 * len(wrong)
    known = {(item.exercise_id, item.name) for name in EXERCISES for item in misconceptions_of(name)}
    assert all((item.exercise, item.expects) in known for item in wrong if item.expects)


@pytest.mark.slow
@pytest.mark.parametrize("answer", ["(torch.zeros(2), np.nan)", "nn.Identity()"])
def test_nonsense_breaks_no_check(answer):
    for exercise_id, name in zip(EXERCISES, NAMES.values(), strict=True):
        result = grade(exercise_id, source=f"{name} = lambda *args, **kwargs: {answer}")
        assert result.score < 10
        assert (result.verdict != Verdict.BROKEN, result.log) == (True, None)


@pytest.mark.slow
@pytest.mark.parametrize("answer", ["'logits'", "torch.zeros(3, 7)"])
def test_modules_that_return_nonsense_break_no_check(answer):
    source = f"""
class ObjectCNN(ObjectCNN):
    def forward(self, x):
        return {answer}
"""
    result = grade("pytorch.object_cnn", source=source)
    assert result.score < 10
    assert (result.verdict != Verdict.BROKEN, result.log) == (True, None)


@pytest.mark.parametrize(
    ("exercise_id", "source"),
    [
        ("pytorch.mirrored", "def mirrored(x): return x"),
        (
            "pytorch.train_objects",
            "def train_objects(net, x, y, o, epochs=1, batch_size=64): return [1.0] * epochs",
        ),
        ("pytorch.confusion", "def confusion(net, x, y, classes=10, batch_size=250): return np.eye(classes)"),
    ],
)
def test_what_does_nothing_earns_little(exercise_id, source):
    assert grade(exercise_id, source=source).score <= 5


@pytest.mark.slow
def test_learning_tells_hidden_layers_from_registered_ones(monkeypatch):
    monkeypatch.setattr(images, "STEPS", 40)
    [faulty] = [solution for solution in SOLUTIONS if solution.name == "a_plain_list"]
    for source, learned in (("", True), (faulty.source, False)):
        with thresholds.using({"pytorch": {"images_cnn_loss": 0.3}}):
            attempt = tried("pytorch.object_cnn", "learns", source)
        assert (attempt.earns, attempt.log) == (learned, None)


@pytest.mark.parametrize("broken", ["return x.flip(2)", "raise NotImplementedError"])
def test_a_wrong_mirrored_costs_the_training_nothing(broken):
    result = grade("pytorch.train_objects", source=f"def mirrored(x):\n    {broken}")
    assert (result.score, result.log) == (10, None), failed(result)


def test_a_missing_name_counts_as_not_written():
    for exercise_id, name in zip(EXERCISES, NAMES.values(), strict=True):
        result = grade(exercise_id, source=f"del {name}")
        assert (result.score, result.verdict) == (0, Verdict.NOT_WRITTEN)


# --- figures


def test_figures_refuse_what_they_cannot_draw():
    with pytest.raises(ValueError, match=r"x has shape \(3, 8, 8\); expected \(any, any, any, 3\)"):
        plot_images.pictures(np.zeros((3, 8, 8)), "abc", "title")
    with pytest.raises(ValueError, match=r"table has shape \(2, 3\); expected \(2, 2\)"):
        plot_images.confusion(np.zeros((2, 3)), ["a", "b"], "title")
    with pytest.raises(ValueError, match="all of it finite"):
        plot_images.histories({"run": {"loss": [1.0, np.nan], "accuracy": [0, 1]}}, "title")
    with pytest.raises(ValueError, match="expected one map a kernel"):
        plot_images.filters(np.zeros((2, 3, 3, 3)), np.zeros((4, 4, 3)), np.zeros((3, 4, 4)), "title")
    plt.close("all")


def test_the_colleague_keeps_every_number_and_loses_the_places():
    x = np.random.default_rng(0).integers(256, size=(2, 8, 8, 3), dtype=np.uint8)
    his = plot_images.colleagues_tensor(x)
    assert (his.shape, his.dtype) == ((2, 3, 8, 8), np.float32)
    right = x.transpose(0, 3, 1, 2) / 255
    right = (right - right.mean()) / right.std()
    assert not np.allclose(his, right, atol=1e-3)
    assert np.allclose(np.sort(his, axis=None), np.sort(right, axis=None), atol=1e-5)


def test_the_patches_nearest_to_a_word_are_shown():
    x = np.random.default_rng(0).integers(256, size=(6, 32, 24, 3), dtype=np.uint8)
    x[4, 8:24, 8:24] = 255  # the only even patch
    bag = VisualWords(words=4, step=8).fit(x, np.array([0, 1] * 3))
    bag.centres[2] = [0.0] * 128 + [0.7] * 3
    plot_images.word_patches(bag, x, [2], "title", each=3)
    nearest = plt.gcf().axes[0].images[0].get_array()
    plt.close("all")
    assert np.all(nearest == 255)


# --- the notebook


@pytest.fixture
def grading(monkeypatch, tmp_path):
    monkeypatch.setitem(os.environ, "CHAINRULE_GRADING", "1")
    # Neither somebody's folder nor somebody's cache: what ships.
    monkeypatch.setenv("CHAINRULE_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


@pytest.mark.slow
def test_the_solved_notebook_runs_in_the_grading_budget_on_what_ships(grading):
    out, names = run_notebook(NOTEBOOK)
    assert "This notebook's pictures: drawn objects" in out
    assert "these are the drawn objects, written as folders" in out
    assert names["scene_x"].shape == (50, 64, 64, 3)
    assert set(names["kinds"]) == set(names["names"])
    assert sum(p.numel() for p in names["nets"]["CNN"].parameters()) == 33_834
    assert "not yet" not in out


def test_the_released_notebook_stops_at_the_first_check_with_the_exercise(grading):
    with pytest.raises(NotImplementedError, match=r"pytorch\.channel_statistics"):
        run_notebook(NOTEBOOK, stubbed)


def test_the_notebook_has_20_points():
    assert sum(points_of(NOTEBOOK).values()) == 20


def test_real_scenes_and_real_cifar_fit_the_network():
    data = CHECKOUT.parent / "shared" / "data"
    if not data.exists():
        pytest.skip(f"no {data}: real pictures are for tests only and never ship")
    from student_lib.cifar import objects10
    from student_lib.folders import scenes

    with contextlib.redirect_stdout(io.StringIO()):
        x, _, _, _, _, which = objects10(data, train=3, valid=2)
        scene_x, _, _, _, kinds = scenes(data, 32)
    assert (which, len(kinds)) == ("CIFAR-10", 8)
    names = reference.namespace("pytorch.object_cnn")
    for pictures, classes in ((x, 10), (scene_x[:3], 8)):
        batch = names["to_batch"](pictures, *names["channel_statistics"](pictures))
        assert names["ObjectCNN"](classes)(batch).shape == (3, classes)
