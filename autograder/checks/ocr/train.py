"""Hidden checks of `train_network`, train.ipynb: the loop, on images of fonts that students never get.

A wrong nn.py costs nothing here: a check that fails is repeated with right functions in its place.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from student_lib.handprint import load_masters, samples

from .. import Student, check, expect, fail_if
from ..thresholds import at_least, limit
from ._layers import PARAMETERS, Arrays, gradients, loss_and_accuracy, rescue, without_nn

_HIDDEN = Path(__file__).resolve().parents[2] / "data" / "handprint_hidden.npz"
_HISTORY = ("train_loss", "train_acc", "valid_loss", "valid_acc")
_BIASES = {"boutput": "the output's biases", "blayer1": "the hidden biases"}
# A step so small that gradients stay what they are: an image has a squared length of about 850.
_TINY = 1e-8
LONG = {"max_iters": 20, "batch_size": 18, "learning_rate": 0.01}  # 800 updates


@check("ocr.train_network", hint="Return (params, history), four lists of numbers.", rescue=rescue)
def returns_params_and_history(student, rng):
    """Returns four parameters, 64 hidden units by default, and four lists with a number for each epoch."""
    x, y = letters(rng, 9)
    kept = student.array(x)
    _opened(_train(student, rng, kept, y, x, y, max_iters=2, batch_size=4, learning_rate=1e-3), 64, 2, 3)
    expect(kept.value(), "train_x").unchanged(x)
    result = _train(student, rng, x, y, x, y, hidden_size=7, max_iters=1, batch_size=4, learning_rate=1e-3)
    _opened(result, 7, 1, 3)


@check(
    "ocr.train_network",
    hint="Add up the loss over all batches of the epoch, then divide by the number of images.",
    rescue=rescue,
)
def numbers_are_averages_per_image(student, rng):
    """With a learning rate of 0 every epoch reports the same numbers: averages over all images."""
    x, y = letters(rng, 24)
    valid_x, valid_y = letters(rng, 12)
    settings = {"hidden_size": 6, "max_iters": 2, "batch_size": 6, "learning_rate": 0.0}
    result = _train(student, rng, x, y, valid_x, valid_y, **settings)
    params, history = _opened(result, 6, 2, 4)
    for name in _HISTORY:
        fail_if(np.ptp(history[name]) > 1e-5, f"{name} changes although nothing is learned")
    loss, acc = loss_and_accuracy(params, x, y)
    _expect_average(history["train_loss"][-1], loss, rows=24, batches=4, what="train_loss")
    _expect_accuracy(history["train_acc"][-1], acc, "train_acc")


@check(
    "ocr.train_network",
    hint="Evaluate the validation set with the parameters after the epoch's last update.",
    rescue=rescue,
)
def validation_numbers_belong_to_params(student, rng):
    """The last validation loss (average per image) and accuracy are those of the returned parameters."""
    x, y = letters(rng, 36)
    valid_x, valid_y = letters(rng, 18)
    settings = {"hidden_size": 6, "max_iters": 3, "batch_size": 6, "learning_rate": 1e-3}
    result = _train(student, rng, x, y, valid_x, valid_y, **settings)
    params, history = _opened(result, 6, 3, 6)
    (loss, acc), value = loss_and_accuracy(params, valid_x, valid_y), history["valid_loss"][-1]
    if not np.isclose(value * len(valid_x), loss, rtol=1e-4):
        train_loss = loss_and_accuracy(params, x, y)[0] / len(x)
        fail_if(np.isclose(value, train_loss, rtol=1e-6), "valid_loss: measured on the training images")
        turned = x_turned(valid_x)
        fail_if(
            np.isclose(value * len(valid_x), loss_and_accuracy(params, turned, valid_y)[0], rtol=1e-6),
            "valid_loss: measured on images turned over",
        )
    _expect_average(value, loss, rows=18, batches=3, what="valid_loss")
    _expect_accuracy(history["valid_acc"][-1], acc, "valid_acc")


@check(
    "ocr.train_network",
    hint="Each batch updates once with its summed gradients; max_iters counts passes over all batches.",
    weight=2,
    rescue=rescue,
)
def updates_add_up_all_gradients(student, rng):
    """Each epoch moves the biases by the learning rate times the gradient summed over every image."""
    x, y = letters(rng, 24)
    valid_x, valid_y = letters(rng, 12)
    epochs = 3
    settings = {"hidden_size": 6, "max_iters": epochs, "batch_size": 6, "learning_rate": _TINY}
    result = _train(student, rng, x, y, valid_x, valid_y, **settings)
    params, _ = _opened(result, 6, epochs, 4)
    slopes = gradients(params, x, y)
    if not _moved_along(params, slopes, _TINY * epochs):
        both = gradients(params, np.vstack([x, valid_x]), np.vstack([y, valid_y]))
        fail_if(_moved_along(params, both, _TINY * epochs), "the biases follow the validation images too")
        _fail_if_turned(params, x, y, _TINY * epochs)
    for name, words in _BIASES.items():
        _expect_multiple(params[name] / (-_TINY * epochs), slopes[name], words)


@check(
    "ocr.train_network",
    hint="Every W and every b of both layers is updated, with minus the learning rate.",
    weight=2,
    rescue=rescue,
)
def every_parameter_descends(student, rng):
    """The loss falls as fast as the gradients of all four parameters together promise."""
    x, y = letters(rng, 24)
    settings = {"hidden_size": 6, "max_iters": 2, "batch_size": 6, "learning_rate": _TINY}
    params, history = _opened(_train(student, rng, x, y, x, y, **settings), 6, 2, 4)
    loss, _ = loss_and_accuracy(params, x, y)
    before, after = history["valid_loss"]
    promised = _TINY * sum(np.sum(slope**2) for slope in gradients(params, x, y).values())
    # Scaled to the last entry, so that a history of sums, which another check judges, passes here.
    ratio = (before - after) * loss / max(after, 1e-12) / promised
    if not 0.98 <= ratio <= 1.02:
        _fail_if_turned(params, x, y, 2 * _TINY)
    fail_if(abs(ratio) > 10, "the loss jumps")
    fail_if(ratio < -0.01, "the loss rises")
    fail_if(ratio < 0.01, "the loss stays")
    fail_if(ratio < 0.98, "the loss falls too slowly")
    fail_if(not ratio < 1.02, "the loss falls too fast")


@check(
    "ocr.train_network",
    hint="Finish backwards through both layers before you change any parameter.",
    rescue=rescue,
)
def all_parameters_step_from_one_point(student, rng):
    """Within one update, all gradients belong to the parameters before it."""
    x, y = letters(rng, 24)
    rate = 1e-4
    settings = {"hidden_size": 6, "max_iters": 1, "batch_size": 24, "learning_rate": rate}
    params, _ = _opened(_train(student, rng, x, y, x, y, **settings), 6, 1, 1)
    if not _moved_along(params, _slopes_before_step(params, x, y, rate), rate):
        late = _slopes_before_step(params, x, y, rate, way_down=params["Woutput"])
        fail_if(_moved_along(params, late, rate), "the hidden gradient came through the new output weights")
        fail_if(True, "one large step is not along the gradients before it")


@check(
    "ocr.train_network",
    hint="Watch the training loss: does it fall well below ln 36?",
    weight=2,
    seconds=30,
    rescue=rescue,
)
def learns_letters(student, rng):
    """A short training on 720 images reads letters that were not in it."""
    (x, y), (test_x, test_y) = _pools()
    rows = rng.permutation(len(x))
    result = _train(student, rng, x[rows], y[rows], test_x[:72], test_y[:72], **LONG)
    params, history = _opened(result, 64, LONG["max_iters"], -(-len(x) // LONG["batch_size"]))
    for name in ("train_acc", "valid_acc"):
        fail_if(history[name].max() > 1 + 1e-6, f"{name}: above 1, a percentage?")
    reached = loss_and_accuracy(params, test_x, test_y)[1]
    at_least(reached, limit("ocr", "train_accuracy"), "accuracy on other images", "reads too few")


def letters(rng: Any, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Images (rows, 1024) and one-hot labels (rows, 36) in hidden fonts, drawn without replacement."""
    x, y = _pools()[0]
    chosen = rng.choice(len(x), size=rows, replace=False)
    return x[chosen], y[chosen]


