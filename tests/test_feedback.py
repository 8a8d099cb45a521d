"""The student's page: what it says of each verdict, what it hides, and what hostile output becomes."""

from __future__ import annotations

import base64
import doctest
import io
import re
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from samples import (
    ADVICE,
    EXERCISES,
    FLAG,
    HOSTILE_HTML,
    HOSTILE_NAME,
    Page,
    assert_inert,
    cell,
    check,
    damaged,
    display,
    exercise,
    png,
    stream,
    submission,
)

from autograder.model import Verdict
from autograder.pipeline import pages
from autograder.pipeline.feedback import feedback_file, feedback_page, write_feedback
from autograder.pipeline.pages import (
    OutputCleaner,
    clean_html,
    open_png,
    plain_text,
    png_address,
    safe_name,
)


def page_of(*exercises, **changes) -> Page:
    return Page(feedback_page(submission(exercises=list(exercises), **changes), "Backpropagation"))


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [
        (Verdict.PASSED, "Your answer is right."),
        (Verdict.FAILED, "Your answer is wrong."),
        (Verdict.CRASHED, "Your code crashed."),
        (Verdict.TIMED_OUT, "We could not run it to the end."),
        (Verdict.NOT_WRITTEN, "You have not written this yet."),
        (Verdict.BROKEN, "The grader broke. This is our fault, not yours."),
    ],
)
def test_each_verdict_has_its_own_words_colour_and_shape(verdict, sentence):
    html = feedback_page(submission(exercises=[exercise(verdict)]), "Backpropagation")
    text = Page(html).text
    assert sentence in text
    assert [other.sentence for other in pages.WORDING.values() if other.sentence in text] == [sentence]
    assert f'<article class="card exercise {verdict}"' in html
    assert f'<symbol id="{verdict}"' in html
    assert f"--{verdict}:" in html


def test_every_verdict_has_wording():
    assert set(pages.WORDING) == set(Verdict)
    assert len({wording.label for wording in pages.WORDING.values()}) == len(Verdict)


def test_nothing_that_is_for_the_instructor_reaches_the_page():
    exercises = [exercise(verdict, log="SECRET-LOG") for verdict in Verdict]
    cells = [
        cell([stream("mine")], source="x = 1\n### BEGIN HIDDEN TESTS\nSECRET-TEST\n### END HIDDEN TESTS")
    ]
    html = feedback_page(submission(exercises=exercises, flags=[FLAG], cells=cells), "Backpropagation")
    assert "SECRET" not in html
    assert "rows_sum_to_one" not in html  # a check's own name
    assert "x = 1" in html


def test_a_failed_check_gives_property_hint_and_the_misconception_with_its_advice():
    wrong = exercise(
        Verdict.FAILED,
        misconception="backprop.one_maximum_for_all",
        advice=ADVICE["one_maximum_for_all"],
        score=1.5,
    )
    text = page_of(wrong).text
    assert "Logits around 10 000 give finite probabilities." in text
    assert "Hint: Divide by the row's own sum." in text
    assert "This looks like: one maximum for all" in text
    assert "Take each row's own maximum" in text
    assert "Your answer is wrong in part." in text


def test_advice_without_a_name_is_shown_too():
    assert "What this looks like" in page_of(exercise(Verdict.FAILED, advice="You swapped the axes.")).text


def test_a_hint_is_given_once_and_never_for_what_holds():
    checks = [
        check(hint="unused"),
        check(Verdict.FAILED, hint="Shift first."),
        check(Verdict.FAILED, hint="Shift first."),
    ]
    wrong = exercise(Verdict.FAILED, checks=checks)
    html = feedback_page(submission(exercises=[wrong]), "Backpropagation")
    assert html.partition("<h2>Exercises</h2>")[2].count("Shift first.") == 1
    assert "unused" not in html


def test_a_crash_shows_type_and_own_line_but_other_verdicts_show_no_error():
    assert "ValueError at your line: return x / s" in page_of(exercise(Verdict.CRASHED)).text
    wrong = exercise(Verdict.FAILED, checks=[check(Verdict.FAILED, error="SECRET")])
    assert "SECRET" not in page_of(wrong).text


