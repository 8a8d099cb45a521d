"""What the grader reads of a process in /proc, whatever name the process gave itself."""

from __future__ import annotations

import subprocess
import sys

from autograder.sandbox import processes

NAMED = (
    "import ctypes, sys; ctypes.CDLL(None).prctl(15, {name!r}, 0, 0, 0); print(flush=True); sys.stdin.read()"
)


def test_a_name_that_is_no_text_hides_nothing():
    """Reading it as UTF-8 failed: no memory was counted, and the submission came out as broken, with full points."""
    for name in (b"\xff\xfe", b"a) Z 1", b"x\rThreads: 9"):
        child = subprocess.Popen(
            [sys.executable, "-c", NAMED.format(name=name)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        with child:
            child.stdout.readline()
            usage = processes.usage(child.pid)
            assert usage.threads == 1, name
            assert usage.memory > 1 << 20, name
            assert processes.runs(child.pid), name
            assert processes.cpu_seconds(child.pid) >= 0
            child.stdin.close()
