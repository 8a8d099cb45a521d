"""What an audit says of its findings: a broken check is neither a wrong solution caught nor a right one accepted."""

from dataclasses import replace

from autograder.pipeline.audit import Audit, Finding

CAUGHT = Finding("a.b", "wrong", "scaled", 1.0, 2.0, "scaled", "scaled", ("values: values differ",))
MISSED = replace(CAUGHT, name="subtle", score=2.0, misconception=None, failed=())
RIGHT = replace(CAUGHT, kind="right", name="einsum", score=2.0, expects=None, misconception=None, failed=())
BROKEN = replace(RIGHT, broken="SandboxError: the sandbox did not start")


def test_wrong_and_right_solutions_are_counted_by_what_they_earned():
    outcome = Audit([CAUGHT, MISSED, RIGHT]).as_dict()
    assert (outcome["wrong"], outcome["caught"], outcome["named"]) == (2, 1, 1)
    assert (outcome["right"], outcome["accepted"]) == (1, 1)
    assert "a.b subtle (wrong): 2 of 2" in outcome["missed"][0]


def test_what_the_grader_failed_on_is_listed_by_itself_and_makes_the_audit_unclean():
    outcome = Audit([CAUGHT, BROKEN, replace(BROKEN, kind="wrong")])
    assert (outcome.as_dict()["right"], outcome.as_dict()["wrong"]) == (0, 1)
    assert all("the sandbox did not start" in line for line in outcome.as_dict()["broken"])
    assert Audit([CAUGHT, RIGHT]).clean
    assert not outcome.clean
    assert "broken: a.b einsum" in outcome.as_text()
