"""Faults: graders, workers and sandboxes killed, disks full, the gradebook locked or gone, the clock set back.

After each of them, and a restart: every submission has exactly one right grade, no mark by hand is changed, no file is
half written, nothing is left running, and the trail says what happened.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from conftest import CHECKOUT

from autograder.course import Course
from autograder.errors import CourseError, SandboxError
from autograder.model import SubmissionResult, Verdict
from autograder.pipeline import database, grade_one
from autograder.pipeline import grade as grading
from autograder.pipeline.database import gradebook
from autograder.pipeline.demo import solve
from autograder.pipeline.grade import grade
from autograder.pipeline.results import earlier_paths
from autograder.pipeline.submissions import find_submissions
from autograder.pipeline.suite import Suite, load_suite
from autograder.pipeline.trail import Trail, check
from autograder.pipeline.workers import on_workers

pytestmark = pytest.mark.slow

NAME = "backprop"
STUDENTS = ("ada", "bob", "cyd", "dan")
PATIENCE = 60
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="a small file system is mounted by root alone")


@pytest.fixture(scope="module")
def graded_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with four submissions, graded once without any fault."""
    from conftest import make_tiny_course

    from autograder.pipeline.release import release

    course = make_tiny_course(tmp_path_factory.mktemp("faults") / "course")
    release(course, course.assignment(NAME))
    for student in STUDENTS:
        submit(course, student)
    grade(course, course.assignment(NAME), workers=1)
    return course.root


@pytest.fixture
def course(graded_once: Path, tmp_path: Path) -> Course:
    """Four submissions that nobody has graded."""
    course = Course(shutil.copytree(graded_once, tmp_path / "course"))
    shutil.rmtree(course.results)
    shutil.rmtree(course.autograded)
    (course.root / "gradebook.db").unlink()
    return course


@pytest.fixture
def graded(graded_once: Path, tmp_path: Path) -> Course:
    """Four submissions that are graded, with marks by hand."""
    course = Course(shutil.copytree(graded_once, tmp_path / "course"))
    mark_by_hand(course)
    return course


def submit(course: Course, student: str, note: str = "") -> None:
    """Ada is right, Bob's softmax is wrong, Cyd wrote nothing but an answer, Dan's notebook takes a while."""
    source = nbformat.read(course.source / NAME / "tiny.ipynb", as_version=4)
    notebook = nbformat.read(course.release / NAME / "tiny.ipynb", as_version=4)
    if student != "cyd":
        notebook = solve(notebook, source)
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id == f"{NAME}.softmax-solution" and student == "bob":
            cell.source = "def softmax(x):\n    return np.exp(x) / np.exp(x).sum()"
        if grade_id == f"{NAME}.why_random":
            cell.source = f"Symmetry, says {student}."
    pause = "import time; time.sleep(0.5)" if student == "dan" else "pass"
    notebook.cells.append(nbformat.v4.new_code_cell(f"{pause}  # {note}"))
    folder = course.submitted / student / NAME
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / "tiny.ipynb")


# --- what must hold -----------------------------------------------------------------------------------------


def scores(course: Course) -> dict[str, dict[str, tuple[float, str]]]:
    """What each result file says, by student and exercise."""
    folder = course.results / NAME
    results = [SubmissionResult.from_json((folder / f"{student}.json").read_text()) for student in STUDENTS]
    return {
        one.student: {item.id: (item.score, item.verdict.value) for item in one.exercises} for one in results
    }


def automatic(course: Course) -> dict[str, dict[str, float | None]]:
    """What the gradebook holds of them."""
    with gradebook(course) as book:
        return {
            student: {
                item.name: item.auto_score
                for item in book.find_submission_notebook("tiny", NAME, student).grades
                if item.name != f"{NAME}.why_random"
            }
            for student in STUDENTS
        }


def mark_by_hand(course: Course) -> None:
    with gradebook(course) as book:
        why = book.find_grade(f"{NAME}.why_random", "tiny", NAME, "ada")
        why.manual_score, why.needs_manual_grade = 0.5, False
        softmax = book.find_grade(f"{NAME}.softmax", "tiny", NAME, "bob")
        softmax.manual_score, softmax.extra_credit = 1.25, 0.25
        book.find_comment(f"{NAME}.softmax-solution", "tiny", NAME, "bob").manual_comment = "Nearly."
        book.db.commit()


