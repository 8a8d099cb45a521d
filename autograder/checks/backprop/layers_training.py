"""Hidden checks of train_layers, `source/backprop/layers.ipynb`.

They use the student's own boxes and are repeated with right ones, so a wrong box costs nothing here.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np

import student_lib

from .. import check, expect, fail_if, thresholds
from ._layers_chain import Chain
from ._layers_lent import lend_right_boxes, spy


@check(
    "backprop.train_layers",
    hint="One number for each epoch, in a list; x and y belong to the caller.",
    rescue=lend_right_boxes,
)
def returns_a_loss_for_each_epoch(student, rng):
    """Returns a list of `epochs` numbers, and leaves x and y as they are."""
    chain = Chain(student, rng, (3, 4, 2))
    x, y = rng.normal(size=(6, 3)), rng.integers(2, size=(6, 2)).astype(float)
    own_x, own_y = student.array(x), student.array(y)
    losses = student.train_layers(chain.model, own_x, own_y, epochs=4, batch_size=3, learning_rate=0.1)
    _losses(losses, 4)
    expect(own_x.value(), "x").unchanged(x)
    expect(own_y.value(), "y").unchanged(y)


@check(
    "backprop.train_layers",
    hint="Average each gradient over the batch's rows; step the live arrays against that.",
    weight=3,
    rescue=lend_right_boxes,
)
def one_step_is_exact(student, rng):
    """With all rows in one batch, one epoch moves all four arrays by the averaged gradient, once."""
    chain = Chain(student, rng, (3, 4, 2))
    x, y, rate = rng.normal(size=(9, 3)), rng.integers(2, size=(9, 2)).astype(float), 0.25
    student.train_layers(chain.model, x, y, epochs=1, batch_size=9, learning_rate=rate)
    for name, before, after, gradient in chain.moves(x, y):
        _expect_multiple((after - before) / -rate, gradient, name)


@check(
    "backprop.train_layers",
    hint="Divide by the number of rows that the batch really has: the last one may be short.",
    rescue=lend_right_boxes,
)
def a_short_batch_is_averaged_too(student, rng):
    """A batch with fewer rows than batch_size moves the arrays by the average of its own rows."""
    chain = Chain(student, rng, (3, 2))
    x, y, rate = rng.normal(size=(11, 3)), rng.integers(2, size=(11, 2)).astype(float), 0.25
    student.train_layers(chain.model, x, y, epochs=1, batch_size=16, learning_rate=rate)
    for name, before, after, gradient in chain.moves(x, y):
        _expect_multiple((after - before) / -rate, gradient, name)


@check(
    "backprop.train_layers",
    hint="Draw a permutation in each epoch, cut it into batches, and step after every batch.",
    rescue=lend_right_boxes,
)
def every_row_once_in_fresh_order(student, rng):
    """Each epoch shows every row exactly once, batch by batch, in a new random order."""
    rows, size, epochs = 11, 4, 5
    seen: list[np.ndarray] = []
    chain = Chain(student, rng, (3, 1))
    chain.model.insert(0, spy(student, seen))
    x, y = rng.normal(size=(rows, 3)), rng.integers(2, size=(rows, 1)).astype(float)
    x[:, 0] = np.arange(rows)
    student.train_layers(chain.model, x, y, epochs=epochs, batch_size=size, learning_rate=1e-3)
    numbers = [_row_numbers(batch, x) for batch in seen]
    fail_if(sum(map(len, numbers)) < rows * epochs, "rows are left out")
    fail_if(sum(map(len, numbers)) > rows * epochs, "more rows than there are")
    orders = np.concatenate(numbers).reshape(epochs, rows)
    fail_if((np.sort(orders, axis=1) != np.arange(rows)).any(), "an epoch repeats rows and misses others")
    sizes = [len(batch) for batch in numbers]
    fail_if(max(sizes) > 2 * size - 1 or len(sizes) > epochs * -(-rows // size), "batches of the wrong size")
    # A right answer draws the original order, or one order five times, with probability below 1e-7.
    fail_if((orders == np.arange(rows)).all(), "the rows keep their order")
    fail_if((orders == orders[0]).all(), "every epoch has the same order")


@check(
    "backprop.train_layers",
    hint="Add up the squared errors of all batches, then divide by the number of entries of y.",
    rescue=lend_right_boxes,
)
def losses_are_averages_over_all_rows(student, rng):
    """With a learning rate of 0 every epoch reports the mean squared error, also when a batch is short."""
    chain = Chain(student, rng, (3, 4, 2))
    x, y = rng.normal(size=(7, 3)), rng.integers(2, size=(7, 2)).astype(float)
    y[0] = 40.0  # far off, so that the rows' weights in the average show
    losses = student.train_layers(chain.model, x, y, epochs=3, batch_size=3, learning_rate=0.0)
    of_rows = np.square(chain.output(x) - y).mean(axis=1)
    total, values = 2 * of_rows.sum(), _losses(losses, 3)
    fail_if(np.allclose(values, total, rtol=1e-4), "a sum over rows and outputs, not an average")
    fail_if(np.allclose(values, total / 7, rtol=1e-4), "averaged over rows, summed over outputs")
    fail_if(np.isclose(values[:, np.newaxis], of_rows).any(axis=1).all(), "the last batch's loss alone")
    fail_if(np.ptp(values) > 1e-6, "the loss depends on the batches although nothing is learned")
    expect(values, "losses").close_to(np.full(3, total / 14), rtol=1e-5)


@check(
    "backprop.train_layers",
    hint="Does the loss fall? Each batch needs its own step, and every layer its update.",
    weight=2,
    seconds=12,
    rescue=lend_right_boxes,
)
def tells_unseen_digits_apart(student, rng):
    """A chain trained on 4s and 9s recognises digits that are in no file of yours."""
    chain = Chain(student, rng, (196, 12, 1), scale=0.1)
    x, y, unseen_x, unseen_y = _fours_and_nines()
    rows = rng.choice(len(x), 400, replace=False)
    student.train_layers(chain.model, x[rows], y[rows], epochs=12, batch_size=40, learning_rate=0.4)
    accuracy = np.mean((chain.output(unseen_x) > 0.5) == (unseen_y > 0.5))
    thresholds.at_least(
        accuracy, LEAST_ACCURACY, "accuracy on unseen 4s and 9s", "does not tell unseen digits apart"
    )


# The grader writes the starting parameters, so the student's own do not matter. A right answer's accuracy on the
# 400 digits: over 30 seeds at least 0.902, on average 0.937, deviation 0.011; over 2000 seeds at least 0.897, on
# average 0.941, deviation 0.010, which leaves 11 deviations. Over 30 seeds an untrained chain had 0.665 at most,
# labels in another order 0.643, one epoch instead of twelve 0.765, one batch an epoch 0.790. A frozen first layer
# (0.830) and summed steps (0.935) can pass here; the exact step above catches them.
LEAST_ACCURACY = 0.83
KNOWN_DIGITS = Path(student_lib.__file__).with_name("datasets") / "mnist5k.npz"
HIDDEN_DIGITS = Path(__file__).resolve().parents[2] / "data" / "mnist_hidden.npz"


@functools.cache
def _fours_and_nines() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The students' 1000 digits 4 and 9, and 400 that they never get: x (N, 196) in [0, 1], y (N, 1)."""
    known, hidden = (_digits(path) for path in (KNOWN_DIGITS, HIDDEN_DIGITS))
    return (*_halved(*known), *_halved(*hidden))


