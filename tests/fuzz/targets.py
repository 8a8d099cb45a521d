"""What is fuzzed, as functions of bytes: each holds for every input, or raises AssertionError or what it must not.

hypothesis calls them in this folder's tests, over the kept cases too; `CHAINRULE_FUZZ=100` makes a hundred times as
many examples, at random. A coverage-guided fuzzer can call them as they are:

    atheris.Setup(sys.argv, targets.channel); atheris.Fuzz()
"""

from __future__ import annotations

import io
import json
import os
import tracemalloc
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from conftest import tiny_notebook
from hypothesis import HealthCheck, settings

from autograder.errors import SubmissionError
from autograder.model import CellResult, ExerciseResult, SubmissionResult, Verdict
from autograder.pipeline.archive import SUFFIXES, Bounds, Contents, read_archive, safe_path
from autograder.pipeline.autograded import autograded_notebook
from autograder.pipeline.feedback import feedback_page
from autograder.pipeline.merge import MergedNotebook, Role, merge, read_released
from autograder.sandbox.inside import codec
from autograder.sandbox.outcome import cell_outcome
from autograder.sandbox.remote import Student, StudentError

CASES = Path(__file__).parent / "cases"
MORE = int(os.environ.get("CHAINRULE_FUZZ", "1"))
OUTPUT_LIMIT = 1000


def examples(count: int) -> settings:
    """`count` examples, always the same ones; with CHAINRULE_FUZZ so many times more, and others each time."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
    return settings(
        max_examples=count * MORE,
        derandomize=MORE == 1,
        deadline=None,
        database=None,
        suppress_health_check=slow,
    )


def cases(kind: str) -> list[Path]:
    """Inputs that once did what they must not."""
    return sorted((CASES / kind).iterdir())


def within(most: int, function: Callable[[], Any]) -> Any:
    """What `function` gives, having held at most `most` bytes at once."""
    tracemalloc.start()
    try:
        return function()
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak <= most, f"{peak} bytes were held, at most {most} are right"


def assert_says_what_to_do(error: Exception, beginning: str = "") -> None:
    """A message for people is a sentence about the file; one about a frame is for the log, and not empty."""
    text = str(error)
    assert text.startswith(beginning)
    assert text.endswith("." if beginning else text[-1:])
    assert 0 < len(text) < 700


# --- the channel --------------------------------------------------------------------------------------------


def reader(data: bytes) -> Callable[[int], bytearray]:
    """`read` of a socket that has `data` and then ends; what is announced alone costs nothing."""
    stream = io.BytesIO(data)

    def read(size: int) -> bytearray:
        if size > len(data) - stream.tell():
            raise codec.ChannelError("cut")
        return bytearray(stream.read(size))

    return read


class OneAnswer:
    """A link whose other side says one thing, whatever it is asked: as an answer, and as a call back."""

    def __init__(self, message: list[Any], buffers: list[bytearray]):
        self.answer = message, buffers

    def request(self, message: list[Any], buffers: list[Any], on_callback: Any) -> Any:
        if self.answer[0][0] == "callback":
            form, out = on_callback(*self.answer)
            b"".join(codec.pack(["result", form], out))
            return ["ok", None], []
        return self.answer


def channel(data: bytes) -> None:
    """A frame is refused, or is a message that all who read messages can deal with."""
    try:
        message, buffers = within(
            (2 << 20) + 150 * len(data), lambda: codec.unpack(reader(data), codec.Limits())
        )
    except codec.ChannelError as error:
        assert_says_what_to_do(error)
        return
    for form in message[1:]:
        comes_back(form, buffers)
    outcome(message, buffers)
    student(message, buffers)


def comes_back(form: Any, buffers: list[bytearray]) -> None:
    """What can be decoded can be sent again, and is then the same."""

    def resolve(form: list[Any]) -> Any:
        if len(form) != 2 or type(form[1]) is not int:
            raise codec.ChannelError("a reference that is none")
        return Handle(form[1])

    try:
        value = codec.decode(form, buffers, resolve)
    except codec.ChannelError as error:
        assert_says_what_to_do(error)
        return
    out: list[Any] = []
    again = codec.encode(value, out, lambda item: ["h", item.number])
    message, returned = codec.unpack(reader(b"".join(codec.pack(["value", again], out))), codec.Limits())
    assert alike(codec.decode(message[1], returned, resolve)) == alike(value)


class Handle:
    """Stands for an object on the student's side."""

    def __init__(self, number: int):
        self.number = number


def alike(value: Any) -> Any:
    """Something that is equal for equal values of equal types, not-a-numbers included."""
    if isinstance(value, Handle):
        return "handle", value.number
    if isinstance(value, np.ndarray | np.generic):
        return type(value), value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, dict):
        return dict, [(alike(key), alike(item)) for key, item in value.items()]
    if isinstance(value, set):
        return set, sorted(map(repr, map(alike, value)))
    if isinstance(value, list | tuple):
        return type(value), [alike(item) for item in value]
    return type(value), repr(value)


def outcome(message: list[Any], buffers: list[bytearray]) -> None:
    """The answer to a cell is refused, or is outputs that can be kept."""
    try:
        kept = cell_outcome(message, buffers, OUTPUT_LIMIT)
    except codec.ChannelError as error:
        assert_says_what_to_do(error)
        return
    assert kept.status in ("ok", "error", "not_written")
    texts = [output["text"] for output in kept.outputs if output["output_type"] == "stream"]
    assert sum(map(len, texts)) <= OUTPUT_LIMIT + (64 << 10)
    json.dumps(kept.outputs).encode()


