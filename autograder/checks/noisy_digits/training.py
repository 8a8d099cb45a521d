"""Hidden checks of what trains and what answers: train_epoch and classify.

The models are dense layers of the check's own, so that gradients can be written by hand; hooks tell what they see.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import Remote, Student, check, expect, fail_if
from .._torch import layer
from ._remote import CLASSES, PIXELS, digits, numbers, pictures, softmax_layer, state

_RATE = 0.5


# --- train_epoch


@check("noisy_digits.train_epoch", hint="nll_loss, backward, step: nothing is scaled or added.", weight=2)
def one_batch_is_one_step(student, rng):
    """With one batch, an epoch moves each weight by the learning rate times the gradient of the mean loss."""
    run = _Run(student, rng, rows=12)
    run.epoch(batch_size=12)
    _expect_weights(run, [np.arange(12)])


@check("noisy_digits.train_epoch", hint="PyTorch adds to the gradients: clear them before each backward.")
def gradients_start_fresh(student, rng):
    """The second and third batches' steps follow their own gradients alone."""
    run = _Run(student, rng, rows=8)
    for _ in range(3):
        run.epoch(batch_size=8)
    _expect_weights(run, [np.arange(8)] * 3)


@check(
    "noisy_digits.train_epoch",
    hint="One permutation for each epoch, cut into batches; labels go along.",
    weight=2,
)
def every_picture_once_in_new_order(student, rng):
    """Every epoch shows each picture once, with its own label, in batches of the size asked for, in a new order."""
    run = _Run(student, rng, rows=22)
    orders = []
    for _ in range(2):
        run.seen.clear()
        run.epoch(batch_size=5)
        fail_if(not run.seen, "the model saw nothing")
        order = [run.number_of(image) for batch in run.seen for image in batch]
        fail_if(None in order, "the model saw something else than the pictures")
        fail_if(max(map(len, run.seen)) > 5, "a batch is larger than batch_size")
        dropped_rest = len(order) == 20 and len(set(order)) == 20
        fail_if(sorted(order) != list(range(22)) and not dropped_rest, "not every picture once")
        fail_if(order == sorted(order), "not shuffled")
        orders.append([[run.number_of(image) for image in batch] for batch in run.seen])
    fail_if(orders[0] == orders[1], "the same order in every epoch")
    _expect_weights(run, [np.array(batch) for order in orders for batch in order])


@check(
    "noisy_digits.train_epoch",
    hint="augment(images[rows], rng) inside the loop, and train on what it returns.",
    weight=2,
)
def noise_is_fresh(student, rng):
    """The model is trained on what augment returns, drawn anew in each epoch; the given pictures stay as they were."""
    run = _Run(student, rng, rows=6)
    given, calls = student.array(run.images), []

    def augment(images: Any, generator: Any = None) -> np.ndarray:
        images = expect(images, "what augment gets").has_shape(
            np.shape(images)[0] if np.ndim(images) else 0, 28, 28
        )
        calls.append(len(images))
        return images + np.float32(0.1) * len(calls)

    for _ in range(2):
        run.epoch(batch_size=6, images=given, augment=augment)
    expect(given.value(), "images").unchanged(run.images)
    fail_if(not run.seen, "the model saw nothing")
    first, last = run.seen[0], run.seen[-1]
    fail_if(_shown(run, first) == 0 and _shown(run, last) == 0, "trained without noise")
    fail_if(_shown(run, first) == _shown(run, last), "the same noise in every epoch")


@check("noisy_digits.train_epoch", hint="model.train(): accuracy() may have switched to evaluation before.")
def in_training_mode(student, rng):
    """The model trains in training mode, also when it comes in evaluation mode."""
    run = _Run(student, rng, rows=6)
    run.model.eval()
    run.epoch(batch_size=3)
    fail_if(not run.modes or not all(run.modes), "trained in evaluation mode")


@check("noisy_digits.train_epoch", hint="loss.item() of each batch, then the mean of them.")
def returns_the_mean_loss(student, rng):
    """What comes back is the mean loss, one number: of one batch, and of several equal ones."""
    run = _Run(student, rng, rows=12)
    before = _loss(run.images, run.labels, run.weight, run.bias)
    returned = numbers(run.epoch(batch_size=12), "the loss")
    expect(returned, "the loss").close_to(before, rtol=1e-4, atol=1e-5)
    still = _Run(student, rng, rows=12, rate=0.0)
    several = expect(numbers(still.epoch(batch_size=4), "the loss"), "the loss").is_number()
    mean = _loss(still.images, still.labels, still.weight, still.bias)
    fail_if(abs(several - 3 * mean) < 1e-3, "the loss: a total over the batches")
    expect(several, "the loss of three batches").close_to(mean, rtol=1e-4, atol=1e-5)


