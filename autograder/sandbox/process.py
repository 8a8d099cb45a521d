"""One process of a submission: known by the pid that the kernel attached to its greeting, signalled through a pidfd."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import time
from typing import TYPE_CHECKING, Any

from .frames import FrameSocket, Gone, TooLate, socket_pair
from .inside import codec
from .link import ProcessLink
from .outcome import CellOutcome, cell_outcome, refuse
from .remote import Answer, Student

if TYPE_CHECKING:
    from .session import Submission

START_SECONDS = 60.0
# A fork takes milliseconds; student code may have patched it to take for ever.
FORK_SECONDS = 10.0
GRACE_SECONDS = 1.0


class Process:
    """One process of a submission. It either serves requests or is parked, waiting for the next.

    `late` is set when a request of a check was not answered in time.
    """

    def __init__(self, submission: Submission, sock: socket.socket, seconds: float = START_SECONDS):
        self.submission = submission
        self.socket = FrameSocket(sock, submission.frame)
        self.socket.idle = submission.look
        self._pidfd = -1
        self.late = False
        try:
            message, _ = self.socket.receive(time.monotonic() + seconds)
            if message[0] != "hello" or self.socket.peer_pid <= 0:
                raise Gone(f"its process did not start: {str(message[1:])[:300]}")
            self.pid = self.socket.peer_pid
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
        ours, theirs = socket_pair()
        try:
            self.socket.send(["fork"], [], time.monotonic() + GRACE_SECONDS, theirs.fileno())
        except (TooLate, OSError) as error:
            ours.close()
            raise Gone("its process ended") from error
        finally:
            theirs.close()
        return Process(self.submission, ours, FORK_SECONDS)

    def exchange(self, message: list[Any], buffers: list[Any], seconds: float) -> Answer:
        """Send one message and wait for one answer. Raises Gone, TooLate or ChannelError."""
        deadline = time.monotonic() + seconds
        self.socket.send(message, buffers, deadline)
        return self.socket.receive(deadline)

    def put_files(self, files: dict[str, bytes]) -> None:
        """Write files below the working directory, in their order; flags how many could not be."""
        buffers: list[Any] = []
        form = codec.encode(files, buffers, refuse)
        (_, lost), _ = self.exchange(["files", form], buffers, START_SECONDS)
        if lost:
            self.submission.could_not_write(lost)

    def run_cell(self, source: str, seconds: float, output_limit: int) -> CellOutcome:
        """Run one cell. A cell over its time is interrupted, then killed. Raises Gone when the process died."""
        try:
            answer, buffers = self.exchange(["cell", source, output_limit], [], seconds)
            outcome = cell_outcome(answer, buffers, output_limit)
        except TooLate:
            outcome = self._interrupt(seconds, output_limit)
        except Gone as gone:
            raise Gone(self.submission.why_it_ended(gone.reason)) from gone
        except codec.ChannelError as error:
            self.submission.refused(error)
            self.kill()
            raise Gone(f"its process sent what is no answer: {error}") from error
        for what in outcome.hit:
            self.submission.over(what)
        return outcome

    def _interrupt(self, seconds: float, output_limit: int) -> CellOutcome:
        self.signal(signal.SIGINT)
        try:
            answer, buffers = self.socket.receive(time.monotonic() + GRACE_SECONDS)
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
        return Student(ProcessLink(self, seconds, full or seconds))

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
        self.submission.sweep(dying=self.pid)

    def close(self) -> None:
        self.socket.sock.close()
        if self._pidfd >= 0:
            os.close(self._pidfd)
            self._pidfd = -1
        with contextlib.suppress(ValueError):
            self.submission.processes.remove(self)
