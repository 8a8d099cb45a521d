"""Mistakes in the network itself: initialize, forward, loss and delta, backward."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from student_lib.nn import linear, linear_deriv, relu, relu_deriv, sigmoid_deriv

from ... import oracles
from ...oracles import sigmoid
from .. import misconception

_LAYERS = ("layer1", "layer2", "layer3", "output")
_SIZES = (1024, 32, 32, 32, 1024)


# --- initialize_autoencoder


def _layers(params, sizes, layers=_LAYERS):
    for name, (before, after) in zip(_LAYERS, pairwise(sizes), strict=True):
        if name in layers:
            oracles.initialize_weights(before, after, params, name)


@misconception(
    "autoencoder.initialize_autoencoder",
    advice="The momentum accumulators are missing: for each of the eight keys, params['m_' + key] holds zeros.",
    by_symptom=True,
)
def no_accumulators(params, sizes=_SIZES):
    _layers(params, sizes)


@misconception(
    "autoencoder.initialize_autoencoder",
    advice="Only the weights have accumulators. Biases move with momentum too and need theirs.",
    by_symptom=True,
)
def accumulators_for_weights_only(params, sizes=_SIZES):
    _layers(params, sizes)
    for key in [key for key in params if key.startswith("W")]:
        params["m_" + key] = np.zeros_like(params[key])


@misconception(
    "autoencoder.initialize_autoencoder",
    advice="Several accumulators are one array with several names: what one layer's momentum writes, the others "
    "read. Call np.zeros once for each parameter.",
    by_symptom=True,
)
def accumulators_shared(params, sizes=_SIZES):
    _layers(params, sizes)
    zeros = {}
    for key in list(params):
        params["m_" + key] = zeros.setdefault(params[key].shape, np.zeros(params[key].shape))


@misconception(
    "autoencoder.initialize_autoencoder",
    advice="Your accumulators begin with the parameters' values. They gather steps, and there was none yet: zeros.",
    by_symptom=True,
    variants=[{"value": 1.0}],
)
def accumulators_not_zero(params, sizes=_SIZES, value=None):
    _layers(params, sizes)
    for key in list(params):
        params["m_" + key] = np.full(params[key].shape, value) if value else params[key].copy()


@misconception(
    "autoencoder.initialize_autoencoder",
    advice="layer3 is missing: from 1024 numbers to the code are two layers, and two from there back, so four.",
    by_symptom=True,
)
def third_layer_missing(params, sizes=_SIZES):
    _layers(params, sizes, layers=("layer1", "layer2", "output"))
    for key in list(params):
        params["m_" + key] = np.zeros_like(params[key])


@misconception(
    "autoencoder.initialize_autoencoder",
    advice="Your layers are always 1024-32-32-32-1024, whatever `sizes` says. Take each layer's two widths from it.",
    by_symptom=True,
)
def sizes_ignored(params, sizes=_SIZES):
    _layers(params, _SIZES)
    for key in list(params):
        params["m_" + key] = np.zeros_like(params[key])


@misconception(
    "autoencoder.initialize_autoencoder",
    advice="Your weights are (out, in). initialize_weights wants the layer's inputs first, then its outputs.",
    by_symptom=True,
)
def inputs_and_outputs_swapped(params, sizes=_SIZES):
    for name, (before, after) in zip(_LAYERS, pairwise(sizes), strict=True):
        oracles.initialize_weights(after, before, params, name)
    for key in list(params):
        params["m_" + key] = np.zeros_like(params[key])


# --- forward_autoencoder


def _chain(x, params, activations, layers=_LAYERS):
    for name, activation in zip(layers, activations, strict=True):
        x = oracles.forward(x, params, name, activation)
    return x


@misconception(
    "autoencoder.forward_autoencoder",
    advice="Your last layer has a ReLU. The sigmoid belongs there: it keeps every pixel between 0 and 1.",
)
def relu_at_the_end(x, params):
    return _chain(x, params, (relu, relu, relu, relu))


@misconception(
    "autoencoder.forward_autoencoder",
    advice="Your last layer has no activation, so pixels leave the range from 0 to 1. Give it the sigmoid.",
)
def nothing_at_the_end(x, params):
    return _chain(x, params, (relu, relu, relu, linear))


@misconception(
    "autoencoder.forward_autoencoder",
    advice="Your hidden layers use the sigmoid, forward's default. Pass relu to the first three.",
)
def sigmoid_everywhere(x, params):
    return _chain(x, params, (sigmoid,) * 4)


@misconception(
    "autoencoder.forward_autoencoder",
    advice="Your third layer has the sigmoid: two ReLUs instead of three. Only the output layer squashes.",
)
def two_relus_only(x, params):
    return _chain(x, params, (relu, relu, sigmoid, sigmoid))


@misconception(
    "autoencoder.forward_autoencoder",
    advice="A hidden layer has no ReLU. Without it two layers in a row are one linear map.",
    variants=[{"bends": (linear, relu, relu)}, {"bends": (relu, linear, relu)}, {"bends": (linear,) * 3}],
)
def a_relu_missing(x, params, bends=(relu, relu, linear)):
    return _chain(x, params, (*bends, sigmoid))


@misconception(
    "autoencoder.forward_autoencoder",
    advice="The values are right, but there is no cache for the way back. Let forward do each layer: it stores one.",
    by_symptom=True,
)
def no_caches(x, params):
    for name in _LAYERS[:3]:
        x = relu(oracles.affine(x, params["W" + name], params["b" + name]))
    return sigmoid(oracles.affine(x, params["Woutput"], params["boutput"]))


@misconception(
    "autoencoder.forward_autoencoder",
    advice="The biases are left out.",
)
def no_biases(x, params):
    kept = {key: params[key] for key in params if key.startswith("b")}
    params.update({key: 0 * value for key, value in kept.items()})
    out = _chain(x, params, (relu, relu, relu, sigmoid))
    params.update(kept)
    return out


# --- autoencoder_loss_and_delta


@misconception(
    "autoencoder.autoencoder_loss_and_delta",
    advice="Your loss is a mean over all entries. The text asks for the total, and its delta has no division.",
    variants=[{"both": True}],
)
def loss_averaged(x, out, both=False):
    return np.mean((out - x) ** 2), 2 * (out - x) / (x.size if both else 1)


@misconception(
    "autoencoder.autoencoder_loss_and_delta",
    advice="Your loss is divided by the number of images. The total is added up over pixels and images.",
    variants=[{"both": True}],
)
def loss_per_image(x, out, both=False):
    return np.sum((out - x) ** 2) / len(x), 2 * (out - x) / (len(x) if both else 1)


@misconception(
    "autoencoder.autoencoder_loss_and_delta",
    advice="There is a factor of one half in your loss. Here it is the plain sum of squares, with slope 2 (out - x).",
)
def loss_halved(x, out):
    return np.sum((out - x) ** 2) / 2, out - x


@misconception(
    "autoencoder.autoencoder_loss_and_delta",
    advice="Your delta lacks the factor 2: the slope of a square is twice what is squared.",
)
def two_forgotten(x, out):
    return np.sum((out - x) ** 2), out - x


@misconception(
    "autoencoder.autoencoder_loss_and_delta",
    advice="Your delta has the wrong sign: it is the slope as *out* moves, so out - x. Training would climb.",
    variants=[{"factor": 1}],
)
def delta_of_the_wrong_sign(x, out, factor=2):
    return np.sum((out - x) ** 2), factor * (x - out)


@misconception(
    "autoencoder.autoencoder_loss_and_delta",
    advice="Your loss still has several numbers. Add up over both axes.",
    variants=[{"axis": 0}, {"axis": ()}],
)
def loss_not_added_up(x, out, axis=1):
    return np.sum((out - x) ** 2, axis=axis), 2 * (out - x)


@misconception(
    "autoencoder.autoencoder_loss_and_delta",
    advice="Your loss adds up absolute differences. Square them.",
)
def absolute_differences(x, out):
    return np.sum(np.abs(out - x)), 2 * (out - x)


@misconception(
    "autoencoder.autoencoder_loss_and_delta",
    advice="Your loss is the root of the total (a norm). The total itself is asked for.",
)
def root_of_the_total(x, out):
    return np.linalg.norm(out - x), 2 * (out - x)


@misconception(
    "autoencoder.autoencoder_loss_and_delta",
    advice="You change the caller's arrays: out -= x writes into out. Compute the difference into a new array.",
    by_symptom=True,
)
def arguments_changed(x, out):
    out -= x
    return np.sum(out**2), 2 * out


# --- backward_autoencoder


def _back(delta, params, derivatives, layers=_LAYERS[::-1]):
    for name, derivative in zip(layers, derivatives, strict=True):
        delta = oracles.backwards(delta, params, name, derivative)


@misconception(
    "autoencoder.backward_autoencoder",
    advice="You skip the slope of the output's sigmoid. delta is the gradient at the reconstruction, so that slope "
    "has to come in: sigmoid_deriv. (ReLU's slope is 1 wherever the sigmoid is, so it does the same as none.)",
)
def output_slope_skipped(delta, params):
    _back(delta, params, (linear_deriv, relu_deriv, relu_deriv, relu_deriv))


@misconception(
    "autoencoder.backward_autoencoder",
    advice="Your hidden layers go back with the sigmoid's slope, the default of backwards. Pass them relu_deriv.",
)
def sigmoid_slope_everywhere(delta, params):
    _back(delta, params, (sigmoid_deriv,) * 4)


@misconception(
    "autoencoder.backward_autoencoder",
    advice="The first layer goes back with the sigmoid's slope. It has a ReLU: pass relu_deriv there too.",
)
def sigmoid_slope_in_the_first_layer(delta, params):
    _back(delta, params, (sigmoid_deriv, relu_deriv, relu_deriv, sigmoid_deriv))


@misconception(
    "autoencoder.backward_autoencoder",
    advice="The hidden layers go back without ReLU's slope: units that were off pass the gradient on.",
)
def hidden_slopes_forgotten(delta, params):
    _back(delta, params, (sigmoid_deriv, linear_deriv, linear_deriv, linear_deriv))


@misconception(
    "autoencoder.backward_autoencoder",
    advice="The gradient stops before the first layers: call backwards for all four, down to layer1.",
    by_symptom=True,
    variants=[{"layers": _LAYERS[:1:-1]}, {"layers": _LAYERS[:2:-1]}],
)
def stops_too_early(delta, params, layers=_LAYERS[:0:-1]):
    _back(delta, params, (sigmoid_deriv, relu_deriv, relu_deriv)[: len(layers)], layers)


@misconception(
    "autoencoder.backward_autoencoder",
    advice="The sigmoid's slope comes in twice at the output: backwards multiplies by it already.",
)
def output_slope_twice(delta, params):
    _back(
        delta * sigmoid_deriv(params["cache_output"][2]),
        params,
        (sigmoid_deriv, relu_deriv, relu_deriv, relu_deriv),
    )


@misconception(
    "autoencoder.backward_autoencoder",
    advice="Your gradients are divided by the number of rows. The loss is a total, so they are sums.",
)
def gradients_averaged(delta, params):
    _back(delta / len(delta), params, (sigmoid_deriv, relu_deriv, relu_deriv, relu_deriv))


@misconception(
    "autoencoder.backward_autoencoder",
    advice="Your gradients are twice too large: delta brings the factor 2 of the square with it.",
)
def factor_two_again(delta, params):
    _back(2 * delta, params, (sigmoid_deriv, relu_deriv, relu_deriv, relu_deriv))
