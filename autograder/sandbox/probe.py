"""The isolation self-test: code in the student's place tries what it must not reach.

It runs before every batch, in each worker's own sandbox; grading refuses to start if one attempt succeeds.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import SandboxError
from .session import Gone, Sandbox

_ATTEMPTS = """
import ctypes, importlib, os, signal, socket

def _import(name):
    importlib.import_module(name)
    return "imported"

def _read(path):
    if os.path.isdir(path):
        return f"{len(os.listdir(path))} entries" if os.listdir(path) else None
    with open(path, "rb") as file:
        return f"{len(file.read(10))} bytes"

def _connect(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.settimeout(1)
        sock.connect(address)
    return "connected"

def _capabilities():
    lines = [l.split() for l in open("/proc/self/status") if l.startswith(("CapEff", "CapPrm", "CapInh", "CapAmb"))]
    return str(lines) if len(lines) != 4 or any(int(value, 16) for _, value in lines) else None

def _uid():
    return "uid 0" if 0 in os.getresuid() + os.getresgid() else None

def _kernel_setting():
    os.close(os.open("/proc/sys/kernel/core_pattern", os.O_WRONLY))
    return "opened for writing"

def _namespace():
    libc = ctypes.CDLL(None, use_errno=True)
    return "made" if libc.unshare(0x10000000) == 0 else None

def _mount():
    libc = ctypes.CDLL(None, use_errno=True)
    return "mounted" if libc.mount(b"none", b"/tmp", b"tmpfs", 0, None) == 0 else None

def _become_root():
    os.setuid(0)
    return "became root"

def _write(path):
    open(path, "w").close()
    return "written"

def _signal_pid_1():
    os.kill(1, signal.SIGTERM)
    os.kill(1, 0)
    with open("/proc/1/environ", "rb") as file:
        return "environment read" if b"CHAINRULE_SECRET" in file.read() else None

def _strangers():
    me = {1, os.getpid(), os.getppid()}
    others = [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) not in me]
    return f"{len(others)} processes" if others else None

def attempts(paths, port, unix_name):
    tries = {
        "import the grader": lambda: _import("autograder"),
        "import nbgrader": lambda: _import("nbgrader"),
        "connect to a port of this machine": lambda: _connect(socket.AF_INET, ("127.0.0.1", port)),
        "connect to a unix socket of this machine": lambda: _connect(socket.AF_UNIX, unix_name),
        "hold a capability": _capabilities,
        "run as uid 0": _uid,
        "become root": _become_root,
        "open a kernel setting for writing": _kernel_setting,
        "make a user namespace": _namespace,
        "mount a file system": _mount,
        "write to /": lambda: _write("/mark"),
        "write to /dev": lambda: _write("/dev/mark"),
        "see another submission's files": lambda: _read("/tmp/neighbour"),
        "see another submission's shared memory": lambda: _read("/dev/shm/neighbour"),
        "see another submission's processes": _strangers,
        "read pid 1's secrets": _signal_pid_1,
    }
    for path in paths:
        tries["read " + path] = lambda path=path: _read(path)
    reached = {}
    for name, attempt in tries.items():
        try:
            reached[name] = attempt()
        except Exception:
            reached[name] = None
    return reached
"""


@dataclass(frozen=True)
class Attempt:
    """One thing that was tried; `reached` says what it got, or is None, as it should be."""

    what: str
    reached: str | None


def probe(sandbox: Sandbox, secrets: list[Path]) -> list[Attempt]:
    """Try everything once, in a fresh submission beside a neighbour. `secrets` must be unreadable inside."""
    with sandbox.submission() as neighbour, sandbox.submission() as submission, _listeners() as (port, name):
        mark = "for place in ('/tmp', '/dev/shm'):\n    open(place + '/neighbour', 'w').write('mark')"
        for process, source in ((neighbour.process, mark), (submission.process, _ATTEMPTS)):
            outcome = process.run_cell(source, 20, 10_000)
            if outcome.status != "ok":
                raise SandboxError(f"the isolation self-test could not run: {outcome.error}")
        try:
            student = submission.process.student(20)
            reached = student.attempts([str(path) for path in secrets], port, name)
        except Gone as error:
            raise SandboxError(f"the isolation self-test could not run: {error}") from error
    if not isinstance(reached, dict) or len(reached) < 16 + len(set(secrets)):
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
def _listeners() -> Iterator[tuple[int, bytes]]:
    """A loopback port and an abstract unix socket of our own, for the probe to fail to reach."""
    name = b"\0chainrule-probe-%d" % os.getpid()
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(name)
        unix.listen()
        yield tcp.getsockname()[1], name
