"""Right methods of the coordinate network on the grader's side, lent to a student's class, and a record of their use.

`rescue` lends some for good, for a check's second try. `recorded_network` lends forward, backward and update to
NN_experiment while it records what is trained on, and gives the student's own back.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .. import Remote, Student, StudentError
from .._lending import Function, lent
from ._fourier import Params, depth_of, forward, psnr, sigmoid_slope


def linear(W, X, b):
    return np.asarray(X) @ np.asarray(W) + np.asarray(b)


def linear_grad(W, X, de_dz):
    W, X, de_dz = (np.asarray(value) for value in (W, X, de_dz))
    return X.T @ de_dz, de_dz.sum(axis=0), de_dz @ W.T


def relu(X):
    return np.maximum(np.asarray(X), 0)


def relu_grad(X):
    return (np.asarray(X) > 0) * 1.0


def sigmoid(x):
    return 0.5 + 0.5 * np.tanh(np.asarray(x) / 2)


def mse(y, p):
    return np.mean((np.asarray(y) - np.asarray(p)) ** 2)


def mse_grad(y, p):
    return 2 * (np.asarray(p) - np.asarray(y)) / np.size(y)


def mse_sigmoid_grad(y, p):
    return mse_grad(y, p) * p * (1 - np.asarray(p))


STEPS: dict[str, Function] = {
    "linear": linear,
    "linear_grad": linear_grad,
    "relu": relu,
    "relu_grad": relu_grad,
    "sigmoid": sigmoid,
    "sigmoid_grad": sigmoid_slope,
    "mse": mse,
    "mse_grad": mse_grad,
    "mse_sigmoid_grad": mse_sigmoid_grad,
}


def rescue(*names: str) -> Callable[[Student, Any], None]:
    """A rescue that lends right steps of these names, as methods and as plain functions."""

    def rescue(student: Student, rng: Any) -> None:
        for name in names:
            setattr(student.NeuralNetwork, name, lent(student, _as_method(STEPS[name])))
        student.bind(**{name: lent(student, STEPS[name]) for name in names})
        student.transcript.clear()

    return rescue


def _as_method(function: Function) -> Function:
    def method(self, *args, **kwargs):
        return function(*args, **kwargs)

    return method


@dataclass
class Step:
    """One update: the rows that went through forward and backward, the rate, the parameters before and after."""

    X: np.ndarray
    y: np.ndarray
    rate: float
    before: Params
    after: Params
    backwards: int


@dataclass
class Record:
    """What NN_experiment did with its network; `steps` in order."""

    steps: list[Step] = field(default_factory=list)
    opt: Any = None
    renewed: bool = False
    _passed: tuple[Params, np.ndarray] | None = None
    _y: np.ndarray | None = None
    _slopes: Params = field(default_factory=dict)
    _backwards: int = 0

    def forward(self, net: Remote, X: Any) -> np.ndarray:
        params = {name: np.asarray(value, dtype=float) for name, value in net.params.value().items()}
        if self.steps:
            last = self.steps[-1].after
            self.renewed |= any(np.abs(params[name] - last[name]).max() > 1e-3 for name in last)
        self._passed = params, np.asarray(X, dtype=float)
        return forward(*self._passed)

    def backward(self, net: Remote, y: Any) -> float:
        (params, X), self._y = self._passed, np.asarray(y, dtype=float)
        self._backwards += 1
        net.gradients = self._slopes = gradients(params, X, self._y)
        return mse(self._y, forward(params, X))

    def update(self, net: Remote, lr=0.001, b1=0.9, b2=0.999, eps=1e-8) -> None:
        before = self._passed[0]
        after = {name: value - lr * self._slopes[name] for name, value in before.items()}
        net.params = {name: value.astype(np.float32) for name, value in after.items()}
        self.steps.append(Step(self._passed[1], self._y, float(lr), before, after, self._backwards))
        self._backwards = 0
        self.opt = net.opt.value() if len(self.steps) == 1 else self.opt


def gradients(
    params: Params,
    X: np.ndarray,
    y: np.ndarray,
    first: Function = mse_sigmoid_grad,
    down: Function = lambda slope, z: slope * (z > 0),
    kept: Function = relu,
) -> Params:
    """Gradients of mean((y - p)**2) by the textbook's backward pass: fast, for training on the grader's side.

    `first(y, p)` is the slope at the last z, `down(slope, z)` leads through a hidden layer, `kept(z)` is what the next
    layer's gradient is taken with: wrong ones give the gradients of wrong passes.
    """
    depth, a, inputs, zs = depth_of(params), X, [X], []
    for k in range(1, depth):
        zs.append(linear(params[f"W{k}"], a, params[f"b{k}"]))
        a = relu(zs[-1])
        inputs.append(kept(zs[-1]))
    p = sigmoid(linear(params[f"W{depth}"], a, params[f"b{depth}"]))
    slope, found = first(y, p), {}
    for k in range(depth, 0, -1):
        found[f"W{k}"], found[f"b{k}"], below = linear_grad(params[f"W{k}"], inputs[k - 1], slope)
        if k > 1:
            slope = down(below, zs[k - 2])
    return found


@contextlib.contextmanager
def recorded_network(student: Student) -> Iterator[Record]:
    """Lend right methods and a right psnr while recording; afterwards the student's own are back."""
    record = Record()
    methods = {"forward": record.forward, "backward": record.backward, "update": record.update}
    methods |= {name: _as_method(step) for name, step in STEPS.items()}
    own = {name: getattr(student.NeuralNetwork, name) for name in methods}
    own = {name: value for name, method in own.items() if (value := _fetched(method)) is not None}
    own_psnr = _fetched(student.psnr)
    for name, method in methods.items():
        setattr(student.NeuralNetwork, name, lent(student, method))
    student.bind(psnr=lent(student, psnr))
    student.transcript.clear()
    try:
        yield record
    finally:
        # When the student's process is gone there is nothing to give back to.
        with contextlib.suppress(StudentError):
            kept = list(student.transcript)
            for name, value in own.items():
                setattr(student.NeuralNetwork, name, value)
            if own_psnr is not None:
                student.bind(psnr=own_psnr)
            student.transcript[:] = kept


def _fetched(remote: Remote) -> Any:
    try:
        return remote.value()
    except StudentError:
        return None
