"""Mistakes in `relative_error`."""

from __future__ import annotations

import numpy as np

from .. import misconception


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


@misconception(
    "gradient_check.relative_error",
    advice="You take a norm of matrices that is not the root of the sum of squares: it sees only the direction "
    "in which the matrix stretches most. Take all entries alike, for any number of axes.",
)
def norm_of_a_matrix(a, b):
    a, b = (np.asarray(array, dtype=float) for array in (a, b))
    difference, *sizes = (np.linalg.norm(array, 2) for array in (a - b, a, b))
    return difference / sum(sizes) if any(sizes) else 0.0


@misconception(
    "gradient_check.relative_error",
    advice="In your code a nan disappears, and a broken gradient looks right. Treat two gradients of zeros by "
    "themselves, and let nan stay nan.",
    variants=[{"skip": True}],
)
def nan_hidden(a, b, skip=False):
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if not skip and np.isnan(a - b).any():
        return 0.0
    difference, *sizes = (np.sqrt(np.nansum(array**2)) for array in (a - b, a, b))
    return difference / sum(sizes) if any(sizes) else 0.0


@misconception(
    "gradient_check.relative_error",
    advice="You compute the difference inside an argument, so the caller's gradient is gone afterwards. Leave "
    "both arguments as they are, and give the difference a name of its own.",
    variants=[{"which": 1}],
)
def argument_overwritten(a, b, which=0):
    sizes = np.linalg.norm(a) + np.linalg.norm(b)
    if sizes == 0:
        return 0.0
    target = (a, b)[which]
    difference = np.subtract(a, b)
    if isinstance(target, np.ndarray):
        target[...] = difference
    return np.linalg.norm(difference) / sizes
