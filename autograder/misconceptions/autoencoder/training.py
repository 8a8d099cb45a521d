"""Mistakes in `train_autoencoder`: one loop, `_train`, with one thing done wrong."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from ... import oracles
from .. import misconception

_LAYERS = ("layer1", "layer2", "layer3", "output")
_KEYS = tuple(kind + layer for layer in _LAYERS for kind in "Wb")


def _initialize(columns, hidden):
    params = {}
    for layer, (before, after) in zip(
        _LAYERS, pairwise((columns, hidden, hidden, hidden, columns)), strict=True
    ):
        oracles.initialize_weights(before, after, params, layer)
    return params | {"m_" + key: np.zeros_like(value) for key, value in params.items()}


def _gradients(params, xb, target):
    """(total squared error, the gradient of each parameter) of a batch, in matrix products."""
    values, errors = [xb], np.inf
    for layer in _LAYERS[:3]:
        values.append(np.maximum(values[-1] @ params["W" + layer] + params["b" + layer], 0))
    out = np.exp(-np.logaddexp(0, -(values[-1] @ params["Woutput"] + params["boutput"])))
    errors = out - target
    delta, found = 2 * errors * out * (1 - out), {}
    for place in (3, 2, 1, 0):
        layer = _LAYERS[place]
        found["W" + layer], found["b" + layer] = values[place].T @ delta, delta.sum(axis=0)
        delta = (delta @ params["W" + layer].T) * (values[place] > 0)
    return np.sum(errors**2), found


def _decayed(rate, epoch):
    return rate * 0.9 ** (epoch // 20)


def _train(
    train_x,
    epochs=100,
    batch_size=36,
    learning_rate=3e-5,
    momentum=0.9,
    hidden=32,
    rate_of: Callable[[float, int], float] = _decayed,
    changed=_KEYS,
    scale: Callable[[np.ndarray], float] = lambda xb: 1.0,
    batches_used=None,
    keep=True,
    again=False,
    reported: Callable[[list[float], np.ndarray], float] = lambda totals, x: sum(totals) / len(x),
    target_of: Callable[[np.ndarray], np.ndarray] = lambda xb: xb,
):
    params, losses = _initialize(train_x.shape[1], hidden), []
    for epoch in range(epochs):
        if again:
            params = _initialize(train_x.shape[1], hidden)
        totals = []
        for xb, _ in oracles.get_random_batches(train_x, train_x, batch_size)[:batches_used]:
            total, gradients = _gradients(params, xb, target_of(xb))
            for key in changed:
                before = momentum * params["m_" + key] if keep else 0
                params["m_" + key] = before - rate_of(learning_rate, epoch) * scale(xb) * gradients[key]
                params[key] = params[key] + params["m_" + key]
            totals.append(total)
        losses.append(reported(totals, train_x))
    return params, losses


@misconception(
    "autoencoder.train_autoencoder",
    advice="Your losses are totals. Divide each epoch's by the number of images.",
    random=True,
)
def losses_not_divided(train_x, *arguments, **settings):
    return _train(train_x, *arguments, **settings, reported=lambda totals, x: sum(totals))


@misconception(
    "autoencoder.train_autoencoder",
    advice="Your losses are divided by the number of batches, so they grow with the batch size. Divide by images.",
    random=True,
)
def losses_per_batch(train_x, *arguments, **settings):
    return _train(train_x, *arguments, **settings, reported=lambda totals, x: np.mean(totals))


@misconception(
    "autoencoder.train_autoencoder",
    advice="Your losses are those of the last batch alone. Add up the whole epoch, then divide by all images.",
    random=True,
)
def last_batch_reported(train_x, *arguments, **settings):
    return _train(train_x, *arguments, **settings, reported=lambda totals, x: totals[-1] / len(x))


@misconception(
    "autoencoder.train_autoencoder",
    advice="Your losses hold a number for each batch. Append once at the end of each epoch.",
    random=True,
)
def losses_for_each_batch(train_x, *arguments, batch_size=36, **settings):
    params, losses = _train(train_x, *arguments, **settings, batch_size=batch_size)
    return params, list(np.repeat(losses, -(-len(train_x) // batch_size)))


@misconception(
    "autoencoder.train_autoencoder",
    advice="The argument momentum is not handed on: momentum_update then uses its default, 0.9.",
    random=True,
)
def momentum_not_handed_on(train_x, *arguments, momentum=0.9, **settings):
    return _train(train_x, *arguments, **settings, momentum=0.9)


@misconception(
    "autoencoder.train_autoencoder",
    advice="Your updates have no momentum, or lose it: call momentum_update for every batch, and keep its accumulators "
    "from batch to batch and from epoch to epoch.",
    random=True,
)
def no_momentum(train_x, *arguments, **settings):
    return _train(train_x, *arguments, **settings, keep=False)


@misconception(
    "autoencoder.train_autoencoder",
    advice="Your learning rate never decays. After every 20 epochs multiply it by 0.9.",
    random=True,
)
def no_decay(train_x, *arguments, **settings):
    return _train(train_x, *arguments, **settings, rate_of=lambda rate, epoch: rate)


@misconception(
    "autoencoder.train_autoencoder",
    advice="Your learning rate decays at the wrong epochs: 0 % 20 is 0 too, so the first epoch counts already. "
    "Epochs 1 to 20 run at the full rate.",
    random=True,
    variants=[{"late": True}],
)
def decay_off_by_one(train_x, *arguments, late=False, **settings):
    def rate_of(rate, epoch):
        return rate * 0.9 ** ((epoch + 19) // 20 if late else epoch // 20 + 1)

    return _train(train_x, *arguments, **settings, rate_of=rate_of)


@misconception(
    "autoencoder.train_autoencoder",
    advice="Your learning rate decays in every epoch. It does so once in 20.",
    random=True,
)
def decay_every_epoch(train_x, *arguments, **settings):
    return _train(train_x, *arguments, **settings, rate_of=lambda rate, epoch: rate * 0.9**epoch)


@misconception(
    "autoencoder.train_autoencoder",
    advice="You update once in each epoch, with one batch. Go through all batches.",
    random=True,
)
def one_batch_for_each_epoch(train_x, *arguments, **settings):
    return _train(
        train_x,
        *arguments,
        **settings,
        batches_used=1,
        reported=lambda totals, x: totals[0] / len(x),
    )


@misconception(
    "autoencoder.train_autoencoder",
    advice="Your gradients are averages over the batch, so the steps are shorter by the batch's size.",
    random=True,
)
def updates_averaged(train_x, *arguments, **settings):
    return _train(train_x, *arguments, **settings, scale=lambda xb: 1 / len(xb))


@misconception(
    "autoencoder.train_autoencoder",
    advice="New weights are drawn in every epoch, so each starts from nothing. Initialise once, before the loop.",
    random=True,
)
def weights_drawn_each_epoch(train_x, *arguments, **settings):
    return _train(train_x, *arguments, **settings, again=True)


@misconception(
    "autoencoder.train_autoencoder",
    advice="Your hidden layers have 32 units whatever `hidden` says. Hand it to initialize_autoencoder.",
    random=True,
)
def hidden_ignored(train_x, *arguments, hidden=32, **settings):
    return _train(train_x, *arguments, **settings, hidden=32)


@misconception(
    "autoencoder.train_autoencoder",
    advice="The first layer never moves: its gradients are not computed or not used.",
    random=True,
)
def first_layer_frozen(train_x, *arguments, **settings):
    return _train(train_x, *arguments, **settings, changed=_KEYS[2:])


@misconception(
    "autoencoder.train_autoencoder",
    advice="The biases never move.",
    random=True,
)
def biases_frozen(train_x, *arguments, **settings):
    return _train(train_x, *arguments, **settings, changed=_KEYS[::2])


@misconception(
    "autoencoder.train_autoencoder",
    advice="The target is another batch than the input: x and target are shuffled apart. An autoencoder copies its "
    "own input.",
    random=True,
)
def target_of_another_order(train_x, *arguments, **settings):
    return _train(train_x, *arguments, **settings, target_of=lambda xb: np.roll(xb, 1, axis=0))


@misconception(
    "autoencoder.train_autoencoder",
    advice="The losses come first in what you return. The text asks for (params, losses).",
    random=True,
)
def returned_in_reverse(train_x, *arguments, **settings):
    return _train(train_x, *arguments, **settings)[::-1]


@misconception(
    "autoencoder.train_autoencoder",
    advice="You add delta's step: the loss rises. The gradient has to be subtracted.",
    random=True,
)
def gradients_added(train_x, *arguments, **settings):
    return _train(train_x, *arguments, **settings, rate_of=lambda rate, epoch: -_decayed(rate, epoch))
