"""Recording: nbgrader goes on from our results as if it had made them."""

from __future__ import annotations

import csv
import json
import os
import re
from typing import Any

import nbformat
import pytest
from conftest import SIGMOID, SOFTMAX
from nbconvert.filters.markdown import markdown2html
from nbgrader.utils import compute_checksum

from autograder.course import Assignment, Course
from autograder.errors import CourseError
from autograder.model import CellResult, CheckResult, ExerciseResult, SubmissionResult, Verdict
from autograder.pipeline.autograded import safe_markdown, verdict_text
from autograder.pipeline.merge import MergedNotebook, merge, read_released
from autograder.pipeline.record import record, submitted_at
from autograder.pipeline.release import gradebook

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>"


@pytest.fixture
def tiny(released_course: Course) -> Course:
    return released_course


@pytest.fixture
def assignment(tiny: Course) -> Assignment:
    return tiny.assignment("backprop")


class Work:
    """A student's notebook, submitted and merged, with the result that grading would give."""

    def __init__(self, course: Course, assignment: Assignment, student: str):
        self.course, self.assignment, self.student = course, assignment, student
        self.data = (assignment.released / "tiny.ipynb").read_bytes()
        self.notebook = json.loads(self.data)
        self.scores = {"backprop.sigmoid": 2.0, "backprop.softmax": 1.5}
        self.verdict = Verdict.FAILED
        self.cells: list[CellResult] = []

    def write(self, grade_id: str, source: str) -> Work:
        for cell in self.notebook["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("grade_id") == grade_id:
                cell["source"] = source
        return self

    def merged(self) -> MergedNotebook:
        return merge(read_released("tiny", self.data), json.dumps(self.notebook).encode())

    def result(self) -> SubmissionResult:
        merged = self.merged()
        checks = [
            CheckResult("one", "Rows sum to one.", Verdict.PASSED),
            CheckResult("two", "Large logits.", self.verdict, hint="Subtract.", symptom="secret symptom"),
        ]
        exercises = [
            ExerciseResult("backprop.sigmoid", "tiny", self.scores["backprop.sigmoid"], 2, Verdict.PASSED),
            ExerciseResult(
                "backprop.softmax",
                "tiny",
                self.scores["backprop.softmax"],
                3,
                self.verdict,
                checks,
                log="secret log",
            ),
        ]
        return SubmissionResult(
            self.student, "backprop", merged.digest, "key", 3.5, 6, exercises, merged.written(), self.cells
        )

    def submit(self) -> Work:
        folder = self.course.submitted / self.student / "backprop"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "tiny.ipynb").write_text(json.dumps(self.notebook), encoding="utf-8")
        return self

    def record(self) -> Work:
        self.submit()
        record(self.course, self.assignment, [self.result()], {self.student: [self.merged()]})
        return self


@pytest.fixture
def anna(tiny: Course, assignment: Assignment) -> Work:
    work = Work(tiny, assignment, "anna")
    work.write("backprop.sigmoid-solution", SIGMOID).write("backprop.softmax-solution", SOFTMAX)
    return work.write("backprop.why_random", "Symmetry.")


def grades(course: Course, student: str) -> dict[str, tuple[float | None, float | None, bool]]:
    with gradebook(course) as book:
        notebook = book.find_submission_notebook("tiny", "backprop", student)
        return {g.name: (g.auto_score, g.manual_score, g.needs_manual_grade) for g in notebook.grades}


def comments(course: Course, student: str) -> dict[str, str | None]:
    with gradebook(course) as book:
        notebook = book.find_submission_notebook("tiny", "backprop", student)
        return {comment.name: comment.auto_comment for comment in notebook.comments}


def grade_by_hand(course: Course, student: str, score: float) -> None:
    with gradebook(course) as book:
        grade = book.find_grade("backprop.why_random", "tiny", "backprop", student)
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = score, 0.5, False
        book.find_comment("backprop.why_random", "tiny", "backprop", student).manual_comment = "Nice."
        book.db.commit()


