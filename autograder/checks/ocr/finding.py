"""Hidden checks of `findLetters`: boxes and the black-and-white picture of pages in the grader's fonts."""

from __future__ import annotations

import numpy as np

from student_lib.handpage import Page

from .. import Student, check, expect, fail_if
from ..thresholds import at_least
from ._pages import hidden_page, matched, ocr_limit

_SECONDS = 20.0


@check(
    "ocr.findLetters",
    hint="return bboxes, bw: an array with a row of four numbers for each character, and a float picture.",
    seconds=_SECONDS,
)
def boxes_and_picture_have_their_form(student, rng):
    """Returns bboxes (n, 4) inside the page and bw (h, w), a float picture from 0 to 1; the image is unchanged."""
    page = hidden_page(rng, 1, lines=2)
    image = student.array(page.image)
    boxes, bw = _pair(student, image)
    expect(image.value(), "image").unchanged(page.image)
    fail_if(bw.dtype.kind != "f", "bw: not float")
    fail_if(bw.max() > 1 and bw.max() > 200, "bw: up to 255")
    expect(bw, "bw").between(0, 1)
    fail_if(len(boxes) == 0, "no boxes")
    height, width = page.image.shape[:2]
    _fail_for_another_form(boxes, page.boxes)
    fail_if(boxes.min() < 0 or (boxes > [height, width, height, width]).any(), "bboxes: beyond the page")


@check(
    "ocr.findLetters",
    hint="Characters are 0 (black), the paper is 1 (white): the other way round than a mask of the ink.",
    weight=2,
    seconds=_SECONDS,
)
def ink_is_black_on_white(student, rng):
    """In bw the ink of an easy page is near 0 and its paper near 1."""
    page = hidden_page(rng, 1, lines=2)
    _, bw = _pair(student, page.image)
    expect(bw, "bw").is_finite()
    gray = page.image.mean(axis=2) / 255
    dark, light = bw[gray < 0.3].mean(), bw[gray > 0.85].mean()
    fail_if(light < 0.3 and dark > 0.7, "bw: black and white are swapped")
    fail_if(light < 0.9, "bw: the paper is not white")
    fail_if(dark > 0.2, "bw: the ink is not black")


@check(
    "ocr.findLetters",
    hint="Each row is [y1, x1, y2, x2]: first rows, then columns; corners, not width and height.",
    weight=3,
    seconds=_SECONDS,
)
def an_easy_page(student, rng):
    """Nearly a scan (level 1): the characters are found, one box each, and nothing else."""
    _judge(student, rng, "level_1", [hidden_page(rng, 1), hidden_page(rng, 1)])


@check(
    "ocr.findLetters",
    hint="One threshold for the whole page fails where its light falls off: look at bw of a page of level 2.",
    weight=2,
    seconds=_SECONDS,
)
def uneven_light(student, rng):
    """Light that falls off, blur and noise (level 2): the characters are found, and little else."""
    _judge(student, rng, "level_2", [hidden_page(rng, 2), hidden_page(rng, 2)])


@check(
    "ocr.findLetters",
    hint="Compare each pixel with the paper around it; leave out what is too small or too long for a letter.",
    seconds=_SECONDS,
)
def shadow_and_ruled_paper(student, rng):
    """A shadow and pale ruled lines (level 3): most characters are found, and little else."""
    _judge(student, rng, "level_3", [hidden_page(rng, 3), hidden_page(rng, 3)])


@check(
    "ocr.findLetters",
    hint="Dark rules and a deep shadow: estimate the paper's brightness everywhere, then look at sizes and shapes.",
    seconds=_SECONDS,
)
def the_hardest_pages(student, rng):
    """Dark rules, a deep shadow, pale ink, an unsteady hand (level 4): most characters are found."""
    _judge(student, rng, "level_4", [hidden_page(rng, 4) for _ in range(3)])


@check(
    "ocr.findLetters",
    hint="Sizes in pixels fit one page only: measure the letters first, then say what is too small.",
    seconds=_SECONDS,
)
def letters_of_another_size(student, rng):
    """Letters almost twice as large as on the practice pages are found as well."""
    _judge(student, rng, "large", [hidden_page(rng, 2, lines=2, width=8, size=72)])


@check(
    "ocr.findLetters",
    hint="skimage.util.img_as_float makes one kind of every picture; a grey one has two axes.",
    seconds=_SECONDS,
)
def floats_and_grey_pictures(student, rng):
    """The same page as floats from 0 to 1, and as a grey picture (h, w), gives the characters too."""
    page = hidden_page(rng, 1, lines=2)
    for kind, image in (("float", page.image / 255.0), ("grey", page.image.mean(axis=2) / 255.0)):
        boxes, bw = _pair(student, image)
        fail_if(matched(boxes, page.boxes) < 0.8 * len(page.boxes), f"{kind}: other boxes than for RGB bytes")
        expect(bw, f"bw of {kind}").between(0, 1)


def _pair(student: Student, image: object) -> tuple[np.ndarray, np.ndarray]:
    """The student's boxes (n, 4) and their bw, of the picture's size."""
    shape = image.shape[:2] if isinstance(image, np.ndarray) else image.value().shape[:2]
    bboxes, bw = expect(student.findLetters(image)).is_pair()
    fail_if(np.ndim(bboxes) == 2 and np.ndim(bw) == 2 and np.shape(bw)[1] == 4, "bw before bboxes")
    boxes = expect(bboxes, "bboxes").is_finite()
    boxes = boxes.reshape(-1, 4) if boxes.size == 0 else boxes
    fail_if(boxes.ndim != 2 or boxes.shape[1] != 4, "bboxes: not rows of four")
    picture = expect(bw, "bw").is_numeric()
    fail_if(picture.ndim == 3, "bw: three axes")
    fail_if(picture.shape != shape, "bw: another size than the page")
    return boxes, picture


def _judge(student: Student, rng, name: str, pages: list[Page]) -> None:
    """Recall and precision over the pages keep to the limits NAME_recall and NAME_precision."""
    found = right = there = 0
    for page in pages:
        boxes, _ = _pair(student, page.image)
        _fail_for_another_form(boxes, page.boxes)
        found, there = found + len(boxes), there + len(page.boxes)
        right += matched(boxes, page.boxes)
    limits = [ocr_limit(f"{name}_{kind}") for kind in ("recall", "precision")]
    at_least(right / there, limits[0], f"{name}: recall", "letters are missed")
    at_least(right / max(found, 1), limits[1], f"{name}: precision", "boxes without a letter")


def _fail_for_another_form(boxes: np.ndarray, truth: np.ndarray) -> None:
    """Name boxes that would be right if they were read in another way."""
    enough = 0.6 * len(truth)
    if matched(boxes, truth) >= enough:
        return
    a, b, c, d = boxes.T
    readings = {
        "columns before rows": (b, a, d, c),
        "x, y, width, height": (b, a, b + d, a + c),
        "y, x, height, width": (a, b, a + c, b + d),
        "both rows, then both columns": (a, c, b, d),
        "both columns, then both rows": (c, a, d, b),
        "lower corner first": (c, d, a, b),
    }
    for symptom, reading in readings.items():
        fail_if(matched(np.stack(reading, axis=1), truth) >= enough, f"bboxes: {symptom}")
