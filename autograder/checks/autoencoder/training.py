"""Hidden checks of `train_autoencoder`: the loop around everything else.

At a tiny learning rate gradients stay what they are, so biases, which start at zero, add up the whole history of
updates: what momentum, rate and decay make of it has a closed form.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from student_lib.handprint import load_masters, samples

from .. import Student, check, expect, fail_if
from ..thresholds import at_least, limit
from . import _network
from ._lent import rescue_training, without_nn
from ._network import Arrays, images, returned_params

_HIDDEN = Path(__file__).resolve().parents[2] / "data" / "handprint_hidden.npz"
_TINY = 1e-10
_COLUMNS, _UNITS = 9, 4
LONG = {"epochs": 10, "batch_size": 18, "learning_rate": 6e-5}  # about 400 updates


@check(
    "autoencoder.train_autoencoder",
    hint="Return (params, losses), with one number for each epoch.",
    rescue=rescue_training,
)
def returns_params_and_losses(student, rng):
    """Returns all eight parameters, 32 units wide by default, and a list with a loss for each epoch."""
    x = images(rng, 10, _COLUMNS)
    kept = student.array(x)
    result = _train(student, rng, kept, epochs=3, batch_size=5)
    _opened(result, x, epochs=3, units=32)
    expect(kept.value(), "train_x").unchanged(x)
    _opened(_train(student, rng, x, epochs=1, batch_size=5, hidden=_UNITS), x, epochs=1)


@check(
    "autoencoder.train_autoencoder",
    hint="Add up the losses of the epoch's batches, then divide by the number of images.",
    rescue=rescue_training,
)
def losses_are_averages_per_image(student, rng):
    """When nothing is learned, each epoch's loss is the total squared error divided by the number of images."""
    x = images(rng, 20, _COLUMNS)
    settings = {"epochs": 2, "batch_size": 5, "learning_rate": 0.0, "hidden": _UNITS}
    params, losses = _opened(_train(student, rng, x, **settings), x, epochs=2)
    total = _network.total_squared_error(x, _network.reconstruct(x, params))
    for what, divided_by in (
        ("a total, not an average per image", 1),
        ("an average per batch", 4),
        ("an average per pixel", x.size),
    ):
        fail_if(np.isclose(losses[-1], total / divided_by, rtol=1e-4), f"losses: {what}")
    expect(losses[-1], "losses").close_to(total / len(x), rtol=1e-4)
    expect(losses[0], "losses").close_to(losses[-1], rtol=1e-4)


@check(
    "autoencoder.train_autoencoder",
    hint="For each batch: forward, loss and delta, backward, momentum_update.",
    weight=2,
    rescue=rescue_training,
)
def every_batch_updates_once(student, rng):
    """With momentum 0, each epoch moves the biases by the learning rate times all rows' gradients."""
    x = images(rng, 20, _COLUMNS)
    settings = {"epochs": 3, "batch_size": 5, "learning_rate": _TINY, "momentum": 0.0, "hidden": _UNITS}
    params, _ = _opened(_train(student, rng, x, **settings), x, epochs=3)
    _expect_steps(params, x, 3.0)


@check(
    "autoencoder.train_autoencoder",
    hint="momentum is 0.9 unless another is given; hand it on, and keep the accumulators between batches.",
    weight=2,
    rescue=rescue_training,
)
def momentum_gathers_speed(student, rng):
    """Four updates with equal gradients go as far as momentum's two equations say, for 0.9 and for 0.5."""
    x = images(rng, 6, _COLUMNS)
    for given, momentum in (({}, 0.9), ({"momentum": 0.5}, 0.5)):
        settings = {"epochs": 4, "batch_size": 6, "learning_rate": _TINY, "hidden": _UNITS, **given}
        params, _ = _opened(_train(student, rng, x, **settings), x, epochs=4)
        _expect_steps(params, x, _far([1.0] * 4, momentum))


