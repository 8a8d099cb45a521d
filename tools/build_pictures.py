"""Build the pictures on which hidden checks train coordinate networks, from files that scikit-image ships.

    python tools/build_pictures.py            # writes autograder/data/pictures_hidden.npz
    python tools/build_pictures.py --check    # compares with what is there

Students are given astronaut, chelsea and coffee; these are crops of others. One PSNR limit shall fit them all: they
were chosen for similar spectra, and their contrast is such that detail (what lies beyond WAVES half waves) has the
same strength in each. A picture of one colour, its mean, reaches 12 to 15 dB. Needs scikit-image 0.26, no network.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import skimage
from scipy import fft
from skimage import io, transform

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "autograder" / "data" / "pictures_hidden.npz"
# Detail of 0.11 in a range of 1: an answer without any reaches 19 dB.
SIZE, WAVES, DETAIL = 64, 5, 0.11
# Grey pictures become duotones, so that their three channels differ.
SHADOW, LIGHT = np.array([0.1, 0.05, 0.2]), np.array([1.0, 0.95, 0.8])


@dataclass(frozen=True)
class Crop:
    """A square of scikit-image's `file`: its upper left corner and its side, in pixels."""

    name: str
    file: str
    row: int
    column: int
    side: int


LICENCES = {
    "rocket.jpg": "SpaceX, released into the public domain",
    "ihc.png": "Center for Microscopy and Molecular Imaging, no known copyright restrictions",
    "camera.png": "Lav Varshney, CC0",
    "coins.png": "Brooklyn Museum, no known copyright restrictions",
}
CROPS = (
    Crop("photographer", "camera.png", 118, 172, 294),
    Crop("coat", "camera.png", 131, 43, 253),
    Crop("towers", "camera.png", 62, 321, 127),
    Crop("tripod", "camera.png", 250, 196, 139),
    Crop("coin", "coins.png", 22, 260, 106),
    Crop("cells_ring", "ihc.png", 206, 83, 199),
    Crop("cells_gap", "ihc.png", 48, 240, 266),
    Crop("cells_stripes", "ihc.png", 41, 25, 242),
    Crop("launch", "rocket.jpg", 129, 227, 227),
    Crop("mast", "rocket.jpg", 185, 381, 242),
    Crop("sky", "rocket.jpg", 2, 6, 414),
    Crop("lamps", "rocket.jpg", 283, 445, 136),
)


def picture(crop: Crop) -> np.ndarray:
    """The crop as (64, 64, 3) uint8, around middle grey."""
    whole = io.imread(Path(skimage.__file__).parent / "data" / crop.file) / 255
    square = whole[crop.row : crop.row + crop.side, crop.column : crop.column + crop.side]
    if square.ndim == 2:
        square = SHADOW + (LIGHT - SHADOW) * square[..., np.newaxis]
    small = transform.resize(square, (SIZE, SIZE), anti_aliasing=True)
    small = 0.5 + DETAIL * (small - small.mean()) / detail(small)
    return (255 * np.clip(small, 0, 1)).round().astype(np.uint8)


def detail(image: np.ndarray) -> float:
    """Root mean square of what a picture (h, w, 3) has beyond WAVES half waves, by its cosine transform."""
    waves = fft.dctn(image, axes=(0, 1), norm="ortho")
    fine = np.hypot(*np.indices(image.shape[:2])) > WAVES
    return float(np.sqrt(np.sum(waves[fine] ** 2) / image.size))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--check", action="store_true", help="write nothing, compare with the file that is there"
    )
    options = parser.parse_args()
    pictures = np.stack([picture(crop) for crop in CROPS])
    names = np.array([crop.name for crop in CROPS])
    sources = np.array([f"scikit-image, {crop.file}: {LICENCES[crop.file]}" for crop in CROPS])
    if options.check:
        with np.load(TARGET) as known:
            same = np.array_equal(known["names"], names) and known["pictures"].shape == pictures.shape
            # Versions of scikit-image round differently.
            same = same and np.abs(known["pictures"].astype(int) - pictures).max() <= 2
        print("the pictures are as recorded" if same else f"{TARGET.name} differs from what its sources give")
        return 0 if same else 1
    np.savez_compressed(TARGET, pictures=pictures, names=names, sources=sources)
    print(f"{TARGET.name}: {len(pictures)} pictures, {TARGET.stat().st_size / 1e3:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