def by_hand(course: Course) -> dict[str, object]:
    with gradebook(course) as book:
        marks: dict[str, object] = {}
        for student in STUDENTS:
            notebook = book.find_submission_notebook("tiny", NAME, student)
            marks |= {
                f"{student} {one.name}": (one.manual_score, one.extra_credit) for one in notebook.grades
            }
            marks |= {f"{student}'s {one.name}": one.manual_comment for one in notebook.comments}
        return marks


def assert_sound(course: Course, right: dict[str, dict[str, tuple[float, str]]]) -> None:
    """One right grade for everyone, in agreement everywhere; nothing half written, nothing lost."""
    assert scores(course) == right
    assert automatic(course) == {
        student: {name: score for name, (score, _) in found.items()} for student, found in right.items()
    }
    with gradebook(course) as book:
        assert sorted(one.student_id for one in book.find_assignment(NAME).submissions) == sorted(STUDENTS)
    found = check(course, course.assignment(NAME))
    assert found.problems == []
    for student in STUDENTS:
        for path in earlier_paths(course, course.assignment(NAME), student):
            SubmissionResult.from_json(path.read_text())
        nbformat.validate(nbformat.read(course.autograded / student / NAME / "tiny.ipynb", as_version=4))
    drafts = [path for root in (course.results, course.autograded) for path in root.rglob(".writing-*")]
    assert drafts == []


# --- killing ------------------------------------------------------------------------------------------------


class Run:
    """`chainrule grade` in a process of its own. What it starts carries a mark in its environment."""

    def __init__(self, course: Course, *options: str):
        self.mark = f"CHAINRULE_TEST={uuid.uuid4()}"
        name, _, value = self.mark.partition("=")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "autograder.cli", "--course", course.root, "grade", NAME, *options],
            env={**os.environ, name: value}, cwd=CHECKOUT, text=True, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self.trail = course.results / NAME / "trail.jsonl"
        self.seen: set[tuple[int, str]] = set()

    def lines(self) -> int:
        return self.trail.read_bytes().count(b"\n") if self.trail.exists() else 0

    def until(self, reached: Callable[[], object]) -> bool:
        """Wait until something is so; False when the run ended before."""
        deadline = time.monotonic() + PATIENCE
        while not reached():
            if self.process.poll() is not None:
                return False
            assert time.monotonic() < deadline, "the run hangs"
            time.sleep(0.01)
        return True

    def kill(self, pids: list[int], number: int = signal.SIGKILL) -> None:
        self.seen |= {(pid, _born(pid)) for pid in descendants(self.process.pid)}
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def workers(self) -> list[int]:
        return [pid for pid in descendants(self.process.pid) if b"spawn_main" in _read(pid, "cmdline")]

    def warm(self) -> list[int]:
        """The warm interpreters of its sandboxes."""
        found = [pid for pid in descendants(self.process.pid) if b"inside.warm" in _read(pid, "cmdline")]
        return [pid for pid in found if b"bwrap" not in _read(pid, "cmdline").split(b"\0")[0]]

    def finish(self) -> tuple[int, str]:
        """Exit code and output, after everything that it started has ended too."""
        said = "".join(self.process.communicate(timeout=PATIENCE))
        deadline = time.monotonic() + PATIENCE
        while left := [pid for pid in self._marked() if _runs(pid)]:
            assert time.monotonic() < deadline, f"still running: {[_read(pid, 'cmdline') for pid in left]}"
            time.sleep(0.05)
        return self.process.returncode, said

    def _marked(self) -> set[int]:
        """Its processes, by their mark, and those that were below it before a kill: a sandbox clears the mark."""
        known = {pid for pid, born in self.seen if _born(pid) == born}
        everybody = (int(name) for name in os.listdir("/proc") if name.isdigit())
        return known | {pid for pid in everybody if self.mark.encode() in _read(pid, "environ").split(b"\0")}


def descendants(pid: int) -> list[int]:
    found, todo = [], [pid]
    while todo:
        parent = todo.pop()
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                todo += map(int, task.read_text().split())
        found.append(parent)
    return found


def _read(pid: int, name: str) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/{name}").read_bytes()
    return b""


