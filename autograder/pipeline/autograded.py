"""The notebook of a graded submission, as nbgrader's formgrader and feedback show it to people.

nbgrader's pages run in the instructor's browser and hold markdown, raw cells and HTML outputs as they are, so
everything that a student made is made harmless here.
"""

from __future__ import annotations

import copy
import html
import re
from typing import Any

import nbformat
from nbformat import NotebookNode

from ..errors import GraderError
from ..model import CellResult, ExerciseResult, SubmissionResult, Verdict
from .merge import MergedCell, MergedNotebook, Role
from .pages import WORDING, OutputCleaner, Shown, plain_text, points

KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
LONGEST_MARKDOWN = 50_000
LINKS = ("http:", "https:", "mailto:", "attachment:")


def autograded_notebook(notebook: MergedNotebook, result: SubmissionResult) -> NotebookNode:
    """Released cells, the student's work, outputs made safe, and each graded cell's verdicts as its output.

    Raises GraderError when the notebook would not be valid.
    """
    cleaner = OutputCleaner()
    ran = {cell.cell_id: cell for cell in result.cells if cell.notebook == notebook.name}
    exercises = {exercise.id: exercise for exercise in result.exercises}
    cells = []
    for cell in notebook.cells:
        node = _node(cell)
        if cell.role is Role.GRADED and cell.exercise in exercises:
            node.outputs = [_stream(verdict_text(exercises[cell.exercise]))]
        elif cell.cell_type == "code":
            node.outputs = _outputs(cell, ran.get(cell.cell_id), cleaner)
        cells.append(node)
    made = nbformat.from_dict({"cells": cells, "metadata": KERNEL, "nbformat": 4, "nbformat_minor": 5})
    # nbformat's own functions for new cells and outputs would validate every one of them before.
    try:
        nbformat.validate(made)
    except nbformat.ValidationError as error:
        raise GraderError(
            f"the autograded {notebook.name} of {result.student} is not valid: {error}"
        ) from error
    return made


def is_untouched(cell: MergedCell) -> bool:
    """A solution or an answer as it was released, by nbgrader's own checksum."""
    from nbgrader.utils import compute_checksum

    if cell.role not in (Role.SOLUTION, Role.ANSWER):
        return False
    return compute_checksum(_node(cell)) == cell.metadata["nbgrader"].get("checksum")


def verdict_text(exercise: ExerciseResult) -> str:
    """What a student may read of an exercise, as plain text. Never a symptom or a log."""
    wording = WORDING[exercise.verdict]
    earned = f"{points(exercise.score)} of {points(exercise.max_score)} points"
    lines = [f"{exercise.id}: {earned}. {wording.sentence}"]
    lines += [text for text in (exercise.advice, wording.advice) if text][:1]
    for check in exercise.checks:
        lines.append(f"[{WORDING[check.verdict].label}] {check.property}")
        if check.verdict is not Verdict.PASSED:
            lines += [f"    {text}" for text in (check.error, check.hint) if text]
    return plain_text("\n".join(lines)) + "\n"


def safe_markdown(text: str) -> str:
    """Markdown that neither carries HTML nor leads to a script; what cannot be shown so becomes a code block.

    >>> safe_markdown("if a<b: <script>")
    'if a< b: < script>'
    >>> print(safe_markdown("[here](javascript:alert(1))"))
    ```
    [here](javascript:alert(1))
    ```
    """
    from nbconvert.filters.markdown import markdown2html

    # HTML takes "<" for the start of a tag only when a letter or one of these follows at once.
    text = re.sub(r"<(?=[A-Za-z/!?])", "< ", text)
    if len(text) > LONGEST_MARKDOWN or "\\href" in text or _has_bad_address(markdown2html(text)):
        return _fenced(text)
    return text


def _has_bad_address(page: str) -> bool:
    """Whether a link leads to a script, or a picture is loaded from elsewhere, which tells its owner who looked."""
    for name, value in re.findall(r'(href|src)="([^"]*)"', page):
        address = re.sub(r"[\x00-\x20]", "", html.unescape(value)).lower()
        scheme = re.match(r"[a-z][a-z0-9+.-]*:", address)
        if scheme and scheme[0] not in (("attachment:",) if name == "src" else LINKS):
            return True
        if name == "src" and address.startswith(("/", "\\", "..")):
            return True
    return False


def _fenced(text: str) -> str:
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}\n{text}\n{fence}"


def _node(cell: MergedCell) -> NotebookNode:
    node = {"id": cell.cell_id, "metadata": copy.deepcopy(cell.metadata)}
    if cell.cell_type == "code":
        return nbformat.from_dict(
            {"cell_type": "code", "source": cell.source, "execution_count": None, "outputs": [], **node}
        )
    source = cell.source
    if cell.cell_type == "raw":
        source = _fenced(source)
    elif cell.role is Role.EXTRA or cell.answered:
        source = safe_markdown(source)
    return nbformat.from_dict({"cell_type": "markdown", "source": source, **node})


def _outputs(cell: MergedCell, ran: CellResult | None, cleaner: OutputCleaner) -> list[NotebookNode]:
    """What running the cell gave; of an experiment, which is cut short when grading, what was handed in."""
    if "experiment" in cell.tags and cell.outputs:
        return [_stream("As handed in:\n"), *map(_output, cleaner.clean(cell.outputs))]
    if ran is None:
        return []
    outputs = [_output(shown) for shown in cleaner.clean(ran.outputs)]
    if ran.status not in ("ok", "error"):
        outputs.append(_stream(f"[{ran.status.replace('_', ' ')}] {plain_text(ran.error or '')}\n"))
    return outputs


def _output(shown: Shown) -> NotebookNode:
    if shown.kind == "image":
        return _display({"image/png": shown.content.partition("base64,")[2]})
    if shown.kind == "html":
        return _display({"text/html": str(shown.content)})
    if shown.kind == "error":
        lines = shown.content.strip().splitlines() or [""]
        name, _, message = lines[-1].partition(": ")
        return _new_output("error", ename=name, evalue=message, traceback=lines)
    return _stream(shown.content if shown.kind == "text" else f"[{shown.content}]\n")


def _display(data: dict[str, Any]) -> NotebookNode:
    return _new_output("display_data", data=data, metadata={})


def _stream(text: str) -> NotebookNode:
    return _new_output("stream", name="stdout", text=text)


def _new_output(kind: str, **content: Any) -> NotebookNode:
    return nbformat.from_dict({"output_type": kind, **content})
