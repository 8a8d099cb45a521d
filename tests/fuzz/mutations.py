"""Strategies: valid things, and valid things with a few bytes or parts changed."""

from __future__ import annotations

import copy
import io
import json
import tarfile
from typing import Any

import numpy as np
from hypothesis import strategies as st
from targets import released_form, zipped

from autograder.sandbox.inside import codec

EXTREMES = [0, -1, 1, 2**31, 2**32 - 1, 2**53, 2**62, 2**63 - 1, -(2**63), 2**64 - 1]


@st.composite
def damaged(draw: st.DrawFn, whole: st.SearchStrategy[bytes]) -> bytes:
    """Bytes of `whole` after at most four edits: a byte changed, a stretch cut out, doubled or overwritten."""
    data = bytearray(draw(whole))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, max(len(data) - 1, 0)))
        end = min(len(data), start + draw(st.sampled_from([1, 1, 2, 4, 8, 60])))
        edit = draw(st.sampled_from(["change", "cut", "double", "insert", "end"]))
        if edit == "change":
            data[start:end] = draw(st.binary(min_size=end - start, max_size=end - start))
        elif edit == "cut":
            del data[start:end]
        elif edit == "double":
            data[start:start] = data[start:end]
        elif edit == "insert":
            data[start:start] = draw(st.binary(max_size=8))
        else:
            del data[start:]
    return bytes(data)


# --- frames -------------------------------------------------------------------------------------------------

NUMBERS = st.integers(-3, 20) | st.sampled_from(EXTREMES)
LEAVES = (
    st.none() | st.booleans() | NUMBERS | st.floats() | st.text(max_size=4) | st.binary(max_size=17)
    | st.sampled_from(["ok", "error", "stream", "stdout", "text/html", "image/png", "output_type", "data", "text"])
)  # fmt: skip
DTYPE = st.sampled_from([*codec.DTYPES, "|O", ">f8", "<U4"])


def _tagged(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, max_size=5)
    return st.one_of(
        st.builds(lambda tag, parts: [tag, *parts], st.sampled_from("ltSd"), several),
        st.builds(lambda *parts: ["a", *parts], DTYPE, st.lists(NUMBERS, max_size=4), st.integers(-1, 3)),
        st.builds(lambda *parts: ["s", *parts], DTYPE, st.binary(max_size=16)),
        st.builds(lambda *parts: ["c", *parts], st.floats(), st.floats()),
        st.builds(lambda part: ["b", part], st.binary(max_size=40)),
        st.builds(lambda tag, *parts: [tag, *parts], st.sampled_from("hnHf"), NUMBERS, inner),
        st.builds(lambda number: ["h", number], NUMBERS),
        several,
    )


FORMS = st.recursive(LEAVES, _tagged, max_leaves=25)
ARRAYS = st.sampled_from(
    [np.zeros(3), np.ones((2, 2), np.uint8), np.array(["a", "b"]) == "a", np.float32(2), np.zeros(0)]
)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=5)
    | st.binary(max_size=5) | st.complex_numbers() | ARRAYS,
    lambda inner: st.lists(inner, max_size=4) | st.tuples(inner, inner)
    | st.dictionaries(st.text(max_size=3) | st.integers(-9, 9) | st.none(), inner, max_size=4)
    | st.sets(st.text(max_size=3) | st.complex_numbers(), max_size=4),
    max_leaves=12,
)  # fmt: skip

_TEXT = st.text(max_size=9) | PLAIN
_OUTPUTS = st.fixed_dictionaries(
    {"output_type": st.sampled_from(["stream", "error", "display_data", "execute_result"]) | ARRAYS},
    optional={
        "name": st.sampled_from(["stdout", "stderr"]) | ARRAYS | PLAIN,
        "text": _TEXT | st.just("x" * 70_000),
        "ename": _TEXT,
        "evalue": _TEXT,
        "traceback": st.lists(_TEXT, max_size=3) | PLAIN,
        "data": st.dictionaries(
            st.sampled_from(["text/plain", "text/html", "image/png", "x"]), _TEXT | st.binary()
        )
        | PLAIN,
    },
)
CELLS = st.tuples(
    st.sampled_from(["ok", "error", "not_written"]) | ARRAYS | PLAIN,
    st.none() | _TEXT,
    st.lists(_OUTPUTS | PLAIN, max_size=4) | PLAIN,
    st.booleans() | PLAIN,
    st.none() | st.sampled_from(["output", "tmp"]) | PLAIN,
).map(list)


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    """A well-formed frame: the answer to a cell or a request, a call back, or any forms."""
    buffers: list[Any] = []

    def sent(value: Any) -> Any:
        return codec.encode(value, buffers, lambda item: ["h", 1, "thing"])

    kind = draw(st.sampled_from(["cell", "ok", "error", "callback", "forms"]))
    if kind == "cell":
        message = ["cell", sent(draw(CELLS))]
    elif kind == "ok":
        message = ["ok", sent(draw(PLAIN))]
    elif kind == "error":
        message = ["error", *draw(st.lists(LEAVES, min_size=4, max_size=6))]
    elif kind == "callback":
        arguments = (
            draw(st.lists(PLAIN, max_size=3)),
            draw(st.dictionaries(st.text(max_size=3), PLAIN, max_size=2)),
        )
        message = ["callback", draw(st.integers(-1, 1)), *map(sent, arguments)]
    else:
        message = [draw(st.sampled_from(["ok", "cell", "callback", "x"])), *draw(st.lists(FORMS, max_size=3))]
        buffers = draw(st.lists(st.binary(max_size=24), max_size=3))
    return b"".join(codec.pack(message, buffers))


