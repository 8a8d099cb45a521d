"""One `nbgrader autograde` over a hostile submission, contained, since stock mode has no boundary of its own.

`autograde` starts this file again as pid 1 of a bubblewrap: an ordinary user (65534), processes, loopback and files
of its own, a copy of the course in memory, limits on everything, an end after WALL seconds. pid 1 copies, hands in,
runs nbgrader, ends what is left, and sends what it finds through a pipe that nobody else holds.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib
import io
import json
import os
import resource
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tarfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

USER = 65534
WALL = 100  # seconds; nbgrader ends a cell after 30, an honest run takes about 10
CELL_SECONDS = 30
LIMITS = {
    resource.RLIMIT_AS: 2 << 30,
    resource.RLIMIT_FSIZE: 128 << 20,
    resource.RLIMIT_NPROC: 150,
    resource.RLIMIT_CPU: 90,
    resource.RLIMIT_CORE: 0,
}
IN_MEMORY = 400 << 20  # bytes of files that a run may have
PRODUCTS = ("autograded", "feedback", "gradebook.db", ".nbgrader.log")
STAGE = "/stage"


@dataclass
class Run:
    """What became of it. `status` is nbgrader's exit status, None if it hung; `files` what it made, by path."""

    status: int | None = None
    files: dict[str, bytes] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    met: list[str] = field(default_factory=list)
    stayed: int = 0
    log: str = ""


def autograde(place: Path, mounts: list[Path], environ: dict[str, str], job: dict[str, str]) -> Run:
    """Run it below `place`, the folder with course, home and site, whose copies the run gets; `mounts` are read-only.

    `job` names the `student`, the `python`, and, where the folder must be arranged, the attack's `module` and `name`.
    A run that even its container did not survive has status None and no files.
    """
    command = [
        "bwrap",
        "--unshare-all",
        "--unshare-user",
        "--disable-userns",
        "--die-with-parent",
        "--new-session",
        "--as-pid-1",
    ]
    command += ["--clearenv", "--cap-drop", "ALL", "--dev", "/dev", "--proc", "/proc"]
    for name in ("/usr", "/etc/ld.so.cache", "/etc/passwd", "/etc/group", "/etc/alternatives"):
        command += ["--ro-bind", name, name]
    for name in ("/bin", "/lib", "/lib64", "/sbin"):
        if os.path.islink(name):
            command += ["--symlink", os.readlink(name), name]
    command += [part for name in ("/tmp", "/dev/shm") for part in ("--size", str(64 << 20), "--tmpfs", name)]
    command += ["--size", str(IN_MEMORY), "--tmpfs", str(place)]
    command += ["--ro-bind", "/proc/sys", "/proc/sys"]  # of which the owner of a namespace could write some
    command += ["--ro-bind", str(place), STAGE, "--ro-bind", str(place / "stock-course"), f"{STAGE}/course"]
    command += [part for path in mounts for part in ("--ro-bind", str(path), str(path))]
    command += ["--remount-ro", "/dev/pts", "--remount-ro", "/dev", "--remount-ro", "/"]
    command += [part for name, value in environ.items() for part in ("--setenv", name, value)]
    command += ["--chdir", "/", job["python"], "-s", f"{STAGE}/contained.py", str(place), json.dumps(job)]
    identity = {"user": USER, "group": USER, "extra_groups": []} if os.getuid() == 0 else {}
    try:
        done = subprocess.run(command, capture_output=True, timeout=WALL + 60, check=False, **identity)
        return _unpacked(done.stdout, done.stderr)
    except subprocess.TimeoutExpired:
        return Run(log="the container itself had to be ended")


def _unpacked(data: bytes, said: bytes) -> Run:
    try:
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            files = {member.name: archive.extractfile(member).read() for member in archive if member.isfile()}
        return Run(**json.loads(files.pop("report")), files=files)
    except (tarfile.TarError, KeyError, ValueError):
        return Run(log=said.decode(errors="replace")[-2000:] or "the container said nothing")


# --- inside -------------------------------------------------------------------------------------------------


