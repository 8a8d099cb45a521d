"""Evidence for thresholds: what the reference and wrong solutions reach is measured, not typed."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import CHECKOUT

from autograder.checks import CheckFailed, thresholds
from autograder.course import Course
from autograder.errors import CourseError, GraderError
from autograder.pipeline.calibrate import Job, Threshold, _measure, plot, table, verdict, write_limits
from autograder.solutions.corpus import Solution, load


@pytest.fixture
def threshold() -> Threshold:
    wrong = {"near": [2.5, float("nan"), 2.1], "far": [9.0], "diverged": [float("nan")]}
    right = list(np.random.default_rng(0).normal(1, 0.1, size=40))
    unusual = {"usual": [1.0, 1.1], "slower": [0.9, 1.7]}
    return Threshold("a.b", "learns", "loss", 2.0, True, "loss_at_most", right, unusual, wrong)


def test_the_reference_is_measured_where_a_check_has_a_threshold():
    ((check, item),) = _measure(Job("backprop.train_network", None, 3, CHECKOUT))
    assert check == "learns_four_clouds"
    assert 0 < item.value < item.limit
    assert _measure(Job("backprop.softmax", None, 3, CHECKOUT)) == []


def test_a_solution_that_does_not_define_its_function_is_not_measured_as_the_reference():
    cut = {"exercise": "backprop.train_network", "name": "cut", "expects": None, "why": "", "source": "1 / 0"}
    assert _measure(Job("backprop.train_network", Solution(kind="wrong", **cut), 3, CHECKOUT)) == []
    with pytest.raises(GraderError, match="cut, called right: ZeroDivisionError"):
        _measure(Job("backprop.train_network", Solution(kind="right", **cut), 3, CHECKOUT))


def test_what_a_solution_prints_is_dropped(capfd):
    (solution,) = (item for item in load("backprop") if item.name == "recomputed_with_helpers")
    loud = replace(solution, source="print('heard')\n" + solution.source)
    assert _measure(Job(loud.exercise, loud, 3, CHECKOUT))
    assert capfd.readouterr().out == ""


def test_values_are_kept_by_the_kind_of_their_solution(threshold):
    for kind, values in (("right", threshold.unusual), ("wrong", threshold.wrong)):
        threshold.values_of(Solution("a.b", kind, "odd", None, "", "")).append(3.0)
        assert values["odd"] == [3.0]
    threshold.values_of(None).append(4.0)
    assert threshold.right[-1] == 4.0
    assert threshold.furthest_right() == ("odd", 3.0)


def test_the_failure_rate_comes_from_the_spread_and_the_nearest_others_are_named(threshold):
    assert threshold.failure < 1e-9
    assert threshold.nearest_stopped() == ("near", 2.1)
    assert "| ≤ 2 |" in table([threshold])
    assert "| `slower` 1.7 | `near` 2.1 | 0 |" in table([threshold])
    threshold.limit, threshold.unusual = 2.3, {}  # near passes once: another check has to stop it
    assert threshold.nearest_stopped() == ("far", 9.0)
    assert "| none | `far` 9 | 1 |" in table([threshold])


def test_few_runs_are_little_evidence():
    few = Threshold("a.b", "learns", "loss", 2.0, True, right=[0.9, 1.0, 1.1])
    assert 0.003 < few.failure < 0.03


@pytest.mark.parametrize("at_most", [True, False])
def test_a_picked_limit_fails_one_right_answer_in_ten_thousand(threshold, at_most):
    threshold.at_most = at_most
    threshold.limit = threshold.picked()
    assert 1e-5 < threshold.failure <= 1e-4
    assert (threshold.limit > 1) is at_most


def test_picked_limits_go_into_the_table_and_comments_stay(tmp_path, threshold):
    folder = tmp_path / "assignments" / "one"
    folder.mkdir(parents=True)
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    text = (
        'title = "One"\npoints = 1\nenvironment = "numpy"\nextra_credit = ["more"]\n'
        "[dates]\nrelease = 2027-01-01T00:00:00Z\ndue = 2027-01-02T00:00:00Z\n"
        "[thresholds]\n# measured\nloss_at_most = 2.0  # of 40 rows\nother = 1\n"
    )
    (folder / "assignment.toml").write_text(text)
    assignment = Course(tmp_path).assignment("one")
    assert assignment.thresholds == {"loss_at_most": 2.0, "other": 1.0}
    assert assignment.extra_credit == ("more",)
    changed = write_limits(assignment, [threshold])
    assert changed == {"loss_at_most": threshold.picked()}
    fresh = (folder / "assignment.toml").read_text()
    assert fresh == text.replace("2.0  #", f"{threshold.picked():g}  #")
    threshold.name = "unknown"
    with pytest.raises(CourseError, match="0 lines `unknown"):
        write_limits(assignment, [threshold])


def test_a_limit_is_looked_up_by_name_and_measured_with_it():
    with thresholds.using({"one": {"loss_at_most": 2.0}}):
        limit = thresholds.limit("one", "loss_at_most")
        with thresholds.recorded() as seen:
            thresholds.at_most(1.0, limit, "loss", "loss too high")
            with pytest.raises(CheckFailed, match="loss too high"):
                thresholds.at_most(float("nan"), limit, "loss", "loss too high")
        assert [item.name for item in seen] == ["loss_at_most", "loss_at_most"]
        with pytest.raises(GraderError, match="no 'typo' in its table"):
            thresholds.limit("one", "typo")


def test_the_plot_has_a_row_for_each_threshold(tmp_path, threshold):
    plot([threshold, threshold], tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")


def test_the_page_says_which_limits_miss_the_promise(threshold):
    close = Threshold("a.b", "learns", "accuracy", 0.9, False, right=[0.93, 0.95, 0.97])
    constant = Threshold("a.b", "learns", "misses", 1.0, True, right=[0.0, 0.0])
    assert verdict([threshold]).startswith("Each limit lets fewer than one right answer in a thousand fail")
    told = verdict([threshold, close, constant])
    assert told.startswith("By these limits more than one right answer in a thousand fails")
    assert "says: `a.b` accuracy. The" in told
    assert told.endswith("fitted: `a.b` misses.")
