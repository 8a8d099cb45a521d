"""The coordinator holds where submissions lie, not what is in them; workers get content."""

from __future__ import annotations

import pickle
import shutil

import nbformat
import pytest

from autograder.course import Course
from autograder.errors import SubmissionError
from autograder.model import Verdict
from autograder.pipeline import waiting as waiting_module
from autograder.pipeline.grade_one import Task, task_for
from autograder.pipeline.suite import load_suite
from autograder.pipeline.waiting import Waiting, broken, waiting_for

NAME = "backprop"


@pytest.fixture
def waiting(released_course: Course) -> Waiting:
    folder = released_course.submitted / "ada" / NAME
    shutil.copytree(released_course.release / NAME, folder)
    assignment = released_course.assignment(NAME)
    suite = load_suite(released_course, assignment)
    return waiting_for(released_course, assignment, suite, "ada", folder)


def write_remark(waiting: Waiting) -> None:
    path = waiting.folder / "tiny.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[2].source = "# a remark"
    nbformat.write(notebook, path)


def test_what_arrives_is_the_task_by_content(waiting):
    sent = pickle.loads(pickle.dumps(waiting))
    assert type(sent) is Task
    assert sent == task_for(waiting.course, waiting.suite, "ada", waiting.folder)
    assert sent.key == waiting.key


def test_a_submission_that_changed_meanwhile_arrives_with_the_key_of_what_it_is_now(waiting):
    write_remark(waiting)
    sent = pickle.loads(pickle.dumps(waiting))
    assert sent.key == task_for(waiting.course, waiting.suite, "ada", waiting.folder).key
    assert sent.key != waiting.key


def test_it_holds_nothing_of_the_files(waiting):
    large = b"\0" * 2**20
    (waiting.folder / "large.npy").write_bytes(large)
    again = waiting_for(waiting.course, waiting.assignment, waiting.suite, "ada", waiting.folder)
    own = {
        name: value for name, value in vars(again).items() if name not in ("course", "assignment", "suite")
    }
    assert len(pickle.dumps(own)) < 2000
    assert again.task().files["large.npy"] == large


def test_a_folder_that_went_away_is_our_fault_and_not_an_empty_submission(waiting, monkeypatch):
    monkeypatch.setattr(waiting_module, "MOVING_SECONDS", 0)
    shutil.rmtree(waiting.folder)
    with pytest.raises(SubmissionError, match="went away"):
        pickle.dumps(waiting)
    result = broken(waiting, "its folder went away")
    assert {item.verdict for item in result.exercises} == {Verdict.BROKEN}
    assert result.key == ""