def test_the_summary_names_what_to_fix_in_the_notebooks_order_and_unwritten_ones_last():
    html = feedback_page(
        submission(
            exercises=[
                exercise(Verdict.NOT_WRITTEN, "sigmoid"),
                exercise(Verdict.BROKEN, "forward"),
                exercise(Verdict.FAILED, "softmax"),
                exercise(Verdict.CRASHED, "backwards"),
                exercise(Verdict.PASSED, "train_network"),
            ]
        ),
        "Backpropagation",
    )
    summary = html.partition("What to fix first")[2].partition("<h2>Exercises")[0]
    assert re.findall(r'href="#exercise-backprop\.(\w+)"', summary) == ["softmax", "backwards", "sigmoid"]
    assert "7 points to gain" in summary
    assert html.index("What to fix first") < html.index("<h2>Exercises") < html.index("<h2>Written answers")


def test_a_perfect_submission_has_nothing_to_fix():
    text = Page(feedback_page(submission(), "Backpropagation")).text
    assert "Nothing to fix" in text
    assert "25 of 25 points for the exercises" in text
    assert "5 more points are marked by a person" in text


def test_extra_credit_counts_on_top_and_is_nothing_to_fix_before_it_is_tried():
    text = page_of(
        exercise(name="plain"),
        exercise(name="adam", extra_credit=True),
        exercise(Verdict.NOT_WRITTEN, "extension", extra_credit=True),
    ).text
    assert "6 of 3 points for the exercises, 3 of them extra credit" in text
    assert "Nothing to fix" in text


def test_written_answers_wait_for_a_person_and_empty_ones_are_said_to_be_empty():
    result = submission()
    result.written[1].answered = False
    text = Page(feedback_page(result, "Backpropagation")).text
    assert text.count("to be marked by a person") == 2
    assert "backprop.why_random we found no answer in the cell · 1 point" in text


def test_a_damaged_submission_reads_as_not_run_rather_than_as_zero_points():
    lost = damaged()
    lost.cells = [cell([stream("from the release")], status="killed")]
    for result in (lost, submission(exercises=[], written=[], flags=[FLAG])):
        page = Page(feedback_page(result, "Backpropagation"))
        assert_inert(page)
        assert "We could not run your submission." in page.text
        assert "points for the exercises" not in page.text
        assert "byte 4096" not in page.text
        assert "from the release" not in page.text
    assert "We expected fully_connected.ipynb" in Page(feedback_page(lost, "Backpropagation")).text


def test_of_two_notebooks_the_unread_one_is_named_and_the_other_is_graded():
    lost = exercise(Verdict.NOT_WRITTEN, "sigmoid", notebook="theory")
    text = page_of(exercise(), lost, flags=["theory.ipynb was not submitted"]).text
    assert "We could not run everything." in text
    assert "We could not run it: its notebook is missing or damaged." in text
    assert "Your answer is right." in text


def test_an_exercise_that_is_written_in_part_shows_its_checks():
    checks = [check(), check(Verdict.NOT_WRITTEN, property="The helper is used.")]
    text = page_of(exercise(Verdict.NOT_WRITTEN, score=1.5, checks=checks)).text
    assert "Part of this is not written yet." in text
    assert "The helper is used." in text


def test_a_broken_check_beside_a_failed_one_still_says_what_to_fix():
    checks = [check(Verdict.BROKEN, property="Broken one."), check(Verdict.FAILED, hint="Shift first.")]
    text = page_of(exercise(Verdict.BROKEN, score=1.5, checks=checks)).text
    assert "What to fix first" in text
    assert "Hint: Shift first." in text
    assert "Broken one. (grader broke)" in text


def test_cells_that_ended_badly_are_listed_with_their_error():
    cells = [
        cell(status="error", error="\x1b[31mNameError\x1b[0m: name 'W' is not defined", index=6),
        cell(status="killed", error="exit status 1", index=9, grade_id="backprop.softmax-solution"),
        cell(status="timed_out"),
        cell(status="skipped"),
        cell(status="error", error="NotImplementedError: backprop.sigmoid: write it", index=77),
    ]
    text = page_of(exercise(), cells=cells).text
    assert "cell 7 in fully_connected It stopped with an error. NameError: name 'W' is not defined" in text
    assert "cell 10 (backprop.softmax-solution)" in text
    assert "It ended the whole process" in text
    assert "it used up its time" in text
    assert "We could not run it. " in text
    assert "cell 78" not in text


def test_hostile_names_and_titles_stay_text():
    result = submission(HOSTILE_NAME, [exercise(name="<img src=x onerror=alert(1)>")])
    page = Page(feedback_page(result, "<b>title", "<b>course"))
    assert_inert(page)
    assert '<script>alert("x")</script>' in page.text
    assert "\u202e" not in page.text