def x_turned(x: np.ndarray) -> np.ndarray:
    """The same images, each row unrolled the other way."""
    return x.reshape(-1, 32, 32).transpose(0, 2, 1).reshape(len(x), -1)


def hidden_test() -> tuple[np.ndarray, np.ndarray]:
    """720 images and labels in hidden fonts, to measure with."""
    return _pools()[1]


@lru_cache(maxsize=1)
def _pools() -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    masters = load_masters(_HIDDEN)
    fonts = np.arange(len(masters.names))
    return samples(fonts, 20, 36, masters), samples(fonts, 20, 37, masters)


def _train(student: Student, rng: Any, *data: Any, **settings: Any) -> Any:
    without_nn(student, rng)
    return student.train_network(*data, **settings)


def _opened(result: Any, hidden: int, epochs: int, batches: int) -> tuple[Arrays, Arrays]:
    """The four parameters as finite arrays of the right shapes, the history as arrays of finite numbers."""
    params, history = expect(result, "the result").is_pair()
    fail_if(type(params) is dict and "train_loss" in params, "history before params")
    expect(params, "params").is_dict(*PARAMETERS)
    W = expect(params["Wlayer1"], "Wlayer1").is_numeric()
    fail_if(W.ndim == 2 and len(W) == 1024 and W.shape[1] != hidden, "another hidden size than asked")
    shapes = ((1024, hidden), (hidden,), (hidden, 36), (36,))
    trained = {}
    for name, shape in zip(PARAMETERS, shapes, strict=True):
        trained[name] = expect(params[name], name).has_shape(*shape).astype(float)
        expect(params[name], name).is_finite()
    expect(history, "history").is_dict(*_HISTORY)
    lists = {name: _numbers(history[name], name, epochs, batches) for name in _HISTORY}
    for name in ("train_acc", "valid_acc"):
        expect(lists[name], name).between(-1e-6, 100 + 1e-6)
    return trained, lists


