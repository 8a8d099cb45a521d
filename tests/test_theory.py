"""The theory notebook: it runs as released, its judge knows right formulas from wrong ones, its numbers are true."""

import contextlib
import io
import json
import re
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from conftest import load_tool

matplotlib.use("Agg")
from student_lib import ExpectationFailed, four_clouds, plot_theory, standardise

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = ROOT / "source" / "backprop" / "theory.ipynb"
DEEP = [2] + 9 * [25] + [4]


def cells():
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    return {cell["id"]: cell | {"source": "".join(cell["source"])} for cell in notebook["cells"]}


def nbgrader(cell):
    return cell["metadata"].get("nbgrader", {})


CELLS = cells()
ANSWERS = {
    nbgrader(cell)["grade_id"]: cell for cell in CELLS.values() if "points" in nbgrader(cell)
}  # nothing here is graded automatically


def run(source, namespace):
    """Execute a cell without its magics; return what it printed."""
    lines = [line for line in source.splitlines() if not line.startswith("%")]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec("\n".join(lines), namespace)
    return printed.getvalue()


@pytest.fixture(scope="module")
def solved():
    """The namespace after the whole notebook, what each cell printed, and how many figures it drew."""
    plt, namespace, printed, figures = plot_theory.plt, {"__name__": "__main__"}, {}, {}
    for name, cell in CELLS.items():
        if cell["cell_type"] == "code":
            plt.close("all")
            printed[name] = run(cell["source"], namespace)
            figures[name] = len(plt.get_fignums())
    plt.close("all")
    return namespace, printed, figures


@pytest.fixture
def clouds():
    x, y = four_clouds(seed=0)
    return standardise(x), y


@pytest.fixture(scope="module")
def build_theory():
    """The module tools/build_theory.py, which has the backward pass that the library must not have."""
    return load_tool("build_theory")


# --- as a student meets it ----------------------------------------------------------------------------------


def test_what_nobody_wrote_yet_is_skipped_with_a_hint(solved):
    _, printed, _ = solved
    tries = {name: text for name, text in printed.items() if name.startswith("try-")}
    assert len(tries) == 5
    assert all(text.startswith("Nothing to check yet. Write my_") for text in tries.values())
    assert all("your guess: None" in text for name, text in printed.items() if name.endswith("-reveal")
               and name != "bug-reveal")  # fmt: skip


def test_every_experiment_draws_one_figure_and_nothing_else_draws(solved):
    _, _, figures = solved
    drawing = {name for name, count in figures.items() if count}
    assert len(drawing) == 11
    assert max(figures.values()) == 1
    assert all(f"{name}-slider" not in drawing for name in ("shift", "depth"))


@pytest.mark.filterwarnings("ignore:overflow encountered in exp")
@pytest.mark.parametrize(
    ("cell", "right", "wrong"),
    [
        ("try-shift", {"my_shift": "lambda x: -x.max()"}, {"my_shift": "lambda x: 0.0"}),
        ("try-shift", {"my_shift": "lambda x: -np.max(x)"}, {"my_shift": "lambda x: -x.mean() - 750"}),
        (
            "try-collapse",
            {"my_collapse": "lambda W1, b1, W2, b2: (W2 @ W1, W2 @ b1 + b2)"},
            {"my_collapse": "lambda W1, b1, W2, b2: (W2 @ W1, b2)"},
        ),
        (
            "try-sigmoid",
            {"my_sigmoid_slope": "lambda a: a * (1 - a)"},
            {"my_sigmoid_slope": "lambda a: a * (a - 1)"},
        ),
        (
            "try-tanh-relu",
            {"my_tanh": "lambda s, z: 2 * s(2 * z) - 1"},
            {"my_tanh": "lambda s, z: 2 * s(z) - 1"},
        ),
        ("try-tanh-relu", {"my_tanh_slope": "lambda a: 1 - a**2"}, {"my_tanh_slope": "lambda a: 1 - a"}),
        ("try-tanh-relu", {"my_relu_slope": "lambda z: 1.0 * (z > 0)"}, {"my_relu_slope": "lambda z: z"}),
        (
            "try-layer",
            {"my_grads": "lambda delta, W, x: (delta @ x.T, W.T @ delta, delta)"},
            {"my_grads": "lambda delta, W, x: (x @ delta.T, W.T @ delta, delta)"},
        ),
        (
            "try-layer",
            {"my_grads": "lambda delta, W, x: (np.outer(delta, x), W.T.dot(delta), delta.copy())"},
            {"my_grads": "lambda delta, W, x: (delta @ x.T, W.T @ delta, delta.sum())"},
        ),
    ],
)
def test_the_judge_knows_a_right_formula_from_a_wrong_one(solved, cell, right, wrong):
    namespace = dict(solved[0])
    assert "passed:" in run(filled(cell, right), namespace)
    with pytest.raises(ExpectationFailed):
        run(filled(cell, wrong), namespace)


