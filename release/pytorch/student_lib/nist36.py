"""NIST36, 36 classes of hand-printed characters: the real files where you have them, else the handprint set.

    data = load_nist36()                  # says which of the two it gave
    data.train_x, data.train_y            # (N, 1024) and (N, 36)
    data.train_x[0].reshape(32, 32).T     # the image, upright

The real set is `nist36_train.mat`, `nist36_valid.mat` and `nist36_test.mat` of CMU 16-720's homework on neural
networks. `find_file` and `download` serve its page photographs too.
"""

import os
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from student_lib.handprint import CLASSES, TRAIN, VALID, samples

__all__ = ["CLASSES", "Nist36", "download", "find_file", "load_nist36", "read_mat"]

ADDRESS = "http://www.cs.cmu.edu/~lkeselma/16720a_data/"
_MANUAL = f"By hand: fetch data.zip and images.zip from {ADDRESS}, unpack them into a folder, and name it"


@dataclass(frozen=True)
class Nist36:
    """Images `*_x` (N, 1024), float64, from 0 (ink) to 1 (paper), each transposed before it was unrolled.

    Labels `*_y` (N, 36), float64, one-hot, A to Z and then 0 to 9. `source` says in words what they are.
    """

    train_x: np.ndarray
    train_y: np.ndarray
    valid_x: np.ndarray
    valid_y: np.ndarray
    test_x: np.ndarray
    test_y: np.ndarray
    source: str


def load_nist36(folder=None, fetch=False, per_class=300, seed=0):
    """Return the data as `Nist36`, and print which they are.

    The files are looked for in `folder`, in the folder that the environment variable CHAINRULE_DATA names,
    in their subfolders, and in the cache; `fetch=True` downloads them into the cache if they are nowhere.
    Without the files the handprint set is drawn: `per_class` training images of each character from 31
    fonts, a third as many for validation and for the test, both from 5 other fonts; equal seeds give equal
    sets, in about 2 seconds. Without `nist36_test.mat` every second validation row becomes the test set.
    Raises FileNotFoundError when `folder` is given and lacks a file, ConnectionError when the download
    fails, and ValueError for a file that is cut or holds something else.
    """
    train = find_file("nist36_train.mat", folder)
    if train is None and fetch:
        download("data.zip")
        train = find_file("nist36_train.mat", folder)
    if train is None and folder is not None:
        raise FileNotFoundError(f"{folder} and its subfolders have no nist36_train.mat. {_MANUAL} here.")
    data = _handprint(per_class, seed) if train is None else _real(train)
    sizes = [len(part) for part in (data.train_x, data.valid_x, data.test_x)]
    print(f"{data.source}: {sizes[0]} images to train, {sizes[1]} to validate, {sizes[2]} to test")
    return data


