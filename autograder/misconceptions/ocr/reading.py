"""Mistakes in read_text."""

from __future__ import annotations

import numpy as np

from student_lib.handprint import CLASSES

from .. import misconception
from ._pages import lines_of, read, rows_of


@misconception(
    "ocr.read_text",
    "Your lines have no spaces. Where the gap between two boxes is wide, in parts of a letter's height, put one.",
    by_symptom=True,
)
def no_spaces(image, params):
    return read(image, params, gap=lambda gaps, height: np.zeros(len(gaps), dtype=bool))


@misconception(
    "ocr.read_text", "You put a space after every letter: only wide gaps part words.", by_symptom=True
)
def space_after_every_letter(image, params):
    return read(image, params, gap=lambda gaps, height: np.ones(len(gaps), dtype=bool))


@misconception(
    "ocr.read_text",
    "Your limit for a gap parts words, or joins them. Look at the gaps of one page, in letters' heights.",
    by_symptom=True,
    variants=[{"limit": 0.35}, {"limit": 0.45}, {"limit": 1.6}, {"limit": 2.5}],
)
def wrong_gap(image, params, limit=0.4):
    return read(image, params, gap=lambda gaps, height: gaps > limit * height)


@misconception(
    "ocr.read_text", "You return one string. Return a list with a string for each line.", by_symptom=True
)
def one_string(image, params):
    return "\n".join(read(image, params))


@misconception(
    "ocr.read_text", "Your lines are lists of letters. Join them: ''.join(letters).", by_symptom=True
)
def lists_of_letters(image, params):
    return [list(line) for line in read(image, params)]


@misconception(
    "ocr.read_text",
    "In the labels A to Z come first, then 0 to 9: class 0 is A. Use CLASSES.",
    by_symptom=True,
)
def digits_first(image, params):
    return read(image, params, classes=CLASSES[26:] + CLASSES[:26])


@misconception("ocr.read_text", "Your lines run from bottom to top.", by_symptom=True)
def lines_upside_down(image, params):
    return read(image, params)[::-1]


@misconception("ocr.read_text", "Your letters run from right to left.", by_symptom=True)
def letters_backwards(image, params):
    return read(
        image,
        params,
        lines=lambda boxes: [line[::-1] for line in lines_of(boxes)],
        gap=lambda g, h: -g > 3 * h,
    )


@misconception(
    "ocr.read_text",
    "Letters are classified upright, or black on white the wrong way round: use the rows that crop_letters gives.",
    by_symptom=True,
    variants=[{"inverted": True}],
)
def rows_changed_again(image, params, inverted=False):
    if inverted:
        return read(image, params, crops=lambda crops: 1 - rows_of(crops))
    return read(image, params, crops=lambda crops: (1 - crops).reshape(-1, 1024))


@misconception(
    "ocr.read_text",
    "All letters land in one line: use the lines of group_lines, one string for each.",
    by_symptom=True,
)
def all_in_one_line(image, params):
    return [" ".join(read(image, params))]


@misconception(
    "ocr.read_text",
    "params is not used: you classify with the network of the notebook. Use the argument.",
    by_symptom=True,
)
def global_network(image, params):
    # Whatever is passed, the same letters: a fixed network stands for the notebook's.
    from autograder.checks.ocr._pages import network

    return read(image, network())


@misconception("ocr.read_text", "Each line ends, or begins, with a space: strip it.", by_symptom=True)
def space_at_the_end(image, params):
    return [line + " " for line in read(image, params)]


@misconception("ocr.read_text", "Lower case: the classes are capitals and digits.", by_symptom=True)
def lower_case(image, params):
    return [line.lower() for line in read(image, params)]
