"""Checks of NN_experiment: which rows it trains on and how, and what it returns.

The network below it is lent by the grader and records what is done with it, so no earlier mistake counts here, and
every entry of the lists can be computed again from the parameters after each step.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from .. import Remote, Student, check, expect, fail_if
from ._fourier import attribute, forward, near, psnr
from ._lent import Step, recorded_network

BATCH = 32


class _Run:
    """One call of NN_experiment on 40 random rows and 7 others, recorded."""

    def __init__(self, student: Student, rng, rows: int = 40, opt: str = "SGD", **settings: Any):
        self.X, self.X_test = rng.normal(size=(rows, 5)), rng.normal(size=(7, 5))
        self.y, self.y_test = rng.uniform(size=(rows, 3)), rng.uniform(size=(7, 3))
        self.settings = {"num_layers": 3, "hidden_size": 6, "epochs": 3, "learning_rate": 1.5} | settings
        self.opt, self.epochs = opt, self.settings["epochs"]
        arrays = self.X, self.y, self.X_test, self.y_test
        self.kept = [student.array(array) for array in arrays]
        with recorded_network(student) as self.record:
            self.result = student.NN_experiment(
                *(*self.kept, 5),
                *(self.settings["num_layers"], self.settings["hidden_size"], 3),
                *(self.epochs, self.settings["learning_rate"], opt),
            )
        changed = not all(
            np.array_equal(kept.value(), array) for kept, array in zip(self.kept, arrays, strict=True)
        )
        # What comes back depends on the student's draws: misconceptions are compared by symptoms.
        student.transcript.clear()
        fail_if(not self.record.steps, "nothing is trained")
        self.changed = changed

    def parts(self) -> tuple[Any, list, list, list, Any]:
        """net, the three lists, the predictions."""
        return tuple(expect(self.result, "NN_experiment").is_sequence(5))

    def numbers(self, which: int, name: str) -> np.ndarray:
        """One of the lists as an array of a finite number for each epoch."""
        value = self.parts()[which]
        items = (
            list(value) if isinstance(value, np.ndarray) and value.ndim else expect(value, name).is_sequence()
        )
        fail_if(len(items) == len(self.record.steps) != self.epochs, f"{name}: an entry for each batch")
        fail_if(len(items) != self.epochs, f"{name}: not one entry for each epoch")
        return np.array([expect(item, name).is_number() for item in items])

    def rows_of(self, step: Step) -> np.ndarray:
        """The numbers of the training rows in a step, or a failure that says what else was in it."""
        fail_if(step.X.ndim != 2 or step.X.shape[1] != 5, "a batch is not made of rows")
        if step.X.shape == self.X_test.shape and near(step.X, self.X_test):
            fail_if(True, "trained on the test rows")
        known = np.concatenate([self.X, self.X_test])
        distance = np.abs(step.X[:, np.newaxis] - known).max(axis=2)
        fail_if(distance.min(axis=1).max() > 1e-5, "trained on rows that are none of the data")
        rows = distance.argmin(axis=1)
        fail_if((rows >= len(self.X)).any(), "trained on the test rows")
        return rows

    def by_epoch(self) -> list[list[Step]]:
        """The steps of each epoch; the number of steps must be a multiple of the epochs."""
        steps = self.record.steps
        fail_if(len(steps) % self.epochs, "the epochs have different numbers of batches")
        each = len(steps) // self.epochs
        return [steps[start : start + each] for start in range(0, len(steps), each)]


@check(
    "fourier_features.NN_experiment",
    hint="for start in range(0, N, 32): the last, shorter batch counts, too.",
    weight=2,
)
def every_row_once_in_an_epoch(student, rng):
    """Each epoch trains once on every training row, in minibatches, and never on test rows."""
    run = _Run(student, rng, rows=72)
    for steps in run.by_epoch():
        batches = [run.rows_of(step) for step in steps]
        rows = np.concatenate(batches)
        # 32 is the course's; 16, 64 and np.array_split do what it is for.
        fail_if(max(map(len, batches)) > 2 * BATCH, "batches of more than 64 rows")
        fail_if(max(map(len, batches)) < BATCH / 4, "batches of fewer than 8 rows")
        missing = len(run.X) - len(set(rows.tolist()))
        fail_if(len(set(rows.tolist())) < len(rows), "a row twice in an epoch")
        fail_if(
            missing, "rows are left out" if missing != len(run.X) % BATCH else "the last batch is left out"
        )


@check(
    "fourier_features.NN_experiment",
    hint="One permutation for X and y alike: rows = order[start:start + 32].",
)
def pixels_stay_with_their_coordinates(student, rng):
    """In every batch, each row of X comes with its own row of y; the caller's arrays keep their order."""
    run = _Run(student, rng)
    fail_if(run.changed, "the caller's arrays are shuffled")
    for step in run.record.steps:
        rows = run.rows_of(step)
        fail_if(step.y.shape != (len(rows), 3), "X and y of a batch differ in length")
        fail_if(not near(step.y, run.y[rows]), "rows of y belong to other rows of X")


