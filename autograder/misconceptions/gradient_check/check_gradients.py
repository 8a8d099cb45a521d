"""Mistakes in `check_gradients`. They measure by a function of their own, right like the student's."""

from __future__ import annotations

import numpy as np

from .. import misconception
from ._measuring import error_of, measured, verdicts_of
from .relative_error import each_entry


@misconception(
    "gradient_check.check_gradients",
    advice="You ask whether the error is large. With nan every comparison is false, so a gradient of nan passes: "
    "ask whether the error is small.",
)
def nan_passes(loss_fn, params, grads, tolerance=1e-6):
    return verdicts_of(
        loss_fn, params, grads, lambda claimed, slope: not error_of(claimed, slope) > tolerance
    )


@misconception(
    "gradient_check.check_gradients",
    advice="You compare absolute differences with the tolerance: large right gradients fail, and small wrong ones "
    "pass. Use the relative error.",
)
def absolute_difference(loss_fn, params, grads, tolerance=1e-6):
    return verdicts_of(
        loss_fn, params, grads, lambda claimed, slope: np.abs(claimed - slope).max() <= tolerance
    )


@misconception(
    "gradient_check.check_gradients",
    advice="You demand that every single entry has a small relative error. A right gradient with one tiny entry "
    "then fails by rounding: judge each array as a whole.",
)
def entry_by_entry(loss_fn, params, grads, tolerance=1e-6):
    return verdicts_of(
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
        return 0 in sizes or error_of(claimed / sizes[0], slope / sizes[1]) <= tolerance

    return verdicts_of(loss_fn, params, grads, is_right)


@misconception(
    "gradient_check.check_gradients",
    advice="You do not compare shapes. NumPy broadcasts a gradient of another shape against the measured one "
    "without a word.",
)
def shapes_ignored(loss_fn, params, grads, tolerance=1e-6):
    return {
        name: bool(name in grads and _broadcast_error(grads[name], slope) <= tolerance)
        for name, slope in measured(loss_fn, params).items()
    }


def _broadcast_error(a, b):
    try:
        return error_of(a, b)
    except ValueError:
        return np.inf


@misconception(
    "gradient_check.check_gradients",
    advice="You go through the gradients that were given, so a parameter that has none is never mentioned. Go "
    "through the parameters: a missing gradient is wrong.",
)
def missing_not_mentioned(loss_fn, params, grads, tolerance=1e-6):
    verdicts = verdicts_of(
        loss_fn, params, grads, lambda claimed, slope: error_of(claimed, slope) <= tolerance
    )
    return {name: verdicts[name] for name in grads}


@misconception(
    "gradient_check.check_gradients",
    advice="You pair gradients with parameters by their position. Two dictionaries may have different orders: "
    "look up each gradient by its name.",
)
def paired_by_position(loss_fn, params, grads, tolerance=1e-6):
    slopes = measured(loss_fn, params)
    if grads.keys() == slopes.keys():
        grads = dict(zip(slopes, grads.values(), strict=True))
    return {
        name: bool(name in grads and np.shape(grads[name]) == slope.shape)
        and bool(error_of(grads[name], slope) <= tolerance)
        for name, slope in slopes.items()
    }


@misconception(
    "gradient_check.check_gradients",
    advice="You compare with a fixed number. The argument `tolerance` says how large the error may be.",
)
def tolerance_ignored(loss_fn, params, grads, tolerance=1e-6):
    return verdicts_of(loss_fn, params, grads, lambda claimed, slope: error_of(claimed, slope) <= 1e-6)


@misconception(
    "gradient_check.check_gradients",
    advice="Your tolerance is so wide that a missing regulariser or a small slip in one entry passes. Central "
    "differences agree with a right gradient to 1e-8 and better.",
    variants=[{"bound": 0.1}, {"bound": 0.5}, {"bound": 1}],
)
def wide_tolerance(loss_fn, params, grads, tolerance=1e-6, bound=1e-2):
    return verdicts_of(loss_fn, params, grads, lambda claimed, slope: error_of(claimed, slope) <= bound)


@misconception(
    "gradient_check.check_gradients",
    advice="You compare only the first row of each array. A fault in any other entry passes.",
)
def first_rows_compared(loss_fn, params, grads, tolerance=1e-6):
    def is_right(claimed, slope):
        return error_of(np.atleast_1d(claimed)[:1], np.atleast_1d(slope)[:1]) <= tolerance

    return verdicts_of(loss_fn, params, grads, is_right)


@misconception(
    "gradient_check.check_gradients",
    advice="Your verdicts are the wrong way round: True means that the gradient is right.",
)
def wrong_way_round(loss_fn, params, grads, tolerance=1e-6):
    verdicts = verdicts_of(
        loss_fn, params, grads, lambda claimed, slope: error_of(claimed, slope) <= tolerance
    )
    return {name: not verdict for name, verdict in verdicts.items()}


@misconception(
    "gradient_check.check_gradients",
    advice="You return the relative errors. What is asked for is the verdict: True where the error is at most the "
    "tolerance.",
)
def errors_returned(loss_fn, params, grads, tolerance=1e-6):
    return {
        name: _broadcast_error(grads[name], slope) if name in grads else np.inf
        for name, slope in measured(loss_fn, params).items()
    }


@misconception(
    "gradient_check.check_gradients",
    advice="You return one verdict for all parameters. A verdict for each name says where to look.",
)
def one_verdict(loss_fn, params, grads, tolerance=1e-6):
    verdicts = verdicts_of(
        loss_fn, params, grads, lambda claimed, slope: error_of(claimed, slope) <= tolerance
    )
    return all(verdicts.values())


@misconception(
    "gradient_check.check_gradients",
    advice="Every gradient passes, whatever numbers it holds, even nan. Compare the gradient that is given with the "
    "measured one, not the measured one with itself.",
    variants=[{"asks_for": "name"}, {"asks_for": "shape"}],
)
def everything_passes(loss_fn, params, grads, tolerance=1e-6, asks_for="nothing"):
    passes = {
        "nothing": lambda name: True,
        "name": lambda name: name in grads,
        "shape": lambda name: name in grads and np.shape(grads[name]) == np.shape(params[name]),
    }
    return {name: passes[asks_for](name) for name in params}


@misconception(
    "gradient_check.check_gradients",
    advice="You compare entry by entry as allclose does: an absolute tolerance is added to the relative one, and "
    "tiny gradients pass whatever they are. Use the relative error of the whole array.",
    variants=[{"slack": 1e-8, "share": 1e-5}, {"slack": 1e-7}],
)
def absolute_slack(loss_fn, params, grads, tolerance=1e-6, slack=1e-8, share=None):
    share = tolerance if share is None else share
    return verdicts_of(
        loss_fn,
        params,
        grads,
        lambda claimed, slope: np.all(abs(claimed - slope) <= slack + share * abs(slope)),
    )


@misconception(
    "gradient_check.check_gradients",
    advice="You look at the signs only. A gradient that points to the right side and has the wrong size passes.",
)
def signs_compared(loss_fn, params, grads, tolerance=1e-6):
    return verdicts_of(
        loss_fn, params, grads, lambda claimed, slope: np.array_equal(np.sign(claimed), np.sign(slope))
    )


@misconception(
    "gradient_check.check_gradients",
    advice="A gradient that holds infinity passes. You have multiplied the division away, and then both sides of "
    "the comparison are infinite: demand an error that is small and finite.",
)
def infinity_passes(loss_fn, params, grads, tolerance=1e-6):
    def is_right(claimed, slope):
        return np.isinf(claimed).any() or error_of(claimed, slope) <= tolerance

    return verdicts_of(loss_fn, params, grads, is_right)
