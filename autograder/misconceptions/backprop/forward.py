"""Mistakes in `sigmoid` and `forward`, fully_connected.ipynb. X is (N, D), W (D, H), b (H,)."""

from __future__ import annotations

import math

import numpy as np

from ... import oracles
from ...oracles import sigmoid
from .. import misconception


@misconception(
    "backprop.sigmoid",
    advice="The minus sign in the exponent is missing: your curve falls where the sigmoid rises.",
)
def sigmoid_without_minus(x):
    return 1 / (1 + np.exp(x))


@misconception(
    "backprop.sigmoid",
    advice="exp(x) / (1 + exp(x)) is the sigmoid on paper, but for large x it is inf / inf, which is nan. "
    "Find a form whose exponent is never large and positive.",
)
def infinity_over_infinity(x):
    return np.exp(x) / (1 + np.exp(x))


@misconception(
    "backprop.sigmoid",
    advice="You compute tanh, which lies between -1 and 1. The sigmoid lies between 0 and 1: sigmoid(0) is "
    "0.5.",
)
def tanh_for_sigmoid(x):
    return np.tanh(x)


@misconception(
    "backprop.sigmoid",
    advice="You return the sigmoid's slope, s (1 - s), which is largest at 0. Return the sigmoid itself.",
)
def slope_for_sigmoid(x):
    return sigmoid(x) * (1 - sigmoid(x))


@misconception(
    "backprop.sigmoid",
    advice="Your result has the type of the input, so whole numbers in give only zeros and ones out. Make "
    "the result array float, whatever x is.",
)
def whole_numbers_cut_off(x):
    result = np.zeros_like(x)
    result[...] = sigmoid(x)
    return result


@misconception(
    "backprop.sigmoid",
    advice="You write the result into x itself, so the caller's array is lost. The pre-activation is needed "
    "later.",
    by_symptom=True,
)
def sigmoid_in_place(x):
    if x.dtype.kind != "f":
        return sigmoid(x)
    x[...] = sigmoid(x)
    return x


@misconception(
    "backprop.sigmoid",
    advice="Your values are right, but on the way exp overflows: for large negative x its argument is large "
    "and positive. Choose a form in which exp sees no positive argument.",
    by_symptom=True,
)
def exp_overflows(x):
    return 1 / (1 + np.exp(-x))


@misconception(
    "backprop.sigmoid",
    advice="Your curve is twice as steep as the sigmoid: it is the sigmoid of 2 x. That is what (1 + tanh(x)) "
    "/ 2 gives, so tanh needs half of x.",
)
def twice_as_steep(x):
    return sigmoid(2 * np.asarray(x))


@misconception(
    "backprop.sigmoid",
    advice="Your function works on matrices alone. A sigmoid takes any number of axes: let NumPy work element "
    "by element instead of looping over rows and columns.",
    variants=[{"refuse": ValueError}],
)
def matrices_only(x, refuse=IndexError):
    if x.ndim != 2:
        raise refuse
    return sigmoid(x)


@misconception(
    "backprop.sigmoid",
    advice="You clip x so tightly that the tails are cut off: your sigmoid never comes near 0 or 1. A bound "
    "against overflow can lie in the hundreds.",
    variants=[{"bound": bound} for bound in (4, 6, 8, 10, 15)],
)
def tails_cut_off(x, bound=5):
    return sigmoid(np.clip(x, -bound, bound))


@misconception(
    "backprop.sigmoid",
    advice="Your exp is the one of Python's math, which takes one number at a time and fails for arrays. "
    "NumPy has an exp for arrays.",
    crashes_at=r"\bmath\.exp\(|(?<![\w.])exp\(",
)
def exp_of_one_number(x):
    return 1 / (1 + math.exp(-x))


@misconception(
    "backprop.sigmoid",
    advice="An if cannot decide for a whole array: some elements are positive and others not. Choose element "
    "by element, with a mask or a formula that needs no cases.",
    crashes_at=r"\bif\b",
)
def if_on_an_array(x):
    if x < 0:
        return 1 - if_on_an_array(-x)
    return sigmoid(x)


@misconception(
    "backprop.sigmoid",
    advice="You typed e as a rounded number, so all values are slightly off. Use exp, which knows e to all its "
    "digits.",
    variants=[{"e": 2.7}, {"e": 2.71}, {"e": 2.72}, {"e": 2.7183}, {"e": 2.71828}],
)
def e_rounded(x, e=2.718):
    return sigmoid(math.log(e) * np.asarray(x))


