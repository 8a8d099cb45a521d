"""The instructor's page, the spreadsheet and the terminal's table agree with the results."""

from __future__ import annotations

import csv
import io
import os
import re
import time
from collections import Counter
from urllib.parse import unquote

import pytest
from rich.console import Console
from samples import (
    ADVICE,
    HOSTILE_NAME,
    Page,
    assert_inert,
    cell,
    check,
    classroom,
    damaged,
    exercise,
    submission,
)

from autograder.model import Verdict
from autograder.pipeline.feedback import write_feedback
from autograder.pipeline.report import ClassSummary, print_table, report_page, scores_csv, write_report


def summary_of(results) -> ClassSummary:
    summary = ClassSummary()
    for result in results:
        summary.add(result)
    return summary


def page_of(*results) -> Page:
    return Page(report_page(summary_of(results), "Backpropagation"))


def printed(results, **options) -> str:
    console = Console(file=io.StringIO(), width=options.pop("width", 120), **options)
    print_table(results, console)
    return console.file.getvalue()


@pytest.fixture(scope="module")
def results():
    return classroom(60, seed=4)


def test_the_counts_equal_the_results(results):
    summary = summary_of(results)
    for name in summary.exercises:
        verdicts = [one.verdict for result in results for one in result.exercises if one.id == name]
        assert summary.verdicts[name] == Counter(verdicts)
    bins = Counter(min(int(result.score / 25 * 10 + 1e-9), 9) for result in results)
    assert summary.histogram() == [bins[number] for number in range(10)]
    assert sum(summary.histogram()) == len(results)
    explained = Counter(one.misconception for r in results for one in r.exercises if one.misconception)
    assert {entry.name: len(entry.rows) for entry in summary.explained.values()} == explained


def test_extra_credit_adds_to_the_score_and_not_to_the_points_that_can_be_had():
    result = submission(exercises=[exercise(name="plain"), exercise(name="adam", extra_credit=True)])
    summary = summary_of([result])
    assert (summary.checked, summary.rows[0].score, summary.rows[0].share) == (3, 6, 1.0)
    assert scores_csv(summary).splitlines()[1].startswith("anna,6,3,")


def test_the_page_shows_those_counts(results):
    html = report_page(summary_of(results), "Backpropagation")
    page = Page(html)
    assert_inert(page)
    titles = [attributes.get("title", "") for _, attributes in page.tags]
    verdicts = [one.verdict for r in results for one in r.exercises if one.id == "backprop.backwards"]
    assert f"backprop.backwards: {verdicts.count(Verdict.FAILED)} wrong" in titles
    assert html.count('<th scope="row">') == len(results)
    assert ADVICE["forgets_the_derivative"].partition("`")[0] in page.text


def test_the_heat_map_covers_every_student_once_best_first(results):
    summary = summary_of(results)
    for name, runs in summary.strips().items():
        assert [start for start, *_ in runs] == [sum(run[1] for run in runs[:k]) for k in range(len(runs))]
        assert sum(length for _, length, *_ in runs) == len(results)
        lengths = Counter()
        for _, length, verdict, _ in runs:
            lengths[verdict] += length
        assert lengths == summary.verdicts[name]
    best = summary_of([submission("worst", [exercise(Verdict.FAILED)]), submission("best", [exercise()])])
    assert [run[2:] for run in best.strips()["backprop.softmax"]] == [
        (Verdict.PASSED, "best"),
        (Verdict.FAILED, "worst"),
    ]


def test_a_class_of_nobody_gives_a_page_a_spreadsheet_and_a_table(tmp_path):
    page = write_report([], "backprop", "Backpropagation", tmp_path)
    assert "No submission has been graded yet." in page.read_text("utf-8")
    assert page.with_name("scores.csv").read_text() == "student,score,max_score,flags\n"
    assert "student" in printed([])


