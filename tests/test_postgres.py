"""The gradebook on a PostgreSQL server: grading, formgrader, nbgrader's commands, several at once, and what may fail.

What holds for SQLite as well is tried on both.
"""

from __future__ import annotations

import contextlib
import csv
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import CHECKOUT, make_tiny_course
from formgrader_server import Formgrader, formgrader
from postgres_server import PASSWORD, USER, PostgresServer, postgres  # noqa: F401, a fixture
from test_faults import STUDENTS, submit

from autograder import doctor
from autograder.course import Course
from autograder.errors import CourseError
from autograder.files import write_new
from autograder.model import SubmissionResult
from autograder.pipeline import database, record
from autograder.pipeline.database import gradebook, in_transaction
from autograder.pipeline.grade import grade
from autograder.pipeline.release import release

pytestmark = pytest.mark.slow

NAME = "backprop"
WHY = f"{NAME}.why_random"
PATIENCE = 60


def with_gradebook(course: Course, url: str) -> Course:
    with (course.root / "nbgrader_config.py").open("a", encoding="utf-8") as file:
        file.write(f"\nc.CourseDirectory.db_url = {url!r}\n")
    return Course(course.root)


@pytest.fixture(scope="module")
def course(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Course:  # noqa: F811
    """Four submissions, graded into an empty database of the server. Tests leave it as they find it."""
    course = make_tiny_course(tmp_path_factory.mktemp("postgres") / "course")
    course = with_gradebook(course, postgres.url(postgres.database()))
    release(course, course.assignment(NAME))
    for student in STUDENTS:
        submit(course, student)
        # Without it formgrader takes a submission for one that is not graded yet.
        (course.submitted / student / NAME / "timestamp.txt").write_text("2027-01-30 12:00:00 UTC\n")
    grade(course, course.assignment(NAME), workers=1)
    return course


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, course: Course, tmp_path: Path) -> Course:
    """Four results that are in no gradebook yet: of SQLite's, and of the server's."""
    copy = shutil.copytree(course.root, tmp_path / "course")
    shutil.rmtree(copy / "autograded")
    server = request.getfixturevalue("postgres")
    url = f"sqlite:///{copy}/gradebook.db" if request.param == "sqlite" else server.url(server.database())
    return with_gradebook(Course(copy), url)


def results(course: Course) -> dict[tuple[str, str], float]:
    """What the result files say."""
    texts = {student: (course.results / NAME / f"{student}.json").read_text() for student in STUDENTS}
    found = {student: SubmissionResult.from_json(text) for student, text in texts.items()}
    return {(student, one.id): one.score for student, result in found.items() for one in result.exercises}


def recorded(course: Course) -> dict[tuple[str, str], float]:
    with gradebook(course) as book:
        return {
            (student, one.name): one.auto_score
            for student in STUDENTS
            for one in book.find_submission_notebook("tiny", NAME, student).grades
            if one.name != WHY
        }


def database_of(course: Course) -> str:
    return database.address(course).database


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is waited for."""
    monkeypatch.setattr(database, "WAIT_SECONDS", 1)
    monkeypatch.setattr(database, "PAUSES", (0.1,))


# --- one grader, and what reads after it --------------------------------------------------------------------


def test_scores_are_in_the_server_and_in_no_file(course):
    assert recorded(course) == results(course)
    assert max(recorded(course).values()) == 3
    assert not list(course.root.glob("gradebook.db*"))


def test_a_second_run_finds_everything_recorded(course):
    def lines() -> int:
        return (course.results / NAME / "trail.jsonl").read_text().count('"recorded"')

    before = lines()
    batch = grade(course, course.assignment(NAME), workers=1)
    assert (batch.graded, batch.skipped) == (0, 4)
    assert lines() == before


def test_formgrader_shows_the_scores_and_takes_marks(course):
    with formgrader(course) as pages:
        assert_formgrader_reads(pages, course)
        notebook = submitted(pages, "ada")
        grades = {one["name"]: one for one in pages.api(f"grades?submission_id={notebook}")}
        assert grades[f"{NAME}.softmax"]["auto_score"] == 3
        assert grades[WHY]["needs_manual_grade"]
        assert pages.put(f"grade/{grades[WHY]['id']}", manual_score=0.75)["manual_score"] == 0.75
        comment = pages.api(f"comments?submission_id={notebook}")[-1]
        pages.put(f"comment/{comment['id']}", manual_comment="Näher ginge es kaum. ∇")
    submit(course, "ada", "again")
    assert grade(course, course.assignment(NAME), workers=1).graded == 1
    with gradebook(course) as book:
        why = book.find_grade(WHY, "tiny", NAME, "ada")
        assert (why.manual_score, why.needs_manual_grade) == (0.75, True)
        comments = book.find_submission_notebook("tiny", NAME, "ada").comments
        assert "Näher ginge es kaum. ∇" in [one.comment for one in comments]


def assert_formgrader_reads(pages: Formgrader, course: Course) -> None:
    """Every page of formgrader's, and what its tables are filled with."""
    for path in (
        "manage_assignments",
        "manage_students",
        "gradebook",
        f"gradebook/{NAME}",
        "manage_students/ada",
    ):
        assert "sesame" not in pages.page(path)
    assert pages.api("assignments")[0]["num_submissions"] == len(STUDENTS)
    scores = {one["student"]: one["code_score"] for one in pages.api(f"submissions/{NAME}")}
    assert scores == {
        student: sum(score for (who, _), score in results(course).items() if who == student)
        for student in STUDENTS
    }
    assert {one["id"] for one in pages.api("students")} == set(STUDENTS)
    assert pages.api("student_submissions/ada")[0]["name"] == NAME
    assert f"{NAME}.softmax" in pages.page(f"submissions/{submitted(pages, 'ada')}/?index=0")


