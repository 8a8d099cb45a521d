"""read_text.ipynb: its checks and misconceptions, the figures, and the numbers that its text gives."""

import json
import zlib
from pathlib import Path

import matplotlib
import nbformat
import numpy as np
import pytest
from hidden_suite import points_of

from autograder import reference
from autograder.checks import checks_of, thresholds
from autograder.checks.ocr import _lent, _pages
from autograder.checks.runner import local_student, run_exercise, try_check
from autograder.misconceptions import misconceptions_of
from autograder.solutions.corpus import load
from student_lib import plot_pages
from student_lib.pages import load_page

matplotlib.use("Agg")

EXERCISES = ("ocr.findLetters", "ocr.group_lines", "ocr.crop_letters", "ocr.read_text")
NOTEBOOK = Path(__file__).resolve().parents[1] / "source" / "ocr" / "read_text.ipynb"
# What assignment.toml had at first, so that these tests do not depend on what is picked there.
LIMITS = {
    f"{page}_{kind}": 0.93 for page in ("level_1", "level_2", "large") for kind in ("recall", "precision")
}
LIMITS |= {"level_3_recall": 0.9, "level_3_precision": 0.9, "level_4_recall": 0.85, "level_4_precision": 0.85}
LIMITS |= {"crops_read": 0.68, "letters_error": 0.5, "spaces_error": 0.4}
LIMITS |= {"other_network_error": 0.78, "own_weights_excess": 0.42}


@pytest.fixture(autouse=True)
def limits():
    with thresholds.using({"ocr": LIMITS}):
        yield
    matplotlib.pyplot.close("all")


def names_of(exercise="ocr.read_text", **changes):
    """The reference's own namespace, with the layers that the notebook imports from nn.py."""
    names, layers = reference.namespace(exercise), reference.namespace("backprop.forward")
    names.update({name: layers[name] for name in ("forward", "sigmoid", "softmax")} | changes)
    return names


def graded(exercise, make_names, seed=0):
    def seed_of(name):
        return zlib.crc32(f"{seed} {name}".encode())

    return run_exercise(exercise, lambda: local_student(make_names()), seed_of, 10.0, "read_text")


# --- checks


@pytest.mark.slow
@pytest.mark.parametrize("exercise", EXERCISES)
def test_the_reference_passes_every_check(exercise):
    result = graded(exercise, lambda: names_of(exercise), seed=1)
    assert result.score == result.max_score, [(c.name, c.symptom, c.error) for c in result.checks]


@pytest.mark.slow
@pytest.mark.parametrize("exercise", EXERCISES)
def test_every_misconception_fails_a_check_of_its_exercise(exercise):
    unharmed = []
    for mistake in misconceptions_of(exercise):
        student = local_student(names_of(exercise, **{mistake.replaces: mistake.function}))
        outcomes = (try_check(check, lambda student=student: student, 7) for check in checks_of(exercise))
        if all(outcome.earns for outcome in outcomes):
            unharmed.append(mistake.name)
    assert not unharmed


def test_wrong_earlier_exercises_cost_read_text_nothing():
    def broken(*args):
        raise ValueError("not finished")

    changes = dict.fromkeys(("findLetters", "group_lines", "crop_letters"), broken)
    result = graded("ocr.read_text", lambda: names_of(**changes))
    assert result.score == result.max_score, [(c.name, c.symptom, c.error) for c in result.checks]


def test_without_nn_py_the_layers_are_lent():
    result = graded("ocr.read_text", lambda: reference.namespace("ocr.read_text"))
    assert result.score == result.max_score, [(c.name, c.symptom, c.error) for c in result.checks]


def test_a_stub_is_not_written():
    def stub(image, params):
        raise NotImplementedError("ocr.read_text")

    result = graded("ocr.read_text", lambda: names_of(read_text=stub))
    assert result.score == 0
    assert {check.verdict.value for check in result.checks} == {"not_written"}


