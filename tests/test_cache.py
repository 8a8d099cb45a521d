"""What holds of an earlier result is not run again; what may not hold is, and `chainrule cache` tells."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner

from autograder import checks, cli, reference
from autograder.checks import thresholds
from autograder.course import Course
from autograder.errors import GraderError
from autograder.model import SubmissionResult, Verdict
from autograder.pipeline import grade_one
from autograder.pipeline.demo import solve
from autograder.pipeline.dependencies import closure, digest_of_exercise
from autograder.pipeline.grade import grade
from autograder.pipeline.grade_one import Task, grade_submission, task_for
from autograder.pipeline.results import result_path
from autograder.pipeline.suite import load_suite
from autograder.pipeline.workers import close_sandboxes

NAME = "backprop"
CHECKS = Path(checks.__file__).parent


@pytest.fixture
def course(released_course: Course) -> Course:
    hand_in(released_course, "ada")
    return released_course


def hand_in(course: Course, student: str, output: str = "", softmax: str = "") -> None:
    source = nbformat.read(course.source / NAME / "tiny.ipynb", as_version=4)
    notebook = solve(nbformat.read(course.release / NAME / "tiny.ipynb", as_version=4), source)
    for cell in notebook.cells:
        if cell.cell_type == "code" and output:
            cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=output)]
        if softmax and cell.id == "backprop-softmax-solution":
            cell.source = softmax
    folder = course.submitted / student / NAME
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / "tiny.ipynb")


def task(course: Course, earlier: SubmissionResult | None = None) -> Task:
    suite = load_suite(course, course.assignment(NAME))
    return replace(task_for(course, suite, "ada", course.submitted / "ada" / NAME), earlier=earlier)


@pytest.fixture(scope="module")
def sandbox():
    yield
    close_sandboxes()


@pytest.fixture
def ran(monkeypatch) -> list[str]:
    """The notebooks that were run in a sandbox."""
    names: list[str] = []
    run = grade_one.run_notebook

    def noted(sandbox, notebook, *arguments):
        names.append(notebook.name)
        return run(sandbox, notebook, *arguments)

    monkeypatch.setattr(grade_one, "run_notebook", noted)
    return names


def essence(result: SubmissionResult) -> tuple:
    """All of a result but its times."""
    exercises = [
        (item.id, item.score, item.verdict, [(check.name, check.verdict) for check in item.checks])
        for item in result.exercises
    ]
    return result.score, exercises, [(cell.status, cell.outputs) for cell in result.cells], result.flags


def changed_checks(task: Task, exercise: str) -> Task:
    """As if one exercise's checks had been edited."""
    suite = replace(task.suite, exercises={**task.suite.exercises, exercise: "edited"})
    return replace(task, suite=suite)


@pytest.mark.slow
def test_a_notebook_that_was_saved_again_with_other_outputs_is_not_run_again(course, sandbox, ran):
    first = grade_submission(task(course))
    hand_in(course, "ada", output="other\n")
    again = task(course, earlier=first)
    assert again.key != first.key
    second = grade_submission(again)
    assert ran == ["tiny"]
    assert second.key == again.key
    assert second.resources["reused"] == 2
    assert essence(second) == essence(first)
    assert second.written == first.written


@pytest.mark.slow
def test_grading_leaves_this_process_as_it_was(course, sandbox):
    one = task(course)
    limits = {NAME: {**one.suite.thresholds[NAME], "of_this_course": 1.0}}
    assert grade_submission(replace(one, suite=replace(one.suite, thresholds=limits))).score == 5
    with pytest.raises(GraderError, match="no 'of_this_course'"):
        thresholds.limit(NAME, "of_this_course")
    assert callable(reference.namespace("backprop.backprop_three_layer")["backprop"])


@pytest.mark.slow
def test_after_a_change_to_one_exercises_checks_the_others_keep_their_verdicts(course, sandbox, ran):
    first = grade_submission(task(course))
    for item in first.exercises:
        item.checks[0].seconds = 123.0
    second = grade_submission(changed_checks(task(course, earlier=first), "backprop.softmax"))
    assert ran == ["tiny", "tiny"]
    seconds = {item.id: item.checks[0].seconds for item in second.exercises}
    assert seconds["backprop.sigmoid"] == 123
    assert seconds["backprop.softmax"] < 100
    assert second.resources["reused"] == 1
    assert essence(second) == essence(first)