def submitted(pages: Formgrader, student: str) -> str:
    found = pages.api(f"submitted_notebooks/{NAME}/tiny")
    return next(one["id"] for one in found if one["student"] == student)


def test_nbgraders_feedback_and_export_read_the_server(course, nbgrader):
    nbgrader(course, "generate_feedback", NAME, "--force")
    page = (course.feedback / "bob" / NAME / "tiny.html").read_text()
    assert f"{NAME}.softmax" in page
    nbgrader(course, "export", "--to", "grades.csv")
    with (course.root / "grades.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert set(rows) == set(STUDENTS)
    bobs = sum(score for (student, _), score in results(course).items() if student == "bob")
    assert float(rows["bob"]["score"]) == bobs


# --- several at once ----------------------------------------------------------------------------------------


def test_two_graders_on_two_assignments_lose_nothing(postgres, tmp_path):  # noqa: F811
    """They start at the same moment, on an empty database, with the same new students."""
    root = tmp_path / "course"
    names = ("backprop", "gradient_check")
    for part in ("source", "assignments", "release"):
        for name in names:
            shutil.copytree(CHECKOUT / part / name, root / part / name)
    shutil.copy(CHECKOUT / "nbgrader_config.py", root)
    course = with_gradebook(Course(root), postgres.url(postgres.database()))
    students = ["ada", "bob", "cyd"]
    for student in students:
        for name in names:
            shutil.copytree(root / "release" / name, root / "submitted" / student / name)
    graders = [
        subprocess.Popen(
            [sys.executable, "-m", "autograder.cli", "--course", root, "grade", name, "--workers", "1"],
            env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for name in names
    ]
    said = [grader.communicate(timeout=300)[0] for grader in graders]
    assert [grader.returncode for grader in graders] == [0, 0], said
    with gradebook(course) as book:
        assert sorted(student.id for student in book.students) == students
        for name in names:
            assignment = book.find_assignment(name)
            assert sorted(one.student_id for one in assignment.submissions) == students
            grades = [
                grade for one in assignment.submissions for book in one.notebooks for grade in book.grades
            ]
            cells = sum(len(notebook.grade_cells) for notebook in assignment.notebooks)
            assert len(grades) == cells * len(students)


def test_many_may_open_an_empty_gradebook_at_the_same_moment(either, monkeypatch):
    monkeypatch.setenv("PATH", os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]]))
    barrier, failed = threading.Barrier(4), []

    def open_it() -> None:
        barrier.wait()
        try:
            with gradebook(either) as book:
                assert book.assignments == []
        except BaseException as error:
            failed.append(error)

    together([open_it] * 4)
    assert failed == []
    with gradebook(either) as book:
        assert len(book.db.execute(database_text("SELECT version_num FROM alembic_version")).all()) == 1
        assert len(book.db.execute(database_text("SELECT id FROM course")).all()) == 1


@pytest.mark.parametrize("fails", [PermissionError, FileExistsError])
def test_a_gradebook_that_cannot_be_put_in_place_whole_is_made_in_place(tmp_path, monkeypatch, fails):
    def refuse(*names: object) -> None:
        raise fails("link")

    monkeypatch.setattr(os, "link", refuse)
    course = make_tiny_course(tmp_path / "course")
    with gradebook(course) as book:
        assert book.assignments == []
        assert len(book.db.execute(database_text("SELECT version_num FROM alembic_version")).all()) == 1
    assert [path.name for path in course.root.glob(".writing-*")] == []


def test_a_new_file_is_whole_and_never_takes_the_place_of_another(tmp_path):
    write_new(tmp_path / "book", b"first")
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "book", b"second")
    assert (tmp_path / "book").read_bytes() == b"first"
    assert [path.name for path in tmp_path.iterdir()] == ["book"]


