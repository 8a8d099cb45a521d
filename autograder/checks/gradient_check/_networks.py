"""Small classifiers with right and with faulty gradients. They have 9 scalars; complex steps are exact to 1e-15."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ._losses import Params, relative_error_of


class PlantedNetwork:
    """A fresh small classifier: `params`, `loss(params)`, the true `gradient`, and `faulty(fault)`.

    Five points in the plane, two tanh units, one output for two classes; cross entropy summed over the rows, plus
    0.05 / 2 times the sum of squared weights.
    """

    def __init__(self, rng):
        while True:
            self._x, self._y = rng.normal(size=(5, 2)), np.array([[0.0], [1.0], [1.0], [0.0], [1.0]])
            shapes = {"V": (2, 2), "c": (2,), "U": (2, 1), "d": (1,)}
            self.params = {name: rng.normal(size=shape) for name, shape in shapes.items()}
            self.gradient = self._complex_step()
            # Rounding disturbs by about 1e-10, so right ones stay below 1e-8, and wrong ones are far above 1e-6.
            large = min(np.linalg.norm(slopes) for slopes in self.gradient.values()) > 0.05
            if large and min(self._errors()) > 1e-4:
                return

    def loss(self, params: Params) -> Any:
        hidden = np.tanh(self._x @ params["V"] + params["c"])
        logits = hidden @ params["U"] + params["d"]
        entropy = np.sum(np.log(1 + np.exp(logits)) - self._y * logits)
        return entropy + 0.025 * (np.sum(params["V"] ** 2) + np.sum(params["U"] ** 2))

    def _complex_step(self) -> Params:
        gradient = {name: np.zeros(array.shape) for name, array in self.params.items()}
        for name, slopes in gradient.items():
            for place in np.ndindex(slopes.shape):
                moved = self.params[name].astype(complex)
                moved[place] += 1e-30j
                slopes[place] = self.loss(self.params | {name: moved}).imag / 1e-30
        return gradient

    def _errors(self) -> Iterator[float]:
        """The relative errors of all gradients that are wrong in one of FAULTS."""
        for fault, names in FAULTS.items():
            wrong = self.faulty(fault)
            yield from (relative_error_of(wrong[name], self.gradient[name]) for name in names)

    def faulty(self, *faults: str) -> Params:
        """The gradients by backpropagation with these FAULTS, or right without one."""
        x, p = self._x, self.params
        z = x @ p["V"] + p["c"]
        hidden = np.tanh(z)
        y = 1 - self._y if "another batch" in faults else self._y
        top = 1 / (1 + np.exp(-hidden @ p["U"] - p["d"])) - y
        slope = 1 - (z if "derivative of the net input" in faults else hidden) ** 2
        below = top @ p["U"].T * (1 if "no derivative" in faults else slope)
        grads = {
            "V": (x.T @ below + 0.05 * p["V"]) * (2 if "doubled" in faults else 1),
            "c": below.mean(axis=0) if "mean" in faults else below.sum(axis=0),
            "U": hidden.T @ top + (0 if "no regulariser" in faults else 0.05 * p["U"]),
            "d": (top[:-1] if "last row left out" in faults else top).sum(axis=0),
        }
        if "wrong sign" in faults:
            grads["d"] = -grads["d"]
        if "last entry" in faults:
            grads["U"][-1, -1] += 0.01
        return grads


# Fault -> the parameters whose gradients it spoils.
FAULTS = {
    "no derivative": ("V", "c"),
    "derivative of the net input": ("V", "c"),
    "mean": ("c",),
    "no regulariser": ("U",),
    "last row left out": ("d",),
    "wrong sign": ("d",),
    "doubled": ("V",),
    "last entry": ("U",),
    "another batch": ("V", "c", "U", "d"),
}
# Together in one network, where they spoil different parameters.
GROUPS = (
    ("no derivative", "last row left out"),
    ("derivative of the net input", "last entry"),
    ("mean", "no regulariser"),
    ("wrong sign", "doubled"),
    ("another batch",),
)
