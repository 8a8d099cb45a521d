"""Hidden checks of `crop_letters`: do the crops look like rows of the training set?"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import zoom

from student_lib.handprint import CLASSES

from .. import Student, check, expect, fail_if
from ..thresholds import at_least
from ._pages import hidden_letters, letters_read, network, ocr_limit

_GAP = 9


@check(
    "ocr.crop_letters", hint="One row of 1024 numbers from 0 to 1 for each box, in the order of the boxes."
)
def rows_have_their_form(student, rng):
    """Returns (N, 1024), from 0 to 1, for boxes of many sizes; bw and bboxes are unchanged."""
    bw, boxes, _ = _strip(rng, "HELLO7", sides=(20, 90))
    picture, given = student.array(bw), student.array(boxes)
    rows = _rows(student.crop_letters(picture, given), len(boxes))
    expect(rows, "crops").between(-1e-6, 1 + 1e-6)
    expect(picture.value(), "bw").unchanged(bw)
    expect(given.value(), "bboxes").unchanged(boxes)
    _rows(student.crop_letters(bw, boxes[:1]), 1)


@check("ocr.crop_letters", hint="Paper is 1 and ink 0 in the training set, in the margin that you add too.")
def paper_is_white_and_ink_black(student, rng):
    """The rim of each crop is white, and its ink gets nearly black."""
    crops = _crops(student, rng, "HTEX")
    rim = np.concatenate([crops[:, 0], crops[:, -1], crops[:, :, 0], crops[:, :, -1]], axis=1)
    ink = np.sort(crops.reshape(len(crops), -1), axis=1)[:, :40].mean()
    fail_if(np.median(crops) < 0.4, "black and white are swapped")
    fail_if(rim.mean() < 0.5, "the margin is black")
    fail_if(rim.mean() < 0.9, "no white margin")
    fail_if(ink > 0.35, "the ink is pale")


@check(
    "ocr.crop_letters",
    hint="A row of the training set is image.T.ravel(): compare with data.train_x[0].reshape(32, 32).T.",
    weight=2,
)
def rows_are_transposed(student, rng):
    """Each row viewed with reshape(32, 32).T shows the letter upright."""
    labels = "LFJ7RP"
    bw, boxes, letters = _strip(rng, labels, sides=(50, 60))
    crops = _rows(student.crop_letters(bw, boxes), len(boxes)).reshape(-1, 32, 32).transpose(0, 2, 1)
    right = np.stack([_plain(ink) for ink in letters])
    turns = {
        "": crops,
        "not transposed": crops.transpose(0, 2, 1),
        "mirrored": crops[:, :, ::-1],
        "upside down": crops[:, ::-1],
        "transposed twice over, and mirrored": crops.transpose(0, 2, 1)[:, :, ::-1],
    }
    likeness = {name: _likeness(turned, right) for name, turned in turns.items()}
    best = max(likeness, key=lambda name: likeness[name])
    fail_if(best and likeness[best] > 0.4, best)
    fail_if(likeness[""] < 0.3, "not the letter of the box")


@check(
    "ocr.crop_letters", hint="Pad the shorter side until the crop is square, then resize: an I stays thin."
)
def letters_keep_their_shape(student, rng):
    """A tall thin box and a flat one keep their proportions."""
    bw = np.ones((80, 160))
    boxes = np.array([[10, 10, 70, 20], [30, 40, 42, 112]])
    for y1, x1, y2, x2 in boxes:
        bw[y1:y2, x1:x2] = 0
    crops = _rows(student.crop_letters(bw, boxes), 2).reshape(-1, 32, 32).transpose(0, 2, 1)
    crops = crops if np.median(crops) > 0.5 else 1 - crops
    for crop, (y1, x1, y2, x2) in zip(crops, boxes, strict=True):
        tall, wide = _extent(crop)
        fail_if(min(tall, wide) == 0, "no ink")
        ratio, right = tall / wide, (y2 - y1) / (x2 - x1)
        fail_if(max(ratio, 1 / ratio) < 2.2, "stretched to a square")
        fail_if((ratio > 1) != (right > 1) and max(ratio, 1 / ratio) > 2.2, "not transposed")


@check(
    "ocr.crop_letters",
    hint="In the training set the longer side of the ink takes 25 or 26 of 32 pixels, in the middle.",
    weight=2,
)
def margin_and_middle(student, rng):
    """The ink's longer side takes 20 to 30 of 32 pixels, whatever the size on the page, and is centred."""
    for sides in ((26, 30), (80, 90)):
        crops = _crops(student, rng, "HXEWMT", sides)
        crops = crops if np.median(crops) > 0.5 else 1 - crops
        longest, offsets = [], []
        for crop in crops:
            rows, columns = _span(crop, 1), _span(crop, 0)
            fail_if(rows is None or columns is None, "no ink")
            longest.append(max(rows[1] - rows[0], columns[1] - columns[0]) + 1)
            offsets.append([np.mean(rows) - 15.5, np.mean(columns) - 15.5])
        fail_if(np.mean(longest) > 30, "no margin")
        fail_if(np.mean(longest) < 20, "too much margin")
        fail_if(np.abs(np.mean(offsets, axis=0)).max() > 2, "not in the middle")


