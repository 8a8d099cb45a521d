"""A check's requests to one process, in the seconds that the check has."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from . import processes
from .frames import Gone, TooLate
from .inside import codec
from .limits import REPORTED
from .remote import Answer, Callback, StudentDied, StudentTimedOut

if TYPE_CHECKING:
    from .process import Process

PATIENCE = 4.0


class ProcessLink:
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
        self._process.socket.extra = 0.0
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
        sock, submission = self._process.socket, self._process.submission
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
        left = self._deadline + self._process.socket.extra - time.monotonic()
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