# --- notebooks ----------------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
IDS = [cell["metadata"].get("nbgrader", {}).get("grade_id", "x") for cell in released_form()["cells"]]
SOURCES = st.sampled_from(
    ["", "def softmax(x):\n    return x", "def sigmoid(x): 1\ndef softmax(x): 2", "<script>alert(1)</script>",
     "[a](javascript:alert(1))", "```\n" * 3, "\ud800", "$\\href{javascript:x}{y}$", "\x00\x1b[31m", "%%bash\r\nls"]
)  # fmt: skip
HTML = st.sampled_from(
    ["<script>alert(1)</script>", "<b onclick=x>", "<div>" * 300, "<svg><script>", "</pre><script>"]
)
MIME = st.sampled_from(["text/html", "text/plain", "image/png", "image/svg+xml", "text/markdown", "x/\u202e"])
OUTPUT = st.fixed_dictionaries(
    {"output_type": st.sampled_from(["stream", "display_data", "execute_result", "error"]) | JSON},
    optional={"text": HTML | JSON, "data": st.dictionaries(MIME, HTML | JSON, max_size=3) | JSON, "name": JSON,
              "traceback": st.lists(HTML | JSON, max_size=3) | JSON, "evalue": HTML | JSON, "ename": JSON},
)  # fmt: skip
PARTS = {
    "cell_type": st.sampled_from(["code", "markdown", "raw", "heading"]) | JSON,
    "source": SOURCES | st.lists(SOURCES, max_size=3) | JSON,
    "metadata": st.builds(lambda id, more: {"nbgrader": {"grade_id": id, "solution": True}, **more},
                          st.sampled_from(IDS) | JSON, st.dictionaries(st.text(max_size=3), JSON, max_size=2)) | JSON,
    "id": st.sampled_from(["extra-0", "title", "a" * 70, "extra-0-x", "\ud800"]) | JSON,
    "outputs": st.lists(OUTPUT | JSON, max_size=3) | JSON,
    "level": JSON,
}  # fmt: skip


@st.composite
def notebooks(draw: st.DrawFn) -> bytes:
    """The released notebook after a few edits of its cells, perhaps in another format or encoding."""
    notebook = copy.deepcopy(released_form())
    cells = notebook["cells"]
    for _ in range(draw(st.integers(0, 6))):
        place = draw(st.integers(0, max(len(cells) - 1, 0)))
        edit = draw(st.sampled_from(["part", "part", "part", "new", "delete", "double", "move", "junk"]))
        if edit == "part" and cells and isinstance(cells[place], dict):
            part = draw(st.sampled_from(sorted(PARTS)))
            cells[place][part] = draw(PARTS[part])
        elif edit == "new":
            cells.insert(place, draw(st.fixed_dictionaries({}, optional=PARTS)))
        elif edit == "delete":
            del cells[place : place + 1]
        elif edit == "double":
            cells[place:place] = copy.deepcopy(cells[place : place + 1])
        elif edit == "move" and cells:
            cells.insert(draw(st.integers(0, len(cells))), cells.pop(place))
        elif edit == "junk":
            cells.insert(place, draw(JSON))
    notebook |= draw(
        st.fixed_dictionaries({}, optional={"nbformat": JSON, "metadata": JSON, "nbformat_minor": JSON})
    )
    if draw(st.integers(0, 9)) == 0:
        notebook["worksheets"] = [{"cells": notebook.pop("cells")}, draw(JSON)]
    text = json.dumps(notebook, ensure_ascii=draw(st.booleans()))
    return text.encode(draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16"])), "replace")


# --- archives -----------------------------------------------------------------------------------------------

PATH_PARTS = st.sampled_from(
    ["..", ".", "", "a", "A", "tiny.ipynb", "nn.py", "x.zip", "C:", "con", "\u202e", "\n", "\x00", "e\u0301", "é",
     "n" * 160, ".git", "__MACOSX", "~", " "]
) | st.text(max_size=3)  # fmt: skip
PATHS = st.builds(str.join, st.sampled_from(["/", "\\"]), st.lists(PATH_PARTS, min_size=1, max_size=4))
FILES = st.lists(
    st.tuples(PATHS, st.binary(max_size=40) | st.sampled_from([bytes(70_000), bytes(200_000)])), max_size=6
)


@st.composite
def archives(draw: st.DrawFn) -> bytes:
    """A zip or a tar of a few files under odd names, and of links and devices."""
    files = draw(FILES)
    if draw(st.booleans()):
        return zipped([(name.encode("utf-8", "replace").decode(), data) for name, data in files])
    buffer = io.BytesIO()
    mode = draw(st.sampled_from(["w", "w:gz"]))
    form = draw(st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]))
    kinds = st.sampled_from(
        [tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE]
    )
    with tarfile.open(fileobj=buffer, mode=mode, format=form) as made:
        for name, data in files:
            member = tarfile.TarInfo(name.replace("\x00", ""))
            member.type = draw(kinds)
            member.size = len(data) if member.type == tarfile.REGTYPE else 0
            made.addfile(member, io.BytesIO(data))
    return buffer.getvalue()
