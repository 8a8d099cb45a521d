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
import contextlib
import os
import select
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from ..errors import SandboxError
from . import cgroup, processes
from . import launch as launcher
from .environments import Environment
from .inside import codec
from .limits import HEADROOM, OPEN_FILES, REPORTED, SandboxLimits
from .outcome import CellOutcome, cell_outcome, refuse
from .remote import Answer, Callback, Student, StudentDied, StudentTimedOut
from .uids import spare_uid
from .watch import WATCH_SECONDS, Watch

START_SECONDS = 60.0
# A fork takes milliseconds; student code may have patched it to take for ever.
FORK_SECONDS = 10.0
PATIENCE = 4.0
GRACE_SECONDS = 1.0
_FRAME = codec.Limits()
_AHEAD = 16 << 10


class Gone(Exception):
    """The process at the other end has ended, or was killed for `reason`; `late` when for its time."""

    def __init__(self, reason: str, late: bool = False):
        super().__init__(reason)
        self.reason, self.late = reason, late


class TooLate(Exception):
    """The process did not answer in time."""


class _Socket:
    """Frames with deadlines; everything that is read is untrusted and bounded."""

    def __init__(self, sock: socket.socket, frame: codec.Limits = _FRAME):
        self.sock = sock
        sock.setblocking(False)
        self.peer_pid = 0
        self.extra = 0.0
        self._frame = frame
        self._chunk = memoryview(bytearray(_AHEAD))
        self._ahead = self._chunk[:0]
        self._readable, self._writable = select.poll(), select.poll()
        self._readable.register(sock, select.POLLIN)
        self._writable.register(sock, select.POLLOUT)

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
                try:
                    view = view[self.sock.send(view) :]
                except BlockingIOError:
                    self._wait(self._writable, deadline)
                except OSError as error:
                    raise Gone("its process ended") from error

    def receive(self, deadline: float) -> Answer:
        if self._ahead:
            # A flood of frames that were read ahead is never waited for.
            self._time_left(deadline)
        return codec.unpack(lambda size: self._read(size, deadline), self._frame)

    def _read(self, size: int, deadline: float) -> bytearray:
        data = bytearray(size)
        view = memoryview(data)
        while True:
            ready = min(len(view), len(self._ahead))
            view[:ready] = self._ahead[:ready]
            view, self._ahead = view[ready:], self._ahead[ready:]
            if not view:
                return data
            if len(view) < _AHEAD:
                self._ahead = self._chunk[: self._receive_into(self._chunk, deadline)]
            else:
                view = view[self._receive_into(view, deadline) :]

    def _receive_into(self, view: memoryview, deadline: float) -> int:
        """What there is to read, at least a byte. The kernel never joins what two processes sent."""
        while True:
            self._wait(self._readable, deadline)
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
            return count

    def _wait(self, poll: select.poll, deadline: float) -> None:
        while not poll.poll(min(self._time_left(deadline), WATCH_SECONDS) * 1000):
            pass

    def _time_left(self, deadline: float) -> float:
        """Seconds, more than none. Raises TooLate."""
        while (left := deadline + self.extra - time.monotonic()) <= 0:
            more = self.more_time()
            if not more:
                raise TooLate
            self.extra += more - left
        self.idle()
        return left

    def idle(self) -> None:
        """Called at least every WATCH_SECONDS while waiting, and before each frame."""

    def more_time(self) -> float:
        """Called at the deadline: how many seconds from now it comes then, 0 for none. `extra` adds them up."""
        return 0.0


def _pair() -> tuple[socket.socket, socket.socket]:
    """Our end and theirs. Ours asks for credentials at once: a child may greet before we look at its socket."""
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    return ours, theirs


