"""Courses on disk: found from anywhere inside, read strictly, with errors that say what to change."""

from __future__ import annotations

import re
import stat
import tomllib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import CHECKOUT, replace_in

from autograder import errors
from autograder.course import Course, Limits
from autograder.errors import CourseError


@pytest.fixture
def toml(tiny_course: Course) -> Path:
    return tiny_course.root / "assignments" / "backprop" / "assignment.toml"


def test_a_course_is_found_from_any_folder_inside(tiny_course: Course) -> None:
    assert Course.find(tiny_course.source / "backprop").root == tiny_course.root


def test_outside_of_a_course_the_error_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"lies in no course.*nbgrader_config\.py.*--course"):
        Course.find(tmp_path)
    with pytest.raises(CourseError, match="is not a course"):
        Course(tmp_path)


def test_folders_and_gradebook_are_the_configs(tiny_course: Course) -> None:
    root = tiny_course.root
    assert tiny_course.course_id == "chainrule"
    assert tiny_course.db_url == f"sqlite:///{root / 'gradebook.db'}"
    assert [tiny_course.release, tiny_course.results] == [root / "release", root / "results"]
    with (root / "nbgrader_config.py").open("a") as file:
        file.write("c.CourseDirectory.release_directory = 'handed_out'\n")
        file.write("c.CourseDirectory.db_url = 'postgresql://db/grades'\n")
    changed = Course(root)
    assert changed.release == root / "handed_out"
    assert changed.assignment("backprop").released == root / "handed_out" / "backprop"
    assert changed.db_url == "postgresql://db/grades"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("c.X = 1 / 0", "ZeroDivisionError"),
        ("c.CourseDirectory.directory_structure = 'a'", "only its default"),
    ],
)
def test_a_config_that_cannot_be_used_is_named(tiny_course: Course, line: str, words: str) -> None:
    (tiny_course.root / "nbgrader_config.py").write_text(f"c = get_config()\n{line}\n")
    with pytest.raises(CourseError, match=words):
        Course(tiny_course.root)


def test_an_assignment_is_read_with_its_types(tiny_course: Course) -> None:
    assignment = tiny_course.assignment("backprop")
    assert assignment.points == 6
    table = tomllib.loads((tiny_course.root / "assignments/backprop/assignment.toml").read_text())
    assert assignment.limits == Limits(**table["limits"])
    assert assignment.due_utc == datetime(2027, 2, 2, 4, 59)
    assert assignment.late_days == 3
    assert [path.name for path in assignment.notebooks()] == ["tiny.ipynb"]
    assert [item.name for item in tiny_course.assignments()] == ["backprop"]


def test_dates_may_be_text_and_late_days_and_limits_left_out(tiny_course: Course, toml: Path) -> None:
    text = re.sub(r"late_days.*|\[limits\].*", "", toml.read_text(), flags=re.DOTALL)
    toml.write_text(text.replace("due = 2027-02-01T23:59:00-05:00", 'due = "2027-02-01T23:59:00+00:00"'))
    assignment = tiny_course.assignment("backprop")
    assert assignment.due == datetime(2027, 2, 1, 23, 59, tzinfo=UTC)
    assert (assignment.late_days, assignment.limits) == (0, Limits())


def test_an_unknown_assignment_gets_the_nearest_name(tiny_course: Course) -> None:
    with pytest.raises(CourseError, match=r"did you mean 'backprop'\? Known: backprop"):
        tiny_course.assignment("bakprop")
    with pytest.raises(CourseError, match=r"no assignment '\.\./backprop'"):
        tiny_course.assignment("../backprop")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "cell_seconds = 8",
            "cell_secnds = 8",
            "unknown key limits.cell_secnds: did you mean 'cell_seconds'",
        ),
        ("points = 6", "pionts = 6", "unknown key pionts: did you mean 'points'"),
        ("points = 6", 'points = "6"', "points is '6', expected a number above zero"),
        ("points = 6", "points = nan", "points is nan, expected a number above zero"),
        ("points = 6", "points = true", "points is True"),
        ("points = 6", "", "points is missing"),
        ("processes = 64", "processes = 6.5", "limits.processes is 6.5, expected a whole number"),
        ("tmp_mib = 64", "tmp_mib = 0", "limits.tmp_mib is 0, expected a whole number above zero"),
        ("late_days = 3", "late_days = -1", "dates.late_days is -1, expected a number of at least 0"),
        ("23:59:00-05:00", "23:59:00", "expected a date and time with its zone"),
        ("due = 2027-02-01T23:59:00-05:00", 'due = "soon"', "dates.due is soon"),
        ("due = 2027-02", "due = 2026-02", "expected a time after dates.release"),
        ("[dates]", "[date]", "unknown key date: did you mean 'dates'"),
        ("title =", "title", "is not TOML"),
    ],
)
def test_a_mistake_in_the_file_names_key_found_and_expected(
    tiny_course: Course, toml: Path, old: str, new: str, words: str
) -> None:
    replace_in(toml, old, new)
    with pytest.raises(CourseError, match=re.escape(words)) as caught:
        tiny_course.assignment("backprop")
    assert str(toml) in str(caught.value)


def test_the_secret_is_made_once_and_for_its_owner_only(tiny_course: Course) -> None:
    with ThreadPoolExecutor(8) as pool:
        secrets = set(pool.map(lambda _: tiny_course.secret(), range(8)))
    assert len(secrets) == 1
    assert len(secrets.pop()) == 32
    path = tiny_course.root / ".chainrule-secret"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tiny_course.root.glob(".chainrule-secret*")] == [path.name]


def test_a_secret_that_is_damaged_or_open_is_refused(tiny_course: Course) -> None:
    tiny_course.secret()
    path = tiny_course.root / ".chainrule-secret"
    path.write_bytes(b"short")
    with pytest.raises(CourseError, match="has 5 bytes, expected 32"):
        tiny_course.secret()
    path.chmod(0o644)
    with pytest.raises(CourseError, match="chmod 600"):
        tiny_course.secret()


def test_git_ignores_the_secret() -> None:
    assert ".chainrule-secret" in (CHECKOUT / ".gitignore").read_text().split()


def test_every_error_says_its_exit_code() -> None:
    codes = {
        name: error.exit_code
        for name, error in vars(errors).items()
        if isinstance(error, type) and issubclass(error, errors.ChainruleError)
    }
    assert codes == {
        "ChainruleError": 2,
        "CourseError": 2,
        "SubmissionError": 1,
        "SandboxError": 3,
        "GraderError": 4,
    }
