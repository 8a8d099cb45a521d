"""Mistakes in the steps of one layer and in the loss."""

from __future__ import annotations

import numpy as np

from .. import misconception
from ._fourier import NeuralNetwork, mistake

right = NeuralNetwork

# --- linear


@mistake("linear", "linear", "Your linear leaves out the bias: X @ W + b.")
def bias_left_out(self, W, X, b):
    return X @ W


@mistake(
    "linear", "linear_grad", "Your de_db is an average over the rows. The loss averages already: sum here."
)
def db_averaged(self, W, X, de_dz):
    return X.T @ de_dz, de_dz.mean(axis=0), de_dz @ W.T


@mistake(
    "linear",
    "linear_grad",
    "Your de_dw is divided by the number of rows. The loss averages already: sum here.",
)
def dw_averaged(self, W, X, de_dz):
    return X.T @ de_dz / len(X), de_dz.sum(axis=0), de_dz @ W.T


@mistake(
    "linear",
    "linear_grad",
    "Both of your parameter gradients are divided by the rows. The loss averages already.",
)
def both_averaged(self, W, X, de_dz):
    return X.T @ de_dz / len(X), de_dz.mean(axis=0), de_dz @ W.T


@mistake(
    "linear",
    "linear_grad",
    "Your de_db has shape (1, H); after the update b has it, too. Sum without keepdims: (H,).",
)
def db_is_a_row(self, W, X, de_dz):
    return X.T @ de_dz, de_dz.sum(axis=0, keepdims=True), de_dz @ W.T


@mistake("linear", "linear_grad", "Your de_db is de_dz itself. b acts on every row: sum over axis 0.")
def db_not_summed(self, W, X, de_dz):
    return X.T @ de_dz, de_dz, de_dz @ W.T


@mistake("linear", "linear_grad", "Your de_db sums over the columns. Sum over the rows: axis 0.")
def db_over_columns(self, W, X, de_dz):
    return X.T @ de_dz, de_dz.sum(axis=1), de_dz @ W.T


@mistake(
    "linear", "linear_grad", "Your de_dw is transposed. It must have the shape of W, (in, out): X.T @ de_dz."
)
def dw_transposed(self, W, X, de_dz):
    return de_dz.T @ X, de_dz.sum(axis=0), de_dz @ W.T


@mistake("linear", "linear_grad", "Your gradients come in another order. It is de_dw, de_db, de_dx.")
def gradient_of_X_first(self, W, X, de_dz):
    return de_dz @ W.T, X.T @ de_dz, de_dz.sum(axis=0)


@mistake(
    "linear", "linear_grad", "Your de_dx is divided by the number of rows. No row of X acts on any other row."
)
def dx_averaged(self, W, X, de_dz):
    return X.T @ de_dz, de_dz.sum(axis=0), de_dz @ W.T / len(X)


@mistake(
    "linear",
    "linear_grad",
    "Your de_dx takes W as it is: de_dz @ W.T has the shape of X.",
    crashes_at=r"\bW\b",
)
def w_not_transposed(self, W, X, de_dz):
    return X.T @ de_dz, de_dz.sum(axis=0), de_dz @ W


@mistake(
    "linear",
    "linear",
    "Your linear takes samples as columns. Here they are rows: X @ W + b.",
    crashes_at=r"\bW\b",
)
def samples_in_columns(self, W, X, b):
    return W @ X + b


@mistake(
    "linear",
    "linear_grad",
    "Your de_db is one number. Sum over the rows only, axis 0: one number for each b.",
)
def db_is_one_number(self, W, X, de_dz):
    return X.T @ de_dz, de_dz.sum(), de_dz @ W.T


@mistake(
    "linear",
    "linear_grad",
    "Your de_db does not contain de_dz. By the chain rule it is its sum over the rows.",
)
def db_without_de_dz(self, W, X, de_dz):
    return X.T @ de_dz, np.ones(de_dz.shape[1]), de_dz @ W.T


@mistake("linear", "linear_grad", "Your linear_grad changes de_dz, which is the caller's. Make a new array.")
def de_dz_changed(self, W, X, de_dz):
    found = X.T @ de_dz, de_dz.sum(axis=0), de_dz @ W.T
    de_dz /= len(X)
    return found


