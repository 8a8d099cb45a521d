"""Hand-printed capitals and digits, drawn from the outlines of 36 free fonts.

    x, y = samples(TRAIN, per_class=200, seed=0)     # like NIST36: x (7200, 1024), y (7200, 36)
    view = x[0].reshape(32, 32).T                    # images are unrolled column by column

A *master* is one character of one font, 128 x 128 pixels, one bit. Its signed distance field (how far each
point lies inside the ink) lets it be drawn at any size and stroke width; rotation, slant, aspect and an
elastic warp make every sample different. The fonts of `VALID` never occur in `TRAIN`, so that validation
asks for handwriting that the network has not seen. Credits: datasets/HANDPRINT.md.
"""

import zipfile
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

__all__ = ["CLASSES", "TRAIN", "VALID", "Hand", "Masters", "draw", "load_masters", "samples"]

CLASSES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
TRAIN, VALID = "train", "valid"
MASTER = 128  # pixels along a master's side
_MASTERS = Path(__file__).with_name("datasets") / "handprint.npz"
_MODES = 5  # cosines along each axis of the elastic warp
_CHUNK = 128  # samples drawn at a time: the arrays of one step then stay in the processor's cache


@dataclass(frozen=True)
class Masters:
    """Fonts: `names` and `parts` (TRAIN or VALID) of length F, `ink` (F, 36, 128, 128) bool."""

    names: tuple
    parts: tuple
    ink: np.ndarray

    def fonts(self, part):
        """Indices of the fonts of one part, TRAIN or VALID, in the order of the file."""
        return np.flatnonzero(np.array(self.parts) == part)


@dataclass(frozen=True)
class Hand:
    """How much a hand varies: means and standard deviations, in the units of each name's comment."""

    rotation: float = 6.0  # degrees, deviation
    slant: tuple = (0.12, 0.16)  # shear, positive leans to the right
    aspect: tuple = (0.04, 0.12)  # logarithm of the stretch along x
    warp: float = 1.6  # deviation of the elastic warp in master pixels, itself varied
    box: tuple = (25.5, 1.3)  # longer side of the ink, as pixels of a 32-pixel image
    shift: float = 0.8  # pixels of a 32-pixel image, deviation along each axis
    stroke: tuple = (1.0, 2.3)  # half the stroke's width, pixels of a 32-pixel image, uniform


def load_masters(path=None):
    """Return the `Masters` that ship with the course, or those of another file in the same format.

    Raises FileNotFoundError when there is no file, and ValueError, which says what was expected and what
    was found, for one that is cut or holds something else.
    """
    return _read_masters(Path(path or _MASTERS))


@lru_cache(maxsize=2)
def _read_masters(path):
    if not path.exists():
        raise FileNotFoundError(f"there is no {path}: copy student_lib again, with its folder datasets")
    try:
        with np.load(path, allow_pickle=False) as file:
            names, parts, bits = file["names"], file["parts"], file["bits"]
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path} cannot be read: expected an npz file with the arrays names, parts and bits, "
            f"found {path.stat().st_size} bytes that give {type(error).__name__}; copy it again"
        ) from error
    expected = ((len(names), len(CLASSES), MASTER, MASTER // 8), np.dtype(np.uint8), names.shape)
    if (bits.shape, bits.dtype, parts.shape) != expected:
        raise ValueError(f"{path}: expected bits {expected[:2]}, found {(bits.shape, bits.dtype)}")
    ink = np.unpackbits(bits, axis=-1).astype(bool)
    if not ink.any(axis=(2, 3)).all():
        raise ValueError(f"{path}: expected ink in each of the {ink.shape[0] * ink.shape[1]} masters")
    ink.flags.writeable = False
    return Masters(tuple(names.tolist()), tuple(parts.tolist()), ink)


def samples(part, per_class, seed=0, masters=None, hand=None):
    """Return `(x, y)`: `per_class` images of each character, shuffled, in the format of NIST36.

    x: (36 * per_class, 1024), float64, 1 for paper and 0 for ink, each image transposed before it was
    unrolled. y: the same number of rows, one-hot, (_, 36), A to Z and then 0 to 9. The fonts are those of
    `part` (TRAIN or VALID), or the ones with these indices, each about equally often in each class.
    Equal seeds give equal samples; NumPy's global random state stays as it is. About 0.2 ms a sample.
    """
    masters = masters or load_masters()
    fonts = masters.fonts(part) if isinstance(part, str) else np.asarray(part)
    if len(fonts) == 0 or per_class < 1:
        raise ValueError(f"samples: part {part!r} has {len(fonts)} fonts and per_class={per_class!r}")
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(CLASSES)), per_class)
    chosen = np.concatenate([np.resize(rng.permutation(fonts), per_class) for _ in CLASSES])
    order = rng.permutation(len(labels))
    labels, chosen = labels[order], chosen[order]
    x = 1.0 - draw(masters.ink, chosen, labels, rng, hand=hand)
    return x.transpose(0, 2, 1).reshape(len(x), -1).astype(np.float64), np.eye(len(CLASSES))[labels]


def draw(ink, fonts, labels, rng, size=32, hand=None):
    """Return (N, size, size) float32, upright, 1 for ink: `ink[fonts[i], labels[i]]` drawn by `hand`.

    ink: (F, 36, 128, 128) bool, as in `Masters`. Every sample is turned, slanted, stretched and warped by
    values from `rng`, fitted to the box and given its stroke's width.
    """
    hand, glyphs = hand or Hand(), np.stack([fonts, labels], axis=1)
    kinds, which = np.unique(glyphs, axis=0, return_inverse=True)
    fields = np.stack([_distances(ink[font, label]) for font, label in kinds])
    # Depths in a stroke of half width h are spread evenly from 0 to h.
    halves = np.array([2 * field[field > 0].mean() for field in fields], np.float32)
    drawn = np.empty((len(glyphs), size, size), np.float32)
    for start in range(0, len(glyphs), _CHUNK):
        part = slice(start, start + _CHUNK)
        rows = which.reshape(-1)[part]
        drawn[part] = _draw(fields, halves[rows], rows, rng, size, hand)
    return drawn