ASKED: list[Callable[[Student], Any]] = [
    lambda them: them.softmax(lambda *args, **kwargs: [args, kwargs], 1),
    lambda them: len(them.params),
    lambda them: set(them.params.keys()),
    lambda them: them.params["W1"],
    lambda them: "W1" in them.params or them.defines("W1"),
    lambda them: them.dict({"W1": 1}).value(),
    lambda them: them.given("student_lib.nn", "tanh")(them.array([1.0])),
]


def student(message: list[Any], buffers: list[bytearray]) -> None:
    """A check gets a value or a StudentError; anything else would count as the grader's fault, with full points."""
    for ask in ASKED:
        them = Student(OneAnswer(message, buffers))
        try:
            ask(them)
        except StudentError as error:
            str(error).encode("utf-8", "replace")


# --- notebooks ----------------------------------------------------------------------------------------------


def released_form() -> dict[str, Any]:
    """The tiny notebook as students get it."""
    notebook = json.loads(json.dumps(tiny_notebook()))
    for cell in notebook["cells"]:
        cell["source"] = (
            cell["source"].partition("\n### BEGIN HIDDEN")[0].replace("    ### BEGIN SOLUTION\n", "")
        )
    return notebook


RELEASED = read_released("tiny", json.dumps(released_form()).encode())
UNTOUCHED = merge(RELEASED, None)


def notebook(data: bytes) -> None:
    """A notebook is refused with advice, or merged, and can be shown to people."""
    try:
        merged = within((8 << 20) + 100 * len(data), lambda: merge(RELEASED, data))
    except SubmissionError as error:
        assert_says_what_to_do(error, "tiny.ipynb ")
        return
    assert_graded(merged)
    page = shown(merged)
    assert "<script" not in page.lower()


def assert_graded(merged: MergedNotebook) -> None:
    """Every released cell is there once, as it was released where it is locked, graded cells behind solutions."""
    places = {cell.grade_id: number for number, cell in enumerate(merged.cells) if cell.grade_id}
    assert sorted(places) == sorted(cell.grade_id for cell in UNTOUCHED.cells if cell.grade_id)
    assert sum(cell.grade_id is not None for cell in merged.cells) == len(places)
    for cell in UNTOUCHED.cells:
        if cell.grade_id and cell.role not in (Role.SOLUTION, Role.ANSWER):
            ours = merged.cells[places[cell.grade_id]]
            assert (ours.source, ours.points, ours.role) == (cell.source, cell.points, cell.role)
    for cell in merged.graded():
        assert places[cell.grade_id] > places[f"{cell.exercise}-solution"]
    assert len({cell.cell_id for cell in merged.cells}) == len(merged.cells)
    assert all(len(flag) < 500 for flag in merged.flags)
    assert len(merged.flags) <= 51


def shown(merged: MergedNotebook) -> str:
    """What formgrader and the student get to see, when every cell gave what was handed in as its output."""
    result = SubmissionResult(
        student="ada", assignment="backprop", digest=merged.digest, key="", score=5, max_score=6,
        exercises=[
            ExerciseResult(cell.exercise, "tiny", cell.points, cell.points, Verdict.PASSED) for cell in merged.graded()
        ],
        written=merged.written(),
        cells=[
            CellResult("tiny", number, cell.cell_id, cell.grade_id, "ok", cell.source, None, cell.outputs)
            for number, cell in enumerate(merged.cells)
        ],
        flags=merged.flags,
    )  # fmt: skip
    # Outputs as submitted never reach a result file, only pages: those of a run are texts and pictures.
    SubmissionResult.from_json(replace(result, cells=[]).to_json())
    json.dumps(autograded_notebook(merged, result), allow_nan=False).encode()
    return feedback_page(result, "Backprop").encode().decode()


# --- archives -----------------------------------------------------------------------------------------------

BOUNDS = Bounds(file=1 << 16, total=1 << 18, files=20, members=50)


def archive(data: bytes) -> None:
    """An archive is refused with advice, or gives few and small files under harmless names, each its own."""
    for suffix in (".zip", ".tar.gz"):
        try:
            contents = within((4 << 20) + 20 * len(data), lambda: read_archive(f"ada{suffix}", data, BOUNDS))
        except SubmissionError as error:
            assert_says_what_to_do(error, f"'ada{suffix}' ")
            continue
        assert_harmless(contents)


def assert_harmless(contents: Contents) -> None:
    """Files that can be written below any folder of any system, within bounds; sentences for the rest."""
    assert len(contents.files) <= BOUNDS.files
    assert sum(map(len, contents.files.values())) <= BOUNDS.total
    assert len({path.casefold() for path in contents.files}) == len(contents.files)
    for path, data in contents.files.items():
        assert safe_path(path) == path
        assert ".." not in path.split("/")
        assert not path.startswith("/")
        assert not path.lower().endswith(SUFFIXES)
        assert len(data) <= BOUNDS.file
    assert all(sentence.isprintable() and len(sentence) < 800 for sentence in contents.left_out)


def zipped(files: list[tuple[str, bytes]]) -> bytes:
    """An honest zip, but for the names."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made, warnings.catch_warnings(action="ignore"):
        for name, data in files:
            info = zipfile.ZipInfo("x")
            info.filename = name
            info.compress_type = zipfile.ZIP_DEFLATED
            made.writestr(info, data)
    return buffer.getvalue()