def _runs(pid: int) -> bool:
    status = _read(pid, "stat").rpartition(b")")[2].split()
    return bool(status) and status[0] not in (b"Z", b"X")


def _born(pid: int) -> str:
    fields = _read(pid, "stat").rpartition(b")")[2].split()
    return fields[19].decode() if fields else ""


def test_a_grader_killed_at_twenty_random_points_leaves_one_right_grade_for_everyone(course, graded_once):
    right = scores(Course(graded_once))
    draw = random.Random(7)
    marks, killed = None, 0
    for number in range(20):
        if number == 10:
            # Halfway one run goes through, a person marks, and everything is graded again from then on.
            assert Run(course, "--workers", "1").finish()[0] == 0
            mark_by_hand(course)
            marks = by_hand(course)
        run = Run(course, "--workers", draw.choice("12"), *(["--force"] if number >= 10 else []))
        before, further = run.lines(), draw.randint(0, 6)
        run.until(lambda before=before, further=further, run=run: run.lines() >= before + further)
        time.sleep(draw.uniform(0, 1.5 if further < 2 else 0.4))
        if number % 4 == 3:
            run.kill(run.workers())
            code, said = run.finish()
            assert code in (0, 3), said
        else:
            run.kill([run.process.pid])
            code, _ = run.finish()
            killed += code == -signal.SIGKILL
        if marks:
            assert by_hand(course) == marks
    assert killed >= 10
    code, said = Run(course, "--workers", "1").finish()
    assert code == 0, said
    assert_sound(course, right)
    assert by_hand(course) == marks
    again = Run(course, "--workers", "1").finish()
    assert again[0] == 0
    assert "0 graded, 4 unchanged" in again[1]


def test_a_killed_worker_costs_nobody_a_grade(course, graded_once):
    run = Run(course, "--workers", "2")
    assert run.until(lambda: run.lines() >= 2)
    run.kill(run.workers()[:1])
    code, said = run.finish()
    assert code == 0, said
    assert_sound(course, scores(Course(graded_once)))


def test_a_killed_warm_interpreter_costs_nobody_a_grade(course, graded_once):
    run = Run(course, "--workers", "1")
    assert run.until(lambda: run.lines() >= 4)
    assert run.until(run.warm)
    run.kill(run.warm())
    code, said = run.finish()
    assert code == 0, said
    assert_sound(course, scores(Course(graded_once)))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_grader_ends_its_workers_and_says_how_to_go_on(course, graded_once, number):
    run = Run(course, "--workers", "1")
    assert run.until(lambda: run.lines() >= 3)
    run.kill([run.process.pid, *(run.workers() if number == signal.SIGINT else [])], number)
    code, said = run.finish()
    assert code == 128 + number, said
    assert f"stopped by {number.name}" in said
    assert "submissions were graded and stay; run the same command again to go on" in said
    assert [line.event for line in Trail(course, course.assignment(NAME)).lines()][-1] == "stopped"
    assert Run(course).finish()[0] == 0
    assert_sound(course, scores(Course(graded_once)))


# --- our own failures ---------------------------------------------------------------------------------------


