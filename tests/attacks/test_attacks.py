"""Every attack gets its grade and nothing else; nothing leaks, and no neighbour's grade moves."""

from __future__ import annotations

import csv
import io
import os
import re

import pytest
from nbconvert import HTMLExporter
from nbformat.v4 import new_notebook

from attacks import load
from attacks.browser import dangers, formulas, policy
from attacks.pages import PAYLOADS, PEOPLE
from attacks.scene import NEIGHBOURS, NOBODY, build, disguises, listeners, shown
from autograder.pipeline.feedback import feedback_file
from autograder.pipeline.spreadsheets import harmless

pytestmark = pytest.mark.slow
ATTACKS = load()


def section(name):
    return [attack for attack in ATTACKS if attack.section == name]


WHO = ["root", "user"] if os.getuid() == 0 else ["user"]


@pytest.fixture(scope="module", params=WHO)
def scene(request, tmp_path_factory):
    """The whole corpus, handed in and graded beside the neighbours by one run of the real command."""
    user = NOBODY if request.param == "user" and os.getuid() == 0 else 0
    scene = build(tmp_path_factory.mktemp(request.param), user)
    with listeners(scene.root) as (port, unix, met):
        scene.hand_in(ATTACKS, port, unix)
        scene.give_away()
        done = scene.chainrule("grade", "backprop", "--force", "--workers", "2")
        assert done.returncode in (0, 1), done.stdout[-3000:] + done.stderr[-3000:]
        scene.name_people(PEOPLE)
        for verb in ("feedback", "report"):
            done = scene.chainrule(verb, "backprop")
            assert done.returncode == 0, done.stderr[-3000:]
        done = scene.run([scene.python, "-m", "nbgrader", "export"])
        assert done.returncode == 0, done.stderr[-3000:]
        scene.met = met
    return scene


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: f"{attack.section}-{attack.name}")
def test_the_attack_gets_what_it_earned(scene, attack):
    result = scene.result(attack.student)
    assert scene.earned(attack.student) == attack.earns
    for words in attack.flags:
        assert any(words in flag for flag in result.flags), result.flags
    for words in attack.shows:
        assert words in shown(result)
    assert {*attack.cells} <= {cell.status for cell in result.cells}
    verdicts = {item.id.partition(".")[2]: item.verdict for item in result.exercises}
    assert verdicts | attack.verdicts == verdicts


@pytest.mark.parametrize(
    "attack", [attack for attack in ATTACKS if attack.hides], ids=lambda attack: attack.name
)
def test_inputs_of_hidden_checks_stay_hidden(scene, attack):
    page = feedback_file(scene.course / "feedback", attack.student, "backprop").read_text(encoding="utf-8")
    assert [words for words in attack.hides if words in page] == []


def test_the_gradebook_says_the_same(scene):
    recorded = scene.gradebook()
    for attack in ATTACKS:
        assert recorded[attack.student] == pytest.approx(sum(attack.earns.values()))


def test_nothing_hidden_leaked(scene):
    assert scene.leaks() == []


def test_a_leak_would_be_seen(scene):
    page = scene.course / "feedback" / "leak.html"
    for where, word in scene.canaries.items():
        for form in disguises(word):
            page.write_bytes(b"<p>" + form)
            assert f"feedback/leak.html: {where}" in scene.leaks()
    page.unlink()


def test_no_neighbours_grade_moved(scene):
    assert {name: scene.earned(name) for name in NEIGHBOURS} == scene.neighbours
    assert all(scene.neighbours.values())


def test_nobody_reached_a_listener(scene):
    assert scene.met == []


def test_nothing_is_left_on_the_machine(scene):
    assert scene.left_behind() == []


@pytest.mark.parametrize("attack", section("pages"), ids=lambda attack: attack.name)
def test_feedback_runs_and_loads_nothing(scene, attack):
    page = feedback_file(scene.course / "feedback", attack.student, "backprop").read_text(encoding="utf-8")
    assert dangers(page) == []
    assert policy(page).startswith("default-src 'none'")


def test_the_report_runs_and_loads_nothing(scene):
    page = (scene.course / "report" / "backprop" / "index.html").read_text(encoding="utf-8")
    assert dangers(page) == []
    assert policy(page).startswith("default-src 'none'")
    assert all(words in page for words in ("&lt;img src=x onerror=owned()&gt;", "=HYPERLINK"))


@pytest.mark.parametrize("attack", [attack for attack in section("pages") if not attack.known_as])
def test_what_formgrader_shows_runs_nothing_of_the_students(scene, attack):
    """nbgrader's pages have scripts of their own, as that of an empty notebook has. A link waits for a click."""
    notebook = scene.course / "autograded" / attack.student / "backprop" / "fully_connected.ipynb"
    page, _ = HTMLExporter(sanitize_html=True, template_name="classic").from_filename(str(notebook))
    bare, _ = HTMLExporter(sanitize_html=True, template_name="classic").from_notebook_node(new_notebook())
    found = {*dangers(page)} - {*dangers(bare)}
    assert (
        sorted(danger for danger in found if not danger.startswith(("<a href=http:", "<a href=https:"))) == []
    )
    assert "/hub/logout" not in re.findall(r'src="([^"?]*)', page)


def test_tables_hold_no_formulas(scene):
    report = (scene.course / "report" / "backprop" / "scores.csv").read_text(encoding="utf-8")
    export = (scene.course / "grades.csv").read_text(encoding="utf-8")
    assert formulas(report) == formulas(export) == []
    rows = {row["student_id"]: row for row in csv.DictReader(io.StringIO(export))}
    for student, (first, last, _) in PEOPLE.items():
        row = rows[harmless(student)]
        assert (row["first_name"], row["last_name"]) == (harmless(first), harmless(last))
        assert float(row["score"]) == scene.gradebook()[student]


def test_a_danger_would_be_seen():
    for payload in PAYLOADS[:20]:
        assert dangers(f"<p>{payload}") or "text/html" in payload, payload
    assert formulas('a,b\n=1+1,-2.5\n"  @SUM(A1)",x') == ["=1+1", "@SUM(A1)"]
