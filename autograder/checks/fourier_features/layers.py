"""Checks of the steps of one layer and of the loss: linear, relu, sigmoid, mse, each with its gradient."""

from __future__ import annotations

import numpy as np

from .. import Student, check, expect, fail_if, oracles
from ._fourier import call, expect_unchanged, factor_of, judge, plain, sigmoid, sigmoid_slope

# --- linear


@check("fourier_features.linear", hint="X @ W + b.")
def linear_is_affine(student, rng):
    """linear gives X W + b, for five rows and for one."""
    net = plain(student)
    for rows in (5, 1):
        W, X, b, _ = _layer(rng, rows)
        judge(call(student, net, "linear", W, X, b), oracles.affine(X, W, b), "z", {"no bias": X @ W})


@check(
    "fourier_features.linear",
    hint="X transposed times de_dz: added up over the rows, not averaged.",
    weight=2,
)
def gradient_for_W(student, rng):
    """de_dw has the shape of W and is summed over five rows."""
    _judge_linear_grad(student, rng, rows=5, names=("de_dw",))


@check("fourier_features.linear", hint="de_dz summed over axis 0: as many numbers as b has.", weight=2)
def gradient_for_b(student, rng):
    """de_db has shape (H,) and is the sum of de_dz over five rows."""
    _judge_linear_grad(student, rng, rows=5, names=("de_db",))


@check("fourier_features.linear", hint="de_dz times W transposed: a row for each row of X.")
def gradient_for_X(student, rng):
    """de_dx has the shape of X and is de_dz times W transposed."""
    _judge_linear_grad(student, rng, rows=5, names=("de_dx",))


@check("fourier_features.linear", hint="Keep the axes when the batch has one row.")
def gradients_of_one_row(student, rng):
    """A batch of one row has the same three gradients, in float32 as well."""
    _judge_linear_grad(student, rng, rows=1, names=_GRADIENTS)
    _judge_linear_grad(student, rng, rows=1, names=_GRADIENTS, dtype=np.float32)


@check("fourier_features.linear", hint="+= and -= write into the caller's arrays: make new ones.")
def linear_changes_no_argument(student, rng):
    """W, X, b and de_dz are the same after the calls."""
    net, (W, X, b, de_dz) = plain(student), _layer(rng, 4)
    judge(expect_unchanged(student, net, "linear", W, X, b), oracles.affine(X, W, b), "z")
    _three(expect_unchanged(student, net, "linear_grad", W, X, de_dz))


_GRADIENTS = ("de_dw", "de_db", "de_dx")


def _layer(rng, rows: int, dtype=float) -> tuple[np.ndarray, ...]:
    """W (3, 4), X (rows, 3), b (4,), de_dz (rows, 4)."""
    return tuple(rng.normal(size=size).astype(dtype) for size in ((3, 4), (rows, 3), 4, (rows, 4)))


def _three(value) -> dict:
    return dict(zip(_GRADIENTS, expect(value, "linear_grad").is_sequence(3), strict=True))


def _judge_linear_grad(student: Student, rng, rows: int, names: tuple[str, ...], dtype=float) -> None:
    W, X, _, de_dz = _layer(rng, rows, dtype)
    found = _three(call(student, plain(student), "linear_grad", W, X, de_dz))
    de_dx, de_dw, de_db = oracles.affine_gradients(X, W, de_dz)
    right = {"de_dw": de_dw, "de_db": de_db, "de_dx": de_dx}
    mistakes = {
        "de_dw": {"averaged over the rows": de_dw / rows, "in the place of de_dx": de_dx},
        "de_db": {"averaged over the rows": de_db / rows, "a row, not a vector": de_db[np.newaxis]},
        "de_dx": {"averaged over the rows": de_dx / rows, "in the place of de_dw": de_dw},
    }
    mistakes["de_db"] |= {
        "one number": de_dz.sum(),
        "ones": np.ones(4),
        "as many ones as rows": np.full(4, rows),
    }
    mistakes["de_db"] |= {"not summed over the rows": de_dz} if rows > 1 else {}
    mistakes["de_db"] |= {"summed over the columns": de_dz.sum(axis=1)} if rows > 1 else {}
    for name in names:
        judge(found[name], right[name], name, mistakes[name])


# --- relu


