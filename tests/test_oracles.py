"""The oracles agree with finite differences, with extended precision, and with what the formulas promise."""

import numpy as np
import pytest

from autograder import oracles

rng = np.random.default_rng(0)


def test_sigmoid_agrees_with_extended_precision_and_keeps_any_shape():
    x = rng.normal(scale=5, size=(2, 3, 4))
    exact = 1 / (1 + np.exp(-x.astype(np.longdouble)))
    assert oracles.sigmoid(x).shape == x.shape
    assert np.allclose(oracles.sigmoid(x), exact.astype(float), rtol=1e-14)


def test_sigmoid_and_softmax_stay_finite_at_extremes():
    assert oracles.sigmoid([-1000.0, 1000.0]).tolist() == [0, 1]
    probs = oracles.softmax([[0.0, 0.0], [2000.0, 0.0], [-1e4, -1e4]])
    assert probs.tolist() == [[0.5, 0.5], [1, 0], [0.5, 0.5]]


def test_softmax_rows_sum_to_one_and_do_not_move_with_a_shift():
    x = rng.normal(size=(5, 3))
    assert np.allclose(oracles.softmax(x).sum(axis=1), 1, rtol=1e-14)
    assert np.allclose(oracles.softmax(x), oracles.softmax(x + 7), rtol=1e-13)


def test_cross_entropy_has_the_gradient_probs_minus_y():
    logits, y = rng.normal(size=(4, 3)), np.eye(3)[[0, 2, 1, 1]]
    numeric = oracles.numerical_gradient(lambda z: oracles.cross_entropy(y, oracles.softmax(z)), logits)
    assert np.allclose(numeric, oracles.softmax(logits) - y, atol=1e-8)


def test_cross_entropy_ignores_zeros_of_wrong_classes():
    assert oracles.cross_entropy(np.eye(2), np.eye(2)) == 0


def test_accuracy_counts_the_rows_whose_largest_probability_is_right():
    y = np.eye(3)[[0, 1, 2, 0]]
    probs = np.array([[0.5, 0.3, 0.2], [0.1, 0.8, 0.1], [0.6, 0.2, 0.2], [0.9, 0.1, 0.0]])
    assert oracles.accuracy(y, probs) == 0.75


@pytest.mark.parametrize("which", [0, 1, 2])
def test_affine_gradients_agree_with_finite_differences(which):
    inputs = [rng.normal(size=(5, 3)), rng.normal(size=(3, 4)), rng.normal(size=4)]
    upstream = rng.normal(size=(5, 4))

    def loss(value):
        return float(np.sum(upstream * oracles.affine(*inputs[:which], value, *inputs[which + 1 :])))

    gradient = oracles.affine_gradients(inputs[0], inputs[1], upstream)[which]
    assert np.allclose(gradient, oracles.numerical_gradient(loss, inputs[which]), atol=1e-8)


def test_sigmoid_deriv_is_the_slope_at_the_post_activation():
    x = rng.normal(size=6)
    numeric = (oracles.sigmoid(x + 1e-5) - oracles.sigmoid(x - 1e-5)) / 2e-5
    assert np.allclose(oracles.sigmoid_deriv(oracles.sigmoid(x)), numeric, atol=1e-9)


def test_numerical_gradient_leaves_its_argument():
    at = np.array([1.0, 2.0])
    assert np.allclose(oracles.numerical_gradient(lambda v: float(v @ v), at), [2, 4])
    assert at.tolist() == [1, 2]


def test_xavier_weights_have_the_variance_of_the_paper():
    params = {}
    oracles.initialize_weights(100, 300, params, "layer1", np.random.default_rng(1))
    assert params["Wlayer1"].var() == pytest.approx(2 / 400, rel=0.02)
    assert np.abs(params["Wlayer1"]).max() <= oracles.xavier_limit(100, 300)
    assert params["blayer1"].shape == (300,)


def test_two_layers_of_forward_and_backwards_agree_with_finite_differences():
    params, X, y = {}, rng.normal(size=(5, 3)), np.eye(2)[[0, 1, 1, 0, 1]]
    oracles.initialize_weights(3, 4, params, "layer1", rng)
    oracles.initialize_weights(4, 2, params, "output", rng)

    def run(W):
        hidden = oracles.forward(X, {**params, "Wlayer1": W}, "layer1")
        return oracles.cross_entropy(y, oracles.forward(hidden, params, "output", oracles.softmax))

    numeric = oracles.numerical_gradient(run, params["Wlayer1"])
    probs = oracles.forward(oracles.forward(X, params, "layer1"), params, "output", oracles.softmax)
    delta = oracles.backwards(probs - y, params, "output", np.ones_like)
    oracles.backwards(delta, params, "layer1")
    assert np.allclose(params["grad_Wlayer1"], numeric, atol=1e-8)


def test_batches_hold_every_row_once_with_its_label():
    x = np.arange(7.0).reshape(7, 1)
    batches = oracles.get_random_batches(x, x * 10, 3, rng)
    assert [len(xb) for xb, _ in batches] == [3, 3, 1]
    assert sorted(np.concatenate([xb for xb, _ in batches]).ravel()) == list(range(7))
    assert all(np.array_equal(yb, 10 * xb) for xb, yb in batches)
