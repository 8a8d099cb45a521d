"""The hidden camera of the challenge noisy_digits: six kinds of noise, each in three strengths.

Students see pictures that it took (tools/build_camera.py), never this file. A digit is (28, 28) uint8, ink 255 on
background 0; noise is drawn from a seed, so that every upload is judged on the same pictures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

# What the strengths 1, 2, 3 mean: a standard deviation of brightness (0 to 1), a share of dead pixels, a standard
# deviation of blur in pixels, a side of a square in pixels, the contrast that is left, a shift in pixels.
STRENGTHS = {
    "gaussian": (0.2, 0.4, 0.6),
    "salt_and_pepper": (0.1, 0.2, 0.3),
    "blur": (1.0, 1.6, 2.2),
    "occlusion": (8, 11, 14),
    "contrast": (0.5, 0.3, 0.15),
    "shift": (2, 4, 6),
}
KINDS = tuple(STRENGTHS)


def gaussian(x: np.ndarray, deviation: float, rng: np.random.Generator) -> np.ndarray:
    """Independent normal noise on every pixel."""
    return x + rng.normal(0, deviation, x.shape)


def salt_and_pepper(x: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """A share of the pixels is black or white, equally often."""
    return np.where(rng.random(x.shape) < share, rng.integers(2, size=x.shape), x)


def blur(x: np.ndarray, deviation: float, rng: np.random.Generator) -> np.ndarray:
    """A Gaussian blur, its deviation up to a tenth more or less."""
    spread = deviation * rng.uniform(0.9, 1.1, len(x))
    return np.stack([ndimage.gaussian_filter(image, s) for image, s in zip(x, spread, strict=True)])


def occlusion(x: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
    """A square of one grey hides a part; its middle lies in the middle half of the picture."""
    rows, columns = np.arange(x.shape[1])[:, None], np.arange(x.shape[2])
    top, left = rng.integers(7, 22, (2, len(x), 1, 1)) - side // 2
    hidden = (rows >= top) & (rows < top + side) & (columns >= left) & (columns < left + side)
    return np.where(hidden, rng.uniform(0, 1, (len(x), 1, 1)), x)


def contrast(x: np.ndarray, left: float, rng: np.random.Generator) -> np.ndarray:
    """The range shrinks to `left` of it and lies anywhere between black and white."""
    return rng.uniform(0, 1 - left, (len(x), 1, 1)) + left * x


def shift(x: np.ndarray, pixels: int, rng: np.random.Generator) -> np.ndarray:
    """The digit moves by `pixels` in one of eight directions; what leaves the picture is lost."""
    moves = np.array([(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1) if down or right])
    chosen = pixels * moves[rng.integers(len(moves), size=len(x))]
    return np.stack([ndimage.shift(image, move, order=0) for image, move in zip(x, chosen, strict=True)])


_NOISES: dict[str, Callable[[np.ndarray, float, np.random.Generator], np.ndarray]] = {
    noise.__name__: noise for noise in (gaussian, salt_and_pepper, blur, occlusion, contrast, shift)
}


def photograph(images: np.ndarray, kind: str, strength: int, seed: int) -> np.ndarray:
    """Return the digits (N, 28, 28) uint8 as the camera sees them with one kind of noise, strength 1 to 3.

    Raises ValueError for another shape, dtype, kind or strength.
    """
    images = np.asarray(images)
    if images.ndim != 3 or images.shape[1:] != (28, 28) or images.dtype != np.uint8:
        raise ValueError(f"photograph: got {images.shape} {images.dtype}; expected digits (N, 28, 28) uint8")
    if kind not in STRENGTHS or strength not in (1, 2, 3):
        raise ValueError(
            f"photograph: got {kind!r}, {strength!r}; expected one of {', '.join(KINDS)} and 1, 2 or 3"
        )
    rng = np.random.default_rng([seed, KINDS.index(kind), strength])
    noisy = _NOISES[kind](images / 255, STRENGTHS[kind][strength - 1], rng)
    return (255 * np.clip(noisy, 0, 1)).round().astype(np.uint8)


@dataclass(frozen=True)
class Album:
    """Pictures x (N, 28, 28) uint8, labels y (N,) int64; each one's kind, a place in KINDS or -1, and strength."""

    x: np.ndarray
    y: np.ndarray
    kind: np.ndarray
    strength: np.ndarray

    def accuracy(self, predicted: np.ndarray) -> dict[str, float]:
        """The share of right labels, overall ("all"), without noise ("clean") and for each kind."""
        right = np.asarray(predicted) == self.y
        parts = {"all": np.ones_like(right), "clean": self.kind == -1}
        parts |= {kind: self.kind == number for number, kind in enumerate(KINDS)}
        return {name: float(right[rows].mean()) for name, rows in parts.items() if rows.any()}


def album(images: np.ndarray, labels: np.ndarray, seed: int, clean: bool = True) -> Album:
    """Photograph every digit once: kinds equally often, with `clean` as a seventh, and of each kind all strengths.

    The digits are dealt at random, so that neither the place nor the label of a picture tells its noise.
    """
    settings = [(kind, strength) for strength in (1, 2, 3) for kind in range(len(KINDS))]
    if clean:
        settings += [(-1, 0)] * 3
    order = np.random.default_rng([seed, 99]).permutation(len(images))
    x, kinds, strengths = np.array(images), np.full(len(images), -1), np.zeros(len(images), int)
    for number, (kind, strength) in enumerate(settings):
        rows = np.sort(order[number :: len(settings)])
        if kind >= 0 and len(rows):
            x[rows] = photograph(images[rows], KINDS[kind], strength, seed)
            kinds[rows], strengths[rows] = kind, strength
    return Album(x, np.asarray(labels).astype(np.int64), kinds, strengths)
