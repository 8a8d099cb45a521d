"""A chain of boxes on the student's side, and what the grader computes of it."""

from __future__ import annotations

import itertools

import numpy as np

from .. import Remote, Student, expect, fail_if, oracles
from ._layers import Box


class Chain:
    """Linear, ReLU, Linear, ..., Sigmoid on the student's side, with parameters of the grader."""

    def __init__(self, student: Student, rng, sizes: tuple[int, ...], scale: float = 0.5):
        pairs = list(itertools.pairwise(sizes))
        # Biases around 1 keep hidden units alive: gradients are not all 0 but with probability below 1e-9.
        self.boxes = [Box(student, rng, *pair, scale, lift=pair is not pairs[-1]) for pair in pairs]
        self.model: list[Remote] = []
        for box in self.boxes:
            self.model += [box.remote, student.Sigmoid() if box is self.boxes[-1] else student.ReLU()]

    def moves(self, x: np.ndarray, y: np.ndarray):
        """(name, value before, value now, gradient averaged over the rows) of each array."""
        before = [(box.W, box.b) for box in self.boxes]
        for number, (box, gradients) in enumerate(zip(self.boxes, mean_gradients(before, x, y), strict=True)):
            place = "first" if number == 0 else "last"
            for kind, old, gradient in zip("Wb", (box.W, box.b), gradients, strict=True):
                now = expect(getattr(box.remote, kind).value(), kind).is_finite()
                fail_if(now.size != old.size, f"the {place} layer's {kind} has changed its size")
                now = now.T if now.shape == old.shape[::-1] else now.reshape(old.shape)
                yield f"the {place} layer's {kind}", old, now.astype(float), gradient

    def output(self, x: np.ndarray) -> np.ndarray:
        """What the chain says to x with the parameters that it has now."""
        now = []
        for box in self.boxes:
            W, b = (expect(getattr(box.remote, kind).value(), kind).is_finite() for kind in "Wb")
            fail_if(W.size != box.W.size or b.size != box.b.size, "a parameter has changed its size")
            now.append((W.T if W.shape == box.W.shape[::-1] else W, b.ravel()))
        return activations(now, x)[-1]


def activations(parameters: list[tuple[np.ndarray, np.ndarray]], x: np.ndarray) -> list[np.ndarray]:
    """x, the hidden layers' outputs after ReLU, and the last one's after the sigmoid."""
    values = [x]
    for place, (W, b) in enumerate(parameters, start=1):
        net_input = oracles.affine(values[-1], W, b)
        values.append(oracles.sigmoid(net_input) if place == len(parameters) else np.maximum(net_input, 0))
    return values


def mean_gradients(
    parameters: list[tuple[np.ndarray, np.ndarray]], x: np.ndarray, y: np.ndarray
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Gradients of the squared error, summed over outputs and averaged over rows, for each (W, b)."""
    values = activations(parameters, x)
    upstream = 2 * (values[-1] - y) * oracles.sigmoid_deriv(values[-1])
    gradients = []
    for (W, _), value in zip(reversed(parameters), reversed(values[:-1]), strict=True):
        grad_x, grad_W, grad_b = oracles.affine_gradients(value, W, upstream)
        gradients.append((grad_W / len(x), grad_b / len(x)))
        upstream = grad_x * (value > 0)
    return gradients[::-1]