def autograded(course: Course, student: str) -> nbformat.NotebookNode:
    path = course.autograded / student / "backprop" / "tiny.ipynb"
    return nbformat.read(path, as_version=4)


def find(notebook: nbformat.NotebookNode, grade_id: str) -> nbformat.NotebookNode:
    found = (c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id)
    return next(found)


def test_scores_reach_the_gradebook_and_the_answer_waits_for_a_person(anna: Work) -> None:
    anna.record()
    assert grades(anna.course, "anna") == {
        "backprop.sigmoid": (2.0, None, False),
        "backprop.softmax": (1.5, None, False),
        "backprop.why_random": (None, None, True),
    }
    assert set(comments(anna.course, "anna").values()) == {None}
    with gradebook(anna.course) as book:
        submission = book.find_submission("backprop", "anna")
        assert (submission.score, submission.max_score, submission.needs_manual_grade) == (3.5, 6, True)


def test_what_was_not_touched_says_no_response_and_scores_zero(tiny: Course, assignment: Assignment) -> None:
    Work(tiny, assignment, "ben").write("backprop.why_random", "  ").record()
    assert grades(tiny, "ben")["backprop.why_random"] == (0.0, None, False)
    assert set(comments(tiny, "ben").values()) == {"No response."}
    answer = find(autograded(tiny, "ben"), "backprop.why_random")
    assert answer.metadata.nbgrader.checksum == compute_checksum(answer)


def test_recording_again_changes_nothing(anna: Work) -> None:
    anna.record()
    grade_by_hand(anna.course, "anna", 1)
    path = anna.course.autograded / "anna" / "backprop" / "tiny.ipynb"
    before = path.stat().st_mtime_ns
    anna.record()
    assert grades(anna.course, "anna")["backprop.why_random"] == (None, 1.0, False)
    assert path.stat().st_mtime_ns == before


def test_a_changed_submission_keeps_manual_marks_and_asks_for_a_new_look(anna: Work) -> None:
    anna.record()
    grade_by_hand(anna.course, "anna", 1)
    anna.write("backprop.why_random", "Symmetry, and more.")
    anna.scores["backprop.softmax"] = 3.0
    anna.record()
    found = grades(anna.course, "anna")
    assert found["backprop.why_random"] == (None, 1.0, True)
    assert found["backprop.softmax"] == (3.0, None, False)
    with gradebook(anna.course) as book:
        grade = book.find_grade("backprop.why_random", "tiny", "backprop", "anna")
        comment = book.find_comment("backprop.why_random", "tiny", "backprop", "anna")
        assert (grade.extra_credit, comment.manual_comment) == (0.5, "Nice.")


def test_a_fault_of_ours_gives_the_points_and_asks_for_a_person(anna: Work) -> None:
    anna.verdict = Verdict.BROKEN
    anna.scores["backprop.softmax"] = 3.0
    anna.record()
    assert grades(anna.course, "anna")["backprop.softmax"] == (3.0, None, True)


def test_a_notebook_that_is_not_there_gets_zero(tiny: Course, assignment: Assignment) -> None:
    result = Work(tiny, assignment, "cem").result()
    record(tiny, assignment, [result], {"cem": []})
    assert set(grades(tiny, "cem").values()) == {(0.0, None, False)}
    assert submitted_at(tiny.submitted / "cem" / "backprop") is None


def test_a_batch_is_recorded_as_a_whole_or_not_at_all(
    anna: Work, tiny: Course, assignment: Assignment
) -> None:
    broken = Work(tiny, assignment, "dora").result()
    broken.exercises.pop()
    work = {"anna": [anna.merged()], "dora": [anna.merged()]}
    with pytest.raises(CourseError, match=r"backprop\.softmax that the results of dora lack"):
        record(tiny, assignment, [anna.result(), broken], work)
    with gradebook(tiny) as book:
        assert book.students == []
    assert not tiny.autograded.exists()