def test_what_needs_a_person_is_listed_with_reasons():
    page = page_of(
        damaged(),
        submission("unlucky", [exercise(Verdict.BROKEN, log="ZeroDivisionError in a check")]),
        submission("byhand", [exercise(needs_manual_grade=True)]),
        submission("killer", cells=[cell(status="killed")]),
        submission(
            "failing",
            cells=[
                cell(status="error", error="TypeError: x"),
                cell(status="error", error="NotImplementedError: stub"),
            ],
        ),
        submission("flagged", flags=["two cells share an id"]),
    )
    for words in (
        "Submissions that could not be run 1 Nothing of them was graded.",
        "damaged fully_connected.ipynb could not be read: not valid JSON",
        "unlucky backprop.softmax: ZeroDivisionError in a check",
        "byhand backprop.softmax",
        "killer cell 5 ended the process",
        "failing cell 5 stopped with TypeError: x",
        "flagged two cells share an id",
        "Written answers to mark 5 answers backprop.zero_initialization",
    ):
        assert words in page.text, words
    assert "NotImplementedError" not in page.text
    assert "6 need a person" in page.text


def test_a_misconception_of_a_check_alone_is_counted_once_for_a_student():
    wrong = exercise(
        Verdict.FAILED,
        checks=[check(Verdict.FAILED, misconception="flat"), check(Verdict.FAILED, misconception="flat")],
    )
    summary = summary_of([submission("anna", [wrong]), submission("ben", [exercise()])])
    assert [(entry.name, len(entry.rows)) for entry in summary.explained.values()] == [("flat", 1)]


def test_grading_without_isolation_is_said_at_the_top():
    assert "Graded without isolation: 1 of 2" in page_of(submission(isolation="none"), submission("ben")).text
    assert "without isolation" not in page_of(submission()).text


def test_names_link_to_the_feedback_pages_by_relative_addresses_that_exist(tmp_path):
    results = [submission("anna"), submission(HOSTILE_NAME), submission("50%+ü")]
    write_feedback(results, tmp_path / "feedback", "Backpropagation")
    page = write_report(results, "backprop", "Backpropagation", tmp_path / "report", tmp_path / "feedback")
    assert page == tmp_path / "report" / "backprop" / "index.html"
    parsed = Page(page.read_text("utf-8"))
    assert_inert(parsed)
    links = {a["href"] for tag, a in parsed.tags if tag == "a" and a.get("class") == "who"}
    assert "../../feedback/anna/backprop/index.html" in links
    assert len(links) == 3
    assert all(os.path.exists(page.parent / unquote(link)) for link in links)


def test_without_feedback_pages_there_are_no_links():
    assert not [a for tag, a in page_of(submission()).tags if tag == "a" and a.get("class") == "who"]


def test_hostile_names_flags_errors_and_logs_stay_text():
    evil = "<script>alert(1)</script>"
    page = page_of(
        submission(
            HOSTILE_NAME, [exercise(Verdict.BROKEN, log=evil, misconception=evil, advice=evil)], flags=[evil]
        ),
        submission("ben", [exercise(name=evil)], cells=[cell(status="error", error=evil, grade_id=evil)]),
    )
    assert_inert(page)
    assert "\u202e" not in page.text


def test_the_spreadsheet_has_a_line_for_each_student():
    results = [submission("anna"), submission("ben", [exercise(Verdict.FAILED, "sigmoid", score=0.5)])]
    results[0].written[0].answered = False
    first, second = csv.DictReader(io.StringIO(scores_csv(summary_of(results))))
    assert [first[name] for name in ("student", "score", "max_score")] == ["anna", "25", "25"]
    assert first["backprop.backwards"] == "7"
    assert (first["backprop.zero_initialization"], first["backprop.why_random"]) == ("empty", "to mark")
    assert (second["score"], second["backprop.sigmoid"], second["backprop.backwards"]) == ("0.5", "0.5", "")