def filled(cell, formulas):
    """The cell's source with `my_... = None` replaced."""
    source = CELLS[cell]["source"]
    for name, formula in formulas.items():
        source, count = re.subn(rf"^{name} = None", f"{name} = {formula}", source, flags=re.MULTILINE)
        assert count == 1
    return source


# --- the questions ------------------------------------------------------------------------------------------


def test_points_and_ids_are_as_announced():
    assert sum(nbgrader(cell)["points"] for cell in ANSWERS.values()) == 35
    for id, cell in ANSWERS.items():
        assert nbgrader(cell)["solution"]
        assert nbgrader(cell)["grade"]
        question = CELLS[f"{cell['id']}-text"]
        points = nbgrader(cell)["points"]
        assert f"`{id}` ({points} point{'s' * (points > 1)}," in question["source"]


def test_every_answer_has_a_scheme_whose_facts_are_its_points():
    for id, cell in ANSWERS.items():
        source = cell["source"]
        assert "Marking scheme" in source, id
        facts = len(re.findall(r"^(?:# )?\d\. ", source, flags=re.MULTILINE)) or 1
        worth = 2 if "two points each" in source else 1
        assert facts * worth == nbgrader(cell)["points"], id
        if cell["cell_type"] == "markdown":
            assert source.startswith("**Model answer.**"), id
            assert "**Tempting but wrong**" in source, id
            assert re.search("[Aa]lso accepted", source), id


def test_model_answers_keep_to_six_lines():
    for id, cell in ANSWERS.items():
        if cell["cell_type"] == "markdown":
            answer = cell["source"].partition("**Marking scheme**")[0].strip()
            assert len(answer.splitlines()) <= 6, id


def test_what_another_notebook_asks_is_not_asked_again():
    elsewhere = set()
    for path in NOTEBOOK.parent.glob("*.ipynb"):
        if path != NOTEBOOK:
            loaded = json.loads(path.read_text(encoding="utf-8"))["cells"]
            elsewhere |= {nbgrader(cell).get("grade_id") for cell in loaded} - {None}
    assert not elsewhere & {nbgrader(cell).get("grade_id") for cell in CELLS.values()}
    assert {"backprop.zero_initialization", "backprop.why_random", "backprop.why_scaled"} <= elsewhere


# --- the numbers in the text --------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_ten_sigmoid_layers_leave_a_few_millionths_and_tanh_leaves_about_all(clouds, seed):
    def first_over_last(activation, factor=1):
        network = plot_theory.layers(DEEP, lambda n, m: factor * plot_theory.xavier(n, m), seed)
        first, last = plot_theory.gradient_norms(network, *clouds, activation, at=(0, -1))
        return first / last

    assert 1e-6 < first_over_last("sigmoid") < 1e-5
    assert 0.4 < first_over_last("tanh") < 3
    assert 1e-3 < first_over_last("sigmoid", factor=4) < 0.1


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_one_is_flat_and_four_times_the_weights_wake_it(build_theory, seed):
    def last_loss(run):
        if seed == 0:
            return plot_theory.recorded(run)[-1]
        return build_theory.train(**build_theory.RUNS[run], seed=seed)[0][-1]

    assert last_loss("tanh") < 0.02
    assert last_loss("sigmoid") == pytest.approx(np.log(4), abs=1e-3)
    assert last_loss("sigmoid, weights times 4") < 0.9


