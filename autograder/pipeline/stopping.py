"""Ctrl-C and SIGTERM while grading: an exception at a place where nothing is half done for good."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

from ..errors import ChainruleError


class Stopped(ChainruleError):
    """A person or the system stopped the command. Its exit code is a shell's: 128 and the signal's number."""

    def __init__(self, number: int, said: str = ""):
        super().__init__(said or f"stopped by {signal.Signals(number).name}")
        self.signal = number
        self.exit_code = 128 + number


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """SIGINT and SIGTERM raise Stopped in here, once; a second one is as it was outside."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def stop(number: int, frame: FrameType | None) -> None:
        restore()
        raise Stopped(number)

    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        restore()
