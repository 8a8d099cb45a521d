"""Mistakes in `train_network`, fully_connected.ipynb: one function, `_train`, with one thing done wrong.

A failing submission sends it through thousands of steps: it takes the lent functions, not the oracles' slow loops.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from student_lib.nn import linear_deriv

from ... import oracles
from ...checks._lending import backwards, forward, loss_and_accuracy, sigmoid, softmax
from ...oracles import sigmoid_deriv
from .. import misconception

_PARAMETERS = ("Wlayer1", "blayer1", "Woutput", "boutput")
_HISTORY = ("train_loss", "train_acc", "valid_loss", "valid_acc")


def _predict(params, x, squash=np.asarray):
    hidden = forward(x, params, "layer1")
    return forward(hidden, params, "output", lambda logits: softmax(squash(logits)))


def _measure(params, x, y, predict=_predict):
    loss, acc = loss_and_accuracy(y, predict(params, x))
    return loss / len(x), acc


def _update(
    params,
    xb,
    yb,
    rate,
    predict=_predict,
    measured=loss_and_accuracy,
    output_deriv=linear_deriv,
    hidden_deriv=sigmoid_deriv,
    changed=_PARAMETERS,
    output_first=False,
):
    """One step of gradient descent on a batch; (summed loss, accuracy, rows) before it."""
    probs = predict(params, xb)
    delta = backwards(probs - yb, params, "output", output_deriv)
    if output_first:
        delta = (probs - yb) @ (params["Woutput"] - rate * params["grad_Woutput"]).T
    backwards(delta, params, "layer1", hidden_deriv)
    for key in changed:
        params[key] = params[key] - rate * params["grad_" + key]
    return *measured(yb, probs), len(xb)


def _train(
    train,
    valid,
    hidden_size=64,
    max_iters=50,
    batch_size=5,
    learning_rate=1e-3,
    update=_update,
    measure=_measure,
    watched=None,
    batches_used=None,
    validate_late=True,
    reported=slice(None),
):
    """`train_network` as it should be, unless one of the last six arguments is given.

    `watched` are the rows that the training numbers are measured on, after the epoch; by default they are
    the averages over the epoch's batches.
    """
    params, history = {}, {name: [] for name in _HISTORY}
    oracles.initialize_weights(train[0].shape[1], hidden_size, params, "layer1")
    oracles.initialize_weights(hidden_size, train[1].shape[1], params, "output")
    for _ in range(max_iters):
        early = measure(params, *valid)
        batches = oracles.get_random_batches(*train, batch_size)[:batches_used]
        totals = [update(params, xb, yb, learning_rate) for xb, yb in batches]
        losses, accs, rows = np.array(totals[reported]).T
        averages = (losses.sum() / rows.sum(), accs @ rows / rows.sum())
        numbers = (
            *(measure(params, *watched) if watched else averages),
            *(measure(params, *valid) if validate_late else early),
        )
        for values, number in zip(history.values(), numbers, strict=True):
            values.append(number)
    return params, history


@misconception(
    "backprop.train_network",
    advice="Each update divides the gradients by the batch's rows; they are sums here. Training is slower "
    "than the learning rate says.",
    random=True,
)
def updates_averaged(train_x, train_y, valid_x, valid_y, **settings):
    def update(params, xb, yb, rate):
        return _update(params, xb, yb, rate / len(xb))

    return _train((train_x, train_y), (valid_x, valid_y), **settings, update=update)


@misconception(
    "backprop.train_network",
    advice="You add the gradients, so the loss rises. Gradient descent subtracts them.",
    random=True,
)
def gradients_added(train_x, train_y, valid_x, valid_y, learning_rate=1e-3, **settings):
    return _train((train_x, train_y), (valid_x, valid_y), **settings, learning_rate=-learning_rate)


@misconception(
    "backprop.train_network",
    advice="The first layer never changes: its weights and biases stay as they were drawn. Such a network "
    "still trains fairly well, which hides the mistake.",
    random=True,
)
def first_layer_frozen(train_x, train_y, valid_x, valid_y, **settings):
    update = partial(_update, changed=("Woutput", "boutput"))
    return _train((train_x, train_y), (valid_x, valid_y), **settings, update=update)


@misconception(
    "backprop.train_network",
    advice="The biases are never updated. They have gradients too.",
    random=True,
)
def biases_frozen(train_x, train_y, valid_x, valid_y, **settings):
    update = partial(_update, changed=("Wlayer1", "Woutput"))
    return _train((train_x, train_y), (valid_x, valid_y), **settings, update=update)


@misconception(
    "backprop.train_network",
    advice="The first layer's backwards runs without the sigmoid's derivative. Pass it sigmoid_deriv; only "
    "the output layer, whose delta is probs - y, gets linear_deriv.",
    random=True,
)
def hidden_derivative_forgotten(train_x, train_y, valid_x, valid_y, **settings):
    update = partial(_update, hidden_deriv=linear_deriv)
    return _train((train_x, train_y), (valid_x, valid_y), **settings, update=update)


@misconception(
    "backprop.train_network",
    advice="The output layer multiplies probs - y by another derivative. probs - y is already the gradient "
    "at the logits: pass linear_deriv.",
    random=True,
)
def softmax_derived_twice(train_x, train_y, valid_x, valid_y, **settings):
    update = partial(_update, output_deriv=sigmoid_deriv)
    return _train((train_x, train_y), (valid_x, valid_y), **settings, update=update)


@misconception(
    "backprop.train_network",
    advice="You squash the logits with the sigmoid before softmax sees them, so no class can get near all of "
    "the probability. The output layer's activation is softmax alone.",
    random=True,
    variants=[{"output_deriv": linear_deriv}],
)
def sigmoid_before_softmax(train_x, train_y, valid_x, valid_y, output_deriv=sigmoid_deriv, **settings):
    predict = partial(_predict, squash=sigmoid)
    return _train(
        (train_x, train_y),
        (valid_x, valid_y),
        **settings,
        update=partial(_update, predict=predict, output_deriv=output_deriv),
        measure=partial(_measure, predict=predict),
    )


@misconception(
    "backprop.train_network",
    advice="You change the output layer before its gradient has passed through it on the way down, so the "
    "hidden layer learns from weights that were not there in the forward pass. Finish backwards, then update.",
    random=True,
)
def output_updated_too_early(train_x, train_y, valid_x, valid_y, **settings):
    update = partial(_update, output_first=True)
    return _train((train_x, train_y), (valid_x, valid_y), **settings, update=update)


@misconception(
    "backprop.train_network",
    advice="You update once in each iteration. max_iters counts passes over the data: each goes through all "
    "batches.",
    random=True,
)
def one_batch_for_each_epoch(train_x, train_y, valid_x, valid_y, **settings):
    return _train((train_x, train_y), (valid_x, valid_y), **settings, batches_used=1)


@misconception(
    "backprop.train_network",
    advice="You train on the validation rows too, so the validation curve no longer tells how the network does "
    "on rows that it has not seen.",
    random=True,
    variants=[{"watch_train": True}],
)
def trained_on_validation_rows(train_x, train_y, valid_x, valid_y, watch_train=False, **settings):
    everything = np.concatenate([train_x, valid_x]), np.concatenate([train_y, valid_y])
    watched = (train_x, train_y) if watch_train else None
    return _train(everything, (valid_x, valid_y), **settings, watched=watched)


@misconception(
    "backprop.train_network",
    advice="New weights are drawn in every epoch, so each starts from nothing and the curves never fall. "
    "Initialise once, before the loop.",
    random=True,
)
def weights_drawn_each_epoch(train_x, train_y, valid_x, valid_y, max_iters=50, **settings):
    epochs = [
        _train((train_x, train_y), (valid_x, valid_y), **settings, max_iters=1) for _ in range(max_iters)
    ]
    return epochs[-1][0], {name: [history[name][0] for _, history in epochs] for name in _HISTORY}


@misconception(
    "backprop.train_network",
    advice="Your hidden layer does not have the size that was asked for: hidden_size is overwritten or never "
    "used. See that each argument of train_network has its effect.",
    random=True,
)
def hidden_size_ignored(train_x, train_y, valid_x, valid_y, hidden_size=64, **settings):
    return _train((train_x, train_y), (valid_x, valid_y), **settings, hidden_size=64)


@misconception(
    "backprop.train_network",
    advice="A layer is initialised under one name and used under another, so forward finds no weights. Compare "
    "the names that you pass to the two functions, letter by letter.",
    random=True,
    crashes_at=r"""params\[f?['"][Wb]['"{]""",
)
def layer_names_differ(train_x, train_y, valid_x, valid_y, hidden_size=64, **settings):
    params, name = {}, "layer1"
    oracles.initialize_weights(train_x.shape[1], hidden_size, params, "first")
    return train_x @ params["W" + name] + params["b" + name]


@misconception(
    "backprop.train_network",
    advice="Your history holds summed losses. Divide each by its number of rows, so that training and "
    "validation share an axis.",
    random=True,
)
def losses_summed(train_x, train_y, valid_x, valid_y, **settings):
    params, history = _train((train_x, train_y), (valid_x, valid_y), **settings)
    history["train_loss"] = [loss * len(train_x) for loss in history["train_loss"]]
    history["valid_loss"] = [loss * len(valid_x) for loss in history["valid_loss"]]
    return params, history


@misconception(
    "backprop.train_network",
    advice="Your training loss is nan and your accuracy 0, because probs was overwritten by probs - y before "
    "they were computed. delta = probs is a second name for the same array: subtract into a new one.",
    random=True,
)
def probabilities_overwritten(train_x, train_y, valid_x, valid_y, **settings):
    def measured(yb, probs):
        delta = probs - yb
        with np.errstate(invalid="ignore"):
            return -np.log(delta[yb == 1]).sum(), oracles.accuracy(yb, delta)

    update = partial(_update, measured=measured)
    return _train((train_x, train_y), (valid_x, valid_y), **settings, update=update)


@misconception(
    "backprop.train_network",
    advice="You measure the validation set before the epoch's updates, so its curve is one epoch late and "
    "the last entry does not belong to the parameters that you return.",
    random=True,
)
def validation_too_early(train_x, train_y, valid_x, valid_y, **settings):
    return _train((train_x, train_y), (valid_x, valid_y), **settings, validate_late=False)


@misconception(
    "backprop.train_network",
    advice="Your validation numbers are measured on the training rows. Pass valid_x and valid_y to the forward "
    "pass whose loss you store.",
    random=True,
)
def validated_on_training_rows(train_x, train_y, valid_x, valid_y, **settings):
    return _train((train_x, train_y), (train_x, train_y), **settings)


@misconception(
    "backprop.train_network",
    advice="Your training numbers are those of the last batch alone. Add up the whole epoch, then divide by "
    "its rows.",
    random=True,
)
def last_batch_reported(train_x, train_y, valid_x, valid_y, **settings):
    return _train((train_x, train_y), (valid_x, valid_y), **settings, reported=slice(-1, None))


@misconception(
    "backprop.train_network",
    advice="Your history has an entry for each batch. Append once in each epoch, after its last batch, so that "
    "the curves have max_iters points.",
    random=True,
)
def history_for_each_batch(train_x, train_y, valid_x, valid_y, batch_size=5, **settings):
    params, history = _train((train_x, train_y), (valid_x, valid_y), **settings, batch_size=batch_size)
    batches = -(-len(train_x) // batch_size)
    return params, {name: list(np.repeat(values, batches)) for name, values in history.items()}


@misconception(
    "backprop.train_network",
    advice="Your history has one entry too many: the untrained network's stands before the first epoch's. "
    "Append after each epoch only, max_iters numbers in all.",
    random=True,
)
def history_starts_before_training(train_x, train_y, valid_x, valid_y, **settings):
    params, history = _train((train_x, train_y), (valid_x, valid_y), **settings)
    return params, {name: [values[0], *values] for name, values in history.items()}
