"""The audit trail, the lock and the history of results, without a sandbox."""

from __future__ import annotations

import doctest
import errno
import json
import os
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from autograder import cli
from autograder.course import Assignment, Course
from autograder.errors import CourseError, GraderError
from autograder.model import ExerciseResult, SubmissionResult, Verdict
from autograder.pipeline import spreadsheets, trail_text
from autograder.pipeline import trail as trails
from autograder.pipeline.alone import alone
from autograder.pipeline.changes import SAME, UNKNOWN, WAS_BROKEN, as_text, changes, compare
from autograder.pipeline.results import earlier_paths, read_results, read_vouched, write_result
from autograder.pipeline.trail import Trail, check


@pytest.fixture
def assignment(tiny_course: Course) -> Assignment:
    return tiny_course.assignment("backprop")


@pytest.fixture
def trail(tiny_course: Course, assignment: Assignment) -> Trail:
    """A trail of three lines."""
    made = Trail(tiny_course, assignment)
    made.append("batch started", students="all", workers=1, force=False, user="ada", to_grade=1, known=0)
    made.append("stopped", reason="SIGINT")
    made.append("recorded", students=["bob"])
    return made


def result(score: float = 2.0, key: str = "k1", **parts: str) -> SubmissionResult:
    exercise = ExerciseResult("backprop.softmax", "tiny", score, 3, Verdict.FAILED)
    return SubmissionResult("bob", "backprop", "digest", key, score, 3, [exercise], parts=parts)


def run(course: Course, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli.main, ["--course", str(course.root), *arguments])
    return done.exit_code, done.output


# --- the chain ----------------------------------------------------------------------------------------------


def test_each_line_has_the_hash_of_the_line_before(trail):
    lines = list(trail.lines())
    assert [line.number for line in lines] == [1, 2, 3]
    assert [line.previous for line in lines[1:]] == [line.hash for line in lines[:-1]]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda lines: [lines[0], lines[1].replace("SIGINT", "SIGTERM"), lines[2]],
            "line 2: its hash is wrong",
        ),
        (lambda lines: [lines[0], lines[2]], "line 2: it has number 3"),
        (lambda lines: lines[1:], "line 1: it has number 2"),
        (lambda lines: [lines[0], lines[1], "{}\n", lines[2]], "line 3: it is no line of a trail"),
        (lambda lines: [*lines, lines[2]], "line 4: it has number 3"),
    ],
)
def test_a_line_that_was_changed_left_out_or_put_in_is_named(tiny_course, assignment, trail, change, said):
    trail.path.write_text("".join(change(trail.path.read_text().splitlines(keepends=True))))
    code, output = run(tiny_course, "trail", "backprop", "--check")
    assert code == 4
    assert said in output


def test_whoever_lacks_the_secret_cannot_rewrite_the_chain(tiny_course, assignment, trail):
    forged = Trail(tiny_course, assignment)
    forged._key = b"another secret, of the right size"[:32]
    lines = trail.path.read_text().splitlines(keepends=True)
    trail.path.write_text("".join(lines[:2]))
    forged.append("recorded", students=["mallory"])
    with pytest.raises(GraderError, match="line 3: its hash is wrong"):
        list(trail.lines())


def test_a_cut_last_line_is_set_aside_and_recorded(tiny_course, assignment, trail):
    whole = trail.path.read_bytes()
    trail.path.write_bytes(whole + b'{"number": 4, "ti')
    assert "it was cut while it was written" in run(tiny_course, "trail", "backprop", "--check")[1]
    trail.append("recorded", students=[])
    lines = list(trail.lines())
    assert [line.event for line in lines[3:]] == ["repaired", "recorded"]
    assert (trail.path.parent / lines[3].details["kept"]).read_bytes() == b'{"number": 4, "ti'
    assert trail.path.read_bytes().startswith(whole)


def test_a_line_may_be_longer_than_what_is_read_at_once(trail):
    trail.append("refused", reason="x" * 700_000)
    trail.append("recorded", students=[])
    assert [line.number for line in trail.lines()] == [1, 2, 3, 4, 5]


def test_a_clock_set_back_is_recorded_and_orders_nothing(trail, monkeypatch):
    class Earlier(datetime):
        @classmethod
        def now(cls, zone=None):
            return datetime.now(UTC) - timedelta(hours=2)

    monkeypatch.setattr(trails, "datetime", Earlier)
    trail.append("recorded", students=["cyd"])
    lines = list(trail.lines())
    assert lines[3].number == 4
    assert 7190 < lines[3].clock_back < 7210
    assert lines[3].time < lines[2].time


