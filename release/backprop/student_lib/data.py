"""Small data sets that need no download."""

import numpy as np

__all__ = ["four_clouds", "standardise"]

_CLOUDS = (
    ([3.6, 40], [[0.05, 0], [0, 10]]),
    ([3.9, 10], [[0.01, 0], [0, 5]]),
    ([3.4, 30], [[0.25, 0], [0, 5]]),
    ([2.0, 10], [[0.5, 0], [0, 10]]),
)
_ROWS_PER_CLOUD = 10


def four_clouds(seed=0):
    """Return `(x, y)`: four Gaussian clouds in the plane, ten points each, in the order of their class.

    x is (40, 2), float64; the second feature spreads ten times as wide as the first. y is (40, 4), one-hot.
    Equal seeds give equal points; NumPy's global random state stays as it is. The clouds are those
    of the toy problem in CMU 16-720's homework on neural networks.

    >>> x, y = four_clouds()
    >>> x.shape, y.shape
    ((40, 2), (40, 4))
    """
    rng = np.random.default_rng(seed)
    x = np.vstack([rng.multivariate_normal(mean, cov, _ROWS_PER_CLOUD) for mean, cov in _CLOUDS])
    return x, np.repeat(np.eye(len(_CLOUDS)), _ROWS_PER_CLOUD, axis=0)


def standardise(x, *others):
    """Return x with each column shifted and scaled to mean 0 and standard deviation 1.

    x is (N, D). Further arrays, (M, D) each, are transformed with *x's* mean and deviation, because
    validation rows must not influence the training set; the result is then a tuple, x's part first.
    Raises ValueError when an array is not 2-D, has another number of columns, holds nan or infinity,
    or when a column of x is constant.

    >>> standardise(np.array([[1.0, 10.0], [3.0, 30.0]]))
    array([[-1., -1.],
           [ 1.,  1.]])
    """
    arrays = [np.asarray(array, dtype=float) for array in (x, *others)]
    for number, array in enumerate(arrays, start=1):
        _check_rows(array, arrays[0], number)
    mean, deviation = arrays[0].mean(axis=0), arrays[0].std(axis=0)
    if np.any(deviation == 0):
        column = int(np.flatnonzero(deviation == 0)[0])
        raise ValueError(f"column {column} of x, shape {arrays[0].shape}, is constant: no spread to scale by")
    scaled = tuple((array - mean) / deviation for array in arrays)
    return scaled if others else scaled[0]


def _check_rows(array, first, number):
    if array.ndim != 2 or array.shape[0] == 0:
        raise ValueError(f"array {number} has shape {array.shape}; expected (N, D) with samples as rows")
    if array.shape[1] != first.shape[1]:
        raise ValueError(f"array {number} has shape {array.shape}, x has {first.shape}: columns must match")
    if not np.isfinite(array).all():
        raise ValueError(f"array {number}, shape {array.shape}, holds nan or infinity")