@check(
    "ocr.crop_letters",
    hint="Show your crops beside training images: position, size, stroke, black and white must match.",
    weight=2,
)
def the_network_can_read_them(student, rng):
    """The grader's network, trained on the handprint set, reads crops of hidden letters."""
    text = "".join(rng.permutation(list(CLASSES))) * 2
    bw, boxes, _ = _strip(rng, text, sides=(34, 46))
    rows = _rows(student.crop_letters(bw, boxes), len(boxes))
    read = letters_read(rows.astype(float), network())
    share = np.mean([one == other for one, other in zip(read, text, strict=True)])
    at_least(share, ocr_limit("crops_read"), "share of crops read", "the network cannot read the crops")


# --- what the checks draw, and how they look at it


def _strip(rng, text: str, sides: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """bw with these letters in a row, their tight boxes (n, 4), and each letter's own ink; sides in pixels."""
    drawn = hidden_letters(rng, np.array([CLASSES.index(letter) for letter in text]), 64)
    letters, boxes, x = [], [], _GAP
    for ink in drawn:
        ink = _tight(ink)
        side = int(rng.integers(sides[0], sides[1] + 1))
        letters.append(_tight(zoom(ink, side / max(ink.shape), order=1)))
    bw = np.ones(
        (max(ink.shape[0] for ink in letters) + 2 * _GAP, sum(ink.shape[1] + _GAP for ink in letters) + _GAP)
    )
    for ink in letters:
        y = int(rng.integers(1, bw.shape[0] - ink.shape[0]))
        boxes.append((y, x, y + ink.shape[0], x + ink.shape[1]))
        bw[y : y + ink.shape[0], x : x + ink.shape[1]] -= ink > 0.5
        x += ink.shape[1] + _GAP
    return bw, np.array(boxes), letters


def _tight(ink: np.ndarray) -> np.ndarray:
    rows, columns = np.flatnonzero((ink > 0.5).any(1)), np.flatnonzero((ink > 0.5).any(0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _rows(value: object, count: int) -> np.ndarray:
    """The crops, (count, 1024) and finite."""
    crops = expect(value, "crops").is_numeric()
    fail_if(crops.shape == (count, 32, 32), "crops are not unrolled")
    fail_if(crops.shape == (1024, count) and count != 1024, "transposed")
    expect(crops, "crops").has_shape(count, 1024)
    return expect(crops, "crops").is_finite()


def _crops(student: Student, rng, text: str, sides: tuple[int, int] = (40, 60)) -> np.ndarray:
    """Upright crops (n, 32, 32) of a strip with this text."""
    bw, boxes, _ = _strip(rng, text, sides)
    return _rows(student.crop_letters(bw, boxes), len(boxes)).reshape(-1, 32, 32).transpose(0, 2, 1)


def _plain(ink: np.ndarray) -> np.ndarray:
    """A crop as anyone would make it: 26 pixels, centred, paper 1."""
    small = zoom(ink, 26 / max(ink.shape), order=1)
    canvas = np.ones((32, 32))
    top, left = (32 - small.shape[0]) // 2, (32 - small.shape[1]) // 2
    canvas[top : top + small.shape[0], left : left + small.shape[1]] -= small
    return canvas


def _likeness(crops: np.ndarray, right: np.ndarray) -> float:
    """Mean correlation, at the best of a few shifts; an inverted picture counts as much as its original."""
    shifts = [(dy, dx) for dy in (-2, 0, 2) for dx in (-2, 0, 2)]
    found = []
    for crop, model in zip(crops, right, strict=True):
        if np.ptp(crop) == 0:
            return 0.0
        moved = (np.roll(crop, shift, axis=(0, 1)) for shift in shifts)
        found.append(max(abs(np.corrcoef(m.ravel(), model.ravel())[0, 1]) for m in moved))
    return float(np.mean(found))


def _span(crop: np.ndarray, axis: int) -> tuple[int, int] | None:
    """First and last index along the other axis where the crop is darker than middle grey of its range."""
    dark = (crop < (crop.min() + crop.max()) / 2).any(axis=axis)
    places = np.flatnonzero(dark)
    return (int(places[0]), int(places[-1])) if len(places) and np.ptp(crop) > 0 else None


def _extent(crop: np.ndarray) -> tuple[int, int]:
    """Height and width of the ink in pixels."""
    spans = _span(crop, 1), _span(crop, 0)
    return tuple(0 if span is None else span[1] - span[0] + 1 for span in spans)
