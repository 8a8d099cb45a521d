"""What students import: the words of a public check, budget, data, given functions, figures."""

import doctest
import importlib
import subprocess
import sys

import matplotlib
import numpy as np
import pytest

import student_lib
from student_lib import ExpectationFailed, budget, expect, four_clouds, nn, planted, standardise

matplotlib.use("Agg")
from student_lib import plot

BATCH = np.arange(10.0).reshape(5, 2)


def report(value, wanted, **options):
    """The message of the failing check `expect(value, ...).close_to(wanted)`."""
    with pytest.raises(ExpectationFailed) as caught:
        expect(value, "the answer", **options).close_to(wanted)
    return str(caught.value)


# --- the package --------------------------------------------------------------------------------------------


def test_the_public_list_is_true_and_sorted():
    assert student_lib.__all__ == sorted(student_lib.__all__)
    assert all(callable(getattr(student_lib, name)) for name in student_lib.__all__)


@pytest.mark.parametrize("name", ["budget", "data", "expect", "nn", "planted", "plot"])
def test_modules_list_what_they_offer(name):
    module = importlib.import_module(f"student_lib.{name}")
    assert module.__all__ == sorted(module.__all__)
    assert all(hasattr(module, member) for member in module.__all__)


@pytest.mark.parametrize("name", ["budget", "data", "expect", "nn", "planted"])
def test_the_examples_in_docstrings_hold(name):
    result = doctest.testmod(sys.modules[f"student_lib.{name}"])
    assert result.attempted > 0
    assert result.failed == 0


def test_importing_the_library_loads_neither_matplotlib_nor_the_autograder():
    code = "import sys, student_lib, student_lib.nn; print({'matplotlib', 'autograder'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


# --- expect -------------------------------------------------------------------------------------------------


def test_success_prints_one_line(capsys):
    expect(np.float32(0.1), "a tenth").close_to(0.1)
    expect([1, 2], "labels").equals([1, 2])
    expect(np.zeros((2, 3)), "the shape").has_shape((2, 3))
    expect([0.0, 1.0], "probabilities").is_between(0, 1)
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["passed: a tenth", "passed: labels", "passed: the shape", "passed: probabilities"]


def test_the_report_shows_example_values_first_difference_tolerance_and_hint():
    with pytest.raises(ExpectationFailed) as caught:
        expect([1.0, 2.5], "the row sums", x=np.ones((2, 3))).close_to([1.0, 2.0], hint="sum over axis 1")
    lines = [line.split() for line in str(caught.value).splitlines()]
    assert lines[0] == ["not", "yet:", "the", "row", "sums"]
    labels = [line[0] for line in lines[1:] if line[0].isalpha()]
    assert labels == ["for", "expected", "got", "differs", "tolerance", "hint"]
    assert "first at [1]: expected 2, got 2.5 (1 of 2 entries)" in str(caught.value)
    assert "room for float32" in str(caught.value)


def test_the_tolerance_can_be_set_and_explains_itself():
    expect(1.04, "nearly one").close_to(1.0, rtol=0.05, reason="random numbers")
    with pytest.raises(ExpectationFailed, match=r"0\.05 x \|expected\|: random numbers"):
        expect(1.2, "nearly one").close_to(1.0, rtol=0.05, reason="random numbers")


def test_equals_has_no_tolerance():
    with pytest.raises(ExpectationFailed, match="these values are exact"):
        expect([1.0 + 1e-12], "untouched").equals([1.0])


