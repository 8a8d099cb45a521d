"""Mistakes in `train_epoch`, one loop with one thing done wrong, and in `classify`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch.nn import functional as F

from .. import misconception

# --- train_epoch


def _right_loss(out: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return F.nll_loss(out, labels)


def _train(
    model,
    images,
    labels,
    optimizer,
    rng,
    augment=None,
    batch_size=64,
    loss_of: Callable[..., torch.Tensor] = _right_loss,
    order_of: Callable[[Any, int], np.ndarray] = lambda rng, n: rng.permutation(n),
    noisy: Callable[..., np.ndarray] = lambda augment, images, rows, rng: augment(images[rows], rng),
    labels_of: Callable[..., np.ndarray] = lambda labels, rows, start: labels[rows],
    train_mode=True,
    clear=True,
    step=True,
    result: Callable[[list[float]], float] = lambda losses: sum(losses) / len(losses),
):
    if train_mode:
        model.train()
    order, losses, start = order_of(rng, len(images)), [], 0
    for rows in np.array_split(order, -(-len(images) // batch_size)):
        batch = images[rows] if augment is None else noisy(augment, images, rows, rng)
        x = torch.from_numpy(np.asarray(batch, dtype=np.float32))[:, None]
        loss = loss_of(model(x), torch.from_numpy(labels_of(labels, rows, start)))
        if clear:
            optimizer.zero_grad()
        loss.backward()
        if step:
            optimizer.step()
        losses.append(loss.item())
        start += len(rows)
    return result(losses)


def _epoch(name: str, advice: str, variants: tuple[dict[str, Any], ...] = (), **settings: Any) -> None:
    def train_epoch(*arguments: Any, **given: Any) -> float:
        return _train(*arguments, **{**settings, **given})

    train_epoch.__name__ = name
    misconception("noisy_digits.train_epoch", advice=advice, random=True, variants=variants)(train_epoch)


def _dropped(augment, images, rows, rng):
    augment(images[rows], rng)
    return images[rows]


def _piled_up(augment, images, rows, rng):
    images[rows] = augment(images[rows], rng)
    return images[rows]


_epoch(
    "gradients_not_cleared",
    "You never clear the gradients: PyTorch adds each batch's to the sum of all before. Call optimizer.zero_grad().",
    clear=False,
)
_epoch(
    "loss_summed",
    "Your loss is a sum over the batch, so each step grows with the batch size. nll_loss without reduction= is a mean.",
    loss_of=lambda out, labels: F.nll_loss(out, labels, reduction="sum"),
    variants=({"result": lambda losses: sum(losses) / 12},),
)
_epoch(
    "softmax_before_the_loss",
    "You apply softmax or exp to what the model returns. It returns log-probabilities already: give them to nll_loss.",
    loss_of=lambda out, labels: F.cross_entropy(out.exp(), labels),
)
_epoch(
    "optimizer_never_steps",
    "The weights never move: after backward the optimizer has to make its step.",
    step=False,
)
_epoch(
    "never_shuffled",
    "Your batches come in the same order in every epoch, the order of the data. Draw rng.permutation(n) in each.",
    order_of=lambda rng, n: np.arange(n),
)
_epoch(
    "same_shuffle_again",
    "You shuffle, but into the same order in every epoch: use the generator that is passed, not a new one.",
    order_of=lambda rng, n: np.random.default_rng(0).permutation(n),
)
_epoch(
    "drawn_with_replacement",
    "You draw rows with replacement: some pictures come twice and others never. A permutation has each once.",
    order_of=lambda rng, n: rng.integers(n, size=n),
)
_epoch(
    "labels_left_behind",
    "You shuffle the pictures but not their labels: index both with the same rows.",
    labels_of=lambda labels, rows, start: labels[start : start + len(rows)],
)
_epoch(
    "noise_thrown_away",
    "You call augment, or not even that, but train on the clean batch: use what it returns.",
    noisy=_dropped,
)
_epoch(
    "noise_piles_up",
    "You write the noisy batch into the given pictures, so noise comes upon noise in every epoch. Keep them clean.",
    noisy=_piled_up,
)
_epoch(
    "evaluation_mode",
    "The model comes in evaluation mode after an accuracy was measured: call model.train() in train_epoch.",
    train_mode=False,
)
_epoch(
    "last_loss_reported",
    "You return the last batch's loss. Collect all of them, and return their mean.",
    result=lambda losses: losses[-1],
)
_epoch(
    "losses_added_up",
    "You return the sum of the batches' losses, which grows with their number. Divide by it.",
    result=sum,
)


@misconception(
    "noisy_digits.train_epoch",
    advice="You make the noise once and keep it: the network learns these specks by heart. Call augment in each epoch.",
    random=True,
)
def augmented_once(model, images, labels, optimizer, rng, augment=None, batch_size=64):
    if augment is not None:
        if model not in _kept:
            _kept[model] = augment(images, rng)
        images = _kept[model]
    return _train(model, images, labels, optimizer, rng, batch_size=batch_size)


_kept: WeakKeyDictionary[torch.nn.Module, np.ndarray] = WeakKeyDictionary()


# --- classify


def _answer(name: str, advice: str, answer: Callable[..., Any], evaluate: bool = True) -> None:
    def classify(model: Any, x: torch.Tensor) -> Any:
        if evaluate:
            model.eval()
        with torch.no_grad():
            return answer(model(x))

    classify.__name__ = name
    misconception("noisy_digits.classify", advice=advice, by_symptom=True)(classify)


_answer(
    "training_mode_left_on",
    "The model is still in training mode: labels are a lottery, and batch normalisation goes on learning. "
    "Call model.eval() first.",
    lambda out: out.argmax(dim=1),
    evaluate=False,
)
_answer(
    "largest_of_the_batch",
    "argmax(dim=0) compares pictures with each other. The classes of one picture are a row: dim=1.",
    lambda out: out.argmax(dim=0),
)
_answer(
    "labels_off_by_one",
    "Your labels run from 1 to 10. The place in the row, counted from 0, is the digit.",
    lambda out: out.argmax(dim=1) + 1,
)
_answer(
    "values_for_labels",
    "You return the largest log-probability itself. The label is its place: argmax, or the second part of max.",
    lambda out: out.max(dim=1).values,
)
_answer(
    "probabilities_for_labels",
    "You return a row for each picture. The label is the place of the row's largest entry.",
    lambda out: out.exp(),
)
_answer(
    "column_of_labels",
    "Your labels have the shape (N, 1). Leave out keepdim, so that it is (N,).",
    lambda out: out.argmax(dim=1, keepdim=True),
)
_answer(
    "least_likely",
    "You choose the smallest log-probability. They are all negative, and the largest is the one nearest to 0.",
    lambda out: out.argmin(dim=1),
)
