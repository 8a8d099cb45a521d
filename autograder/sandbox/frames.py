"""Frames on a socket, with deadlines: everything that is read is untrusted and bounded."""

from __future__ import annotations

import array
import select
import socket
import time
from typing import Any

from .inside import codec
from .remote import Answer
from .watch import WATCH_SECONDS

FRAME = codec.Limits()


class Gone(Exception):
    """The process at the other end has ended, or was killed for `reason`; `late` when for its time."""

    def __init__(self, reason: str, late: bool = False):
        super().__init__(reason)
        self.reason, self.late = reason, late


class TooLate(Exception):
    """The process did not answer in time."""


class FrameSocket:
    """Frames with deadlines; everything that is read is untrusted and bounded."""

    def __init__(self, sock: socket.socket, frame: codec.Limits = FRAME):
        self.sock = sock
        sock.setblocking(False)
        self.peer_pid = 0
        self.extra = 0.0
        self._frame = frame
        self._ahead = codec.ReadAhead()
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
        if self._ahead.left:
            # A flood of frames that were read ahead is never waited for.
            self._time_left(deadline)

        def receive_into(view: memoryview) -> int:
            return self._receive_into(view, deadline)

        return codec.unpack(lambda size: self._ahead.read(size, receive_into), self._frame)

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


def socket_pair() -> tuple[socket.socket, socket.socket]:
    """Our end and theirs. Ours asks for credentials at once: a child may greet before we look at its socket."""
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    return ours, theirs
