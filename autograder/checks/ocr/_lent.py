"""Right functions for a student whose own, of nn.py or of an earlier exercise, are missing or wrong.

They are plainer than the course's solution, and right on the easy pages of the checks of `read_text`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import ndimage

from .. import Student
from .._lending import Function, forward, lend, missing, sigmoid, softmax
from ._pages import Params, letters_read


def without_nn(student: Student) -> None:
    """Lend those functions of nn.py that the student does not have at all: for the start of a check."""
    lend(student, {name: _CARRIED[name] for name in missing(student, _CARRIED)})


def rescue_reading(student: Student, rng: Any) -> None:
    """Replace nn.py's functions and the three earlier exercises by right ones."""
    missing(student, _CARRIED)
    lend(student, _CARRIED | _EARLIER)


def read_plainly(image: np.ndarray, params: Params) -> list[str]:
    """The lines of an easy page by the functions below, without spaces."""
    boxes, bw = find_letters(image)
    rows = crop_letters(bw, boxes)
    return [letters_read(rows[line], params) for line in group_lines(boxes)]


def find_letters(image: Any, *_: Any, **__: Any) -> tuple[np.ndarray, np.ndarray]:
    """Boxes and bw of a page whose paper is lighter than middle grey everywhere, and whose ink is darker."""
    gray = np.asarray(image, dtype=float)
    gray = gray.mean(axis=2) if gray.ndim == 3 else gray
    ink = ndimage.gaussian_filter(gray / (255 if gray.max() > 1 else 1), 0.7) < 0.5
    # Broken letters grow together; lines lie further apart than eight rows, letters further than four columns.
    pieces, _ = ndimage.label(ndimage.binary_dilation(ink, np.ones((9, 5))))
    places = [np.nonzero(ink & (pieces == number)) for number in range(1, pieces.max() + 1)]
    corners = [(rows.min(), columns.min(), rows.max() + 1, columns.max() + 1) for rows, columns in places]
    boxes = [(y1, x1, y2, x2) for y1, x1, y2, x2 in corners if max(y2 - y1, x2 - x1) > 12]
    return np.array(boxes, dtype=int).reshape(-1, 4), 1.0 - ink


def group_lines(bboxes: Any) -> list[list[int]]:
    """Row numbers by line: a box belongs to the line whose last box it overlaps in height."""
    boxes = np.asarray(bboxes, dtype=float).reshape(-1, 4)
    lines: list[list[int]] = []
    for i in np.argsort(boxes[:, 1], kind="stable").tolist():
        for line in lines:
            last = boxes[line[-1]]
            if boxes[i, 0] < last[2] and last[0] < boxes[i, 2]:
                line.append(i)
                break
        else:
            lines.append([i])
    return sorted(lines, key=lambda line: boxes[line, 2].mean())


def crop_letters(bw: Any, bboxes: Any) -> np.ndarray:
    """Rows (N, 1024): the box shrunk or stretched to 26 pixels, in the middle of 32, paper 1, transposed."""
    rows = [crop(1 - np.asarray(bw, dtype=float)[y1:y2, x1:x2]).T.ravel() for y1, x1, y2, x2 in bboxes]
    return np.array(rows).reshape(-1, 1024)


def crop(ink: np.ndarray) -> np.ndarray:
    """A letter's ink on the training set's 32 by 32 pixels of paper, upright."""
    scale = 26 / max(ink.shape)
    small = ndimage.zoom(ndimage.gaussian_filter(ink, 0.4 / scale), scale, order=1)[:32, :32]
    canvas = np.ones((32, 32))
    top, left = (32 - small.shape[0]) // 2, (32 - small.shape[1]) // 2
    canvas[top : top + small.shape[0], left : left + small.shape[1]] -= np.clip(1.2 * small, 0, 1)
    return canvas


_CARRIED: dict[str, Function] = {"sigmoid": sigmoid, "softmax": softmax, "forward": forward}
_EARLIER: dict[str, Function] = {
    "findLetters": find_letters,
    "group_lines": group_lines,
    "crop_letters": crop_letters,
}
