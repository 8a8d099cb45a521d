"""Hidden checks of the training in `source/pytorch/images.ipynb`: mirrored batches, and the loop that uses them.

What the loop does is read from its batches: each picture carries its number, and whether it is mirrored. Exact steps
are judged on pictures that mirroring leaves as they are.
"""

from __future__ import annotations

from itertools import chain
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from .. import Remote, Student, _torch, check, expect, fail_if, oracles
from .images import linear_net

# What depends on one draw for a whole batch shows in one of several: 2^-7 is left to chance.
_DRAWS = 8

# --- mirrored


@check("pytorch.mirrored", hint="x.flip(3): axis 3 are the columns.", weight=2)
def left_to_right(student, rng):
    """Each picture is as it was or mirrored left to right, all its planes together; some are mirrored."""
    met = False
    for _ in range(_DRAWS):
        x, turned = _mirrored(student, rng, 20)
        plain, flipped = ((turned == one).all(axis=(1, 2, 3)) for one in (x, x[..., ::-1]))
        fail_if((turned == x[:, :, ::-1]).all(axis=(1, 2, 3)).any(), "upside down")
        whose = (turned[:, None] == x).all(axis=(2, 3, 4))
        fail_if((whose & ~np.eye(20, dtype=bool)).any(), "pictures change places")
        fail_if(not (plain | flipped).all(), "values differ")
        met = met or flipped.any()
    fail_if(not met, "nothing is mirrored")


@check("pytorch.mirrored", hint="One draw for each picture: torch.rand(len(x)) < 0.5.", weight=2)
def every_picture_for_itself(student, rng):
    """About half of the pictures of each batch are mirrored, others each time."""
    draws = [_mirrored(student, rng, 60, repeat=True) for _ in range(_DRAWS)]
    patterns = np.array([(turned == x[..., ::-1]).all(axis=(1, 2, 3)) for x, turned in draws])
    fail_if(patterns.all(), "all are mirrored")
    fail_if(not patterns.any(), "none is mirrored")
    fail_if((patterns == patterns[:, :1]).all(), "one draw for all")
    fail_if((patterns == patterns[0]).all(), "the same pictures each time")
    fail_if(not 0.4 < patterns.mean() < 0.6, "another share than one half")


@check("pytorch.mirrored", hint="torch.where gives a new tensor; x[turn] = ... writes into x.")
def the_batch_stays_unchanged(student, rng):
    """The argument keeps its numbers."""
    x = rng.normal(size=(30, 3, 2, 5)).astype(np.float32)
    kept = _torch.tensor(student, x)
    _torch.quietly(student, student.mirrored, kept)
    student.transcript.clear()
    expect(_torch.array(kept, "x"), "x").unchanged(x)