@misconception("backprop.forward", advice="Your layer forgets its bias: the pre-activation is X W + b.")
def bias_forgotten(X, params, name="", activation=sigmoid):
    return _layer(X, params, name, activation, X @ params["W" + name])


@misconception(
    "backprop.forward",
    advice="Your layer always uses the sigmoid. Call the activation that was passed, or the output layer "
    "cannot have its softmax.",
)
def activation_ignored(X, params, name="", activation=sigmoid):
    return _layer(X, params, name, sigmoid, X @ params["W" + name] + params["b" + name])


@misconception("backprop.forward", advice="You apply the activation twice. Apply it once, to X W + b.")
def activation_twice(X, params, name="", activation=sigmoid):
    return _layer(
        X, params, name, lambda z: activation(activation(z)), X @ params["W" + name] + params["b" + name]
    )


@misconception(
    "backprop.forward",
    advice="You apply no activation: what you return is the pre-activation X W + b.",
)
def pre_activation_returned(X, params, name="", activation=sigmoid):
    oracles.forward(X, params, name, activation)
    return params["cache_" + name][1]


@misconception(
    "backprop.forward",
    advice="The cache is (X, pre_act, post_act), in this order; yours has the last two exchanged, so "
    "backwards will take the slope at the wrong values.",
)
def cache_exchanged(X, params, name="", activation=sigmoid):
    post_act = oracles.forward(X, params, name, activation)
    X, pre_act, post_act = params["cache_" + name]
    params["cache_" + name] = (X, post_act, pre_act)
    return post_act


@misconception(
    "backprop.forward",
    advice="There is no entry 'cache_' + name in params after the call. backwards needs it, one for each "
    "layer.",
)
def no_cache_under_the_name(X, params, name="", activation=sigmoid):
    post_act = oracles.forward(X, params, name, activation)
    params["cache"] = params["cache_" + name]
    del params["cache_" + name]
    return post_act


@misconception(
    "backprop.forward",
    advice="Your cache leaves out the pre-activation: it holds X, pre_act and post_act, three arrays.",
)
def cache_of_two(X, params, name="", activation=sigmoid):
    post_act = oracles.forward(X, params, name, activation)
    params["cache_" + name] = (X, post_act)
    return post_act


@misconception(
    "backprop.forward",
    advice="You look up W and b without the layer's name, so only a layer without a name is found. name is a "
    "part of both keys, and of the cache's.",
    crashes_at=r"""params\[(['"])[Wb]\1\]""",
)
def name_not_in_the_keys(X, params, name="", activation=sigmoid):
    return _layer(X, params, "", activation, X @ params["W"] + params["b"])


@misconception(
    "backprop.forward",
    advice="You add the bias after the activation. It belongs to the pre-activation, X W + b; with biases of "
    "zero the difference does not show.",
)
def bias_after_activation(X, params, name="", activation=sigmoid):
    pre_act = X @ params["W" + name]
    post_act = activation(pre_act) + params["b" + name]
    params["cache_" + name] = (X, pre_act, post_act)
    return post_act


@misconception(
    "backprop.forward",
    advice="You multiply W by X from the left, as for column vectors. Samples are rows here, so the product is "
    "X W.",
    crashes_at=r"(\bW\w*|\bparams\[[^\]]*\])(\.T)? *@|dot\( *(W|params)|matmul\( *(W|params)",
)
def weights_on_the_left(X, params, name="", activation=sigmoid):
    return _layer(X, params, name, activation, params["W" + name] @ X + params["b" + name])


@misconception(
    "backprop.forward",
    advice="The first entry of your cache is not the layer's input: X was overwritten on the way. backwards "
    "needs the X that came in, so give the pre-activation a name of its own.",
    variants=[{"kept": 2}],
)
def input_overwritten(X, params, name="", activation=sigmoid, kept=1):
    post_act = oracles.forward(X, params, name, activation)
    cache = params["cache_" + name]
    params["cache_" + name] = (cache[kept], *cache[1:])
    return post_act


@misconception(
    "backprop.forward",
    advice="You return more than the post-activation. The next layer takes what you return as its X; the cache "
    "reaches backwards through params.",
    variants=[{"part": 1}, {"part": "params"}],
)
def more_than_the_activation_returned(X, params, name="", activation=sigmoid, part=None):
    post_act = oracles.forward(X, params, name, activation)
    cache = params["cache_" + name]
    return post_act, params if part == "params" else cache if part is None else cache[part]


def _layer(X, params, name, activation, pre_act):
    post_act = activation(pre_act)
    params["cache_" + name] = (X, pre_act, post_act)
    return post_act
