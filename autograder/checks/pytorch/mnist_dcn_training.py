"""Hidden checks of measuring, logging and training the deep convolutional network (`mnist_dcn.ipynb`).

The network here is the grader's: one layer whose forward pass is a function of ours, so that every batch, and the
mode in which it came, is known, and each step of gradient descent can be computed again in float64.
"""

from __future__ import annotations

from itertools import chain
from typing import Any

import numpy as np

from .. import ArgumentError, Remote, Student, check, expect, fail_if, oracles, thresholds
from ._mnist_dcn import (
    STATISTICS,
    Events,
    array,
    digits,
    folder_for_events,
    is_leaf_to_train,
    quietly,
    tensor,
)

PIXELS = 784


class Probe:
    """A network of one layer on the student's side. `calls` lists (rows, training, with gradients) of each pass."""

    def __init__(self, student: Student, W: np.ndarray, b: np.ndarray, training: bool = True):
        self._student, self.calls = student, []
        parameter = student.given("torch.nn", "Parameter")
        self.net = quietly(student, student.given("torch.nn", "Module"))
        self.net.W_fc2 = quietly(student, parameter, tensor(student, W))
        self.net.b_fc2 = quietly(student, parameter, tensor(student, b))
        self.net.seen = quietly(student, student.dict)
        self.net.forward = lambda x: quietly(student, self._forward, x)
        quietly(student, self.net.train, training)
        student.transcript.clear()

    def _forward(self, x: Any) -> Remote:
        if not isinstance(x, Remote):
            raise ArgumentError("the network needs a tensor")
        logits = x.flatten(1).matmul(self.net.W_fc2).add(self.net.b_fc2)
        self.net.seen["fc2/net_input"] = logits
        # The second pixel numbers the picture, in thousandths.
        marks = array(x.flatten(1).detach().mul(1000).round(), "pictures")[:, 1].astype(int)
        training, graded = self.net.training.value(), self._student.given("torch", "is_grad_enabled")()
        self.calls.append((marks.tolist(), training is True, graded is True))
        return logits

    def training(self) -> bool:
        return quietly(self._student, self.net.training.value) is True

    def parameters(self) -> tuple[np.ndarray, np.ndarray]:
        return array(self.net.W_fc2, "weights"), array(self.net.b_fc2, "biases")