def _mirrored(student: Student, rng: Any, count: int, repeat: bool = False) -> tuple[np.ndarray, np.ndarray]:
    x = rng.normal(size=(1 if repeat else count, 3, 2, 5)).astype(np.float32)
    x = np.repeat(x, count // len(x), axis=0)
    turned = _torch.array(_torch.quietly(student, student.mirrored, _torch.tensor(student, x)), "the batch")
    student.transcript.clear()  # drawn at random: misconceptions are compared by symptoms
    return x, expect(turned, "the batch").has_shape(*x.shape)


# --- train_objects


def _right_mirrored(student: Student, rng: Any) -> None:
    """A right `mirrored`, on the student's side."""
    where, rand = student.given("torch", "where"), student.given("torch", "rand")

    def mirrored(x: Remote) -> Remote:
        return where(rand(len(x), 1, 1, 1).lt(0.5), x.flip(3), x)

    student.bind(mirrored=mirrored)
    student.transcript.clear()


class _Run:
    """One call of train_objects, a linear net over pictures of 3 x 2 x 4 and gradient descent, and its batches.

    Each picture's first plane holds its number, and in its middle columns whether it is mirrored, if `marked`.
    """

    def __init__(
        self, student: Student, rng: Any, rows: int, lr: float, training=False, marked=False, **settings
    ):
        self.student = student
        self.net, self.W, self.b = linear_net(student, rng, (3, 2, 4), 3)
        half = rng.normal(size=(rows, 3, 2, 2))
        self.x = np.concatenate([half, half[..., ::-1]], axis=3).astype(np.float32)
        self.x[:, 0] = np.arange(rows)[:, None, None] / rows
        if marked:
            self.x[:, 1, :, 0], self.x[:, 1, :, 3] = 1.0, -1.0
        self.y = rng.integers(3, size=rows)
        self.batches: list[tuple[np.ndarray, bool]] = []
        self.net.register_forward_hook(self._watch)
        self.net.train(training)
        self.kept = _torch.tensor(student, self.x)
        optimizer = student.given("torch.optim", "SGD")(self.net.parameters(), lr=lr)
        labels = _torch.tensor(student, self.y)
        self.losses = student.train_objects(self.net, self.kept, labels, optimizer, **settings)
        # Batches are drawn at random: misconceptions are compared by symptoms.
        student.transcript.clear()

    def _watch(self, module: Any, inputs: Any, output: Any) -> None:
        self.batches.append((_torch.array(inputs[0], "a batch"), module.training.value()))

    def rows(self) -> list[list[int]]:
        """The numbers of the pictures in each batch."""
        fail_if(not self.batches, "nothing is trained")
        fail_if(any(x.shape[1:] != (3, 2, 4) for x, _ in self.batches), "batches of another shape")
        return [[round(value * len(self.y)) for value in x[:, 0, 0, 0].tolist()] for x, _ in self.batches]

    def parameters(self) -> tuple[np.ndarray, np.ndarray]:
        bias, weight = sorted(_torch.arrays(self.student, self.net).values(), key=np.ndim)
        return weight, bias

    def descended(self, batches: list[list[int]], lr: float, accumulate: bool = False, labels: Any = None):
        """W, b and the loss of each batch after these steps on the mean cross entropy, in float64."""
        labels = self.y if labels is None else labels
        W, b, losses = self.W.astype(float), self.b.astype(float), []
        grad_W, grad_b = np.zeros_like(W), np.zeros_like(b)
        for rows in batches:
            X, y = self.x[rows].reshape(len(rows), -1).astype(float), labels[rows]
            probs = oracles.softmax(X @ W.T + b)
            losses.append(-np.log(probs[np.arange(len(y)), y]).mean())
            delta = (probs - np.eye(3)[y]) / len(y)
            grad_W = delta.T @ X + accumulate * grad_W
            grad_b = delta.sum(axis=0) + accumulate * grad_b
            W, b = W - lr * grad_W, b - lr * grad_b
        return W, b, losses

    def twice(self) -> np.ndarray:
        """The gradient for W of all pictures where a softmax stands before the cross entropy."""
        W = torch.tensor(self.W).double().requires_grad_()
        X = torch.tensor(self.x.reshape(len(self.x), -1)).double()
        probabilities = F.linear(X, W, torch.tensor(self.b).double()).softmax(dim=1)
        F.cross_entropy(probabilities, torch.tensor(self.y)).backward()
        return W.grad.numpy()


@check(
    "pytorch.train_objects",
    hint="F.cross_entropy of the logits themselves: it contains softmax, and averages.",
    weight=2,
    rescue=_right_mirrored,
)
def one_step_is_exact(student, rng):
    """One batch of all pictures moves the parameters along the mean cross entropy's gradient."""
    run = _Run(student, rng, rows=6, lr=0.5, epochs=1, batch_size=6)
    (W, b), right = run.parameters(), run.descended([list(range(6))], 0.5)
    moved, wanted = W - run.W, right[0] - run.W
    fail_if(np.allclose(moved, 0, atol=1e-7), "the parameters did not move")
    fail_if(np.allclose(moved, 6 * wanted, rtol=1e-2, atol=1e-4), "the loss is a sum, not a mean")
    fail_if(np.allclose(moved, -0.5 * run.twice(), rtol=1e-2, atol=1e-4), "a softmax before the loss")
    close = np.allclose(moved, wanted, rtol=1e-2, atol=1e-4)
    parted = run.descended([list(range(6))], 0.5, labels=run.y[np.argsort(run.rows()[0])])[0] - run.W
    fail_if(not close and np.allclose(moved, parted, rtol=1e-2, atol=1e-4), "other pictures' labels")
    expect(W, "the weights").close_to(right[0], rtol=1e-3, atol=1e-5)
    expect(b, "the biases").close_to(right[1], rtol=1e-3, atol=1e-5)


@check(
    "pytorch.train_objects",
    hint="optimizer.zero_grad() for every batch: .backward() adds to what is there.",
    weight=2,
    rescue=_right_mirrored,
)
def every_batch_has_its_own_gradient(student, rng):
    """Four steps on short batches, over two epochs, use a gradient of their own each."""
    run = _Run(student, rng, rows=6, lr=0.4, epochs=2, batch_size=4)
    batches = run.rows()
    (W, b), right = run.parameters(), run.descended(batches, 0.4)
    added = run.descended(batches, 0.4, accumulate=True)
    fail_if(np.allclose(W, added[0], rtol=1e-3, atol=1e-5), "gradients of earlier steps are added")
    expect(W, "the weights").close_to(right[0], rtol=1e-3, atol=1e-5)
    expect(b, "the biases").close_to(right[1], rtol=1e-3, atol=1e-5)


@check(
    "pytorch.train_objects",
    hint="torch.randperm(len(y)).split(batch_size), anew in each epoch; the last, short batch as well.",
    weight=2,
    rescue=_right_mirrored,
)
def every_picture_once_an_epoch(student, rng):
    """Batches have the asked size, show every picture once an epoch, and come in another order each epoch."""
    run = _Run(student, rng, rows=14, lr=0.01, epochs=3, batch_size=4)
    batches = run.rows()
    sizes = [len(rows) for rows in batches]
    fail_if(sizes == [4, 4, 4] * 3, "the short last batch is dropped")
    fail_if(len(sizes) == 4, "one epoch only")
    fail_if(sizes != [4, 4, 4, 2] * 3, "other batches")
    epochs = [list(chain(*batches[first : first + 4])) for first in (0, 4, 8)]
    fail_if(any(sorted(rows) != list(range(14)) for rows in epochs), "not every picture once an epoch")
    fail_if(any(rows == sorted(rows) for rows in epochs), "the order is not random")
    fail_if(epochs[0] == epochs[1], "the same order in every epoch")


@check(
    "pytorch.train_objects",
    hint="net(mirrored(x[rows])): the batch, not the whole set.",
    weight=2,
    rescue=_right_mirrored,
)
def batches_are_mirrored(student, rng):
    """About half of the pictures that the network meets are mirrored, others in each epoch; x stays as it is."""
    run = _Run(student, rng, rows=60, lr=0.01, marked=True, epochs=4, batch_size=10)
    rows = list(chain(*run.rows()))
    turned = np.concatenate([x[:, 1, 0, 0] < 0 for x, _ in run.batches])
    fail_if(not turned.any(), "no picture is mirrored")
    fail_if(not 0.35 < turned.mean() < 0.65, "another share is mirrored")
    fail_if(len(rows) != 240, "other batches")
    by_picture = np.zeros(60, int)
    np.add.at(by_picture, rows, turned)
    fail_if(np.isin(by_picture, (0, 4)).all(), "the same pictures in every epoch")
    expect(_torch.array(run.kept, "x"), "x").unchanged(run.x)


@check(
    "pytorch.train_objects", hint="net.train() first: confusion has switched it off.", rescue=_right_mirrored
)
def trained_in_training_mode(student, rng):
    """Every batch passes in training mode, also when the network came in evaluation mode."""
    run = _Run(student, rng, rows=8, lr=0.01, epochs=2, batch_size=4)
    run.rows()
    fail_if(not all(training for _, training in run.batches), "batches in evaluation mode")


@check(
    "pytorch.train_objects",
    hint="loss.item() times the batch's pictures, summed, divided by all pictures; one number for each epoch.",
    weight=2,
    rescue=_right_mirrored,
)
def mean_losses_by_epoch(student, rng):
    """Returns the mean loss over pictures of each epoch, met on the way, as plain numbers; the last batch is short."""
    run = _Run(student, rng, rows=7, lr=0.3, epochs=3, batch_size=3)
    losses = expect(run.losses, "the losses").is_sequence()
    fail_if(len(losses) == 9, "a loss for each batch")
    fail_if(len(losses) != 3, "another number of losses")
    fail_if(any(isinstance(loss, Remote) for loss in losses), "not plain numbers")
    losses = [expect(loss, "the losses").is_number() for loss in losses]
    batches = run.rows()
    fail_if(len(batches) != 9, "other batches")
    found = run.descended(batches, 0.3)[2]
    parts = np.reshape([loss * len(rows) for loss, rows in zip(found, batches, strict=True)], (3, 3))
    means = np.reshape(found, (3, 3)).mean(axis=1)
    right = parts.sum(axis=1) / 7
    fail_if(
        np.allclose(losses, means, rtol=1e-4) and not np.allclose(right, means, rtol=1e-3),
        "averaged over batches",
    )
    fail_if(np.allclose(losses, parts.sum(axis=1), rtol=1e-4), "not divided")
    expect(losses, "the losses").close_to(right, rtol=1e-3, atol=1e-5)
