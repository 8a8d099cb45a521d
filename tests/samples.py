"""Builders of results for tests: plain ones, a class, everything hostile that student code may put out."""

from __future__ import annotations

import base64
import io
import random
import re
from collections.abc import Iterable
from html.parser import HTMLParser
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from autograder.model import (
    CellResult,
    CheckResult,
    ExerciseResult,
    SubmissionResult,
    Verdict,
    WrittenAnswer,
)
from autograder.pipeline.pages import CONTENT_POLICY

EXERCISES = {
    "initialize_weights": 3,
    "sigmoid": 2,
    "forward": 2,
    "softmax": 3,
    "compute_loss_and_acc": 3,
    "backwards": 7,
    "get_random_batches": 2,
    "train_network": 3,
}
SYMPTOM = "values differ at SECRET-SYMPTOM"
LOG = "Traceback of the grader: SECRET-LOG"
FLAG = "SECRET-FLAG: the notebook has a cell that is not in the release"
ADVICE = {
    "one_maximum_for_all": "You subtract one maximum of the whole array. A row far below it becomes `0 / 0`. "
    "Take each row's own maximum: `x.max(axis=1, keepdims=True)`.",
    "averages_the_gradient": "Your gradients are right up to a factor: the number of rows. Here they are "
    "summed over the batch, so leave out the division by `N`.",
    "forgets_the_derivative": "You pass `delta` on without the activation's slope. Multiply by "
    "`activation_deriv(post_act)` first.",
}


def check(verdict: Verdict = Verdict.PASSED, **changes: Any) -> CheckResult:
    given = {
        "name": "rows_sum_to_one",
        "property": "Every row sums to one.",
        "verdict": verdict,
        "hint": "Divide by the row's own sum.",
        "symptom": SYMPTOM if verdict is not Verdict.PASSED else None,
        "error": "ValueError at your line: `return x / s`" if verdict is Verdict.CRASHED else None,
    }
    return CheckResult(**{**given, **changes})


def exercise(verdict: Verdict = Verdict.PASSED, name: str = "softmax", **changes: Any) -> ExerciseResult:
    """One exercise: the first check holds, unless nothing is written; the second has the verdict."""
    points = EXERCISES.get(name, 3)
    nothing = verdict if verdict is Verdict.NOT_WRITTEN else None
    full = verdict in (Verdict.PASSED, Verdict.BROKEN)
    given = {
        "id": f"backprop.{name}",
        "notebook": "fully_connected",
        "score": float(points if full else 0),
        "max_score": float(points),
        "verdict": verdict,
        "checks": [
            check(nothing or Verdict.PASSED),
            check(verdict, property="Logits around 10 000 give finite probabilities."),
        ],
        "needs_manual_grade": verdict is Verdict.BROKEN,
        "log": LOG if verdict is Verdict.BROKEN else None,
    }
    return ExerciseResult(**{**given, **changes})


def cell(outputs: Iterable[dict[str, Any]] = (), status: str = "ok", **changes: Any) -> CellResult:
    given = {
        "notebook": "fully_connected",
        "index": 4,
        "cell_id": "c4",
        "grade_id": None,
        "status": status,
        "source": "plot_losses(history)",
        "outputs": list(outputs),
    }
    return CellResult(**{**given, **changes})


def submission(
    student: str = "anna", exercises: list[ExerciseResult] | None = None, **changes: Any
) -> SubmissionResult:
    """A submission of eight right exercises and three written answers, unless told otherwise."""
    exercises = [exercise(name=name) for name in EXERCISES] if exercises is None else exercises
    written = [
        WrittenAnswer(f"backprop.{name}", "fully_connected", points, True)
        for name, points in {"zero_initialization": 3.0, "why_random": 1.0, "why_scaled": 1.0}.items()
    ]
    given = {
        "assignment": "backprop",
        "digest": "d" * 8,
        "key": "k" * 8,
        "score": sum(one.score for one in exercises),
        "max_score": sum(one.max_score for one in exercises) + 5,
        "exercises": exercises,
        "written": written,
        "graded_at": "2026-11-21T10:00:00+00:00",
    }
    return SubmissionResult(**{"student": student, **given, **changes})


def damaged(student: str = "damaged") -> SubmissionResult:
    """What grading makes of a notebook that it cannot read: the release's cells, and a flag."""
    exercises = [
        exercise(Verdict.NOT_WRITTEN, name, checks=[check(Verdict.NOT_WRITTEN)]) for name in EXERCISES
    ]
    flag = "fully_connected.ipynb could not be read: not valid JSON, cut at byte 4096"
    result = submission(student, exercises, flags=[flag])
    for answer in result.written:
        answer.answered = False
    return result


