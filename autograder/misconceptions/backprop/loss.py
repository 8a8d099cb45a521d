"""Mistakes in `softmax` and `compute_loss_and_acc`, fully_connected.ipynb.

x, y and probs are (N, C), one row for each sample; the loss is a sum over the rows.
"""

from __future__ import annotations

import numpy as np

from ... import oracles
from ...oracles import softmax
from .. import misconception


@misconception(
    "backprop.softmax",
    advice="You subtract one maximum for the whole matrix. A row far below it becomes all zeros and 0 / 0 "
    "is nan: each row needs its own maximum.",
)
def global_maximum(x):
    exps = np.exp(x - x.max())
    return exps / exps.sum(axis=1, keepdims=True)


@misconception(
    "backprop.softmax",
    advice="You exponentiate the logits as they are. exp(710) is already inf, and exp of a very negative "
    "row is 0 throughout: use that softmax does not change when a row is shifted.",
)
def no_maximum(x):
    exps = np.exp(x)
    return exps / exps.sum(axis=1, keepdims=True)


@misconception(
    "backprop.softmax",
    advice="You take each column's maximum. Samples are rows: the shift must be the same for a whole row, "
    "or the probabilities change.",
)
def maximum_of_columns(x):
    exps = np.exp(x - x.max(axis=0, keepdims=True))
    return exps / exps.sum(axis=1, keepdims=True)


@misconception(
    "backprop.softmax",
    advice="Your columns sum to one, but samples are rows: look at the axis of your sum.",
)
def columns_sum_to_one(x):
    return softmax(x.T).T


@misconception(
    "backprop.softmax",
    advice="You divide by the sum over the whole matrix, so the whole matrix sums to one and not each row.",
)
def matrix_sums_to_one(x):
    exps = np.exp(x - x.max(axis=1, keepdims=True))
    return exps / np.sum(np.exp(x - x.max(axis=1, keepdims=True)))


@misconception(
    "backprop.softmax",
    advice="The maximum or the sum of each row has lost its axis: shape (N,) does not broadcast against (N, "
    "C). Look at keepdims.",
    crashes_at=r"^(?!if\b|while\b).*[-/]",
)
def axis_lost(x):
    exps = np.exp(x - x.max(axis=1))
    return exps / exps.sum(axis=1)


@misconception(
    "backprop.softmax",
    advice="You return the logarithms of the probabilities; a row of probabilities sums to one.",
)
def logarithms_returned(x):
    return np.log(softmax(x))


@misconception(
    "backprop.softmax",
    advice="Your result is right, but x -= ... has shifted the caller's logits too. Make a new array.",
    by_symptom=True,
)
def logits_shifted_in_place(x):
    result = softmax(x)
    if x.dtype.kind == "f":
        x -= x.max(axis=1, keepdims=True)
    return result


@misconception(
    "backprop.softmax",
    advice="You subtract the row's mean. Where one logit is far above the others it stays large and exp is "
    "inf: subtract the row's maximum, then no exponent is positive.",
)
def mean_for_maximum(x):
    exps = np.exp(x - np.mean(x, axis=1, keepdims=True))
    return exps / exps.sum(axis=1, keepdims=True)


@misconception(
    "backprop.softmax",
    advice="You clip the logits, so all that lie beyond the bound become equal and their order is lost. "
    "Shift each row by its maximum instead, which changes nothing.",
    variants=[{"bound": bound} for bound in (10, 20, 100, 500, 700)],
)
def logits_clipped(x, bound=50):
    return softmax(np.minimum(np.maximum(x, -bound), bound))


@misconception(
    "backprop.softmax",
    advice="You give the largest logit everything and the others nothing. That is argmax; softmax gives each "
    "class its share of the exponentials.",
)
def winner_takes_all(x):
    return np.eye(x.shape[1])[np.argmax(x, axis=1)]


@misconception(
    "backprop.softmax",
    advice="You divide the logits by the largest one. That keeps exp finite but changes the probabilities; "
    "only a shift of the whole row leaves them as they are.",
    variants=[{"size": np.asarray}],
)
def divided_by_the_maximum(x, size=np.abs):
    exps = np.exp(x / size(x).max(axis=1, keepdims=True))
    return exps / exps.sum(axis=1, keepdims=True)


@misconception(
    "backprop.softmax",
    advice="Your rows do not sum to one: the division by the row's sum is missing.",
    variants=[{"shift": np.zeros_like}],
)
def division_forgotten(x, shift=lambda x: x.max(axis=1, keepdims=True)):
    return np.exp(x - shift(x))


@misconception(
    "backprop.compute_loss_and_acc",
    advice="Your loss is the mean over the rows; here it is the sum. Gradients would be N times too large "
    "for it.",
)
def loss_averaged(y, probs):
    loss, acc = oracles.compute_loss_and_acc(y, probs)
    return loss / len(y), acc


@misconception(
    "backprop.compute_loss_and_acc",
    advice="Your loss is negative: the minus sign before log p is missing, so a better network has a higher "
    "loss.",
)
def loss_without_minus(y, probs):
    loss, acc = oracles.compute_loss_and_acc(y, probs)
    return -loss, acc


