"""The grader's side of a sandbox: one warm interpreter, the submissions in it, their processes.

    with Sandbox(environment("numpy")) as sandbox:
        with sandbox.submission(limits) as submission:
            base = submission.process            # a parked process: nothing has run yet
            runner = base.fork()
            runner.run_cell("x = 1", seconds=5, output_limit=65536)
            student = runner.fork().student(seconds=10)

Every process is known by the pid that the kernel attached to its greeting, and is signalled through a pidfd.
"""

from __future__ import annotations

import array
import base64
import contextlib
import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import SandboxError
from . import launch as launcher
from .environments import Environment
from .inside import codec
from .remote import Answer, Callback, Student, StudentDied, StudentTimedOut

START_SECONDS = 60.0
GRACE_SECONDS = 1.0
WATCH_SECONDS = 0.25
_FRAME = codec.Limits()
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class SandboxLimits:
    """What one submission may use: bytes, processes, CPU seconds."""

    memory: int = 1536 << 20
    tmp: int = 64 << 20
    processes: int = 64
    cpu: int = 600


class Gone(Exception):
    """The process at the other end has ended, or was killed for `reason`; `late` when for its time."""

    def __init__(self, reason: str, late: bool = False):
        super().__init__(reason)
        self.reason, self.late = reason, late


class TooLate(Exception):
    """The process did not answer in time."""


class _Socket:
    """Frames with deadlines; everything that is read is untrusted and bounded."""

    def __init__(self, sock: socket.socket):
        self.sock = sock
        sock.setblocking(False)
        self.peer_pid = 0

    def send(
        self, message: list[Any], buffers: list[Any], deadline: float, descriptor: int | None = None
    ) -> None:
        blocks = codec.pack(message, buffers)
        if descriptor is not None:
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))]
            sent = self.sock.sendmsg([blocks[0]], rights)
            blocks[0] = blocks[0][sent:]
        for block in blocks:
            view = memoryview(block).cast("B")
            while view:
                self._wait(select.POLLOUT, deadline)
                try:
                    view = view[self.sock.send(view) :]
                except BlockingIOError:
                    pass
                except OSError as error:
                    raise Gone("its process ended") from error

    def receive(self, deadline: float, limits: codec.Limits = _FRAME) -> Answer:
        return codec.unpack(lambda size: self._read(size, deadline), limits)

    def _read(self, size: int, deadline: float) -> bytearray:
        data = bytearray(size)
        view = memoryview(data)
        while view:
            self._wait(select.POLLIN, deadline)
            try:
                count, ancillary, _, _ = self.sock.recvmsg_into([view], socket.CMSG_SPACE(12))
            except BlockingIOError:
                continue
            except OSError as error:
                raise Gone("its process ended") from error
            if count == 0:
                raise Gone("its process ended")
            for level, kind, payload in ancillary:
                if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
                    self.peer_pid = array.array("i", payload[:4])[0]
            view = view[count:]
        return data

    def _wait(self, event: int, deadline: float) -> None:
        poll = select.poll()
        poll.register(self.sock, event)
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TooLate
            self.idle()
            if poll.poll(min(left, WATCH_SECONDS) * 1000):
                return

    def idle(self) -> None:
        """Called at least every WATCH_SECONDS while waiting."""


def _pair() -> tuple[socket.socket, socket.socket]:
    """Our end and theirs. Ours asks for credentials at once: a child may greet before we look at its socket."""
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    return ours, theirs


