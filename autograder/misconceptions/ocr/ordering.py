"""Mistakes in group_lines."""

from __future__ import annotations

import numpy as np

from .. import misconception
from ._pages import lines_of


@misconception(
    "ocr.group_lines", "Your lines run from bottom to top: sort them by y, smallest first.", by_symptom=True
)
def bottom_to_top(bboxes):
    return lines_of(bboxes)[::-1]


@misconception("ocr.group_lines", "Letters run from left to right: sort each line by x1.", by_symptom=True)
def right_to_left(bboxes):
    return [line[::-1] for line in lines_of(bboxes)]


@misconception(
    "ocr.group_lines",
    "Letters stay in the order in which they were found: sort each line by x1.",
    by_symptom=True,
)
def order_as_found(bboxes):
    return [sorted(line) for line in lines_of(bboxes)]


@misconception(
    "ocr.group_lines",
    "You return boxes. The lists hold row numbers: bboxes[lines[0][0]] is then the first letter's box.",
    by_symptom=True,
)
def boxes_returned(bboxes):
    boxes = np.asarray(bboxes)
    return [[boxes[i] for i in line] for line in lines_of(boxes)]


@misconception("ocr.group_lines", "Row numbers begin at 0 in Python; yours begin at 1.", by_symptom=True)
def numbers_from_one(bboxes):
    return [[i + 1 for i in line] for line in lines_of(bboxes)]


@misconception(
    "ocr.group_lines",
    "Your last line is missing: a loop that adds a line when the next one starts must add the last one at its end.",
    by_symptom=True,
)
def last_line_lost(bboxes):
    return lines_of(bboxes)[:-1]


@misconception(
    "ocr.group_lines",
    "You compare rows with a fixed number of pixels. Letters of one line differ in height, and pages in size: "
    "compare middles, in parts of the letters' height.",
    by_symptom=True,
    variants=[
        {"pixels": 10},
        {"pixels": 20, "edge": "middle"},
        {"pixels": 30, "edge": "middle"},
        {"pixels": 30},
    ],
)
def pixels_for_lines(bboxes, pixels=20, edge="top"):
    boxes = np.asarray(bboxes)
    places = boxes[:, 0] if edge == "top" else (boxes[:, 0] + boxes[:, 2]) / 2
    lines = []
    for i in np.argsort(places, kind="stable").tolist():
        if lines and abs(places[i] - places[lines[-1][-1]]) <= pixels:
            lines[-1].append(i)
        else:
            lines.append([i])
    return [sorted(line, key=lambda i: boxes[i, 1]) for line in lines]


@misconception(
    "ocr.group_lines",
    "On a tilted page the end of a line leaves its first letter's rows. Compare a box with its neighbours on the line.",
    by_symptom=True,
    variants=[{"mean": True}],
)
def first_letter_decides(bboxes, mean=False):
    boxes = np.asarray(bboxes)
    middles = (boxes[:, 0] + boxes[:, 2]) / 2
    height, lines = np.median(boxes[:, 2] - boxes[:, 0]), []
    for i in np.argsort(middles, kind="stable").tolist():
        if (
            lines
            and abs(middles[i] - (np.mean(middles[lines[-1]]) if mean else middles[lines[-1][0]]))
            < 0.5 * height
        ):
            lines[-1].append(i)
        else:
            lines.append([i])
    return [sorted(line, key=lambda i: boxes[i, 1]) for line in lines]


@misconception(
    "ocr.group_lines",
    "You return one list for the whole page: one list for each line of text.",
    by_symptom=True,
)
def one_line(bboxes):
    return [[i for line in lines_of(bboxes) for i in line]]


@misconception(
    "ocr.group_lines",
    "Each line is sorted by its middle row, not by x1: the letters' heights decide their order.",
    by_symptom=True,
)
def sorted_by_rows(bboxes):
    boxes = np.asarray(bboxes)
    return [sorted(line, key=lambda i: boxes[i, 0]) for line in lines_of(boxes)]
