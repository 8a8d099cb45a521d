"""Hidden checks of `read_text`: lines, letters and spaces of easy pages, by two networks."""

from __future__ import annotations

import numpy as np

from student_lib.handpage import Page
from student_lib.handprint import CLASSES

from .. import NotWritten, Student, StudentError, check, expect, fail_if
from ..thresholds import at_most
from ._lent import read_plainly, rescue_reading, without_nn
from ._pages import Params, edits, error_rate, hidden_page, network, ocr_limit

_SECONDS = 20.0
_SHAPES = {"Wlayer1": (1024, 64), "blayer1": (64,), "Woutput": (64, 36), "boutput": (36,)}


@check(
    "ocr.read_text",
    hint='A list with one string for each line, like ["CHAIN", "RULE 42"]: letters, digits and spaces.',
    rescue=rescue_reading,
    seconds=_SECONDS,
)
def a_string_for_each_line(student, rng):
    """Returns a list of strings, one for each line of the page."""
    page = hidden_page(rng, 1, lines=3)
    fail_if(len(_read(student, page, network())) != len(page.text), "another number of lines")


@check(
    "ocr.read_text",
    hint="Look at your crops beside training images, then at one line: which letters does it get wrong?",
    weight=3,
    rescue=rescue_reading,
    seconds=_SECONDS,
)
def letters_are_read(student, rng):
    """With the grader's network, few characters of two pages (level 1 and 2) are misread, missing or extra."""
    pages = [hidden_page(rng, level, lines=4, width=12) for level in (1, 2)]
    found = [_read(student, page, network()) for page in pages]
    lines = [line.replace(" ", "") for page in found for line in page]
    true = [line.replace(" ", "") for page in pages for line in page.text]
    error, limit = error_rate(lines, true), ocr_limit("letters_error")
    if error > limit:
        _name_another_order(found, pages)
    at_most(error, limit, "letters' error rate", "too many characters are wrong")


@check(
    "ocr.read_text",
    hint="A gap between words is wider than those between letters: compare it with the letters' height.",
    weight=2,
    rescue=rescue_reading,
    seconds=_SECONDS,
)
def words_are_parted(student, rng):
    """A space stands between words, and none inside of them; lines neither begin nor end with one."""
    pages = [hidden_page(rng, level, lines=4, width=14) for level in (1, 2)]
    found = [line for page in pages for line in _read(student, page, network())]
    true = [line for page in pages for line in page.text]
    fail_if(not any(" " in line for line in found), "no spaces")
    fail_if(any(line != line.strip() for line in found), "spaces around a line")
    letters = sum(character != " " for line in found for character in line)
    fail_if(sum(line.count(" ") for line in found) > 0.8 * letters, "a space after every letter")
    forms = [["".join(" " if c == " " else "x" for c in line) for line in text] for text in (found, true)]
    spaces = sum(line.count(" ") for line in true)
    wrong = edits("\n".join(forms[0]), "\n".join(forms[1])) / spaces
    at_most(wrong, ocr_limit("spaces_error"), "wrong places per space", "spaces are wrong")


@check(
    "ocr.read_text",
    hint="Classify with the params that were passed, not with those that the notebook trained.",
    rescue=rescue_reading,
    seconds=_SECONDS,
)
def the_given_network_reads(student, rng):
    """With the columns of the output layer in another order, every letter is read as another one."""
    page, params = hidden_page(rng, 1, lines=3), dict(network())
    for key in ("Woutput", "boutput"):
        params[key] = np.roll(params[key], 5, axis=-1)
    found = "".join(_read(student, page, params)).replace(" ", "")
    turned = "".join(CLASSES[(CLASSES.index(c) + 5) % len(CLASSES)] for c in "".join(page.text) if c != " ")
    straight = "".join(page.text).replace(" ", "")
    fail_if(edits(found, straight) < 0.5 * len(straight), "params is not used")
    error = edits(found, turned) / len(turned)
    at_most(
        error,
        ocr_limit("other_network_error"),
        "error rate with another network",
        "params is not used rightly",
    )


@check(
    "ocr.read_text",
    hint="Your crops must look like the images that your network was trained on.",
    rescue=rescue_reading,
    seconds=_SECONDS,
)
def own_weights_read(student, rng):
    """With the weights of your ocr_weights.npz a page is read about as well as they allow."""
    page, params = hidden_page(rng, 1, lines=4, width=12), _own_weights(student) or network()
    true = [line.replace(" ", "") for line in page.text]
    possible = error_rate(read_plainly(page.image, params), true)
    found = [line.replace(" ", "") for line in _read(student, page, params)]
    at_most(
        error_rate(found, true) - possible,
        ocr_limit("own_weights_excess"),
        "error rate above what these weights allow",
        "too many characters are wrong",
    )


def _read(student: Student, page: Page, params: Params) -> list[str]:
    """The student's lines, as strings of the 36 classes and spaces."""
    without_nn(student)
    value = student.read_text(page.image, params)
    fail_if(type(value) is str, "one string, not a list of lines")
    lines = expect(value, "the text").is_sequence()
    fail_if(any(type(line) in (list, tuple) for line in lines), "lists of letters, not strings")
    fail_if(any(type(line) is not str for line in lines), "a line is not a string")
    fail_if(any(len(line) > 200 for line in lines) or len(lines) > 100, "far too much text")
    fail_if("".join(lines) != "".join(lines).upper(), "lower case")
    fail_if(set("".join(lines)) - set(CLASSES + " "), "other characters than A-Z, 0-9 and spaces")
    return lines


def _own_weights(student: Student) -> Params | None:
    """The submitted weights; None without a good file, for which the exercise `weights` has its points."""
    before = len(student.transcript)
    try:
        file = student.given("numpy", "load")("ocr_weights.npz")
        params = {key: np.asarray(file[key], dtype=float) for key in _SHAPES}
    except (StudentError, NotWritten, LookupError, TypeError, ValueError):
        return None
    finally:
        del student.transcript[before:]
    good = all(
        params[key].shape == shape and np.isfinite(params[key]).all() for key, shape in _SHAPES.items()
    )
    return params if good else None


def _name_another_order(found: list[list[str]], pages: list[Page]) -> None:
    """Name a text that would be right if it were read in another way."""
    turned = CLASSES[26:] + CLASSES[:26]
    readings = {
        "lines from bottom to top": lambda lines: lines[::-1],
        "letters from right to left": lambda lines: [line[::-1] for line in lines],
        "digits before letters": lambda lines: [
            "".join(CLASSES[turned.index(c)] for c in line) for line in lines
        ],
    }
    limit = ocr_limit("letters_error")
    true = [line.replace(" ", "") for page in pages for line in page.text]
    for symptom, reading in readings.items():
        lines = [line for page in found for line in reading([text.replace(" ", "") for text in page])]
        fail_if(error_rate(lines, true) <= limit, symptom)
