"""Reading /proc: the processes below one, what they use, and ending one of them safely."""

from __future__ import annotations

import contextlib
import os
import re
import signal
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_USED = re.compile(rb"^(Threads|RssAnon|RssShmem):\s*(\d+)", re.MULTILINE)


def tree(root: int) -> list[int]:
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


def runs(pid: int) -> bool:
    """Neither gone nor dead and waiting to be reaped."""
    with contextlib.suppress(OSError, IndexError):
        return _stat(pid)[0] not in "ZX"
    return False


def wants_to_run(pid: int) -> bool:
    """One of the processes below `pid`, or itself, has a core or waits for one."""
    for each in tree(pid):
        with contextlib.suppress(OSError, IndexError):
            if _stat(each)[0] == "R":
                return True
    return False


def parent(pid: int) -> int:
    return int(_stat(pid)[1])


def cpu_seconds(root: int) -> float:
    """User and system time of `root` and its descendants; a parent's figure holds those of its reaped children."""
    return cpu_seconds_of(tree(root))


def cpu_seconds_of(pids: list[int]) -> float:
    """`cpu_seconds` of a tree whose pids are known."""
    return sum(map(_cpu_seconds, pids))


@dataclass(frozen=True)
class Usage:
    """One process's threads, and an upper bound of its own memory: resident pages that no file on disk backs."""

    threads: int = 0
    memory: int = 0


def usage(pid: int) -> Usage:
    """What `pid` uses; nothing where it is gone."""
    threads, memory = 0, 0
    # The watch comes here four times a second for each process: one read, one search.
    with contextlib.suppress(OSError), open(f"/proc/{pid}/status", "rb", buffering=0) as file:
        for name, value in _USED.findall(file.read()):
            if name == b"Threads":
                threads = int(value)
            else:
                memory += int(value) << 10
    return Usage(threads, memory)


def proportional(pid: int) -> int:
    """Bytes of `pid`, shared pages divided among those who share them; `usage` where the kernel does not say."""
    with contextlib.suppress(OSError, ValueError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return usage(pid).memory


@dataclass(frozen=True)
class Disk:
    """Bytes on a file system that lives in memory; `full` when nothing more fits."""

    used: int = 0
    full: bool = False


def disk(pid: int, place: str) -> Disk:
    """The file system at `place` as `pid` sees it; an empty one where the grader may not look."""
    with contextlib.suppress(OSError):
        found = os.statvfs(f"/proc/{pid}/root{place}")
        return Disk((found.f_blocks - found.f_bfree) * found.f_frsize, found.f_bfree == 0)
    return Disk()


def kill(pid: int, root: int) -> None:
    """Kill `pid` if it still belongs to the tree of `root`: the pidfd pins it before we look."""
    with contextlib.suppress(OSError):
        pidfd = os.pidfd_open(pid)
        try:
            if pid in tree(root):
                signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        finally:
            os.close(pidfd)


def _stat(pid: int) -> list[str]:
    # A process gives itself its name, which need not be UTF-8.
    with open(f"/proc/{pid}/stat", errors="replace") as file:
        return file.read().rsplit(")", 1)[1].split()


def _cpu_seconds(pid: int) -> float:
    with contextlib.suppress(OSError, IndexError):
        return sum(map(int, _stat(pid)[11:15])) / _TICKS
    return 0.0