# --- relu


@mistake("relu", "relu", "Your relu takes the absolute value. Negative inputs give 0.")
def absolute_value(self, X):
    return np.abs(X)


@mistake(
    "relu",
    "relu",
    "Your relu lets some of a negative input pass: that is the leaky one. Here it gives 0.",
    by_symptom=False,
)
def leaky(self, X):
    return np.where(X > 0, X, 0.01 * X)


@mistake("relu", "relu", "X[X < 0] = 0 changes the caller's array. Make a new one, as np.maximum does.")
def in_place(self, X):
    X[X < 0] = 0
    return X


@mistake("relu", "relu_grad", "At exactly 0 your slope is 1. No gradient passes there: X > 0, not X >= 0.")
def slope_one_at_zero(self, X):
    return (X >= 0).astype(X.dtype)


@mistake("relu", "relu_grad", "Your relu_grad is relu itself. The slope is 1 above zero, whatever the input.")
def slope_is_relu(self, X):
    return np.maximum(X, 0)


@mistake("relu", "relu_grad", "Your slope is 1 everywhere: below zero no gradient passes.")
def slope_one_everywhere(self, X):
    return np.ones_like(X)


@mistake("relu", "relu_grad", "Your slope is -1 below zero. It is 0 there.")
def slope_is_the_sign(self, X):
    return np.sign(X)


@mistake(
    "relu", "relu_grad", "X[X > 0] = 1 changes the caller's array, which backward may need. Make a new one."
)
def slope_in_place(self, X):
    X[X > 0] = 1
    X[X <= 0] = 0
    return X


@mistake(
    "relu",
    "relu",
    "np.max(0, X) takes X for an axis. Element by element it is np.maximum.",
    crashes_at=r"\bmax\(|ufunc\.reduce",
)
def max_for_maximum(self, X):
    return np.max(0, X)


@misconception(
    "fourier_features.relu",
    "An `if` asks one number, X is an array. Use np.maximum and X > 0.",
    replaces="NeuralNetwork",
    by_symptom=True,
    crashes_at=r"\bif\b",
    variants=[{"methods": ("relu",)}, {"methods": ("relu_grad",)}],
)
def if_on_an_array(*args, methods=("relu", "relu_grad")):
    def asked(self, X):
        return X if X > 0 else 0

    return type("NeuralNetwork", (NeuralNetwork,), dict.fromkeys(methods, asked))(*args)


@mistake("relu", "relu_grad", "Your slope is 0 above zero and 1 below: the other way round.")
def slope_inverted(self, X):
    return np.where(X > 0, 0.0, 1.0)


# --- sigmoid


@mistake("sigmoid", "sigmoid", "The exponent lacks its minus: 1 / (1 + exp(-x)).")
def minus_forgotten(self, x):
    return 1 / (1 + np.exp(x))


@mistake("sigmoid", "sigmoid", "exp(x) / (1 + exp(x)) is infinity / infinity for large x: nan.")
def overflows(self, x):
    return np.exp(x) / (1 + np.exp(x))


@mistake("sigmoid", "sigmoid", "Your sigmoid is tanh, from -1 to 1. Colours go from 0 to 1.")
def tanh(self, x):
    return np.tanh(x)


@mistake(
    "sigmoid",
    "sigmoid_grad",
    "Your sigmoid_grad is x (1 - x), right for the activation. It gets the input: take the sigmoid of that first.",
)
def slope_of_the_activation(self, X):
    return X * (1 - X)


@mistake(
    "sigmoid", "sigmoid_grad", "Your sigmoid_grad takes the sigmoid twice. p = sigmoid(X), then p (1 - p)."
)
def sigmoid_twice(self, X):
    return right.sigmoid_grad(self, self.sigmoid(X))


@mistake("sigmoid", "sigmoid_grad", "Your slope is 1 - p. The factor p is missing: p (1 - p).")
def factor_p_missing(self, X):
    return 1 - self.sigmoid(X)


@mistake("sigmoid", "sigmoid_grad", "Your slope is p. The factor 1 - p is missing: p (1 - p).")
def factor_one_minus_p_missing(self, X):
    return self.sigmoid(X)


