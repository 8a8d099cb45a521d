"""Mistakes in the gradient checker, `source/gradient_check/gradient_check.ipynb`."""

from __future__ import annotations

import numpy as np

from . import misconception

# --- numerical_gradient


def _each(loss_fn, params, slope_at):
    """name -> slope_at(values, place, loss) for every place of every array."""
    gradient = {}
    for name, values in params.items():
        gradient[name] = np.zeros(values.shape)
        for place in np.ndindex(values.shape):
            gradient[name][place] = slope_at(values, place, lambda: loss_fn(params))
    return gradient


def _at(values, place, number, loss):
    """The loss with `number` at that place, where the old one is put back."""
    kept = values[place]
    values[place] = number
    result = loss()
    values[place] = kept
    return result


@misconception(
    "gradient_check.numerical_gradient",
    advice="You compare a moved loss with the loss at the start: that is the one-sided difference, whose error "
    "is as large as eps. Ask for the loss on both sides; then the curvature cancels.",
)
def one_sided(loss_fn, params, eps=1e-5):
    def slope(values, place, loss):
        return (_at(values, place, values[place] + eps, loss) - loss()) / eps

    return _each(loss_fn, params, slope)


@misconception(
    "gradient_check.numerical_gradient",
    advice="Your slopes are twice too large: the two losses are measured 2 eps apart, and you divide by eps.",
)
def divided_by_eps(loss_fn, params, eps=1e-5):
    def slope(values, place, loss):
        w = values[place]
        return (_at(values, place, w + eps, loss) - _at(values, place, w - eps, loss)) / eps

    return _each(loss_fn, params, slope)


@misconception(
    "gradient_check.numerical_gradient",
    advice="Your slopes have the wrong sign: you subtract the upper loss from the lower one.",
)
def lower_minus_upper(loss_fn, params, eps=1e-5):
    def slope(values, place, loss):
        w = values[place]
        return (_at(values, place, w - eps, loss) - _at(values, place, w + eps, loss)) / (2 * eps)

    return _each(loss_fn, params, slope)


@misconception(
    "gradient_check.numerical_gradient",
    advice="You take the absolute value of the difference, so every slope comes out positive. Its sign says "
    "which way is down.",
)
def without_sign(loss_fn, params, eps=1e-5):
    def slope(values, place, loss):
        w = values[place]
        return abs(_at(values, place, w + eps, loss) - _at(values, place, w - eps, loss)) / (2 * eps)

    return _each(loss_fn, params, slope)


@misconception(
    "gradient_check.numerical_gradient",
    advice="You do not put the numbers back: each stays moved down by eps, so the next slopes belong to other "
    "parameters, and the network is changed after the check.",
)
def not_restored(loss_fn, params, eps=1e-5):
    def slope(values, place, loss):
        values[place] += eps
        above = loss()
        values[place] -= 2 * eps
        return (above - loss()) / (2 * eps)

    return _each(loss_fn, params, slope)


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

    return _each(loss_fn, params, slope)


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
        return (_at(values, place, w + eps, loss) - _at(values, place, w - eps, loss)) / (2 * eps)

    return _each(loss_fn, params, slope)


@misconception(
    "gradient_check.numerical_gradient",
    advice="All your slopes are 0: you move numbers in a copy of the array, while the loss still reads the "
    "original.",
)
def copy_moved(loss_fn, params, eps=1e-5):
    return _each(loss_fn, params, lambda values, place, loss: loss() - loss())


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
                _at(flat, place, flat[place] + eps, lambda: loss_fn(params))
                - _at(flat, place, flat[place] - eps, lambda: loss_fn(params))
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
        return (_at(values, place, w + 1e-5, loss) - _at(values, place, w - 1e-5, loss)) / 2e-5

    return _each(loss_fn, params, slope)


# --- relative_error


@misconception(
    "gradient_check.relative_error",
    advice="You return the difference, not its ratio to the sizes of the two: whether 1e-3 is much depends on "
    "whether the gradients are 1e-3 or 1000.",
)
def difference_only(a, b):
    return np.linalg.norm(np.asarray(a) - np.asarray(b))


