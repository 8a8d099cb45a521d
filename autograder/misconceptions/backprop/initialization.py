"""Mistakes in `initialize_weights`, fully_connected.ipynb. W is (in, out), b is (out,)."""

from __future__ import annotations

import numpy as np

from ... import oracles
from .. import misconception


@misconception(
    "backprop.initialize_weights",
    advice="Your weights are spread as if only in_size counted. Xavier's limit has the sum of both sizes "
    "under the root, so that gradients keep their size on the way back too: look at your limit.",
    random=True,
)
def fan_in_only(in_size, out_size, params, name=""):
    _store(params, name, _uniform(np.sqrt(6 / in_size), in_size, out_size))


@misconception(
    "backprop.initialize_weights",
    advice="Your weights come from a normal distribution. Their spread is right, but the exercise asks for "
    "the uniform one (equation 16 of the paper), which has no values beyond its limit.",
    random=True,
)
def normal_distribution(in_size, out_size, params, name=""):
    _store(params, name, np.random.normal(0, np.sqrt(2 / (in_size + out_size)), (in_size, out_size)))


@misconception(
    "backprop.initialize_weights",
    advice="You use the standard deviation sqrt(2 / (in + out)) as the limit. A uniform distribution on ±a "
    "has the variance a^2 / 3, so the limit must be larger by sqrt(3).",
    random=True,
)
def deviation_as_limit(in_size, out_size, params, name=""):
    _store(params, name, _uniform(np.sqrt(2 / (in_size + out_size)), in_size, out_size))


@misconception(
    "backprop.initialize_weights",
    advice="Your weights are far too small for large layers, as if the variance were 2 / (in * out + out). "
    "That formula is a misprint in an old homework: the sizes are added, not multiplied.",
    random=True,
)
def sizes_multiplied(in_size, out_size, params, name=""):
    _store(params, name, _uniform(np.sqrt(6 / (in_size * out_size + out_size)), in_size, out_size))


@misconception(
    "backprop.initialize_weights",
    advice="All your weights are positive: the interval reaches from 0 to the limit instead of from -limit "
    "to limit. Every unit then starts by adding up its inputs.",
    random=True,
)
def positive_weights(in_size, out_size, params, name=""):
    limit = np.sqrt(6 / (in_size + out_size))
    _store(params, name, np.random.uniform(0, limit, (in_size, out_size)))


@misconception(
    "backprop.initialize_weights",
    advice="Your weights are not scaled to the layer: they fill the interval from -1 to 1 whatever its "
    "size. Large layers then saturate; the limit must shrink with in + out.",
    random=True,
)
def unscaled_weights(in_size, out_size, params, name=""):
    _store(params, name, _uniform(1.0, in_size, out_size))


@misconception(
    "backprop.initialize_weights",
    advice="All weights are zero, so all units of a layer compute the same and stay the same forever. Draw "
    "them.",
)
def zero_weights(in_size, out_size, params, name=""):
    _store(params, name, np.zeros((in_size, out_size)))


@misconception(
    "backprop.initialize_weights",
    advice="Your biases are drawn. Random weights are enough to make units differ; the biases start at zero.",
    random=True,
)
def random_biases(in_size, out_size, params, name=""):
    limit = np.sqrt(6 / (in_size + out_size))
    _store(params, name, _uniform(limit, in_size, out_size), np.random.uniform(-limit, limit, out_size))


@misconception(
    "backprop.initialize_weights",
    advice="W has its axes the wrong way round. Samples are rows here and the layer computes X W, so W has "
    "one row for each input: (in_size, out_size).",
    random=True,
)
def transposed_weights(in_size, out_size, params, name=""):
    limit = np.sqrt(6 / (in_size + out_size))
    _store(params, name, _uniform(limit, out_size, in_size), np.zeros(out_size))


@misconception(
    "backprop.initialize_weights",
    advice="Your b has two axes, (1, out_size). It should have one, (out_size,): broadcasting adds it to "
    "each row.",
    random=True,
)
def bias_with_two_axes(in_size, out_size, params, name=""):
    limit = np.sqrt(6 / (in_size + out_size))
    _store(params, name, _uniform(limit, in_size, out_size), np.zeros((1, out_size)))


@misconception(
    "backprop.initialize_weights",
    advice="You set a seed inside the function, so each layer of one size starts with the same weights. "
    "Seed once, outside, if you need repeatable runs.",
    random=True,
)
def seeded_weights(in_size, out_size, params, name=""):
    np.random.seed(0)
    oracles.initialize_weights(in_size, out_size, params, name)


@misconception(
    "backprop.initialize_weights",
    advice="Your limit lacks the root: it is 6 / (in + out) itself, so your weights are several times too "
    "small and signals fade from layer to layer.",
    random=True,
)
def root_forgotten(in_size, out_size, params, name=""):
    _store(params, name, _uniform(6 / (in_size + out_size), in_size, out_size))


@misconception(
    "backprop.initialize_weights",
    advice="Your root ends too early: it covers the 6 alone, and the sum of the sizes divides outside it. Look "
    "at the parentheses of your limit.",
    random=True,
)
def root_of_the_six_alone(in_size, out_size, params, name=""):
    _store(params, name, _uniform(6**0.5 / (in_size + out_size), in_size, out_size))


@misconception(
    "backprop.initialize_weights",
    advice="Your weights come from a normal distribution whose spread is the same for each layer, whatever its "
    "size. Xavier's distribution is uniform, and its limit shrinks with in + out.",
    random=True,
    variants=[{"spread": 0.1}, {"spread": 1.0}],
)
def unscaled_normal_weights(in_size, out_size, params, name="", spread=0.01):
    _store(params, name, np.random.normal(0, spread, (in_size, out_size)))


@misconception(
    "backprop.initialize_weights",
    advice="The weights within a layer repeat: a few numbers were drawn and copied to the rest. Units that "
    "start alike stay alike, so draw one number for each entry of W.",
    random=True,
    variants=[{"rows": 1, "columns": None}, {"rows": 1, "columns": 1}],
)
def repeated_weights(in_size, out_size, params, name="", rows=None, columns=1):
    drawn = _uniform(oracles.xavier_limit(in_size, out_size), rows or in_size, columns or out_size)
    _store(params, name, np.broadcast_to(drawn, (in_size, out_size)).copy())


@misconception(
    "backprop.initialize_weights",
    advice="params holds nothing after the call: you return the arrays instead. Nobody looks at what is "
    "returned, so store W and b in the dictionary that was passed.",
    random=True,
)
def returned_not_stored(in_size, out_size, params, name=""):
    own = {}
    oracles.initialize_weights(in_size, out_size, own, name)
    return own


@misconception(
    "backprop.initialize_weights",
    advice="Both layers are stored as W and b, without their names, so the second one overwrites the first. "
    "name is a part of both keys.",
    random=True,
)
def name_not_in_the_keys(in_size, out_size, params, name=""):
    oracles.initialize_weights(in_size, out_size, params)


def _uniform(limit, *shape):
    return np.random.uniform(-limit, limit, shape)


def _store(params, name, W, b=None):
    params["W" + name] = W
    params["b" + name] = np.zeros(W.shape[1]) if b is None else b