def _digits(path: Path) -> tuple[np.ndarray, np.ndarray]:
    with np.load(path) as file:
        return file["images"], file["labels"]


def _halved(images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """4s (y = 0) and 9s (y = 1) at half the size, each pixel the mean of four: training costs a quarter."""
    chosen = (labels == 4) | (labels == 9)
    small = images[chosen].reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)) / 255
    return small.reshape(len(small), 196), (labels[chosen] == 9)[:, np.newaxis].astype(float)


def _row_numbers(batch: Any, x: np.ndarray) -> np.ndarray:
    """Which rows of x a batch holds, by their first column."""
    array = expect(batch, "a batch").is_finite()
    fail_if(array.ndim != 2 or array.shape[1] != x.shape[1], "a batch has the wrong shape")
    numbers = np.round(array[:, 0]).astype(int)
    known = (numbers >= 0) & (numbers < len(x))
    fail_if(not known.all() or not np.allclose(x[numbers], array, 1e-4), "a row that is in no data set")
    return numbers


def _losses(value: Any, epochs: int) -> np.ndarray:
    """The list of losses as an array; each may be wrapped in an array of its own."""
    items = (
        list(value) if isinstance(value, np.ndarray) and value.ndim else expect(value, "losses").is_sequence()
    )
    fail_if(len(items) != epochs, "losses: not one for each epoch")
    return np.array([expect(item, "losses").is_number() for item in items])


def _expect_multiple(moved: np.ndarray, gradient: np.ndarray, name: str) -> None:
    """`moved` is `gradient`; when it is a multiple of it, the symptom says which."""
    scale = np.abs(gradient).max()
    ratio = np.vdot(moved, gradient) / max(np.vdot(gradient, gradient), 1e-300)
    fail_if(not np.any(moved), f"{name} does not move")
    fail_if(
        np.abs(moved - ratio * gradient).max() > 1e-4 * scale * max(abs(ratio), 1), f"{name}: no gradient"
    )
    fail_if(abs(ratio - 1) > 1e-4, f"{name} moves {round(ratio, 3):g} times as far")
