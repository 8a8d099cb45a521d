"""Independent references for the hidden checks, in float64.

Written as plain loops over scalars, or as the textbook formula, and never as the solution cells are: a
mistake there must not be repeated here. `tests/test_oracles.py` holds them against finite differences.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np


def sigmoid(x: Any) -> np.ndarray:
    """1 / (1 + exp(-x)), element by element, for any shape and any finite x."""
    x = np.asarray(x, dtype=float)
    return np.array([_sigmoid(value) for value in x.ravel().tolist()]).reshape(x.shape)


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def softmax(x: Any) -> np.ndarray:
    """exp(x_ij) / sum_k exp(x_ik) for x of shape (N, C): p_ij = 1 / sum_k exp(x_ik - x_ij)."""
    x = np.asarray(x, dtype=float)
    return np.array(
        [[1 / math.fsum(_exp(other - own) for other in row) for own in row] for row in x.tolist()]
    )


def _exp(x: float) -> float:
    return math.exp(x) if x < 700 else math.inf


def cross_entropy(y: Any, probs: Any) -> float:
    """The sum over rows of -log(probability of the row's class), for one-hot y (N, C) and probs (N, C).

    Infinite where such a probability is 0.
    """
    rows = zip(np.asarray(y).tolist(), np.asarray(probs).tolist(), strict=True)
    own = [probabilities[labels.index(max(labels))] for labels, probabilities in rows]
    return math.fsum(-math.log(p) for p in own) if min(own) > 0 else math.inf


def accuracy(y: Any, probs: Any) -> float:
    """The fraction of rows whose largest probability is at the one in y."""
    rows = list(zip(np.asarray(y).tolist(), np.asarray(probs).tolist(), strict=True))
    return sum(labels[row.index(max(row))] == 1 for labels, row in rows) / len(rows)


def affine(X: Any, W: Any, b: Any) -> np.ndarray:
    """X W + b for X (N, D), W (D, H) and b (H,). Raises MemoryError above 50 million numbers.

    It is lent to student code, which chooses the sizes.
    """
    if np.shape(X)[0] * np.shape(W)[-1] > 50_000_000:
        raise MemoryError("X W is larger than any exercise's")
    return np.einsum("nd,dh->nh", X, W) + np.asarray(b)[np.newaxis, :]


def affine_gradients(
    X: np.ndarray, W: np.ndarray, upstream: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients of sum(upstream * (X W + b)) for X, W and b, summed over the rows.

    `upstream` (N, H) is the gradient at the pre-activation. Returns (grad_X, grad_W, grad_b).
    """
    grad_W, grad_b = np.zeros(W.shape), np.zeros(W.shape[1])
    for row, gradient in zip(X, upstream, strict=True):
        grad_W += np.outer(row, gradient)
        grad_b += gradient
    return np.array([W @ gradient for gradient in upstream]), grad_W, grad_b


def numerical_gradient(
    function: Callable[[np.ndarray], float], at: np.ndarray, eps: float = 1e-5
) -> np.ndarray:
    """Central differences of a scalar function, one element at a time; `at` is not changed."""
    gradient = np.zeros(at.shape)
    for index in np.ndindex(at.shape):
        step = np.zeros(at.shape)
        step[index] = eps
        gradient[index] = (function(at + step) - function(at - step)) / (2 * eps)
    return gradient


def xavier_limit(in_size: int, out_size: int) -> float:
    """Half the width of Glorot and Bengio's uniform distribution (2010, equation 16)."""
    return math.sqrt(6) / math.sqrt(in_size + out_size)


# The functions that the fully connected notebook asks for, on any `params` with items: a dict, or a Remote.


def initialize_weights(
    in_size: int, out_size: int, params: Any, name: str = "", rng: Any = np.random
) -> None:
    """Store uniform `W` (in, out) and zero `b` (out,) under their names; `rng` has `uniform`."""
    limit = xavier_limit(in_size, out_size)
    params["W" + name] = rng.uniform(-limit, limit, (in_size, out_size))
    params["b" + name] = np.zeros(out_size)


def forward(
    X: np.ndarray, params: Any, name: str = "", activation: Callable[..., Any] = sigmoid
) -> np.ndarray:
    """activation(X W + b), and the cache (X, pre_act, post_act)."""
    pre_act = affine(X, params["W" + name], params["b" + name])
    post_act = activation(pre_act)
    params["cache_" + name] = (X, pre_act, post_act)
    return post_act


def sigmoid_deriv(post_act: np.ndarray) -> np.ndarray:
    """The sigmoid's slope where its value is `post_act`."""
    return post_act - post_act * post_act


def compute_loss_and_acc(y: np.ndarray, probs: np.ndarray) -> tuple[float, float]:
    """(cross entropy summed over the rows, accuracy)."""
    return cross_entropy(y, probs), accuracy(y, probs)


def backwards(
    delta: np.ndarray, params: Any, name: str = "", activation_deriv: Callable[..., Any] = sigmoid_deriv
) -> np.ndarray:
    """The gradient for X; stores the summed `grad_W` and `grad_b` of the layer."""
    X, _, post_act = params["cache_" + name]
    gradients = affine_gradients(X, params["W" + name], delta * activation_deriv(post_act))
    grad_X, params["grad_W" + name], params["grad_b" + name] = gradients
    return grad_X


def get_random_batches(
    x: np.ndarray, y: np.ndarray, batch_size: int, rng: Any = np.random
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Pairs of at most `batch_size` rows in a fresh order; `rng` has `permutation`."""
    order = rng.permutation(len(x))
    parts = [order[start : start + batch_size] for start in range(0, len(x), batch_size)]
    return [(x[part], y[part]) for part in parts]
