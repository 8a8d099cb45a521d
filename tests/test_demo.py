"""The sample class: every kind of submission is there, files are what they should be, nothing is random."""

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from autograder.errors import CourseError
from autograder.pipeline import demo
from autograder.pipeline.demo import KINDS, NAMES, sample_class, solve, write_sample_class
from autograder.solutions.corpus import load

FUNCTIONS = [
    "initialize_weights", "sigmoid", "forward", "softmax",
    "compute_loss_and_acc", "backwards", "get_random_batches", "train_network",
]  # fmt: skip
WRITTEN = ["zero_initialization", "why_random", "why_scaled"]
NAME = "fully_connected.ipynb"


def cell(kind, name, source, **nbgrader):
    make = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
    metadata = {"nbgrader": {"grade_id": f"backprop.{name}", "schema_version": 3, **nbgrader}}
    return make(source, id=f"backprop-{name.replace('_', '-')}", metadata=metadata)


def notebook(solution, graded, answer):
    """A notebook with all exercises, after the convention for ids in docs/design.md."""
    cells = []
    for function in FUNCTIONS:
        cells += [
            cell("markdown", f"{function}-text", f"## {function}", locked=True),
            cell("code", f"{function}-solution", solution.format(function), solution=True),
            cell("code", f"{function}-check", f"{function}", locked=True),
            cell("code", function, graded.format(function), grade=True, locked=True, points=3),
        ]
    cells += [cell("markdown", name, answer, grade=True, solution=True, points=1) for name in WRITTEN]
    return nbformat.v4.new_notebook(cells=cells)


RELEASED_PARTS = ("def {}(x):\n    raise NotImplementedError", "# Hidden checks.", "YOUR ANSWER HERE")
RELEASED = notebook(*RELEASED_PARTS)
SOURCE = notebook(
    "def {}(x):\n    ### BEGIN SOLUTION\n    return 'solved'\n    ### END SOLUTION",
    "# Hidden checks.\n### BEGIN HIDDEN TESTS\nscore('{}')\n### END HIDDEN TESTS",
    "Model answer. Marking scheme: one point.",
)
SOLVED = solve(RELEASED, SOURCE)


@pytest.fixture(scope="module")
def submissions():
    return sample_class(RELEASED, SOLVED)


def named_cells(files):
    """(grade_id without the assignment, cell) of a submission's notebook."""
    cells = [one for one in json.loads(files[NAME])["cells"] if "nbgrader" in one["metadata"]]
    return [(one["metadata"]["nbgrader"]["grade_id"].split(".")[1], one) for one in cells]


def sources(files):
    return {name: "".join(one["source"]) for name, one in named_cells(files)}


def test_solved_is_the_release_with_the_solutions_and_nothing_hidden():
    for done, released in zip(SOLVED.cells, RELEASED.cells, strict=True):
        name = done.metadata.nbgrader.grade_id
        if name.endswith("-solution"):
            assert done.source == f"def {name.split('.')[1][:-9]}(x):\n    return 'solved'"
        else:
            assert done == released


def test_at_least_eighteen_students_with_names_of_their_own(submissions):
    assert len(submissions) >= 18
    assert set(submissions) == set(KINDS) == set(NAMES)
    assert len(set(NAMES.values())) == len(NAMES) == len(demo.STUDENTS)
    assert all(id.isalpha() and id.islower() for id in submissions)


def test_every_kind_occurs_and_most_students_have_none():
    assert set().union(*KINDS.values()) == {"attack", "kill", "loop", "damaged"}
    assert sum(not kinds for kinds in KINDS.values()) >= 12


def test_two_runs_give_the_same_bytes(submissions):
    assert sample_class(RELEASED, SOLVED) == submissions


def test_the_notebooks_passed_in_stay_unchanged(submissions):
    assert notebook(*RELEASED_PARTS) == RELEASED


def test_every_notebook_but_the_plain_text_is_a_valid_one(submissions):
    for student, files in submissions.items():
        if student == "wxu":
            with pytest.raises(json.JSONDecodeError):
                json.loads(files[NAME])
        else:
            nbformat.validate(nbformat.reads(files[NAME].decode(), as_version=nbformat.NO_CONVERT))


def test_nobody_has_the_instructors_words(submissions):
    for files in submissions.values():
        for content in files.values():
            assert not any(word in content for word in (b"HIDDEN", b"BEGIN SOLUTION", b"Marking scheme"))


