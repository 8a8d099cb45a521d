"""Mistakes in `numerical_gradient`."""

from __future__ import annotations

import numpy as np

from .. import misconception
from ._measuring import each_place, loss_at


@misconception(
    "gradient_check.numerical_gradient",
    advice="You compare a moved loss with the loss at the start: that is the one-sided difference, whose error "
    "is as large as eps. Ask for the loss on both sides; then the curvature cancels.",
)
def one_sided(loss_fn, params, eps=1e-5):
    def slope(values, place, loss):
        return (loss_at(values, place, values[place] + eps, loss) - loss()) / eps

    return each_place(loss_fn, params, slope)


@misconception(
    "gradient_check.numerical_gradient",
    advice="Your slopes are twice too large: the two losses are measured 2 eps apart, and you divide by eps.",
)
def divided_by_eps(loss_fn, params, eps=1e-5):
    def slope(values, place, loss):
        w = values[place]
        return (loss_at(values, place, w + eps, loss) - loss_at(values, place, w - eps, loss)) / eps

    return each_place(loss_fn, params, slope)


@misconception(
    "gradient_check.numerical_gradient",
    advice="Your slopes have the wrong sign: you subtract the upper loss from the lower one.",
)
def lower_minus_upper(loss_fn, params, eps=1e-5):
    def slope(values, place, loss):
        w = values[place]
        return (loss_at(values, place, w - eps, loss) - loss_at(values, place, w + eps, loss)) / (2 * eps)

    return each_place(loss_fn, params, slope)


@misconception(
    "gradient_check.numerical_gradient",
    advice="You take the absolute value of the difference, so every slope comes out positive. Its sign says "
    "which way is down.",
)
def without_sign(loss_fn, params, eps=1e-5):
    def slope(values, place, loss):
        w = values[place]
        return abs(loss_at(values, place, w + eps, loss) - loss_at(values, place, w - eps, loss)) / (2 * eps)

    return each_place(loss_fn, params, slope)


@misconception(
    "gradient_check.numerical_gradient",
    advice="You do not put the numbers back: each stays moved by eps, so the next slopes belong to other "
    "parameters, and the network is changed after the check.",
    variants=[{"first": -1}],
)
def not_restored(loss_fn, params, eps=1e-5, first=1):
    def slope(values, place, loss):
        values[place] += first * eps
        one = loss()
        values[place] -= 2 * first * eps
        return first * (one - loss()) / (2 * eps)

    return each_place(loss_fn, params, slope)


@misconception(
    "gradient_check.numerical_gradient",
    advice="You put the numbers back by adding eps again. Rounding makes the result differ in the last bits, "
    "and these drift with every check. Keep the old number and store it.",
)
def restored_by_adding(loss_fn, params, eps=1e-5):
    def slope(values, place, loss):
        values[place] += eps
        above = loss()
        values[place] -= 2 * eps
        below = loss()
        values[place] += eps
        return (above - below) / (2 * eps)

    return each_place(loss_fn, params, slope)


@misconception(
    "gradient_check.numerical_gradient",
    advice="You move a whole array at once, so you measure the sum of all its slopes. Each scalar must move by "
    "itself.",
)
def whole_array_moved(loss_fn, params, eps=1e-5):
    return {
        name: np.full(
            values.shape,
            (loss_fn({**params, name: values + eps}) - loss_fn({**params, name: values - eps})) / (2 * eps),
        )
        for name, values in params.items()
    }


@misconception(
    "gradient_check.numerical_gradient",
    advice="You measure the first row of each array only; the other slopes stay 0. Go through every place, for "
    "any number of axes.",
)
def first_row_only(loss_fn, params, eps=1e-5):
    def slope(values, place, loss):
        if len(place) > 1 and place[0] > 0:
            return 0.0
        w = values[place]
        return (loss_at(values, place, w + eps, loss) - loss_at(values, place, w - eps, loss)) / (2 * eps)

    return each_place(loss_fn, params, slope)


@misconception(
    "gradient_check.numerical_gradient",
    advice="All your slopes are 0: you move numbers in a copy of the array, while the loss still reads the "
    "original.",
)
def copy_moved(loss_fn, params, eps=1e-5):
    return each_place(loss_fn, params, lambda values, place, loss: loss() - loss())


@misconception(
    "gradient_check.numerical_gradient",
    advice="Your code works on the flattened array, and for a transposed view flattening makes a copy: the loss "
    "never sees the moved number, and the slopes are 0. Index the array itself.",
)
def flattened(loss_fn, params, eps=1e-5):
    gradient = {}
    for name, values in params.items():
        flat, slopes = values.reshape(-1), np.zeros(values.size)
        for place in range(values.size):
            slopes[place] = (
                loss_at(flat, place, flat[place] + eps, lambda: loss_fn(params))
                - loss_at(flat, place, flat[place] - eps, lambda: loss_fn(params))
            ) / (2 * eps)
        gradient[name] = slopes.reshape(values.shape)
    return gradient


@misconception(
    "gradient_check.numerical_gradient",
    advice="You always take the step 1e-5, whatever the argument eps says.",
)
def eps_ignored(loss_fn, params, eps=1e-5):
    def slope(values, place, loss):
        w = values[place]
        return (loss_at(values, place, w + 1e-5, loss) - loss_at(values, place, w - 1e-5, loss)) / 2e-5

    return each_place(loss_fn, params, slope)


@misconception(
    "gradient_check.numerical_gradient",
    advice="Your step is not 1e-5 when no eps is given. With a much smaller one rounding swallows the difference, "
    "with a larger one the curve bends on the way.",
    by_symptom=True,
    variants=[{"default": 1e-3}, {"default": 1e-2}],
)
def another_default_step(loss_fn, params, eps=None, default=1e-12):
    eps = default if eps is None else eps

    def slope(values, place, loss):
        w = values[place]
        return (loss_at(values, place, w + eps, loss) - loss_at(values, place, w - eps, loss)) / (2 * eps)

    return each_place(loss_fn, params, slope)


@misconception(
    "gradient_check.numerical_gradient",
    advice="Your loops take it that every array has two axes. A bias vector has one, a single number none: go "
    "through every place, for any number of axes.",
    crashes_at=r"^\(?\w+, *\w+\)? *=.*\.shape$|\.shape\[1\]",
    variants=[{"unpacked": False}],
)
def two_axes_only(loss_fn, params, eps=1e-5, unpacked=True):
    for values in params.values():
        if unpacked:
            _, _ = values.shape
        else:
            _ = values.shape[1]

    def slope(values, place, loss):
        w = values[place]
        return (loss_at(values, place, w + eps, loss) - loss_at(values, place, w - eps, loss)) / (2 * eps)

    return each_place(loss_fn, params, slope)


@misconception(
    "gradient_check.numerical_gradient",
    advice="Your slopes are right, but they come in one long row. Give each array back in the shape of its "
    "parameter, or it cannot be compared or subtracted.",
    variants=[{"form": list}],
)
def shape_lost(loss_fn, params, eps=1e-5, form=np.array):
    def slope(values, place, loss):
        w = values[place]
        return (loss_at(values, place, w + eps, loss) - loss_at(values, place, w - eps, loss)) / (2 * eps)

    return {name: form(slopes.ravel()) for name, slopes in each_place(loss_fn, params, slope).items()}