def test_hostile_outputs_leave_an_inert_and_well_formed_page():
    outputs = [
        display(text_html=HOSTILE_HTML),
        display(svg="<svg onload=alert(1)>", text_plain="<svg object>"),
        display(javascript="alert(1)"),
        display(widget={"model_id": "1"}, text_plain="IntSlider(value=3)"),
        display(text_markdown="[x](javascript:alert(1)) <script>alert(2)</script>"),
        display(application_pdf="JVBERi0="),
        {
            "output_type": "error",
            "ename": "E",
            "evalue": "",
            "traceback": ["\x1b[0;31m<script>\x1b[0m", "line"],
        },
        {"output_type": "display_data", "data": "not a bundle"},
        {"output_type": "stream"},
        "not an output",
    ]
    page = page_of(exercise(), cells=[cell(outputs, source="</pre><script>alert(1)</script>")])
    assert_inert(page)
    assert "kept cell" in page.text
    assert "evil.example" not in page.text
    for words in ("An SVG picture", "A script", "A widget"):
        assert f"{words} was left out" in page.text
    assert "Something was left out" in page.text
    assert "IntSlider(value=3)" in page.text
    assert "[x](javascript:alert(1)) <script>alert(2)</script>" in page.text


def test_html_keeps_tables_and_loses_everything_else():
    html = clean_html(HOSTILE_HTML)
    assert '<td colspan="3">kept cell</td>' in html
    for word in ("script", "onclick", "style", "href", "img", "frame", "form", "svg", "class", "id=", "evil"):
        assert word not in html
    assert clean_html('<td colspan="99999">x') in ("x", "<td>x</td>")


@given(st.text(alphabet="<>/=\"' abdeiprstv\n&;!-", max_size=300))
@settings(max_examples=150, deadline=None)
def test_no_text_makes_html_that_breaks_out_of_its_box(html):
    fragment = f"<div>{clean_html(html)}</div>"
    closed = Page(re.sub(r"<(/?)(br|hr)>", "", fragment))
    assert {tag for tag, _ in closed.tags} <= pages._TAGS


@pytest.mark.parametrize("html", ["<div>" * 200 + "x", "<div></i>" * 9000, "<a><div>" * 9000, "a" * 100_001])
def test_html_that_is_too_deep_or_too_long_becomes_text(html):
    with pytest.raises(ValueError, match=r"nested|longer"):
        clean_html(html)
    shown = OutputCleaner().clean([display(text_html=html, text_plain="a table")])
    assert [item.kind for item in shown] == ["note", "text"]


def test_a_picture_is_encoded_anew_without_its_notes():
    address = png_address(open_png(png()))
    data = base64.b64decode(address.removeprefix("data:image/png;base64,"))
    assert b"SECRET-CHUNK" not in data
    image = Image.open(io.BytesIO(data))
    assert (image.size, image.mode, image.info) == ((6, 4), "RGB", {})
    assert image.getpixel((0, 0)) == (227, 142, 142)  # half transparent red on white


@pytest.mark.parametrize(
    ("mode", "colour"), [("L", 7), ("1", 1), ("P", 3), ("RGB", (1, 2, 3)), ("I;16", 900)]
)
def test_every_kind_of_png_is_taken(mode, colour):
    assert png_address(open_png(png(mode=mode, colour=colour))).startswith("data:image/png;base64,")


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def png_of_size(width: int, height: int) -> bytes:
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 2, 0, 0, 0])
    pixels = chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "lie",
    [
        encoded(b"<svg onload='alert(1)'/>"),
        encoded(b"GIF89a\1\0\1\0"),
        encoded(b"\x89PNG\r\n\x1a\n"),
        encoded(b"\x89PNG\r\n\x1a\n<script>alert(1)</script>"),
        encoded(base64.b64decode(png(60, 60))[:-30]),
        encoded(png_of_size(100_000, 100_000)),
        encoded(png_of_size(4000, 3001)),
        encoded(png_of_size(0, 5)),
        '" onerror="alert(1)',
        "A" * 8_000_001,
    ],
)
def test_a_lying_picture_is_left_out_with_a_note(lie):
    shown = OutputCleaner().clean([display(image_png=lie, text_plain="<Figure>")])
    assert [item.kind for item in shown] == ["note", "text"]
    assert "picture was left out" in shown[0].content


@pytest.mark.slow
def test_pictures_that_would_take_long_to_decode_are_bounded_in_number():
    shown = OutputCleaner().clean([display(image_png=png(3000, 4000, "L", 0))] * 7)
    assert [item.kind for item in shown] == ["image"] * 5 + ["note"]