def database_text(sql: str):
    from sqlalchemy import text

    return text(sql)


def together(works: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads)


@contextlib.contextmanager
def beside(work: Callable[[], None]) -> Iterator[None]:
    """Does `work` in a thread meanwhile, and raises what it raised."""
    failed: list[BaseException] = []

    def careful() -> None:
        try:
            work()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=careful)
    thread.start()
    yield
    thread.join(PATIENCE)
    assert not thread.is_alive()
    if failed:
        raise failed[0]


def until(happens: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_student_whom_another_grader_is_just_adding_is_no_error(postgres, either):  # noqa: F811
    release(either, either.assignment(NAME))
    if database.sqlite_file(either):
        other = sqlite3.connect(database.sqlite_file(either), isolation_level=None, check_same_thread=False)
    else:
        other = postgres.connect(database_of(either))
    other.execute("BEGIN")
    other.execute("INSERT INTO student (id) VALUES ('ada')")
    with beside(lambda: grade(either, either.assignment(NAME), workers=1)):
        if database.sqlite_file(either):
            until(lambda: (either.results / NAME / ".grading").exists())
        else:
            until(lambda: waiting(postgres, either))
        other.execute("COMMIT")
    other.close()
    assert recorded(either) == results(either)


def waiting(server: PostgresServer, course: Course) -> list[tuple]:
    """The connections that wait for a lock."""
    return server.execute(
        database_of(course),
        "SELECT query FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
    )


def test_a_mark_that_is_typed_while_grading_records_stays(postgres, either, monkeypatch):  # noqa: F811
    grade(either, either.assignment(NAME), workers=1)
    submit(either, "bob", "again")
    with gradebook(either) as book:
        softmax = book.find_grade(f"{NAME}.softmax", "tiny", NAME, "bob").id
        book.find_grade(f"{NAME}.softmax", "tiny", NAME, "bob").auto_score = 0.125
        book.db.commit()
    penalise, typing = record._penalise, []

    def type_mark() -> None:
        with gradebook(either) as book:
            grade = book.find_grade_by_id(softmax)
            grade.manual_score, grade.needs_manual_grade = 1.25, False
            typing.append(True)
            book.db.commit()

    def meanwhile(book, course, submission) -> None:
        penalise(book, course, submission)
        thread = threading.Thread(target=type_mark)
        threads.append(thread)
        thread.start()
        until(lambda: typing)
        if database.sqlite_file(either) is None:
            until(lambda: waiting(postgres, either))

    threads: list[threading.Thread] = []
    monkeypatch.setattr(record, "_penalise", meanwhile)
    grade(either, either.assignment(NAME), ["bob"], workers=1)
    for thread in threads:
        thread.join(PATIENCE)
    with gradebook(either) as book:
        found = book.find_grade_by_id(softmax)
        assert found.manual_score == 1.25
        assert found.auto_score == results(either)["bob", f"{NAME}.softmax"]


def test_formgraders_reads_need_not_wait_for_a_grader_that_is_recording(either, monkeypatch, hurried):
    grade(either, either.assignment(NAME), ["ada"], workers=1)
    penalise, seen = record._penalise, []

    def meanwhile(book, course, submission) -> None:
        penalise(book, course, submission)
        with gradebook(either) as other:
            seen.append([one["student"] for one in other.submission_dicts(NAME)])

    monkeypatch.setattr(record, "_penalise", meanwhile)
    grade(either, either.assignment(NAME), workers=1)
    assert seen == [["ada"]] * 3
    assert recorded(either) == results(either)


def test_a_grader_need_not_wait_for_somebody_who_reads(postgres, either, hurried):  # noqa: F811
    grade(either, either.assignment(NAME), ["ada"], workers=1)
    file = database.sqlite_file(either)
    reader = sqlite3.connect(file, isolation_level=None) if file else postgres.connect(database_of(either))
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM student").fetchone() == (1,)
    grade(either, either.assignment(NAME), workers=1)
    reader.execute("ROLLBACK")
    reader.close()
    assert recorded(either) == results(either)


def test_what_a_deadlock_or_a_new_start_of_the_server_undid_is_done_again(course, postgres, monkeypatch):  # noqa: F811
    monkeypatch.setattr(database, "PAUSES", (0.1, 0.1))
    tried = []

    def work(book) -> None:
        tried.append(book.find_student("ada"))
        if len(tried) == 1:
            book.db.execute(database_text("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40P01'; END $$"))
        if len(tried) == 2:
            pid = book.db.scalar(database_text("SELECT pg_backend_pid()"))
            postgres.execute(database_of(course), f"SELECT pg_terminate_backend({pid})")
        book.find_student("ada").email = "ada@example.edu"

    in_transaction(course, work)
    assert len(tried) == 3
    with gradebook(course) as book:
        assert book.find_student("ada").email == "ada@example.edu"


def test_a_lock_that_nobody_releases_is_said_and_the_next_run_records(course, postgres, hurried):  # noqa: F811
    submit(course, "dan", "again")
    other = postgres.connect(database_of(course))
    other.execute("BEGIN; LOCK TABLE grade")
    with pytest.raises(CourseError, match=r"lock timeout.*close formgrader.*nothing is graded twice"):
        grade(course, course.assignment(NAME), workers=1)
    other.execute("ROLLBACK")
    other.close()
    grade(course, course.assignment(NAME), workers=1)
    assert recorded(course) == results(course)


# --- what may be wrong --------------------------------------------------------------------------------------


@pytest.fixture
def elsewhere(course: Course, tmp_path: Path) -> Callable[[str], Course]:
    """The course with another address of its gradebook."""
    return lambda url: with_gradebook(Course(shutil.copytree(course.root, tmp_path / "course")), url)


def test_the_password_may_stand_in_pgpass(course, elsewhere, postgres, tmp_path, monkeypatch):  # noqa: F811
    secrets = tmp_path / "pgpass"
    secrets.write_text(f"*:*:*:{USER}:{PASSWORD}\n")
    secrets.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(secrets))
    there = elsewhere(postgres.url(database_of(course), password=None))
    assert recorded(there) == results(there)


