"""cgroup v2, where a part of its tree is ours to write: one group for each submission, for its whole life.

The kernel then counts memory and processes exactly, and ends a group at once. Ours is what systemd delegated
(`systemd-run --user --scope -p Delegate=yes chainrule grade NAME`), or what has both controllers switched on for
its children already. Everywhere else the grader's watch and rlimits do the work, and `state` says why.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .limits import HEADROOM, SandboxLimits

CONTROLLERS = ("memory", "pids")
GRADER = "chainrule-grader"
_HINT = "`systemd-run --user --scope -p Delegate=yes chainrule ...` gives one"
_numbers = itertools.count()


@dataclass(frozen=True)
class State:
    """`home` is the folder in which groups are made, None where there is none, for the reason `why`."""

    home: Path | None
    why: str


class Group:
    """One submission's group; without a folder it does nothing."""

    def __init__(self, folder: Path | None):
        self.folder = folder

    def hit(self) -> list[str]:
        """Which limits the kernel had to defend: memory, processes."""
        if self.folder is None:
            return []
        counted = {"memory": ("memory.events", "oom_kill"), "processes": ("pids.events", "max")}
        return [what for what, (file, key) in counted.items() if _events(self.folder / file).get(key, 0)]

    def kill(self) -> None:
        """End all of its processes at once, where the kernel can (Linux 5.14)."""
        if self.folder is not None:
            with contextlib.suppress(OSError):
                _write(self.folder / "cgroup.kill", "1")

    def remove(self, seconds: float = 2.0) -> None:
        """Remove its folder, which must be empty of processes; what a dying one still holds is waited for."""
        deadline = time.monotonic() + seconds
        while self.folder is not None:
            try:
                self.folder.rmdir()
            except FileNotFoundError:
                pass
            except OSError:
                if time.monotonic() < deadline:
                    time.sleep(0.01)
                    continue
            self.folder = None


def group(limits: SandboxLimits, pids: list[int], home: Path | None = None) -> Group:
    """A group with `limits` that holds `pids`; one without a folder where none can be made."""
    home = home or state().home
    if home is None:
        return Group(None)
    made = Group(home / f"chainrule-{os.getpid()}-{next(_numbers)}")
    try:
        made.folder.mkdir()
        for name, value in (("memory.max", limits.memory), ("pids.max", limits.processes + HEADROOM)):
            _write(made.folder / name, str(value))
        # Without swap accounting there is no such file, and nothing to bound.
        with contextlib.suppress(FileNotFoundError):
            _write(made.folder / "memory.swap.max", "0")
        for pid in pids:
            _write(made.folder / "cgroup.procs", str(pid))
    except OSError:
        made.remove(0)
        return Group(None)
    return made


@functools.cache
def state() -> State:
    """Where this process may make groups, looked up once."""
    mount = Path("/sys/fs/cgroup")
    # Beside cgroup v1 version 2 is mounted here, as a rule without controllers.
    hybrid = mount / "unified"
    return find(hybrid if hybrid.is_dir() else mount, Path("/proc/self/cgroup").read_text())


def find(mount: Path, membership: str) -> State:
    """The folder of our own group below `mount`, made ready for groups in it. `membership` is /proc/self/cgroup's."""
    own = next((line[3:] for line in membership.splitlines() if line.startswith("0::")), None)
    if own is None or not (mount / "cgroup.controllers").exists():
        return State(None, f"cgroup v2 is not mounted at {mount}")
    folder = mount / own.lstrip("/")
    if folder.name == GRADER:
        folder = folder.parent
    try:
        missing = set(CONTROLLERS) - set((folder / "cgroup.controllers").read_text().split())
        if missing:
            return State(None, f"cgroup v2 has no {' and no '.join(sorted(missing))} controller here")
        switched_on = set(CONTROLLERS) <= set((folder / "cgroup.subtree_control").read_text().split())
        if not switched_on and not _delegated(folder):
            return State(None, f"no part of cgroup v2 is ours to write; {_HINT}")
        if not switched_on:
            _switch_on(folder)
    except OSError as error:
        return State(None, f"cgroup v2 cannot be written here ({error.strerror}); {_HINT}")
    if not os.access(folder, os.W_OK):
        return State(None, f"cgroup v2 cannot be written here; {_HINT}")
    return State(folder, f"cgroup v2 in {folder}")


def _switch_on(folder: Path) -> None:
    """A group that limits its children holds no process itself: those that it has move into one of these."""
    leaf = folder / GRADER
    leaf.mkdir(exist_ok=True)
    for pid in (folder / "cgroup.procs").read_text().split():
        _write(leaf / "cgroup.procs", pid)
    _write(folder / "cgroup.subtree_control", " ".join(f"+{name}" for name in CONTROLLERS))


def _delegated(folder: Path) -> bool:
    """systemd marks what it gives away: all that runs in there is then the service's own."""
    for name in ("user.delegate", "trusted.delegate"):
        with contextlib.suppress(OSError):
            return os.getxattr(folder, name) == b"1"
    return False


def _events(path: Path) -> dict[str, int]:
    with contextlib.suppress(OSError, ValueError):
        return dict(_pairs(path.read_text()))
    return {}


def _pairs(text: str) -> Iterator[tuple[str, int]]:
    for line in text.splitlines():
        name, value = line.split()
        yield name, int(value)


def _write(path: Path, text: str) -> None:
    # The kernel answers each write: no buffering, no truncation, no file that was not there.
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)
