"""Evidence for thresholds: what the reference and wrong solutions reach is measured, not typed."""

import pytest
from conftest import CHECKOUT

from autograder.pipeline.calibrate import Threshold, _measure, table


def test_the_reference_is_measured_where_a_check_has_a_threshold():
    ((exercise, check, name, item),) = _measure(("backprop.train_network", None, "", 3, CHECKOUT))
    assert (exercise, check, name) == ("backprop.train_network", "learns_four_clouds", "")
    assert 0 < item.value < item.limit
    assert _measure(("backprop.softmax", None, "", 3, CHECKOUT)) == []


def test_the_failure_rate_comes_from_the_spread_and_the_nearest_wrong_is_named():
    threshold = Threshold(
        "a.b", "learns", "loss", 2.0, True, [0.9, 1.0, 1.1], {"near": [2.5, 2.1], "far": [9.0]}
    )
    assert threshold.failure == pytest.approx(0, abs=1e-12)
    assert threshold.nearest_wrong() == ("near", 2.1)
    assert "| ≤ 2 | 1, 1.1, 3 |" in table([threshold])