def _distances(ink):
    """Signed distance to the outline in pixels, positive inside, (128, 128) float32; -32 far from the ink."""
    from scipy.ndimage import distance_transform_edt

    near = tuple(
        slice(max(marks[0] - 12, 0), marks[-1] + 13)
        for marks in (np.flatnonzero(ink.any(axis=axis)) for axis in (1, 0))
    )
    field = np.full(ink.shape, -32, np.float32)
    field[near] = distance_transform_edt(ink[near]) - distance_transform_edt(~ink[near])
    return field


def _draw(fields, halves, which, rng, size, hand):
    random = rng.normal(size=(len(which), 8 + 2 * _MODES**2)).astype(np.float32)
    uniform = rng.uniform(*hand.stroke, len(which)).astype(np.float32)
    inverse = np.linalg.inv(_transforms(random[:, :3], hand))
    warp = _warp(random[:, 3:4], random[:, 8:], hand)
    scale = size / 32

    # Where is the ink? A coarse look at the whole plane, four master pixels a step.
    grid = np.tile(np.arange(-76, 77, 4, dtype=np.float32), (len(which), 1))
    inside = _look_up(fields, which, *_sources(grid, grid, inverse, warp)) > 0
    middle_y, height = _extent(inside.any(axis=2), grid[0])
    middle_x, width = _extent(inside.any(axis=1), grid[0])

    # Pixels of the final image a master pixel; then how far the outline moves to give the stroke its width.
    side = np.clip(hand.box[0] + hand.box[1] * random[:, 4], 20, 30) * scale
    zoom = side / np.maximum(height, width)
    half = halves * zoom
    inset = np.clip(half - uniform * scale, -2 * scale, 0.7 * half)

    shift = hand.shift * scale * random[:, 5:7]
    pixels = np.arange(size, dtype=np.float32) - (size - 1) / 2
    y = (pixels - shift[:, :1]) / zoom[:, None] + middle_y[:, None]
    x = (pixels - shift[:, 1:]) / zoom[:, None] + middle_x[:, None]
    depth = _look_up(fields, which, *_sources(y, x, inverse, warp)) * zoom[:, None, None]
    return 1 / (1 + np.exp(np.clip(-4 * (depth - inset[:, None, None]), -30, 30)))


def _transforms(random, hand):
    """Rotation x slant x aspect, (N, 2, 2), for columns (x, y)."""
    angle = np.deg2rad(hand.rotation) * np.clip(random[:, 0], -2.5, 2.5)
    slant = -(hand.slant[0] + hand.slant[1] * random[:, 1])
    stretch = np.exp(hand.aspect[0] + hand.aspect[1] * random[:, 2])
    cos, sin = np.cos(angle), np.sin(angle)
    matrices = np.array([[cos * stretch, (cos * slant - sin) / stretch],
                         [sin * stretch, (sin * slant + cos) / stretch]])  # fmt: skip
    return matrices.transpose(2, 0, 1)


def _warp(strength, random, hand):
    """Amplitudes of the cosines, (N, 2, modes, modes): smooth displacements of some master pixels."""
    frequency = np.arange(_MODES)
    decay = np.exp(-((np.pi * frequency * 12 / MASTER) ** 2) / 2)  # as noise blurred by 12 pixels has it
    envelope = np.outer(decay, decay)
    envelope[0, 0] = 0  # a shift, which the fit to the box would undo
    envelope *= hand.warp / np.sqrt((envelope**2).sum() / 4)
    return (
        random.reshape(-1, 2, _MODES, _MODES)
        * envelope.astype(np.float32)
        * np.abs(strength)[..., None, None]
    )


def _sources(y, x, inverse, warp):
    """Master coordinates (N, rows, columns), y and x, of the points of a grid with these rows and columns."""
    waves_y, waves_x = (
        np.cos(np.pi * np.arange(_MODES, dtype=np.float32)[:, None] * (axis[:, None, :] / MASTER + 0.5))
        for axis in (y, x)
    )
    moved_x, moved_y = (waves_y.swapaxes(1, 2) @ warp[:, i] @ waves_x for i in (0, 1))
    (a, b), (c, d) = inverse.astype(np.float32).transpose(1, 2, 0)[..., None, None]
    centre, y, x = (MASTER - 1) / 2, y[:, :, None], x[:, None, :]
    return c * x + d * y + moved_y + centre, a * x + b * y + moved_x + centre


def _look_up(fields, which, y, x):
    """Bilinear values of `fields[which[i]]` at the points (y[i], x[i]); beyond the edge, the edge's."""
    last = np.float32(MASTER - 1.001)
    y, x = np.clip(y, 0, last), np.clip(x, 0, last)
    top, left = y.astype(np.int32), x.astype(np.int32)
    y -= top
    x -= left
    start = which[:, None, None] * MASTER**2 + top * MASTER + left
    flat = fields.reshape(-1)
    above = flat[start] * (1 - x) + flat[start + 1] * x
    below = flat[start + MASTER] * (1 - x) + flat[start + MASTER + 1] * x
    return above * (1 - y) + below * y


def _extent(marks, grid):
    """Middle and length of the range from the first to the last mark of each row."""
    first, last = marks.argmax(axis=1), marks.shape[1] - 1 - marks[:, ::-1].argmax(axis=1)
    step = grid[1] - grid[0]
    return (grid[first] + grid[last]) / 2, (last - first + 1) * step