def dies_once(task: tuple[str, Path]) -> str:
    name, folder = task
    if name == "bad" and not (folder / "died").exists():
        (folder / "died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return name


def dies(task: tuple[str, Path]) -> str:
    if task[0] == "bad":
        os.kill(os.getpid(), signal.SIGKILL)
    return task[0]


def fails(task: tuple[str, Path]) -> str:
    if task[0] == "bad":
        raise RecursionError("too deep")
    return task[0]


@pytest.fixture
def suite(course: Course) -> Suite:
    return load_suite(course, course.assignment(NAME))


@pytest.mark.parametrize(
    ("work", "verdict"),
    [(dies_once, "bad"), (dies, "broken: the worker died twice"), (fails, "broken: the grader failed (RecursionError")],
)  # fmt: skip
def test_what_kills_a_worker_is_tried_alone_and_then_broken_and_harms_no_neighbour(
    suite, tmp_path, work, verdict
):
    tasks = [(name, tmp_path) for name in ("a", "b", "bad", "c", "d", "e", "f")]
    noticed = []
    found = sorted(
        on_workers(work, tasks, suite, 1, lambda task, reason: f"broken: {reason}", noticed.append)
    )
    assert [one for one in found if len(one) == 1] == ["a", "b", "c", "d", "e", "f"]
    assert len(found) == 7
    assert any(one.startswith(verdict) for one in found)
    assert [line.split(";")[0] for line in noticed] == ([] if work is fails else ["a worker died"])


def test_a_failure_of_the_grader_is_broken_with_full_points_and_tried_again(suite, course, monkeypatch):
    (task,) = [
        grade_one.task_for(course, suite, student, folder)
        for student, folder in find_submissions(course, course.assignment(NAME), ["bob"])
    ]

    def merge(source, data):
        if data is not None:
            raise ZeroDivisionError("ours")
        return original(source, data)

    original = grade_one.merge
    monkeypatch.setattr(grade_one, "merge", merge)
    for result in (grade_one.grade_submission(task), grade_one.broken_submission(task, "it died")):
        assert [item.verdict for item in result.exercises] == [Verdict.BROKEN, Verdict.BROKEN]
        assert result.score == 5
        assert all(item.needs_manual_grade for item in result.exercises)
        assert any("full points for the time being" in flag for flag in result.flags)
        assert result.key == ""


def test_a_sandbox_that_cannot_start_refuses_before_anything_is_graded(course, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxError, match="bubblewrap"):
        grade(course, course.assignment(NAME), workers=1)
    assert [line.event for line in Trail(course, course.assignment(NAME)).lines()] == [
        "batch started",
        "refused",
    ]
    assert not list((course.results / NAME).glob("???.json"))


# --- the disk -----------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(course: Course) -> Iterator[Callable[[Path, int], Path]]:
    """Mounts a file system of so many KiB over a folder of the course."""
    mounted: list[Path] = []

    def mount(folder: Path, kib: int) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={kib}k,mode=755", "tmpfs", str(folder)]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("this container mounts nothing")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@as_root
@pytest.mark.parametrize("free", [4, 8, 16, 32])
def test_a_disk_full_of_results_stops_the_batch_and_loses_nothing(course, graded_once, small_disk, free):
    ballast = small_disk(course.results, 512) / "ballast"
    ballast.write_bytes(bytes((512 - free) << 10))
    with pytest.raises(CourseError, match=r"No space left on device.*run the same command again"):
        grade(course, course.assignment(NAME), workers=1)
    ballast.unlink()
    grade(course, course.assignment(NAME), workers=1)
    assert_sound(course, scores(Course(graded_once)))


@as_root
def test_a_disk_full_while_recording_loses_nothing(course, graded_once, small_disk):
    ballast = small_disk(course.autograded, 64) / "ballast"
    ballast.write_bytes(bytes(56 << 10))
    with pytest.raises(CourseError, match=r"No space left on device.*nothing is graded twice"):
        grade(course, course.assignment(NAME), workers=1)
    ballast.unlink()
    assert grade(course, course.assignment(NAME), workers=1).graded == 0
    assert_sound(course, scores(Course(graded_once)))


@as_root
def test_a_disk_full_under_the_gradebook_loses_nothing(course, graded_once, small_disk):
    place = small_disk(course.root / "database", 1024)
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write(f'\nc.CourseDirectory.db_url = "sqlite:///{place}/gradebook.db"\n')
    course = Course(course.root)
    shutil.copy(graded_once / "gradebook.db", place)
    with sqlite3.connect(place / "gradebook.db") as book:
        for table in ("grade", "comment", "submitted_notebook", "submitted_assignment"):
            book.execute(f"DELETE FROM {table}")
    book.close()
    ballast = place / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass
    with pytest.raises(CourseError, match=r"gradebook.*could not be used.*nothing is graded twice"):
        grade(course, course.assignment(NAME), workers=1)
    ballast.unlink()
    assert grade(course, course.assignment(NAME), workers=1).graded == 0
    assert_sound(course, scores(Course(graded_once)))


# --- the gradebook ------------------------------------------------------------------------------------------


def test_a_locked_gradebook_keeps_the_results_and_the_next_run_records_them(graded, graded_once, monkeypatch):
    monkeypatch.setattr(grading, "RECORD_EVERY", 1)
    monkeypatch.setattr(database, "WAIT_SECONDS", 1)
    for student in ("bob", "cyd"):
        submit(graded, student, "again")
    marks = by_hand(graded)
    other = sqlite3.connect(graded.root / "gradebook.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(CourseError, match=r"database is locked.*close formgrader.*nothing is graded twice"):
        grade(graded, graded.assignment(NAME), workers=1)
    other.execute("ROLLBACK")
    other.close()
    assert grade(graded, graded.assignment(NAME), workers=1).graded == 0
    assert_sound(graded, scores(Course(graded_once)))
    assert by_hand(graded) == marks


def test_a_deleted_gradebook_is_made_again_from_the_results(graded, graded_once):
    (graded.root / "gradebook.db").unlink()
    batch = grade(graded, graded.assignment(NAME), workers=1)
    assert (batch.graded, batch.skipped) == (0, 4)
    assert_sound(graded, scores(Course(graded_once)))
    with gradebook(graded) as book:
        assert book.find_grade(f"{NAME}.why_random", "tiny", NAME, "ada").needs_manual_grade


def test_an_older_gradebook_from_a_backup_is_brought_up_to_date(graded, graded_once):
    with sqlite3.connect(graded.root / "gradebook.db") as book:
        book.execute("UPDATE grade SET auto_score = 0.125 WHERE auto_score > 1")
    book.close()
    marks = by_hand(graded)
    assert grade(graded, graded.assignment(NAME), workers=1).graded == 0
    assert_sound(graded, scores(Course(graded_once)))
    assert by_hand(graded) == marks


def test_a_damaged_gradebook_is_named_and_nothing_is_graded(graded):
    path = graded.root / "gradebook.db"
    path.write_bytes(b"no database at all " * 1000)
    submit(graded, "bob", "again")
    before = scores(graded)
    with pytest.raises(CourseError, match=r"not a database.*put a backup in its place"):
        grade(graded, graded.assignment(NAME), workers=1)
    assert scores(graded) == before
    assert path.read_bytes().startswith(b"no database at all")


# --- the clock, and files that somebody changed -------------------------------------------------------------


def test_a_clock_set_back_skips_nothing_and_is_recorded(graded, graded_once, monkeypatch):
    from autograder.pipeline import trail as trails

    class LastYear(trails.datetime):
        @classmethod
        def now(cls, zone=None):
            return super().now(zone).replace(year=2001)

    submit(graded, "bob", "again")
    os.utime(graded.submitted / "bob" / NAME / "tiny.ipynb", (1e9, 1e9))
    monkeypatch.setattr(trails, "datetime", LastYear)
    batch = grade(graded, graded.assignment(NAME), workers=1)
    assert (batch.graded, batch.skipped) == (1, 3)
    assert_sound(graded, scores(Course(graded_once)))
    assert sum(line.clock_back > 1e8 for line in Trail(graded, graded.assignment(NAME)).lines()) == 1


def test_a_result_file_that_somebody_changed_or_cut_is_graded_again(graded, graded_once):
    folder = graded.results / NAME
    data = json.loads((folder / "bob.json").read_text())
    data["exercises"][1]["score"] = 3.0
    (folder / "bob.json").write_text(json.dumps(data))
    (folder / "cyd.json").write_bytes((folder / "cyd.json").read_bytes()[:100])
    (folder / ".writing-abc").write_bytes(b"half")
    batch = grade(graded, graded.assignment(NAME), workers=1)
    assert (batch.graded, batch.skipped) == (2, 2)
    lines = list(Trail(graded, graded.assignment(NAME)).lines())
    assert [line.student for line in lines if line.event == "repaired" and line.student] == ["bob", "cyd"]
    regraded = next(line for line in lines if line.event == "regraded")
    assert regraded.details["why"] == [grading.UNVOUCHED]
    assert regraded.details["changes"] == {
        f"{NAME}.softmax": [3.0, scores(graded)["bob"][f"{NAME}.softmax"][0]]
    }
    assert scores(graded) == scores(Course(graded_once))
    assert check(graded, graded.assignment(NAME)).problems == []
    assert not (folder / ".writing-abc").exists()
    assert json.loads((folder / "earlier" / "bob" / "001.json").read_text())["exercises"][1]["score"] == 3.0
