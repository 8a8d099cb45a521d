"""Build the example pictures of the hidden camera that students get, from digits that they have anyway.

    python tools/build_camera.py            # writes student_lib/datasets/camera_examples.npz
    python tools/build_camera.py --check    # compares with what is there

Six of each digit of mnist5k.npz, ten of each kind of noise; the file does not tell which is which. Its seed differs
from the grader's, and the grader's digits are others. Needs NumPy and SciPy, no network.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from autograder.camera import album  # noqa: E402

DATASETS = ROOT / "student_lib" / "datasets"
TARGET, DIGITS = DATASETS / "camera_examples.npz", DATASETS / "mnist5k.npz"
SEED, EACH = 20270401, 6


def examples() -> dict[str, np.ndarray]:
    """The arrays of the file: images (60, 28, 28) uint8 and labels (60,) uint8."""
    with np.load(DIGITS) as file:
        images, labels = file["images"], file["labels"]
    rng = np.random.default_rng(SEED)
    rows = np.concatenate(
        [rng.choice(np.flatnonzero(labels == digit), EACH, replace=False) for digit in range(10)]
    )
    rows = rng.permutation(rows)
    taken = album(images[rows], labels[rows], SEED, clean=False)
    return {"images": taken.x, "labels": taken.y.astype(np.uint8)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, compare with what is there")
    check = parser.parse_args().check
    arrays = examples()
    if check:
        with np.load(TARGET) as known:
            same = all(np.array_equal(known[key], array) for key, array in arrays.items())
        print("the examples are as recorded" if same else f"{TARGET.name} differs from what the camera gives")
        return 0 if same else 1
    np.savez_compressed(TARGET, **arrays)
    content = b"".join(array.tobytes() for array in arrays.values())
    entry = {
        "built_by": "tools/build_camera.py",
        "digits": len(arrays["labels"]),
        "sha256": hashlib.sha256(TARGET.read_bytes()).hexdigest(),
        "content_sha256": hashlib.sha256(content).hexdigest(),
        "source": {"file": DIGITS.name, "licence": "MNIST data CC BY-SA 3.0"},
    }
    record = DATASETS / "SOURCES.json"
    known = json.loads(record.read_text(encoding="utf-8"))
    record.write_text(json.dumps(known | {TARGET.name: entry}, indent=2) + "\n", encoding="utf-8")
    print(f"{TARGET.name}: {len(arrays['labels'])} pictures, {TARGET.stat().st_size / 1e3:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