@check("fourier_features.NN_experiment", hint="np.random.permutation inside the loop over the epochs.")
def a_fresh_order_in_each_epoch(student, rng):
    """Every epoch has a random order of its own."""
    for rows in (40, 64):
        run = _Run(student, rng, rows=rows)
        orders = [np.concatenate([run.rows_of(step) for step in steps]).tolist() for steps in run.by_epoch()]
        fail_if(any(order == sorted(order) for order in orders), "not shuffled")
        fail_if(len({tuple(order) for order in orders}) < len(orders), "the same order in every epoch")


@check(
    "fourier_features.NN_experiment",
    hint="forward, backward, update(lr=learning_rate), once for each batch.",
    weight=2,
)
def one_update_with_the_given_rate(student, rng):
    """Each batch goes forward and backward and updates once, with the learning rate that was given."""
    for rate in (0.3, 2.5):
        run = _Run(student, rng, learning_rate=rate)
        for step in run.record.steps:
            fail_if(step.backwards != 1, "not one backward pass for each update")
            fail_if(step.rate == 0.001, "the learning rate is not passed on")
            fail_if(not np.isclose(step.rate, rate), "another learning rate than given")
        fail_if(run.record.renewed, "the network starts anew")


@check(
    "fourier_features.NN_experiment",
    hint="hidden_sizes has num_layers - 1 entries: [hidden_size] * (num_layers - 1).",
)
def network_is_as_asked(student, rng):
    """The network has the given sizes, number of layers and optimizer; it is the one returned."""
    for settings in ({"num_layers": 4, "hidden_size": 5, "opt": "Adam"}, {"num_layers": 2, "hidden_size": 9}):
        run = _Run(student, rng, epochs=2, **settings)
        layers, hidden = settings["num_layers"], settings["hidden_size"]
        params = run.record.steps[-1].after
        fail_if(len(params) != 2 * layers, "another number of layers")
        sizes = [5] + [hidden] * (layers - 1) + [3]
        shapes = [params[f"W{k}"].shape for k in range(1, layers + 1)]
        fail_if(shapes != list(pairwise(sizes)), "other sizes than asked for")
        fail_if(run.record.opt != run.opt, "another optimizer")
        net = run.parts()[0]
        fail_if(not isinstance(net, Remote), "net: not a network")
        own = expect(attribute(net, "params"), "net.params").is_dict(*params)
        student.transcript.clear()
        for name, value in params.items():
            fail_if(
                not near(expect(own[name], name).has_shape(*value.shape), value), "net: not the trained one"
            )


