"""Mistakes in `train_network`, train.ipynb: one loop, `_train`, with one thing done wrong."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ... import oracles
from .. import misconception

_KEYS = ("Wlayer1", "blayer1", "Woutput", "boutput")
_HISTORY = ("train_loss", "train_acc", "valid_loss", "valid_acc")


def _outputs(params, x, squash):
    hidden = np.exp(-np.logaddexp(0, -(x @ params["Wlayer1"] + params["blayer1"])))
    logits = squash(hidden @ params["Woutput"] + params["boutput"])
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return hidden, odds / odds.sum(axis=1, keepdims=True)


def _measure(params, x, y, squash):
    """(summed loss, accuracy) of x and y."""
    probs = _outputs(params, x, squash)[1]
    with np.errstate(divide="ignore"):
        return -np.log(probs[y == 1]).sum(), (probs.argmax(axis=1) == y.argmax(axis=1)).mean()


def _update(params, xb, yb, rate, squash, factors, changed, output_first):
    hidden, probs = _outputs(params, xb, squash)
    output_factor, hidden_factor = factors
    delta = (probs - yb) * output_factor(probs)
    grads = {"Woutput": hidden.T @ delta, "boutput": delta.sum(axis=0)}
    way_down = params["Woutput"] - rate * grads["Woutput"] if output_first else params["Woutput"]
    below = delta @ way_down.T * hidden_factor(hidden)
    grads |= {"Wlayer1": xb.T @ below, "blayer1": below.sum(axis=0)}
    for key in changed:
        params[key] = params[key] - rate * grads[key]


def _slope(values):
    return values * (1 - values)


def _one(values):
    return 1.0


def _train(
    train_x,
    train_y,
    valid_x,
    valid_y,
    hidden_size=64,
    max_iters=30,
    batch_size=32,
    learning_rate=0.01,
    *,
    rate_of: Callable[[float, np.ndarray], float] = lambda rate, xb: rate,
    factors=(_one, _slope),
    squash: Callable[[np.ndarray], np.ndarray] = np.asarray,
    changed=_KEYS,
    output_first=False,
    batches_used=None,
    learned_from=None,
    measured_on=None,
    validate_late=True,
    reported: Callable[[list, np.ndarray], tuple] = lambda totals, x: (
        sum(loss for loss, _, _ in totals) / len(x),
        sum(acc * rows for _, acc, rows in totals) / len(x),
    ),
):
    """`train_network` as it should be, unless one of the keyword-only arguments is given."""
    params, history = {}, {name: [] for name in _HISTORY}
    oracles.initialize_weights(train_x.shape[1], hidden_size, params, "layer1")
    oracles.initialize_weights(hidden_size, train_y.shape[1], params, "output")
    learned_from, measured_on = learned_from or (train_x, train_y), measured_on or (valid_x, valid_y)
    for _ in range(max_iters):
        early, totals = _measure(params, *measured_on, squash), []
        for xb, yb in oracles.get_random_batches(*learned_from, batch_size)[:batches_used]:
            totals.append((*_measure(params, xb, yb, squash), len(xb)))
            _update(params, xb, yb, rate_of(learning_rate, xb), squash, factors, changed, output_first)
        loss, acc = _measure(params, *measured_on, squash) if validate_late else early
        numbers = (*reported(totals, learned_from[0]), loss / len(measured_on[0]), acc)
        for values, number in zip(history.values(), numbers, strict=True):
            values.append(number)
    return params, history


@misconception(
    "ocr.train_network",
    advice="Your history holds summed losses. Divide each by its number of images.",
    random=True,
)
def losses_summed(*data, **settings):
    params, history = _train(*data, **settings)
    for part, x in (("train", data[0]), ("valid", data[2])):
        history[part + "_loss"] = [loss * len(x) for loss in history[part + "_loss"]]
    return params, history


@misconception(
    "ocr.train_network",
    advice="Your training losses are divided by the number of batches. Then they grow with the batch size: divide "
    "by the number of images.",
    random=True,
)
def losses_per_batch(*data, **settings):
    def reported(totals, x):
        return np.mean([loss for loss, _, _ in totals]), np.mean([acc for _, acc, _ in totals])

    return _train(*data, **settings, reported=reported)


@misconception(
    "ocr.train_network",
    advice="Your training numbers are those of the last batch. Add up the whole epoch, then divide by its images.",
    random=True,
)
def last_batch_reported(*data, **settings):
    return _train(
        *data, **settings, reported=lambda totals, x: (totals[-1][0] / totals[-1][2], totals[-1][1])
    )


@misconception(
    "ocr.train_network",
    advice="Your accuracies are percentages. They should be fractions, from 0 to 1.",
    random=True,
)
def accuracy_in_percent(*data, **settings):
    params, history = _train(*data, **settings)
    for name in ("train_acc", "valid_acc"):
        history[name] = [100 * acc for acc in history[name]]
    return params, history


@misconception(
    "ocr.train_network",
    advice="Your history has an entry for each batch. Append once in each epoch, after its last batch.",
    random=True,
)
def history_for_each_batch(*data, batch_size=32, **settings):
    params, history = _train(*data, batch_size=batch_size, **settings)
    batches = -(-len(data[0]) // batch_size)
    return params, {name: list(np.repeat(values, batches)) for name, values in history.items()}


@misconception(
    "ocr.train_network",
    advice="Your history has one entry too many: the untrained network's stands before the first epoch's.",
    random=True,
)
def history_starts_before_training(*data, **settings):
    params, history = _train(*data, **settings)
    return params, {name: [values[0], *values] for name, values in history.items()}


@misconception(
    "ocr.train_network",
    advice="The history comes first in what you return. The text asks for (params, history).",
    random=True,
)
def returned_in_reverse(*data, **settings):
    return _train(*data, **settings)[::-1]


@misconception(
    "ocr.train_network",
    advice="Your hidden layer has 64 units whatever hidden_size says. Hand it to both calls of initialize_weights.",
    random=True,
)
def hidden_size_ignored(*data, hidden_size=64, **settings):
    return _train(*data, **settings, hidden_size=64)


@misconception(
    "ocr.train_network",
    advice="Each update divides the gradients by the batch's images; they are sums here, so training is slower "
    "than the learning rate says.",
    random=True,
)
def updates_averaged(*data, **settings):
    return _train(*data, **settings, rate_of=lambda rate, xb: rate / len(xb))


@misconception(
    "ocr.train_network",
    advice="You add the gradients, so the loss rises. Gradient descent subtracts them.",
    random=True,
)
def gradients_added(*data, **settings):
    return _train(*data, **settings, rate_of=lambda rate, xb: -rate)


@misconception(
    "ocr.train_network",
    advice="The first layer never changes. 64 random features alone read some letters, which hides the mistake.",
    random=True,
)
def first_layer_frozen(*data, **settings):
    return _train(*data, **settings, changed=_KEYS[2:])


@misconception(
    "ocr.train_network", advice="The biases are never updated. They have gradients too.", random=True
)
def biases_frozen(*data, **settings):
    return _train(*data, **settings, changed=_KEYS[::2])


@misconception(
    "ocr.train_network",
    advice="The first layer's backwards runs without the sigmoid's derivative. Pass it sigmoid_deriv; only the output "
    "layer, whose delta is probs - y, gets linear_deriv.",
    random=True,
)
def hidden_derivative_forgotten(*data, **settings):
    return _train(*data, **settings, factors=(_one, _one))


@misconception(
    "ocr.train_network",
    advice="The output layer multiplies probs - y by another derivative. probs - y is already the gradient at the "
    "logits: pass linear_deriv.",
    random=True,
)
def softmax_derived_twice(*data, **settings):
    return _train(*data, **settings, factors=(_slope, _slope))


@misconception(
    "ocr.train_network",
    advice="You squash the logits with the sigmoid before softmax sees them. The output layer's activation is softmax "
    "alone.",
    random=True,
)
def sigmoid_before_softmax(*data, **settings):
    return _train(*data, **settings, squash=oracles.sigmoid)


@misconception(
    "ocr.train_network",
    advice="You change the output layer before its gradient has passed through it on the way down. Finish backwards, "
    "then update.",
    random=True,
)
def output_updated_too_early(*data, **settings):
    return _train(*data, **settings, output_first=True)


@misconception(
    "ocr.train_network",
    advice="You update once in each epoch, with one batch. max_iters counts passes over all batches.",
    random=True,
)
def one_batch_for_each_epoch(*data, **settings):
    def reported(totals, x):
        return totals[0][0] / totals[0][2], totals[0][1]

    return _train(*data, **settings, batches_used=1, reported=reported)


@misconception(
    "ocr.train_network",
    advice="You train on the validation images too, so the validation curve no longer tells how the network does on "
    "images that it has not seen.",
    random=True,
)
def trained_on_validation_images(train_x, train_y, valid_x, valid_y, **settings):
    both = np.concatenate([train_x, valid_x]), np.concatenate([train_y, valid_y])
    return _train(train_x, train_y, valid_x, valid_y, **settings, learned_from=both)


@misconception(
    "ocr.train_network",
    advice="Your validation numbers are measured on the training images. Pass valid_x and valid_y.",
    random=True,
)
def validated_on_training_images(train_x, train_y, *valid, **settings):
    return _train(train_x, train_y, *valid, **settings, measured_on=(train_x, train_y))


@misconception(
    "ocr.train_network",
    advice="You measure the validation set before the epoch's updates, so its curve is one epoch late.",
    random=True,
)
def validation_too_early(*data, **settings):
    return _train(*data, **settings, validate_late=False)


@misconception(
    "ocr.train_network",
    advice="You turn the training images over (reshape, transpose), but not the validation images. The rows are what "
    "the network sees: leave their order as it is, everywhere, or the weights fit no other program.",
    random=True,
)
def images_turned_over(train_x, train_y, *valid, **settings):
    turned = train_x.reshape(-1, 32, 32).transpose(0, 2, 1).reshape(train_x.shape)
    return _train(train_x, train_y, *valid, **settings, learned_from=(turned, train_y))


@misconception(
    "ocr.train_network",
    advice="New weights are drawn in every epoch, so each starts from nothing. Initialise once, before the loop.",
    random=True,
)
def weights_drawn_each_epoch(*data, max_iters=30, **settings):
    epochs = [_train(*data, **settings, max_iters=1) for _ in range(max_iters)]
    return epochs[-1][0], {name: [history[name][0] for _, history in epochs] for name in _HISTORY}
