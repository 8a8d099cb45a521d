"""The main road as an instructor travels it: release, grade, feedback, report, stock nbgrader; then the odd turns."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from conftest import CHECKOUT

from autograder import checks
from autograder.course import Course
from autograder.model import SubmissionResult, Verdict
from autograder.pipeline.demo import DILIGENT, KINDS, STUDENTS

pytestmark = pytest.mark.slow


def chainrule(
    *arguments: object, course: Path | None = None, path: str | None = None
) -> subprocess.CompletedProcess:
    """The command as a user runs it; `path` replaces PATH."""
    where = ["--course", str(course)] if course else []
    environment = os.environ | {"COLUMNS": "120", "PATH": path or os.environ["PATH"]}
    return subprocess.run(
        [sys.executable, "-m", "autograder.cli", *where, *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment,
        cwd=CHECKOUT,
        timeout=900,
        check=False,
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The demo course, graded: `(folder, what was printed)`."""
    folder = tmp_path_factory.mktemp("demo") / "demo"
    done = chainrule("demo", "--to", folder)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder, done.stdout


@pytest.fixture(scope="module")
def results(demo):
    files = (demo[0] / "results" / "backprop").glob("*.json")
    loaded = [SubmissionResult.from_json(path.read_text()) for path in files if path.stem in KINDS]
    return {result.student: result for result in loaded}


def first_notebook(result):
    """The exercises of fully_connected.ipynb, the notebook that the sample class works on."""
    return [item for item in result.exercises if item.notebook == "fully_connected"]


def score(result):
    return sum(item.score for item in first_notebook(result))


def verdicts(result):
    items = (item for item in first_notebook(result) if item.verdict != Verdict.PASSED)
    return {item.id.split(".")[1]: item.verdict for item in items}


def test_everyone_is_graded_and_the_table_tells_where_to_look(demo, results):
    folder, printed = demo
    assert len(results) == len(STUDENTS) >= 15
    for student in KINDS:
        assert student in printed
    for words in ("report/backprop/index.html", "feedback/STUDENT/backprop/index.html", "results/backprop"):
        assert words in printed
    assert (folder / "report" / "backprop" / "index.html").exists()


@pytest.mark.parametrize(
    "student", ["abaker", "bnovak", "cdiallo", "deriksson", "vwagner", "xyilmaz", "mnguyen"]
)
def test_right_and_unusual_right_work_gets_full_marks(results, student):
    result = results[student]
    assert score(result) == sum(item.max_score for item in first_notebook(result)) == 25
    assert verdicts(result) == {}


def test_every_solved_notebook_gets_full_marks(results):
    result = results[DILIGENT]
    assert {item.verdict for item in result.exercises} == {Verdict.PASSED}
    assert result.score == sum(item.max_score for item in result.exercises)
    assert {item.notebook for item in result.exercises} == {"fully_connected", "layers", "moons"}
    assert not [cell for cell in result.cells if cell.status != "ok"]


def test_half_done_work_keeps_what_is_there(results):
    assert score(results["jkowalski"]) == 10
    assert set(verdicts(results["jkowalski"]).values()) == {Verdict.NOT_WRITTEN}
    written = results["jkowalski"].written
    answered = [item.id for item in written if item.answered]
    assert answered == ["backprop.zero_initialization", "backprop.why_random"]


@pytest.mark.parametrize("student", ["kliu", "lmoreau", "wxu"])
def test_untouched_empty_and_unreadable_work_gets_nothing(results, student):
    assert score(results[student]) == 0
    assert set(verdicts(results[student]).values()) == {Verdict.NOT_WRITTEN}


def test_a_file_that_is_no_notebook_is_named(results):
    assert any("could not be read" in flag and "Hand in the .ipynb" in flag for flag in results["wxu"].flags)


def test_mistakes_are_named(results):
    named = {item.id: item.misconception for item in results["fgarcia"].exercises if item.misconception}
    assert named == {
        "backprop.compute_loss_and_acc": "loss_averaged",
        "backprop.backwards": "gradients_averaged",
    }
    softmax = next(item for item in results["efischer"].exercises if item.id == "backprop.softmax")
    assert softmax.misconception == "global_maximum"
    assert softmax.advice