def test_what_cells_print_is_what_the_text_says(solved):
    _, printed, _ = solved
    assert "inf" in printed["exp-reveal"]
    assert "linear: 2 of 25" in printed["rank-reveal"]
    assert "tanh: 25 of 25" in printed["rank-reveal"]
    assert "cross at z = 1.66" in printed["myth-reveal"]
    assert "83% beyond .97" in printed["starts"]
    assert "(3, 2), W is (2, 3)" in printed["bug-reveal"]
    assert "size check passed: True" in printed["bug-evidence"]
    first_over_last, loss = re.findall(r"\d\.\d+", printed["remedy"])
    assert first_over_last == "0.01"
    assert float(loss) < 0.9


def test_from_zeros_only_the_sigmoid_escapes_with_its_units_alike(solved):
    namespace, printed, _ = solved
    losses = dict(re.findall(r"(\w+) +from zeros +loss ([\d. ]+)", printed["zeros-reveal"]))
    assert float(losses["tanh"]) == pytest.approx(40 * np.log(4), abs=0.2)
    assert float(losses["relu"]) == pytest.approx(40 * np.log(4), abs=0.2)
    assert float(losses["sigmoid"]) < 30
    W = namespace["W_from_zeros"]
    assert np.ptp(W, axis=1).max() < 0.01 * np.abs(W).max()


def test_from_zeros_the_sigmoids_second_layer_alone_feels_a_slope(solved):
    slopes = re.findall(r"(\w+) +from zeros .* start: ([\d.]+) and ([\d.]+)", solved[1]["zeros-reveal"])
    assert [(name, float(first)) for name, first, _ in slopes] == [("tanh", 0), ("relu", 0), ("sigmoid", 0)]
    assert [float(second) > 0 for _, _, second in slopes] == [False, False, True]


def test_the_opening_finds_the_recordings_first_loss(solved):
    pairs = re.findall(r"per row: ([\d.]+) computed here, recorded ([\d.]+)", solved[1]["opening-picture"])
    assert len(pairs) == 2
    assert all(computed == recorded for computed, recorded in pairs)


def test_what_is_recorded_is_called_so(solved):
    recordings = {name for name, cell in CELLS.items() if "plot_theory.recorded(" in cell["source"]}
    assert recordings == {"opening-picture", "zeros-reveal", "remedy"}
    for name in ("opening", "starts-answer", "opening-picture", "remedy"):
        assert "recorded" in CELLS[name]["source"] or "recordings" in CELLS[name]["source"], name


def test_the_tenth_layers_spread(solved):
    values = solved[0]["values"]
    assert values["deviation .01"].std() < 1e-8
    assert values["the misprint"].std() < 1e-6
    assert values["Xavier"].std() == pytest.approx(0.23, abs=0.01)
    assert np.sqrt(2 / (100 * 100 + 100)) == pytest.approx(0.014, abs=1e-3)


# --- plot_theory --------------------------------------------------------------------------------------------


def test_the_public_list_is_true_and_sorted():
    assert plot_theory.__all__ == sorted(plot_theory.__all__)
    assert all(callable(getattr(plot_theory, name)) for name in plot_theory.__all__)


@pytest.mark.parametrize(("activation", "within"), [("sigmoid", 1e-3), ("tanh", 1e-3), ("relu", 0.1)])
@pytest.mark.parametrize("depth", [2, 10])
def test_measured_norms_are_those_of_the_gradient(build_theory, clouds, activation, within, depth):
    network = plot_theory.layers([2] + (depth - 1) * [25] + [4], seed=1)
    derived = [np.linalg.norm(dW) for dW, _ in build_theory.gradients(network, *clouds, activation)]
    assert plot_theory.gradient_norms(network, *clouds, activation) == pytest.approx(derived, rel=within)