@pytest.mark.slow
def test_changed_code_points_limits_or_another_student_take_nothing(course, sandbox):
    first = grade_submission(task(course))
    assert {item.verdict for item in first.exercises} == {Verdict.PASSED}
    assert all(item.key for item in first.exercises)
    base = task(course, earlier=first)
    others = [
        replace(base, student="bob"),
        replace(base, secret=b"x" * 32),
        replace(base, files={**base.files, "data.txt": b"new"}),
        *(
            replace(base, suite=replace(base.suite, parts={**base.suite.parts, part: "other"}))
            for part in ("engine", "library", "packages", "limits", "oracles", "thresholds", "carried")
        ),
    ]
    for other in others:
        assert grade_submission(other).resources["reused"] == 0
    hand_in(course, "ada", softmax="def softmax(x):\n    return x")
    changed = grade_submission(task(course, earlier=first))
    assert changed.resources["reused"] == 0
    assert changed.score < first.score


@pytest.mark.slow
def test_what_ran_out_of_time_is_run_again(course, sandbox, ran):
    limits = replace(load_suite(course, course.assignment(NAME)).limits, check_seconds=1)
    hand_in(course, "ada", softmax="import time\ndef softmax(x):\n    time.sleep(60)")
    slow = task(course)
    slow = replace(slow, suite=replace(slow.suite, limits=limits))
    first = grade_submission(slow)
    assert first.exercises[1].verdict == Verdict.TIMED_OUT
    assert first.exercises[1].key == ""
    assert first.runs == {}
    grade_submission(replace(slow, earlier=first))
    assert ran == ["tiny", "tiny"]


@pytest.mark.slow
def test_the_command_tells_and_clears_and_a_cut_result_is_graded_again(course):
    def said(*arguments: str) -> str:
        done = CliRunner().invoke(cli.main, ["--course", str(course.root), "cache", NAME, *arguments])
        assert done.exit_code == 0, done.output
        return done.output

    assignment = course.assignment(NAME)
    assert grade(course, assignment, workers=1).graded == 1
    assert grade(course, assignment, workers=1).skipped == 1
    report = json.loads(said("--json"))[0]
    assert (report["entries"], report["submissions"], report["unchanged"], report["refused"]) == (1, 2, 1, 0)
    assert report["bytes"] == result_path(course, assignment, "ada").stat().st_size
    path = result_path(course, assignment, "ada")
    path.write_bytes(path.read_bytes().replace(b'"score": 5.0', b'"score": 6.0'))
    assert "1 result files are not what was written" in said()
    batch = grade(course, assignment, workers=1)
    assert (batch.graded, batch.results[0].score, batch.results[0].resources["reused"]) == (1, 5, 0)
    assert "takes nothing from earlier results" in said("--clear")
    batch = grade(course, assignment, workers=1)
    assert (batch.graded, batch.results[0].resources["reused"]) == (1, 0)
    assert grade(course, assignment, workers=1).skipped == 1


def test_an_exercise_depends_on_its_own_modules_and_on_what_they_import():
    checks.load(NAME)
    found = {path.name for path in closure([CHECKS / "backprop" / "moons.py"])}
    assert {"moons.py", "_moons.py"} <= found
    assert "forward.py" not in found
    assert digest_of_exercise("backprop.softmax") != digest_of_exercise("backprop.sigmoid") or (
        "forward.py" in {path.name for path in closure([CHECKS / "backprop" / "forward.py"])}
    )


def test_every_module_of_the_checks_counts_for_some_exercise():
    """Nothing that a check imports escapes the keys."""
    for name in ("backprop", "ocr", "pytorch"):
        used = set()
        for exercise in checks.load(name):
            modules = {check.function.__module__ for check in checks.checks_of(exercise)}
            used |= closure(
                CHECKS.parents[1] / Path(*module.split(".")).with_suffix(".py") for module in modules
            )
        own = {path for path in (CHECKS / name).glob("*.py") if path.name != "__init__.py"}
        assert own <= used