def _numbers(value: Any, name: str, epochs: int, batches: int) -> np.ndarray:
    """A list (or array) of a finite number for each epoch, each of them alone in whatever it is wrapped in."""
    items = list(value) if isinstance(value, np.ndarray) and value.ndim else expect(value, name).is_sequence()
    fail_if(len(items) == epochs * batches != epochs, f"{name}: one entry for each batch")
    fail_if(len(items) == epochs + 1, f"{name}: one entry too many")
    fail_if(len(items) != epochs, f"{name}: not one entry for each epoch")
    return np.array([expect(item, name).is_number() for item in items])


def _expect_average(value: float, total: float, rows: int, batches: int, what: str) -> None:
    fail_if(np.isclose(value, total, rtol=1e-3), f"{what}: a sum, not an average per image")
    fail_if(np.isclose(value, total / batches, rtol=1e-3), f"{what}: an average per batch")
    fail_if(np.isclose(value, -total / rows, rtol=1e-3), f"{what}: wrong sign")
    expect(value, what).close_to(total / rows, rtol=1e-4, atol=1e-6)


def _expect_accuracy(value: float, acc: float, what: str) -> None:
    """Percentages pass here: few images may have accuracy 0, so the long training judges them, for certain."""
    fail_if(not np.isclose(value, [acc, 100 * acc], rtol=1e-4, atol=1e-8).any(), f"{what}: values differ")


def _slopes_before_step(params: Arrays, x, y, rate: float, way_down: np.ndarray | None = None) -> Arrays:
    """The gradients where one step with all rows led to `params`, when the biases were zero there.

    W = W_after + rate * gradient(W) as a fixed point; it contracts by less than 0.1 at this rate.
    """
    start = {name: value if name.startswith("W") else 0 * value for name, value in params.items()}
    for _ in range(25):
        slopes = gradients(start, x, y, way_down)
        start |= {name: params[name] + rate * slopes[name] for name in ("Wlayer1", "Woutput")}
    return gradients(start, x, y, way_down)


def _moved_along(params: Arrays, slopes: Arrays, rate: float) -> bool:
    """Whether both biases went from zero to -rate times their gradients, to 1e-4 of the largest element."""
    return all(
        np.abs(params[name] / -rate - slopes[name]).max() < 1e-4 * np.abs(slopes[name]).max()
        for name in _BIASES
    )


def _fail_if_turned(params: Arrays, x, y, rate: float) -> None:
    moved = _moved_along(params, gradients(params, x_turned(x), y), rate)
    fail_if(moved, "the biases follow images turned over")


def _expect_multiple(moved: np.ndarray, slope: np.ndarray, words: str) -> None:
    """`moved` is `slope`; when it is a multiple of it, the symptom says which."""
    ratio = moved @ slope / max(slope @ slope, 1e-300)
    off = np.abs(moved - ratio * slope).max()
    fail_if(not off <= 1e-3 * np.abs(slope).max() * max(abs(ratio), 1e-3), f"{words} follow no gradient")
    fail_if(abs(ratio - 1) > 1e-3, f"{words} move {round(ratio, 3):g} times as far")
