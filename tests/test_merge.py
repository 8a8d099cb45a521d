"""Merging: whatever Jupyter, an editor or a student did to the notebook, it can be graded."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import nbformat
import pytest
from conftest import tiny_notebook
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.errors import SubmissionError
from autograder.pipeline.merge import MergedNotebook, Released, Role, merge, read_released
from autograder.pipeline.reader import MAX_BYTES, MAX_CELLS

WRITTEN = "def softmax(x):\n    return np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)"
STUB = 'raise NotImplementedError("backprop.{}: write this function, then run the check below.")'


def released_form() -> dict[str, Any]:
    """The tiny notebook as a release, made by hand: merging needs no nbgrader."""
    notebook = json.loads(nbformat.writes(tiny_notebook()))
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        before, _, _ = text.partition("    ### BEGIN SOLUTION")
        if before != text:
            text = before + "    " + STUB.format(cell["id"].split("-")[1])
        cell["source"] = text.partition("\n### BEGIN HIDDEN")[0]
        if cell["id"] == "backprop-why-random":
            cell["source"] = "*Write your answer here.*"
    return notebook


RELEASED: Released = read_released("tiny", json.dumps(released_form()).encode())


def merged(change: Callable[[list[dict[str, Any]]], Any] | None = None) -> MergedNotebook:
    """The released notebook, changed as a student might have, and merged."""
    notebook = released_form()
    if change is not None:
        change(notebook["cells"])
    return merge(RELEASED, json.dumps(notebook).encode())


def at(cells: list[dict[str, Any]], grade_id: str) -> int:
    ids = [cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in cells]
    return ids.index(grade_id)


def write(cells: list[dict[str, Any]], grade_id: str, source: str) -> None:
    cells[at(cells, grade_id)]["source"] = source


def ids(notebook: MergedNotebook) -> list[str]:
    return [cell.grade_id or cell.cell_id for cell in notebook.cells]


def find(notebook: MergedNotebook, grade_id: str) -> Any:
    return next(cell for cell in notebook.cells if cell.grade_id == grade_id)


UNTOUCHED = merged()


def test_an_untouched_release_stays_as_it_is() -> None:
    assert UNTOUCHED.flags == []
    assert [cell.source for cell in UNTOUCHED.cells] == [cell["source"] for cell in RELEASED.cells]
    assert [cell.cell_id for cell in UNTOUCHED.cells] == [cell["id"] for cell in RELEASED.cells]
    assert [(cell.exercise, cell.points) for cell in UNTOUCHED.graded()] == [
        ("backprop.sigmoid", 2),
        ("backprop.softmax", 3),
    ]
    assert [(cell.id, cell.max_score, cell.answered) for cell in UNTOUCHED.written()] == [
        ("backprop.why_random", 1, False)
    ]
    assert UNTOUCHED.cells[0].role is Role.TEXT
    roles = {cell.grade_id: cell.role for cell in UNTOUCHED.cells}
    assert roles["backprop.tiny-setup"] is Role.GIVEN
    assert roles["backprop.softmax-check"] is Role.CHECK


def test_nothing_submitted_gives_the_released_form() -> None:
    nothing = merge(RELEASED, None)
    assert nothing.cells == UNTOUCHED.cells
    assert (nothing.submitted, UNTOUCHED.submitted) == (False, True)
    assert nothing.digest == UNTOUCHED.digest


def test_code_that_runs_leaves_out_graded_cells_and_text() -> None:
    roles = [cell.role for cell in UNTOUCHED.code()]
    assert roles == [Role.GIVEN, *[Role.SOLUTION, Role.CHECK] * 1, Role.EXTRA, Role.SOLUTION, Role.CHECK]


def test_the_students_solution_and_answer_are_kept() -> None:
    def change(cells):
        write(cells, "backprop.softmax-solution", WRITTEN)
        write(cells, "backprop.why_random", "Symmetry.")

    result = merged(change)
    assert find(result, "backprop.softmax-solution").source == WRITTEN
    assert find(result, "backprop.why_random").source == "Symmetry."
    assert [answer.answered for answer in result.written()] == [True]
    assert result.flags == []


@pytest.mark.parametrize("text", ["", "  \n", "*Write  your\nanswer here.*  "])
def test_an_answer_that_holds_only_the_stub_is_not_answered(text: str) -> None:
    result = merged(lambda cells: write(cells, "backprop.why_random", text))
    assert [answer.answered for answer in result.written()] == [False]


@pytest.mark.parametrize("id", ["backprop.softmax", "backprop.softmax-check", "backprop.softmax-text"])
def test_locked_cells_come_back_from_the_release(id: str) -> None:
    result = merged(lambda cells: write(cells, id, "score = 10"))
    assert result.flags == [f"{id} had been changed: restored from the release"]
    assert result == MergedNotebook("tiny", UNTOUCHED.cells, result.flags)


def test_points_and_roles_never_come_from_the_student() -> None:
    def change(cells):
        data = cells[at(cells, "backprop.softmax")]["metadata"]["nbgrader"]
        data.update(points=1000, grade=False, solution=True, locked=False)

    assert merged(change).cells == UNTOUCHED.cells


@pytest.mark.parametrize("cell", UNTOUCHED.cells, ids=lambda cell: cell.cell_id)
def test_any_single_deleted_cell_comes_back_in_its_place(cell: Any) -> None:
    place = UNTOUCHED.cells.index(cell)
    result = merged(lambda cells: cells.pop(place))
    if cell.grade_id is None:
        assert ids(result) == [id for id in ids(UNTOUCHED) if id != cell.cell_id]
        return
    assert sorted(ids(result)) == sorted(ids(UNTOUCHED))
    order = [id for id in ids(result) if id in {other.grade_id for other in UNTOUCHED.cells}]
    assert order == [other.grade_id for other in UNTOUCHED.cells if other.grade_id]
    assert result.flags == [f"{cell.grade_id} was missing: restored from the release"]


def test_an_empty_notebook_becomes_the_release_without_its_plain_cells() -> None:
    result = merged(lambda cells: cells.clear())
    assert ids(result) == [cell.grade_id for cell in UNTOUCHED.cells if cell.grade_id]


@pytest.mark.parametrize("kind", ["markdown", "raw"])
def test_a_retyped_solution_is_code_again(kind: str) -> None:
    def change(cells):
        write(cells, "backprop.softmax-solution", WRITTEN)
        cells[at(cells, "backprop.softmax-solution")]["cell_type"] = kind

    result = merged(change)
    solution = find(result, "backprop.softmax-solution")
    assert (solution.cell_type, solution.source) == ("code", WRITTEN)
    assert result.flags == [f"backprop.softmax-solution had become a {kind} cell: turned back into code"]


def test_all_copies_of_a_solution_run_at_the_place_of_the_first() -> None:
    def change(cells):
        write(cells, "backprop.softmax-solution", "# the first half\nhelper = 1")
        second = copy.deepcopy(cells[at(cells, "backprop.softmax-solution")])
        cells.append({**second, "source": WRITTEN, "id": "second"})

    result = merged(change)
    place = ids(result).index("backprop.softmax-solution")
    assert [cell.source for cell in result.cells[place - 1 : place + 1]] == [
        "# the first half\nhelper = 1",
        WRITTEN,
    ]
    assert result.cells[place - 1].role is Role.EXTRA
    assert ids(result).index("backprop.softmax") > place
    assert "backprop.softmax-solution is there 2 times" in result.flags[0]


def test_an_untouched_copy_never_replaces_what_was_written() -> None:
    def change(cells):
        stub = copy.deepcopy(cells[at(cells, "backprop.softmax-solution")])
        write(cells, "backprop.softmax-solution", WRITTEN)
        cells.insert(at(cells, "backprop.softmax-solution") + 1, {**stub, "id": "copy"})

    result = merged(change)
    assert ids(result) == ids(UNTOUCHED)
    assert find(result, "backprop.softmax-solution").source == WRITTEN


def test_a_copied_check_that_was_edited_stays_as_the_students_cell() -> None:
    def change(cells):
        place = at(cells, "backprop.softmax-check")
        cells.insert(
            place, {**copy.deepcopy(cells[place]), "source": "print(softmax(np.eye(3)))", "id": "mine"}
        )

    result = merged(change)
    place = ids(result).index("backprop.softmax-check")
    assert result.cells[place] == find(UNTOUCHED, "backprop.softmax-check")
    assert (result.cells[place - 1].role, result.cells[place - 1].source) == (
        Role.EXTRA,
        "print(softmax(np.eye(3)))",
    )


def test_every_written_copy_of_an_answer_can_be_read() -> None:
    def change(cells):
        write(cells, "backprop.why_random", "First thought.")
        cells.append({**copy.deepcopy(cells[-1]), "source": "Second thought.", "id": "again"})

    result = merged(change)
    assert find(result, "backprop.why_random").source == "Second thought."
    assert "First thought." in [cell.source for cell in result.cells if cell.role is Role.EXTRA]


def test_a_graded_cell_that_was_moved_up_goes_behind_its_solution() -> None:
    result = merged(lambda cells: cells.insert(0, cells.pop(at(cells, "backprop.softmax"))))
    order = ids(result)
    assert order.index("backprop.softmax") == order.index("backprop.softmax-solution") + 1
    assert result.flags == ["backprop.softmax stood before its solution: moved behind it"]


def test_extra_cells_stay_where_they_are() -> None:
    extra = {"cell_type": "code", "source": "x = 1", "metadata": {"tags": ["experiment"]}, "id": "mine"}
    result = merged(lambda cells: cells.insert(3, extra))
    assert ids(result)[3] == "mine"
    assert result.cells[3].tags == ()
    assert result.flags == []


def test_a_released_experiment_keeps_its_tag_whatever_the_student_does_to_it() -> None:
    def change(cells):
        place = [cell["id"] for cell in cells].index("try-it")
        cells[place].update(source="losses = []", metadata={})

    assert next(cell for cell in merged(change).cells if cell.cell_id == "try-it").tags == ("experiment",)


def test_cell_ids_are_unique_and_valid_even_when_the_students_are_not() -> None:
    twins = [{"cell_type": "code", "source": f"x = {k}", "id": "backprop-softmax"} for k in range(3)]
    wrong = {"cell_type": "code", "source": "y = 1", "id": "no good/id"}
    result = merged(lambda cells: cells.extend([*twins, wrong]))
    cell_ids = [cell.cell_id for cell in result.cells]
    assert len(set(cell_ids)) == len(cell_ids)
    assert all(id.replace("-", "").replace("_", "").isalnum() for id in cell_ids)


def without_metadata(cells: list[dict[str, Any]]) -> None:
    for cell in cells:
        cell.pop("metadata")
        cell.pop("id")


def test_a_notebook_that_lost_all_metadata_is_matched_by_functions_and_texts() -> None:
    def change(cells):
        write(cells, "backprop.softmax-solution", WRITTEN)
        write(cells, "backprop.why_random", "Symmetry.")
        without_metadata(cells)

    result = merged(change)
    assert [cell.grade_id for cell in result.cells] == [cell.grade_id for cell in UNTOUCHED.cells]
    assert find(result, "backprop.softmax-solution").source == WRITTEN
    assert [answer.answered for answer in result.written()] == [True]
    assert result.flags[0].startswith("no metadata")


def test_a_solution_pasted_into_a_new_cell_is_found() -> None:
    def change(cells):
        del cells[at(cells, "backprop.softmax-solution")]
        cells.append({"cell_type": "code", "source": WRITTEN, "metadata": {}})

    result = merged(change)
    assert find(result, "backprop.softmax-solution").source == WRITTEN
    assert ids(result)[-2:] == ["backprop.softmax-solution", "backprop.softmax"]


def test_two_solutions_in_one_cell_are_not_undone_by_a_stub() -> None:
    def change(cells):
        both = "def sigmoid(x):\n    return 1 / (1 + np.exp(-x))\n\n" + WRITTEN
        write(cells, "backprop.sigmoid-solution", both)
        del cells[at(cells, "backprop.softmax-solution")]

    result = merged(change)
    assert find(result, "backprop.softmax-solution").source.startswith(
        "# backprop.softmax: written in the cell"
    )
    assert "its function stands in backprop.sigmoid-solution" in result.flags[0]


def test_the_digest_follows_the_code_and_nothing_else() -> None:
    answered = merged(lambda cells: write(cells, "backprop.why_random", "Symmetry."))
    solved = merged(lambda cells: write(cells, "backprop.softmax-solution", WRITTEN))
    noted = merged(lambda cells: cells.append({"cell_type": "markdown", "source": "note", "metadata": {}}))
    assert answered.digest == noted.digest == UNTOUCHED.digest != solved.digest


# --- what Jupyter and editors write -------------------------------------------------------------------------


def encoded(**changes: Any) -> bytes:
    return json.dumps({**released_form(), **changes}).encode()


def test_byte_order_marks_line_ends_and_sources_in_pieces_make_no_difference() -> None:
    notebook = released_form()
    for cell in notebook["cells"]:
        cell["source"] = cell["source"].replace("\n", "\r\n").splitlines(keepends=True)
    text = json.dumps(notebook)
    assert merge(RELEASED, b"\xef\xbb\xbf" + text.encode()) == UNTOUCHED
    assert merge(RELEASED, text.encode("utf-16")) == UNTOUCHED


def test_format_3_is_converted() -> None:
    cells = released_form()["cells"]
    for cell in cells:
        if cell["cell_type"] == "code":
            cell["input"] = cell.pop("source")
    cells[0] = {"cell_type": "heading", "level": 1, "source": ["Tiny"]}
    old = {"nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": cells}]}
    result = merge(RELEASED, json.dumps(old).encode())
    assert [cell.source for cell in result.cells] == [cell.source for cell in UNTOUCHED.cells]
    assert result.flags == ["has the old format 3: its cells were converted"]


def test_a_newer_format_is_read_as_format_4() -> None:
    result = merge(RELEASED, encoded(nbformat=5))
    assert (result.cells, result.flags) == (UNTOUCHED.cells, ["has format 5, read as format 4"])


def test_outputs_travel_with_their_cells() -> None:
    output = {"output_type": "stream", "name": "stdout", "text": "hello"}

    def change(cells):
        cells[[cell["id"] for cell in cells].index("try-it")]["outputs"] = [output, "no output"]

    assert next(cell for cell in merged(change).cells if cell.cell_id == "try-it").outputs == [output]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"  \n", "is empty"),
        (b"def softmax(x): pass", "looks like a program"),
        (b"<!DOCTYPE html>", "looks like a web page"),
        (b'{"cells": [', "damaged or cut off"),
        (b'{"cells":\n<<<<<<< HEAD\n', "unresolved git merge"),
        (b"PK\x03\x04\xff\xfe", "zip archive"),
        (b"\x80\x81", "no text"),
        (b"[1, 2]", "holds a list"),
        (b'{"cells": 3}', "no list of cells"),
        (b'{"metadata": {}}', "no list of cells"),
        (b'{"cells": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
        (b"[" * 3_000_001, "too complex"),
        (b" " * (MAX_BYTES + 1), "clear the outputs"),
    ],
)
def test_what_is_no_notebook_is_refused_with_a_sentence(data: bytes, words: str) -> None:
    with pytest.raises(SubmissionError, match=words) as caught:
        merge(RELEASED, data)
    assert str(caught.value).startswith("tiny.ipynb")
    assert caught.value.exit_code == 1


def test_too_many_cells_are_cut_and_flagged() -> None:
    many = [{"cell_type": "markdown", "source": ""}] * (MAX_CELLS + 5)
    result = merge(RELEASED, encoded(cells=many))
    assert len(result.cells) == MAX_CELLS + sum(cell.grade_id is not None for cell in UNTOUCHED.cells)
    assert f"has {MAX_CELLS + 5} cells" in result.flags[0]


def test_flags_are_bounded() -> None:
    odd = {"cell_type": "code", "source": "", "metadata": {"nbgrader": {"grade_id": "other"}}}
    result = merge(RELEASED, encoded(cells=[*released_form()["cells"], *[odd] * 500]))
    assert len(result.flags) == 51
    assert result.flags[-1] == "and 450 more repairs"


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
IDS = st.sampled_from([*(cell.grade_id for cell in UNTOUCHED.cells if cell.grade_id), "other", ""])
CELL = st.fixed_dictionaries(
    {},
    optional={
        "cell_type": st.sampled_from(["code", "markdown", "raw", "heading"]) | ANYTHING,
        "source": st.sampled_from([WRITTEN, "", "x = 1"]) | ANYTHING,
        "metadata": st.fixed_dictionaries({"nbgrader": st.fixed_dictionaries({"grade_id": IDS})}) | ANYTHING,
        "id": ANYTHING,
        "outputs": ANYTHING,
    },
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cells=st.lists(CELL | ANYTHING, max_size=8))
def test_whatever_is_in_the_cells_every_released_cell_is_there_once(cells: list[Any]) -> None:
    result = merge(RELEASED, json.dumps({"cells": cells}).encode())
    found = [cell.grade_id for cell in result.cells if cell.grade_id]
    assert sorted(found) == sorted(cell.grade_id for cell in UNTOUCHED.cells if cell.grade_id)
    for graded in result.graded():
        assert found.index(graded.grade_id) > found.index(f"{graded.exercise}-solution")
    assert len({cell.cell_id for cell in result.cells}) == len(result.cells)
    assert result == merge(RELEASED, json.dumps({"cells": cells}).encode())