def test_a_checkout_without_a_gradebook_gets_one(anna: Work) -> None:
    (anna.course.root / "gradebook.db").unlink()
    anna.record()
    assert grades(anna.course, "anna")["backprop.softmax"][0] == 1.5


@pytest.mark.parametrize("text", ["2027-02-01 17:00:00 UTC", "2027-02-01T17:00:00+00:00"])
def test_timestamp_txt_counts_as_in_nbgrader(anna: Work, text: str) -> None:
    anna.submit()
    folder = anna.course.submitted / "anna" / "backprop"
    (folder / "timestamp.txt").write_text(text)
    assert submitted_at(folder).isoformat() == "2027-02-01T17:00:00"
    anna.record()
    assert (anna.course.autograded / "anna" / "backprop" / "timestamp.txt").read_text() == text + "\n"


def test_a_timestamp_that_is_none_gives_way_to_the_file_time(anna: Work) -> None:
    folder = anna.submit().course.submitted / "anna" / "backprop"
    (folder / "timestamp.txt").write_text("yesterday, about noon")
    os.utime(folder / "tiny.ipynb", (1_800_000_000, 1_800_000_000))
    assert submitted_at(folder).isoformat() == "2027-01-15T08:00:00"


@pytest.mark.parametrize(("time", "late"), [(1_800_000_000, False), (1_900_000_000, True)])
def test_formgrader_knows_that_work_without_a_timestamp_is_graded(anna: Work, time: int, late: bool) -> None:
    from nbgrader.apps import NbGraderAPI

    folder = anna.submit().course.submitted / "anna" / "backprop"
    os.utime(folder / "tiny.ipynb", (time, time))
    record(anna.course, anna.assignment, [anna.result()], {"anna": [anna.merged()]})
    with gradebook(anna.course) as book:
        assert (book.find_submission("backprop", "anna").total_seconds_late > 0) == late
    config = anna.course.config.copy()
    config.CourseDirectory.root = str(anna.course.root)
    graded = NbGraderAPI(config=config).get_autograded_students("backprop")
    # Late work keeps its time, for the penalty; formgrader then asks to have it graded again.
    assert graded == (set() if late else {"anna"})


def test_late_penalties_are_those_of_the_courses_plugin(anna: Work) -> None:
    anna.submit()
    folder = anna.course.submitted / "anna" / "backprop"
    (folder / "timestamp.txt").write_text("2027-02-03 12:00:00 UTC")
    anna.record()
    with gradebook(anna.course) as book:
        assert book.find_submission("backprop", "anna").total_seconds_late > 86_400
        assert not book.find_submission("backprop", "anna").late_submission_penalty
    anna.course.config.LateSubmissionPlugin.penalty_method = "zero"
    anna.record()
    with gradebook(anna.course) as book:
        assert book.find_submission("backprop", "anna").late_submission_penalty == 3.5


# --- autograded/ --------------------------------------------------------------------------------------------


def test_the_autograded_notebook_has_released_cells_work_and_verdicts(anna: Work) -> None:
    notebook = autograded(anna.record().course, "anna")
    nbformat.validate(notebook)
    graded = find(notebook, "backprop.softmax")
    assert graded.source == "# Hidden checks: values and shapes."
    assert graded.metadata.nbgrader.checksum == compute_checksum(graded)
    text = graded.outputs[0].text
    assert text == (
        "backprop.softmax: 1.5 of 3 points. Your answer is wrong.\n"
        "[right] Rows sum to one.\n"
        "[wrong] Large logits.\n"
        "    Subtract.\n"
    )
    assert find(notebook, "backprop.softmax-solution").source == SOFTMAX


def test_symptoms_and_logs_are_not_for_students(anna: Work) -> None:
    assert "secret" not in verdict_text(anna.result().exercises[1])