def test_the_best_student_solved_and_answered_everything(submissions):
    best = sources(submissions["abaker"])
    assert all("return 'solved'" in best[f"{function}-solution"] for function in FUNCTIONS)
    assert all(best[name] == demo.ANSWERS[name] for name in WRITTEN)


def test_the_untouched_submission_is_the_release(submissions):
    assert nbformat.reads(submissions["kliu"][NAME].decode(), as_version=4) == RELEASED


def test_half_done_is_the_first_four_exercises(submissions):
    half = sources(submissions["jkowalski"])
    assert ["solved" in half[f"{function}-solution"] for function in FUNCTIONS] == [True] * 4 + [False] * 4
    assert half["why_scaled"] == "YOUR ANSWER HERE"


def test_wrong_and_unusual_cells_come_from_the_corpus(submissions):
    kinds = {item.source: item.kind for item in load("backprop")}
    found = {
        student: [kinds[text] for text in sources(files).values() if text in kinds]
        for student, files in submissions.items()
        if student != "wxu"
    }
    wrong = {student: of.count("wrong") for student, of in found.items() if "wrong" in of}
    assert set(wrong.values()) == {1, 2, 3, 4}
    assert found["bnovak"] == found["cdiallo"] == ["right"] * 8


def test_damage_is_where_it_should_be(submissions):
    assert json.loads(submissions["lmoreau"][NAME])["cells"] == []
    assert "softmax" not in sources(submissions["rsantos"])
    assert [name for name, _ in named_cells(submissions["sthapa"])].count("softmax-solution") == 2
    retyped = dict(named_cells(submissions["tueda"]))["compute_loss_and_acc-solution"]
    assert retyped["cell_type"] == "markdown"
    assert "outputs" not in retyped
    assert sources(submissions["uvarga"])["softmax"].endswith("3.0")


def test_the_old_file_has_no_cell_ids_and_windows_line_ends(submissions):
    content = submissions["xyilmaz"][NAME]
    old = json.loads(content)
    assert (old["nbformat"], old["nbformat_minor"]) == (4, 4)
    assert not any("id" in one for one in old["cells"])
    assert content.count(b"\n") == content.count(b"\r\n") > 20


def test_extra_cells_have_ids_of_their_own(submissions):
    for student in ("vwagner", "mnguyen"):
        ids = [one["id"] for one in json.loads(submissions[student][NAME])["cells"]]
        assert len(set(ids)) == len(ids) > len(RELEASED.cells)


def test_the_forged_score_would_work_without_a_boundary():
    code = (
        demo.FORGED_SCORE + "from autograder.stock import score\nprint(score('backprop.softmax', points=3))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "3.0\n"


def course(tmp_path):
    for folder, content in (("source", SOURCE), ("release", RELEASED)):
        path = tmp_path / folder / "backprop" / NAME
        path.parent.mkdir(parents=True)
        nbformat.write(content, path)
    return tmp_path


def test_writing_makes_a_folder_for_each_student(tmp_path, submissions):
    folders = write_sample_class(course(tmp_path), "backprop")
    assert [folder.parent.name for folder in folders] == list(submissions)
    for student, files in submissions.items():
        for name, content in files.items():
            assert (tmp_path / "submitted" / student / "backprop" / name).read_bytes() == content
    assert write_sample_class(tmp_path, "backprop") == folders


def test_an_unknown_assignment_is_refused(tmp_path):
    with pytest.raises(CourseError, match=r"no sample class for 'ocr'.*backprop"):
        write_sample_class(course(tmp_path), "ocr")


def test_a_missing_release_is_named_with_its_remedy(tmp_path):
    (course(tmp_path) / "release" / "backprop" / NAME).unlink()
    with pytest.raises(CourseError, match=r"release.*chainrule release backprop"):
        write_sample_class(tmp_path, "backprop")
    assert not (tmp_path / "submitted").exists()


def test_the_courses_own_notebook_has_every_cell_that_the_class_works_on():
    path = Path(__file__).parents[1] / "source" / "backprop" / NAME
    source = nbformat.read(path, as_version=4)
    made = sample_class(source, solve(source, source))
    assert [name for name in sources(made["abaker"]) if name.endswith("-solution")] == [
        f"{function}-solution" for function in FUNCTIONS
    ]
    assert not any("### BEGIN SOLUTION" in text for text in sources(made["abaker"]).values())


def test_a_notebook_without_the_cells_is_refused():
    with pytest.raises(CourseError, match=r"no cell with grade_id ASSIGNMENT.initialize_weights-solution"):
        solve(RELEASED, nbformat.v4.new_notebook())