@misconception(
    "gradient_check.relative_error",
    advice="You return an error for every entry. One number is asked for, with norms over all entries.",
)
def each_entry(a, b):
    a, b = np.asarray(a), np.asarray(b)
    sizes = np.abs(a) + np.abs(b)
    return np.abs(a - b) / np.where(sizes == 0, 1, sizes)


@misconception(
    "gradient_check.relative_error",
    advice="You take the worst entry. Rounding spoils a tiny entry of a right gradient, so take norms over the "
    "whole array first, then divide.",
)
def worst_entry(a, b):
    return each_entry(a, b).max()


@misconception(
    "gradient_check.relative_error",
    advice="You average the errors of the entries. The norms come first, over the whole array; then one "
    "division.",
)
def mean_of_entries(a, b):
    return each_entry(a, b).mean()


@misconception(
    "gradient_check.relative_error",
    advice="You divide by the size of one gradient only. Then a doubled gradient gives another error than a "
    "halved one; divide by the sum of both norms.",
)
def divided_by_the_second(a, b):
    size = np.linalg.norm(b)
    return np.linalg.norm(np.asarray(a) - b) / size if size else 0.0


@misconception(
    "gradient_check.relative_error",
    advice="You divide by the size of the first gradient only. Then the order of the two matters; divide by the "
    "sum of both norms.",
)
def divided_by_the_first(a, b):
    return divided_by_the_second(b, a)


@misconception(
    "gradient_check.relative_error",
    advice="You divide by the larger norm instead of the sum of both: a doubled gradient should give 1/3, a wrong "
    "sign 1.",
)
def divided_by_the_larger(a, b):
    size = max(np.linalg.norm(a), np.linalg.norm(b))
    return np.linalg.norm(np.asarray(a) - b) / size if size else 0.0


@misconception(
    "gradient_check.relative_error",
    advice="You divide by the norm of a + b. For opposite gradients that is 0; add the two norms instead.",
)
def norm_of_the_sum(a, b):
    return np.linalg.norm(np.asarray(a) - b) / np.linalg.norm(np.asarray(a) + b)


@misconception(
    "gradient_check.relative_error",
    advice="You add up signed numbers: differences of opposite sign cancel, and wrong gradients look right. "
    "Squares or absolute values first.",
)
def without_absolute_values(a, b):
    return np.sum(np.asarray(a) - b) / np.sum(np.asarray(a) + b)


@misconception(
    "gradient_check.relative_error",
    advice="You leave out the square roots: a ratio of squared norms. It makes small errors look far smaller "
    "than they are.",
)
def squared_norms(a, b):
    sizes = np.sum(np.square(a)) + np.sum(np.square(b))
    return np.sum(np.square(np.asarray(a) - b)) / sizes if sizes else 0.0


@misconception(
    "gradient_check.relative_error",
    advice="You use the sums of absolute values. The norm asked for is Euclidean: the root of the sum of squares.",
)
def sums_of_absolute_values(a, b):
    sizes = np.sum(np.abs(a)) + np.sum(np.abs(b))
    return np.sum(np.abs(np.asarray(a) - b)) / sizes if sizes else 0.0


@misconception(
    "gradient_check.relative_error",
    advice="Two gradients of zeros give 0 / 0, which is nan. They agree, so the error is 0: treat this case by "
    "itself.",
)
def zero_over_zero(a, b):
    return np.divide(
        np.linalg.norm(np.asarray(a) - b), np.asarray(np.linalg.norm(a) + np.linalg.norm(b)), dtype=float
    )


@misconception(
    "gradient_check.relative_error",
    advice="You add a constant below the line so that it is never 0. For tiny gradients it outweighs them, and "
    "a wrong one passes. Treat zeros by themselves.",
)
def constant_below_the_line(a, b):
    return np.linalg.norm(np.asarray(a) - b) / (np.linalg.norm(a) + np.linalg.norm(b) + 1e-8)


