"""Whether this machine can grade, step by step, with the remedy for whatever fails."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from .course import Course
from .errors import ChainruleError
from .pipeline.database import network_file_system, said_by_server, sqlite_file
from .pipeline.database_errors import shown
from .sandbox import cgroup
from .sandbox.environments import PROJECT, environment
from .sandbox.inside import seccomp
from .sandbox.probe import probe
from .sandbox.session import Sandbox

_UBUNTU = (
    "On Ubuntu 24.04 and later AppArmor forbids user namespaces to ordinary users: run as root, or install the "
    "profile `profile bwrap /usr/bin/bwrap flags=(unconfined) { userns, }` in /etc/apparmor.d and reload it. "
    "In a container, allow CAP_SYS_ADMIN and an unmasked /proc."
)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: what, whether it is well, what was found, what to do if not."""

    what: str
    ok: bool
    found: str
    remedy: str = ""

    def line(self) -> str:
        text = f"{'ok ' if self.ok else 'BAD'}  {self.what}: {self.found}"
        return text if self.ok or not self.remedy else f"{text}\n     -> {self.remedy}"


def examine(root: Path | None = None, deep: bool = False) -> list[Finding]:
    """Perform the whole recipe that grading needs. `deep` lists every attempt of the isolation self-test."""
    findings = [_platform(), _python(), _bubblewrap(), *map(_package, ("nbgrader", "IPython", "numpy"))]
    if all(finding.ok for finding in findings):
        findings += _sandbox(deep)
    return [*findings, _alembic(), _gradebook(root), *_limits()]


def _platform() -> Finding:
    return Finding(
        "system",
        sys.platform == "linux",
        sys.platform,
        "Grading needs Linux; use a virtual machine or a container.",
    )


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    return Finding(
        "python", (3, 11) <= sys.version_info[:2] <= (3, 13), found, "Use Python 3.11, 3.12 or 3.13."
    )


def _bubblewrap() -> Finding:
    path = shutil.which("bwrap")
    if path is None:
        return Finding("bubblewrap", False, "not installed", "sudo apt-get install bubblewrap")
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout.split()
    version = tuple(int(part) for part in said[-1].split(".")[:2]) if said else (0, 0)
    # --disable-userns, which ordinary users need, came with 0.8.
    return Finding(
        "bubblewrap", version >= (0, 8) or os.getuid() == 0, said[-1], "Install bubblewrap 0.8 or later."
    )


def _package(name: str) -> Finding:
    try:
        return Finding(name, True, metadata.version(name))
    except metadata.PackageNotFoundError:
        return Finding(name, False, "not installed", "pip install -e '.[instructor]' -c constraints.txt")


def _sandbox(deep: bool) -> list[Finding]:
    try:
        with Sandbox(environment("numpy")) as sandbox:
            who = (
                "root, students as a spare uid"
                if os.getuid() == 0
                else "an ordinary user, in a user namespace"
            )
            started = Finding("sandbox", True, f"starts, as {who}")
            attempts = probe(sandbox, [PROJECT / "autograder"])
    except ChainruleError as error:
        return [Finding("sandbox", False, str(error), _UBUNTU)]
    holes = [attempt for attempt in attempts if attempt.reached is not None]
    summary = Finding(
        "isolation",
        not holes,
        f"{len(attempts) - len(holes)} of {len(attempts)} forbidden things are out of reach",
        "Do not grade here: code inside could "
        + "; ".join(f"{hole.what} ({hole.reached})" for hole in holes),
    )
    listed = [
        Finding(f"  {item.what}", item.reached is None, item.reached or "refused")
        for item in attempts
        if deep
    ]
    return [started, summary, *listed]


def _alembic() -> Finding:
    # nbgrader starts `alembic` by name; without an activated environment only our own PATH entry finds it.
    beside = Path(sys.executable).with_name("alembic")
    found = shutil.which("alembic") or (str(beside) if beside.exists() else None)
    if found is None:
        return Finding("alembic", False, "not found", "pip install alembic, in the environment of chainrule")
    note = (
        ""
        if shutil.which("alembic")
        else " (not on PATH; chainrule adds it, stock nbgrader commands need it there)"
    )
    return Finding("alembic", True, found + note)


def _gradebook(root: Path | None) -> Finding:
    try:
        return gradebook_of(Course(root) if root else Course.find(Path.cwd()))
    except ChainruleError as error:
        return Finding("gradebook", True, f"not looked at: {error}")


def gradebook_of(course: Course) -> Finding:
    """Whether the course's gradebook can be used: its file can be written, or its server answers."""
    try:
        place = sqlite_file(course)
        if place is None:
            return Finding("gradebook", True, f"{shown(course)}, which answers: {said_by_server(course)}")
    except ChainruleError as error:
        return Finding("gradebook", False, str(error))
    writable = os.access(place if place.exists() else place.parent, os.W_OK)
    state = "exists" if place.exists() else "will be made"
    kind = network_file_system(place if place.exists() else place.parent) if writable else None
    if kind is not None:
        state += (
            f", on {kind}, where only programs of this machine may use it at the same time; docs/postgres.md"
        )
    return Finding("gradebook", writable, f"{place} ({state})", "Make the folder writable.")


def _limits() -> list[Finding]:
    """What enforces each kind of limit here: nothing of it stops grading."""
    found = cgroup.state()
    if found.home is not None:
        memory = pids = f"the kernel, by {found.why}; and the grader's watch"
    else:
        memory = f"watched by the grader over all processes and files in memory, since {found.why}"
        pids = f"RLIMIT_NPROC, {_whose_processes()}; and the grader's watch"
    said = {
        "memory": f"{memory}; and RLIMIT_DATA for each process",
        "processes": pids,
        "CPU time": "watched by the grader over all processes, and RLIMIT_CPU for each",
        "disk": "the sizes of /tmp and /dev/shm, and RLIMIT_FSIZE for each file",
        "system calls": f"a seccomp filter that refuses {len(seccomp.DENIED)} of them",
    }
    return [Finding(f"limit of {what}", True, by) for what, by in said.items()]


def _whose_processes() -> str:
    """Since Linux 5.14 the kernel counts a uid's processes in each user namespace by itself."""
    release = tuple(int(part) for part in re.findall(r"\d+", os.uname().release)[:2])
    if os.getuid() == 0:
        return "for a uid that each submission has to itself"
    return "for each sandbox" if release >= (5, 14) else "for all processes of this user, so leave some room"