def _handprint(per_class, seed):
    fewer = max(1, per_class // 3)
    parts = (
        samples(TRAIN, per_class, [seed, 0]),
        samples(VALID, fewer, [seed, 1]),
        samples(VALID, fewer, [seed, 2]),
    )
    return Nist36(*(array for part in parts for array in part), "handprint, drawn from fonts, not NIST36")


def _real(train):
    """The set whose training file this is; its other files stand beside it."""
    valid, test = (train.with_name(f"nist36_{part}.mat") for part in ("valid", "test"))
    if not valid.exists():
        raise FileNotFoundError(f"{train.parent} has nist36_train.mat, but no {valid.name}: put it there too")
    train_x, train_y = read_mat(train)
    valid_x, valid_y = read_mat(valid)
    if test.exists():
        test_x, test_y = read_mat(test)
    else:
        print(f"{train.parent} has no {test.name}: every second validation row is the test set")
        test_x, test_y, valid_x, valid_y = valid_x[1::2], valid_y[1::2], valid_x[::2], valid_y[::2]
    return Nist36(train_x, train_y, valid_x, valid_y, test_x, test_y, f"the NIST36 files of {train.parent}")


# --- files --------------------------------------------------------------------------------------------------


def find_file(name, folder=None):
    """Return the path of a file of the homework, or None: in `folder`, CHAINRULE_DATA or the cache.

    Each of them is searched with its subfolders, two levels deep. A `folder` that does not exist raises
    FileNotFoundError, also when it is the one in CHAINRULE_DATA. A given `folder` is the only one searched.
    """
    named = os.environ.get("CHAINRULE_DATA") if folder is None else folder
    if named and not Path(named).is_dir():
        origin = "CHAINRULE_DATA names" if folder is None else "you named"
        raise FileNotFoundError(f"the folder that {origin}, {named}, does not exist")
    places = ([Path(named)] if named else []) + ([_cache()] if folder is None else [])
    for place in places:
        for pattern in (name, f"*/{name}", f"*/*/{name}"):
            for path in sorted(place.glob(pattern)):
                return path
    return None


def download(archive):
    """Fetch `data.zip` or `images.zip` of the homework into the cache and unpack it there.

    Raises ConnectionError, with the manual step, when that fails.
    """
    import pooch

    try:
        pooch.retrieve(
            ADDRESS + archive,
            known_hash=None,  # nobody publishes one; `read_mat` checks what came
            fname=archive,
            path=_cache(),
            processor=pooch.Unzip(extract_dir=archive.removesuffix(".zip")),
            progressbar=True,
        )
    except Exception as error:  # requests', zipfile's and pooch's errors have no common class
        (_cache() / archive).unlink(missing_ok=True)
        raise ConnectionError(
            f"{ADDRESS}{archive} could not be fetched: {type(error).__name__}: {error}. "
            f"{_MANUAL} in the environment variable CHAINRULE_DATA."
        ) from error


def _cache():
    import pooch

    return Path(pooch.os_cache("chainrule")) / "nist36"


def read_mat(path):
    """Return `(x, y)` of `nist36_PART.mat`, in which they are called PART_data and PART_labels; see `Nist36`.

    Raises ValueError, which says what was expected, what was found and what to do.
    """
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    path = Path(path)
    part = path.stem.rpartition("_")[2]
    names = f"{part}_data", f"{part}_labels"
    try:
        content = loadmat(path)
    except (
        MatReadError, ValueError, TypeError, KeyError, IndexError, OSError, EOFError, OverflowError,
        MemoryError, NotImplementedError, zlib.error,
    ) as error:  # fmt: skip
        raise ValueError(
            f"{path} cannot be read: expected a MATLAB file (version 5) with {names[0]} and {names[1]}, found "
            f"{path.stat().st_size} bytes that give {type(error).__name__}. Delete it and copy or download it again."
        ) from error
    found = sorted(name for name in content if not name.startswith("__"))
    if not set(names) <= set(found):
        raise ValueError(f"{path}: expected {names[0]} and {names[1]}, found {', '.join(found) or 'nothing'}")
    x, y = (np.asarray(content[name]) for name in names)
    _check(x, y, path)
    return x.astype(np.float64), y.astype(np.float64)


def _check(x, y, path):
    """Raise ValueError unless x and y are what `Nist36` says."""

    def refuse(expected, found):
        raise ValueError(f"{path}: expected {expected}, found {found}. Is it the homework's file?")

    if x.ndim != 2 or x.shape[1] != 1024 or len(x) == 0:
        refuse("images of shape (N, 1024)", x.shape)
    if y.shape != (len(x), len(CLASSES)):
        refuse(f"labels of shape {(len(x), len(CLASSES))}, as there are {len(x)} images", y.shape)
    for array, what in ((x, "images"), (y, "labels")):
        if array.dtype.kind not in "fiub" or not np.isfinite(array).all():
            refuse(f"{what} that are finite numbers", f"nan, infinity or another type ({array.dtype})")
    if x.min() < 0 or x.max() > 1:
        refuse("images from 0 to 1", f"{x.min():g} to {x.max():g}")
    if np.median(x) < 0.5:
        refuse(
            "white paper (1) with black ink (0)", f"a median of {np.median(x):g}: black and white are swapped"
        )
    wrong = np.flatnonzero(((y != 0) & (y != 1)).any(axis=1) | (y.sum(axis=1) != 1))
    if len(wrong):
        refuse("one-hot labels", f"row {wrong[0]} with sum {y[wrong[0]].sum():g} and {len(wrong)} such rows")