@check(
    "fourier_features.NN_experiment",
    hint="After the epoch's last update: psnr of the whole set, not of a batch.",
    weight=2,
)
def lists_are_of_whole_sets_after_each_epoch(student, rng):
    """train_psnr and test_psnr have an entry per epoch: the PSNR of the whole set after its last update."""
    run = _Run(student, rng, epochs=4)
    sets = {"train_psnr": (1, run.X, run.y), "test_psnr": (2, run.X_test, run.y_test)}
    epochs = run.by_epoch()
    for name, (which, X, y) in sets.items():
        found = run.numbers(which, name)
        after = np.array([psnr(y, forward(steps[-1].after, X)) for steps in epochs])
        if np.allclose(found, after, atol=1e-3):
            continue
        before = np.array([psnr(y, forward(steps[0].before, X)) for steps in epochs])
        batches = [[psnr(step.y, forward(step.before, step.X)) for step in steps] for steps in epochs]
        ((_, *other),) = (value for key, value in sets.items() if key != name)
        swapped = np.array([psnr(other[1], forward(steps[-1].after, other[0])) for steps in epochs])
        for symptom, wrong in (
            ("measured before the epoch", before),
            ("averaged over batches", np.mean(batches, axis=1)),
            ("of the last batch", np.array([batch[-1] for batch in batches])),
            ("of the other set", swapped),
            (
                "losses",
                np.array(
                    [np.mean([np.mean((s.y - forward(s.before, s.X)) ** 2) for s in e]) for e in epochs]
                ),
            ),
            ("the last value in every entry", np.full(len(after), after[-1])),
        ):
            fail_if(np.allclose(found, wrong, atol=1e-3), f"{name}: {symptom}")
        fail_if(True, f"{name}: values differ")


@check(
    "fourier_features.NN_experiment",
    hint="Append the loss that backward returns, or its mean over the epoch.",
)
def losses_of_each_epoch(student, rng):
    """train_loss has a number per epoch, in the range of that epoch's losses."""
    run = _Run(student, rng, rows=72, learning_rate=3.0, epochs=2)
    found = run.numbers(3, "train_loss")
    for value, steps in zip(found, run.by_epoch(), strict=True):
        losses = [np.mean((step.y - forward(step.before, step.X)) ** 2) for step in steps]
        losses.append(np.mean((run.y - forward(steps[-1].after, run.X)) ** 2))
        # Mean over the batches, last batch and whole set are all in use, with or without the factor 1/2.
        fail_if(value < 0.49 * min(losses), "train_loss: too small for any loss of the epoch")
        total = sum(losses[:-1])
        fail_if(
            len(steps) > 2 and any(np.isclose(value, part, rtol=1e-3) for part in (total, total / 2)),
            "train_loss: a sum",
        )
        fail_if(value > 1.01 * max(losses), "train_loss: too large for any loss of the epoch")


@check(
    "fourier_features.NN_experiment",
    hint="net.forward(X_test) after each epoch, kept in the order of the test rows.",
    weight=2,
)
def predictions_of_the_test_rows(student, rng):
    """The last predicted image is the trained network's answer for all test rows, in their order."""
    run = _Run(student, rng)
    found = last_prediction(run.parts()[4], 7)
    params = run.record.steps[-1].after
    right = forward(params, run.X_test)
    if near(found, right) or np.allclose(found, right, atol=1e-4):
        return
    first, before = run.record.steps[0].before, run.by_epoch()[-1][0].before
    for symptom, wrong in (("before training", first), ("before the last epoch", before)):
        fail_if(np.allclose(found, forward(wrong, run.X_test), atol=1e-4), f"predicted_images: {symptom}")
    fail_if(np.allclose(found, run.y_test, atol=1e-4), "predicted_images: the true rows")
    fail_if(True, "predicted_images: values differ")


def last_prediction(images: Any, rows: int) -> np.ndarray:
    """The last of predicted_images as (rows, 3): from an array or a list of (rows, 3) or of (h, w, 3)."""
    if isinstance(images, np.ndarray):
        fail_if(images.ndim < 3, "predicted_images: no entry for each epoch")
        last = images[-1] if len(images) else None
    else:
        listed = expect(images, "predicted_images").is_sequence()
        last = listed[-1] if listed else None
    fail_if(last is None, "predicted_images: empty")
    last = expect(last, "predicted_images").is_finite()
    fail_if(
        last.ndim < 2 or last.shape[-1] != 3 or last.size != 3 * rows, "predicted_images: not the test rows"
    )
    return last.reshape(rows, 3).astype(float)