class Process:
    """One process of a submission. It either serves requests or is parked, waiting for the next.

    `late` is set when a request of a check was not answered in time.
    """

    def __init__(self, submission: Submission, sock: socket.socket):
        self._submission = submission
        self._socket = _Socket(sock)
        self._socket.idle = submission.watch
        self._pidfd = -1
        self.late = False
        try:
            message, _ = self._socket.receive(time.monotonic() + START_SECONDS)
            if message[0] != "hello" or self._socket.peer_pid <= 0:
                raise Gone(f"its process did not start: {str(message[1:])[:300]}")
            self.pid = self._socket.peer_pid
            self._pidfd = os.pidfd_open(self.pid)
        except (TooLate, ProcessLookupError, codec.ChannelError) as error:
            self.close()
            raise Gone("its process did not start") from error
        except Gone:
            self.close()
            raise
        submission.processes.append(self)

    def fork(self) -> Process:
        """A child that goes on from here; this process parks."""
        ours, theirs = _pair()
        try:
            self._socket.send(["fork"], [], time.monotonic() + GRACE_SECONDS, theirs.fileno())
        except (TooLate, OSError) as error:
            ours.close()
            raise Gone("its process ended") from error
        finally:
            theirs.close()
        return Process(self._submission, ours)

    def exchange(self, message: list[Any], buffers: list[Any], seconds: float) -> Answer:
        """Send one message and wait for one answer. Raises Gone, TooLate or ChannelError."""
        deadline = time.monotonic() + seconds
        self._socket.send(message, buffers, deadline)
        return self._socket.receive(deadline)

    def put_files(self, files: dict[str, bytes]) -> None:
        """Write files below the working directory."""
        buffers: list[Any] = []
        form = codec.encode(files, buffers, _refuse)
        self.exchange(["files", form], buffers, START_SECONDS)

    def run_cell(self, source: str, seconds: float, output_limit: int) -> CellOutcome:
        """Run one cell. A cell over its time is interrupted, then killed. Raises Gone when the process died."""
        try:
            answer, buffers = self.exchange(["cell", source, output_limit], [], seconds)
            return _cell_outcome(answer, buffers)
        except TooLate:
            return self._interrupt(seconds)
        except codec.ChannelError as error:
            self.kill()
            raise Gone(f"its process sent what is no answer: {error}") from error

    def _interrupt(self, seconds: float) -> CellOutcome:
        self.signal(signal.SIGINT)
        try:
            answer, buffers = self._socket.receive(time.monotonic() + GRACE_SECONDS)
            outcome = _cell_outcome(answer, buffers)
        except (TooLate, Gone, codec.ChannelError):
            self.kill()
            raise Gone(f"it ran longer than {seconds:g} s and did not stop when interrupted", True) from None
        outcome.status, outcome.error = "timed_out", f"it ran longer than {seconds:g} s"
        return outcome

    def student(self, seconds: float, full: float | None = None) -> Student:
        """The namespace of this process, for checks; each request must be answered within what is left of
        `seconds`, counted anew from every `begin_check`. `full` is what `Student.full_time` restores."""
        self.exchange(["quiet"], [], START_SECONDS)
        return Student(_ProcessLink(self, seconds, full or seconds))

    def signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, number)

    def kill(self) -> None:
        """End this process, and whatever the submission runs that is neither parked nor known."""
        if self._pidfd >= 0:
            self.signal(signal.SIGKILL)
        self.close()
        self._submission.sweep()

    def close(self) -> None:
        self._socket.sock.close()
        if self._pidfd >= 0:
            os.close(self._pidfd)
            self._pidfd = -1
        with contextlib.suppress(ValueError):
            self._submission.processes.remove(self)


class _ProcessLink:
    """Requests of one Student to one process, with a deadline for each check."""

    def __init__(self, process: Process, seconds: float, full: float):
        self._process, self._usual, self._share = process, full, seconds / full
        self._full, self._seconds = full, seconds
        self._deadline = time.monotonic() + seconds
        self._dead = False

    def allow(self, seconds: float | None) -> None:
        self._full = seconds or self._usual
        self._seconds = self._share * self._full

    def full_time(self) -> None:
        self._seconds = self._full
        self._deadline = time.monotonic() + self._full

    def request(self, message: list[Any], buffers: list[Any], on_callback: Callback) -> Answer:
        if self._dead:
            raise StudentDied("its process ended")
        if message[0] == "begin":
            self._deadline = time.monotonic() + self._seconds
        sock = self._process._socket
        try:
            sock.send(message, buffers, self._deadline)
            while True:
                answer, returned = sock.receive(self._deadline)
                if answer[0] != "callback":
                    return answer, returned
                reply, out = on_callback(answer, returned)
                sock.send(["result", *reply], out, self._deadline)
        except TooLate:
            self._process.late = True
            self._end()
            raise StudentTimedOut(f"no answer within {self._seconds:g} s") from None
        except (Gone, codec.ChannelError) as error:
            self._end()
            raise StudentDied(str(error)) from error
        except (StudentTimedOut, StudentDied):
            self._end()
            raise

    def _end(self) -> None:
        self._dead = True
        self._process.kill()


