"""Mistakes in crop_letters."""

from __future__ import annotations

import numpy as np
from skimage import transform

from .. import misconception
from ._pages import crops_of, rows_of


@misconception(
    "ocr.crop_letters",
    "Your rows are not transposed: the training set unrolls images column by column. Use .T before ravel.",
    by_symptom=True,
)
def not_transposed(bw, bboxes):
    return (1 - crops_of(bw, bboxes)).reshape(-1, 1024)


@misconception(
    "ocr.crop_letters",
    "Black and white are the wrong way round: paper is 1 and ink 0, in the training set and in bw.",
    by_symptom=True,
)
def inverted_crops(bw, bboxes):
    return 1 - rows_of(crops_of(bw, bboxes))


@misconception(
    "ocr.crop_letters",
    "The margin that you pad with is black. np.pad fills with 0, which is ink in bw: constant_values=1.",
    by_symptom=True,
    variants=[{"side": 30}, {"side": 22}],
)
def black_margin(bw, bboxes, side=26):
    return rows_of(crops_of(bw, bboxes, side=side, fill=1.0))


@misconception(
    "ocr.crop_letters",
    "Boxes are stretched to a square, so an I gets as wide as a W. Pad the shorter side with paper first.",
    by_symptom=True,
    variants=[{"side": 26}],
)
def stretched_to_a_square(bw, bboxes, side=32):
    return rows_of(crops_of(bw, bboxes, side=side, square=False))


@misconception(
    "ocr.crop_letters",
    "Your letters touch the rim. Training images have a margin: the ink's longer side is about 26 of 32 pixels.",
    by_symptom=True,
)
def no_margin(bw, bboxes):
    return rows_of(crops_of(bw, bboxes, side=32))


@misconception(
    "ocr.crop_letters",
    "Your letters are too small: the ink's longer side is about 26 of 32 pixels in the training set.",
    by_symptom=True,
    variants=[{"side": 18}],
)
def too_much_margin(bw, bboxes, side=14):
    return rows_of(crops_of(bw, bboxes, side=side))


@misconception(
    "ocr.crop_letters",
    "Your letters sit in a corner. Half of the paper that you pad belongs on each side.",
    by_symptom=True,
)
def in_a_corner(bw, bboxes):
    crops = crops_of(bw, bboxes)
    moved = np.zeros_like(crops)
    for new, old in zip(moved, crops, strict=True):
        rows, columns = (np.flatnonzero((old > 0.5).any(axis=axis)) for axis in (1, 0))
        ink = old[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        new[: ink.shape[0], : ink.shape[1]] = ink
    return rows_of(moved)


@misconception("ocr.crop_letters", "Unroll each crop: a row of 1024 numbers, (N, 1024).", by_symptom=True)
def not_unrolled(bw, bboxes):
    return (1 - crops_of(bw, bboxes)).transpose(0, 2, 1)


@misconception(
    "ocr.crop_letters",
    "Your crops are mirrored or turned: rot90 is no transpose. Use .T.",
    by_symptom=True,
    variants=[{"turns": 3}],
)
def turned_not_transposed(bw, bboxes, turns=1):
    return np.rot90(1 - crops_of(bw, bboxes), turns, axes=(1, 2)).reshape(-1, 1024)


@misconception(
    "ocr.crop_letters",
    "Thin strokes have become pale: average while shrinking, and make the ink dark again afterwards.",
    by_symptom=True,
)
def pale_ink(bw, bboxes):
    return rows_of(crops_of(bw, bboxes) * 0.4)


@misconception(
    "ocr.crop_letters",
    "You cut bw[x1:x2, y1:y2]: rows come first, bw[y1:y2, x1:x2].",
    by_symptom=True,
)
def axes_swapped_in_the_cut(bw, bboxes):
    rows = []
    for y1, x1, y2, x2 in np.asarray(bboxes):
        piece = np.asarray(bw)[x1:x2, y1:y2]
        piece = np.ones((4, 4)) if 0 in piece.shape else piece
        rows.append(transform.resize(piece, (32, 32)).T.ravel())
    return np.array(rows)
