"""Releases: complete, repeatable, nbgrader's own, and with nothing in them that students must not see."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest
from conftest import CHECKOUT, SIGMOID, SOFTMAX, replace_in
from sqlalchemy import text

from autograder.course import Assignment, Course
from autograder.errors import CourseError
from autograder.pipeline.release import _quick_commits, gradebook, register, release, requirements, stale
from autograder.pipeline.source import check_source, leaks


@pytest.fixture
def released(released_course: Course) -> Assignment:
    return released_course.assignment("backprop")


@pytest.fixture
def assignment(tiny_course: Course) -> Assignment:
    return tiny_course.assignment("backprop")


def edit(assignment: Assignment, change: Callable[[dict[str, Any]], Any]) -> None:
    """Apply `change` to the source cells, by grade id or cell id."""
    path = assignment.source / "tiny.ipynb"
    notebook = nbformat.read(path, as_version=4)
    cells = {cell.metadata.get("nbgrader", {}).get("grade_id", cell.id): cell for cell in notebook.cells}
    change(cells)
    notebook.cells = list(cells.values())
    path.write_text(json.dumps(notebook), encoding="utf-8")


def sources(assignment: Assignment) -> dict[str, str]:
    notebook = nbformat.read(assignment.released / "tiny.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells)
    return {
        cell.metadata.get("nbgrader", {}).get("grade_id", cell.id): cell.source for cell in notebook.cells
    }


def test_students_get_notebook_handout_library_and_requirements(released: Assignment) -> None:
    files = {path.relative_to(released.released).as_posix() for path in released.released.rglob("*")}
    assert {"tiny.ipynb", "README.md", "requirements.txt", "student_lib/__init__.py"} <= files
    assert not any("__pycache__" in name or name.endswith(".draft") for name in files)
    assert (released.released / "README.md").read_bytes() == released.handout.read_bytes()


def test_extra_credit_is_no_part_of_the_assignments_points(assignment: Assignment) -> None:
    check_source(replace(assignment, points=3, extra_credit=("softmax",)))
    with pytest.raises(CourseError, match=r"give 3 points beside extra credit, assignment\.toml says 6"):
        check_source(replace(assignment, extra_credit=("softmax",)))
    with pytest.raises(CourseError, match=r"backprop\.sofmax is extra credit"):
        check_source(replace(assignment, extra_credit=("sofmax",)))


def test_a_stub_names_its_exercise_and_keeps_the_functions_head(released: Assignment) -> None:
    assert sources(released)["backprop.sigmoid-solution"] == (
        SIGMOID.partition("    ### BEGIN SOLUTION")[0]
        + '    raise NotImplementedError("backprop.sigmoid: write this function, then run the check below.")'
    )


def test_hidden_regions_and_model_answers_are_gone(released: Assignment) -> None:
    cells = sources(released)
    assert cells["backprop.softmax"] == "# Hidden checks: values and shapes."
    assert cells["backprop.why_random"] == "*Write your answer here.*"


def test_the_gradebook_knows_points_and_due_date(released_course: Course, released: Assignment) -> None:
    with gradebook(released_course) as book:
        found = book.find_assignment("backprop")
        assert found.max_score == 6
        assert found.duedate == released.due_utc
        hidden = book.find_source_cell("backprop.softmax", "tiny", "backprop").source
    assert "BEGIN HIDDEN TESTS" in hidden


def test_a_second_release_changes_nothing_and_stale_sees_every_difference(
    released_course: Course, released: Assignment
) -> None:
    assert stale(released_course, released) == []
    assert release(released_course, released).changed == []
    replace_in(released.released / "tiny.ipynb", "# Tiny", "# Small")
    (released.released / "student_lib" / "extra.py").write_text("x = 1\n")
    (released.released / "README.md").unlink()
    different = ["README.md", "student_lib/extra.py", "tiny.ipynb"]
    assert stale(released_course, released) == different
    assert release(released_course, released).changed == different
    assert stale(released_course, released) == []


def test_the_report_says_what_was_released(released_course: Course, released: Assignment) -> None:
    steps: list[str] = []
    report = release(released_course, released, progress=steps.append)
    assert steps == ["checking the source", "generating", "looking for anything hidden", "writing"]
    assert (report.notebooks, report.points) == (["tiny"], 6)
    assert report.exercises == ["backprop.sigmoid", "backprop.softmax"]


def test_a_checkout_registers_what_its_release_holds(released_course: Course, released: Assignment) -> None:
    (released_course.root / "gradebook.db").unlink()
    register(released_course, released)
    with gradebook(released_course) as book:
        assert [notebook.name for notebook in book.find_assignment("backprop").notebooks] == ["tiny"]


def test_requirements_are_the_projects_dependencies() -> None:
    assert any(line.startswith("numpy>=") for line in requirements())
    assert not any("nbgrader" in line or "torch" in line for line in requirements())
    assert any(line.startswith("torch>=") for line in requirements("torch"))


# --- what a source must keep --------------------------------------------------------------------------------

HIDDEN = 'score("backprop.softmax", points=3)'


def change_text(id: str, old: str, new: str) -> Callable[[dict[str, Any]], None]:
    def change(cells: dict[str, Any]) -> None:
        assert old in cells[id].source
        cells[id].source = cells[id].source.replace(old, new)

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (change_text("backprop.softmax", HIDDEN, 'score("backprop.softmax", points=30)'), "ends in"),
        (change_text("backprop.softmax", HIDDEN, 'score("backprop.sigmoid", points=3)'), "ends in"),
        (
            change_text("backprop.softmax", "# Hidden checks: values and shapes.\n", ""),
            "start with a comment",
        ),
        (change_text("backprop.softmax-text", "backprop.softmax", "softmax"), "does not show the id"),
        (change_text("backprop.softmax-solution", "### BEGIN SOLUTION", "#"), "has no region"),
        (lambda cells: cells.pop("backprop.softmax-check"), "lacks the cell backprop.softmax-check"),
        (lambda cells: cells.pop("backprop.softmax"), "belongs to no graded cell"),
        (lambda cells: cells["try-it"].update(source="### BEGIN SOLUTION"), "belongs in an nbgrader cell"),
        (lambda cells: cells["backprop.softmax"].update(id="other"), "has the cell id 'other'"),
        (
            lambda cells: cells["backprop.softmax"].metadata.nbgrader.update(points=4),
            "the cells give 7 points, assignment.toml says 6",
        ),
        (
            lambda cells: cells["backprop.softmax-text"].metadata.nbgrader.update(
                grade_id="backprop.sigmoid-text"
            ),
            "two cells have the id backprop.sigmoid-text",
        ),
        (
            lambda cells: cells.update({"backprop.softmax-text": cells.pop("backprop.softmax-text")}),
            "has its cells in the order",
        ),
    ],
)
def test_a_source_that_breaks_a_convention_is_named(assignment: Assignment, change: Any, words: str) -> None:
    edit(assignment, change)
    with pytest.raises(CourseError, match=words):
        check_source(assignment)


def test_all_problems_come_at_once(assignment: Assignment) -> None:
    assignment.rubric.write_text("- `backprop.softmax`\n- `backprop.why_random_too`\n", encoding="utf-8")
    edit(assignment, lambda cells: cells["backprop.softmax"].update(id="other"))
    with pytest.raises(CourseError) as caught:
        check_source(assignment)
    lines = str(caught.value).splitlines()
    assert lines[0] == "the source of backprop is not ready:"
    assert "- rubric.md has no line for backprop.sigmoid" in lines
    assert "- rubric.md has no line for backprop.why_random" in lines
    assert len(lines) == 4


def test_an_exercise_without_hidden_checks_is_named(assignment: Assignment) -> None:
    path = assignment.source / "tiny.ipynb"
    path.write_text(path.read_text(encoding="utf-8").replace("softmax", "softermax"), encoding="utf-8")
    with pytest.raises(CourseError, match=r"backprop\.softermax has no hidden check"):
        check_source(assignment)


def test_a_course_without_notebooks_or_with_old_ones_is_refused(assignment: Assignment) -> None:
    path = assignment.source / "tiny.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**notebook, "nbformat_minor": 4}), encoding="utf-8")
    with pytest.raises(CourseError, match=r"has format 4\.4, expected 4\.5"):
        check_source(assignment)
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(CourseError, match="is not a notebook"):
        check_source(assignment)
    path.unlink()
    with pytest.raises(CourseError, match="holds no notebook"):
        check_source(assignment)


def test_nbgraders_own_refusals_are_passed_on(tiny_course: Course, assignment: Assignment) -> None:
    edit(assignment, lambda cells: cells["backprop.softmax"].metadata.nbgrader.update(surprise=1))
    with pytest.raises(CourseError, match=r"nbgrader could not generate backprop: .*surprise"):
        stale(tiny_course, assignment)


# --- what must stay hidden ----------------------------------------------------------------------------------


def leaked(assignment: Assignment, name: str, text: str) -> list[str]:
    return leaks(check_source(assignment), {name: text})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", "### BEGIN SOLUTION"),
        ("a.py", "    from autograder import oracles"),
        ("a.ipynb", "import autograder.checks"),
        ("a.ipynb", "### END HIDDEN TESTS"),
        ("README.md", "\n".join(line.strip() for line in SOFTMAX.splitlines()[3:6])),
        ("README.md", "x = 1\n\n" + "\n\n".join(SOFTMAX.splitlines()[3:6])),
        ("README.md", "They say: Units of one layer would stay equal to each other for ever."),
    ],
)
def test_leaks_are_found(assignment: Assignment, name: str, text: str) -> None:
    assert len(leaked(assignment, name, text)) == 1


@pytest.mark.parametrize("text", ["short for the autograder", SOFTMAX.splitlines()[3], "def softmax(x):"])
def test_ordinary_text_is_no_leak(assignment: Assignment, text: str) -> None:
    assert leaked(assignment, "a.py", text) == []


def test_a_release_that_would_leak_is_not_written(released_course: Course, released: Assignment) -> None:
    before = (released.released / "README.md").read_bytes()
    released.handout.write_text("\n".join(SOFTMAX.splitlines()[3:6]), encoding="utf-8")
    with pytest.raises(CourseError, match="would show what students must not see"):
        release(released_course, released)
    assert (released.released / "README.md").read_bytes() == before


def test_a_missing_handout_is_named(released_course: Course, released: Assignment) -> None:
    released.handout.unlink()
    with pytest.raises(CourseError, match=r"handout\.md is missing"):
        stale(released_course, released)


# --- stock nbgrader -----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_stock_nbgrader_generates_the_same_notebook(
    released_course: Course, released: Assignment, nbgrader: Any
) -> None:
    ours = (released.released / "tiny.ipynb").read_bytes()
    nbgrader(released_course, "generate_assignment", "backprop", "--force")
    assert (released.released / "tiny.ipynb").read_bytes() == ours


@pytest.mark.slow
def test_stock_autograde_scores_and_brings_deleted_graded_cells_back(
    released_course: Course, released: Assignment, nbgrader: Any
) -> None:
    notebook = nbformat.read(released.released / "tiny.ipynb", as_version=4)
    gone = {"backprop-softmax", "backprop-why-random", "backprop-sigmoid-check"}
    notebook.cells = [cell for cell in notebook.cells if cell.id not in gone]
    next(cell for cell in notebook.cells if cell.id == "backprop-softmax-solution").source = SOFTMAX
    folder = released_course.submitted / "zoe" / "backprop"
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / "tiny.ipynb")
    nbgrader(released_course, "autograde", "backprop")
    with gradebook(released_course) as book:
        found = book.find_submission_notebook("tiny", "backprop", "zoe")
        assert {grade.name: grade.auto_score for grade in found.grades} == {
            "backprop.sigmoid": 0,
            "backprop.softmax": 3,
            "backprop.why_random": None,
        }


@pytest.mark.parametrize("assignment", Course(CHECKOUT).assignments(), ids=lambda assignment: assignment.name)
def test_the_committed_release_is_current(assignment: Assignment) -> None:
    assert stale(Course(CHECKOUT), assignment) == [], f"run `chainrule release {assignment.name}`"


def test_the_config_names_only_what_exists() -> None:
    from traitlets.utils.importstring import import_item

    config = Course(CHECKOUT).config
    steps = config.GenerateAssignment.preprocessors + config.Autograde.sanitize_preprocessors
    for name in [*steps, *config.Autograde.autograde_preprocessors]:
        assert isinstance(import_item(name), type)
    assert Path(config.CourseDirectory.root) == CHECKOUT


def test_while_generating_and_only_then_commits_wait_for_no_disk(released_course):
    def synchronous() -> int:
        with gradebook(released_course) as book:
            return book.db.execute(text("PRAGMA synchronous")).scalar()

    usual = synchronous()
    with _quick_commits():
        assert synchronous() == 1
    assert synchronous() == usual
    assert usual > 1
