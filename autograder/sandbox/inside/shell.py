"""An IPython shell without a kernel: runs cells and keeps what they put out, bounded and typed.

Built once in the warm interpreter; every submission works on a forked copy.
"""

from __future__ import annotations

import base64
import io
import os
import re
import sys
import traceback
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

from .objects import describe, limit_of

KEPT_TYPES = ("text/plain", "text/html", "image/png")
MAX_PICTURE = 2 << 20
HARD_LIMIT = 4 << 20


class OutputLimit(Exception):
    """Raised in a cell that prints without end."""


class Outputs:
    """What one cell put out, as nbformat outputs; text past `limit` bytes is dropped and counted."""

    def __init__(self, limit: int):
        self.limit = limit
        self.items: list[dict[str, Any]] = []
        self.dropped = 0
        self.cut = False
        self._left = limit
        self._written = 0

    def stream(self, name: str, text: str) -> None:
        self._written += len(text)
        if self._written > HARD_LIMIT:
            raise OutputLimit(f"the cell printed more than {HARD_LIMIT >> 20} MiB")
        text = self._bounded(text)
        if not text:
            return
        if self.items and self.items[-1].get("name") == name:
            self.items[-1]["text"].append(text)
        else:
            self.items.append({"output_type": "stream", "name": name, "text": [text]})

    def data(self, kind: str, bundle: dict[str, Any]) -> None:
        kept: dict[str, Any] = {}
        for name in KEPT_TYPES:
            value = bundle.get(name)
            if name == "image/png" and value is not None:
                if len(value) <= MAX_PICTURE and self._left >= 0 and len(self.items) < 200:
                    kept[name] = base64.b64decode(value) if isinstance(value, str) else value
                else:
                    self.cut = True
            elif isinstance(value, str) and name != "image/png":
                kept[name] = self._bounded(value)
        if kept and len(self.items) < 1000:
            self.items.append({"output_type": kind, "data": kept})

    def error(self, error: BaseException, lines: list[str]) -> None:
        name, value = type(error).__name__[:100], self._bounded(_text_of(error)[:2000])
        text = [self._bounded(line[:4000]) for line in lines[:100]]
        self.items.append({"output_type": "error", "ename": name, "evalue": value, "traceback": text})

    def finished(self) -> list[dict[str, Any]]:
        for item in self.items:
            if item["output_type"] == "stream":
                item["text"] = "".join(item["text"])
        if self.dropped:
            note = f"\n[{self.dropped} more characters were not kept]\n"
            self.items.append({"output_type": "stream", "name": "stderr", "text": note})
        return self.items

    def _bounded(self, text: str) -> str:
        kept = text[: max(self._left, 0)]
        self._left -= len(text)
        self.dropped += len(text) - len(kept)
        self.cut = self.cut or len(kept) < len(text)
        return kept


class _Stream(io.TextIOBase):
    """sys.stdout or sys.stderr of the student's cells."""

    encoding = "utf-8"

    def __init__(self, shell: Shell, name: str):
        self._shell, self._name = shell, name

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._shell.outputs.stream(self._name, text)
        return len(text)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return 1 if self._name == "stdout" else 2


class _DisplayHook(DisplayHook):
    """Out[n] becomes an execute_result."""

    def start_displayhook(self) -> None:
        self._bundle: dict[str, Any] = {}

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: dict[str, Any], md_dict: Any = None) -> None:
        self._bundle = format_dict

    def finish_displayhook(self) -> None:
        self.shell.outputs.data("execute_result", self._bundle)


class _DisplayPublisher(DisplayPublisher):
    def publish(self, data: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        self.shell.outputs.data("display_data", data)

    def clear_output(self, wait: bool = False) -> None:
        self.shell.outputs.items.clear()


class Shell(InteractiveShell):
    """`run(source, limit)` runs one cell and returns its status, error and outputs."""

    displayhook_class = _DisplayHook
    display_pub_class = _DisplayPublisher

    def __init__(self, **kwargs: Any):
        self.outputs = Outputs(0)
        super().__init__(**kwargs)

    def init_io(self) -> None:
        pass

    def enable_gui(self, gui: str | None = None) -> None:
        """Nothing to do: `%matplotlib inline` calls it."""

    def showtraceback(self, exc_tuple: Any = None, *args: Any, **kwargs: Any) -> None:
        error = exc_tuple[1] if exc_tuple else sys.exc_info()[1]
        self.outputs.error(error, _rendered(error))

    showsyntaxerror = showtraceback
    showindentationerror = showtraceback

    def take_streams(self) -> None:
        """Let prints reach `outputs`; called once in each submission's process."""
        sys.stdout, sys.stderr = _Stream(self, "stdout"), _Stream(self, "stderr")

    def run(self, source: str, limit: int) -> tuple[str, str | None, list[dict[str, Any]], bool, str]:
        """Status, error, outputs, whether some of them were not kept, and which limit was run into, if any."""
        self.outputs = Outputs(limit)
        position = os.lseek(1, 0, os.SEEK_END)
        result = self.run_cell(source, store_history=False)
        error = result.error_before_exec or result.error_in_exec
        self._keep_raw_output(position)
        outputs, cut = self.outputs.finished(), self.outputs.cut
        self.outputs = Outputs(limit)
        if error is None:
            return "ok", None, outputs, cut, ""
        kind = describe(error)[0]
        text = f"{type(error).__name__}: {_text_of(error)}"[:2000]
        cut = cut or isinstance(error, OutputLimit)
        return ("not_written" if kind == "not_written" else "error"), text, outputs, cut, limit_of(error)

    def _keep_raw_output(self, position: int) -> None:
        """What subprocesses and C code wrote to the descriptors 1 and 2, a file in memory."""
        size = os.lseek(1, 0, os.SEEK_END) - position
        if size <= 0:
            return
        kept = os.pread(1, min(size, self.outputs.limit), position)
        os.ftruncate(1, 0)
        os.lseek(1, 0, os.SEEK_SET)
        self.outputs.stream("stdout", kept.decode("utf-8", "replace"))


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return "(its message could not be printed)"


def _rendered(error: BaseException) -> list[str]:
    """A short traceback: the student's own frames, then the message. Exceptions may render themselves."""
    render = getattr(error, "_render_traceback_", None)
    if render is not None:
        try:
            return [str(line) for line in render()]
        except Exception:
            pass
    if isinstance(error, SyntaxError):
        return traceback.format_exception_only(error)
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__, limit=-200)
        if re.match(r"<ipython-input|/tmp/", frame.filename)
    ]
    lines = [f"line {frame.lineno}, in {frame.name}: {frame.line}" for frame in frames[-20:]]
    return [*lines, f"{type(error).__name__}: {_text_of(error)}"]
