"""The challenge: its hidden suite, its catalogue of mistakes, its corpus, its figures, its notebook and its model."""

import os
from pathlib import Path

import hidden_suite
import matplotlib
import numpy as np
import pytest
from hidden_suite import failed, label, points_of, run_notebook, stubbed

from autograder import reference
from autograder.checks import CheckFailed, checks_of, load, thresholds
from autograder.course import Course
from autograder.misconceptions import misconceptions_of
from autograder.model import Verdict
from autograder.sandbox.remote import local_student
from autograder.solutions import corpus
from student_lib import plot_noisy

torch = pytest.importorskip("torch")
matplotlib.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot")

from autograder.checks.noisy_digits import judging, noise, training  # noqa: E402
from autograder.checks.noisy_digits.judging import hidden_album  # noqa: E402

CHECKOUT = Path(__file__).parents[1]
NOTEBOOK = CHECKOUT / "source" / "noisy_digits" / "noisy_digits.ipynb"
MODEL = CHECKOUT / "autograder" / "solutions" / "noisy_digits" / "model.pt"
EXERCISES = load("noisy_digits")
CATALOGUE = [item for exercise_id in EXERCISES for item in misconceptions_of(exercise_id)]
SOLUTIONS = corpus.load("noisy_digits")
TRAINED = ("labels_shifted", "clean_digits", "six_epochs", "own_loop_and_sgd")


