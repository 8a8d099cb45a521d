"""The isolation self-test: code in the student's place tries what it must not reach.

It runs before every batch, in each worker's own sandbox; grading refuses to start if one attempt succeeds.
"""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import SandboxError
from .frames import Gone
from .session import Sandbox

_ATTEMPTS = Path(__file__).with_name("attempts.py")
# How many things attempts.py tries beside reading secrets: fewer answers than that are none.
TRIED = 37


@dataclass(frozen=True)
class Attempt:
    """One thing that was tried; `reached` says what it got, or is None, as it should be."""

    what: str
    reached: str | None


def probe(sandbox: Sandbox, secrets: list[Path]) -> list[Attempt]:
    """Try everything once, in a fresh submission beside a neighbour. `secrets` must be unreadable inside."""
    source = _ATTEMPTS.read_text(encoding="utf-8")
    with sandbox.submission() as neighbour, sandbox.submission() as submission, _listeners() as listening:
        for process, call in ((neighbour.process, "\nmarks = leave_marks()"), (submission.process, "")):
            outcome = process.run_cell(source + call, 20, 10_000)
            if outcome.status != "ok":
                raise SandboxError(f"the isolation self-test could not run: {outcome.error}")
        try:
            student = submission.process.fork().student(20)
            reached = student.attempts([str(path) for path in secrets], *listening, sandbox.pids())
        except Gone as error:
            raise SandboxError(f"the isolation self-test could not run: {error}") from error
    if not isinstance(reached, dict) or len(reached) < TRIED + len(set(secrets)):
        raise SandboxError("the isolation self-test gave no answer")
    return [Attempt(what, result) for what, result in reached.items()]


def require_isolation(sandbox: Sandbox, secrets: list[Path]) -> int:
    """Refuse with SandboxError if any attempt succeeded; the number of attempts that failed as they should."""
    attempts = probe(sandbox, secrets)
    holes = [f"{attempt.what}: {attempt.reached}" for attempt in attempts if attempt.reached is not None]
    if holes:
        raise SandboxError(
            "the sandbox does not hold, so nothing was graded. Code inside could "
            + "; ".join(holes)
            + ". Run `chainrule doctor --deep` and mend what it names."
        )
    return len(attempts)


@contextlib.contextmanager
def _listeners() -> Iterator[tuple[Any, ...]]:
    """A loopback port, an abstract unix socket and one in a folder, all our own, for the probe to fail to reach."""
    name = b"\0chainrule-probe-%d" % os.getpid()
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_UNIX) as abstract,
        socket.socket(socket.AF_UNIX) as named,
        tempfile.TemporaryDirectory() as folder,
    ):
        abstract.bind(name)
        abstract.listen()
        path = os.path.join(folder, "socket")
        named.bind(path)
        named.listen()
        os.chmod(folder, 0o755)
        yield tcp.getsockname()[1], name, path