WRONG = "not-the-word"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("open-sesame%4042", WRONG), r"password authentication failed.*\.pgpass"),
        (("gradebook0?", "nowhere?"), r'database "nowhere" does not exist.*createdb'),
        (("chainrule-postgres-", "no-server-"), r"No such file.*pg_isready"),
        (("@/gradebook0?host=", "@127.0.0.1:9/gradebook0?x="), r"refused|invalid connection option"),
        (("postgresql+psycopg:", "postgres:"), r"is no address.*postgresql\+psycopg://user@host"),
        (("%40", "@"), r"is no address.*pgpass"),
        (("@/gradebook0?host=", "@host:5x/gradebook0?host="), r"is no address"),
        (("+psycopg:", "+psycopg2:"), r"needs the Python package psycopg2.*chainrule\[postgres\]"),
    ],
)
def test_what_is_wrong_is_said_before_grading_and_never_with_the_password(
    elsewhere, postgres, change, says, hurried  # noqa: F811
):  # fmt: skip
    url = postgres.url("gradebook0")
    assert change[0] in url
    there = elsewhere(url.replace(*change))
    submit(there, "dan", "again")
    with pytest.raises(CourseError, match=says) as raised:
        grade(there, there.assignment(NAME), workers=1)
    found = doctor.gradebook_of(there)
    trail = (there.results / NAME / "trail.jsonl").read_text()
    assert '"refused"' in trail
    assert not found.ok
    for text in (str(raised.value), trail, found.line()):
        for secret in (PASSWORD, "open-sesame", WRONG, "%40"):
            assert secret not in text


def test_doctor_names_server_and_database_but_no_password(course):
    found = doctor.gradebook_of(course)
    assert found.ok
    assert f"postgresql://{USER}@/gradebook0, which answers: postgresql 1" in found.found
    assert "sesame" not in found.found


@pytest.mark.parametrize(
    ("revision", "says"),
    [
        ("282d30a0218e", r"older than this nbgrader's .*282d30a0218e.*nbgrader db upgrade"),
        ("ffffffffffff", r"newer than this nbgrader's .*ffffffffffff.*install the nbgrader that made it"),
    ],
)
def test_a_schema_of_another_nbgrader_is_named_before_grading(either, revision, says):
    with gradebook(either) as book:
        book.db.execute(database_text(f"UPDATE alembic_version SET version_num = '{revision}'"))
        book.db.commit()
    submit(either, "dan", "again")
    before = (either.results / NAME / "dan.json").read_bytes()
    with pytest.raises(CourseError, match=says):
        grade(either, either.assignment(NAME), workers=1)
    assert (either.results / NAME / "dan.json").read_bytes() == before


# --- SQLite -------------------------------------------------------------------------------------------------


def test_a_sqlite_gradebook_on_another_machines_disk_has_no_log_beside_it(either, monkeypatch):
    file = database.sqlite_file(either)
    if file is None:
        pytest.skip("a server")
    monkeypatch.setattr(database, "network_file_system", lambda path: "nfs4")
    with gradebook(either), contextlib.closing(sqlite3.connect(file)) as book:
        assert book.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    monkeypatch.undo()
    with gradebook(either), contextlib.closing(sqlite3.connect(file)) as book:
        assert book.execute("PRAGMA journal_mode").fetchone() == ("wal",)