@pytest.mark.parametrize(
    ("got", "wanted", "words"),
    [
        ([5.0, 10.0, -15.0], [1.0, 2.0, -3.0], "5 times ours; the batch has 5 rows"),
        ([0.2, 0.4], [1.0, 2.0], "ours divided by 5; the batch has 5 rows"),
        (10.0, 2.0, "5 times ours; the batch has 5 rows"),
        ([3.0, 6.0], [1.0, 2.0], "3 times ours"),
        ([-1.0, 2.0], [1.0, -2.0], "opposite sign"),
        ([-2.0, 4.0], [1.0, -2.0], "opposite sign, times 2"),
        ([2.0, 3.0, 5.0], [1.0, 2.0, 4.0], "ours plus 1 everywhere"),
        ([[1.0, 2.0], [3.0, 4.0]], [[1.0, 3.0], [2.0, 4.0]], "transpose of ours"),
        (
            [[1.0, 2.0, 3.0], [4.0, 5.0, 7.0]],
            [[1.0, 4.0], [2.0, 5.0], [3.0, 7.0]],
            "is the transpose of ours",
        ),
        ([[1.0, 2.0, 3.0], [4.0, 5.0, 7.0]], np.ones((3, 2)), "the shape of our transpose"),
        ([3.0, 1.0, 2.0], [1.0, 2.0, 3.0], "another order"),
        ([0.0, 0.0], [1.0, 2.0], "zero everywhere"),
        ([1.0, np.nan], [1.0, 2.0], "nan"),
        ([1.0, np.inf], [1.0, 2.0], "infinity"),
        ([[1.0, 2.0]], [1.0, 2.0], "an axis of length 1"),
        ([1.0, 2.0], 3.0, "one entry per row; their sum is ours"),
        ([[1.0, 2.0], [1.0, 2.0], [1.0, 2.0]], [1.0, 2.0], "repeats our answer"),
        (6.0, [1.0, 2.0, 3.0], "yours is one number"),
        (None, 1.0, "is there a return"),
    ],
)
def test_the_diagnosis_names_frequent_slips(got, wanted, words):
    value = np.array(got) if isinstance(got, list) else got
    assert words in report(value, wanted, X=BATCH)


def test_two_unlike_numbers_get_no_far_fetched_diagnosis():
    assert "diagnosis" not in report(0.3, 1.0, X=BATCH)


@pytest.mark.parametrize("value", ["text", object(), [[1, 2], [3]], {"a": 1}])
def test_what_is_no_array_is_named_by_its_type(value):
    assert f"{type(value).__name__}: " in report(value, 1.0)


def test_wrong_shapes_are_told_apart_from_wrong_values():
    with pytest.raises(ExpectationFailed, match=r"got        shape \(3,\)"):
        expect(np.zeros(3), "biases").has_shape((1, 3))
    assert "shape (2,) instead of a single number" in report(np.ones(2), 3.0)


def test_values_outside_an_interval_are_shown_and_nan_counts_as_outside():
    with pytest.raises(ExpectationFailed, match=r"first at \[1\]: 7 \(1 of 2 entries\)"):
        expect([1.0, 7.0], "fractions").is_between(0, 2)
    with pytest.raises(ExpectationFailed, match="first at"):
        expect([np.nan], "fractions").is_between(0, 2)


def test_booleans_and_large_arrays_can_be_shown():
    text = report(False, True)
    assert "expected   True\n  got        False" in text
    assert "differs" not in text
    assert "diagnosis" not in text
    assert len(report(np.zeros((100, 100)), np.eye(100))) < 2000


def test_in_ipython_a_failing_check_shows_its_message_and_no_frames():
    run = pytest.importorskip("IPython.core.interactiveshell")
    shell = run.InteractiveShell()
    shown = []
    shell._showtraceback = lambda kind, value, lines: shown.extend(lines)
    shell.run_cell("from student_lib import expect\nexpect(2.0, 'one').close_to(1.0)")
    assert shown[0] == "not yet: one"
    assert not any("Traceback" in line or "line " in line for line in shown)


# --- budget -------------------------------------------------------------------------------------------------


@pytest.fixture
def no_grading(monkeypatch):
    monkeypatch.delenv("CHAINRULE_GRADING", raising=False)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)


@pytest.mark.usefixtures("no_grading")
def test_students_get_the_full_budget():
    assert budget(full=50, grading=2) == 50