# --- check_gradients. They measure by a function of their own, right like the student's.


def _measured(loss_fn, params, eps=1e-5):
    def slope(values, place, loss):
        w = values[place]
        return (_at(values, place, w + eps, loss) - _at(values, place, w - eps, loss)) / (2 * eps)

    return _each(loss_fn, params, slope)


def _error(a, b):
    sizes = np.linalg.norm(a) + np.linalg.norm(b)
    return np.linalg.norm(np.asarray(a) - b) / sizes if sizes != 0 else 0.0


def _verdicts(loss_fn, params, grads, is_right):
    """Right in everything but `is_right(claimed, measured)`, which compares arrays of one shape."""
    return {
        name: bool(name in grads and np.shape(grads[name]) == slope.shape and is_right(grads[name], slope))
        for name, slope in _measured(loss_fn, params).items()
    }


@misconception(
    "gradient_check.check_gradients",
    advice="You ask whether the error is large. With nan every comparison is false, so a gradient of nan passes: "
    "ask whether the error is small.",
)
def nan_passes(loss_fn, params, grads, tolerance=1e-6):
    return _verdicts(loss_fn, params, grads, lambda claimed, slope: not _error(claimed, slope) > tolerance)


@misconception(
    "gradient_check.check_gradients",
    advice="You compare absolute differences with the tolerance: large right gradients fail, and small wrong ones "
    "pass. Use the relative error.",
)
def absolute_difference(loss_fn, params, grads, tolerance=1e-6):
    return _verdicts(
        loss_fn, params, grads, lambda claimed, slope: np.abs(claimed - slope).max() <= tolerance
    )


@misconception(
    "gradient_check.check_gradients",
    advice="You demand that every single entry has a small relative error. A right gradient with one tiny entry "
    "then fails by rounding: judge each array as a whole.",
)
def entry_by_entry(loss_fn, params, grads, tolerance=1e-6):
    return _verdicts(
        loss_fn, params, grads, lambda claimed, slope: np.all(each_entry(claimed, slope) <= tolerance)
    )


@misconception(
    "gradient_check.check_gradients",
    advice="You scale both gradients to the same size before you compare. What is scaled alike cannot differ in "
    "scale: doubled gradients and means in place of sums pass.",
)
def scaled_alike(loss_fn, params, grads, tolerance=1e-6):
    def is_right(claimed, slope):
        sizes = np.linalg.norm(claimed), np.linalg.norm(slope)
        return 0 in sizes or _error(claimed / sizes[0], slope / sizes[1]) <= tolerance

    return _verdicts(loss_fn, params, grads, is_right)


@misconception(
    "gradient_check.check_gradients",
    advice="You do not compare shapes. NumPy broadcasts a gradient of another shape against the measured one "
    "without a word.",
)
def shapes_ignored(loss_fn, params, grads, tolerance=1e-6):
    return {
        name: bool(name in grads and _broadcast_error(grads[name], slope) <= tolerance)
        for name, slope in _measured(loss_fn, params).items()
    }


def _broadcast_error(a, b):
    try:
        return _error(a, b)
    except ValueError:
        return np.inf


@misconception(
    "gradient_check.check_gradients",
    advice="You go through the gradients that were given, so a parameter that has none is never mentioned. Go "
    "through the parameters: a missing gradient is wrong.",
)
def missing_not_mentioned(loss_fn, params, grads, tolerance=1e-6):
    verdicts = _verdicts(loss_fn, params, grads, lambda claimed, slope: _error(claimed, slope) <= tolerance)
    return {name: verdicts[name] for name in grads}


@misconception(
    "gradient_check.check_gradients",
    advice="You pair gradients with parameters by their position. Two dictionaries may have different orders: "
    "look up each gradient by its name.",
)
def paired_by_position(loss_fn, params, grads, tolerance=1e-6):
    slopes = _measured(loss_fn, params)
    if grads.keys() == slopes.keys():
        grads = dict(zip(slopes, grads.values(), strict=True))
    return {
        name: bool(name in grads and np.shape(grads[name]) == slope.shape)
        and bool(_error(grads[name], slope) <= tolerance)
        for name, slope in slopes.items()
    }


