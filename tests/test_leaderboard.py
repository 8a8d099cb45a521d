"""The leaderboard: uploads are kept and counted, ranks and points follow the rules, the page is safe to show."""

from __future__ import annotations

import csv
import json
import os
import re
import sys
import types
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import tiny_notebook
from samples import HOSTILE_NAME, Page, assert_inert

from autograder import checks
from autograder.cli import main
from autograder.course import Course, LeaderboardRules
from autograder.errors import CourseError
from autograder.pipeline import judge, workers
from autograder.pipeline.judge import BROKEN, FAILED, JUDGED, Job, Judgement
from autograder.pipeline.leaderboard import run
from autograder.pipeline.pseudonyms import pseudonyms, valid_name
from autograder.pipeline.results import read_results
from autograder.pipeline.standings import points_of
from autograder.pipeline.submissions import MAX_FILE
from autograder.pipeline.suite import load_suite
from autograder.pipeline.uploads import archive, uploads_of

RULES = """
[leaderboard]
uploads = 3
counts = "last"
baseline = 0.8
ranks = [[1, 12], [2, 10], [4, 8]]
late = 6
exercise = "softmax"
"""
DUE = datetime(2027, 2, 2, 4, 59, tzinfo=UTC)
EARLY, LATE = DUE - timedelta(days=2), DUE + timedelta(days=1)


@pytest.fixture
def course(tiny_course: Course, judge_by_file: None) -> Course:
    """The tiny course as a challenge, without a sandbox."""
    return with_rules(tiny_course)


@pytest.fixture
def judge_by_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "judge_all", judge_files)


def with_rules(course: Course, rules: str = RULES) -> Course:
    path = course.root / "assignments" / "backprop" / "assignment.toml"
    path.write_text(path.read_text().split("\n[leaderboard]")[0] + rules)
    return course


def hand_in(course: Course, student: str, model: object, when: datetime = EARLY, **files: str) -> Path:
    """A submission whose model.pt holds what the stand-in judge reads: an accuracy, or "bad", or "broken"."""
    folder = course.submitted / student / "backprop"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tiny.ipynb").write_text("{}")
    (folder / "model.pt").write_text(str(model))
    (folder / "timestamp.txt").write_text(when.strftime("%Y-%m-%d %H:%M:%S UTC"))
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text)
    return folder


def judge_files(course, assignment, uploads, workers=None, progress=None) -> dict[Path, Judgement]:
    judged = {}
    for upload in uploads:
        text = (upload.files / "model.pt").read_text().split()[0]
        if text in ("bad", "broken"):
            judged[upload.folder] = Judgement({"bad": FAILED, "broken": BROKEN}[text], reason=f"it is {text}")
        else:
            mean = float(text)
            judged[upload.folder] = Judgement(JUDGED, {"blur": mean / 2, "salt": mean, "mean": mean})
    return judged


def leaderboard(course: Course, now: datetime = EARLY, record: bool = False):
    return run(course, course.assignment("backprop"), now=now, record=record)


def by_student(board) -> dict[str, tuple[int | None, float]]:
    return {one.student: (one.rank, one.points) for one in board.standings}


def private(course: Course) -> dict:
    document = json.loads((course.results / "backprop" / "leaderboard.json").read_text())
    return {entry["student"]: entry for entry in document["students"]}


# --- uploads ------------------------------------------------------------------------------------------------


def test_an_upload_is_archived_once_with_what_was_handed_in(course: Course) -> None:
    hand_in(course, "ada", 0.9)
    assignment = course.assignment("backprop")
    [first] = archive(course, assignment, EARLY + timedelta(hours=3))
    assert archive(course, assignment, LATE) == []
    assert (first.number, first.handed_in, first.seen) == (
        1, "2027-01-31T04:59:00+00:00", "2027-01-31T07:59:00+00:00"
    )  # fmt: skip
    assert first.folder.relative_to(course.root).as_posix() == f"uploads/backprop/ada/001-{first.digest[:12]}"
    assert sorted(path.name for path in first.files.iterdir()) == ["model.pt", "tiny.ipynb"]
    assert uploads_of(course, assignment) == {"ada": [first]}