@misconception(
    "backprop.compute_loss_and_acc",
    advice="You return one loss for each row. The loss is one number: their sum.",
)
def loss_for_each_row(y, probs):
    return -np.log(probs[np.arange(len(y)), y.argmax(axis=1)]), oracles.accuracy(y, probs)


@misconception(
    "backprop.compute_loss_and_acc",
    advice="0 * log(0) is nan in floating point, though the limit is 0. A wrong class may have probability "
    "0: take the logarithm only of the right class's probability.",
)
def zero_times_infinity(y, probs):
    return -np.sum(y * np.log(probs)), oracles.accuracy(y, probs)


@misconception(
    "backprop.compute_loss_and_acc",
    advice="You count the wrong classes too, with log(1 - p). That is the loss of independent yes-or-no "
    "questions; here only the right class's -log p counts.",
)
def wrong_classes_counted(y, probs):
    return -np.sum(np.log(np.where(y == 1, probs, 1 - probs))), oracles.accuracy(y, probs)


@misconception(
    "backprop.compute_loss_and_acc",
    advice="Your logarithm has another base than e. The gradient probs - y belongs to the natural logarithm, "
    "which is NumPy's log.",
    variants=[{"base": 10}],
)
def logarithm_of_another_base(y, probs, base=2):
    loss, acc = oracles.compute_loss_and_acc(y, probs)
    return loss / np.log(base), acc


@misconception(
    "backprop.compute_loss_and_acc",
    advice="Your accuracy is in percent; it is a fraction between 0 and 1.",
)
def accuracy_in_percent(y, probs):
    loss, acc = oracles.compute_loss_and_acc(y, probs)
    return loss, 100 * acc


@misconception(
    "backprop.compute_loss_and_acc",
    advice="Your accuracy counts the right rows; divide by the number of rows.",
)
def accuracy_as_count(y, probs):
    loss, acc = oracles.compute_loss_and_acc(y, probs)
    return loss, round(len(y) * acc)


@misconception(
    "backprop.compute_loss_and_acc",
    advice="You return (acc, loss); the order is (loss, acc).",
)
def accuracy_first(y, probs):
    return oracles.compute_loss_and_acc(y, probs)[::-1]


@misconception(
    "backprop.compute_loss_and_acc",
    advice="You looked for the largest probability of each column; the classes of one sample stand in a row.",
)
def largest_of_columns(y, probs):
    return oracles.cross_entropy(y, probs), np.mean(y.argmax(axis=0) == probs.argmax(axis=0))


@misconception(
    "backprop.compute_loss_and_acc",
    advice="You compare probabilities and labels entry by entry, so each class of a row counts, and guessing "
    "looks good. A row is right when its largest probability is at its label's one.",
)
def accuracy_by_entry(y, probs):
    return oracles.cross_entropy(y, probs), np.mean((probs > 0.5) == (y > 0.5))


@misconception(
    "backprop.compute_loss_and_acc",
    advice="You compute squared errors. The loss here is the cross entropy, -log of the right class's "
    "probability, to which the gradient probs - y belongs.",
    variants=[{"share": lambda y: 0.5}, {"share": lambda y: 1 / len(y)}, {"share": lambda y: 1 / y.size}],
)
def squared_error(y, probs, share=lambda y: 1):
    return share(y) * np.sum(np.square(probs - y)), oracles.accuracy(y, probs)


@misconception(
    "backprop.compute_loss_and_acc",
    advice="You take the logarithm of each row's largest probability, so a confident mistake costs nothing. "
    "The loss looks at the probability of the right class.",
)
def largest_probability_for_the_loss(y, probs):
    return -np.log(np.max(probs, axis=1)).sum(), oracles.accuracy(y, probs)


@misconception(
    "backprop.compute_loss_and_acc",
    advice="The number inside your logarithm is so large that it changes every loss. Against log(0) a far "
    "smaller one is enough, or none, when only the right class's probability is used.",
    variants=[{"epsilon": 0.1}, {"epsilon": 1e-3}, {"epsilon": 1e-4}, {"epsilon": 1e-5}],
)
def epsilon_too_large(y, probs, epsilon=0.01):
    return oracles.cross_entropy(y, probs + epsilon), oracles.accuracy(y, probs)


@misconception(
    "backprop.compute_loss_and_acc",
    advice="An if cannot decide for a whole array: each row is right or wrong by itself. Compare the arrays of "
    "classes, which gives one truth value for each row, and average.",
    crashes_at=r"\bif\b",
)
def if_on_an_array(y, probs):
    hits = 1 if y.argmax(axis=1) == probs.argmax(axis=1) else 0
    return oracles.cross_entropy(y, probs), hits / len(y)


@misconception(
    "backprop.compute_loss_and_acc",
    advice="Your numbers are right, but the caller's probs is changed: you write into it against log(0). "
    "The gradient is computed from it afterwards, so work on a copy.",
    by_symptom=True,
)
def probabilities_changed(y, probs):
    result = oracles.compute_loss_and_acc(y, probs)
    probs += 1e-9
    return result
