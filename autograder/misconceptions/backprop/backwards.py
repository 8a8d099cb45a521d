"""Mistakes in `backwards`, fully_connected.ipynb.

delta is (N, H), the gradient at the layer's output; all gradients of parameters are sums over the N rows.
"""

from __future__ import annotations

import numpy as np

from ... import oracles
from ...oracles import sigmoid_deriv
from .. import misconception


@misconception(
    "backprop.backwards",
    advice="You divide the gradients by the number of rows, but the loss is a sum over the rows, so its "
    "gradient is a sum too. With five rows yours is five times too small.",
)
def gradients_averaged(delta, params, name="", activation_deriv=sigmoid_deriv):
    X, delta = _through_activation(delta, params, name, activation_deriv)
    return _gradients(X, delta, params, name, grad_W=X.T @ delta / len(X), grad_b=delta.mean(axis=0))


@misconception(
    "backprop.backwards",
    advice="Your grad_b is a mean over the rows while grad_W is a sum. Both belong to the same summed loss.",
)
def bias_gradient_averaged(delta, params, name="", activation_deriv=sigmoid_deriv):
    X, delta = _through_activation(delta, params, name, activation_deriv)
    return _gradients(X, delta, params, name, grad_b=delta.mean(axis=0))


@misconception(
    "backprop.backwards",
    advice="The activation's derivative is missing: delta is the gradient at the layer's output, and the "
    "chain rule takes it to the pre-activation first. Such a network still trains, which hides the "
    "mistake.",
)
def derivative_forgotten(delta, params, name="", activation_deriv=sigmoid_deriv):
    return _gradients(params["cache_" + name][0], delta, params, name)


@misconception(
    "backprop.backwards",
    advice="You compute activation_deriv(delta). The slope depends on where the unit is, not on the "
    "gradient that arrives: pass it the post-activation from the cache and multiply.",
    variants=[{"times": np.multiply}],
)
def derivative_of_delta(
    delta, params, name="", activation_deriv=sigmoid_deriv, times=lambda delta, slope: slope
):
    slope = activation_deriv(delta)
    return _gradients(params["cache_" + name][0], times(delta, slope), params, name)


@misconception(
    "backprop.backwards",
    advice="You pass the pre-activation to activation_deriv. The given derivatives take the "
    "post-activation, the cache's last entry.",
)
def derivative_of_pre_activation(delta, params, name="", activation_deriv=sigmoid_deriv):
    X, pre_act, _ = params["cache_" + name]
    return _gradients(X, delta * activation_deriv(pre_act), params, name)


@misconception(
    "backprop.backwards",
    advice="You multiply by the activation's derivative twice. The chain rule has it once for each layer.",
)
def derivative_twice(delta, params, name="", activation_deriv=sigmoid_deriv):
    _, delta = _through_activation(delta, params, name, activation_deriv)
    return oracles.backwards(delta, params, name, activation_deriv)


@misconception(
    "backprop.backwards",
    advice="You always use the sigmoid's derivative. Call the activation_deriv that was passed.",
)
def derivative_ignored(delta, params, name="", activation_deriv=sigmoid_deriv):
    return oracles.backwards(delta, params, name)


@misconception(
    "backprop.backwards",
    advice="Your gradients are right, but delta *= ... has changed the caller's array. Make a new one.",
    by_symptom=True,
)
def delta_changed(delta, params, name="", activation_deriv=sigmoid_deriv):
    X, _, post_act = params["cache_" + name]
    delta *= activation_deriv(post_act)
    return _gradients(X, delta, params, name)


@misconception(
    "backprop.backwards",
    advice="Your grad_W is transposed. It has W's shape: one row for each input, one column for each unit.",
)
def weight_gradient_transposed(delta, params, name="", activation_deriv=sigmoid_deriv):
    X, delta = _through_activation(delta, params, name, activation_deriv)
    return _gradients(X, delta, params, name, grad_W=delta.T @ X)


@misconception(
    "backprop.backwards",
    advice="Your grad_b has one row for each sample. The bias is added to every row, so its gradient is the "
    "sum over the rows, of shape (out,).",
)
def bias_gradient_not_summed(delta, params, name="", activation_deriv=sigmoid_deriv):
    X, delta = _through_activation(delta, params, name, activation_deriv)
    return _gradients(X, delta, params, name, grad_b=delta)


@misconception(
    "backprop.backwards",
    advice="Your grad_b has two axes, (1, out). b has one, and after an update it would grow to two.",
)
def bias_gradient_with_two_axes(delta, params, name="", activation_deriv=sigmoid_deriv):
    X, delta = _through_activation(delta, params, name, activation_deriv)
    return _gradients(X, delta, params, name, grad_b=delta.sum(axis=0, keepdims=True))


@misconception(
    "backprop.backwards",
    advice="grad_W and grad_b are right, but the gradient that you return skips the activation: use the "
    "gradient at the pre-activation for it too.",
)
def activation_skipped_on_the_way_down(delta, params, name="", activation_deriv=sigmoid_deriv):
    oracles.backwards(delta, params, name, activation_deriv)
    return delta @ params["W" + name].T