@dataclass
class CellOutcome:
    """What one cell did: status ok, error, not_written or timed_out; outputs are nbformat outputs, untrusted."""

    status: str
    error: str | None
    outputs: list[dict[str, Any]]


class Submission:
    """One submission in a sandbox: its pid 1, its processes, its limits. Use it in a `with`."""

    def __init__(self, sock: socket.socket, limits: SandboxLimits):
        self.limits = limits
        self.processes: list[Process] = []
        self.flags: list[str] = []
        self.peak_memory = 0
        self._watched = self._measure_again = 0.0
        self._measured = self._seen = 0
        self._over = False
        self._init = 0
        self.process = Process(self, sock)
        self._init = _parent(self.process.pid)
        self._init_pidfd = os.pidfd_open(self._init)

    def watch(self) -> None:
        """Kill what runs when all processes together exceed the memory limit; cheap when called often."""
        now = time.monotonic()
        if not self._init or now - self._watched < WATCH_SECONDS:
            return
        self._watched = now
        pids = _tree(self._init)
        own = [_anonymous(pid) for pid in pids]
        anonymous, self.peak_memory = sum(own), max(self.peak_memory, *own, 0)
        if anonymous <= self.limits.memory:
            return
        # Forks share pages, and to count shared ones is slow. New pages show in both counts; the copy of a shared page
        # shows in the slow one alone, which is taken again when its time has paid off.
        if self._measured + anonymous - self._seen <= self.limits.memory and now < self._measure_again:
            return
        used = sum(map(_proportional, pids))
        self._measured, self._seen = used, anonymous
        self._measure_again = time.monotonic() + 20 * (time.monotonic() - now)
        self.peak_memory = max(self.peak_memory, min(used, self.limits.memory))
        if used > self.limits.memory:
            self._over = True
            self._kill_running()

    def _kill_running(self) -> None:
        self.flags.append(f"used more than {self.limits.memory >> 20} MiB of memory; what ran then was ended")
        parked = {process.pid for process in self.processes[:-1]}
        for pid in _tree(self._init):
            if pid not in parked and pid != self._init:
                _kill(pid, self._init)

    def sweep(self) -> None:
        """End every process of the submission that we did not start, such as one that outlived its cell."""
        for _ in range(5):
            known = {process.pid for process in self.processes} | {self._init}
            strays = [pid for pid in _tree(self._init) if pid not in known and _runs(pid)]
            if not strays:
                return
            for pid in strays:
                _kill(pid, self._init)

    def cpu_seconds(self) -> float:
        """User and system time of all processes so far; a parent's figure holds those of its reaped children."""
        return sum(map(_cpu_seconds, _tree(self._init)))

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._init_pidfd, signal.SIGKILL)
        os.close(self._init_pidfd)
        for process in list(self.processes):
            process.close()

    def __enter__(self) -> Submission:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