@check(
    "autoencoder.train_autoencoder",
    hint="Epochs 1 to 20 at the full rate, 21 to 40 at 0.9 of it, 41 at 0.81 of it.",
    rescue=rescue_training,
)
def rate_decays_every_20_epochs(student, rng):
    """The learning rate is multiplied by 0.9 after every 20 epochs, not earlier and not later."""
    x = images(rng, 4, _COLUMNS)
    settings = {"batch_size": 4, "learning_rate": _TINY, "momentum": 0.0, "hidden": _UNITS}
    for epochs in (20, 41):
        params, _ = _opened(_train(student, rng, x, epochs=epochs, **settings), x, epochs=epochs)
        _expect_steps(params, x, sum(0.9 ** (epoch // 20) for epoch in range(epochs)))


@check(
    "autoencoder.train_autoencoder",
    hint="Look at your loss curve: does it fall well below that of the mean image?",
    weight=2,
    seconds=40,
    rescue=rescue_training,
)
def reconstructs_hidden_fonts(student, rng):
    """A short training on 720 images brings the mean PSNR of unseen images where it should."""
    train_x, test_x = _hidden_fonts(int(rng.integers(1000)))
    result = _train(student, rng, train_x, **LONG)
    params, _ = _opened(result, train_x, LONG["epochs"], units=32)
    reached = _network.mean_psnr(test_x, _network.reconstruct(test_x, params))
    at_least(reached, limit("autoencoder", "least_psnr"), "mean PSNR in dB", "reconstructs too little")


@lru_cache(maxsize=2)
def _hidden_fonts(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(720, 1024) images to train with and (180, 1024) to measure with, of fonts that students never get."""
    masters = load_masters(_HIDDEN)
    fonts = np.arange(len(masters.names))
    parts = samples(fonts, 20, 2 * seed, masters), samples(fonts, 5, 2 * seed + 1, masters)
    for x, _ in parts:
        x.flags.writeable = False
    return parts[0][0], parts[1][0]


def _train(student: Student, rng: Any, x: Any, **settings: Any) -> Any:
    without_nn(student, rng)
    return student.train_autoencoder(x, **settings)


def _opened(result: Any, x: np.ndarray, epochs: int, units: int = _UNITS) -> tuple[Arrays, np.ndarray]:
    """The eight parameters, and the losses as an array of finite numbers, one for each epoch."""
    params, losses = expect(result, "the result").is_pair()
    sizes = (x.shape[1], units, units, units, x.shape[1])
    trained = returned_params(params, sizes)
    items = list(losses) if isinstance(losses, np.ndarray) and losses.ndim else losses
    items = expect(items, "losses").is_sequence()
    fail_if(len(items) != epochs, "losses: not one for each epoch")
    return trained, np.array([expect(item, "losses").is_number() for item in items])


def _expect_steps(params: Arrays, x: np.ndarray, steps: float) -> None:
    """Both outer biases went `steps` times minus the tiny rate times the gradient of all rows."""
    delta = 2 * (_network.reconstruct(x, params) - x)
    right = _network.gradients(x, params, delta)
    for name in ("boutput", "blayer1"):
        gradient, moved = right[name].ravel(), params[name].ravel() / -_TINY
        scale = max(np.abs(gradient).max(), 1e-300)
        ratio = moved @ gradient / max(gradient @ gradient, 1e-300)
        if np.abs(moved - steps * gradient).max() > 1e-4 * steps * scale:
            along = np.abs(moved - ratio * gradient).max() <= 1e-3 * scale * max(abs(ratio), 1e-3)
            which = "the output's" if name == "boutput" else "the first layer's"
            fail_if(along, f"{which} biases go {float(f'{ratio / steps:.3g}'):g} times as far")
            fail_if(True, f"{which} biases follow no gradient")


def _far(rates: list[float], momentum: float) -> float:
    """How far equal gradients move a parameter, in steps of plain descent."""
    moving = far = 0.0
    for rate in rates:
        moving = momentum * moving + rate
        far += moving
    return far
