"""docs/security.md cannot go stale: its table has each attack of the corpus once, and says what the figures say."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

from attacks import load

DOCS = Path(__file__).parents[1] / "docs"
NAMES = [f"{attack.section}.{attack.name}" for attack in load()]


def rows() -> list[list[str]]:
    """The cells of the table's rows, between the markers."""
    page = (DOCS / "security.md").read_text(encoding="utf-8")
    table = re.search("<!-- attacks -->(.*)<!-- end of attacks -->", page, re.DOTALL)[1]
    lines = [line for line in table.splitlines() if line.startswith("| `")]
    return [re.split(r"(?<!\\)\|", line)[1:-1] for line in lines]


def test_each_attack_stands_in_the_table_once():
    listed = Counter(row[0].strip().strip("`") for row in rows())
    missing = [name for name in NAMES if listed[name] != 1]
    assert not missing, f"run `python -m benchmarks.attacks --only {' '.join(missing)}`"
    assert set(listed) == set(NAMES)


def test_each_row_has_both_outcomes():
    assert [row[0] for row in rows() if len(row) != 4 or not all(cell.strip() for cell in row)] == []


def test_the_figures_are_those_of_the_table():
    figures = json.loads((DOCS / "security.json").read_text(encoding="utf-8"))
    assert list(figures["attacks"]) == [row[0].strip().strip("`") for row in rows()]


def test_chainrule_held_against_each_attack():
    figures = json.loads((DOCS / "security.json").read_text(encoding="utf-8"))["attacks"]
    assert {name: row["chainrule"] for name, row in figures.items() if row["chainrule"] != "held"} == {}


def test_attacks_that_would_harm_the_machine_are_not_run_and_say_why():
    figures = json.loads((DOCS / "security.json").read_text(encoding="utf-8"))["attacks"]
    harmful = {
        f"{attack.section}.{attack.name}": attack.stock_harms for attack in load() if attack.stock_harms
    }
    told = {name: row["stock"] for name, row in figures.items() if row["stock"].startswith("not run")}
    assert told == {name: f"not run: {why}" for name, why in harmful.items()}