@misconception(
    "gradient_check.check_gradients",
    advice="You compare with a fixed number. The argument `tolerance` says how large the error may be.",
)
def tolerance_ignored(loss_fn, params, grads, tolerance=1e-6):
    return _verdicts(loss_fn, params, grads, lambda claimed, slope: _error(claimed, slope) <= 1e-6)


@misconception(
    "gradient_check.check_gradients",
    advice="Your tolerance is so wide that a missing regulariser or a small slip in one entry passes. Central "
    "differences agree with a right gradient to 1e-8 and better.",
)
def wide_tolerance(loss_fn, params, grads, tolerance=1e-6):
    return _verdicts(loss_fn, params, grads, lambda claimed, slope: _error(claimed, slope) <= 1e-2)


@misconception(
    "gradient_check.check_gradients",
    advice="You compare only the first row of each array. A fault in any other entry passes.",
)
def first_rows_compared(loss_fn, params, grads, tolerance=1e-6):
    def is_right(claimed, slope):
        return _error(np.atleast_1d(claimed)[:1], np.atleast_1d(slope)[:1]) <= tolerance

    return _verdicts(loss_fn, params, grads, is_right)


@misconception(
    "gradient_check.check_gradients",
    advice="Your verdicts are the wrong way round: True means that the gradient is right.",
)
def wrong_way_round(loss_fn, params, grads, tolerance=1e-6):
    verdicts = _verdicts(loss_fn, params, grads, lambda claimed, slope: _error(claimed, slope) <= tolerance)
    return {name: not verdict for name, verdict in verdicts.items()}


@misconception(
    "gradient_check.check_gradients",
    advice="You return the relative errors. What is asked for is the verdict: True where the error is at most the "
    "tolerance.",
)
def errors_returned(loss_fn, params, grads, tolerance=1e-6):
    return {
        name: _broadcast_error(grads[name], slope) if name in grads else np.inf
        for name, slope in _measured(loss_fn, params).items()
    }


@misconception(
    "gradient_check.check_gradients",
    advice="You return one verdict for all parameters. A verdict for each name says where to look.",
)
def one_verdict(loss_fn, params, grads, tolerance=1e-6):
    verdicts = _verdicts(loss_fn, params, grads, lambda claimed, slope: _error(claimed, slope) <= tolerance)
    return all(verdicts.values())


# --- find_the_bugs


def _checked(networks):
    """name -> the right verdicts on the network's gradients."""
    return {
        name: _verdicts(net.loss, net.params, net.gradients(), lambda a, b: _error(a, b) <= 1e-6)
        for name, net in networks.items()
    }


@misconception(
    "gradient_check.find_the_bugs",
    advice="You return the networks that are right. The faulty ones are asked for.",
)
def right_ones_returned(networks):
    return [name for name, verdicts in _checked(networks).items() if all(verdicts.values())]


@misconception(
    "gradient_check.find_the_bugs",
    advice="You return no names at all. A dictionary that holds something counts as true, whatever its values "
    "are: look at the values.",
)
def dictionary_is_true(networks):
    return [name for name, verdicts in _checked(networks).items() if not verdicts]


@misconception(
    "gradient_check.find_the_bugs",
    advice="You name a network only if all of its gradients are wrong. One wrong gradient is enough.",
)
def only_if_all_are_wrong(networks):
    return [name for name, verdicts in _checked(networks).items() if not any(verdicts.values())]


@misconception(
    "gradient_check.find_the_bugs",
    advice="You return the letters that are wrong in the notebook. The function must examine the networks that it "
    "is given.",
)
def letters_of_the_notebook(networks):
    return ["A", "B", "C", "E", "F"]


@misconception(
    "gradient_check.find_the_bugs",
    advice="You stop at the first faulty network. Any number of them may be wrong.",
)
def first_one_only(networks):
    return [name for name, verdicts in _checked(networks).items() if not all(verdicts.values())][:1]
