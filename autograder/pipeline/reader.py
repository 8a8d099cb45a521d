"""Reads a submitted notebook: untrusted bytes in, plain cells out.

Nothing is refused that a person could still grade: old formats, missing ids and metadata, byte order marks,
Windows line ends, sources in pieces. What is left is a SubmissionError with a sentence that says what to do.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from ..errors import SubmissionError

MAX_BYTES = 20 << 20
MAX_CELLS = 10_000
# Brackets in text count too; a notebook with this many would take gigabytes as Python objects.
MAX_BRACKETS = 3_000_000


@dataclass
class ReadCell:
    """One cell as submitted. `outputs` are untrusted nbformat outputs."""

    cell_type: str
    source: str
    grade_id: str | None = None
    cell_id: str | None = None
    outputs: list[dict[str, Any]] = field(default_factory=list)


def read_submission(data: bytes, name: str) -> tuple[list[ReadCell], list[str]]:
    """The cells of a submitted notebook, and sentences about what had to be repaired.

    `name` is for the messages. Raises SubmissionError when no notebook can be made of `data`.
    """
    notebook = _parse(data, name)
    raw, flags = _raw_cells(notebook, name)
    if len(raw) > MAX_CELLS:
        flags.append(f"has {len(raw)} cells: only the first {MAX_CELLS} were read")
    kept = [cell for cell in raw[:MAX_CELLS] if isinstance(cell, dict)]
    if len(kept) < len(raw[:MAX_CELLS]):
        flags.append(f"{len(raw[:MAX_CELLS]) - len(kept)} entries that are no cells were left out")
    return [_cell(cell) for cell in kept], flags


def clean_text(value: Any) -> str:
    """nbformat's text, a string or a list of strings, with plain line ends and nothing that UTF-8 refuses.

    >>> clean_text(["a = 1\\r\\n", "b = 2"])
    'a = 1\\nb = 2'
    """
    if isinstance(value, list):
        value = "".join(item for item in value if isinstance(item, str))
    if not isinstance(value, str):
        return ""
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def _parse(data: bytes, name: str) -> dict[str, Any]:
    if len(data) > MAX_BYTES:
        raise SubmissionError(
            f"{name} has {len(data) / (1 << 20):.0f} MiB, at most {MAX_BYTES >> 20} are read: "
            "clear the outputs of all cells, save, and hand in again."
        )
    text = _decode(data, name)
    if not text.strip():
        raise SubmissionError(f"{name} is empty: save the notebook and hand in again.")
    if text.count("[") + text.count("{") > MAX_BRACKETS:
        raise SubmissionError(f"{name} is too complex to read: clear the outputs, save, and hand in again.")
    try:
        notebook = json.loads(text)
    except RecursionError:
        raise SubmissionError(f"{name} is nested too deeply to be a notebook.") from None
    except ValueError as error:
        raise SubmissionError(
            f"{name} is not a notebook: it was read as JSON, and {_looks_like(text)} ({error}). "
            "Hand in the .ipynb file that Jupyter saves."
        ) from None
    if not isinstance(notebook, dict):
        raise SubmissionError(f"{name} is not a notebook: it holds a {type(notebook).__name__}, not cells.")
    return notebook


def _decode(data: bytes, name: str) -> str:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        kind = "a zip archive" if data[:2] == b"PK" else "no text"
        raise SubmissionError(
            f"{name} is not a notebook: it was read as UTF-8, and is {kind} (byte {error.start}). "
            "Hand in the .ipynb file that Jupyter saves."
        ) from None


def _looks_like(text: str) -> str:
    start = text.lstrip()[:200]
    if start.startswith("<"):
        return "it looks like a web page"
    if "<<<<<<< " in text:
        return "it holds the marks of an unresolved git merge"
    if start.startswith("{"):
        return "it is damaged or cut off"
    return "it looks like a program or plain text"


def _raw_cells(notebook: dict[str, Any], name: str) -> tuple[list[Any], list[str]]:
    """Format 4 has `cells`; formats 2 and 3 have them in worksheets."""
    if isinstance(notebook.get("cells"), list):
        newer = isinstance(version := notebook.get("nbformat"), int) and version > 4
        return notebook["cells"], [f"has format {version}, read as format 4"] if newer else []
    if isinstance(sheets := notebook.get("worksheets"), list):
        cells = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
        raw = [cell for sheet in cells if isinstance(sheet, list) for cell in sheet]
        return raw, [f"has the old format {notebook.get('nbformat')}: its cells were converted"]
    raise SubmissionError(f"{name} is not a notebook: it has no list of cells.")


def _cell(raw: dict[str, Any]) -> ReadCell:
    kind = raw.get("cell_type")
    source = clean_text(raw.get("source", raw.get("input")))
    if kind == "heading":
        level = raw.get("level")
        source = f"{'#' * level if isinstance(level, int) and 1 <= level <= 6 else '#'} {source}"
    metadata = raw.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    outputs = raw.get("outputs")
    return ReadCell(
        cell_type=kind if kind in ("code", "raw") else "markdown",
        source=source,
        grade_id=grade_id if isinstance(grade_id, str) and grade_id else None,
        cell_id=raw["id"] if isinstance(raw.get("id"), str) else None,
        outputs=[item for item in outputs if isinstance(item, dict)] if isinstance(outputs, list) else [],
    )
