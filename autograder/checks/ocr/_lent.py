"""Right functions for a student whose own, of nn.py or of an earlier exercise, are missing or wrong.

They are plainer than the course's solution, and right on the easy pages of the checks of `read_text`. What they
are asked leaves no trace in the transcript, in which misconceptions are compared.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from scipy import ndimage

from .. import ArgumentError, Student, StudentDied, StudentTimedOut
from ._pages import Params, letters_read

_CARRIED = ("sigmoid", "softmax", "forward")
_EARLIER = ("findLetters", "group_lines", "crop_letters")
# What a student lacked at first: a function that was lent for one check is gone in the next, its name is not.
_MISSING: WeakKeyDictionary[Student, list[str]] = WeakKeyDictionary()


def without_nn(student: Student) -> None:
    """Lend those functions of nn.py that the student does not have at all: for the start of a check."""
    missing = _MISSING.setdefault(student, [name for name in _CARRIED if not student.defines(name)])
    _lend(student, missing)


def rescue_reading(student: Student, rng: Any) -> None:
    """Replace nn.py's functions and the three earlier exercises by right ones."""
    _lend(student, [*_CARRIED, *_EARLIER])


def _lend(student: Student, names: list[str]) -> None:
    student.bind(**{name: _untraced(student, name, _RIGHT[name]) for name in names})
    student.transcript.clear()


def _untraced(student: Student, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` for student code to call: odd arguments make the student's code crash, not ours."""

    def lent(*args: Any, **kwargs: Any) -> Any:
        before = len(student.transcript)
        try:
            return function(*args, **kwargs)
        except (StudentTimedOut, StudentDied):
            raise
        except Exception as error:
            raise ArgumentError(f"{name}: {type(error).__name__}") from error
        finally:
            del student.transcript[before:]

    return lent


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


def _sigmoid(x: Any) -> np.ndarray:
    return np.exp(-np.logaddexp(0, -np.asarray(x)))


def _softmax(x: Any) -> np.ndarray:
    odds = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return odds / odds.sum(axis=-1, keepdims=True)


def _forward(X: Any, params: Any, name: str = "", activation: Callable[..., Any] = _sigmoid) -> np.ndarray:
    pre_act = np.asarray(X) @ params["W" + name] + params["b" + name]
    post_act = np.asarray(activation(pre_act))
    if not isinstance(params, dict):
        params["cache_" + name] = (X, pre_act, post_act)
    return post_act


_RIGHT: dict[str, Callable[..., Any]] = {
    "sigmoid": _sigmoid,
    "softmax": _softmax,
    "forward": _forward,
    "findLetters": find_letters,
    "group_lines": group_lines,
    "crop_letters": crop_letters,
}
