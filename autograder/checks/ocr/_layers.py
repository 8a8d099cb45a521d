"""The 1024-H-36 network on the grader's side, and right functions of nn.py for a student who has none."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import Student
from .._lending import lend, missing, nn_functions, sigmoid, softmax
from .._lending import loss_and_accuracy as _loss_and_accuracy

PARAMETERS = ("Wlayer1", "blayer1", "Woutput", "boutput")
Arrays = dict[str, np.ndarray]


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


def without_nn(student: Student, rng: Any) -> None:
    """Lend those functions of nn.py that the student does not have at all: for the start of every check."""
    functions = nn_functions(rng)
    lend(student, {name: functions[name] for name in missing(student, functions)})


def rescue(student: Student, rng: Any) -> None:
    """Replace all functions of nn.py by right ones."""
    functions = nn_functions(rng)
    missing(student, functions)
    lend(student, functions)
