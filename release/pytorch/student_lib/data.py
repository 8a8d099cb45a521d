"""Small data sets that need no download."""

import zipfile
import zlib
from pathlib import Path

import numpy as np

__all__ = ["four_clouds", "load_mnist5k", "load_nist36", "standardise", "two_digits"]


def load_nist36(*args, **kwargs):
    """The NIST36 characters, as `student_lib.nist36.load_nist36` gives them; same arguments."""
    # Imported late and by a relative name: only a release whose notebooks name student_lib.nist36 carries it.
    from .nist36 import load_nist36 as load

    return load(*args, **kwargs)


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


_MNIST5K = Path(__file__).with_name("datasets") / "mnist5k.npz"


def load_mnist5k(path=None):
    """Return `(images, labels)`: 5000 digits of MNIST, 500 of each class, and print which set it is.

    images: (5000, 28, 28), uint8, ink 255 on background 0. labels: (5000,), int64, 0 to 9, in ascending
    order. `path` names another file of this format. Raises FileNotFoundError when there is no file, and
    ValueError, which says what was expected and what was found, for one that is cut or something else.
    Credits and licence: datasets/CREDITS.md.
    """
    path = Path(path or _MNIST5K)
    images, labels = _read_digits(path)
    print(f"MNIST, the {len(images)} digits of {path.name} (a part of the training set)")
    return images, labels


def two_digits(a=4, b=9, train=800, seed=0):
    """Return `(train_x, train_y, test_x, test_y)`: the 1000 digits a and b of `load_mnist5k`, shuffled.

    x: (N, 784), float64, from 0 (background) to 1 (ink), an image's rows one after another. y: (N, 1),
    float64, 0 for the digit a and 1 for b. The first part has `train` rows, the second the other ones.
    Equal seeds give equal parts. Raises ValueError for equal digits, digits that are none, and a `train`
    that leaves a part empty.
    """
    if a == b or a not in range(10) or b not in range(10):
        raise ValueError(f"two_digits: got {a!r} and {b!r}; expected two different digits from 0 to 9")
    images, labels = load_mnist5k()
    rows = np.random.default_rng(seed).permutation(np.flatnonzero((labels == a) | (labels == b)))
    if not 0 < train < len(rows):
        raise ValueError(
            f"two_digits: train={train!r}; there are {len(rows)} digits, so 1 to {len(rows) - 1}"
        )
    x, y = images[rows].reshape(len(rows), -1) / 255, (labels[rows] == b)[:, np.newaxis].astype(float)
    return x[:train], y[:train], x[train:], y[train:]


def _read_digits(path):
    """Return images (5000, 28, 28) uint8 and labels (5000,) int64 of a file, or raise with the reason."""
    if not path.exists():
        raise FileNotFoundError(f"there is no {path}: copy student_lib again, with its folder datasets")
    try:
        with np.load(path, allow_pickle=False) as file:
            images, labels = file["images"], file["labels"]
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path} cannot be read: expected an npz file with the arrays images and labels, "
            f"found {path.stat().st_size} bytes that give {type(error).__name__}; copy it again"
        ) from error
    expected = ((5000, 28, 28), np.dtype(np.uint8), (5000,), np.dtype(np.uint8))
    found = (images.shape, images.dtype, labels.shape, labels.dtype)
    if found != expected:
        raise ValueError(f"{path}: expected images {expected[:2]} and labels {expected[2:]}, found {found}")
    counts = np.bincount(labels, minlength=10).tolist()
    if counts != [500] * 10:
        raise ValueError(f"{path}: expected 500 digits of each class 0 to 9, found {counts}")
    return images, labels.astype(np.int64)
