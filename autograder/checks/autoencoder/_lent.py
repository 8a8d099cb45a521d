"""Right functions for a student whose own, of nn.py or of an earlier exercise, are missing or wrong.

They run on the grader's side and fill the student's `params`: a Remote, of which reading an item fetches it, and
setting one sends it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from student_lib import nn

from .. import Student, oracles
from .._lending import backwards, forward, lend, missing, nn_functions
from ._network import LAYERS, PARAMETERS

_CARRIED = ("initialize_weights", "sigmoid", "forward", "backwards", "get_random_batches")
_BUILDING = ("initialize_autoencoder", "forward_autoencoder", "autoencoder_loss_and_delta")
_UPDATING = ("backward_autoencoder", "momentum_update")


def without_nn(student: Student, rng: Any) -> None:
    """Lend those functions of nn.py that the student does not have at all: for the start of every check."""
    _lend(student, rng, missing(student, _CARRIED))


def rescue(*names: str) -> Callable[[Student, Any], None]:
    """A rescue that replaces the functions of nn.py, and those of these names, by right ones."""

    def rescue(student: Student, rng: Any) -> None:
        missing(student, _CARRIED)
        _lend(student, rng, [*_CARRIED, *names])

    return rescue


rescue_training = rescue(*_BUILDING, *_UPDATING)


def _lend(student: Student, rng: Any, names: Iterable[str]) -> None:
    draws = rng.spawn(1)[0]  # numbers of its own: the check draws the same, lent or not
    right = nn_functions(draws) | {
        "initialize_autoencoder": lambda params, sizes=(1024, 32, 32, 32, 1024): _initialize(
            params, sizes, draws
        ),
        "forward_autoencoder": _forward_all,
        "autoencoder_loss_and_delta": lambda x, out: (float(np.square(out - x).sum()), 2 * (out - x)),
        "backward_autoencoder": _backward_all,
        "momentum_update": _momentum_update,
    }
    lend(student, {name: right[name] for name in names})


def _initialize(params: Any, sizes: Any, draws: Any) -> None:
    for layer, before, after in zip(LAYERS, sizes[:-1], sizes[1:], strict=True):
        oracles.initialize_weights(before, after, params, layer, draws)
        params["m_W" + layer], params["m_b" + layer] = np.zeros((before, after)), np.zeros(after)


def _forward_all(x: np.ndarray, params: Any) -> np.ndarray:
    for layer in LAYERS[:3]:
        x = forward(x, params, layer, nn.relu)
    return forward(x, params, "output")


def _backward_all(delta: np.ndarray, params: Any) -> None:
    delta = backwards(delta, params, "output")
    for layer in LAYERS[2::-1]:
        delta = backwards(delta, params, layer, nn.relu_deriv)


def _momentum_update(params: Any, learning_rate: float, momentum: float = 0.9) -> None:
    for name in PARAMETERS:
        moving = momentum * params["m_" + name] - learning_rate * params["grad_" + name]
        params["m_" + name], params[name] = moving, params[name] + moving