def test_the_deepest_sigmoids_slopes_do_not_drown_in_rounding(build_theory, clouds):
    network = plot_theory.layers([2] + 19 * [25] + [4], seed=0)
    derived = build_theory.gradients(network, *clouds, "sigmoid")
    (first,) = plot_theory.gradient_norms(network, *clouds, "sigmoid", at=(0,))
    assert first == pytest.approx(np.linalg.norm(derived[0][0]), rel=0.01)
    assert first < 1e-9


def test_layers_can_be_chosen_from_either_end_and_stay_as_they_are(clouds):
    network = plot_theory.layers([2, 5, 3, 4], seed=1)
    before = [W.copy() for W, _ in network]
    every = plot_theory.gradient_norms(network, *clouds, "tanh")
    assert plot_theory.gradient_norms(network, *clouds, "tanh", at=(-1, 0)) == pytest.approx(every[[-1, 0]])
    assert all(np.array_equal(W, old) for (W, _), old in zip(network, before, strict=True))


def test_losses_are_the_rows_cross_entropies(clouds):
    x, y = clouds
    W, b = np.arange(8.0).reshape(2, 4), np.array([1.0, 0.0, -1.0, 2.0])
    P = np.exp(x @ W + b) / np.exp(x @ W + b).sum(axis=1, keepdims=True)
    assert plot_theory.losses([(W, b)], x, y, "tanh") == pytest.approx(-np.log((P * y).sum(axis=1)))


# --- the recording ------------------------------------------------------------------------------------------


def test_the_recording_has_the_runs_and_settings_of_its_script(build_theory):
    assert json.loads(str(plot_theory.recorded("how")))["runs"] == build_theory.RUNS
    for name, settings in build_theory.RUNS.items():
        assert plot_theory.recorded(name).shape == (settings["passes"],)
    assert plot_theory.recorded("W from zeros").shape == (2, 25)


def test_a_fresh_training_begins_as_recorded(build_theory):
    for name, settings in build_theory.RUNS.items():
        fresh, _ = build_theory.train(**settings | {"passes": 4})
        assert fresh == pytest.approx(plot_theory.recorded(name)[:4], rel=1e-9), name


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
def test_the_recordings_gradients_agree_with_measured_slopes(solved, build_theory, clouds, activation):
    slopes, network = solved[0]["slopes"], plot_theory.layers([2, 5, 3, 4], seed=1)

    def loss():
        return plot_theory.losses(network, *clouds, activation).sum()

    for layer, of_layer in zip(network, build_theory.gradients(network, *clouds, activation), strict=True):
        for array, gradient in zip(layer, of_layer, strict=True):
            assert gradient == pytest.approx(slopes(loss, array), rel=1e-4, abs=1e-7)


def test_a_run_that_was_not_recorded_is_refused_with_those_that_were():
    with pytest.raises(KeyError, match=r"no recorded run 'relu'; there are 'tanh', 'sigmoid'"):
        plot_theory.recorded("relu")


# --- the rest -----------------------------------------------------------------------------------------------


def test_layers_have_the_spread_they_are_asked_for():
    (W, b), *_ = plot_theory.layers([300, 200])
    assert W.std() == pytest.approx(plot_theory.xavier(300, 200), rel=0.02)
    assert np.abs(W).max() <= np.sqrt(6 / 500)
    assert not b.any()


def test_the_colleagues_gradient_is_the_transpose():
    delta, x = np.array([[1.0], [-2.0]]), np.array([[0.5], [-1.0], [3.0]])
    assert plot_theory.colleagues_dW(delta, x) == pytest.approx((delta @ x.T).T)


def test_nothing_to_draw_is_said():
    with pytest.raises(ValueError, match="0 panels"):
        plot_theory.numbers({}, "empty")