class _Run:
    """A dense layer with known weights, an optimizer, and a record of what the model saw while it was training."""

    def __init__(self, student: Student, rng: np.random.Generator, rows: int, rate: float = _RATE):
        self.student, self.rate = student, rate
        self.images, self.labels = digits(rng, rows), rng.integers(CLASSES, size=rows)
        self.weight, self.bias = rng.normal(0, 0.05, (CLASSES, PIXELS)), rng.normal(0, 0.5, CLASSES)
        self.model = softmax_layer(student, self.weight, self.bias)
        self.optimizer = student.given("torch.optim", "SGD")(self.model.parameters(), lr=rate)
        self.generator = student.given("numpy.random", "default_rng")(int(rng.integers(2**31)))
        self.seen: list[np.ndarray] = []
        self.modes: list[bool] = []
        self.model.register_forward_pre_hook(self._watch)

    def _watch(self, module: Remote, arguments: Any) -> None:
        learning = self.student.given("torch", "is_grad_enabled")()
        if learning is True and isinstance(arguments, tuple) and arguments:
            batch = expect(numbers(arguments[0], "the model's input"), "the model's input").is_finite()
            fail_if(batch.ndim != 4 or batch.shape[1:] != (1, 28, 28), "the model's input: wrong shape")
            self.seen.append(batch[:, 0])
            self.modes.append(module.training.value() is True)

    def epoch(self, batch_size: int, images: Any = None, **settings: Any) -> Any:
        images = self.images if images is None else images
        return self.student.train_epoch(
            self.model, images, self.labels, self.optimizer, self.generator, batch_size=batch_size, **settings
        )

    def number_of(self, image: np.ndarray) -> int | None:
        """Which of the pictures this is."""
        found = np.flatnonzero(np.abs(self.images - image).max(axis=(1, 2)) < 1e-5)
        return int(found[0]) if len(found) else None


def _shown(run: _Run, batch: np.ndarray) -> float:
    """By how much the brightness of a batch lies above that of the pictures, in steps of the check's noise."""
    return round(float(batch.mean() - run.images.mean()) / 0.1)


def _log_probs(images: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    scores = images.reshape(len(images), -1).astype(float) @ weight.T + bias
    return scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)


def _loss(images: np.ndarray, labels: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> float:
    return float(-_log_probs(images, weight, bias)[np.arange(len(labels)), labels].mean())


def _expect_weights(run: _Run, batches: list[np.ndarray]) -> None:
    """The model's weights are those of softmax regression after one step of plain descent for each batch."""
    weight, bias = run.weight.copy(), run.bias.copy()
    for rows in batches:
        probs = np.exp(_log_probs(run.images[rows], weight, bias))
        error = (probs - np.eye(CLASSES)[run.labels[rows]]) / len(rows)
        weight -= run.rate * error.T @ run.images[rows].reshape(len(rows), -1)
        bias -= run.rate * error.sum(axis=0)
    found = state(run.model)
    fail_if(np.allclose(found["1.bias"], run.bias, atol=1e-6), "the weights do not move")
    moved, right = found["1.bias"] - run.bias, bias - run.bias
    ratio = float(moved @ right / max(right @ right, 1e-12))
    if not np.allclose(moved, right, rtol=2e-3, atol=1e-4):
        fail_if(
            np.allclose(moved, ratio * right, rtol=1e-2, atol=1e-4), f"steps are {ratio:.2g} times as long"
        )
        fail_if(True, "the weights follow other gradients")
    expect(found["1.weight"], "weights").close_to(weight, rtol=2e-3, atol=1e-4)


# --- classify


@check("noisy_digits.classify", hint="argmax over dim=1, the ten classes.", weight=2)
def labels_are_the_largest(student, rng):
    """Each label is the class with the largest log-probability, for seven pictures and for one."""
    weight, bias = rng.normal(size=(CLASSES, PIXELS)), rng.normal(size=CLASSES)
    for rows in (7, 1, 300):
        images = digits(rng, rows)
        labels = _labels(student, softmax_layer(student, weight, bias), images)
        right = _log_probs(images, weight, bias).argmax(axis=1)
        fail_if(np.array_equal(labels, right + 1), "labels: one too large")
        expect(labels, "labels").equals(right)


@check("noisy_digits.classify", hint="model.eval() before the model is called.", weight=2)
def answers_in_evaluation_mode(student, rng):
    """Dropout is off: a model that comes in training mode gives the right labels, every time."""
    weight, bias = rng.normal(size=(CLASSES, PIXELS)), rng.normal(size=CLASSES)
    images = digits(rng, 40)
    model = softmax_layer(student, weight, bias, layer(student, "Dropout", 0.6))
    model.train()
    right = _log_probs(images, weight, bias).argmax(axis=1)
    fail_if(not np.array_equal(_labels(student, model, images), right), "dropout is on")


@check(
    "noisy_digits.classify",
    hint="In training mode batch normalisation learns from what it sees: model.eval().",
)
def the_model_stays_the_same(student, rng):
    """Weights and the averages of batch normalisation are the same after the call, and so are the pictures."""
    weight, bias = rng.normal(size=(CLASSES, PIXELS)), rng.normal(size=CLASSES)
    images = digits(rng, 6)
    model = softmax_layer(student, weight, bias, layer(student, "BatchNorm2d", 1))
    model.train()
    before, x = state(model), pictures(student, images)
    expect(numbers(student.classify(model, x), "labels"), "labels").has_shape(6)
    for name, array in state(model).items():
        expect(array, name).unchanged(before[name])
    expect(numbers(x, "x"), "x").unchanged(images[:, None])


def _labels(student: Student, model: Remote, images: np.ndarray) -> np.ndarray:
    labels = expect(numbers(student.classify(model, pictures(student, images)), "labels"), "labels")
    found = labels.has_shape(len(images))
    fail_if(found.dtype.kind not in "iu", "labels: not whole numbers")
    return found