@pytest.fixture(autouse=True)
def one_thread(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with thresholds.using({"noisy_digits": Course(CHECKOUT).assignment("noisy_digits").thresholds}):
        yield
    torch.set_num_threads(threads)


@pytest.fixture(autouse=True)
def fewer_pictures(monkeypatch):
    # The audit and `chainrule grade` judge on all 2000: here on every fourth.
    taken = judging.hidden_album()
    part = type(taken)(taken.x[::4], taken.y[::4], taken.kind[::4], taken.strength[::4])
    monkeypatch.setattr(judging, "hidden_album", lambda: part)


def grade(exercise_id, seed=3, source="", **changes):
    """The suite's `grade`; a source of noises takes the place of the reference's kinds."""

    def leave_one_kind(names):
        if exercise_id == "noisy_digits.noises" and source:
            for name in [*names["NOISES"]][1:]:
                del names["NOISES"][name]

    return hidden_suite.grade(exercise_id, seed, source, leave_one_kind, **changes)


# --- the suite


def test_the_exercises_have_properties_and_hints():
    assert len(EXERCISES) == 8
    for exercise_id in EXERCISES:
        checks = checks_of(exercise_id)
        assert 2 <= len(checks) <= 6
        assert all(check.property.endswith(".") and check.hint for check in checks)


@pytest.mark.slow
@pytest.mark.parametrize("exercise_id", EXERCISES)
def test_the_reference_gets_full_marks(exercise_id):
    for seed in range(3 if exercise_id != "noisy_digits.model" else 1):
        result = grade(exercise_id, seed, MODEL_FILE=str(MODEL))
        assert (result.score, result.log) == (10, None), failed(result)


@pytest.mark.slow
@pytest.mark.parametrize("item", CATALOGUE, ids=lambda item: item.name)
def test_each_misconception_fails_its_exercise_and_is_named_as_itself(item):
    result = grade(item.exercise_id, 1, **{item.replaces: item.function})
    assert result.score < 10
    assert (result.misconception, result.log) == (item.name, None), failed(result)


@pytest.mark.slow
@pytest.mark.parametrize("solution", [s for s in SOLUTIONS if s.name not in TRAINED], ids=label)
def test_the_corpus_fares_as_it_says(solution):
    result = grade(solution.exercise, 3, solution.source)
    assert result.log is None, result.log
    assert (result.score == 10) == (solution.kind == "right"), failed(result)
    assert result.misconception == solution.expects, failed(result)


def test_the_corpus_is_large_enough_and_mostly_named():
    wrong = [solution for solution in SOLUTIONS if solution.kind == "wrong"]
    assert len(wrong) >= 40
    assert len(SOLUTIONS) - len(wrong) >= 10
    assert sum(solution.expects is not None for solution in wrong) >= 0.95 * len(wrong)
    known = {(item.exercise_id, item.name) for item in CATALOGUE}
    assert all((item.exercise, item.expects) in known for item in wrong if item.expects)


def test_wrong_functions_elsewhere_cost_an_exercise_nothing():
    broken = {
        name: f"def {name}(*args, **kwargs): raise KeyError('broken')"
        for name in ("train_epoch", "classify", "shuffle_pixels", "augment", "save_model", "train_my_net")
    }
    for exercise_id in EXERCISES:
        own = exercise_id.partition(".")[2]
        others = "\n".join(source for name, source in broken.items() if name != own)
        result = grade(exercise_id, source=others, MODEL_FILE=str(MODEL))
        if exercise_id != "noisy_digits.noises":
            assert result.score == 10, failed(result)


@pytest.mark.slow
@pytest.mark.parametrize(
    "answer", ["None", "[1, 'a']", "np.full((5, 4), np.nan)", "torch.zeros(2)", "nn.Linear(2, 2)"]
)
def test_nonsense_breaks_no_check(answer):
    for exercise_id in EXERCISES:
        name = exercise_id.partition(".")[2]
        source = f"{name} = lambda *args, **kwargs: {answer}"
        if name == "noises":
            source = f"for name in 'abcd': NOISES[name] = lambda *args: {answer}"
        if name == "model":
            source = f"MyNet = lambda: {answer}"
        result = grade(exercise_id, source=source, MODEL_FILE=str(MODEL))
        assert (result.score < 10, result.log) == (True, None), (exercise_id, failed(result))
        assert result.verdict != Verdict.BROKEN


def test_what_is_not_written_counts_as_such():
    for name in ("train_epoch", "classify", "shuffle_pixels", "augment", "save_model", "MyNet"):
        result = grade(f"noisy_digits.{name}", source=f"del {name}")
        assert (result.score, result.verdict) == (0, Verdict.NOT_WRITTEN)
    assert grade("noisy_digits.noises", source="pass").verdict == Verdict.NOT_WRITTEN


# --- the model that is handed in


def judged(**changes):
    names = reference.namespace("noisy_digits.model")
    names.update(changes)
    return judging.accuracy_by_noise(local_student(names))


def test_the_reference_model_beats_the_baseline_on_every_kind_but_is_not_perfect():
    found = judged(MODEL_FILE=str(MODEL))
    assert list(found) == [
        "gaussian", "salt_and_pepper", "blur", "occlusion", "contrast", "shift", "clean", "mean"
    ]  # fmt: skip
    assert found["clean"] > 0.95
    assert 0.85 < found["mean"] < 0.99
    assert found["mean"] == pytest.approx(np.mean([found[kind] for kind in list(found)[:6]]))


def test_the_verdict_needs_no_notebook_variable_but_the_file(tmp_path):
    (tmp_path / "model.pt").write_bytes(MODEL.read_bytes())
    names = reference.namespace("noisy_digits.model")
    del names["MODEL_FILE"]
    assert judging.accuracy_by_noise(local_student(names))["clean"] > 0.95


def test_code_in_a_model_file_is_refused_and_never_runs(tmp_path):
    import pickle

    class Attack:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "ran"),)

    torch.save({"weight": Attack()}, tmp_path / "model.pt")
    with pytest.raises(CheckFailed, match="more than numbers"):
        judged()
    (tmp_path / "model.pt").write_bytes(pickle.dumps(Attack()))
    with pytest.raises(CheckFailed, match="more than numbers"):
        judged()
    assert not (tmp_path / "ran").exists()