def test_a_full_disk_leaves_no_part_of_a_line(trail, monkeypatch):
    before, write = trail.path.read_bytes(), os.write

    def short(descriptor: int, data: bytes) -> int:
        if len(data) < 100:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(descriptor, data[: len(data) // 2])

    monkeypatch.setattr(trails.os, "write", short)
    with pytest.raises(CourseError, match=r"No space left on device.*run the same command again"):
        trail.append("recorded", students=["cyd"])
    assert trail.path.read_bytes() == before


def test_a_result_file_that_the_trail_does_not_vouch_for_does_not_count(tiny_course, assignment, trail):
    digest = write_result(tiny_course, assignment, result())
    trail.append("graded", "bob", score=2.0, max_score=3.0, key="k1", result=digest)
    assert read_vouched(tiny_course, assignment, "bob", digest) == result()
    assert check(tiny_course, assignment).problems == []
    path = tiny_course.results / "backprop" / "bob.json"
    path.write_text(path.read_text().replace('"score": 2.0', '"score": 3.0'))
    assert read_vouched(tiny_course, assignment, "bob", digest) is None
    assert "is not what line 4 of the trail says" in check(tiny_course, assignment).problems[0]


# --- what people read ---------------------------------------------------------------------------------------


def test_the_command_prints_lines_and_says_that_the_chain_holds(tiny_course, trail):
    code, output = run(tiny_course, "trail", "backprop")
    assert code == 0
    assert "batch started: by ada, 1 workers, students all; 1 to grade" in output
    assert "3 lines, the chain holds" in output
    assert run(tiny_course, "trail", "backprop", "--check")[1].count("\n") == 1


def test_a_students_lines_are_those_that_name_them(tiny_course, trail):
    digest = trails.digest_of_result(b"{}")
    trail.append("two answers", "ada", result=digest, lines=["ada, backprop.softmax: 3, then 2"])
    trail.append("recorded", students=["ada"])
    assert "two answers ada" in run(tiny_course, "trail", "backprop")[1]
    trail.path.with_name("ada.json").write_text("{}")
    _, output = run(tiny_course, "trail", "backprop", "--student", "bob", "--json")
    assert [json.loads(line)["number"] for line in output.splitlines()] == [3]


def test_the_examples_in_docstrings_are_true():
    assert doctest.testmod(trail_text).failed == 0
    assert doctest.testmod(spreadsheets).failed == 0


def test_an_assignment_without_a_trail_says_what_to_do(tiny_course):
    code, output = run(tiny_course, "trail", "backprop")
    assert code == 2
    assert "run `chainrule grade backprop` first" in output


# --- one grader at a time -----------------------------------------------------------------------------------


def test_a_second_grader_is_refused_with_the_first_ones_process(tiny_course, assignment):
    said = rf"being graded already, by process {os.getpid()} on .* since 2"
    with (
        alone(tiny_course, assignment),
        pytest.raises(CourseError, match=said),
        alone(tiny_course, assignment),
    ):
        pass
    with alone(tiny_course, assignment):
        pass


# --- history ------------------------------------------------------------------------------------------------


def test_a_regrade_keeps_every_earlier_result(tiny_course, assignment):
    for number in range(4):
        write_result(tiny_course, assignment, result(float(number)))
    kept = earlier_paths(tiny_course, assignment, "bob")
    assert [path.name for path in kept] == ["001.json", "002.json", "003.json"]
    assert [SubmissionResult.from_json(path.read_text()).score for path in kept] == [0, 1, 2]
    assert [one.score for one in read_results(tiny_course, assignment)] == [3]


def test_a_run_killed_between_keeping_and_replacing_keeps_a_result_once(tiny_course, assignment, monkeypatch):
    write_result(tiny_course, assignment, result(1.0))
    path = tiny_course.results / "backprop" / "bob.json"
    old = path.read_bytes()
    write_result(tiny_course, assignment, result(2.0))
    path.write_bytes(old)
    write_result(tiny_course, assignment, result(2.0))
    assert len(earlier_paths(tiny_course, assignment, "bob")) == 1


def test_changes_show_scores_and_why(tiny_course, assignment):
    write_result(tiny_course, assignment, result(1.0, "k1", checks="a", limits="a", submission="a"))
    write_result(tiny_course, assignment, result(2.0, "k2", checks="b", limits="a", submission="a"))
    (change,) = changes(tiny_course, assignment)
    assert change.scores == {"backprop.softmax": (1.0, 2.0)}
    assert change.why == ["the checks"]
    assert "backprop.softmax: 1 -> 2" in as_text([change])
    assert "changed since: the checks" in run(tiny_course, "changes", "backprop")[1]
    assert json.loads(run(tiny_course, "changes", "backprop", "--json")[1])[0]["why"] == ["the checks"]
    assert changes(tiny_course, assignment, ["ada"]) == []


def test_why_tells_force_and_failures_and_old_files_apart():
    assert compare(result(), result()).why == [SAME]
    assert compare(result(key="k1"), result(key="k2")).why == [UNKNOWN]
    assert compare(result(key=""), result()).why == [WAS_BROKEN]


def test_a_result_file_without_parts_is_still_read():
    data = json.loads(result(checks="a").to_json())
    del data["parts"]
    assert SubmissionResult.from_json(json.dumps(data)).parts == {}