@check("fourier_features.relu", hint="Zero below zero, the input itself above.")
def relu_cuts_below_zero(student, rng):
    """relu keeps positive numbers and makes negative ones 0, for arrays with one, two and three axes."""
    net = plain(student)
    for X in (rng.normal(size=7), rng.normal(scale=3, size=(5, 4)), rng.normal(size=(2, 3, 2))):
        mistakes = {"negative numbers pass": X, "the absolute value": np.abs(X)}
        judge(call(student, net, "relu", X), X * (X > 0), "relu", mistakes)


@check(
    "fourier_features.relu",
    hint="1 where X > 0, else 0: the slope alone, not multiplied by anything.",
    weight=2,
)
def relu_grad_is_the_slope(student, rng):
    """relu_grad is 1 above zero and 0 below, with the shape of its input."""
    net = plain(student)
    for X in (rng.normal(scale=3, size=(5, 4)), rng.normal(size=6)):
        mistakes = {
            "1 below zero": (X <= 0) * 1.0,
            "relu itself": X * (X > 0),
            "1 everywhere": np.ones(X.shape),
            "the sign": np.sign(X),
        }
        judge(call(student, net, "relu_grad", X), np.where(X > 0, 1.0, 0.0), "relu_grad", mistakes)


@check("fourier_features.relu", hint="At exactly 0 no gradient passes: X > 0, not X >= 0.")
def relu_at_zero(student, rng):
    """At 0 both relu and its slope are 0."""
    net, X = plain(student), np.array([[0.0, -1.0, 2.0], [1.0, 0.0, -0.5]])
    judge(call(student, net, "relu", X), np.maximum(X, 0), "relu")
    mistakes = {"1 at zero": np.where(X >= 0, 1.0, 0.0), "1/2 at zero": (np.sign(X) + 1) / 2}
    judge(call(student, net, "relu_grad", X), np.where(X > 0, 1.0, 0.0), "relu_grad", mistakes)


@check("fourier_features.relu", hint="X[X < 0] = 0 writes into the caller's array: work on a new one.")
def relu_leaves_its_argument(student, rng):
    """X is the same after relu and relu_grad."""
    net, X = plain(student), rng.normal(size=(4, 3))
    for name in ("relu", "relu_grad"):
        expect(expect_unchanged(student, net, name, X), name).has_shape(4, 3)


# --- sigmoid


@check("fourier_features.sigmoid", hint="1 / (1 + exp(-x)).")
def sigmoid_values(student, rng):
    """sigmoid has its values, for arrays with one and two axes."""
    net = plain(student)
    for x in (rng.normal(scale=2, size=(5, 3)), rng.normal(scale=3, size=6)):
        mistakes = {"of minus x": sigmoid(-x), "tanh": np.tanh(x), "exp without a minus": 1 / (1 + np.exp(x))}
        judge(call(student, net, "sigmoid", x), sigmoid(x), "sigmoid", mistakes)


@check(
    "fourier_features.sigmoid",
    hint="sigmoid_grad gets the input X: take p = sigmoid(X) first, then p (1 - p).",
    weight=2,
)
def sigmoid_grad_of_the_input(student, rng):
    """sigmoid_grad is the slope at the input X."""
    net = plain(student)
    for X in (rng.normal(scale=2, size=(4, 3)), rng.normal(size=5)):
        mistakes = {
            "of the activation, not of the input": X * (1 - X),
            "sigmoid taken twice": sigmoid_slope(sigmoid(X)),
            "sigmoid itself": sigmoid(X),
            "one minus sigmoid": 1 - sigmoid(X),
            "one minus the square": 1 - sigmoid(X) ** 2,
            "wrong sign": -sigmoid_slope(X),
        }
        judge(call(student, net, "sigmoid_grad", X), sigmoid_slope(X), "sigmoid_grad", mistakes)


@check("fourier_features.sigmoid", hint="exp of a large number is infinite, and infinity / infinity is nan.")
def sigmoid_of_large_inputs(student, rng):
    """At ±1000 sigmoid is 0 or 1 and its slope 0, never nan; the argument stays unchanged."""
    net, x = plain(student), np.array([[-1000.0, 0.0], [1000.0, 40.0]])
    for name, right in (("sigmoid", sigmoid(x)), ("sigmoid_grad", sigmoid_slope(x))):
        judge(expect_unchanged(student, net, name, x), right, name)


# --- mse


