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

import contextlib
import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from ..errors import SandboxError
from . import cgroup, processes
from . import launch as launcher
from .environments import Environment
from .frames import FRAME, FrameSocket, Gone, TooLate, socket_pair
from .inside import codec
from .limits import HEADROOM, OPEN_FILES, SandboxLimits
from .outcome import refuse
from .process import GRACE_SECONDS, START_SECONDS, Process
from .uids import spare_uid
from .watch import Watch


class Submission:
    """One submission in a sandbox: its pid 1, its processes, its limits. Use it in a `with`.

    `flags` are sentences about limits that were reached, each once.
    """

    def __init__(self, sock: socket.socket, limits: SandboxLimits):
        self.limits = limits
        self.frame = codec.Limits(header=min(FRAME.header, limits.message), total=limits.message)
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
        ours, theirs = socket_pair()
        try:
            self._bwrap = launcher.launch(environment, theirs.fileno())
        finally:
            theirs.close()
        self._socket = FrameSocket(ours)
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
        ours, theirs = socket_pair()
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