def test_a_function_that_hangs_costs_its_exercise_alone(results):
    assert verdicts(results["opetrova"]) == {"softmax": Verdict.TIMED_OUT}


@pytest.mark.parametrize(
    ("student", "status"),
    [("nokafor", "killed"), ("pquinn", "timed_out"), ("qrossi", "error"), ("mnguyen", "error")],
)
def test_a_cell_that_kills_hangs_floods_or_raises_costs_nothing(results, student, status):
    assert score(results[student]) == 25
    assert status in {cell.status for cell in results[student].cells}


@pytest.mark.parametrize(
    ("student", "words"),
    [
        ("rsantos", "backprop.softmax was missing: restored"),
        ("sthapa", "backprop.softmax-solution is there 2 times"),
        ("tueda", "had become a markdown cell: turned back into code"),
    ],
)
def test_damaged_notebooks_are_repaired_flagged_and_scored(results, student, words):
    assert score(results[student]) == 25
    assert any(words in flag for flag in results[student].flags)


def test_an_edited_graded_cell_is_restored(results):
    assert score(results["uvarga"]) == 4
    assert any("backprop.softmax had been changed: restored" in flag for flag in results["uvarga"].flags)


@pytest.mark.parametrize(("student", "earned"), [("yzhang", 0), ("zadams", 22.6)])
def test_forged_scores_and_lying_objects_earn_nothing(results, student, earned):
    assert score(results[student]) == pytest.approx(earned)


def test_the_gradebook_agrees_with_the_results(demo, results):
    assert scores_in_gradebook(demo[0], list(results)) == {
        (student, item.id): item.score for student, result in results.items() for item in result.exercises
    }


def scores_in_gradebook(root: Path, students: list[str]) -> dict[tuple[str, str], float | None]:
    """Automatic scores of the exercises; answers, which people grade, are left out."""
    from nbgrader.api import Gradebook

    exercises = checks.load("backprop")
    with Gradebook(Course(root).db_url) as book:
        return {
            (student, grade.name): grade.auto_score
            for student in students
            for notebook in book.find_submission("backprop", student).notebooks
            for grade in notebook.grades
            if grade.name in exercises
        }


def test_feedback_shows_the_property_and_nothing_hidden(demo, results):
    page = (demo[0] / "feedback" / "fgarcia" / "backprop" / "index.html").read_text()
    failed = [
        check for item in results["fgarcia"].exercises for check in item.checks if check.verdict == "failed"
    ]
    assert failed
    for student, result in results.items():
        page = (demo[0] / "feedback" / student / "backprop" / "index.html").read_text()
        for word in ("HIDDEN TESTS", "autograder.stock", "Marking scheme", "oracles."):
            assert word not in page
        for item in result.exercises:
            if item.log:
                assert item.log.splitlines()[-1] not in page


def test_outputs_in_the_results_were_made_by_cells_and_pictures_are_pictures(results):
    outputs = [output for cell in results["abaker"].cells for output in cell.outputs]
    pictures = [base64.b64decode(o["data"]["image/png"]) for o in outputs if "image/png" in o.get("data", {})]
    assert len(pictures) >= 5
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)


def test_a_second_run_grades_nothing_and_json_lists_everyone(demo, results):
    done = chainrule("grade", "backprop", "--json", course=demo[0])
    assert done.returncode == 1, done.stderr
    listed = json.loads(done.stdout)
    assert [item["student"] for item in listed] == sorted(results)
    first = listed[0]
    assert set(first) == {"student", "assignment", "score", "max_score", "exercises", "flags"}
    assert {"id", "score", "max_score", "verdict", "misconception", "checks"} == set(first["exercises"][0])
    assert "27 graded" not in done.stderr
    again = chainrule("grade", "backprop", course=demo[0])
    assert "0 graded, 27 unchanged" in again.stdout


def test_one_student_can_be_graded_again_with_the_same_score(demo, results):
    done = chainrule(
        "grade", "backprop", "--student", "ghassan", "--force", "--json", "--workers", 1, course=demo[0]
    )
    assert done.returncode == 0, done.stderr
    (again,) = json.loads(done.stdout)
    before = results["ghassan"].public()
    for record in (again, before):
        for item in record["exercises"]:
            for check in item["checks"]:
                check.pop("seconds")
    assert again == before


