"""The grader's watch over one submission: memory, processes, disk and CPU time of all its processes together."""

from __future__ import annotations

import time
from collections.abc import Callable

from . import processes
from .limits import HEADROOM, SandboxLimits

WATCH_SECONDS = 0.25
# bubblewrap and the warm interpreter may count in the kernel's limit: near it is at it.
NEAR = 4


class Watch:
    """Looks at the tree below `init`. `say` gets each sentence about a limit; `end` also ends what runs."""

    def __init__(
        self, init: int, limits: SandboxLimits, say: Callable[[str], None], end: Callable[[str], None]
    ):
        self.init, self.limits = init, limits
        self.peak_memory = 0
        self._say, self._end = say, end
        self._looked = self._measure_again = 0.0
        self._measured = self._seen = 0
        self._cpu_before = 0.0

    def begin_phase(self) -> None:
        """Count CPU time from here: the cells are one phase, the checks of each exercise another."""
        self._cpu_before = processes.cpu_seconds(self.init)

    def look(self) -> None:
        """Say which limits were reached and end what runs over one; cheap when called often."""
        now = time.monotonic()
        if now - self._looked < WATCH_SECONDS:
            return
        self._looked = now
        pids = processes.tree(self.init)
        used = {pid: processes.usage(pid) for pid in pids}
        disks = [processes.disk(self.init, place) for place in ("/tmp", "/dev/shm")]
        if any(disk.full for disk in disks):
            self._say(self.limits.over("disk"))
        threads = sum(usage.threads for usage in used.values())
        if threads > self.limits.processes - NEAR:
            say = self._end if threads > self.limits.processes + HEADROOM else self._say
            say(self.limits.over("processes"))
        if processes.cpu_seconds_of(pids) - self._cpu_before > self.limits.cpu:
            self._end(self.limits.over("cpu"))
        self._look_at_memory(
            pids, [usage.memory for usage in used.values()], sum(disk.used for disk in disks)
        )

    def _look_at_memory(self, pids: list[int], own: list[int], on_disk: int) -> None:
        now = time.monotonic()
        bound, self.peak_memory = sum(own) + on_disk, max(self.peak_memory, *own)
        if bound <= self.limits.memory:
            return
        # Forks share pages, and to count shared ones is slow. New pages show in both counts; the copy of a shared page
        # shows in the slow one alone, which is taken again when its time has paid off.
        if self._measured + bound - self._seen <= self.limits.memory and now < self._measure_again:
            return
        used = sum(map(processes.proportional, pids)) + on_disk
        self._measured, self._seen = used, bound
        self._measure_again = time.monotonic() + 20 * (time.monotonic() - now)
        self.peak_memory = max(self.peak_memory, min(used, self.limits.memory))
        if used > self.limits.memory:
            mib = self.limits.memory >> 20
            self._end(f"used more than {mib} MiB of memory; what ran then was ended (memory_mib = {mib})")
