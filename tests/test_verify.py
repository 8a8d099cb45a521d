"""Never two answers: `--verify` grades twice under other noise, names what differs, and leaves it to a person."""

import json
import subprocess
import sys
from dataclasses import replace

import nbformat
import pytest
from nbgrader.api import Gradebook
from samples import submission

from autograder.course import Course
from autograder.model import Verdict
from autograder.pipeline.agreement import compare
from autograder.pipeline.demo import solve
from autograder.pipeline.results import read_result
from autograder.pipeline.suite import load_suite
from autograder.pipeline.verify import HASH_SEED, Verification, other_noise, other_workers

NAME = "backprop"
# Right or wrong by how strings are hashed: what a loop over a set of names does to an honest student.
UNSTEADY = """
def softmax(x):
    shifted = x - x.max(axis=1, keepdims=True)
    powers = np.exp(shifted)
    return powers / powers.sum(axis=1, keepdims=True) * (1 if hash("chainrule") == {right} else 2)
"""


def hashed(seed):
    code = "print(hash('chainrule'))"
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONHASHSEED": str(seed)}, capture_output=True
    )
    return int(done.stdout)


def hand_in(course: Course, student: str, softmax: str | None = None) -> None:
    source = nbformat.read(course.source / NAME / "tiny.ipynb", as_version=4)
    notebook = solve(nbformat.read(course.release / NAME / "tiny.ipynb", as_version=4), source)
    for cell in notebook.cells:
        if softmax and cell.metadata.get("nbgrader", {}).get("grade_id") == f"{NAME}.softmax-solution":
            cell.source = softmax
    folder = course.submitted / student / NAME
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / "tiny.ipynb")


def chainrule(course: Course, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "autograder.cli", "--course", str(course.root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.slow
def test_what_comes_out_in_two_ways_is_named_flagged_and_left_to_a_person(released_course):
    hand_in(released_course, "ada")
    hand_in(released_course, "bob", UNSTEADY.format(right=hashed(0)))
    done = chainrule(released_course, "grade", NAME, "--workers", "1", "--verify")
    assert done.returncode == 4, done.stdout + done.stderr
    assert "bob, backprop.softmax: 3 points, passed, then " in done.stdout
    assert "ada, backprop" not in done.stdout
    assignment = released_course.assignment(NAME)
    kept = {student: read_result(released_course, assignment, student) for student in ("ada", "bob")}
    assert [item.needs_manual_grade for item in kept["bob"].exercises] == [False, True]
    assert [bool(item.key) for item in kept["bob"].exercises] == [True, False], "a regrade scores it again"
    assert kept["bob"].exercises[1].score == 3
    assert any("graded twice, backprop.softmax came out in two ways" in flag for flag in kept["bob"].flags)
    assert not any("graded twice" in flag for flag in kept["ada"].flags)
    with Gradebook(released_course.db_url) as gradebook:
        grades = gradebook.find_submission_notebook("tiny", NAME, "bob").grades
        assert {grade.name: grade.needs_manual_grade for grade in grades}["backprop.softmax"]
    # What was found stays: the next run takes the result, flag and all, as it is.
    again = chainrule(released_course, "grade", NAME, "--workers", "1", "--json")
    assert any("graded twice" in flag for flag in json.loads(again.stdout)[1]["flags"])


@pytest.mark.slow
def test_a_class_that_comes_out_the_same_is_said_so(released_course):
    hand_in(released_course, "ada")
    done = chainrule(released_course, "grade", NAME, "--workers", "1", "--verify")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "verified: 1 submissions came out the same twice" in done.stdout


def test_the_other_noise_changes_hashes_and_order_and_nothing_that_is_graded(released_course):
    suite = load_suite(released_course, released_course.assignment(NAME))
    other = other_noise(suite)
    assert (suite.environment.hash_seed, other.environment.hash_seed) == (0, HASH_SEED)
    assert (suite.limits.last_first, other.limits.last_first) == (False, True)
    back = replace(other, environment=suite.environment, limits=suite.limits)
    assert back == suite


@pytest.mark.parametrize(("workers", "others"), [(1, 2), (2, 1), (8, 4)])
def test_the_second_time_there_are_other_workers(workers, others):
    assert other_workers(workers) == others


def test_results_differ_by_score_verdict_or_a_check_and_by_nothing_else():
    first = submission()
    same = replace(first, resources={"cpu_seconds": 9.0}, flags=["another order of flags"])
    assert compare(first, same) == []
    changed = submission()
    exercise = changed.exercises[0]
    exercise.score, exercise.verdict = exercise.score / 2, Verdict.TIMED_OUT
    (difference,) = compare(first, changed)
    assert difference.exercise == exercise.id
    assert "timed_out" in difference.second
    missing = replace(first, exercises=first.exercises[1:])
    assert compare(first, missing)[0].second == "nothing"
    assert difference.line() in Verification(1, [difference]).as_text()
