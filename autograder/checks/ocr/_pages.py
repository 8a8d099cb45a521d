"""Pages in the grader's own fonts, small ones, with the measures that judge boxes and text on them."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment

from student_lib.handpage import Page, draw_page, random_text
from student_lib.handprint import CLASSES, Masters, draw, load_masters

from ..thresholds import Limit, limit

_DATA = Path(__file__).resolve().parents[2] / "data"
Params = dict[str, np.ndarray]


@lru_cache(maxsize=1)
def _masters() -> Masters:
    return load_masters(_DATA / "handprint_hidden.npz")


@lru_cache(maxsize=1)
def network() -> Params:
    """The grader's letter network (tools/build_ocr_network.py) in float64."""
    with np.load(_DATA / "ocr_network.npz", allow_pickle=False) as file:
        return {key: file[key].astype(np.float64) for key in ("Wlayer1", "blayer1", "Woutput", "boutput")}


def hidden_page(rng, level: int, lines: int = 3, width: int = 10, size: int = 40) -> Page:
    """A page of a few dozen characters at this level, by a hand that no student has seen."""
    text = random_text(rng, lines=lines, width=width)
    return _drawn(level, int(rng.integers(2**31)), text, size)


@lru_cache(maxsize=32)
def _drawn(level: int, seed: int, text: tuple[str, ...], size: int) -> Page:
    """Kept, since every misconception that is tried for a student's page needs the same one."""
    page = draw_page(level, seed, text, range(len(_masters().names)), _masters(), size)
    page.image.setflags(write=False)
    return page


def hidden_letters(rng, labels: np.ndarray, side: int) -> np.ndarray:
    """(N, side, side) ink from 0 to 1 of these classes, each in a hidden font."""
    fonts = rng.integers(len(_masters().names), size=len(labels))
    return draw(_masters().ink, fonts, labels, rng, side)


def letters_of(page: Page) -> str:
    """The page's characters without spaces and line ends, in the order of its boxes."""
    return "".join(page.text).replace(" ", "")


def ocr_limit(name: str) -> Limit:
    """A number of [thresholds] of this assignment."""
    return limit("ocr", name)


# --- measures


def overlaps(boxes: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Intersection over union of each box with each true box, (n, m); 0 for boxes without an inside."""
    a, b = boxes[:, None].astype(float), truth[None].astype(float)
    inside = np.clip(np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2]), 0, None).prod(
        -1
    )
    areas = [np.clip(box[..., 2:] - box[..., :2], 0, None).prod(-1) for box in (a, b)]
    return inside / np.maximum(areas[0] + areas[1] - inside, 1e-9)


def matched(boxes: np.ndarray, truth: np.ndarray, least: float = 0.5) -> int:
    """How many boxes and true boxes pair up, one to one, with an overlap of at least `least`."""
    if len(boxes) == 0 or len(truth) == 0:
        return 0
    overlap = overlaps(boxes, truth)
    pairs = linear_sum_assignment(overlap, maximize=True)
    return int((overlap[pairs] >= least).sum())


def edits(one: str, other: str) -> int:
    """Levenshtein's distance: the fewest insertions, deletions and replacements that make them equal."""
    row = list(range(len(other) + 1))
    for i, x in enumerate(one, 1):
        above, row[0] = row[0], i
        for j, y in enumerate(other, 1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (x != y))
    return row[-1]


def error_rate(found: list[str], true: tuple[str, ...] | list[str]) -> float:
    """Edits between the two texts, line ends included, per character of the true one."""
    return edits("\n".join(found), "\n".join(true)) / len("\n".join(true))


def probabilities(rows: np.ndarray, params: Params) -> np.ndarray:
    """The network's forward pass, in the grader's own words: (N, 36)."""
    hidden = 1 / (1 + np.exp(-np.clip(rows @ params["Wlayer1"] + params["blayer1"], -500, 500)))
    logits = hidden @ params["Woutput"] + params["boutput"]
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


def letters_read(rows: np.ndarray, params: Params) -> str:
    """The likeliest class of each row, as a string."""
    return "".join(CLASSES[k] for k in probabilities(rows, params).argmax(axis=1))