def test_only_new_content_is_a_new_upload_and_the_old_one_stays(course: Course) -> None:
    assignment = course.assignment("backprop")
    for model, when in [(0.9, EARLY), (0.9, LATE), (0.5, EARLY), (0.9, EARLY)]:
        hand_in(course, "ada", model, when)
        archive(course, assignment)
    found = uploads_of(course, assignment)["ada"]
    assert [(one.number, (one.files / "model.pt").read_text()) for one in found] == [(1, "0.9"), (2, "0.5")]


def test_without_a_timestamp_the_newest_file_tells_the_time_and_never_a_future_one(course: Course) -> None:
    folder = hand_in(course, "ada", 0.9)
    (folder / "timestamp.txt").unlink()
    os.utime(folder / "tiny.ipynb", (EARLY.timestamp(), EARLY.timestamp()))
    os.utime(folder / "model.pt", (LATE.timestamp(), LATE.timestamp()))
    [upload] = archive(course, course.assignment("backprop"), LATE + timedelta(days=1))
    assert datetime.fromisoformat(upload.handed_in) == LATE
    hand_in(course, "bob", 0.9, when=LATE)
    [upload] = archive(course, course.assignment("backprop"), EARLY)
    assert datetime.fromisoformat(upload.handed_in) == EARLY


def test_links_large_files_and_the_library_are_left_out_and_named(course: Course, tmp_path: Path) -> None:
    folder = hand_in(course, "ada", 0.9)
    (tmp_path / "secret").write_text("secret")
    (folder / "link.txt").symlink_to(tmp_path / "secret")
    (folder / "huge.pt").touch()
    os.truncate(folder / "huge.pt", MAX_FILE + 1)
    (folder / "student_lib").mkdir()
    (folder / "student_lib" / "nn.py").write_text("")
    [upload] = archive(course, course.assignment("backprop"))
    assert sorted(path.name for path in upload.files.iterdir()) == ["model.pt", "tiny.ipynb"]
    assert re.search("huge.*link", " ".join(upload.left_out))
    (course.submitted / "eve" / "backprop").mkdir(parents=True)
    assert archive(course, course.assignment("backprop")) == []


def test_a_killed_run_leaves_no_half_upload_and_damage_is_named(course: Course) -> None:
    hand_in(course, "ada", 0.9)
    place = course.root / "uploads" / "backprop" / "ada"
    (place / ".new-abc" / "files").mkdir(parents=True)
    [upload] = archive(course, course.assignment("backprop"))
    assert upload.number == 1
    (upload.folder / "upload.json").write_text('{"number":')
    with pytest.raises(CourseError, match=r"001-.*is damaged.*backup"):
        archive(course, course.assignment("backprop"))


# --- ranks and points ---------------------------------------------------------------------------------------


def test_ties_share_a_rank_and_the_baseline_must_be_beaten(course: Course) -> None:
    accuracies = {"ada": 0.93, "bob": 0.9101, "cleo": 0.9104, "dan": 0.85, "eve": 0.8, "finn": 0.3}
    for student, accuracy in accuracies.items():
        hand_in(course, student, accuracy)
    assert by_student(leaderboard(course)) == {
        "ada": (1, 12), "bob": (2, 10), "cleo": (2, 10), "dan": (4, 8), "eve": (None, 0), "finn": (None, 0)
    }  # fmt: skip


@pytest.mark.parametrize(("counts", "ranks"), [("last", ["bob", "ada"]), ("best", ["ada", "bob"])])
def test_the_best_or_the_last_counts_by_rule(course: Course, counts: str, ranks: list[str]) -> None:
    with_rules(course, RULES.replace("last", counts))
    for ada, bob in [(0.95, 0.9), (0.85, 0.91)]:
        hand_in(course, "ada", ada)
        hand_in(course, "bob", bob)
        board = leaderboard(course)
    assert [standing.student for standing in board.standings] == ranks


