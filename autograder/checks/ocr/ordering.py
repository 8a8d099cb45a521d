"""Hidden checks of `group_lines`: boxes of made-up pages, shuffled, back into reading order."""

from __future__ import annotations

import numpy as np

from .. import Student, check, expect, fail_if

# --- group_lines


@check(
    "ocr.group_lines",
    hint="Letters of one line have nearly the same middle row; a new line starts where the rows jump.",
    weight=3,
)
def level_lines_in_reading_order(student, rng):
    """Shuffled boxes of level lines come back as lines from top to bottom, each from left to right."""
    for lengths in ((4, 7, 3, 5), (2, 6)):
        _judge(student, rng, _page(rng, lengths))


@check(
    "ocr.group_lines",
    hint="Sort each line by x1 on its own; a box that was found first need not stand first.",
)
def tall_and_small_letters(student, rng):
    """Letters of different heights, standing on one baseline, stay in one line."""
    _judge(student, rng, _page(rng, (6, 5, 6), heights=(16, 40)))


@check(
    "ocr.group_lines",
    hint="On a tilted line the first and the last letter may share no row: compare a box with its neighbours.",
)
def tilted_lines(student, rng):
    """Lines that climb or fall by 2.5 degrees across the page stay together."""
    for slope in (0.044, -0.044):
        _judge(student, rng, _page(rng, (13, 14, 12), slope=slope))


@check(
    "ocr.group_lines",
    hint="Measure the letters, for instance the median height, and compare with that instead of with pixels.",
)
def letters_of_any_size(student, rng):
    """The same page in letters of 12 and of 200 pixels gives the same lines."""
    boxes, lines = _page(rng, (5, 3, 6))
    for scale in (0.3, 5):
        _judge(student, rng, (np.round(boxes * scale).astype(int), lines))


@check("ocr.group_lines", hint="Return every row number exactly once; lines may have a single letter.")
def every_box_exactly_once(student, rng):
    """One line, single letters and a single box work; bboxes is unchanged."""
    for lengths in ((1, 4, 1), (5,), (1,)):
        boxes, lines = _page(rng, lengths)
        kept = student.array(boxes)
        _expect_lines(student.group_lines(kept), lines, len(boxes))
        expect(kept.value(), "bboxes").unchanged(boxes)


def _page(
    rng, lengths: tuple[int, ...], heights: tuple[int, int] = (30, 40), slope: float = 0.0
) -> tuple[np.ndarray, list[list[int]]]:
    """Shuffled boxes (n, 4) of lines with so many letters, and the lines as lists of their row numbers."""
    places, lines, start = [], [], int(rng.integers(5, 30))
    for number, length in enumerate(lengths):
        x, line = start + float(rng.uniform(0, 30)), []
        for _ in range(length):
            tall, wide = rng.integers(heights[0], heights[1] + 1), rng.integers(12, 36)
            bottom = 80 + 70 * number + slope * x + rng.normal(0, 1)
            line.append(len(places))
            places.append((bottom - tall, x, bottom, x + wide))
            x += wide + rng.choice([8, 12, 40], p=[0.4, 0.4, 0.2])
        lines.append(line)
    boxes = np.round(places).astype(int)
    boxes[:, [0, 2]] -= min(0, boxes[:, 0].min())
    order = rng.permutation(len(boxes))
    place = np.argsort(order)
    return boxes[order], [[int(place[i]) for i in line] for line in lines]


def _judge(student: Student, rng, page: tuple[np.ndarray, list[list[int]]]) -> None:
    boxes, lines = page
    _expect_lines(student.group_lines(boxes), lines, len(boxes))


def _expect_lines(value: object, lines: list[list[int]], count: int) -> None:
    """Fail unless `value` is `lines`, with the symptom that fits best."""
    found = []
    for line in expect(value, "the lines").is_sequence():
        array = expect(line, "a line").is_numeric()
        fail_if(array.ndim == 2 and array.shape[1] == 4, "boxes instead of row numbers")
        fail_if(array.ndim != 1 or array.size == 0, "a line is not a list of row numbers")
        fail_if(array.dtype.kind != "i" and not np.array_equal(array, np.round(array)), "no row numbers")
        found.append([int(i) for i in array])
    numbers = sorted(i for line in found for i in line)
    fail_if(len(numbers) != count or len(set(numbers)) != count, "boxes are missing or repeated")
    fail_if(numbers != list(range(count)), "row numbers do not start at 0")
    if found == lines:
        return
    fail_if(found == lines[::-1] and len(lines) > 1, "lines from bottom to top")
    fail_if(found == [line[::-1] for line in lines], "letters from right to left")
    members = {frozenset(line) for line in lines}
    fail_if(len(found) < len(lines), "lines are joined")
    fail_if(len(found) > len(lines), "lines are split")
    fail_if({frozenset(line) for line in found} != members, "a letter in another line")
    fail_if([set(line) for line in found] != [set(line) for line in lines], "lines are in another order")
    fail_if(True, "letters are in another order")