def classroom(count: int, seed: int = 0) -> list[SubmissionResult]:
    """A class as teachers know it: most do well, some give up, a few notebooks are damaged."""
    dice = random.Random(seed)
    results = []
    for number in range(count):
        skill = dice.betavariate(4, 1.6)
        student = f"student{number:03d}"
        if number % 40 == 17:
            results.append(damaged(student))
            continue
        exercises = [_drawn(name, skill, dice) for name in EXERCISES]
        killed = (
            [cell(status="killed", error="the cell ended the process", index=12)] if number % 33 == 5 else []
        )
        flags = ["two cells share the id backprop.sigmoid"] if number % 29 == 3 else []
        result = submission(student, exercises, cells=killed, flags=flags)
        for answer in result.written:
            answer.answered = dice.random() < 0.4 + skill / 2
        results.append(result)
    return results


def _drawn(name: str, skill: float, dice: random.Random) -> ExerciseResult:
    hardness = {"backwards": 0.45, "softmax": 0.3, "train_network": 0.4}.get(name, 0.12)
    if dice.random() > hardness * (1.9 - 1.5 * skill):
        return exercise(name=name)
    if dice.random() < 0.02:
        return exercise(Verdict.BROKEN, name)
    kinds = [Verdict.FAILED, Verdict.CRASHED, Verdict.NOT_WRITTEN, Verdict.TIMED_OUT]
    verdict = dice.choices(kinds, [6, 2, 3 * (1 - skill), 0.4])[0]
    wrong = exercise(verdict, name)
    if verdict is Verdict.FAILED:
        wrong.score = round(wrong.max_score * dice.choice([0, 0.5, 0.5, 0.75]), 2)
        known = {
            "softmax": ["one_maximum_for_all"],
            "backwards": ["averages_the_gradient", "forgets_the_derivative"],
        }
        if name in known and dice.random() < 0.75:
            wrong.misconception = dice.choice(known[name])
            wrong.advice = ADVICE[wrong.misconception]
            wrong.checks[1].misconception = wrong.misconception
    return wrong


def stream(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def display(**data: Any) -> dict[str, Any]:
    """A display of MIME types, written `image_png=...`, `text_html=...`."""
    kinds = {"svg": "image/svg+xml", "javascript": "application/javascript"}
    kinds["widget"] = "application/vnd.jupyter.widget-view+json"
    return {
        "output_type": "display_data",
        "metadata": {},
        "data": {kinds.get(kind, kind.replace("_", "/")): value for kind, value in data.items()},
    }


def png(width: int = 6, height: int = 4, mode: str = "RGBA", colour: Any = (200, 30, 30, 128)) -> str:
    """A small picture in base64, with a text chunk that must not survive."""
    notes = PngInfo()
    notes.add_text("Comment", "SECRET-CHUNK")
    buffer = io.BytesIO()
    Image.new(mode, (width, height), colour).save(buffer, "PNG", pnginfo=notes)
    return base64.b64encode(buffer.getvalue()).decode()


HOSTILE_HTML = """
<script>alert(1)</script><img src=x onerror=alert(1)><a href="javascript:alert(1)">click</a>
<table onclick="alert(1)" style="position:fixed">
<tr><td colspan="3" id="x" class="y">kept cell</td></tr></table>
<svg><script>alert(1)</script></svg><math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>
<iframe src="https://evil.example"></iframe><form action="https://evil.example"><input name=p></form>
<meta http-equiv="refresh" content="0;url=https://evil.example"><base href="https://evil.example">
<link rel=stylesheet href="https://evil.example/x.css"></div></details></main>after
"""
HOSTILE_NAME = '</title><script>alert("x")</script>../../&\u202egnp'


FORBIDDEN = {
    "script",
    "iframe",
    "frame",
    "object",
    "embed",
    "form",
    "input",
    "button",
    "base",
    "link",
    "foreignobject",
}


class Page(HTMLParser):
    """Tags, attributes and visible text of a page; raises AssertionError when tags do not close in order."""

    VOID = frozenset({"meta", "img", "br", "hr", "link", "input", "base"})

    def __init__(self, html: str):
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def assert_inert(page: Page) -> None:
    """No program, no address outside the page, no form, no frame."""
    for tag, attributes in page.tags:
        assert tag not in FORBIDDEN, tag
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("href", "src"):
            assert attributes.get(name, "#").startswith(("#", "data:image/png;base64,", "../", "scores.csv"))
    policies = [a["content"] for t, a in page.tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert policies == [CONTENT_POLICY]
    assert "default-src 'none'" in policies[0]