def test_the_upload_after_the_limit_is_kept_and_refused(course: Course) -> None:
    for accuracy in (0.81, 0.82, 0.83, 0.99):
        hand_in(course, "ada", accuracy)
        board = leaderboard(course)
    assert [one.state for one in board.standings[0].attempts] == [JUDGED, JUDGED, JUDGED, "refused"]
    assert board.standings[0].counted.mean == 0.83
    assert "ada, upload 4, refused: upload 4, and 3 are judged" in board.as_text()
    assert len(uploads_of(course, course.assignment("backprop"))["ada"]) == 4
    assert "4 of 3" in Page(board.page.read_text()).text
    assert "1 refused" in Page(board.page.read_text()).text


def test_an_upload_that_cannot_be_judged_uses_up_one_and_replaces_nothing(course: Course) -> None:
    for model in (0.9, "bad", "broken"):
        hand_in(course, "ada", model)
        board = leaderboard(course)
    assert by_student(board) == {"ada": (1, 12)}
    assert [one.reason for one in board.with_state(BROKEN)] == ["it is broken"]
    assert [one["reason"] for one in private(course)["ada"]["uploads"]] == ["", "it is bad", "it is broken"]


def test_late_work_earns_a_fixed_number_and_has_no_rank(course: Course) -> None:
    hand_in(course, "ada", 0.9)
    hand_in(course, "bob", 0.5)
    leaderboard(course)
    hand_in(course, "ada", 0.99, LATE)
    hand_in(course, "bob", 0.95, LATE)
    hand_in(course, "cleo", 0.6, LATE)
    board = leaderboard(course, LATE)
    assert by_student(board) == {"bob": (None, 6), "ada": (1, 12), "cleo": (None, 0)}
    assert [private(course)[name]["counts"] for name in ("ada", "bob")] == [1, 2]


def test_points_of_a_rank_are_those_of_the_pair_before_it() -> None:
    rules = LeaderboardRules(3, "last", 0.8, ((1, 12), (2, 10), (4, 8)), 6, "softmax")
    assert [points_of(rank, rules) for rank in (1, 2, 3, 4, 400)] == [12, 10, 10, 8, 8]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"last"', '"first"', "counts is 'first', expected 'best' or 'last'"),
        ("baseline = 0.8", "baseline = 80", "baseline is 80, expected a share below 1"),
        ("[[1, 12], ", "[", "ranks is .*expected pairs"),
        ("[2, 10]", "[2, 13]", "points fall"),
        ("[2, 10]", "2", "ranks is .*expected pairs"),
        ("late = 6", "late = 9", "late is 9, expected at most the last rank's 8"),
        ("uploads = 3", "uploads = 0", "uploads is 0, expected a whole number above zero"),
        ("late = 6", "latte = 6", "unknown key leaderboard.latte: did you mean 'late'"),
    ],
)
def test_a_mistake_in_the_table_is_named(course: Course, old: str, new: str, words: str) -> None:
    assert old in RULES
    with pytest.raises(CourseError, match=words):
        with_rules(course, RULES.replace(old, new)).assignment("backprop")


def test_an_assignment_without_the_table_has_no_leaderboard(tiny_course: Course) -> None:
    with pytest.raises(CourseError, match=r"no table \[leaderboard\]"):
        leaderboard(tiny_course)


# --- pseudonyms ---------------------------------------------------------------------------------------------


def names_of(course: Course) -> dict[str, tuple[str, str]]:
    assignment = course.assignment("backprop")
    archive(course, assignment)
    found = pseudonyms(uploads_of(course, assignment), b"k" * 32)
    return {student: (one.name, one.problem) for student, one in found.items()}


