"""Small labelled data sets in the plane, generated; and scikit-learn's, where that is installed.

Every function returns `(X, y)`: X (N, D) float64, y (N,) whole numbers from 0, the classes. Equal seeds give equal
points, and NumPy's global random state stays as it is.
"""

import importlib

import numpy as np

__all__ = ["make_circles", "make_moons", "scikit_learn_set", "spirals", "three_blobs"]

_SETS = ("iris", "wine", "breast_cancer", "digits")


def make_moons(n_samples=100, noise=None, seed=None):
    """Two interleaving half circles, classes 0 and 1, in random order.

    The same points, bit for bit, as scikit-learn's `make_moons(n_samples, noise=noise)` after
    `np.random.seed(seed)`. `noise` is the standard deviation of what is added to each coordinate.

    >>> X, y = make_moons(200, noise=0.20, seed=0)
    >>> X.shape, X[0].round(4).tolist(), int(y[0])
    ((200, 2), [0.7435, 0.4647], 0)
    """
    outer, inner = (np.linspace(0, np.pi, count) for count in _halves(n_samples))
    x = np.append(np.cos(outer), 1 - np.cos(inner))
    height = np.append(np.sin(outer), 1 - np.sin(inner) - 0.5)
    return _shuffled(np.stack([x, height], axis=1), n_samples, noise, seed)


def make_circles(n_samples=100, noise=None, factor=0.8, seed=None):
    """A circle (class 0) around one whose radius is `factor` (class 1), in random order.

    The same points as scikit-learn's `make_circles`. Raises ValueError unless 0 <= factor < 1.
    """
    if not 0 <= factor < 1:
        raise ValueError(f"make_circles: factor={factor!r}; expected 0 <= factor < 1, the inner radius")
    outer, inner = (np.linspace(0, 2 * np.pi, count, endpoint=False) for count in _halves(n_samples))
    x = np.append(np.cos(outer), np.cos(inner) * factor)
    height = np.append(np.sin(outer), np.sin(inner) * factor)
    return _shuffled(np.stack([x, height], axis=1), n_samples, noise, seed)


def three_blobs(n_samples=150, spread=0.9, seed=0):
    """Three round clouds with standard deviation `spread`, two units from the origin, in turn by class."""
    rng, y = np.random.default_rng(seed), np.arange(n_samples) % 3
    angle = 2 * np.pi * y / 3
    return 2 * np.stack([np.cos(angle), np.sin(angle)], axis=1) + rng.normal(
        scale=spread, size=(len(y), 2)
    ), y


def spirals(n_samples=300, arms=3, noise=0.2, turns=1.5, seed=0):
    """`arms` spirals out of the origin, one class each, in turn by class; `turns` of a circle to radius 2.

    `noise` is the standard deviation, in radians, of each point's angle.
    """
    rng, y = np.random.default_rng(seed), np.arange(n_samples) % arms
    way = np.sqrt(rng.uniform(0.02, 1, size=len(y)))
    angle = 2 * np.pi * (turns * way + y / arms) + rng.normal(scale=noise, size=len(y))
    return 2 * way[:, np.newaxis] * np.stack([np.cos(angle), np.sin(angle)], axis=1), y


def scikit_learn_set(name):
    """One of the data sets that come with scikit-learn: "iris", "wine", "breast_cancer" or "digits".

    Features come as they are: standardise them. Raises ValueError for another name, and ImportError saying
    what to do where scikit-learn is not installed, as in the grader.
    """
    if name not in _SETS:
        raise ValueError(f"scikit_learn_set: no set called {name!r}; there are {', '.join(_SETS)}")
    try:
        datasets = importlib.import_module("sklearn.datasets")
    except ImportError as error:
        raise ImportError(
            f"scikit_learn_set({name!r}) needs scikit-learn, which is not installed here: `pip install "
            "scikit-learn`, or take make_circles, three_blobs or spirals, which need nothing"
        ) from error
    data = getattr(datasets, f"load_{name}")()
    return np.asarray(data.data, dtype=float), np.asarray(data.target, dtype=int)


def _halves(n_samples):
    """How many of the points lie on the outer and on the inner curve."""
    if isinstance(n_samples, bool) or not isinstance(n_samples, int | np.integer) or n_samples < 2:
        raise ValueError(f"n_samples={n_samples!r}; expected a whole number of at least 2")
    return n_samples // 2, n_samples - n_samples // 2


def _shuffled(X, n_samples, noise, seed):
    """Shuffle and add noise with the very draws that scikit-learn makes."""
    generator, order = np.random.RandomState(seed), np.arange(n_samples)
    y = np.repeat([0, 1], _halves(n_samples))
    generator.shuffle(order)
    X, y = X[order], y[order]
    return (X if noise is None else X + generator.normal(scale=noise, size=X.shape)), y