@pytest.mark.usefixtures("no_grading")
@pytest.mark.parametrize(("name", "value"), [("CHAINRULE_GRADING", "1"), ("NBGRADER_EXECUTION", "autograde")])
def test_grading_gets_the_short_budget(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    assert budget(full=50, grading=2) == 2


@pytest.mark.usefixtures("no_grading")
def test_a_validating_nbgrader_run_is_no_grading(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    assert budget(full=50, grading=2) == 50


@pytest.mark.parametrize(("full", "grading"), [(0, 1), (5, 0), (2.5, 1), (True, 1), (2, 3)])
def test_a_senseless_budget_is_refused_with_its_values(full, grading):
    with pytest.raises(ValueError, match=r"budget: (full|grading)="):
        budget(full=full, grading=grading)


# --- data ---------------------------------------------------------------------------------------------------


def test_four_clouds_are_the_homework_s():
    x, y = four_clouds(seed=7)
    rng = np.random.default_rng(7)
    first = rng.multivariate_normal([3.6, 40], [[0.05, 0], [0, 10]], 10)
    np.testing.assert_array_equal(x[:10], first)
    np.testing.assert_array_equal(y.sum(axis=0), [10, 10, 10, 10])
    np.testing.assert_array_equal(y.argmax(axis=1), np.repeat(np.arange(4), 10))


def test_clouds_repeat_by_seed_and_leave_numpy_s_global_state():
    before = np.random.get_state()[1].copy()
    np.testing.assert_array_equal(four_clouds(3)[0], four_clouds(3)[0])
    assert not np.array_equal(four_clouds(3)[0], four_clouds(4)[0])
    np.testing.assert_array_equal(np.random.get_state()[1], before)


def test_others_are_standardised_with_the_first_array_s_numbers():
    x, valid = standardise(four_clouds(0)[0], four_clouds(1)[0])
    np.testing.assert_allclose(x.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(x.std(axis=0), 1)
    assert 1e-6 < np.abs(valid.mean(axis=0)).max() < 0.5


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ([np.zeros(3)], r"shape \(3,\)"),
        ([np.zeros((0, 2))], r"shape \(0, 2\)"),
        ([BATCH, np.zeros((4, 3))], r"array 2 has shape \(4, 3\), x has \(5, 2\)"),
        ([np.full((2, 2), np.nan)], "nan or infinity"),
        ([np.array([[1.0, 2.0], [3.0, 2.0]])], "column 1 of x, shape .2, 2., is constant"),
    ],
)
def test_what_cannot_be_standardised_is_named_with_its_shape(arrays, words):
    with pytest.raises(ValueError, match=words):
        standardise(*arrays)


# --- given functions ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["linear", "tanh", "relu"])
def test_derivatives_of_the_post_activation_agree_with_differences(name):
    f, f_deriv = getattr(nn, name), getattr(nn, f"{name}_deriv")
    z = np.array([[-1.5, -0.2, 0.3], [0.9, 2.0, -3.0]])
    measured = (f(z + 1e-6) - f(z - 1e-6)) / 2e-6
    np.testing.assert_allclose(f_deriv(f(z)), measured, atol=1e-9)


def test_sigmoid_deriv_takes_the_sigmoid():
    a = 1 / (1 + np.exp(-np.array([-2.0, 0.0, 1.0])))
    np.testing.assert_allclose(nn.sigmoid_deriv(a), a * (1 - a))


def test_given_functions_return_new_arrays_and_no_slope_at_zero():
    z = np.array([-1.0, 0.0, 2.0])
    for f in (nn.linear, nn.relu, nn.tanh):
        assert f(z) is not z
        assert not np.shares_memory(f(z), z)
    np.testing.assert_array_equal(nn.relu_deriv(np.array([0.0, 2.0])), [0.0, 1.0])
    np.testing.assert_array_equal(z, [-1.0, 0.0, 2.0])


# --- planted faults -----------------------------------------------------------------------------------------


def gradients_of_ones(delta, params, name="", activation_deriv=nn.sigmoid_deriv):
    params["grad_W" + name] = params["grad_b" + name] = np.ones(2) * activation_deriv(0.5)
    return delta


def test_the_colleague_s_fault_drops_the_derivative():
    params = {}
    planted.colleagues_backwards(gradients_of_ones)(1.0, params, "layer1", nn.sigmoid_deriv)
    np.testing.assert_array_equal(params["grad_Wlayer1"], [1.0, 1.0])


def test_freezing_stops_one_layer_alone():
    params, still = {}, planted.frozen_backwards(gradients_of_ones)
    assert still(1.0, params, "layer1") == 1.0
    still(1.0, params, "output", activation_deriv=nn.sigmoid_deriv)
    np.testing.assert_array_equal(params["grad_Wlayer1"], [0.0, 0.0])
    np.testing.assert_array_equal(params["grad_Woutput"], [0.25, 0.25])


def test_swapped_names_come_back_after_an_error_and_other_assignments_stay():
    names = {"f": 1}
    with pytest.raises(KeyError), planted.swapped(names, f=2):  # noqa: PT012
        names["g"] = names["f"]
        raise KeyError
    assert names == {"f": 1, "g": 2}


# --- figures ------------------------------------------------------------------------------------------------


@pytest.fixture
def figure():
    """Return a function that gives the only open figure, drawn."""
    plot.plt.close("all")

    def drawn():
        assert len(plot.plt.get_fignums()) == 1
        current = plot.plt.gcf()
        current.canvas.draw()
        return current

    yield drawn
    plot.plt.close("all")


def test_regions_have_a_panel_each_and_the_points_on_top(figure):
    x, y = four_clouds()
    plot.regions(
        {"a": lambda points: points @ np.ones((2, 4)), "b": lambda points: points[:, [0, 1, 0, 1]]}, x, y, "t"
    )
    axes = figure().axes
    assert [axis.get_title() for axis in axes] == ["a", "b"]
    assert sum(len(dots.get_offsets()) for dots in axes[0].collections) == 40


def test_the_curves_keep_the_course_s_colours(figure):
    record = {
        "train_loss": [2.0, 1.0],
        "valid_loss": [2.1, 1.5],
        "train_acc": [0.2, 0.9],
        "valid_acc": [0.1, 0.8],
    }
    plot.history(record, "t", chance=np.log(4))
    lines = figure().axes[0].lines
    assert [line.get_color() for line in lines[:2]] == ["tab:blue", "tab:orange"]
    assert lines[2].get_linestyle() == "--"


def test_the_raster_crosses_out_repeated_rows_and_greys_missing_ones(figure):
    plot.batch_raster(
        {"good": [np.array([1, 0]), np.array([2])], "bad": [np.array([0, 0]), np.array([2])]}, rows=3
    )
    good, bad = figure().axes
    assert [len(drawn.get_offsets()) for drawn in good.collections[1:]] == [3, 0]
    assert [len(drawn.get_offsets()) for drawn in bad.collections[1:]] == [1, 2]
    assert len(bad.collections[0].get_segments()) == 1


def test_wrong_gradients_are_red_dots(figure):
    right, wrong = np.ones((2, 3)), np.full((2, 3), 2.0)
    plot.gradient_dots({"mine": {"W": (right, right), "b": (wrong, right)}})
    colours = [tuple(np.round(dots.get_facecolor()[0][:3], 1)) for dots in figure().axes[0].collections]
    assert colours[0] != colours[1]


def test_the_other_figures_draw(figure):
    plot.softmax_bars(np.zeros((2, 3)), np.full((2, 3), 1 / 3), target=1)
    assert len(figure().axes) == 2
    plot.plt.close("all")
    plot.spreads({"small": (np.linspace(-1, 1, 50), 1.0)})
    assert figure().axes[0].get_xlabel() == "weight"
    plot.plt.close("all")
    plot.gradient_maps(np.ones((2, 3)), np.zeros((2, 3)), "t")
    assert [text.get_text() for text in figure().axes[2].texts] == ["1"] * 6
    plot.plt.close("all")
    plot.curves({"a": [3.0, 2.0], "b": [2.0, 1.0]}, "t", "loss")
    assert figure().axes[0].get_yscale() == "log"


@pytest.mark.usefixtures("figure")
@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (
            lambda: plot.regions({"a": lambda points: points}, *four_clouds(), "t"),
            r"\(14400, 2\); expected \(14400, 4\)",
        ),
        (lambda: plot.regions({}, *four_clouds(), "t"), "0 panels"),
        (lambda: plot.regions({"a": len}, np.zeros((3, 5)), np.eye(3), "t"), r"x has shape \(3, 5\)"),
        (
            lambda: plot.regions({"a": len}, np.zeros((5, 2)), np.eye(5), "t"),
            r"y has shape \(5, 5\): at most 4",
        ),
        (lambda: plot.softmax_bars([[1.0, 2.0]], [[np.nan, 1.0]], 0), r"probs, shape \(1, 2\), holds nan"),
        (lambda: plot.gradient_maps(np.ones((2, 3)), np.ones((3, 2)), "t"), r"numeric has shape \(3, 2\)"),
        (lambda: plot.batch_raster({"a": [np.array([5])]}, rows=3), "'a' has row 5"),
        (lambda: plot.curves({"a": [1.0, np.nan]}, "t", "loss"), r"a, shape \(2,\), holds nan"),
    ],
)
def test_bad_input_to_a_figure_is_named_with_its_shape(draw, words):
    with pytest.raises(ValueError, match=words):
        draw()