def test_made_names_differ_repeat_and_need_the_secret(course: Course) -> None:
    for number in range(60):
        hand_in(course, f"s{number}", 0.9)
    made = {student: name for student, (name, _) in names_of(course).items()}
    assert len(set(made.values())) == 60
    assert made == {student: name for student, (name, _) in names_of(course).items()}
    assert all(re.fullmatch(r"[A-Z][a-z]+ [A-Z][a-z]+ \d\d", name) for name in made.values())
    other = pseudonyms(uploads_of(course, course.assignment("backprop")), b"x" * 32)
    assert sum(other[student].name == name for student, name in made.items()) < 3


def test_a_chosen_name_belongs_to_who_had_it_first(course: Course) -> None:
    hand_in(course, "zoe", 0.9, pseudonym_txt="Grace  Hopper\n")
    names_of(course)
    uploads = course.root / "uploads" / "backprop" / "zoe"
    [record] = uploads.glob("*/upload.json")
    record.write_text(re.sub(r'"seen": "[^"]*"', '"seen": "2026-01-01T00:00:00+00:00"', record.read_text()))
    hand_in(course, "bob", 0.9, pseudonym_txt="grace-hopper")
    hand_in(course, "cleo", 0.9, pseudonym_txt="Zoe")
    names = names_of(course)
    assert names["zoe"] == ("Grace Hopper", "")
    assert "taken by 'zoe'" in names["bob"][1]
    assert names["cleo"][1] == "'Zoe' is another student's id"
    assert len({name for name, _ in names.values()}) == 3


def test_the_newest_choice_counts_and_a_file_that_is_gone_changes_nothing(course: Course) -> None:
    hand_in(course, "ada", 0.9, pseudonym_txt="First Choice")
    names_of(course)
    folder = hand_in(course, "ada", 0.91, pseudonym_txt="Second Choice")
    names_of(course)
    (folder / "pseudonym.txt").unlink()
    hand_in(course, "ada", 0.92)
    assert names_of(course)["ada"] == ("Second Choice", "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "x" * 25,
        HOSTILE_NAME,
        "=cmd",
        "-x y",
        "Ad\u202ea",
        "Аda",
        "two\nlines\n\x00",
        "Baseline",
        "a<b>",
    ],
)
def test_a_name_that_could_mislead_or_harm_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="the name"):
        valid_name(text)


@pytest.mark.parametrize("text", ["Ada L.", "O'Neil", "Ёлка 7", "李小龙", "snake_case", "ＷＩＤＥ"])
def test_ordinary_names_of_any_alphabet_are_taken(text: str) -> None:
    assert valid_name(f" {text}\n")


# --- page and files -----------------------------------------------------------------------------------------


def test_the_page_is_inert_and_shows_pseudonyms_alone(course: Course) -> None:
    hostile = HOSTILE_NAME.replace("/", "_")
    hand_in(course, hostile, 0.93)
    hand_in(course, "ada.lovelace", 0.9, pseudonym_txt='<b onclick="x">')
    hand_in(course, "=1+2", 0.7, pseudonym_txt="Tom & Co")
    html = leaderboard(course).page.read_text()
    page = Page(html)
    assert_inert(page)
    assert not re.search(r"lovelace|evil|alert|onclick|=1\+2|Tom", html)
    assert len([one for tag, one in page.tags if tag == "circle" and one.get("r") == "4"]) == 3


def test_the_heat_map_the_baseline_and_the_progress_are_those_of_the_uploads(course: Course) -> None:
    for accuracy in (0.82, 0.9):
        hand_in(course, "ada", accuracy, pseudonym_txt="Countess")
        hand_in(course, "bob", accuracy - 0.2, pseudonym_txt="Robert")
        board = leaderboard(course)
    page = Page(board.page.read_text())
    assert "1 Countess 90.0 45.0 90.0 2 of 3 12 – baseline 80.0 – Robert 70.0 35.0 70.0 2 of 3 0" in page.text
    shades = [attributes["style"] for _, attributes in page.tags if attributes.get("class") == "heat"]
    assert shades == [f"--h: {round(60 * ((share - 0.1) / 0.9) ** 2)}" for share in (0.45, 0.9, 0.35, 0.7)]
    lines = [attributes["points"] for tag, attributes in page.tags if tag == "polyline"]
    assert len(lines) == 2
    assert [float(point.split(",")[1]) for point in lines[1].split()] == [
        144.0,
        80.0,
    ]  # the scale begins at 0.6
    assert "ranks 2 to 3: 10; from rank 4: 8" in page.text


