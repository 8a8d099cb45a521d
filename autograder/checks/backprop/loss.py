"""Hidden checks of `softmax` and `compute_loss_and_acc`, fully_connected.ipynb: from logits to the loss."""

from __future__ import annotations

import numpy as np

from .. import check, expect, oracles
from ._shared import expect_unchanged, one_hot_labels


@check("backprop.softmax", hint="exp, then divide by the row's own sum.")
def softmax_values(student, rng):
    """Each row of exp(x) is divided by its own sum."""
    logits = rng.normal(scale=2, size=(5, 3))
    expect(student.softmax(logits)).close_to(oracles.softmax(logits))


@check("backprop.softmax", hint="Keep the axes: a batch of one row has shape (1, C).")
def softmax_of_one_row(student, rng):
    """A batch of one row gives one row that sums to one, for whole numbers too."""
    for logits in (rng.normal(size=(1, 6)), rng.integers(-3, 4, size=(1, 4))):
        expect(student.softmax(logits)).close_to(oracles.softmax(logits))


@check("backprop.softmax", hint="Subtract the maximum before you exponentiate.")
def softmax_of_large_logits(student, rng):
    """Logits around +10 000 and around -10 000 give finite probabilities."""
    for shift in (1e4, -1e4):
        logits = rng.normal(size=(4, 5)) + shift
        expect(student.softmax(logits)).close_to(oracles.softmax(logits))


@check("backprop.softmax", hint="Each row has a maximum of its own.")
def softmax_of_unlike_rows(student, rng):
    """Rows whose maxima differ by 2000 are each right, also with one logit far above or below its others."""
    logits = rng.normal(size=(4, 3)) + np.array([[0.0], [2200.0], [-1000.0], [1000.0]])
    logits[0, 1] += 3000.0
    logits[[1, 2], [0, 2]] -= 1300.0
    expect(student.softmax(logits)).close_to(oracles.softmax(logits))


@check("backprop.softmax", hint="x -= ... writes into the caller's array; x = x - ... does not.")
def softmax_leaves_its_argument(student, rng):
    """The argument is the same after the call."""
    result = expect_unchanged(student.softmax, student, rng.normal(size=(4, 5)))
    expect(result).has_shape(4, 5)


@check(
    "backprop.compute_loss_and_acc", hint="Sum -log p over the rows, p at each row's right class.", weight=2
)
def loss_is_summed(student, rng):
    """The loss is one number, the sum over five rows of -log of the right class's probability."""
    y, probs = one_hot_labels(rng, 5, 3), oracles.softmax(rng.normal(size=(5, 3)))
    y[0] = np.eye(3)[probs[0].argmin()]  # not every guess is right
    loss, _ = expect(student.compute_loss_and_acc(y, probs)).is_pair()
    _expect_loss(loss, oracles.cross_entropy(y, probs))


@check(
    "backprop.compute_loss_and_acc", hint="Count the rows whose largest probability is at the label's one."
)
def accuracy_is_a_fraction(student, rng):
    """The accuracy is the fraction of right rows, between 0 and 1."""
    probs = oracles.softmax(rng.normal(size=(8, 4)))
    labels = probs.argmax(axis=1)
    labels[:3] = (labels[:3] + rng.integers(1, 4, size=3)) % 4
    y = np.eye(4)[labels]
    _, acc = expect(student.compute_loss_and_acc(y, probs)).is_pair()
    expect(acc, "accuracy").close_to(oracles.accuracy(y, probs), rtol=1e-5)


@check("backprop.compute_loss_and_acc", hint="A batch of one row is an ordinary batch.")
def one_row_has_a_loss(student, rng):
    """A batch of one row has its loss and an accuracy of 0 or 1."""
    y, probs = one_hot_labels(rng, 1, 4), oracles.softmax(rng.normal(size=(1, 4)))
    loss, acc = expect(student.compute_loss_and_acc(y, probs)).is_pair()
    _expect_loss(loss, oracles.cross_entropy(y, probs))
    expect(acc, "accuracy").close_to(oracles.accuracy(y, probs))


@check("backprop.compute_loss_and_acc", hint="0 * log(0) is nan: look only at the right class.")
def zero_for_a_wrong_class(student, rng):
    """A probability of exactly 0 for a wrong class does no harm."""
    y = np.eye(3)[[0, 1, 2, 1]]
    probs = np.array([[0.75, 0.0, 0.25], [0.0, 1.0, 0.0], [0.4, 0.0, 0.6], [0.3, 0.5, 0.2]])
    order = rng.permutation(4)
    loss, acc = expect(student.compute_loss_and_acc(y[order], probs[order])).is_pair()
    _expect_loss(loss, oracles.cross_entropy(y, probs))
    expect(acc, "accuracy").close_to(1.0)


@check("backprop.compute_loss_and_acc", hint="Clip or add to a copy of probs.")
def loss_leaves_its_arguments(student, rng):
    """y and probs are the same after the call."""
    y, probs = one_hot_labels(rng, 4, 3), oracles.softmax(rng.normal(size=(4, 3)))
    probs[0] = 0.75 * y[0] + 0.25 * np.roll(y[0], 1)  # whoever writes only where probs is 0 does so here
    for part in expect(expect_unchanged(student.compute_loss_and_acc, student, y, probs)).is_pair():
        expect(part).is_numeric()


def _expect_loss(loss, right):
    """One finite number; the tolerance leaves room for log(p + 1e-9) and the like."""
    expect(loss, "loss").close_to(right, rtol=1e-5, atol=1e-6)