def test_submitted_weights_are_used_when_they_are_good(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    seen = []

    def read_text(image, params):
        seen.append(float(params["boutput"][0]))
        return []

    check = next(check for check in checks_of("ocr.read_text") if check.name == "own_weights_read")
    np.savez("ocr_weights.npz", **(_pages.network() | {"boutput": np.full(36, 0.5)}))
    try_check(check, lambda: local_student(names_of(read_text=read_text)), 1)
    np.savez("ocr_weights.npz", **(_pages.network() | {"boutput": np.full(35, 0.5)}))
    try_check(check, lambda: local_student(names_of(read_text=read_text)), 1)
    assert seen == [0.5, float(_pages.network()["boutput"][0])]


def test_the_corpus_is_large_enough_and_knows_its_names():
    mine = [solution for solution in load("ocr") if solution.exercise in EXERCISES]
    known = {mistake.name for exercise in EXERCISES for mistake in misconceptions_of(exercise)}
    assert sum(solution.kind == "wrong" for solution in mine) >= 25
    assert sum(solution.kind == "right" for solution in mine) >= 13
    assert {solution.expects for solution in mine if solution.expects} <= known


# --- measures


def test_edits_counts_insertions_deletions_and_replacements():
    assert _pages.edits("", "AB") == 2
    assert _pages.edits("KITTEN", "SITTING") == 3
    assert _pages.error_rate(["AB", "C"], ["AB", "CD"]) == 1 / 5


def test_boxes_match_one_to_one():
    truth = np.array([[0, 0, 10, 10], [0, 20, 10, 30]])
    twice = np.array([[0, 0, 10, 10], [0, 1, 10, 11], [0, 26, 10, 36]])
    assert _pages.matched(truth, truth) == 2
    assert _pages.matched(twice, truth) == 1
    assert _pages.matched(truth[:, [1, 0, 3, 2]], truth) == 1
    assert plot_pages.count_boxes(twice, truth) == (1, 2, 1)
    assert plot_pages.count_boxes(np.zeros((0, 4)), truth) == (0, 0, 2)


def test_the_lent_functions_read_an_easy_page():
    rng = np.random.default_rng(5)
    page = _pages.hidden_page(rng, 1)
    boxes, bw = _lent.find_letters(page.image)
    assert _pages.matched(boxes, page.boxes) == len(page.boxes)
    assert bw.min() == 0
    assert bw.max() == 1
    lines = _lent.read_plainly(page.image, _pages.network())
    assert _pages.error_rate(lines, [line.replace(" ", "") for line in page.text]) < 0.5


# --- the notebook


def test_its_points_are_those_of_the_assignment():
    points = points_of(NOTEBOOK).values()
    assert sum(points) == 35
    nbformat.validate(nbformat.read(NOTEBOOK, as_version=4))


def test_closing_mends_a_page_and_ruins_another_as_the_text_says():
    find = names_of("ocr.findLetters")["findLetters"]
    page, crowded = load_page("level1_1"), load_page("level4_1")
    skips = page.image.copy()
    skips[:, np.arange(skips.shape[1]) % 17 < 4] = np.percentile(skips, 90)
    found = [plot_pages.count_boxes(find(skips, closing=radius)[0], page.boxes)[0] for radius in (0, 0.09)]
    ruined = [plot_pages.count_boxes(find(crowded.image, closing=r)[0], crowded.boxes)[0] for r in (0, 0.09)]
    assert (found, ruined) == ([17, 52], [53, 35])


def test_the_colleague_of_the_opening_does_not_transpose():
    names = names_of()
    right = names["crop_letters"]
    names["crop_letters"] = lambda *cut: right(*cut).reshape(-1, 32, 32).transpose(0, 2, 1).reshape(-1, 1024)
    page = load_page("level2_1")
    lines = names["read_text"](page.image, _pages.network())
    opening = next(
        cell for cell in json.loads(NOTEBOOK.read_text())["cells"] if cell["id"] == "opening-picture"
    )
    assert all(f'"{line}"' in "".join(opening["source"]) for line in lines)


def test_every_figure_is_drawn(tmp_path):
    page = load_page("level1_0")
    rows = np.random.default_rng(0).random((14, 1024))
    lines = _lent.group_lines(page.boxes)
    plot_pages.steps({"a": np.zeros((4, 5)), "b": np.zeros((4, 5, 3))}, "t", tmp_path / "1.png")
    plot_pages.boxes_on_page(page, page.boxes[3:], path=tmp_path / "2.png")
    plot_pages.boxes_on_pages(
        [page] * 3, [page.boxes, page.boxes[:0], page.boxes + 9], "t", tmp_path / "3.png"
    )
    plot_pages.panel(page, lambda image, closing: _lent.find_letters(image), tmp_path / "4.png", closing=0.1)
    plot_pages.curves([0, 1], {"a": [1, 2], "b": [2, 1]}, ("x", "y"), "t", tmp_path / "5.png")
    plot_pages.reading_order(page, page.boxes, lines, "t", tmp_path / "6.png")
    plot_pages.sheet(rows, "AB", path=tmp_path / "7.png")
    plot_pages.compare_crops(rows, rows, "t", tmp_path / "8.png")
    assert len(list(tmp_path.iterdir())) == 8