class Process:
    """One process of a submission. It either serves requests or is parked, waiting for the next.

    `late` is set when a request of a check was not answered in time.
    """

    def __init__(self, submission: Submission, sock: socket.socket, seconds: float = START_SECONDS):
        self._submission = submission
        self._socket = _Socket(sock, submission.frame)
        self._socket.idle = submission.look
        self._pidfd = -1
        self.late = False
        try:
            message, _ = self._socket.receive(time.monotonic() + seconds)
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
        # Student code may have stopped its parked parent.
        self.signal(signal.SIGCONT)
        ours, theirs = _pair()
        try:
            self._socket.send(["fork"], [], time.monotonic() + GRACE_SECONDS, theirs.fileno())
        except (TooLate, OSError) as error:
            ours.close()
            raise Gone("its process ended") from error
        finally:
            theirs.close()
        return Process(self._submission, ours, FORK_SECONDS)

    def exchange(self, message: list[Any], buffers: list[Any], seconds: float) -> Answer:
        """Send one message and wait for one answer. Raises Gone, TooLate or ChannelError."""
        deadline = time.monotonic() + seconds
        self._socket.send(message, buffers, deadline)
        return self._socket.receive(deadline)

    def put_files(self, files: dict[str, bytes]) -> None:
        """Write files below the working directory, in their order; flags how many could not be."""
        buffers: list[Any] = []
        form = codec.encode(files, buffers, refuse)
        (_, lost), _ = self.exchange(["files", form], buffers, START_SECONDS)
        if lost:
            self._submission.could_not_write(lost)

    def run_cell(self, source: str, seconds: float, output_limit: int) -> CellOutcome:
        """Run one cell. A cell over its time is interrupted, then killed. Raises Gone when the process died."""
        try:
            answer, buffers = self.exchange(["cell", source, output_limit], [], seconds)
            outcome = cell_outcome(answer, buffers, output_limit)
        except TooLate:
            outcome = self._interrupt(seconds, output_limit)
        except Gone as gone:
            raise Gone(self._submission.why_it_ended(gone.reason)) from gone
        except codec.ChannelError as error:
            self._submission.refused(error)
            self.kill()
            raise Gone(f"its process sent what is no answer: {error}") from error
        for what in outcome.hit:
            self._submission.over(what)
        return outcome

    def _interrupt(self, seconds: float, output_limit: int) -> CellOutcome:
        self.signal(signal.SIGINT)
        try:
            answer, buffers = self._socket.receive(time.monotonic() + GRACE_SECONDS)
            outcome = cell_outcome(answer, buffers, output_limit)
        except (TooLate, Gone, codec.ChannelError):
            self.kill()
            raise Gone(f"it ran longer than {seconds:g} s and did not stop when interrupted", True) from None
        outcome.status, outcome.error = "timed_out", f"it ran longer than {seconds:g} s"
        return outcome

    def student(self, seconds: float, full: float | None = None) -> Student:
        """The namespace of this process, for checks; each request must be answered within what is left of
        `seconds`, counted anew from every `begin_check`. `full` is what `Student.full_time` restores."""
        self.exchange(["quiet"], [], FORK_SECONDS)
        return Student(_ProcessLink(self, seconds, full or seconds))

    def signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, number)

    def kill(self, wait: bool = False) -> None:
        """End this process, and whatever the submission runs that is neither parked nor known.

        `wait` until it is gone, so that nothing of it counts in a limit any more.
        """
        if self._pidfd >= 0:
            self.signal(signal.SIGKILL)
            if wait:
                select.select([self._pidfd], [], [], GRACE_SECONDS)
        self.close()
        self._submission.sweep(dying=self.pid)

    def close(self) -> None:
        self._socket.sock.close()
        if self._pidfd >= 0:
            os.close(self._pidfd)
            self._pidfd = -1
        with contextlib.suppress(ValueError):
            self._submission.processes.remove(self)


