"""What the checks of `source/backprop/moons.ipynb` share: what is right, the student's objects, replaced methods.

Weights, and what an earlier method leaves behind, are set by the checks; where a method must call an earlier one,
the check is repeated with that one replaced, so a mistake costs points once. Gradients are judged by complex
steps through a loss written here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from .. import NotWritten, Remote, Student, StudentCrashed, expect, fail_if, oracles
from .._lending import lent

Layers = list[tuple[np.ndarray, np.ndarray]]
KINDS = ("Tanh", "Sigmoid", "ReLU")
SPELLINGS = {"tanh": "tanh TANH Tanh", "sigmoid": "sigmoid SIGMOID Sigmoid", "relu": "relu ReLU RELU Relu"}
_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "tanh": np.tanh,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "relu": lambda z: z * (np.real(z) > 0),
}

# A right answer's training accuracy on 100 moon points is at least 0.79 with one hidden layer, 0.80 with two, in 3000
# draws, and each 0.03 less is thirty times rarer. A replaced method takes a millisecond in the sandbox.
LEAST_ACCURACY, PASSES, SECONDS = 0.65, 60, 8.0

# --- what is right


def activation(z: Any, kind: str) -> np.ndarray:
    """The activation, a number at a time."""
    if kind.lower() == "sigmoid":
        return oracles.sigmoid(z)
    function = math.tanh if kind.lower() == "tanh" else lambda value: max(value, 0.0)
    return _each(function, z)


def slope(z: Any, kind: str) -> np.ndarray:
    """The activation's derivative at the net input, from closed forms that differ from the notebook's."""
    return _each(_SLOPES[kind.lower()], z)


_SLOPES = {
    "tanh": lambda z: 1 / math.cosh(z) ** 2 if abs(z) < 300 else 0.0,
    "sigmoid": lambda z: 0.25 / math.cosh(z / 2) ** 2 if abs(z) < 600 else 0.0,
    "relu": lambda z: 1.0 if z > 0 else 0.0,
}


def _each(function: Callable[[float], float], z: Any) -> np.ndarray:
    z = np.asarray(z, dtype=float)
    return np.array([function(value) for value in z.ravel().tolist()]).reshape(z.shape)


def forward(layers: Layers, X: np.ndarray, kind: str) -> list[np.ndarray]:
    """Net inputs and activations in turn, z1, a1, z2, a2, ..., the last net input last; complex weights work."""
    passed, a = [], X
    for number, (W, b) in enumerate(layers, start=1):
        z = a @ W + np.reshape(b, (1, -1))
        passed.append(z)
        if number < len(layers):
            a = _FUNCTIONS[kind.lower()](z)
            passed.append(a)
    return passed


def cross_entropy(layers: Layers, X: np.ndarray, y: np.ndarray, kind: str) -> Any:
    """The sum over the rows of log(sum exp(z - own z)); complex weights work."""
    logits = forward(layers, X, kind)[-1]
    largest = np.real(logits).max(axis=1)
    own = logits[np.arange(len(logits)), y]
    return np.sum(np.log(np.sum(np.exp(logits - largest[:, np.newaxis]), axis=1)) + largest - own)


def right_loss(layers: Layers, X: np.ndarray, y: np.ndarray, kind: str, reg_lambda: float) -> float:
    squares = math.fsum(float(weight) ** 2 for W, _ in layers for weight in W.ravel())
    return (float(cross_entropy(layers, X, y, kind)) + reg_lambda * squares / 2) / len(X)


def right_gradients(layers: Layers, X: np.ndarray, y: np.ndarray, kind: str) -> Layers:
    """(dW, db) of the summed cross entropy for every layer, by a complex step in every single number."""
    complex_layers = [(W.astype(complex), b.astype(complex)) for W, b in layers]
    slopes = []
    for pair in complex_layers:
        slopes.append(tuple(np.zeros(array.shape) for array in pair))
        for array, slope in zip(pair, slopes[-1], strict=True):
            for place in np.ndindex(array.shape):
                array[place] += 1e-20j
                slope[place] = np.imag(cross_entropy(complex_layers, X, y, kind)) / 1e-20
                array[place] = np.real(array[place])
    return slopes


def descended(layers: Layers, X, y, kind: str, reg_lambda: float, epsilon: float, passes: int = 1) -> Layers:
    """The parameters after some passes."""
    for _ in range(passes):
        gradients = right_gradients(layers, X, y, kind)
        layers = [
            (W - epsilon * (dW + reg_lambda * W), b - epsilon * db)
            for (W, b), (dW, db) in zip(layers, gradients, strict=True)
        ]
    return layers


# --- the student's objects


def random_layers(rng, *sizes: int, scale: float = 0.8) -> Layers:
    """Weights (in, out) and biases (1, out), all of them random."""
    return [
        (rng.normal(scale=scale, size=(n, m)), rng.normal(scale=scale, size=(1, m)))
        for n, m in pairwise(sizes)
    ]


def network(student: Student, layers: Layers, kind: str = "tanh", reg_lambda: float = 0.0) -> Remote:
    """The student's three-layer network with these parameters."""
    (W1, b1), (W2, b2) = layers
    net = student.NeuralNetwork(*W1.shape, W2.shape[1], actFun_type=kind, reg_lambda=reg_lambda)
    net.W1, net.b1, net.W2, net.b2 = W1, b1, W2, b2
    return net