@check("fourier_features.mse", hint="np.mean((y - p)**2): over the rows and over the channels.", weight=2)
def mse_is_a_mean(student, rng):
    """The loss is the mean of (y - p)**2 over all N*C entries; half of it is accepted."""
    for shape in ((5, 3), (1, 2), (4, 7)):
        _factor(student, *_pixels(rng, shape))


@check("fourier_features.mse", hint="The derivative for p: 2 (p - y) / (N C).", weight=2)
def mse_grad_is_for_the_prediction(student, rng):
    """mse_grad is the derivative of the mean for every entry of p; half of it is accepted."""
    for shape in ((5, 3), (1, 2)):
        y, p = _pixels(rng, shape)
        _gradient_factor(call(student, plain(student), "mse_grad", y, p), *_mse_grads(y, p), "mse_grad")


@check(
    "fourier_features.mse",
    hint="The chain rule: mse_grad times p (1 - p). p is the sigmoid's output already.",
    weight=2,
)
def mse_sigmoid_grad_is_for_the_net_input(student, rng):
    """mse_sigmoid_grad is the derivative for the sigmoid's input, p being its output."""
    for shape in ((5, 3), (1, 4)):
        y, p = _pixels(rng, shape)
        right, mistakes = _mse_grads(y, p)
        slope = p * (1 - p)
        mistakes = {symptom: wrong * slope for symptom, wrong in mistakes.items()}
        mistakes |= {
            "without the sigmoid's slope": right,
            "the slope at p, not at the sigmoid's input": right * sigmoid_slope(p),
            "the slope alone": slope,
            "of the sigmoid of p": 2 * (sigmoid(p) - y) / y.size * sigmoid_slope(p),
        }
        found = call(student, plain(student), "mse_sigmoid_grad", y, p)
        _gradient_factor(found, right * slope, mistakes, "mse_sigmoid_grad")


@check("fourier_features.mse", hint="With 1/2 in the loss, the 2 of its derivative is gone everywhere.")
def factor_is_consistent(student, rng):
    """mse, mse_grad and mse_sigmoid_grad agree on the factor, and leave y and p as they are."""
    y, p = _pixels(rng, (5, 3))
    net = plain(student)
    right = 2 * (p - y) / y.size
    found = expect_unchanged(student, net, "mse", y, p)
    factor = factor_of(found, np.mean((y - p) ** 2), "mse", _mse_mistakes(y, p))
    for name, gradient in (("mse_grad", right), ("mse_sigmoid_grad", right * p * (1 - p))):
        own = factor_of(expect_unchanged(student, net, name, y, p), gradient, name)
        fail_if(own != factor, f"{name}: {'half' if own < factor else 'twice'} the loss's derivative")


def _pixels(rng, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    return rng.uniform(size=shape), rng.uniform(0.05, 0.95, size=shape)


def _factor(student: Student, y: np.ndarray, p: np.ndarray) -> float:
    found = call(student, plain(student), "mse", y, p)
    expect(found, "mse").is_number()
    return factor_of(found, np.mean((y - p) ** 2), "mse", _mse_mistakes(y, p))


def _mse_mistakes(y: np.ndarray, p: np.ndarray) -> dict[str, float]:
    squares = (y - p) ** 2
    mistakes = {
        "summed over the channels": squares.sum() / len(y),
        "summed over the rows": squares.sum() / y.shape[1],
        "a sum, not a mean": squares.sum(),
        "the mean absolute error": np.abs(y - p).mean(),
        "the square root": np.sqrt(squares.mean()),
    }
    # With two channels or one row, half of a wrong sum is the right mean.
    return {symptom: wrong for symptom, wrong in mistakes.items() if y.shape[1] != 2 and len(y) > 2}


def _mse_grads(y: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    error, (rows, channels) = p - y, y.shape
    right = 2 * error / y.size
    mistakes = {
        "wrong sign: the derivative for y": -right,
        "divided by the rows only": 2 * error / rows,
        "divided by the channels only": 2 * error / channels,
        "not divided at all": 2 * error,
        "the size without the error": np.sign(error) / y.size,
    }
    return right, mistakes if rows > 2 else {}


def _gradient_factor(found, right: np.ndarray, mistakes: dict[str, np.ndarray], what: str) -> None:
    expect(found, what).has_shape(*right.shape)
    factor_of(found, right, what, mistakes)