@misconception(
    "backprop.backwards",
    advice="You return the gradient at the pre-activation. The layer below needs the one for X: it still "
    "has to pass through W.",
)
def weights_skipped_on_the_way_down(delta, params, name="", activation_deriv=sigmoid_deriv):
    oracles.backwards(delta, params, name, activation_deriv)
    return _through_activation(delta, params, name, activation_deriv)[1]


@misconception(
    "backprop.backwards",
    advice="Your grad_W holds a multiple of W besides the gradient: a regulariser from another homework. The "
    "loss here has none, so grad_W is its derivative alone.",
    variants=[{"reg_lambda": 1e-4}, {"reg_lambda": 1e-3}, {"reg_lambda": 0.1}, {"reg_lambda": 1.0}],
)
def regulariser_added(delta, params, name="", activation_deriv=sigmoid_deriv, reg_lambda=0.01):
    grad_X = oracles.backwards(delta, params, name, activation_deriv)
    params["grad_W" + name] = params["grad_W" + name] + reg_lambda * params["W" + name]
    return grad_X


@misconception(
    "backprop.backwards",
    advice="Your gradients have an axis for the rows. Here each is one sum over the batch, of the same shape "
    "as the parameter that it changes.",
    variants=[{"repeated": False}],
)
def gradients_for_each_row(delta, params, name="", activation_deriv=sigmoid_deriv, repeated=True):
    X, delta = _through_activation(delta, params, name, activation_deriv)
    rows = [(np.outer(x, d), d) for x, d in zip(X, delta, strict=True)]
    if repeated:
        rows = [(X.T @ delta, delta.sum(axis=0))] * len(X)
    grad_W, grad_b = map(np.stack, zip(*rows, strict=True))
    return _gradients(X, delta, params, name, grad_W, grad_b)


@misconception(
    "backprop.backwards",
    advice="Your gradients are those of the batch's last row: each row overwrites what the rows before it "
    "gave. Add them up.",
)
def last_row_alone(delta, params, name="", activation_deriv=sigmoid_deriv):
    X, delta = _through_activation(delta, params, name, activation_deriv)
    return _gradients(X, delta, params, name, X[-1:].T @ delta[-1:], delta[-1])


@misconception(
    "backprop.backwards",
    advice="The gradient for X needs W transposed: delta has a column for each unit, and W has its units in "
    "its columns too. Compare the shapes on both sides of your product.",
    crashes_at=r"""(@|dot\([^,]*,|matmul\([^,]*,) *(W|params\[['"]W['"] *\+ *name\])(?![\w.])""",
)
def weights_not_transposed(delta, params, name="", activation_deriv=sigmoid_deriv):
    oracles.backwards(delta, params, name, activation_deriv)
    return _through_activation(delta, params, name, activation_deriv)[1] @ params["W" + name]


@misconception(
    "backprop.backwards",
    advice="grad_W needs X transposed: it has a row for each input and adds up over the samples, which are X's "
    "rows. Compare the shapes on both sides of your product.",
    crashes_at=r"\bX *@|dot\( *X *,|matmul\( *X *,",
)
def input_not_transposed(delta, params, name="", activation_deriv=sigmoid_deriv):
    X, delta = _through_activation(delta, params, name, activation_deriv)
    return _gradients(X, delta, params, name, grad_W=X @ delta)


@misconception(
    "backprop.backwards",
    advice="You add to the gradients of the call before, so they grow from batch to batch. Each call stores "
    "those of its own batch in their place.",
)
def gradients_accumulated(delta, params, name="", activation_deriv=sigmoid_deriv):
    before = {key: params[key] for key in ("grad_W" + name, "grad_b" + name) if key in params}
    grad_X = oracles.backwards(delta, params, name, activation_deriv)
    for key, gradient in before.items():
        params[key] = params[key] + gradient
    return grad_X


@misconception(
    "backprop.backwards",
    advice="W is not the same after the call: you take the step of gradient descent in here. backwards stores "
    "gradients; the training loop changes parameters when all layers are done.",
    by_symptom=True,
    variants=[{"early": False}],
)
def parameters_changed(delta, params, name="", activation_deriv=sigmoid_deriv, early=True):
    grad_X = oracles.backwards(delta, params, name, activation_deriv)
    params["W" + name] = params["W" + name] - 1e-3 * params["grad_W" + name]
    params["b" + name] = params["b" + name] - 1e-3 * params["grad_b" + name]
    _, delta = _through_activation(delta, params, name, activation_deriv)
    return delta @ params["W" + name].T if early else grad_X


def _through_activation(delta, params, name, activation_deriv):
    X, _, post_act = params["cache_" + name]
    return X, delta * activation_deriv(post_act)


def _gradients(X, delta, params, name, grad_W=None, grad_b=None):
    params["grad_W" + name] = X.T @ delta if grad_W is None else grad_W
    params["grad_b" + name] = delta.sum(axis=0) if grad_b is None else grad_b
    return delta @ params["W" + name].T
