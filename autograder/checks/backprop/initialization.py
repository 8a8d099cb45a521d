"""Hidden checks of `initialize_weights`, fully_connected.ipynb's first exercise.

The check of the distribution sees two shapes of about 18 100 weights, so that a right answer fails it with
probability below 1e-6: mean and spread at 6 standard errors have 2e-9 each, the distance of the distributions
(Kolmogorov-Smirnov, 2 exp(-2 c^2) at c = 3) 3e-8, a largest weight below 0.99 of the limit 1e-76.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import Remote, Student, check, expect, fail_if, oracles
from ._shared import stored

# The sums of the sizes differ, so that no constant looks like a formula.
_WIDE, _TALL = (50, 362), (550, 33)


@check(
    "backprop.initialize_weights",
    hint="W has shape (in_size, out_size), b has shape (out_size,).",
    weight=2,
)
def shapes_and_names(student, rng):
    """W and b are stored under their names with shapes (in, out) and (out,)."""
    for in_size, out_size, name in ((3, 5, "layer1"), (4, 2, "")):
        params = _initialized(student, in_size, out_size, name)
        expect(stored(params, "W" + name), "W").has_shape(in_size, out_size)
        expect(stored(params, "b" + name), "b").has_shape(out_size)


@check("backprop.initialize_weights", hint="Only the weights are random.")
def biases_are_zero(student, rng):
    """The biases start at zero."""
    b = expect(stored(_initialized(student, 3, 5, "layer1"), "blayer1"), "b").is_finite()
    fail_if(b.any(), "b: not zero, all alike" if np.unique(b).size == 1 else "b: not zero")


@check("backprop.initialize_weights", hint="The limit depends on both sizes, in_size + out_size.", weight=2)
def weights_are_uniform_on_the_xavier_interval(student, rng):
    """The weights fill ±sqrt(6 / (in + out)) evenly, for wide and for tall layers."""
    layers = []
    for sizes in (_WIDE, _TALL):
        W = expect(stored(_initialized(student, *sizes, "layer1"), "Wlayer1"), "W").is_finite()
        fail_if(W.size != sizes[0] * sizes[1], "W: wrong number of weights")
        layers.append(W.astype(float).ravel() / oracles.xavier_limit(*sizes))
    _judge_distribution(layers)


@check("backprop.initialize_weights", hint="Do not set a seed inside the function.")
def each_call_draws_new_weights(student, rng):
    """Two layers of the same size get different weights, and so do the units of one layer."""
    first, second = (
        expect(stored(_initialized(student, 4, 5, name), "W" + name), "W").is_finite()
        for name in ("layer1", "layer2")
    )
    fail_if(np.array_equal(first, second), "the same weights on each call")
    fail_if(first.ndim != 2 or first.size != 20, "W: wrong shape")
    fail_if(0 in (np.ptp(first, axis=0).max(), np.ptp(first, axis=1).max()), "weights of one layer repeat")


def _initialized(student: Student, in_size: int, out_size: int, name: str) -> Remote:
    """The params that `initialize_weights` filled; without a name it is called without one."""
    params = student.dict({})
    returned = student.initialize_weights(in_size, out_size, params, *([name] if name else []))
    if "W" + name not in params:
        fail_if("W" in params, "stored without the layer's name")
        fail_if(not params.keys() and _holds_arrays(returned), "returned and not stored")
    return params


def _holds_arrays(value: Any) -> bool:
    items = value.values() if type(value) is dict else value if type(value) in (list, tuple) else ()
    return any(type(item) is np.ndarray for item in items)


def _judge_distribution(layers: list[np.ndarray]) -> None:
    """Each layer's weights, divided by its limit, are uniform on [-1, 1]."""
    # Of 18 100 right weights a few agree in float32, none in float64.
    fail_if(any(np.unique(weights).size < weights.size / 4 for weights in layers), "the weights repeat")
    off = any(abs(weights.std() * np.sqrt(3) - 1) > 0.02 for weights in layers)
    signs = "no negative weights, " if all(weights.min() >= 0 for weights in layers) else ""
    fail_if(off or signs, signs + "; ".join(map(_spread_in_words, layers)))
    for weights in layers:
        critical = 3 / np.sqrt(weights.size)
        fail_if(abs(weights.mean()) > 2 * critical / np.sqrt(3), "mean is not zero")
        fail_if(not _is_even(weights), "right spread, but not uniform")
        fail_if(np.abs(weights).max() > 1 + 1e-6, "weights beyond the limit")
        fail_if(np.abs(weights).max() < 0.99, "weights stay away from the limit")
        fail_if(_distance_to_uniform(weights, -1, 1) > critical, "not evenly spread")


def _spread_in_words(weights: np.ndarray) -> str:
    """In steps of a quarter octave, so that a wrong formula gives the same words for each draw."""
    octaves = np.round(4 * np.log2(max(weights.std() * np.sqrt(3), 1e-9))) / 4
    return f"{'uniform' if _is_even(weights) else 'not uniform'}, spread about 2^{octaves} of the right one"


def _is_even(weights: np.ndarray) -> bool:
    return _distance_to_uniform(weights, weights.min(), weights.max()) < 3 / np.sqrt(weights.size)


def _distance_to_uniform(values: np.ndarray, low: float, high: float) -> float:
    """Kolmogorov-Smirnov distance between `values` and the uniform distribution on [low, high]."""
    ideal = np.clip((np.sort(values) - low) / max(high - low, 1e-300), 0, 1)
    steps = np.arange(values.size + 1) / values.size
    return max(np.abs(ideal - steps[1:]).max(), np.abs(ideal - steps[:-1]).max())