def call(student: Student, method: Remote, *args: Any, **kwargs: Any) -> Any:
    """Call a method; one that does not exist counts as not written."""
    try:
        return method(*args, **kwargs)
    except StudentCrashed as crash:
        if crash.type_name == "AttributeError" and not crash.line:
            raise NotWritten("the method") from crash
        raise


def do(student: Student, method: Remote, *args: Any, **kwargs: Any) -> None:
    """Call a method for what it does. What it returns is not asked for, nor compared with misconceptions."""
    call(student, method, *args, **kwargs)
    student.transcript[-1] = ("call", None)


def attribute(net: Remote, name: str) -> Any:
    try:
        return getattr(net, name).value()
    except StudentCrashed as crash:
        fail_if(crash.type_name == "AttributeError" and not crash.line, f"no attribute {name}")
        raise


def bias(student: Student, owner: Remote, name: str) -> np.ndarray:
    """A bias or its gradient as (n,): (1, n) is the same answer, here and in the transcript."""
    value = expect(attribute(owner, name), name).is_finite()
    value = value[0] if value.ndim == 2 and len(value) == 1 else value
    student.transcript[-1] = ("value", value)
    return value


def data(rng, rows: int, inputs: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """X (rows, inputs) and labels (rows,) in which each class occurs, if there are rows enough."""
    return rng.normal(size=(rows, inputs)), rng.permutation(np.arange(rows) % classes)


def mild_data(rng, layers: Layers, kind: str, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """`data` of which the network gives no label less than 1e-3: many students add 1e-8 inside the logarithm."""
    least = 0.0
    while least < 1e-3:
        X, y = data(rng, rows, len(layers[0][0]), layers[-1][0].shape[1])
        least = oracles.softmax(forward(layers, X, kind)[-1])[np.arange(rows), y].min()
    return X, y


# --- earlier methods, replaced: each gets the student's object as a Remote


def _actFun(self: Remote, z: Any, type: str) -> np.ndarray:
    return _FUNCTIONS[type.lower()](np.asarray(z, dtype=float))


def _diff_actFun(self: Remote, z: Any, type: str) -> np.ndarray:
    return slope(z, type)


def _feedforward(self: Remote, X: Any, actFun: Callable[[Any], Any]) -> None:
    X, W1, b1, W2, b2 = (np.asarray(v) for v in (X, *(getattr(self, n).value() for n in PARAMETERS)))
    z1 = X @ W1 + b1.reshape(1, -1)
    a1 = np.asarray(actFun(z1))
    z2 = a1 @ W2 + b2.reshape(1, -1)
    self.z1, self.a1, self.z2, self.probs = z1, a1, z2, oracles.softmax(z2)


def _calculate_loss(self: Remote, X: Any, y: Any) -> float:
    kind, reg_lambda = self.actFun_type.value(), self.reg_lambda.value()
    return right_loss(_own_layers(self), np.asarray(X), np.asarray(y), kind, reg_lambda)


def _backprop(self: Remote, X: Any, y: Any) -> tuple[np.ndarray, ...]:
    W2, z1, a1, probs = (np.asarray(getattr(self, name).value()) for name in ("W2", "z1", "a1", "probs"))
    delta2 = probs - np.eye(probs.shape[1])[np.asarray(y)]
    delta1 = delta2 @ W2.T * slope(z1, self.actFun_type.value())
    sums = (delta.sum(axis=0, keepdims=True) for delta in (delta1, delta2))
    return (np.asarray(X).T @ delta1, a1.T @ delta2, *sums)


def _own_layers(self: Remote) -> Layers:
    W1, b1, W2, b2 = (np.asarray(getattr(self, name).value()) for name in PARAMETERS)
    return [(W1, b1), (W2, b2)]


def _layer_feedforward(self: Remote, x: Any) -> np.ndarray:
    x = np.asarray(x)
    z = x @ np.asarray(self.W.value()) + np.reshape(self.b.value(), (1, -1))
    self.x_of_grader, self.z_of_grader = x, z
    return self.act(z)


def _layer_backprop(self: Remote, delta: Any) -> np.ndarray:
    slope = np.asarray(delta) * np.asarray(self.diff_act(self.z_of_grader.value()))
    self.dW, self.db = np.asarray(self.x_of_grader.value()).T @ slope, slope.sum(axis=0, keepdims=True)
    return slope @ np.asarray(self.W.value()).T


PARAMETERS = ("W1", "b1", "W2", "b2")
_METHODS = {
    "actFun": _actFun,
    "diff_actFun": _diff_actFun,
    "feedforward": _feedforward,
    "calculate_loss": _calculate_loss,
    "backprop": _backprop,
}


def rescue(*names: str) -> Callable[[Student, Any], None]:
    """A rescue that gives the student's NeuralNetwork right methods of these names."""

    def rescue(student: Student, rng: Any) -> None:
        for name in names:
            setattr(student.NeuralNetwork, name, lent(student, _METHODS[name], name))
        student.transcript.clear()

    return rescue


def rescue_deep(student: Student, rng: Any) -> None:
    """Right bends, and a right way through the student's Layer."""
    rescue("actFun", "diff_actFun")(student, rng)
    student.Layer.feedforward = lent(student, _layer_feedforward, "feedforward")
    student.Layer.backprop = lent(student, _layer_backprop, "backprop")
    student.transcript.clear()
