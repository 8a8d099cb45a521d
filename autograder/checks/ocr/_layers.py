"""The 1024-H-36 network on the grader's side, and right functions of nn.py for a student who has none.

What is lent runs here and fills the student's `params`. What it asks of them leaves no trace in the transcript, in
which misconceptions, which keep functions of their own, are compared.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from student_lib import nn

from .. import ArgumentError, Student, StudentDied, StudentTimedOut, oracles

PARAMETERS = ("Wlayer1", "blayer1", "Woutput", "boutput")
Arrays = dict[str, np.ndarray]

_lent_to: WeakKeyDictionary[Student, set[str]] = WeakKeyDictionary()


def sigmoid(z: np.ndarray) -> np.ndarray:
    return np.exp(-np.logaddexp(0, -z))


def softmax(z: np.ndarray) -> np.ndarray:
    odds = np.exp(z - z.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


def outputs(params: Arrays, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Hidden activations (N, H) and probabilities (N, C) of the images x."""
    hidden = sigmoid(x @ params["Wlayer1"] + params["blayer1"])
    return hidden, softmax(hidden @ params["Woutput"] + params["boutput"])


def loss_and_accuracy(params: Arrays, x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """(summed cross entropy, accuracy) of the network on x and one-hot y."""
    return _loss_and_accuracy(y, outputs(params, x)[1])


def gradients(params: Arrays, x: np.ndarray, y: np.ndarray, way_down: np.ndarray | None = None) -> Arrays:
    """The summed loss's gradients for the four parameters; tests hold them against measured slopes.

    `way_down` are other output weights for the gradient to pass through on its way to the hidden layer.
    """
    hidden, probs = outputs(params, x)
    delta = probs - y
    below = delta @ (params["Woutput"] if way_down is None else way_down).T * hidden * (1 - hidden)
    return dict(
        zip(PARAMETERS, (x.T @ below, below.sum(axis=0), hidden.T @ delta, delta.sum(axis=0)), strict=True)
    )


# --- lent functions -----------------------------------------------------------------------------------------


def without_nn(student: Student, rng: Any) -> None:
    """Lend those functions of nn.py that the student does not have at all: for the start of a check.

    What was lent works until the next check begins.
    """
    lent = _lent_to.setdefault(student, set())
    lent |= {name for name in _functions(rng) if name not in lent and not student.defines(name)}
    _lend(student, rng, lent)


def rescue(student: Student, rng: Any) -> None:
    """Replace all functions of nn.py by right ones."""
    _lent_to[student] = set(_functions(rng))
    _lend(student, rng, _lent_to[student])


def _lend(student: Student, rng: Any, names: set[str]) -> None:
    draws = rng.spawn(1)[0]  # numbers of its own: the check draws the same, lent or not
    functions = _functions(draws)
    student.bind(**{name: _untraced(student, name, functions[name]) for name in sorted(names)})
    student.transcript.clear()


def _functions(draws: Any) -> dict[str, Callable[..., Any]]:
    return {
        "initialize_weights": lambda a, b, params, name="": oracles.initialize_weights(
            a, b, params, name, draws
        ),
        "sigmoid": sigmoid,
        "softmax": softmax,
        "forward": _forward,
        "compute_loss_and_acc": _loss_and_accuracy,
        "backwards": _backwards,
        "get_random_batches": lambda x, y, batch_size: oracles.get_random_batches(x, y, batch_size, draws),
    }


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


def _loss_and_accuracy(y: np.ndarray, probs: np.ndarray) -> tuple[float, float]:
    own = probs[np.arange(len(y)), y.argmax(axis=1)]
    hits = probs.argmax(axis=1) == y.argmax(axis=1)
    return float(-np.log(own).sum()), float(hits.mean())


# `params` is a Remote in these two: reading an item fetches it, setting one sends it.


def _forward(
    X: np.ndarray, params: Any, name: str = "", activation: Callable[..., Any] = sigmoid
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