def test_stock_nbgrader_gives_honest_submissions_the_same_scores(demo, results, tmp_path):
    honest = sorted(student for student, kinds in KINDS.items() if not kinds)
    assert len(honest) >= 12
    root = tmp_path / "course"
    root.mkdir()
    for name in ("source", "assignments", "release"):
        shutil.copytree(demo[0] / name, root / name)
    shutil.copy(demo[0] / "nbgrader_config.py", root)
    for student in honest:
        copied = shutil.copytree(demo[0] / "submitted" / student, root / "submitted" / student)
        for path in copied.glob("backprop/*.ipynb"):
            # What was left untouched earns nothing either way, and takes stock nbgrader a minute to find out.
            if path.stem != "fully_connected" and student != DILIGENT:
                path.unlink()
    environment = os.environ | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": str(CHECKOUT),
    }
    for command in (["generate_assignment", "backprop", "--force"], ["autograde", "backprop"]):
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", *command], cwd=root, env=environment, capture_output=True, text=True,
            timeout=900, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
    stock = scores_in_gradebook(root, honest)
    ours = {(student, item.id): item.score for student in honest for item in results[student].exercises}
    assert stock == pytest.approx(ours)


def test_the_released_notebook_fails_politely_at_the_first_stub():
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    notebook = nbformat.read(CHECKOUT / "release" / "backprop" / "fully_connected.ipynb", as_version=4)
    client = NotebookClient(
        notebook, timeout=120, resources={"metadata": {"path": CHECKOUT / "release" / "backprop"}}
    )
    with pytest.raises(CellExecutionError) as failure:
        client.execute()
    assert failure.value.ename == "NotImplementedError"
    assert failure.value.evalue.startswith("backprop.initialize_weights: write this")


def test_the_audit_catches_every_wrong_solution_and_accepts_every_right_one(demo):
    done = chainrule("audit", "backprop", "--json", course=CHECKOUT)
    counts = json.loads(done.stdout)
    assert counts["missed"] == counts["rejected"] == []
    assert counts["caught"] == counts["wrong"] >= 25
    assert counts["accepted"] == counts["right"] >= 15
    assert counts["named"] >= 0.9 * counts["wrong"]
    assert done.returncode == 0


def test_the_doctor_performs_the_whole_recipe():
    done = chainrule("doctor", "--deep")
    assert done.returncode == 0, done.stdout
    tried, refused = re.search(r"isolation: (\d+) of (\d+) forbidden things", done.stdout).groups()
    assert int(tried) == int(refused) >= 37
    assert "import the grader: refused" in done.stdout


def test_without_bubblewrap_nothing_is_graded_and_the_remedy_is_named(demo, tmp_path):
    (tmp_path / "python3").symlink_to(sys.executable)
    done = chainrule("grade", "backprop", "--force", course=demo[0], path=str(tmp_path))
    assert done.returncode == 3
    assert "apt-get install bubblewrap" in done.stderr
    doctor = chainrule("doctor", path=str(tmp_path))
    assert doctor.returncode == 3
    assert "BAD  bubblewrap: not installed" in doctor.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["grad"], "Did you mean 'grade'?"),
        (["grade", "backprob"], "backprop"),
        (["grade", "backprop", "--student", "nobody"], "no submission of 'nobody'"),
        (["release"], "name one assignment, or say --all"),
        (["demo", "--to", "source"], "something that no demo made"),
    ],
)
def test_wrong_usage_says_what_to_do_and_ends_with_2(demo, arguments, words):
    done = chainrule(*arguments, course=demo[0] if "demo" not in arguments else CHECKOUT)
    assert done.returncode == 2
    assert words in done.stderr


def test_feedback_and_report_before_grading_say_so(tmp_path):
    shutil.copy(CHECKOUT / "nbgrader_config.py", tmp_path)
    shutil.copytree(CHECKOUT / "source" / "backprop", tmp_path / "source" / "backprop")
    shutil.copytree(CHECKOUT / "assignments" / "backprop", tmp_path / "assignments" / "backprop")
    for verb, remedy in (
        ("feedback", "chainrule grade"),
        ("report", "chainrule grade"),
        ("grade", "chainrule release"),
    ):
        done = chainrule(verb, "backprop", course=tmp_path)
        assert done.returncode == 2
        assert remedy in done.stderr