class Sandbox:
    """One bubblewrap with a warm interpreter. Use it in a `with`, or call `close`."""

    def __init__(self, environment: Environment):
        self.environment = environment
        ours, theirs = _pair()
        try:
            self._bwrap = launcher.launch(environment, theirs.fileno())
        finally:
            theirs.close()
        self._socket = _Socket(ours)
        try:
            message, _ = self._socket.receive(time.monotonic() + START_SECONDS)
        except (Gone, TooLate, codec.ChannelError):
            message = []
        if message[:1] != ["ready"]:
            raise SandboxError(self._why())

    def _why(self) -> str:
        self._bwrap.kill()
        said = self._bwrap.stderr.read().decode("utf-8", "replace").strip()[-600:]
        return f"the sandbox did not start: {said or 'no message'}; `chainrule doctor` tries each step of it"

    @contextlib.contextmanager
    def submission(self, limits: SandboxLimits | None = None) -> Iterator[Submission]:
        """A fresh fork of the warm interpreter, with namespaces and files of its own, killed at the end."""
        limits = limits or SandboxLimits()
        ours, theirs = _pair()
        uid = 60_000 + os.getpid() % 5000 if os.getuid() == 0 else 0
        settings = {
            "uid": uid,
            "memory": limits.memory,
            "tmp": limits.tmp,
            "processes": limits.processes,
            "cpu": limits.cpu,
        }
        buffers: list[Any] = []
        form = codec.encode(settings, buffers, _refuse)
        try:
            deadline = time.monotonic() + START_SECONDS
            self._socket.send(["submission", form], buffers, deadline, theirs.fileno())
        except (Gone, TooLate, OSError) as error:
            ours.close()
            raise SandboxError(f"the warm interpreter ended: {self._why()}") from error
        finally:
            theirs.close()
        try:
            submission = Submission(ours, limits)
        except Gone as error:
            raise SandboxError(f"a submission's process could not be set up: {error.reason}") from error
        with submission:
            yield submission

    def close(self) -> None:
        """Hang up, which ends the warm interpreter; what does not end is killed."""
        self._socket.sock.close()
        try:
            self._bwrap.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._bwrap.kill()
            self._bwrap.wait()
        self._bwrap.stderr.close()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _cell_outcome(answer: list[Any], buffers: list[bytearray]) -> CellOutcome:
    if answer[0] != "cell" or len(answer) != 2:
        raise codec.ChannelError("not the answer to a cell")
    value = codec.decode(answer[1], buffers, _refuse)
    if type(value) is not list or len(value) != 3:
        raise codec.ChannelError("not the answer to a cell")
    status, error, outputs = value
    if status not in ("ok", "error", "not_written") or type(error) not in (str, type(None)):
        raise codec.ChannelError("a cell without a status")
    if type(outputs) is not list:
        raise codec.ChannelError("a cell without outputs")
    return CellOutcome(status, error and error[:2000], [_output(item) for item in outputs[:2000]])


def _output(item: Any) -> dict[str, Any]:
    """An nbformat output rebuilt from what the student's side says."""
    if type(item) is not dict:
        raise codec.ChannelError("an output that is none")
    kind = item.get("output_type")
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
    if kind not in ("display_data", "execute_result") or type(data) is not dict:
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
    if item.get(key) not in allowed:
        raise codec.ChannelError("an output that is none")
    return item[key]


def _refuse(value: Any) -> Any:
    raise codec.ChannelError("an object where only values travel")


def _tree(root: int) -> list[int]:
    """`root` and all its descendants, as the grader's pids."""
    found, todo = [], [root]
    while todo:
        pid = todo.pop()
        found.append(pid)
        with contextlib.suppress(OSError):
            for task in os.listdir(f"/proc/{pid}/task"):
                with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{task}/children") as file:
                    todo += map(int, file.read().split())
    return found


def _stat(pid: int) -> list[str]:
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rsplit(")", 1)[1].split()


def _runs(pid: int) -> bool:
    """Neither gone nor dead and waiting to be reaped."""
    with contextlib.suppress(OSError, IndexError):
        return _stat(pid)[0] not in "ZX"
    return False


def _parent(pid: int) -> int:
    return int(_stat(pid)[1])


def _cpu_seconds(pid: int) -> float:
    with contextlib.suppress(OSError, IndexError):
        return sum(map(int, _stat(pid)[11:15])) / _TICKS
    return 0.0


def _anonymous(pid: int) -> int:
    """An upper bound of a process's own memory: resident pages that no file backs, shared with forks or not."""
    with contextlib.suppress(OSError, ValueError):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return sum(int(line.split()[1]) << 10 for line in lines if line.startswith(("RssAnon:", "RssShmem:")))
    return 0


def _proportional(pid: int) -> int:
    """Proportional set size: shared pages divided among those who share them."""
    with contextlib.suppress(OSError, ValueError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return _anonymous(pid)


def _kill(pid: int, root: int) -> None:
    """Kill `pid` if it still belongs to the tree of `root`: the pidfd pins it before we look."""
    with contextlib.suppress(OSError):
        pidfd = os.pidfd_open(pid)
        try:
            if pid in _tree(root):
                signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        finally:
            os.close(pidfd)
