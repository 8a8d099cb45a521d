"""Right functions for a student whose own, of nn.py or of an earlier exercise, are missing or wrong.

They run on the grader's side and fill the student's `params`. What they ask of it leaves no trace in the transcript,
in which misconceptions, which keep functions of their own, are compared.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from student_lib import nn

from .. import ArgumentError, Student, StudentDied, StudentTimedOut, oracles
from ._network import LAYERS, PARAMETERS

_lent_to: WeakKeyDictionary[Student, set[str]] = WeakKeyDictionary()
_CARRIED = ("initialize_weights", "sigmoid", "forward", "backwards", "get_random_batches")
_BUILDING = ("initialize_autoencoder", "forward_autoencoder", "autoencoder_loss_and_delta")
_UPDATING = ("backward_autoencoder", "momentum_update")


def without_nn(student: Student, rng: Any) -> None:
    """Lend those functions of nn.py that the student does not have at all: for the start of every check.

    What was lent works until the next check begins.
    """
    lent = _lent_to.setdefault(student, set())
    lent |= {name for name in _CARRIED if name not in lent and not student.defines(name)}
    _lend(student, rng, sorted(lent))


def rescue(*names: str) -> Callable[[Student, Any], None]:
    """A rescue that replaces the functions of nn.py, and those of these names, by right ones."""

    def rescue(student: Student, rng: Any) -> None:
        _lent_to[student] = set(_CARRIED)
        _lend(student, rng, [*_CARRIED, *names])

    return rescue


rescue_training = rescue(*_BUILDING, *_UPDATING)


def _lend(student: Student, rng: Any, names: list[str]) -> None:
    draws = rng.spawn(1)[0]  # numbers of its own: the check draws the same, lent or not
    right = {
        "initialize_weights": lambda a, b, params, name="": oracles.initialize_weights(
            a, b, params, name, draws
        ),
        "sigmoid": _sigmoid,
        "forward": _forward,
        "backwards": _backwards,
        "get_random_batches": lambda x, y, batch_size: oracles.get_random_batches(x, y, batch_size, draws),
        "initialize_autoencoder": lambda params, sizes=(1024, 32, 32, 32, 1024): _initialize(
            params, sizes, draws
        ),
        "forward_autoencoder": _forward_all,
        "autoencoder_loss_and_delta": lambda x, out: (float(np.square(out - x).sum()), 2 * (out - x)),
        "backward_autoencoder": _backward_all,
        "momentum_update": _momentum_update,
    }
    student.bind(**{name: _untraced(student, name, right[name]) for name in names})
    student.transcript.clear()


def _untraced(student: Student, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` for student code to call: odd arguments make the student's code crash, not ours."""

    def lent(*args: Any, **kwargs: Any) -> Any:
        before = len(student.transcript)
        try:
            return function(*args, **kwargs)
        except (StudentTimedOut, StudentDied):
            raise
        except Exception as error:
            raise ArgumentError(f"{name}: {type(error).__name__}") from error
        finally:
            del student.transcript[before:]

    return lent


# `params` is a Remote throughout: reading an item fetches it, setting one sends it.


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return np.exp(-np.logaddexp(0, -x))


def _forward(
    X: np.ndarray, params: Any, name: str = "", activation: Callable[..., Any] = _sigmoid
) -> np.ndarray:
    pre_act = X @ params["W" + name] + params["b" + name]
    post_act = np.asarray(activation(pre_act))
    params["cache_" + name] = (X, pre_act, post_act)
    return post_act


def _backwards(
    delta: np.ndarray, params: Any, name: str = "", activation_deriv: Callable[..., Any] = nn.sigmoid_deriv
) -> np.ndarray:
    X, _, post_act = params["cache_" + name]
    below = delta * np.asarray(activation_deriv(post_act))
    params["grad_W" + name], params["grad_b" + name] = X.T @ below, below.sum(axis=0)
    return below @ params["W" + name].T


def _initialize(params: Any, sizes: Any, draws: Any) -> None:
    for layer, before, after in zip(LAYERS, sizes[:-1], sizes[1:], strict=True):
        oracles.initialize_weights(before, after, params, layer, draws)
        params["m_W" + layer], params["m_b" + layer] = np.zeros((before, after)), np.zeros(after)


def _forward_all(x: np.ndarray, params: Any) -> np.ndarray:
    for layer in LAYERS[:3]:
        x = _forward(x, params, layer, nn.relu)
    return _forward(x, params, "output")


def _backward_all(delta: np.ndarray, params: Any) -> None:
    delta = _backwards(delta, params, "output")
    for layer in LAYERS[2::-1]:
        delta = _backwards(delta, params, layer, nn.relu_deriv)


def _momentum_update(params: Any, learning_rate: float, momentum: float = 0.9) -> None:
    for name in PARAMETERS:
        moving = momentum * params["m_" + name] - learning_rate * params["grad_" + name]
        params["m_" + name], params[name] = moving, params[name] + moving
