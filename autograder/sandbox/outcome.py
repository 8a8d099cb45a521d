"""What a cell gave, rebuilt from what the student's side says: nothing of it is trusted, all of it is bounded."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

from .inside import codec
from .limits import REPORTED

MAX_OUTPUTS = 2000
KINDS = ("stream", "error", "display_data", "execute_result")
# Room for what the inside adds on its own: a traceback, a note that something was cut.
SLACK = 64 << 10
PICTURES = 32 << 20


@dataclass
class CellOutcome:
    """What one cell did: status ok, error, not_written or timed_out; outputs are nbformat outputs, untrusted.

    `cut` says that some output was not kept, `hit` which limits the cell ran into, by its own account.
    """

    status: str
    error: str | None
    outputs: list[dict[str, Any]]
    cut: bool = False
    hit: list[str] = field(default_factory=list)


def cell_outcome(answer: list[Any], buffers: list[bytearray], output_limit: int) -> CellOutcome:
    """Raises ChannelError when `answer` is no answer to a cell. Text past `output_limit` bytes is cut."""
    if answer[0] != "cell" or len(answer) != 2:
        raise codec.ChannelError("not the answer to a cell")
    value = codec.decode(answer[1], buffers, refuse)
    if type(value) is not list or len(value) != 5:
        raise codec.ChannelError("not the answer to a cell")
    status, error, outputs, cut, hit = value
    if not _is_one_of(status, ("ok", "error", "not_written")) or type(error) not in (str, type(None)):
        raise codec.ChannelError("a cell without a status")
    if type(outputs) is not list or type(cut) is not bool:
        raise codec.ChannelError("a cell without outputs")
    kept = [_output(item) for item in outputs[:MAX_OUTPUTS]]
    too_much = _bound(kept, output_limit + SLACK) or len(outputs) > MAX_OUTPUTS
    hit = [hit] if type(hit) is str and hit in REPORTED else []
    return CellOutcome(status, error and error[:2000], kept, cut or too_much, hit)


def _bound(outputs: list[dict[str, Any]], limit: int) -> bool:
    """Cut texts and leave out pictures past what is kept; whether anything was."""
    left, pictures, cut = limit, PICTURES, False
    for output in outputs:
        for holder, name in _texts(output):
            text = holder[name]
            if name == "image/png":
                pictures -= len(text)
                if pictures < 0:
                    cut = True
                    del holder[name]
                continue
            holder[name], cut = text[: max(left, 0)], cut or len(text) > left
            left -= len(text)
    return cut


def _texts(output: dict[str, Any]) -> list[tuple[Any, Any]]:
    if output["output_type"] == "stream":
        return [(output, "text")]
    if output["output_type"] == "error":
        return [(output["traceback"], number) for number in range(len(output["traceback"]))] + [
            (output, "ename"),
            (output, "evalue"),
        ]
    return [(output["data"], name) for name in output["data"]]


def _output(item: Any) -> dict[str, Any]:
    """An nbformat output rebuilt from what the student's side says."""
    if type(item) is not dict:
        raise codec.ChannelError("an output that is none")
    kind = item.get("output_type")
    if not _is_one_of(kind, KINDS):
        raise codec.ChannelError("an output that is none")
    if kind == "stream":
        return {
            "output_type": "stream",
            "name": _one_of(item, "name", ("stdout", "stderr")),
            "text": _text(item, "text"),
        }
    if kind == "error":
        lines = item.get("traceback")
        if type(lines) is not list or any(type(line) is not str for line in lines):
            raise codec.ChannelError("an output that is none")
        return {"output_type": "error", "ename": _text(item, "ename"), "evalue": _text(item, "evalue"),
                "traceback": lines}  # fmt: skip
    data = item.get("data")
    if type(data) is not dict:
        raise codec.ChannelError("an output that is none")
    output = {"output_type": kind, "metadata": {}, "data": {name: _mime(name, data[name]) for name in data}}
    return {**output, "execution_count": None} if kind == "execute_result" else output


def _mime(name: Any, value: Any) -> str:
    if name == "image/png" and type(value) is bytes:
        return base64.b64encode(value).decode("ascii")
    if name in ("text/plain", "text/html") and type(value) is str:
        return value
    raise codec.ChannelError("an output of a type that is not kept")


def _text(item: dict[str, Any], key: str) -> str:
    if type(item.get(key)) is not str:
        raise codec.ChannelError("an output that is none")
    return item[key].encode("utf-8", "replace").decode("utf-8")


def _one_of(item: dict[str, Any], key: str, allowed: tuple[str, ...]) -> str:
    if not _is_one_of(item.get(key), allowed):
        raise codec.ChannelError("an output that is none")
    return item[key]


def _is_one_of(value: Any, allowed: tuple[str, ...]) -> bool:
    # An array compared with text is an array, of which `in` cannot make a truth value.
    return type(value) is str and value in allowed


def refuse(value: Any) -> Any:
    """For what may not travel here: objects, functions."""
    raise codec.ChannelError("an object where only values travel")