def test_students_outputs_are_made_safe(anna: Work) -> None:
    anna.cells = [
        CellResult(
            "tiny", 0, "backprop-sigmoid-check", "backprop.sigmoid-check", "ok", "", None, outputs(EVIL)
        ),
        CellResult("tiny", 1, "backprop-softmax-check", None, "killed", "", "it used too much memory"),
    ]
    notebook = autograded(anna.record().course, "anna")
    shown = find(notebook, "backprop.sigmoid-check").outputs
    kinds = {kind for output in shown for kind in output.get("data", {})}
    assert kinds <= {"text/html"}
    html = " ".join(output.data["text/html"] for output in shown if "data" in output)
    assert "<td>1</td>" in html
    assert "alert" not in html
    assert find(notebook, "backprop.softmax-check").outputs[0].text == "[killed] it used too much memory\n"


def outputs(evil: str) -> list[dict[str, Any]]:
    bundles = [
        {"text/html": f"<table><tr><td>1</td></tr></table>{evil}"},
        {"image/svg+xml": f"<svg>{evil}</svg>"},
        {"application/javascript": "alert(3)"},
        {"image/png": "bm90IGEgcGljdHVyZQ=="},
    ]
    return [{"output_type": "display_data", "data": data, "metadata": {}} for data in bundles]


def test_an_experiment_shows_the_outputs_that_were_handed_in(anna: Work) -> None:
    cell = next(cell for cell in anna.notebook["cells"] if cell["id"] == "try-it")
    cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "loss after 50 epochs: 3.9"}]
    anna.cells = [CellResult("tiny", 0, "try-it", None, "ok", "", None, [])]
    notebook = autograded(anna.record().course, "anna")
    texts = [output.text for output in next(c for c in notebook.cells if c.id == "try-it").outputs]
    assert texts == ["As handed in:\n", "loss after 50 epochs: 3.9"]


@pytest.mark.parametrize(
    "text",
    [
        EVIL,
        "< script>",
        "[x](javascript:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x]\n\n[x]: JavaScript:alert(1)",
        "![x](data:text/html,<script>)",
        "$\\href{javascript:alert(1)}{x}$",
        "````\n[x](javascript:alert(1))\n````\n[x](javascript:alert(1))",
        "<a href='javascript:alert(1)'>",
        "<<script>script>alert(1)<</script>/script>",
    ],
)
def test_markdown_of_students_carries_no_program(text: str) -> None:
    page = markdown2html(safe_markdown(text))
    assert not re.search(r"<(script|img|a)\b[^>]*(onerror|javascript|data:)", page, re.IGNORECASE)
    assert "<script" not in page
    assert "href{" not in page or "<code>" in page


@pytest.mark.parametrize(
    "text", ["$x < y$ and **bold**", "[paper](https://example.org/a)", "`a <b` | c", "1. one\n2. two"]
)
def test_ordinary_markdown_stays(text: str) -> None:
    assert safe_markdown(text).replace("< b", "<b") == text


@pytest.mark.slow
def test_nbgrader_goes_on_from_there(anna: Work, nbgrader: Any) -> None:
    anna.write("backprop.why_random", f"Symmetry. {EVIL}")
    anna.notebook["cells"].append({"cell_type": "raw", "source": EVIL, "metadata": {}, "id": "raw"})
    anna.notebook["cells"].append({"cell_type": "markdown", "source": EVIL, "metadata": {}, "id": "md"})
    anna.cells = [
        CellResult(
            "tiny", 0, "backprop-sigmoid-check", "backprop.sigmoid-check", "ok", "", None, outputs(EVIL)
        )
    ]
    anna.record()
    grade_by_hand(anna.course, "anna", 1)

    nbgrader(anna.course, "generate_feedback", "backprop")
    page = (anna.course.feedback / "anna" / "backprop" / "tiny.html").read_text(encoding="utf-8")
    assert "Large logits." in page
    assert "1.5 of 3 points" in page
    assert "Nice." in page
    assert "(Score: 5.0 / 6.0)" in page
    assert "secret" not in page
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "BEGIN HIDDEN" not in page

    nbgrader(anna.course, "export")
    rows = list(csv.DictReader((anna.course.root / "grades.csv").open()))
    assert [(row["student_id"], row["score"], row["max_score"]) for row in rows] == [("anna", "5.0", "6.0")]
