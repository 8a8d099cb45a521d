"""`chainrule pages`: new practice or examination pages with ground truth, from any of the three sets of fonts.

`hidden_masters()` are the fonts that students do not get; hidden checks draw their pages and samples with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from student_lib.handpage import Page, draw_page
from student_lib.handprint import VALID, Masters, load_masters

HIDDEN = "hidden"
_HIDDEN_MASTERS = Path(__file__).resolve().parents[1] / "data" / "handprint_hidden.npz"


def hidden_masters() -> Masters:
    """The five fonts that only the grader has; their `parts` are all "hidden"."""
    return load_masters(_HIDDEN_MASTERS)


def make_pages(
    levels: Iterable[int],
    count: int,
    fonts: str = VALID,
    seed: int = 0,
    size: int = 40,
    progress: Callable[[int, int], None] | None = None,
) -> list[Page]:
    """`count` pages of each level, named levelL_N. The fonts of a part take turns; `seed` chooses who starts.

    A page depends on the seed, its level and its number alone, so more pages do not change the first ones.
    """
    masters = hidden_masters() if fonts == HIDDEN else load_masters()
    mine = masters.fonts(fonts)
    levels = sorted(set(levels))
    pages = []
    for level in levels:
        for number in range(count):
            font = mine[(np.random.default_rng([seed, level]).integers(len(mine)) + number) % len(mine)]
            page = draw_page(level, [seed, level, number], fonts=[font], masters=masters, size=size)
            pages.append(replace(page, name=f"level{level}_{number}"))
            if progress:
                progress(len(pages), len(levels) * count)
    return pages