def test_the_spreadsheets_agree_and_hold_no_formula(course: Course) -> None:
    hand_in(course, "=HYPERLINK(1)", 0.93, pseudonym_txt="@me")
    hand_in(course, "ada", 0.7)
    board = leaderboard(course)
    with board.page.with_name("scores.csv").open() as file:
        public = list(csv.DictReader(file))
    with (course.results / "backprop" / "leaderboard.csv").open() as file:
        own = list(csv.DictReader(file))
    assert [line["pseudonym"] for line in public if line["uploads"]] == [line["pseudonym"] for line in own]
    assert [(line["student"], line["points"], line["mean"]) for line in own] == [
        ("'=HYPERLINK(1)", "12", "0.9300"), ("ada", "0", "0.7000")
    ]  # fmt: skip
    assert "pseudonym.txt" in own[0]["notes"]
    assert {"HYPERLINK", "ada"}.isdisjoint(re.findall(r"\w+", str(public)))


def test_its_files_are_taken_for_no_students_result(course: Course) -> None:
    hand_in(course, "ada", 0.9)
    leaderboard(course)
    with pytest.raises(CourseError, match="no results"):
        read_results(course, course.assignment("backprop"))
    hand_in(course, "leaderboard", 0.9)
    with pytest.raises(CourseError, match="a student is called 'leaderboard'"):
        leaderboard(course)


@pytest.mark.parametrize(("model", "code"), [("0.9", 0), ("bad", 0), ("broken", 4)])
def test_the_command_says_what_happened(course: Course, model: str, code: int) -> None:
    hand_in(course, "ada", model)
    done = CliRunner().invoke(main, ["--course", str(course.root), "leaderboard", "backprop"])
    assert done.exit_code == code, done.output
    assert "new uploads: 1" in done.output
    assert f"wrote {course.root / 'leaderboard' / 'backprop' / 'index.html'}" in done.output
    assert ("ada, upload 1" in done.output) == (model != "0.9")


def test_the_command_explains_what_is_missing(tiny_course: Course) -> None:
    done = CliRunner().invoke(main, ["--course", str(tiny_course.root), "leaderboard", "backprop"])
    assert (done.exit_code, "has no table [leaderboard]" in done.output) == (2, True)


def test_an_empty_class_has_a_page_too(course: Course) -> None:
    board = leaderboard(course)
    assert "0 uploads judged" in Page(board.page.read_text()).text


# --- the gradebook ------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")
def test_points_become_extra_credit_that_a_person_may_overrule(
    released_course: Course, judge_by_file: None
) -> None:
    from autograder.pipeline.release import gradebook

    course = with_rules(released_course)
    for student, accuracy in (("ada", 0.93), ("bob", 0.9), ("cleo", 0.85)):
        hand_in(course, student, accuracy)
    with gradebook(course) as book:
        for student in ("ada", "bob"):
            book.update_or_create_student(student)
            book.update_or_create_submission("backprop", student)
        book.find_grade("backprop.softmax", "tiny", "backprop", "bob").extra_credit = 1.5
        book.find_grade("backprop.softmax", "tiny", "backprop", "ada").auto_score = 2
        book.db.commit()
    with pytest.raises(CourseError, match="change until"):
        leaderboard(course, EARLY, record=True)
    board = leaderboard(course, LATE, record=True)
    assert board.recorded == 1
    assert board.unrecorded == [
        "bob has extra credit 1.5 by a person", "cleo is not graded: run `chainrule grade` first"
    ]  # fmt: skip
    with gradebook(course) as book:
        cell = book.find_grade("backprop.softmax", "tiny", "backprop", "ada")
        assert (cell.extra_credit, cell.max_score) == (12, 3)
        submission = book.find_submission("backprop", "ada")
        assert (submission.score, submission.max_score) == (14, 6)
    with_rules(course, RULES.replace("[1, 12]", "[1, 11]"))
    leaderboard(course, LATE)
    assert leaderboard(course, LATE, record=True).recorded == 1
    with gradebook(course) as book:
        assert book.find_grade("backprop.softmax", "tiny", "backprop", "ada").extra_credit == 11