@pytest.mark.parametrize(
    "formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "\x1b[0m=1", "|cmd"]
)
def test_the_spreadsheet_holds_no_formula(formula):
    text = scores_csv(summary_of([submission(formula, [exercise(name="sigmoid")], flags=[formula, 'x",=2'])]))
    (line,) = csv.DictReader(io.StringIO(text))
    for value in line.values():
        assert not value.lstrip().startswith(("=", "+", "-", "@", "\t", "\r", "＝", "|"))
    assert line["student"].startswith("'")
    assert line["flags"].endswith('x",=2')


def test_a_newline_in_a_name_stays_in_its_line():
    text = scores_csv(summary_of([submission("anna\n=cmd()", flags=["a\nb"])]))
    assert len(text.splitlines()) == 2


def test_results_may_be_a_generator_and_the_report_is_written_whole(tmp_path):
    page = write_report((result for result in classroom(5)), "backprop", "Backpropagation", tmp_path)
    assert sorted(file.name for file in page.parent.iterdir()) == ["index.html", "lists.csv", "scores.csv"]
    assert page.read_text("utf-8").rstrip().endswith("</html>")


def test_a_thousand_students_take_seconds_at_most():
    results = classroom(1000)
    begin = time.perf_counter()
    html = report_page(summary_of(results), "Backpropagation")
    assert time.perf_counter() - begin < 5
    assert len(html) < 3_000_000


def test_a_large_class_has_a_small_first_page_and_all_its_students_on_others(tmp_path):
    results = classroom(700, seed=5)
    for number, result in enumerate(results):
        result.student = f"s{number:04d}"
    page = write_report(results, "backprop", "Backpropagation", tmp_path)
    few = write_report(classroom(50, seed=5), "backprop", "Backpropagation", tmp_path / "few")
    others = sorted(page.parent.glob("everyone-*.html"))
    assert len(others) == 3
    assert not list(few.parent.glob("everyone-*.html"))
    text = page.read_text()
    assert all(f'href="{other.name}"' in text for other in others)
    listed = [name for other in others for name in re.findall(r'scope="row">.*?>(s\d+)<', other.read_text())]
    assert listed == [f"s{number:04d}" for number in range(700)]
    middle = others[1].read_text()
    assert all(f'href="{name}"' in middle for name in ("index.html", others[0].name, others[2].name))


def test_a_large_class_that_shrinks_leaves_no_page_behind(tmp_path):
    page = write_report(classroom(700), "backprop", "Backpropagation", tmp_path)
    write_report(classroom(20), "backprop", "Backpropagation", tmp_path)
    assert not list(page.parent.glob("everyone-*.html"))


def test_lists_are_cut_on_the_page_and_whole_in_the_spreadsheet(tmp_path):
    results = [submission(student=f"s{n:04d}", flags=["late"]) for n in range(400)]
    page = write_report(results, "backprop", "Backpropagation", tmp_path)
    assert 'and 340 more, in <a href="lists.csv">' in page.read_text()
    rows = list(csv.DictReader(page.with_name("lists.csv").open()))
    assert [row["student"] for row in rows if row["detail"] == "late"] == [f"s{n:04d}" for n in range(400)]


@pytest.mark.slow
def test_the_heat_map_of_a_large_class_has_no_more_columns_than_a_screen():
    summary = summary_of(classroom(5000, seed=6))
    for runs in summary.strips().values():
        assert len(runs) <= 400
        assert sum(length for _, length, _, _ in runs) == 5000


def test_the_terminal_shows_scores_symbols_flags_and_a_legend():
    verdicts = list(Verdict)
    exercises = [exercise(verdict, name) for verdict, name in zip(verdicts, "abcdef", strict=True)]
    lines = printed([submission("anna", exercises, flags=["odd [bold]cells[/bold]"])]).splitlines()
    assert re.split(r"\s{2,}", lines[1].strip())[:2] == ["anna", "6"]
    assert "✓  ✗  !  T  ·  ?" in lines[1]
    assert "odd [bold]cells[/bold]" in lines[1]
    assert lines[-2].startswith("1 a  2 b")
    assert lines[-1] == "✓ right  ✗ wrong  ! crashed  T too slow  · not written  ? grader broke"


def test_a_terminal_without_unicode_gets_plain_symbols():
    console = Console(file=io.TextIOWrapper(io.BytesIO(), encoding="ascii"), width=100)
    print_table([submission("anna", [exercise(), exercise(Verdict.FAILED, "sigmoid")])], console)
    console.file.flush()
    assert b"+  x" in console.file.buffer.getvalue()


def test_hostile_names_cannot_write_to_the_terminal():
    text = printed([submission("\x1b[2Janna\x07[red]", [exercise()])], force_terminal=False)
    assert "anna[red]" in text
    assert "\x1b" not in text