class _ProcessLink:
    """Requests of one Student to one process, with a deadline for each check.

    Time is what clocks on the wall show, unless the machine was busy with other things: a check whose processes could
    run and did not get their seconds of a core goes on until they have, for at most PATIENCE times as long.
    """

    def __init__(self, process: Process, seconds: float, full: float):
        self._process, self._usual, self._share = process, full, seconds / full
        self._full, self._seconds = full, seconds
        self._dead = self._timed = False
        self._start()

    def _start(self) -> None:
        """Count anew from now."""
        self._began = time.monotonic()
        self._used = self._cpu()
        self._deadline = self._began + self._seconds
        self._process._socket.extra = 0.0
        self._callbacks = self._seen = 0

    def _cpu(self) -> float:
        """CPU seconds of the student's process, with what it started, and of this one."""
        return processes.cpu_seconds(self._process.pid) + time.process_time()

    def _more_time(self, going: bool = False) -> float:
        """What a check that could run has left of its seconds, as CPU time. `going` says that it does run."""
        now = time.monotonic()
        left = self._seconds - (self._cpu() - self._used)
        going = going or self._callbacks > self._seen or processes.wants_to_run(self._process.pid)
        if not going or left < 0.1 * self._seconds or now > self._began + PATIENCE * self._seconds:
            return 0.0
        self._seen = self._callbacks
        return left

    def allow(self, seconds: float | None) -> None:
        self._full = seconds or self._usual
        self._seconds = self._share * self._full

    def full_time(self) -> None:
        self._seconds = self._full
        self._start()

    def request(self, message: list[Any], buffers: list[Any], on_callback: Callback) -> Answer:
        if self._dead:
            raise StudentDied("its process ended")
        if message[0] == "begin":
            self._start()
        sock, submission = self._process._socket, self._process._submission
        sock.more_time = self._more_time
        try:
            sock.send(message, buffers, self._deadline)
            while True:
                answer, returned = sock.receive(self._deadline)
                if answer[0] != "callback":
                    if answer[0] == "error" and type(answer[-1]) is str and answer[-1] in REPORTED:
                        submission.over(answer[-1])
                    return answer, returned
                self._callbacks += 1
                with self._within_time():
                    reply, out = on_callback(answer, returned)
                sock.send(["result", *reply], out, self._deadline)
        except TooLate:
            self._process.late = True
            self._end()
            raise StudentTimedOut(f"no answer within {self._seconds:g} s") from None
        except Gone as error:
            self._end()
            raise StudentDied(submission.why_it_ended(error.reason)) from error
        except codec.ChannelError as error:
            submission.refused(error)
            self._end()
            raise StudentDied(str(error)) from error
        except (StudentTimedOut, StudentDied) as error:
            self._process.late |= isinstance(error, StudentTimedOut)
            self._end()
            raise

    @contextlib.contextmanager
    def _within_time(self) -> Iterator[None]:
        """Ends a function of the grader's at the deadline: student code chooses how much it has to do.

        A timer interrupts the main thread alone, in which workers grade; it is set for the outermost call.
        """
        if self._timed or threading.current_thread() is not threading.main_thread():
            yield
            return

        def end_of_time(number: int, frame: object) -> None:
            more = self._more_time(going=True)
            if not more:
                raise StudentTimedOut("a function of the grader's was given too much to do")
            signal.setitimer(signal.ITIMER_REAL, more)

        self._timed, before = True, signal.signal(signal.SIGALRM, end_of_time)
        left = self._deadline + self._process._socket.extra - time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, max(left, 0.001))
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
            self._timed = False

    def _end(self) -> None:
        self._dead = True
        self._process.kill()