@mistake("sigmoid", "sigmoid_grad", "1 - p**2 is the slope of tanh. The sigmoid's is p (1 - p).")
def slope_of_tanh(self, X):
    return 1 - self.sigmoid(X) ** 2


@mistake("sigmoid", "sigmoid_grad", "Your slope has the wrong sign: the sigmoid rises. p (1 - p).")
def slope_negative(self, X):
    return -right.sigmoid_grad(self, X)


@mistake(
    "sigmoid",
    "sigmoid",
    "You cut the input off at 5 or so, where the sigmoid is not yet flat. Cut at 30 or later, or use tanh.",
    by_symptom=False,
)
def tails_cut_off(self, x):
    return right.sigmoid(self, np.clip(x, -5, 5))


# --- mse


@mistake(
    "mse", "mse", "Your loss is a sum over the channels and a mean over the rows. Average over both: np.mean."
)
def loss_summed_over_channels(self, y, p):
    return np.sum((y - p) ** 2) / len(y)


@mistake("mse", "mse", "Your loss is a sum over all entries. Take the mean.")
def loss_is_a_sum(self, y, p):
    return np.sum((y - p) ** 2)


@mistake(
    "mse",
    "mse",
    "Your loss is an array: the mean over the rows alone. It is one number, the mean of all entries.",
)
def loss_for_each_channel(self, y, p):
    return np.mean((y - p) ** 2, axis=0)


@mistake("mse", "mse", "Your loss is a root. The mean squared error has none.")
def loss_with_a_root(self, y, p):
    return np.sqrt(np.mean((y - p) ** 2))


@mistake("mse", "mse", "Your loss takes absolute differences. Square them.")
def loss_of_absolute_errors(self, y, p):
    return np.mean(np.abs(y - p))


@mistake(
    "mse", "mse", "Your loss has the factor 1/2, but its gradients do not. Use it everywhere or nowhere."
)
def half_in_the_loss_only(self, y, p):
    return 0.5 * np.mean((y - p) ** 2)


@mistake(
    "mse", "mse_grad", "Your gradients lack the 2 of the square's derivative, though the loss has no 1/2."
)
def two_forgotten(self, y, p):
    return (p - y) / y.size


@mistake(
    "mse", "mse_grad", "Your mse_grad is divided by the rows only. The mean is over N*C entries: y.size."
)
def divided_by_rows(self, y, p):
    return 2 * (p - y) / len(y)


@mistake("mse", "mse_grad", "Your mse_grad is not divided by anything. The loss is a mean over N*C entries.")
def not_divided(self, y, p):
    return 2 * (p - y)


@mistake(
    "mse", "mse_grad", "Your mse_grad is the derivative for y, minus the one for p: descent would go uphill."
)
def derivative_for_y(self, y, p):
    return 2 * (y - p) / y.size


@mistake("mse", "mse_sigmoid_grad", "Your mse_sigmoid_grad lacks the slope of the sigmoid, p (1 - p).")
def slope_left_out(self, y, p):
    return self.mse_grad(y, p)


@mistake(
    "mse",
    "mse_sigmoid_grad",
    "You take sigmoid_grad of p, the sigmoid's output, but it wants the input. The slope is p (1 - p).",
)
def slope_at_the_output(self, y, p):
    return self.mse_grad(y, p) * self.sigmoid_grad(p)


@mistake(
    "mse",
    "mse_sigmoid_grad",
    "Your mse_sigmoid_grad has another factor than mse_grad: twice, or half as much.",
)
def factor_differs_with_the_sigmoid(self, y, p):
    return (p - y) / y.size * p * (1 - p)


@mistake("mse", "mse_sigmoid_grad", "You take the sigmoid of p, which is the sigmoid's output already.")
def sigmoid_of_the_output(self, y, p):
    p = self.sigmoid(p)
    return self.mse_grad(y, p) * p * (1 - p)


@mistake(
    "mse",
    "mse_grad",
    "Your mse_grad is one number. It has an entry for each entry of p: do not sum or average.",
)
def gradient_averaged(self, y, p):
    return np.mean(2 * (p - y))