def test_labels_that_are_none_do_not_count():
    wrong = {"classify": lambda model, x: torch.zeros(len(x) + 1), "MODEL_FILE": str(MODEL)}
    with pytest.raises(CheckFailed, match="wrong shape"):
        judged(**wrong)
    with pytest.raises(CheckFailed, match="not an array"):
        judged(classify=lambda model, x: ["3"] * len(x), MODEL_FILE=str(MODEL))


def test_everybody_is_judged_on_the_same_pictures_which_students_do_not_have():
    hidden = judging.hidden_album()
    hidden_album.cache_clear()
    assert np.array_equal(hidden.x, hidden_album().x[::4])
    with np.load(CHECKOUT / "student_lib" / "datasets" / "mnist5k.npz") as file:
        known = {image.tobytes() for image in file["images"]}
    assert not any(image.tobytes() in known for image in hidden.x[hidden.kind == -1])


# --- the grader's own references


def test_gradients_by_hand_agree_with_torch():
    rng = np.random.default_rng(0)
    weight, bias = rng.normal(size=(10, 784)), rng.normal(size=10)
    images, labels = training.digits(rng, 5), rng.integers(10, size=5)
    W = torch.tensor(weight, requires_grad=True)
    out = torch.log_softmax(torch.tensor(images.reshape(5, -1)).double() @ W.T + torch.tensor(bias), 1)
    loss = torch.nn.functional.nll_loss(out, torch.tensor(labels))
    assert training._loss(images, labels, weight, bias) == pytest.approx(loss.item())
    np.testing.assert_allclose(training._log_probs(images, weight, bias), out.detach().numpy())


def test_a_shifted_digit_is_like_itself_and_noise_is_not():
    rng = np.random.default_rng(1)
    images = noise._digits(rng, 12).astype(float)
    moved = np.roll(images, (3, -2), axis=(1, 2))
    assert (noise._likeness(moved, images).argmax(axis=1) == np.arange(12)).mean() > 0.9
    snow = noise._likeness(rng.random(images.shape), images)
    assert (snow.argmax(axis=1) == np.arange(12)).mean() < 0.4


# --- figures


def test_figures_refuse_what_they_cannot_draw():
    with pytest.raises(ValueError, match=r"clean has shape \(3, 784\); expected \(any, 28, 28\)"):
        plot_noisy.strips({"clean": np.zeros((3, 784))}, "title")
    with pytest.raises(ValueError, match=r"the accuracy for 'clean' is 97\.0; expected a share"):
        plot_noisy.heat_map({"net": {"clean": 97}}, "title")
    with pytest.raises(ValueError, match="all of it finite"):
        plot_noisy.curves({"run": [1.0, np.nan]}, "title")
    plt.close("all")


# --- the notebook


@pytest.fixture
def grading(monkeypatch):
    monkeypatch.setitem(os.environ, "CHAINRULE_GRADING", "1")


@pytest.mark.slow
def test_the_solved_notebook_runs_in_grading_mode_and_leaves_the_model_alone(grading, tmp_path):
    (tmp_path / "model.pt").write_bytes(MODEL.read_bytes())
    out, _ = run_notebook(NOTEBOOK)
    assert "not yet" not in out
    assert "of the customer's sixty pictures are right" in out
    assert (tmp_path / "model.pt").read_bytes() == MODEL.read_bytes()


def test_the_released_notebook_stops_at_the_first_check_with_the_exercise(grading):
    with pytest.raises(NotImplementedError, match=r"noisy_digits\.train_epoch"):
        run_notebook(NOTEBOOK, stubbed)


def test_the_points_in_the_notebook_add_up_to_the_assignment_s():
    points = points_of(NOTEBOOK)
    assert sum(points.values()) == Course(CHECKOUT).assignment("noisy_digits").points == 40
    rubric = (CHECKOUT / "assignments" / "noisy_digits" / "rubric.md").read_text(encoding="utf-8")
    assert all(f"`{grade_id}`" in rubric for grade_id in points)
