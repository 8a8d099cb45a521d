"""docs/audits.md cannot go stale: it counts the corpus as it is, and nothing in it fared wrongly."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from conftest import CHECKOUT

from autograder.course import Course
from autograder.solutions import corpus
from benchmarks.audits import page

FOUND = json.loads((CHECKOUT / "docs" / "audits.json").read_text(encoding="utf-8"))
NAMES = [assignment.name for assignment in Course(CHECKOUT).assignments()]


@pytest.mark.parametrize("name", NAMES)
def test_every_solution_of_the_corpus_was_audited_and_judged_as_it_is(name):
    kinds = Counter(solution.kind for solution in corpus.load(name))
    row = FOUND[name]
    advice = f"run `python -m benchmarks.audits {name}`"
    assert (row["wrong"], row["right"]) == (kinds["wrong"], kinds["right"]), advice
    assert (row["caught"], row["accepted"]) == (row["wrong"], row["right"])
    assert row["broken"] == row["unsteady"] == []
    assert row["named"] >= 0.85 * row["wrong"]


def test_the_page_says_what_the_figures_say():
    assert list(FOUND) == sorted(NAMES)
    assert (CHECKOUT / "docs" / "audits.md").read_text(encoding="utf-8") == page(FOUND)
