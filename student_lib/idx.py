"""MNIST's own file format, idx: a header with type and sizes, then the numbers."""

import gzip
import zlib
from pathlib import Path

import numpy as np

from student_lib.download import Source, find_folder

__all__ = ["load_mnist_idx", "read_idx"]

_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_MNIST = Source(
    title="MNIST",
    files=(
        "train-images-idx3-ubyte*",
        "train-labels-idx1-ubyte*",
        "t10k-images-idx3-ubyte*",
        "t10k-labels-idx1-ubyte*",
    ),
    folders=("mnist", "mnist_idx", "MNIST/raw"),
    address="https://ossci-datasets.s3.amazonaws.com/mnist/",
    size="four files, 12 MB",
    parts=(
        ("train-images-idx3-ubyte.gz", "md5:f68b3c2dcbeaaa9fbdd348bbdeb94873"),
        ("train-labels-idx1-ubyte.gz", "md5:d53e105ee54ea40749a09fcbcd1e9432"),
        ("t10k-images-idx3-ubyte.gz", "md5:9fb629c4189551a2d022fa330f9573f3"),
        ("t10k-labels-idx1-ubyte.gz", "md5:ec29112dd5afa0611ce80d1b7f02629c"),
    ),
)
_LARGEST = 2**30  # bytes; MNIST's largest file has 47 million


def read_idx(path):
    """Return the array of an idx file, plain or gzip, in the byte order of this computer.

    The header is two zero bytes, the type, the number of axes, and each axis' length as four bytes, the highest
    first (Y. LeCun, http://yann.lecun.com/exdb/mnist). Raises FileNotFoundError, and ValueError for a file that is no
    idx file, cut, followed by other bytes, or larger than 1 GiB.
    """
    path = Path(path)
    content = _content(path)
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in _TYPES or not content[3]:
        raise ValueError(
            f"{path} is no idx file: expected it to start with 00 00, a type (08 for bytes) and the number of axes, "
            f"found {content[:4].hex(' ') or 'nothing'}; take MNIST's files as they are, with or without .gz"
        )
    kind, axes = np.dtype(_TYPES[content[2]]), content[3]
    start = 4 + 4 * axes
    shape = tuple(int.from_bytes(content[place : place + 4], "big") for place in range(4, start, 4))
    expected = start + kind.itemsize * int(np.prod(shape, dtype=object))
    if len(content) != expected:
        raise ValueError(
            f"{path}: the header announces shape {shape}, that is {expected} bytes, found {len(content)}; "
            f"the file is {'cut' if len(content) < expected else 'longer than it says'}: copy or fetch it again"
        )
    array = np.frombuffer(content, kind, offset=start).reshape(shape)
    return array.astype(kind.newbyteorder("="))


def load_mnist_idx(folder=None, part="train", download=False):
    """Return `(images, labels)` of the whole MNIST: (N, 28, 28) uint8, ink 255, and (N,) int64, 0 to 9.

    part: "train" (60000 digits) or "test" (10000). The four files, with or without .gz, are looked for in `folder`,
    else in CHAINRULE_DATA and the cache, and fetched only with `download=True`. Raises DataMissing with the manual
    steps, what `read_idx` raises, and ValueError for files that were exchanged or do not belong together.
    """
    prefixes = {"train": "train", "test": "t10k"}
    if part not in prefixes:
        raise ValueError(f"load_mnist_idx: part={part!r}; expected 'train' or 'test'")
    place = find_folder(_MNIST, folder, download)
    image_path, label_path = (
        _existing(place, f"{prefixes[part]}-{name}-ubyte") for name in ("images-idx3", "labels-idx1")
    )
    images, labels = read_idx(image_path), read_idx(label_path)
    if images.ndim != 3 or images.shape[1:] != (28, 28) or images.dtype != np.uint8:
        raise ValueError(
            f"{image_path}: expected images (N, 28, 28) uint8, found {images.shape} {images.dtype}"
        )
    if labels.shape != images.shape[:1] or labels.dtype != np.uint8:
        raise ValueError(
            f"{label_path}: expected {len(images)} labels uint8, one for each image of {image_path.name}, "
            f"found {labels.shape} {labels.dtype}"
        )
    if labels.max(initial=0) > 9:
        place = int(np.argmax(labels > 9))
        raise ValueError(f"{label_path}: expected labels from 0 to 9, found {labels[place]} at place {place}")
    print(f"MNIST, {len(images)} digits of {image_path}")
    return images, labels.astype(np.int64)


def _existing(folder, name):
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    raise FileNotFoundError(f"there is no {name} or {name}.gz in {folder}: put MNIST's four files there")


def _content(path):
    """Return the file's bytes, unpacked if they are gzip's, whatever the file's name."""
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    try:
        with gzip.open(path) if packed else path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except (EOFError, OSError, zlib.error) as error:
        raise ValueError(
            f"{path} cannot be unpacked: expected a whole gzip file, found {path.stat().st_size} bytes that give "
            f"{type(error).__name__} ({error}); copy or fetch it again"
        ) from error
    if len(content) > _LARGEST:
        raise ValueError(f"{path} holds more than {_LARGEST} bytes; expected one of MNIST's files")
    return content
