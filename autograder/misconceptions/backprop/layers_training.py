"""Mistakes in train_layers, `source/backprop/layers.ipynb`."""

from __future__ import annotations

import numpy as np

from .. import misconception


def _training(advice):
    return misconception("backprop.train_layers", advice, replaces="train_layers", random=True)


@_training(
    "You step against the sum over the batch. The per-sample gradients are to be averaged over axis 0, so "
    "that the learning rate does not depend on the batch size."
)
def gradients_added_up(model, x, y, **settings):
    return _train(model, x, y, **settings, reduce=lambda g, size: g.sum(axis=0))


@_training("You add the gradients, so the loss rises. Gradient descent subtracts them.")
def steps_uphill(model, x, y, **settings):
    return _train(model, x, y, **settings, reduce=lambda g, size: -g.mean(axis=0))


@_training(
    "You divide the summed gradient by batch_size. The last batch may be shorter: divide by the rows that "
    "it has, as mean(axis=0) does."
)
def divided_by_batch_size(model, x, y, **settings):
    return _train(model, x, y, **settings, reduce=lambda g, size: g.sum(axis=0) / size)


@_training(
    "Your parameters never change. p = p - ... makes a new array that the layer does not know; p -= ... "
    "changes the live one that params() returns."
)
def new_arrays_lost(model, x, y, **settings):
    return _train(model, x, y, **settings, updated=())


@_training("Only W is updated. The biases are in params() too.")
def biases_left_out(model, x, y, **settings):
    return _train(model, x, y, **settings, updated=("W",))


@_training("Only the last layer with parameters is updated: every layer of the model needs its step.")
def only_the_last_layer(model, x, y, **settings):
    return _train(model, x, y, **settings, layers=slice(-2, None))


@_training(
    "You step once in each epoch, or for one batch only. Each batch of an epoch is followed by a step."
)
def one_batch_an_epoch(model, x, y, **settings):
    return _train(model, x, y, **settings, batches=slice(0, 1))


@_training("The last, shorter batch is left out. Each epoch uses all rows.")
def short_batch_dropped(model, x, y, **settings):
    return _train(model, x, y, **settings, keep_short=False)


@_training("The rows come in the same order in each epoch. Draw a new permutation every time.")
def never_shuffled(model, x, y, **settings):
    return _train(model, x, y, **settings, permutation=np.arange)


@_training("Batches are drawn with replacement: some rows come twice in an epoch, others not at all.")
def drawn_with_replacement(model, x, y, **settings):
    return _train(model, x, y, **settings, permutation=lambda rows: np.random.randint(rows, size=rows))


@_training(
    "Your losses are sums over rows and outputs. Divide each epoch's sum by the number of entries of y."
)
def losses_added_up(model, x, y, **settings):
    return [loss * y.size for loss in _train(model, x, y, **settings)]


@_training(
    "You average the batches' mean losses, so a short batch counts as much as a full one. Add up the squared "
    "errors, then divide once."
)
def mean_of_batch_means(model, x, y, **settings):
    return _train(model, x, y, **settings, summary=lambda parts, size: np.mean([p.mean() for p in parts]))


@_training("You report the last batch's loss alone. Add up the whole epoch.")
def last_batch_alone(model, x, y, **settings):
    return _train(model, x, y, **settings, summary=lambda parts, size: parts[-1].mean())


@_training("You report a loss for each batch. One number for each epoch is asked for.")
def loss_for_each_batch(model, x, y, **settings):
    parts = []
    _train(model, x, y, **settings, summary=lambda batches, size: parts.extend(p.mean() for p in batches))
    return parts


@_training("You return nothing, or the model. The model is trained in place; return the list of losses.")
def losses_not_returned(model, x, y, **settings):
    _train(model, x, y, **settings)


@_training("x and y are shuffled in place, so the caller's data change. Index with a permutation.")
def data_shuffled_in_place(model, x, y, **settings):
    order = np.random.permutation(len(x))
    x[...], y[...] = x[order], y[order]
    return _train(model, x, y, **settings)


def _train(
    model,
    x,
    y,
    epochs=30,
    batch_size=32,
    learning_rate=0.5,
    reduce=lambda g, size: g.mean(axis=0),
    updated=("W", "b"),
    layers=slice(None),
    batches=slice(None),
    keep_short=True,
    permutation=np.random.permutation,
    summary=lambda parts, size: sum(map(np.sum, parts)) / size,
):
    """Right training, but for the fault that one of the last seven arguments describes."""
    losses = []
    for _ in range(epochs):
        order, parts = permutation(len(x)), []
        pieces = [order[start : start + batch_size] for start in range(0, len(x), batch_size)][batches]
        for rows in pieces if keep_short else [rows for rows in pieces if len(rows) == batch_size]:
            output = x[rows]
            for layer in model:
                output = layer.forward(output)
            parts.append(np.square(output - y[rows]))
            gradient = 2 * (output - y[rows])
            for layer in model[::-1]:
                gradient = layer.backward(gradient)
            for layer in model[layers]:
                live = layer.params() if hasattr(layer, "params") else {}
                for name in live.keys() & set(updated):
                    live[name][...] -= learning_rate * reduce(layer.grads()[name], batch_size)
        losses.append(summary(parts, y.size))
    return losses