def inside(place: Path, job: dict[str, str]) -> None:
    """pid 1: everything above, in order. What it found goes to stdout as a tar file."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # not dumpable: nobody opens this process's descriptors
    # Some attacks expect the folder in which the sandbox puts a submission.
    Path("/tmp/work").mkdir()
    for name in ("course", "home", "site"):
        shutil.copytree(f"{STAGE}/{name}", place / name)
    folder = place / "course" / "submitted" / job["student"]
    shutil.copytree(f"{STAGE}/stock/{job['student']}", folder)
    if "module" in job:
        sys.path_importer_cache.clear()  # when Python started, `site` was not there yet
        sys.path.insert(0, STAGE)
        getattr(importlib.import_module(job["module"]), job["name"]).place(folder / "backprop")
    met = _listen(place / "listener", folder / "backprop")
    before = manifest(place)
    status, log = _run_nbgrader(place, job["python"])
    time.sleep(1)
    stayed = _end_all()
    after = manifest(place)
    # New files at home are what IPython and Jupyter keep there.
    changed = sorted(
        name
        for name in {*before, *after}
        if before.get(name) != after.get(name) and (name in before or not name.startswith("home"))
    )
    report = {"status": status, "changed": changed[:20], "met": sorted({*met}), "stayed": stayed, "log": log}
    with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as archive:
        _add(archive, "report", json.dumps(report).encode())
        course = place / "course"
        for path in [course / "gradebook.db", *(course / "autograded").rglob("*")]:
            if path.exists() and stat.S_ISREG(path.lstat().st_mode):
                _add(archive, str(path.relative_to(course)), path.read_bytes())


def _run_nbgrader(place: Path, python: str) -> tuple[int | None, str]:
    said = Path("/tmp/nbgrader.log")
    # a-solved is there to be linked to; its own grade is none of this run's business.
    command = [
        python,
        "-m",
        "nbgrader",
        "autograde",
        "backprop",
        "--CourseDirectory.student_id_exclude=a-solved",
        f"--Execute.timeout={CELL_SECONDS}",
    ]
    with open(said, "wb") as log:
        nbgrader = subprocess.Popen(
            command, cwd=place / "course", stdin=subprocess.DEVNULL,
            stdout=log, stderr=log, start_new_session=True, preexec_fn=_limit,
        )  # fmt: skip
    try:
        status = nbgrader.wait(WALL)
    except subprocess.TimeoutExpired:
        status = None
    try:
        return status, said.read_bytes()[-3000:].decode(errors="replace")
    except OSError:
        return status, "nbgrader's log is gone"


def _limit() -> None:
    for number, value in LIMITS.items():
        resource.setrlimit(number, (value, value))


def _listen(path: Path, folder: Path) -> list[str]:
    """Listeners on the machine's loopback and on a unix socket, and who connected; the attack learns the port."""
    met: list[str] = []

    def serve(sock: socket.socket, name: str) -> None:
        while True:
            sock.accept()[0].close()
            met.append(name)

    tcp, unix = socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_UNIX)
    unix.bind(str(path))
    unix.listen()
    for sock, name in ((tcp, "tcp"), (unix, "unix")):
        threading.Thread(target=serve, args=(sock, name), daemon=True).start()
    for notebook in folder.glob("*.ipynb"):
        if notebook.is_file() and not notebook.is_symlink():
            notebook.write_bytes(notebook.read_bytes().replace(b"@PORT@", b"%d" % tcp.getsockname()[1]))
    return met


def manifest(place: Path) -> dict[str, str]:
    """A digest of each file that is no product of a grader, nor a hard link to its gradebook."""
    found = {}
    gradebook = _state(place / "course" / "gradebook.db")
    for name in ("course", "home", "site"):
        for folder, below, names in os.walk(place / name):
            if Path(folder) == place / "course":
                below[:] = [item for item in below if item not in PRODUCTS]
                names = [item for item in names if not item.startswith(PRODUCTS)]
            for item in names:
                path = os.path.join(folder, item)
                if gradebook is None or _state(path) != gradebook:
                    found[os.path.relpath(path, place)] = _digest(path)
    return found


def _state(path: str | Path) -> tuple[int, int] | None:
    """What two names of one file have in common; None where there is none."""
    try:
        state = os.lstat(path)
    except OSError:
        return None
    return state.st_dev, state.st_ino


def _digest(path: str) -> str:
    try:
        state = os.lstat(path)
        small = stat.S_ISREG(state.st_mode) and state.st_size < 64 << 20
        return hashlib.sha256(Path(path).read_bytes()).hexdigest() if small else oct(state.st_mode)
    except OSError as error:
        return str(error.errno)


def _end_all() -> int:
    """How many processes outlived the command; none lives on."""
    stayed = 0
    for _ in range(50):
        others = [int(name) for name in os.listdir("/proc") if name.isdigit() and name != "1"]
        alive = [pid for pid in others if _is_alive(pid)]
        stayed = max(stayed, len(alive))
        if not alive:
            break
        os.kill(-1, signal.SIGKILL)
        time.sleep(0.1)
    return stayed


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    archive.addfile(member, io.BytesIO(data))


if __name__ == "__main__":
    inside(Path(sys.argv[1]), json.loads(sys.argv[2]))
