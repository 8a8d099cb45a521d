"""CIFAR-10 in its binary format, and ten kinds of objects whatever is at hand."""

from pathlib import Path

import numpy as np

from student_lib.download import DataMissing, Source, find_folder
from student_lib.drawn_objects import load_drawn_objects

__all__ = ["load_cifar10", "objects10", "read_cifar_batch"]

NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
_RECORD = 1 + 3 * 32 * 32
_CIFAR = Source(
    title="CIFAR-10",
    files=("data_batch_1.bin", "test_batch.bin"),
    folders=("cifar-10-batches-bin", "cifar10", "cifar10_subset"),
    address="https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    checksum="md5:c32a1d4ab5d03f1284b67883e8d87530",
    size="162 MB",
)


def read_cifar_batch(path):
    """Return `(x, y)` of one file of CIFAR-10's binary version: (N, 32, 32, 3) uint8 RGB and (N,) int64, 0 to 9.

    A record is 3073 bytes: the label, then 1024 of red, 1024 of green, 1024 of blue, each plane row by row
    (A. Krizhevsky, https://www.cs.toronto.edu/~kriz/cifar.html). Raises FileNotFoundError, and ValueError for a length
    that is no multiple of 3073 and for labels above 9.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    content = np.fromfile(path, np.uint8)
    if not content.size or content.size % _RECORD:
        raise ValueError(
            f"{path}: expected records of {_RECORD} bytes, found {content.size} bytes, "
            f"{content.size // _RECORD} records and {content.size % _RECORD} bytes more. The file is cut or is not "
            "CIFAR-10's *binary* version (that for Python is a pickle, that of CIFAR-100 has 3074 bytes a record)."
        )
    records = content.reshape(-1, _RECORD)
    labels = records[:, 0]
    if labels.max() > 9:
        place = int(np.argmax(labels > 9))
        raise ValueError(
            f"{path}: expected a label from 0 to 9 at the start of each record, found {labels[place]} in record "
            f"{place} of {len(labels)}. The file is damaged or has another format."
        )
    planes = records[:, 1:].reshape(-1, 3, 32, 32)
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), labels.astype(np.int64)


def load_cifar10(folder=None, download=False):
    """Return `(train_x, train_y, test_x, test_y, names)` of CIFAR-10 and print where it came from.

    x: (N, 32, 32, 3), uint8, RGB. y: (N,), int64, 0 to 9. All of `data_batch_1.bin` to `data_batch_5.bin` that are
    there make the training part (50000 pictures when complete), `test_batch.bin` the other. Looked for in `folder`,
    else in CHAINRULE_DATA and the cache; fetched (162 MB) only with `download=True`. Raises DataMissing with the
    manual steps, and what `read_cifar_batch` raises.
    """
    place = find_folder(_CIFAR, folder, download)
    paths = [place / f"data_batch_{number}.bin" for number in range(1, 6)]
    batches = [read_cifar_batch(path) for path in paths if path.exists()]
    train_x, train_y = (np.concatenate(part) for part in zip(*batches, strict=True))
    test_x, test_y = read_cifar_batch(place / "test_batch.bin")
    part = "" if (len(train_x), len(test_x)) == (50000, 10000) else ", a part of the whole"
    print(f"{len(train_x)} pictures to train on, {len(test_x)} to test{part}")
    return train_x, train_y, test_x, test_y, list(NAMES)


def objects10(folder=None, download=False, train=5000, valid=1000, seed=0):
    """Return `(train_x, train_y, valid_x, valid_y, names, which)`: CIFAR-10 where it is, else the drawn objects.

    which: "CIFAR-10" or "drawn objects"; it is printed too. Shapes are those of `load_cifar10`. Of CIFAR-10 the first
    `train` and `valid` pictures are given. A damaged CIFAR file raises ValueError rather than being replaced silently.
    """
    try:
        train_x, train_y, valid_x, valid_y, names = load_cifar10(folder, download)
    except (DataMissing, ConnectionError) as error:
        print(f"No CIFAR-10, so the drawn objects instead. {error}")
        return *load_drawn_objects(train, valid, seed), "drawn objects"
    return train_x[:train], train_y[:train], valid_x[:valid], valid_y[:valid], names, "CIFAR-10"