def _pictures(rng, count: int, first: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Random pictures (count, 1, 28, 28), numbered from `first` in their second pixel, and labels."""
    images = rng.uniform(size=(count, 1, 28, 28))
    images[:, 0, 0, 1] = np.arange(first, first + count) / 1000
    return images.astype(np.float32), rng.integers(10, size=count)


def _errors(images: np.ndarray, labels: np.ndarray, W: np.ndarray, b: np.ndarray) -> float:
    return float(np.mean((images.reshape(len(images), -1) @ W + b).argmax(axis=1) != labels))


# --- error_rate


@check(
    "pytorch.error_rate",
    hint="Count wrong labels over all batches, and divide once, by all images.",
    weight=2,
)
def share_of_wrong_labels(student, rng):
    """The share is right for 230 images, for seven, and for one."""
    W, b = rng.normal(size=(PIXELS, 10)), rng.normal(size=10)
    for count in (230, 7, 1):
        images, _ = _pictures(rng, count)
        scores = images.reshape(count, -1) @ W + b
        # Every third is wrong, and all of a short last batch: a share that is no other way to count.
        labels = np.where(np.arange(count) % 3 == 0, scores.argmin(axis=1), scores.argmax(axis=1))
        labels[200:] = scores[200:].argmin(axis=1)
        found, right = (
            _error_rate(student, Probe(student, W, b), images, labels),
            _errors(images, labels, W, b),
        )
        fail_if(count > 1 and np.isclose(found, 1 - right), "the share of right labels")
        fail_if(count > 1 and np.isclose(found, 100 * right), "percent")
        fail_if(count > 1 and np.isclose(found, count * right), "a number, not a share")
        expect(found, "error").close_to(right, atol=1e-6)


@check("pytorch.error_rate", hint="net.eval() before the first batch.")
def measured_in_evaluation_mode(student, rng):
    """Every pass runs in evaluation mode, and sees every image once."""
    probe = Probe(student, rng.normal(size=(PIXELS, 10)), np.zeros(10))
    _error_rate(student, probe, *_pictures(rng, 130))
    fail_if(any(training for _, training, _ in probe.calls), "measured in training mode")
    fail_if(
        sorted(row for rows, *_ in probe.calls for row in rows) != list(range(130)), "not every image once"
    )


@check("pytorch.error_rate", hint="with torch.no_grad(): around the loop.")
def measured_without_gradients(student, rng):
    """No pass keeps what a gradient would need."""
    probe = Probe(student, rng.normal(size=(PIXELS, 10)), np.zeros(10))
    _error_rate(student, probe, *_pictures(rng, 12))
    fail_if(any(graded for *_, graded in probe.calls), "measured with gradients")


@check("pytorch.error_rate", hint="Remember net.training, and give it back with net.train(mode).")
def mode_is_given_back(student, rng):
    """The network is left in the mode that it was found in, for both modes."""
    for training in (True, False):
        probe = Probe(student, rng.normal(size=(PIXELS, 10)), np.zeros(10), training)
        _error_rate(student, probe, *_pictures(rng, 5))
        fail_if(probe.training() != training, f"left in {'evaluation' if training else 'training'} mode")


def _error_rate(student: Student, probe: Probe, images: np.ndarray, labels: np.ndarray) -> float:
    x, y = tensor(student, images), tensor(student, labels)
    found = student.error_rate(probe.net, x, y)
    if isinstance(found, Remote):  # a tensor with one number is as good
        found = array(found, "error")
    return expect(found, "error").is_number()


# --- log_statistics


@check(
    "pytorch.log_statistics", hint="Tag, a slash, and min, max, mean or std; the step comes last.", weight=2
)
def four_numbers_are_logged(student, rng):
    """min, max, mean and std stand under their tags, at the given step, for tensors with one to four axes."""
    shapes = {"a/weights": (7, 4), "conv1/net_input": (2, 3, 4, 5), "b": (9,)}
    values = {tag: rng.normal(2, 3, size=shape).astype(np.float32) for tag, shape in shapes.items()}
    events = _logged(student, {tag: tensor(student, value) for tag, value in values.items()}, step=300)
    for tag, value in values.items():
        right = {"min": value.min(), "max": value.max(), "mean": value.mean()}
        for name in STATISTICS:
            fail_if(events.steps(f"{tag}/{name}") != [300], f"{name}: another step")
            found = events.values(f"{tag}/{name}")
            if name in right:
                expect(found, name).close_to([right[name]], rtol=1e-4, atol=1e-5)
        spread = events.values(f"{tag}/std")[0]
        # With n or n - 1 in the denominator: torch and NumPy differ.
        allowed = value.std(), value.std(ddof=1)
        fail_if(np.isclose(spread, allowed[1] ** 2, rtol=1e-3), "std: the variance")
        fail_if(not np.isclose(spread, allowed, rtol=1e-4).any(), "std: values differ")
    fail_if(len(events.scalars) != 4 * len(values), "scalars that the text does not name")


@check("pytorch.log_statistics", hint="writer.add_histogram(tag + '/histogram', values, step)")
def a_histogram_is_logged(student, rng):
    """The histogram counts every value, at the given step."""
    events = _logged(student, {"x": tensor(student, rng.normal(size=(5, 7)))}, step=4)
    fail_if("x" in events.histograms, "histogram: under the tag itself")
    fail_if(events.steps("x/histogram", "histograms") != [4], "histogram: another step")
    fail_if(events.histograms["x/histogram"][1] != [35], "histogram: not all values")


@check("pytorch.log_statistics", hint="values.detach() first: a parameter requires a gradient.")
def parameters_can_be_logged(student, rng):
    """A parameter is logged without changing it."""
    value = rng.normal(size=(6, 2)).astype(np.float32)
    kept = quietly(student, student.given("torch.nn", "Parameter"), tensor(student, value))
    events = _logged(student, {"W": kept}, step=0)
    fail_if(events.steps("W/mean") != [0], "mean: another step")
    expect(array(kept, "values"), "values").unchanged(value)
    fail_if(not is_leaf_to_train(kept), "the parameter cannot be trained any more")


def _logged(student: Student, values: dict[str, Remote], step: int) -> Events:
    with folder_for_events(student) as (folder, writer):
        for tag, value in values.items():
            student.log_statistics(writer, tag, value, step)
            student.transcript.clear()
        quietly(student, writer.close)
        return Events(student, folder)


# --- train_dcn


def _right_helpers(student: Student, rng: Any) -> None:
    """A right error_rate and log_statistics, on the student's side."""

    def error_rate(net: Remote, images: Remote, labels: Remote) -> float:
        mode = net.training.value()
        net.eval()
        with_gradients = student.given("torch", "set_grad_enabled")
        with_gradients(False)
        wrong = net(images).argmax(1).ne(labels).sum().item()
        with_gradients(True)
        net.train(mode)
        return wrong / len(labels)

    def log_statistics(writer: Remote, tag: str, values: Remote, step: int) -> None:
        kept = values.detach()
        for name in STATISTICS:
            writer.add_scalar(f"{tag}/{name}", getattr(kept, name)().item(), step)
        writer.add_histogram(f"{tag}/histogram", kept, step)

    student.bind(
        error_rate=lambda *args: quietly(student, error_rate, *args),
        log_statistics=lambda *args: quietly(student, log_statistics, *args),
    )
    student.transcript.clear()


class _Run:
    """One call of train_dcn with gradient descent on `rows` pictures, and what it left behind."""

    def __init__(
        self, student: Student, rng, rows: int, lr: float = 0.05, training: bool = True, **settings: Any
    ):
        self.W, self.b = rng.normal(0, 0.05, size=(PIXELS, 10)), rng.normal(size=10)
        self.probe = Probe(student, self.W, self.b, training)
        numbered = {"train": (rows, 0), "valid": (6, 500), "test": (9, 700)}
        self.sets = {name: _pictures(rng, *numbers) for name, numbers in numbered.items()}
        sets = {name: tuple(tensor(student, part) for part in pair) for name, pair in self.sets.items()}
        with folder_for_events(student) as (folder, writer):
            parameters = quietly(student, self.probe.net.parameters)
            optimizer = quietly(student, student.given("torch.optim", "SGD"), parameters, lr=lr)
            self.losses = student.train_dcn(self.probe.net, sets, optimizer, writer, **settings)
            quietly(student, writer.close)
            self.events = Events(student, folder)
        # Batches are drawn at random: misconceptions are compared by symptoms.
        student.transcript.clear()

    def batches(self) -> list[list[int]]:
        """The numbers of the training pictures in each pass over some of them with gradients."""
        passes = [rows for rows, _, graded in self.probe.calls if graded and rows and max(rows) < 500]
        fail_if(any(graded and rows and max(rows) >= 500 for rows, _, graded in self.probe.calls), _UNSEEN)
        fail_if(not passes, "nothing is trained")
        return passes


_UNSEEN = "validation or test pictures with gradients"


def _descended(run: _Run, steps: int, lr: float, accumulate: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """W and b after full-batch steps on the mean cross entropy, in float64."""
    images, labels = run.sets["train"]
    X, (W, b) = images.reshape(len(images), -1).astype(float), (run.W.copy(), run.b.copy())
    kept_W, kept_b = np.zeros_like(W), np.zeros_like(b)
    for _ in range(steps):
        delta = (oracles.softmax(X @ W + b) - np.eye(10)[labels]) / len(X)
        kept_W = X.T @ delta + (kept_W if accumulate else 0)
        kept_b = delta.sum(axis=0) + (kept_b if accumulate else 0)
        W, b = W - lr * kept_W, b - lr * kept_b
    return W, b


@check(
    "pytorch.train_dcn",
    hint="F.cross_entropy of the logits themselves: it contains softmax, and averages.",
    weight=3,
    rescue=_right_helpers,
)
def one_step_is_exact(student, rng):
    """One step with one batch of all pictures moves W and b along the mean cross entropy's gradient."""
    run = _Run(student, rng, rows=8, lr=0.5, max_steps=1, batch_size=8, log_every=5)
    (W, b), right = run.probe.parameters(), _descended(run, 1, 0.5)
    moved, wanted = W - run.W, right[0] - run.W
    fail_if(np.allclose(moved, 0, atol=1e-7), "the parameters did not move")
    fail_if(np.allclose(moved, 8 * wanted, rtol=1e-2, atol=1e-4), "the loss is a sum, not a mean")
    fail_if(np.sum(moved * wanted) < 0, "uphill")
    close = np.allclose(moved, wanted, rtol=1e-2, atol=1e-4)
    fail_if(not close and abs(moved).max() < 0.9 * abs(wanted).max(), "the step is too small")
    expect(W, "W").close_to(right[0], rtol=1e-3, atol=1e-5)
    expect(b, "b").close_to(right[1], rtol=1e-3, atol=1e-5)


@check(
    "pytorch.train_dcn",
    hint="optimizer.zero_grad() in every step: .backward() adds to what is there.",
    weight=2,
    rescue=_right_helpers,
)
def gradients_start_from_zero(student, rng):
    """Three steps use a gradient of their own each."""
    run = _Run(student, rng, rows=6, lr=0.2, max_steps=3, batch_size=6, log_every=5)
    (W, b), right = run.probe.parameters(), _descended(run, 3, 0.2)
    added = _descended(run, 3, 0.2, accumulate=True)
    fail_if(np.allclose(W, added[0], rtol=1e-3, atol=1e-5), "gradients of earlier steps are added")
    expect(W, "W").close_to(right[0], rtol=1e-3, atol=1e-5)
    expect(b, "b").close_to(right[1], rtol=1e-3, atol=1e-5)


@check(
    "pytorch.train_dcn",
    hint="One torch.randperm for each epoch, split into batches, until it is used up.",
    weight=2,
    rescue=_right_helpers,
)
def every_picture_once_an_epoch(student, rng):
    """Batches have the asked size, show every picture once an epoch, and come in another order each epoch."""
    run = _Run(student, rng, rows=12, max_steps=9, batch_size=4, log_every=5)
    batches = run.batches()
    fail_if(len(batches) != 9, "another number of steps")
    fail_if(any(len(rows) != 4 for rows in batches), "another batch size")
    epochs = [list(chain(*batches[first : first + 3])) for first in (0, 3, 6)]
    fail_if(any(sorted(rows) != list(range(12)) for rows in epochs), "not every picture once an epoch")
    fail_if(epochs[0] == sorted(epochs[0]), "the order is not random")
    fail_if(epochs[0] == epochs[1], "the same order in every epoch")


@check(
    "pytorch.train_dcn",
    hint="net.train() before the loop; an error_rate in between must not leave evaluation mode behind.",
    rescue=_right_helpers,
)
def trained_in_training_mode(student, rng):
    """Every batch passes in training mode, in later epochs too; errors are measured in evaluation mode."""
    run = _Run(student, rng, rows=8, training=False, max_steps=6, batch_size=4, log_every=5)
    calls = [(max(rows) >= 500, training) for rows, training, _ in run.probe.calls if rows]
    modes = [training for unseen, training in calls if not unseen]
    fail_if(modes and not modes[0], "batches in evaluation mode")
    fail_if(not all(modes), "evaluation mode after the first epoch")
    fail_if(any(unseen and training for unseen, training in calls), "errors in training mode")


@check(
    "pytorch.train_dcn",
    hint="The losses are floats, one for each step; the scalar loss stands at every log_every-th.",
    weight=2,
    rescue=_right_helpers,
)
def losses_are_logged(student, rng):
    """The loss of every step is returned, and logged under loss at the multiples of log_every, equal to those."""
    run = _Run(student, rng, rows=12, max_steps=7, batch_size=4, log_every=3)
    losses = expect(run.losses, "losses").is_sequence(7)
    losses = [expect(loss, "losses").is_number() for loss in losses]
    steps = run.events.steps("loss")
    fail_if(steps == list(range(7)), "loss: logged in every step")
    fail_if(steps not in ([0, 3, 6], [3, 6]), "loss: other steps")
    logged, first = run.events.values("loss"), 0 if steps[0] == 0 else -1  # counted from 0, or from 1
    expect(logged, "loss").close_to([losses[step + first] for step in steps], rtol=1e-4, atol=1e-5)
    start = run.batches()[0]
    images, labels = (part[start] for part in run.sets["train"])
    right = oracles.softmax(images.reshape(len(images), -1) @ run.W + run.b)[np.arange(len(start)), labels]
    expect(losses[0], "the first loss").close_to(-np.log(right).mean(), rtol=1e-4, atol=1e-5)


@check(
    "pytorch.train_dcn",
    hint="After the last batch of each epoch, with the names error/valid and error/test.",
    weight=2,
    rescue=_right_helpers,
)
def errors_are_logged_each_epoch(student, rng):
    """After each epoch both errors stand in the file; the last ones are those of the network as it is left."""
    run = _Run(student, rng, rows=12, lr=0.5, max_steps=9, batch_size=4, log_every=4)
    W, b = run.probe.parameters()
    for name in ("valid", "test"):
        steps = run.events.steps(f"error/{name}")
        fail_if(len(steps) == 9, "errors in every step")
        fail_if(len(steps) != 3 or sorted(set(steps)) != steps, "errors: not once an epoch")
        last = run.events.values(f"error/{name}")[-1]
        expect(last, f"error/{name}").close_to(_errors(*run.sets[name], W, b), rtol=1e-4, atol=1e-5)


@check(
    "pytorch.train_dcn",
    hint="for tag, values in monitored(net).items(): log_statistics(writer, tag, values, step)",
    weight=2,
    rescue=_right_helpers,
)
def everything_monitored_is_logged(student, rng):
    """Weights, biases and net inputs have their four numbers and a histogram at the multiples of log_every."""
    run = _Run(student, rng, rows=8, max_steps=5, batch_size=4, log_every=2)
    counted = {"fc2/weights": 10 * PIXELS, "fc2/biases": 10, "fc2/net_input": 40}
    missing = [tag for tag in counted if not any(name.startswith(f"{tag}/") for name in run.events.scalars)]
    fail_if(len(missing) == len(counted), "no statistics")
    fail_if(missing, f"no statistics of {missing[0].partition('/')[2]}" if missing else "")
    for tag, count in counted.items():
        for name, kind in [*((name, "scalars") for name in STATISTICS), ("histogram", "histograms")]:
            steps = run.events.steps(f"{tag}/{name}", kind)
            fail_if(steps == list(range(5)), "statistics in every step")
            fail_if(steps not in ([0, 2, 4], [2, 4]), "statistics at other steps")
        fail_if(set(run.events.histograms[f"{tag}/histogram"][1]) != {count}, "histogram: not all values")


@check("pytorch.train_dcn", hint="Watch the loss curve: does it fall?", rescue=_right_helpers)
def training_lowers_the_loss(student, rng):
    """60 steps on 200 hidden digits lower the loss as far as they should."""
    images, labels = digits(rng, 200)
    probe = Probe(student, np.zeros((PIXELS, 10)), np.zeros(10))
    pair = tensor(student, images), tensor(student, labels)
    with folder_for_events(student) as (_, writer):
        parameters = quietly(student, probe.net.parameters)
        optimizer = quietly(student, student.given("torch.optim", "SGD"), parameters, lr=0.2)
        sets = dict.fromkeys(("train", "valid", "test"), pair)
        student.train_dcn(probe.net, sets, optimizer, writer, max_steps=60, batch_size=20, log_every=50)
        quietly(student, writer.close)
    student.transcript.clear()
    W, b = probe.parameters()
    probabilities = oracles.softmax(images.reshape(len(images), -1) @ W + b)
    loss = -np.log(probabilities[np.arange(len(labels)), labels] + 1e-12).mean()
    limit = thresholds.limit("pytorch", "train_dcn_most_loss")
    thresholds.at_most(loss, limit, "loss on 200 digits after 60 steps", "the loss is not low enough")
