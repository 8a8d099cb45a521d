"""What the misconceptions of the gradient checker share: right tools of their own."""

from __future__ import annotations

import numpy as np


def each_place(loss_fn, params, slope_at):
    """name -> slope_at(values, place, loss) for every place of every array."""
    gradient = {}
    for name, values in params.items():
        gradient[name] = np.zeros(values.shape)
        for place in np.ndindex(values.shape):
            gradient[name][place] = slope_at(values, place, lambda: loss_fn(params))
    return gradient


def loss_at(values, place, number, loss):
    """The loss with `number` at that place, where the old one is put back."""
    kept = values[place]
    values[place] = number
    result = loss()
    values[place] = kept
    return result


def measured(loss_fn, params, eps=1e-5):
    def slope(values, place, loss):
        w = values[place]
        return (loss_at(values, place, w + eps, loss) - loss_at(values, place, w - eps, loss)) / (2 * eps)

    return each_place(loss_fn, params, slope)


def error_of(a, b):
    sizes = np.linalg.norm(a) + np.linalg.norm(b)
    return np.linalg.norm(np.asarray(a) - b) / sizes if sizes != 0 else 0.0


def verdicts_of(loss_fn, params, grads, is_right):
    """Right in everything but `is_right(claimed, measured)`, which compares arrays of one shape."""
    return {
        name: bool(name in grads and np.shape(grads[name]) == slope.shape and is_right(grads[name], slope))
        for name, slope in measured(loss_fn, params).items()
    }
