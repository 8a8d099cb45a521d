"""What one submission may use, and how its result says that it wanted more."""

from __future__ import annotations

from dataclasses import dataclass

OPEN_FILES = 256
# Processes beyond the student's own, so that one whose threads stay can still be forked for its checks.
HEADROOM = 8


@dataclass(frozen=True)
class SandboxLimits:
    """Sizes in bytes; `cpu` in seconds, for the cells together and again for the checks of each exercise.

    `tmp` and `shm` bound /tmp and /dev/shm. What lies there counts as memory too, so `memory` bounds everything.
    `file` bounds one file, `message` one answer to the grader.
    """

    memory: int = 1536 << 20
    tmp: int = 64 << 20
    shm: int = 16 << 20
    file: int = 64 << 20
    processes: int = 64
    cpu: float = 600
    message: int = 256 << 20

    def over(self, what: str) -> str:
        """The sentence for the instructor that names the limit `what`, as `[limits]` calls it, and its value."""
        said = {
            "memory": ("asked for more memory than there is", f"memory_mib = {self.memory >> 20}"),
            "disk": ("filled the disk", f"tmp_mib = {self.tmp >> 20}, shm_mib = {self.shm >> 20}"),
            "file": ("wrote a file that is too large", f"file_mib = {self.file >> 20}"),
            "processes": ("started too many processes and threads", f"processes = {self.processes}"),
            "cpu": ("used too much CPU time; what ran then was ended", f"cpu_seconds = {self.cpu:g}"),
            "message": ("sent the grader a message that is too large", f"message_mib = {self.message >> 20}"),
            "open files": ("opened too many files", f"{OPEN_FILES} at once"),
        }
        sentence, limit = said[what]
        return f"{sentence} ({limit})"


REPORTED = frozenset(["memory", "disk", "file", "processes", "open files"])