class Submission:
    """One submission in a sandbox: its pid 1, its processes, its limits. Use it in a `with`.

    `flags` are sentences about limits that were reached, each once.
    """

    def __init__(self, sock: socket.socket, limits: SandboxLimits):
        self.limits = limits
        self.frame = codec.Limits(header=min(_FRAME.header, limits.message), total=limits.message)
        self.processes: list[Process] = []
        self.flags: list[str] = []
        self._watch: Watch | None = None
        self._ended_for = ""
        self.process = Process(self, sock)
        self._init = processes.parent(self.process.pid)
        self._init_pidfd = os.pidfd_open(self._init)
        # Nothing of the student's runs yet: what is forked later is in the group from its start.
        self._group = cgroup.group(limits, [self._init, self.process.pid])
        self._watch = Watch(self._init, limits, self._flag, self._end_running)

    @property
    def peak_memory(self) -> int:
        return self._watch.peak_memory

    def look(self) -> None:
        """Called while waiting for an answer."""
        if self._watch is not None:
            self._watch.look()

    def begin_phase(self) -> None:
        """Give what follows the whole of the CPU time again."""
        self._watch.begin_phase()

    def over(self, what: str) -> None:
        """Flag the limit `what`, as SandboxLimits.over names it."""
        self._flag(self.limits.over(what))

    def could_not_write(self, count: int) -> None:
        """Flag files of the submission that its disk does not hold."""
        self._flag(f"{count} files could not be written into the sandbox (tmp_mib = {self.limits.tmp >> 20})")

    def refused(self, error: codec.ChannelError) -> None:
        """Flag an answer that was not read for its size."""
        if isinstance(error, codec.TooLarge):
            self.over("message")

    def why_it_ended(self, otherwise: str) -> str:
        """Why the grader ended what ran, once; `otherwise` where it did not."""
        reason, self._ended_for = self._ended_for or otherwise, ""
        return reason

    def _flag(self, sentence: str) -> None:
        if sentence not in self.flags:
            self.flags.append(sentence)

    def _end_running(self, sentence: str) -> None:
        self._flag(sentence)
        self._ended_for = sentence
        parked = {process.pid for process in self.processes[:-1]}
        for pid in processes.tree(self._init):
            if pid not in parked and pid != self._init:
                processes.kill(pid, self._init)

    def sweep(self, dying: int) -> None:
        """End every process of the submission that we did not start, such as one that outlived its cell.

        `dying` was sent its end already.
        """
        known = {process.pid for process in self.processes} | {self._init, dying}
        for _ in range(5):
            strays = [pid for pid in processes.tree(self._init) if pid not in known and processes.runs(pid)]
            if not strays:
                return
            for pid in strays:
                processes.kill(pid, self._init)

    def cpu_seconds(self) -> float:
        """User and system time of all processes so far."""
        return processes.cpu_seconds(self._init)

    def close(self) -> None:
        for what in self._group.hit():
            self.over(what)
        self._group.kill()
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._init_pidfd, signal.SIGKILL)
        # An ordinary user's processes count together: the next submission must not find those of this one.
        select.select([self._init_pidfd], [], [], GRACE_SECONDS)
        os.close(self._init_pidfd)
        for process in list(self.processes):
            process.close()
        self._group.remove()

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
        with spare_uid() as uid, self._start(limits, uid) as submission:
            yield submission

    def pids(self) -> list[int]:
        """The grader and what runs outside of any submission: bubblewrap and the warm interpreter."""
        return [os.getpid(), *processes.tree(self._bwrap.pid)]

    def _start(self, limits: SandboxLimits, uid: int) -> Submission:
        ours, theirs = _pair()
        buffers: list[Any] = []
        # The kernel's limit of CPU time goes by process and kills without a word: the watch comes first.
        settings = {
            **asdict(limits),
            "cpu": int(limits.cpu) + 5,
            "headroom": HEADROOM,
            "open_files": OPEN_FILES,
            "uid": uid,
        }
        form = codec.encode(settings, buffers, refuse)
        try:
            deadline = time.monotonic() + START_SECONDS
            self._socket.send(["submission", form], buffers, deadline, theirs.fileno())
        except (Gone, TooLate, OSError) as error:
            ours.close()
            raise SandboxError(f"the warm interpreter ended: {self._why()}") from error
        finally:
            theirs.close()
        try:
            return Submission(ours, limits)
        except Gone as error:
            raise SandboxError(f"a submission's process could not be set up: {error.reason}") from error

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