# --- judging in the sandbox ---------------------------------------------------------------------------------


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch):
    """A judging for the tiny course: the student's sigmoid against the right one, and its mean."""

    def accuracy_by_noise(student) -> dict[str, float]:
        value = checks.expect(student.sigmoid(0.0)).close_to(0.5)
        return {"blur": float(value), "mean": float(value)}

    module = types.ModuleType("autograder.checks.backprop.judging")
    module.accuracy_by_noise = accuracy_by_noise
    monkeypatch.setitem(sys.modules, module.__name__, module)
    yield
    judge._judged_by.cache_clear()
    checks._CHECKS.pop("backprop.leaderboard", None)
    workers.close_sandboxes()


@pytest.mark.slow
def test_an_upload_is_judged_in_the_sandbox_or_the_reason_is_said(released_course: Course, stand_in) -> None:
    course = with_rules(released_course)
    solved = json.dumps(tiny_notebook())
    sources = {
        "ada": solved,
        "bob": solved.replace("np.where(np.asarray(x) >= 0, upper, lower)", "np.asarray(0.7)"),
        "cleo": solved.replace("np.where(np.asarray(x) >= 0, upper, lower)", "missing_name"),
        "dan": "no notebook",
        "eve": solved.replace("return powers", "import os; os._exit(1); return powers"),
    }
    for student, text in sources.items():
        folder = hand_in(course, student, 0)
        (folder / "tiny.ipynb").write_text(text)
    assignment = course.assignment("backprop")
    suite = load_suite(course, assignment)
    found = {
        upload.student: judge.judge(Job(suite, "backprop.softmax", 10, course.secret(), upload))
        for upload in archive(course, assignment)
    }
    assert found["ada"] == Judgement(JUDGED, {"blur": 0.5, "mean": 0.5})
    assert found["eve"].state == JUDGED
    assert found["bob"].state == FAILED
    assert "the model cannot be judged" in found["bob"].reason
    assert "NameError at your line: `return missing_name`" in found["cleo"].reason
    assert (found["dan"].state, "notebook" in found["dan"].reason) == (FAILED, True)


def test_what_was_judged_is_not_judged_again_until_something_changes(
    released_course: Course, stand_in, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = with_rules(released_course)
    judged = []

    def on_workers(jobs, workers):
        for job in jobs:
            judged.append(job.upload.student)
            broken = job.upload.student == "bob"
            yield job.upload, Judgement(BROKEN) if broken else Judgement(JUDGED, {"mean": 0.9})

    monkeypatch.setattr(judge, "_on_workers", on_workers)
    hand_in(course, "ada", 0)
    hand_in(course, "bob", 0)
    for _ in range(2):
        board = run(course, course.assignment("backprop"), now=EARLY)
    assert judged == ["ada", "bob", "bob"]
    assert by_student(board) == {"ada": (1, 12), "bob": (None, 0)}
    with_rules(course, RULES + "seconds = 7\n")
    run(course, course.assignment("backprop"), now=EARLY)
    assert judged[3:] == ["ada", "bob"]


def test_an_assignment_without_judging_says_so(released_course: Course) -> None:
    course = with_rules(released_course)
    with pytest.raises(CourseError, match=r"no module autograder\.checks\.backprop\.judging"):
        run(course, course.assignment("backprop"), now=EARLY)
