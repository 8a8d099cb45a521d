"""fine_tuning.ipynb: its hidden suite, its catalogue of mistakes, its corpus, its figures and its notebook."""

import contextlib
import io
import json
import linecache
import os
import re
import zlib
from pathlib import Path

import matplotlib
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from autograder import reference  # noqa: E402
from autograder.checks import checks_of, load, thresholds  # noqa: E402
from autograder.checks.pytorch import fine_tuning, fine_tuning_training  # noqa: E402
from autograder.checks.runner import run_exercise, try_check  # noqa: E402
from autograder.misconceptions import misconceptions_of  # noqa: E402
from autograder.model import Verdict  # noqa: E402
from autograder.sandbox.remote import local_student  # noqa: E402
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
    monkeypatch.setitem(thresholds._limits, "pytorch", {"flower_net_loss": 100.0})


def grade(exercise_id, seed=3, source="", **changes):
    """Grade the reference, with names changed and `source` executed as a last cell."""

    def make():
        names = reference.namespace(exercise_id)
        names.update(changes)
        linecache.cache["<cell>"] = (len(source), None, source.splitlines(keepends=True), "<cell>")
        exec(compile(source, "<cell>", "exec"), names)
        return local_student(names)

    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return run_exercise(
            exercise_id, make, lambda name: zlib.crc32(f"{exercise_id}/{name}/{seed}".encode()), 10
        )


def failed(result):
    return [(item.name, item.symptom, item.error) for item in result.checks if item.verdict != Verdict.PASSED]


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


def label(solution):
    return f"{solution.exercise.partition('.')[2]}-{solution.kind}-{solution.name}"


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


def test_learning_tells_logits_from_probabilities(monkeypatch):
    monkeypatch.setattr(fine_tuning, "STEPS", 40)
    monkeypatch.setitem(thresholds._limits, "pytorch", {"flower_net_loss": 1.4})
    [faulty] = [solution for solution in SOLUTIONS if solution.name == "softmax_last"]
    [learning] = [check for check in checks_of("pytorch.flower_net") if check.name.startswith("learns")]
    for source, learned in (("", True), (faulty.source, False)):
        names = reference.namespace("pytorch.flower_net")
        exec(source, names)
        attempt = try_check(learning, lambda names=names: local_student(names), 5)
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


def code_cells():
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def run_notebook(change=lambda source, cell: source):
    names = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()):
        for cell in code_cells():
            source = "".join(cell["source"]).partition("### BEGIN HIDDEN TESTS")[0]
            source = change(source.replace("%matplotlib inline\n", ""), cell)
            exec(compile(source, cell["id"], "exec"), names)
            plt.close("all")
    return out.getvalue(), names


@pytest.fixture
def grading(monkeypatch, tmp_path):
    monkeypatch.setitem(os.environ, "CHAINRULE_GRADING", "1")
    monkeypatch.setitem(os.environ, "CHAINRULE_DATA", str(tmp_path))


def test_the_solved_notebook_runs_in_the_grading_budget(grading):
    out, names = run_notebook()
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


def stubbed(source, cell):
    data = cell["metadata"].get("nbgrader", {})
    if not data.get("solution"):
        return source
    stub = f'raise NotImplementedError("{data["grade_id"]}")'
    return re.sub(r"### BEGIN SOLUTION.*?### END SOLUTION", stub, source, flags=re.DOTALL)


def test_the_released_notebook_stops_at_the_first_check_with_the_exercise(grading):
    with pytest.raises(NotImplementedError, match=r"pytorch\.outputs"):
        run_notebook(stubbed)


def test_the_notebook_has_25_points():
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    graded = [cell["metadata"]["nbgrader"] for cell in cells if "nbgrader" in cell["metadata"]]
    assert sum(data["points"] for data in graded if data["grade"]) == 25
