"""Every attack gets its grade and nothing else; nothing leaks, and no neighbour's grade moves."""

from __future__ import annotations

import os

import pytest
from attacks import load
from attacks.scene import NEIGHBOURS, NOBODY, build, disguises, listeners, shown

pytestmark = pytest.mark.slow
ATTACKS = load()
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
        for verb in ("feedback", "report"):
            done = scene.chainrule(verb, "backprop")
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
