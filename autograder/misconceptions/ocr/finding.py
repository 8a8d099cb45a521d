"""Mistakes in findLetters."""

from __future__ import annotations

import numpy as np

from .. import misconception
from ._pages import darkness, find, gray_of


def _boxes(image, order=(0, 1, 2, 3), sizes=False):
    boxes, ink = find(image)
    if sizes:
        boxes = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
    return boxes[:, order], 1.0 - ink


@misconception(
    "ocr.findLetters",
    "Black and white are the wrong way round: your bw is the mask of the ink. Return 1.0 - mask, so that ink is 0.",
    by_symptom=True,
)
def inverted_bw(image, **_):
    boxes, ink = find(image)
    return boxes, 1.0 * ink


@misconception(
    "ocr.findLetters",
    "Your boxes are [x1, y1, x2, y2]. Rows come first: [y1, x1, y2, x2], as in image[y1:y2, x1:x2].",
    by_symptom=True,
)
def columns_first(image, **_):
    return _boxes(image, (1, 0, 3, 2))


@misconception(
    "ocr.findLetters",
    "Your boxes are [x, y, width, height]. The last two numbers are a corner: [y1, x1, y2, x2].",
    by_symptom=True,
)
def x_y_width_height(image, **_):
    return _boxes(image, (1, 0, 3, 2), sizes=True)


@misconception(
    "ocr.findLetters",
    "Your boxes are [y, x, height, width]. The last two numbers are the lower right corner, y2 and x2.",
    by_symptom=True,
)
def y_x_height_width(image, **_):
    return _boxes(image, sizes=True)


@misconception(
    "ocr.findLetters",
    "Your boxes are [y1, y2, x1, x2]. Corner by corner: [y1, x1, y2, x2].",
    by_symptom=True,
)
def rows_then_columns(image, **_):
    return _boxes(image, (0, 2, 1, 3))


@misconception(
    "ocr.findLetters",
    "You return bw before the boxes: the order is bboxes, bw.",
    by_symptom=True,
)
def bw_first(image, **_):
    return _boxes(image)[::-1]


@misconception(
    "ocr.findLetters",
    "Your bw holds True and False. It is a float picture: 1.0 - mask.",
    by_symptom=True,
    variants=[{"kind": int}],
)
def bw_not_float(image, kind=bool, **_):
    boxes, ink = find(image)
    return boxes, (~ink).astype(kind)


@misconception(
    "ocr.findLetters",
    "Your bw goes up to 255. It is a float picture from 0 to 1.",
    by_symptom=True,
)
def bw_in_bytes(image, **_):
    boxes, ink = find(image)
    return boxes, 255.0 * ~ink


@misconception(
    "ocr.findLetters",
    "Your bw is the grey picture, not black and white: its paper is not 1 and its ink not 0.",
    by_symptom=True,
)
def bw_is_gray(image, **_):
    boxes, _ = find(image)
    return boxes, gray_of(image)


@misconception(
    "ocr.findLetters",
    "You keep every component, specks and stains too. Leave out what is much smaller than a letter.",
    by_symptom=True,
    variants=[{"limit": 0.15}, {"limit": 0.06}],
)
def specks_kept(image, limit=0.1, **_):
    boxes, ink = find(
        image, dark=lambda image: 1.0 * (darkness(image) > limit), least=0.0, keep=lambda *_: True
    )
    return boxes, 1.0 - ink


@misconception(
    "ocr.findLetters",
    "One threshold for the whole page: where its light falls off, paper becomes ink. Compare each pixel with the paper "
    "around it.",
    by_symptom=True,
    variants=[{"cut": None}, {"cut": 0.6}],
)
def one_threshold_for_all(image, cut=0.5, **_):
    dark = (lambda image: 1 - gray_of(image)) if cut is None else (lambda image: 1.0 * (gray_of(image) < cut))
    boxes, ink = find(image, dark=dark)
    return boxes, 1.0 - ink


@misconception(
    "ocr.findLetters",
    "Your closing is so wide that neighbouring letters grow together. Try a radius that is a small part of a letter.",
    by_symptom=True,
    variants=[{"radius": 8}, {"radius": 14}],
)
def letters_grown_together(image, radius=10, **_):
    boxes, ink = find(image, closing=radius)
    return boxes, 1.0 - ink


@misconception(
    "ocr.findLetters",
    "Your size limits are numbers of pixels, which fit pages of one size. Measure the letters' height first.",
    by_symptom=True,
)
def sizes_in_pixels(image, **_):
    boxes, ink = find(image, keep=lambda tall, wide, height: tall < 55 and wide < 60)
    return boxes, 1.0 - ink


@misconception(
    "ocr.findLetters",
    "You divide by 255 whatever the image holds: floats from 0 to 1 become black. util.img_as_float knows both.",
    by_symptom=True,
)
def always_divided_by_255(image, **_):
    factor = 255 if np.asarray(image).dtype.kind == "f" else 1
    boxes, ink = find(image)
    return (boxes[:0], 0.0 * ink) if factor == 255 else (boxes, 1.0 - ink)
