"""Collecting what platforms give out: whose file is whose, what is kept, and archives that mean harm."""

from __future__ import annotations

import gzip
import io
import os
import stat
import struct
import tarfile
import tracemalloc
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from click.testing import CliRunner

from autograder.cli import main
from autograder.errors import CourseError, SubmissionError
from autograder.pipeline.archive import Bounds, read_archive
from autograder.pipeline.collect import collect
from autograder.pipeline.platforms import in_download, in_folder
from autograder.pipeline.submissions import MAX_FILE, MAX_FILES, MAX_TOTAL, find_submissions, read_files

NOTEBOOK = b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'


def zipped(files, method=zipfile.ZIP_DEFLATED, when=(2027, 1, 20, 12, 0, 0)):
    """A zip of (name, bytes) pairs, as platforms write it; names stay as they are."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items() if isinstance(files, dict) else files:
            info = zipfile.ZipInfo("x", when)
            info.filename = name
            info.compress_type = method
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(info, data)
    return buffer.getvalue()


def tarred(files, compressed=True, **header):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz" if compressed else "w") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            for key, value in header.items():
                setattr(member, key, value)
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def saved(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def collected(course, *paths, **options):
    return collect(course, course.assignment("backprop"), list(paths), **options)


def submitted(course, student):
    folder = course.submitted / student / "backprop"
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@pytest.fixture
def names(tmp_path):
    lines = ["name,student", "Ada Lovelace,ada", "Charles Babbage,charles", "1234,ada", "4321,charles"]
    return saved(tmp_path / "names.csv", "\n".join(lines).encode())


MOODLE = {
    "Ada Lovelace_12345_assignsubmission_file_/tiny.ipynb": NOTEBOOK,
    "Ada Lovelace_12345_assignsubmission_file_/nn.py": b"x = 1\n",
    "Charles Babbage_777_assignsubmission_file_/tiny (1).ipynb": NOTEBOOK + b" ",
    "Grace Hopper_31_assignsubmission_file_/tiny.ipynb": NOTEBOOK,
}
CANVAS = {
    "lovelaceada_1234_56789_tiny-2.ipynb": NOTEBOOK,
    "lovelaceada_1234_56790_nn.py": b"x = 1\n",
    "babbagecharles_LATE_4321_56791_tiny.ipynb": NOTEBOOK + b" ",
}


# --- platforms ----------------------------------------------------------------------------------------------


def test_a_moodle_download_goes_to_the_students_that_the_list_names(released_course, tmp_path, names):
    done = collected(released_course, saved(tmp_path / "backprop.zip", zipped(MOODLE)), names=names)
    assert set(done.new) == {"ada", "charles"}
    assert submitted(released_course, "charles")["tiny.ipynb"] == NOTEBOOK + b" "
    ada = submitted(released_course, "ada")
    assert ada.keys() == {"tiny.ipynb", "nn.py", "timestamp.txt"}
    assert "add a line to the list of names" in done.left["Grace Hopper_31"]
    found = find_submissions(released_course, released_course.assignment("backprop"))
    assert [student for student, _ in found] == ["ada", "charles"]


def test_a_canvas_download_counts_as_on_time_unless_it_is_marked(released_course, tmp_path, names):
    due = datetime(2026, 1, 20, 23, 59, tzinfo=timezone(timedelta(hours=-5)))
    assignment = replace(released_course.assignment("backprop"), due=due)
    download = saved(tmp_path / "submissions.zip", zipped(CANVAS, when=(2026, 1, 25, 12, 0, 0)))
    done = collect(released_course, assignment, [download], names=names)
    assert submitted(released_course, "ada").keys() == {"tiny.ipynb", "nn.py", "timestamp.txt"}
    assert done.new == {"ada": due, "charles": datetime(2026, 1, 25, 17, tzinfo=UTC)}
    assert submitted(released_course, "ada")["timestamp.txt"] == b"2026-01-21 04:59:00 UTC\n"
    assert "late by the times that the download has: charles" in done.as_text(due)


def test_without_a_list_the_gradebook_names_the_students(released_course, tmp_path):
    from autograder.pipeline.release import gradebook

    with gradebook(released_course) as book:
        book.add_student("ada", first_name="Ada", last_name="Lovelace")
        book.add_student("charles", first_name="C.", last_name="Babbage", lms_user_id="4321")
        book.add_student("twin1", first_name="Grace", last_name="Hopper")
        book.add_student("twin2", first_name="Grace", last_name="Hopper")
    done = collected(released_course, saved(tmp_path / "moodle.zip", zipped(MOODLE)))
    assert set(done.new) == {"ada"}
    assert "could be twin1, twin2" in done.left["Grace Hopper_31"]
    assert "--names" in done.left["Charles Babbage_777"]
    done = collected(released_course, saved(tmp_path / "canvas.zip", zipped(CANVAS)))
    assert set(done.new) == {"charles"}
    assert "ada" in {**done.changed, **dict.fromkeys(done.unchanged + done.older)}


def test_a_blackboard_download_has_its_times_in_the_names(released_course, tmp_path):
    names = saved(tmp_path / "n.csv", b"name,student\r\nlovelace,ada\r\n")
    files = {
        "Backprop_lovelace_attempt_2027-01-20-15-00-00_tiny.ipynb": NOTEBOOK,
        "Backprop_lovelace_attempt_2027-01-21-15-00-00_tiny.ipynb": NOTEBOOK + b" ",
        "Backprop_lovelace_attempt_2027-01-21-15-00-00.txt": b"Comments: none",
    }
    done = collected(released_course, saved(tmp_path / "bb.zip", zipped(files)), names=names)
    zone = released_course.assignment("backprop").due.tzinfo
    assert done.new["ada"] == datetime(2027, 1, 21, 15, tzinfo=zone)
    assert submitted(released_course, "ada")["tiny.ipynb"] == NOTEBOOK + b" "


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("Ada_1_assignsubmission_file_Bob_2_assignsubmission_file_x.ipynb", "Ada_1"),
        ("Ada_1_assignsubmission_file_/Bob_2_assignsubmission_file_/x.ipynb", "Ada_1"),
        ("lovelaceada_1_2_babbage_3_4_x.ipynb", "lovelaceada_1"),
        ("lovelaceada_1_2_Bob_3_assignsubmission_file_x.ipynb", "lovelaceada_1"),
        ("HW_ada_attempt_2027-01-01-00-00-00_bob_attempt_2027-01-01-00-00-00_x.ipynb", "ada"),
    ],
)
def test_no_file_name_makes_a_file_somebody_elses(path, owner):
    assert in_download(path).owner == owner


@pytest.mark.parametrize(
    ("path", "student", "file"),
    [
        ("ada/week 3/tiny.ipynb", "ada", "week 3/tiny.ipynb"),
        ("ada.l@uni.edu.tar.gz", "ada.l@uni.edu", "ada.l@uni.edu.tar.gz"),
        ("ada_tiny.ipynb", "ada", "tiny.ipynb"),
        ("tiny-ada.ipynb", "ada", "tiny.ipynb"),
        ("ada.ipynb", "ada", "tiny.ipynb"),
    ],
)
def test_names_in_a_folder_say_whose_they_are(path, student, file):
    place = in_folder(path, ["tiny"])
    assert (place.student, place.file) == (student, file)


def test_names_that_do_not_say_whose_they_are_are_nobodys():
    assert in_folder("tiny.ipynb", ["tiny"]) is None
    assert in_folder("ada.ipynb", ["tiny", "layers"]) is None
    assert in_folder("grades.xlsx", ["tiny"]) is None
    assert in_download("ada/tiny.ipynb") is None


# --- folders, single students -------------------------------------------------------------------------------


def test_a_folder_may_hold_folders_archives_and_notebooks(released_course, tmp_path):
    folder = tmp_path / "in"
    saved(
        folder / "ada.zip",
        zipped({"backprop/tiny.ipynb": NOTEBOOK, "backprop/.DS_Store": b"", "__MACOSX/x": b"x"}),
    )
    saved(folder / "bob.tar.gz", tarred({"./tiny.ipynb": NOTEBOOK}))
    saved(folder / "cleo" / "tiny.ipynb", NOTEBOOK)
    saved(folder / "dan_tiny.ipynb", NOTEBOOK)
    done = collected(released_course, folder)
    assert set(done.new) == {"ada", "bob", "cleo", "dan"}
    for student in done.new:
        assert submitted(released_course, student) == {"tiny.ipynb": NOTEBOOK}
    assert not done.left


def test_names_inside_a_students_archive_make_nothing_somebody_elses(released_course, tmp_path):
    folder = tmp_path / "in"
    saved(
        folder / "eve.zip", zipped({**MOODLE, "../ada/backprop/tiny.ipynb": b"", "bob/tiny.ipynb": NOTEBOOK})
    )
    done = collected(released_course, folder)
    assert set(done.new) == {"eve"}
    assert [path.name for path in released_course.submitted.iterdir() if path.name != ".earlier"] == ["eve"]


def test_one_students_archive_is_not_taken_for_a_download(released_course, tmp_path):
    forged = saved(tmp_path / "eve.zip", zipped(MOODLE))
    collected(released_course, saved(tmp_path / "eve_tiny.ipynb", NOTEBOOK))
    with pytest.raises(CourseError, match="--student eve"):
        collected(released_course, forged)
    with pytest.raises(CourseError, match="in a folder"):
        collected(released_course, forged, saved(tmp_path / "ada.zip", zipped(MOODLE)))
    collected(released_course, forged, student="eve")
    assert not (released_course.submitted / "ada").exists()


def test_ids_that_differ_by_capitals_alone_and_ids_that_are_none_are_left(released_course, tmp_path):
    collected(released_course, saved(tmp_path / "ada_tiny.ipynb", NOTEBOOK))
    saved(tmp_path / "in" / "ADA.zip", zipped({"tiny.ipynb": NOTEBOOK}))
    saved(tmp_path / "in" / "[a-z].zip", zipped({"tiny.ipynb": NOTEBOOK}))
    done = collected(released_course, tmp_path / "in")
    assert not done.new
    assert "there is a student 'ada'" in done.left["ADA"]
    assert "cannot be a student's id" in done.left["[a-z]"]


def test_two_names_of_one_student_are_both_left(released_course, tmp_path, names):
    files = {f"Ada Lovelace_{n}_assignsubmission_file_/tiny.ipynb": NOTEBOOK for n in (1, 2)}
    done = collected(released_course, saved(tmp_path / "moodle.zip", zipped(files)), names=names)
    assert not done.new
    assert set(done.left) == {"Ada Lovelace_1", "Ada Lovelace_2"}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("Ada,ada\n", "starts with"),
        ("name,student\nAda,../ada\n", "line 2"),
        ("name,student\nAda,ada\nada,eve\n", "another student"),
        ("name,student,time\nAda,ada,yesterday\n", "is no time"),
    ],
)
def test_a_list_of_names_that_cannot_be_right_is_refused(released_course, tmp_path, text, complaint):
    names = saved(tmp_path / "names.csv", text.encode())
    with pytest.raises(CourseError, match=complaint):
        collected(released_course, saved(tmp_path / "moodle.zip", zipped(MOODLE)), names=names)


def test_a_list_of_names_may_tell_the_times(released_course, tmp_path):
    names = saved(tmp_path / "n.csv", b"name,student,time\nAda Lovelace,ada,2027-01-02T03:04:05Z\n")
    done = collected(released_course, saved(tmp_path / "moodle.zip", zipped(MOODLE)), names=names)
    assert done.new == {"ada": datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)}
    assert submitted(released_course, "ada")["timestamp.txt"] == b"2027-01-02 03:04:05 UTC\n"


def test_times_that_are_still_to_come_are_not_believed(released_course, tmp_path, names):
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    download = saved(tmp_path / "moodle.zip", zipped(MOODLE, when=tomorrow.timetuple()[:6]))
    done = collected(released_course, download, names=names)
    assert done.new["ada"] <= datetime.now(UTC)
    assert "still to come" in done.notes[""][0]


def test_students_do_not_say_themselves_when_they_handed_in(released_course, tmp_path):
    inside = {"tiny.ipynb": NOTEBOOK, "timestamp.txt": b"2001-01-01 00:00:00 UTC"}
    arrived = saved(tmp_path / "in" / "ada.zip", zipped(inside, when=(2001, 1, 1, 0, 0, 0)))
    os.utime(arrived, (1.6e9, 1.6e9))
    done = collected(released_course, tmp_path / "in")
    assert submitted(released_course, "ada").keys() == {"tiny.ipynb"}
    assert "not for students to say" in done.notes["ada"][0]
    placed = released_course.submitted / "ada" / "backprop" / "tiny.ipynb"
    assert placed.stat().st_mtime == 1.6e9


# --- nothing gets lost --------------------------------------------------------------------------------------


def test_an_earlier_submission_is_kept_where_neither_grade_nor_nbgrader_looks(released_course, tmp_path):
    for number in range(3):
        saved(tmp_path / "in" / "ada_tiny.ipynb", NOTEBOOK + b" " * number)
        done = collected(released_course, tmp_path / "in")
        assert set(done.changed if number else done.new) == {"ada"}
    kept = released_course.submitted / ".earlier" / "students" / "ada" / "backprop"
    assert [(kept / f"{n:03d}" / "tiny.ipynb").read_bytes() for n in (1, 2)] == [NOTEBOOK, NOTEBOOK + b" "]
    assert submitted(released_course, "ada") == {"tiny.ipynb": NOTEBOOK + b"  "}
    found = find_submissions(released_course, released_course.assignment("backprop"))
    assert [student for student, _ in found] == ["ada"]


def test_nbgrader_sees_the_submissions_and_not_the_earlier_ones(released_course, tmp_path):
    from nbgrader.apps import NbGraderAPI

    for number in range(2):
        collected(released_course, saved(tmp_path / "ada_tiny.ipynb", NOTEBOOK + b" " * number))
    config = released_course.config.copy()
    config.CourseDirectory.root = str(released_course.root)
    assert NbGraderAPI(config=config).get_submitted_students("backprop") == {"ada"}


def test_the_same_work_again_changes_nothing(released_course, tmp_path, names):
    download = saved(tmp_path / "moodle.zip", zipped(MOODLE))
    collected(released_course, download, names=names)
    before = (released_course.submitted / "ada" / "backprop").stat()
    done = collected(released_course, download, names=names)
    assert sorted(done.unchanged) == ["ada", "charles"]
    assert not done.new
    assert (released_course.submitted / "ada" / "backprop").stat().st_ino == before.st_ino
    assert not (released_course.submitted / ".earlier" / "students").exists()


def test_an_older_download_replaces_nothing(released_course, tmp_path, names):
    path = "Ada Lovelace_1_assignsubmission_file_/tiny.ipynb"
    new = zipped({path: NOTEBOOK + b" "}, when=(2026, 1, 20, 12, 0, 0))
    old = zipped({path: NOTEBOOK}, when=(2026, 1, 19, 12, 0, 0))
    collected(released_course, saved(tmp_path / "new.zip", new), names=names)
    done = collected(released_course, saved(tmp_path / "old.zip", old), names=names)
    assert done.older == ["ada"]
    assert submitted(released_course, "ada")["tiny.ipynb"] == NOTEBOOK + b" "


def test_one_damaged_archive_leaves_the_others_alone(released_course, tmp_path, names):
    files = {
        "Ada Lovelace_1_assignsubmission_file_/all.zip": zipped({"tiny.ipynb": NOTEBOOK})[:-30],
        "Charles Babbage_2_assignsubmission_file_/all.zip": zipped({"x/tiny.ipynb": NOTEBOOK}),
    }
    done = collected(released_course, saved(tmp_path / "moodle.zip", zipped(files)), names=names)
    assert set(done.new) == {"charles"}
    assert "cannot be unpacked" in done.left["Ada Lovelace_1"]
    assert submitted(released_course, "charles").keys() == {"tiny.ipynb", "timestamp.txt"}


def test_a_student_of_whom_only_hidden_files_came_is_named(released_course, tmp_path, names):
    files = {"Ada Lovelace_1_assignsubmission_file_/.DS_Store": b"x"}
    done = collected(released_course, saved(tmp_path / "moodle.zip", zipped(files)), names=names)
    assert done.left == {"Ada Lovelace_1": "nothing but hidden files"}


def test_a_damaged_download_changes_nothing(released_course, tmp_path, names):
    with pytest.raises(SubmissionError, match="cannot be unpacked"):
        collected(released_course, saved(tmp_path / "moodle.zip", zipped(MOODLE)[:-40]), names=names)
    assert [path.name for path in released_course.submitted.iterdir()] == [".earlier"]


def test_a_killed_run_leaves_no_half_submission(released_course, tmp_path, monkeypatch):
    collected(released_course, saved(tmp_path / "ada_tiny.ipynb", NOTEBOOK))
    saved(tmp_path / "ada_tiny.ipynb", NOTEBOOK + b" ")
    with monkeypatch.context() as patch:
        patch.setattr("autograder.pipeline.collect.os.utime", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            collected(released_course, tmp_path / "ada_tiny.ipynb")
    assert submitted(released_course, "ada") == {"tiny.ipynb": NOTEBOOK}
    collected(released_course, tmp_path / "ada_tiny.ipynb")
    assert submitted(released_course, "ada") == {"tiny.ipynb": NOTEBOOK + b" "}
    assert not list((released_course.submitted / ".earlier").glob("new-*"))


def test_two_copies_of_a_notebook_are_both_kept_and_none_is_preferred(released_course, tmp_path):
    for number in (1, 2):
        saved(tmp_path / "in" / "ada" / f"tiny ({number}).ipynb", NOTEBOOK)
    done = collected(released_course, tmp_path / "in")
    assert submitted(released_course, "ada").keys() == {"tiny (1).ipynb", "tiny (2).ipynb"}
    assert "none was taken" in done.notes["ada"][0]


def test_links_on_disk_are_not_followed(released_course, tmp_path):
    secret = saved(tmp_path / "secret.txt", b"secret")
    saved(tmp_path / "in" / "ada" / "tiny.ipynb", NOTEBOOK)
    (tmp_path / "in" / "ada" / "link.txt").symlink_to(secret)
    os.mkfifo(tmp_path / "in" / "ada" / "pipe.txt")
    done = collected(released_course, tmp_path / "in")
    assert submitted(released_course, "ada").keys() == {"tiny.ipynb"}
    assert len(done.notes["ada"]) == 2


# --- the command --------------------------------------------------------------------------------------------


def test_the_command_says_what_it_did_and_what_it_left(released_course, tmp_path, names):
    download = saved(tmp_path / "moodle.zip", zipped(MOODLE))
    root = ["--course", str(released_course.root)]
    done = CliRunner().invoke(main, [*root, "collect", "backprop", str(download), "--names", str(names)])
    assert done.exit_code == 1
    assert "2 new, 0 changed" in done.output
    assert "'Grace Hopper_31'" in done.output
    assert "chainrule grade backprop" in done.output
    one = saved(tmp_path / "mail" / "tiny.ipynb", NOTEBOOK)
    done = CliRunner().invoke(main, [*root, "collect", "backprop", str(one), "--student", "grace"])
    assert done.exit_code == 0, done.output
    assert submitted(released_course, "grace") == {"tiny.ipynb": NOTEBOOK}


# --- archives -----------------------------------------------------------------------------------------------

HOSTILE = {
    "../x.ipynb": "out of the archive",
    "a/../../x.ipynb": "out of the archive",
    "..\\x.ipynb": "out of the archive",
    "/etc/x.ipynb": "absolute",
    "C:\\x.ipynb": "absolute",
    "\\\\server\\x": "absolute",
    "a\nb.ipynb": "cannot be seen",
    "a\x00b.ipynb": "cannot be seen",
    "a\u202eb.ipynb": "cannot be seen",
    "a\u200bb.ipynb": "cannot be seen",
    "\x1b[31m.ipynb": "cannot be seen",
    "n" * 200: "too long",
    "/".join("d" * 20): "too long",
    "inner.zip": "archive inside an archive",
}


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_hostile_names_are_left_out_and_named(name):
    contents = read_archive("ada.zip", zipped({name: b"x", "tiny.ipynb": NOTEBOOK}))
    assert contents.files == {"tiny.ipynb": NOTEBOOK}
    assert len(contents.left_out) == 1
    assert HOSTILE[name] in contents.left_out[0]
    assert contents.left_out[0].isprintable()
    if "\x00" not in name and name.strip("\\") == name:
        contents = read_archive("ada.tar.gz", tarred({name: b"x", "tiny.ipynb": NOTEBOOK}))
        assert contents.files == {"tiny.ipynb": NOTEBOOK}
        assert HOSTILE[name] in contents.left_out[0]


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("first", "second"),
    [("nn.py", "nn.py"), ("nn.py", "NN.PY"), ("caf\u00e9.py", "cafe\u0301.py"), ("a", "a/b"), ("a/b", "A"),
     ("\ufb01x.py", "fix.py"), ("a\\b", "a/b")],
)  # fmt: skip
def test_no_file_takes_anothers_place(first, second):
    contents = read_archive("ada.zip", zipped([(first, b"1"), (second, b"2")]))
    assert list(contents.files.values()) == [b"1"]
    assert len(contents.left_out) == 1


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK])
def test_links_and_devices_in_a_zip_are_left_out(kind):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo("link")
        info.external_attr = (kind | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    contents = read_archive("ada.zip", buffer.getvalue())
    assert contents.files == {}
    assert "link or a device" in contents.left_out[0]


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE]
)
def test_links_and_devices_in_a_tar_are_left_out(kind):
    contents = read_archive(
        "ada.tar", tarred({"link": b""}, compressed=False, type=kind, linkname="/etc/passwd")
    )
    assert contents.files == {}
    assert "link or a device" in contents.left_out[0]


def test_an_encrypted_archive_is_refused():
    data = bytearray(zipped({"tiny.ipynb": NOTEBOOK}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(SubmissionError, match="encrypted"):
        read_archive("ada.zip", bytes(data))


@pytest.mark.parametrize("make", [zipped, tarred], ids=["zip", "tar.gz"])
def test_a_cut_archive_is_refused_wherever_it_is_cut(make):
    data = make({"tiny.ipynb": os.urandom(5000), "nn.py": b"x = 1"})
    for length in range(0, len(data) - 1, 97):
        with pytest.raises(SubmissionError, match="cannot be unpacked"):
            read_archive("ada.zip" if make is zipped else "ada.tar.gz", data[:length])


def test_a_tar_that_breaks_off_inside_is_refused():
    data = bytearray(tarred({"a.py": b"1", "b.py": b"2", "c.py": b"3"}, compressed=False))
    data[1024:1100] = os.urandom(76)
    with pytest.raises(SubmissionError, match="cannot be unpacked"):
        read_archive("ada.tar", bytes(data))


@pytest.mark.parametrize("name", ["ada.rar", "ada.7z", "ada.tar.xz", "ada.gz"])
def test_archives_of_other_kinds_are_refused_with_advice(name):
    with pytest.raises(SubmissionError, match=r"ask for a \.zip"):
        read_archive(name, b"whatever")


def memory_of(function):
    """The most memory that Python held while `function` ran, and what it gave or raised."""
    tracemalloc.start()
    try:
        try:
            outcome = function()
        except SubmissionError as error:
            outcome = error
        return tracemalloc.get_traced_memory()[1], outcome
    finally:
        tracemalloc.stop()


SMALL = Bounds(file=1 << 20, total=2 << 20, files=50, members=100)


def test_a_bomb_is_counted_as_it_unpacks_whatever_its_header_says():
    data = bytearray(zipped({"bomb": bytes(50 << 20)}))
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", data, data.index(mark) + offset, 10)
    memory, outcome = memory_of(lambda: read_archive("ada.zip", bytes(data), SMALL))
    assert isinstance(outcome, SubmissionError)
    assert memory < 8 << 20


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("ada.zip", lambda: zipped({"bomb": bytes(50 << 20)})),
        ("ada.zip", lambda: zipped({f"{n}": bytes(1 << 20) for n in range(40)})),
        ("ada.zip", lambda: zipped({"bomb": bytes(50 << 20)}, zipfile.ZIP_BZIP2)),
        ("ada.zip", lambda: zipped({"bomb": bytes(50 << 20)}, zipfile.ZIP_LZMA)),
        ("ada.tar.gz", lambda: tarred({"bomb": bytes(50 << 20)})),
        ("ada.tgz", lambda: gzip.compress(bytes(50 << 20))),
        ("ada.zip", lambda: zipped({f"{n}": b"" for n in range(20_000)})),
        ("ada.tar.gz", lambda: tarred({f"{n}": b"" for n in range(2_000)})),
    ],
)
def test_bombs_use_little_memory(name, make):
    data = make()
    memory, outcome = memory_of(lambda: read_archive(name, data, SMALL))
    assert isinstance(outcome, SubmissionError) or outcome.files == {}
    assert memory < (8 << 20) + len(data)


def test_overlapping_entries_count_each_time():
    data = bytearray(zipped({"a": bytes(1 << 20), "b": bytes(1 << 20), "c": bytes(1 << 20), "d": b"d"}))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert len(archive.infolist()) == 4
    with pytest.raises(SubmissionError, match="more than 2 MiB"):
        read_archive("ada.zip", bytes(data), SMALL)


def test_long_names_in_a_tar_are_bounded():
    head = tarfile.TarInfo("././@LongLink")
    head.type, head.size = tarfile.GNUTYPE_LONGNAME, 1 << 30
    memory, outcome = memory_of(lambda: read_archive("ada.tar", head.tobuf(tarfile.GNU_FORMAT) + bytes(4096)))
    assert "impossible size" in str(outcome)
    assert memory < 1 << 20
    chain = tarfile.TarInfo("././@LongLink")
    chain.type, chain.size = tarfile.GNUTYPE_LONGNAME, 1
    block = chain.tobuf(tarfile.GNU_FORMAT) + b"x".ljust(512, b"\0")
    with pytest.raises(SubmissionError, match="cannot be unpacked"):
        read_archive("ada.tar", block * 3000 + bytes(1024))


def test_too_many_files_are_left_out_and_named():
    contents = read_archive("ada.zip", zipped({f"{n}.py": b"x" for n in range(MAX_FILES + 5)}))
    assert len(contents.files) == MAX_FILES
    assert len(contents.left_out) == 5


def test_the_limits_are_those_of_grading():
    assert Bounds() == Bounds(MAX_FILE, MAX_TOTAL, MAX_FILES)


# --- hard links in submitted/ -------------------------------------------------------------------------------


def test_a_hard_link_costs_nobody_their_work_and_shows_nothing_hidden(tmp_path):
    submitted = tmp_path / "course" / "submitted"
    ada, eve = (submitted / name / "backprop" for name in ("ada", "eve"))
    for folder in (ada, eve, tmp_path / "course" / "release" / "backprop"):
        folder.mkdir(parents=True)
    (ada / "tiny.ipynb").write_text("ada's")
    (ada / "nn.py").write_text("ada's, too")
    (submitted.parent / "secret").write_text("secret")
    (submitted.parent / "release" / "backprop" / "moons.ipynb").write_text("everybody's")
    os.link(submitted.parent / "secret", eve / "notes.txt")
    os.link(ada / "tiny.ipynb", eve / "tiny.txt")
    os.link(ada / "nn.py", eve / "nn.py")
    os.link(submitted.parent / "release" / "backprop" / "moons.ipynb", eve / "moons.ipynb")
    files, flags = read_files(ada)
    assert sorted(files) == ["nn.py", "tiny.ipynb"]
    assert [flag.partition(":")[0] for flag in flags] == [
        "'tiny.ipynb' is one file with submitted/eve/backprop/tiny.txt",
        "'nn.py' is one file with submitted/eve/backprop/nn.py",
    ]
    files, flags = read_files(eve)
    assert sorted(files) == ["moons.ipynb", "nn.py"]
    assert [flag for flag in flags if "left out" in flag] == [
        "'notes.txt' was left out: a hard link to a file of the course",
        "'tiny.txt' was left out: a hard link to a file of the course",
    ]