def test_terminal_codes_progress_bars_and_direction_marks_disappear():
    assert plain_text("\x1b]8;;http://x\x1b\\link\x1b]8;;\x07 \x1b[1;31mred\x1b[0m") == "link red"
    assert plain_text("\r 1%\r 50%\r100%\r\ndone\x00\x07\x1b") == "100%\ndone"
    assert plain_text("a\u202eb\ud800") == "ab\ufffd"


def test_huge_text_is_cut_and_says_by_how_much():
    assert plain_text("x" * 30_000) == "x" * 20_000 + "\n[10000 more characters]"
    assert plain_text("x" * 3_000_000).endswith("\n[2980000 more characters]")


def test_a_notebook_that_puts_out_too_much_is_cut():
    cells = [cell([display(text_plain=f"{number} " + "x" * 19_000)], index=number) for number in range(300)]
    html = feedback_page(submission(cells=cells), "Backpropagation")
    assert len(html) < 600_000
    assert html.count("the notebook put out too much") == 1


def test_streams_that_arrive_in_pieces_are_joined_before_they_are_cleaned():
    shown = OutputCleaner().clean(
        [stream("\x1b[3"), stream("1mred\r"), stream("blue"), display(text_plain="7")]
    )
    assert [(item.kind, item.content) for item in shown] == [("text", "blue"), ("text", "7")]


def test_outputs_are_folded_and_pictures_have_words():
    page = page_of(exercise(), cells=[cell([display(image_png=png(), text_plain="<Figure>")])])
    assert [attributes["alt"] for tag, attributes in page.tags if tag == "img"] == [
        "A figure that cell 5 drew"
    ]
    folds = [attributes for tag, attributes in page.tags if tag == "details"]
    assert len(folds) == 3
    assert all("open" not in attributes for attributes in folds)
    assert "<Figure>" not in page.text


@given(st.text(max_size=80), st.text(max_size=80))
def test_safe_names_are_file_names_and_differ_when_ids_differ(one, other):
    if not one:
        with pytest.raises(ValueError, match="empty"):
            safe_name(one)
        return
    name = safe_name(one)
    assert re.fullmatch(r"[A-Za-z0-9%@+,=_][A-Za-z0-9%@+,=_.~-]*", name)
    assert len(name) <= 150
    assert (not other) or (safe_name(other) == name) == (one == other)


def test_long_ids_that_begin_alike_get_different_folders():
    assert safe_name("x" * 500 + "1") != safe_name("x" * 500 + "2")
    assert len(safe_name("ü" * 500)) <= 150


def test_pages_land_in_their_folder_whatever_the_student_is_called(tmp_path):
    folder = tmp_path / "feedback"
    results = [submission(name) for name in ("anna", "../../escape", "/etc/passwd", ".", "..", "Zoë <b>")]
    paths = write_feedback(results, folder, "Backpropagation")
    assert paths[0] == folder / "anna" / "backprop" / "index.html"
    assert all(path.resolve().is_relative_to(folder.resolve()) for path in paths)
    assert len({path.parent for path in paths}) == len(results)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["feedback"]
    assert feedback_file(folder, "anna", "backprop") == paths[0]
    assert not paths[0].read_text("utf-8").isspace()


def test_a_write_that_fails_leaves_the_old_page_and_no_draft(tmp_path, monkeypatch):
    (path,) = write_feedback([submission()], tmp_path, "Old title")
    before = path.read_text("utf-8")

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_feedback([submission()], tmp_path, "New title")
    assert path.read_text("utf-8") == before
    assert [file.name for file in path.parent.iterdir()] == ["index.html"]


def test_writing_again_replaces_the_page(tmp_path):
    write_feedback([submission(exercises=[exercise(Verdict.FAILED)])], tmp_path, "Backpropagation")
    (path,) = write_feedback([submission()], tmp_path, "Backpropagation")
    assert "Nothing to fix" in path.read_text("utf-8")
    assert [file.name for file in path.parent.iterdir()] == ["index.html"]


def test_a_whole_page_is_inert_and_its_score_bar_has_one_part_for_each_exercise():
    page = Page(feedback_page(submission(), "Backpropagation"))
    assert_inert(page)
    parts = [a["aria-label"] for tag, a in page.tags if tag == "a" and "aria-label" in a]
    assert parts == [f"backprop.{name}: {p} of {p}, right" for name, p in EXERCISES.items()]


def test_the_examples_in_the_docstrings_are_true():
    assert doctest.testmod(pages).failed == 0
