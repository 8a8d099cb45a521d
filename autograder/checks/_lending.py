"""Right functions on the grader's side, lent to a student whose own, of nn.py or of an earlier exercise, fail.

What they ask of the student's objects leaves no trace in the transcript, in which misconceptions are compared: those
keep functions of their own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from student_lib import nn

from . import ArgumentError, Remote, Student, StudentDied, StudentTimedOut, oracles

Function = Callable[..., Any]
MOST_NUMBERS = 50_000_000
# A function that was lent for one check is gone in the next; that it was missing is remembered here.
_missing: WeakKeyDictionary[Student, list[str]] = WeakKeyDictionary()


def nn_functions(rng: Any) -> dict[str, Function]:
    """What students export to nn.py in `backprop`; random numbers come from a child of `rng`.

    So a check draws the same numbers whether functions are lent or not.
    """
    draws = rng.spawn(1)[0]
    return {
        "initialize_weights": lambda a, b, params, name="": oracles.initialize_weights(
            a, b, params, name, draws
        ),
        "sigmoid": sigmoid,
        "softmax": softmax,
        "forward": forward,
        "compute_loss_and_acc": loss_and_accuracy,
        "backwards": backwards,
        "get_random_batches": lambda x, y, batch_size: oracles.get_random_batches(x, y, batch_size, draws),
    }


def missing(student: Student, names: Iterable[str]) -> list[str]:
    """Those of `names` that the student lacked when this was first asked of them."""
    return _missing.setdefault(student, [name for name in names if not student.defines(name)])


def lend(student: Student, functions: Mapping[str, Function]) -> None:
    """Put `functions` in the place of the student's own until the next check begins."""
    student.bind(**{name: lent(student, function, name) for name, function in functions.items()})
    student.transcript.clear()


def lent(student: Student, function: Function, name: str = "") -> Function:
    """`function` for student code to call: odd arguments make the student's code crash, not ours."""

    def lent(*args: Any, **kwargs: Any) -> Any:
        before = len(student.transcript)
        try:
            numbers_in([*args, *kwargs.values()])
            return function(*args, **kwargs)
        except (StudentTimedOut, StudentDied):
            raise
        except Exception as error:
            raise ArgumentError(": ".join(filter(None, (name, type(error).__name__)))) from error
        finally:
            del student.transcript[before:]

    return lent


def numbers_in(args: Iterable[Any]) -> int:
    """How many numbers a lent function is given, or asked for: two sizes are those of a matrix.

    Raises ArgumentError for more than memory should be spent on: student code chooses them.
    """
    args = list(args)
    sizes = [arg for arg in args if type(arg) is int and arg > 0]
    numbers = sum(max(arg.size, *arg.shape, 0) for arg in args if isinstance(arg, np.ndarray))
    asked = math.prod(sizes) if len(sizes) > 1 else 0
    if numbers > MOST_NUMBERS or asked > MOST_NUMBERS:
        raise ArgumentError(f"more than {MOST_NUMBERS} numbers")
    return numbers + asked


# `params` is a Remote when student code calls. Each request of it costs a trip, so there are few.


def _items(params: Any, *keys: str) -> list[Any]:
    return params.items_at(*keys) if isinstance(params, Remote) else [params[key] for key in keys]


def _set_items(params: Any, items: dict[str, Any]) -> None:
    if isinstance(params, Remote):
        params.set_items(items)
    else:
        params.update(items)


def sigmoid(x: Any) -> np.ndarray:
    return np.exp(-np.logaddexp(0, -np.asarray(x)))


def softmax(x: Any) -> np.ndarray:
    odds = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return odds / odds.sum(axis=-1, keepdims=True)


def forward(X: Any, params: Any, name: str = "", activation: Function = sigmoid) -> np.ndarray:
    W, b = _items(params, "W" + name, "b" + name)
    numbers_in([len(X), *np.shape(W)[1:]])
    pre_act = np.asarray(X) @ W + b
    post_act = np.asarray(activation(pre_act))
    params["cache_" + name] = (X, pre_act, post_act)
    return post_act


def backwards(
    delta: Any, params: Any, name: str = "", activation_deriv: Function = nn.sigmoid_deriv
) -> np.ndarray:
    (X, _, post_act), W = _items(params, "cache_" + name, "W" + name)
    below = delta * np.asarray(activation_deriv(post_act))
    _set_items(params, {"grad_W" + name: X.T @ below, "grad_b" + name: below.sum(axis=0)})
    return below @ W.T


def loss_and_accuracy(y: np.ndarray, probs: np.ndarray) -> tuple[float, float]:
    """(summed cross entropy, share of right rows) of one-hot y."""
    own = probs[np.arange(len(y)), y.argmax(axis=1)]
    with np.errstate(divide="ignore"):
        return float(-np.log(own).sum()), float((probs.argmax(axis=1) == y.argmax(axis=1)).mean())
