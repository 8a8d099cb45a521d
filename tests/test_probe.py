"""The isolation self-test: what it tries, that it sees a hole, that grading then refuses; the filter; cgroups."""

import errno
import os
import shutil
import stat
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.errors import SandboxError
from autograder.sandbox import attempts, cgroup, launch
from autograder.sandbox.environments import environment
from autograder.sandbox.inside import seccomp
from autograder.sandbox.limits import SandboxLimits
from autograder.sandbox.probe import TRIED, probe, require_isolation
from autograder.sandbox.session import Sandbox

PROJECT = Path(__file__).parents[1]
NAME = "backprop"


def reached(sandbox, secrets=()):
    return {item.what: item.reached for item in probe(sandbox, list(secrets)) if item.reached is not None}


@pytest.mark.slow
def test_nothing_is_within_reach(tmp_path):
    with Sandbox(environment("numpy")) as sandbox:
        assert reached(sandbox, [tmp_path / "nothing", Path(attempts.__file__).parents[1]]) == {}


@pytest.mark.slow
def test_without_the_filter_of_system_calls_the_self_test_sees_the_mailboxes(tmp_path, monkeypatch):
    inside = shutil.copytree(Path(launch.__file__).with_name("inside"), tmp_path / "inside")
    text = (inside / "seccomp.py").read_text()
    (inside / "seccomp.py").write_text(
        text.replace("    code = program(_machine())", "    return\n    code = b''")
    )
    for folder in (tmp_path, *tmp_path.parents[:-1]):
        folder.chmod(
            folder.stat().st_mode | stat.S_IXOTH | stat.S_IROTH
        ) if folder.stat().st_uid == os.getuid() else 0
    monkeypatch.setattr(launch, "__file__", str(tmp_path / "launch.py"))
    with Sandbox(environment("numpy")) as sandbox:
        found = reached(sandbox)
        assert found["run without a filter of system calls"] == "{'NoNewPrivs': '1', 'Seccomp': '0'}"
        assert {"memfd_create", "shmget", "keyctl"} <= set(
            found["use a system call that is refused"].split(", ")
        )
        assert "run a program from memory" in found
        with pytest.raises(SandboxError, match="does not hold, so nothing was graded"):
            require_isolation(sandbox, [])


WEAK = """#!{python}
# bubblewrap as a careless administrator might wrap it: with the grader's own package inside.
import os, sys
arguments = sys.argv[1:]
if "--remount-ro" in arguments:
    place = arguments.index("--remount-ro")
    arguments[place:place] = ["--ro-bind", {package!r}, "/chainrule/site/autograder"]
os.execv({bwrap!r}, [{bwrap!r}, *arguments])
"""


@pytest.mark.slow
def test_grading_refuses_to_start_in_a_weakened_sandbox(released_course, tmp_path):
    bwrap, folder = shutil.which("bwrap"), tmp_path / "bin"
    folder.mkdir()
    package = str(PROJECT / "autograder")
    (folder / "bwrap").write_text(WEAK.format(python=sys.executable, package=package, bwrap=bwrap))
    (folder / "bwrap").chmod(0o755)
    submitted = released_course.submitted / "ada" / NAME
    shutil.copytree(released_course.release / NAME, submitted)
    environ = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    command = [sys.executable, "-m", "autograder.cli", "--course", str(released_course.root)]
    done = subprocess.run(
        [*command, "grade", NAME, "--workers", "1"], env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 3, done.stdout + done.stderr
    assert (
        "the sandbox does not hold, so nothing was graded. Code inside could import the grader" in done.stderr
    )
    assert not (released_course.results / NAME / "ada.json").exists()
    doctor = subprocess.run(
        [*command, "doctor", "--deep"], env=environ, capture_output=True, text=True, check=False
    )
    assert doctor.returncode == 3
    assert "BAD    import the grader: imported" in doctor.stdout


ALONE = f"""
from autograder.sandbox.environments import environment
from autograder.sandbox.probe import probe
from autograder.sandbox.session import Sandbox
with Sandbox(environment("numpy")) as sandbox:
    tried = probe(sandbox, [])
    print(len(tried) == {TRIED}, [item for item in tried if item.reached])
"""


@pytest.mark.slow
def test_nothing_is_within_reach_where_an_ordinary_user_grades(ordinary_user):
    assert ordinary_user.run(ALONE) == "True []\n"


# --- the filter's program, interpreted: aarch64 can be tested anywhere ----------------------------------------

ALLOWED = 0x7FFF0000


def decide(machine, number, argument=0, architecture=None):
    """What the kernel would do with a system call: 0 to allow it, else the errno."""
    architectures = (0xC000003E, 0xC00000B7)
    data = struct.pack("<IIQQ", number, architecture or architectures[machine], 0, argument)
    code, accumulator, place = seccomp.program(machine), 0, 0
    while True:
        operation, if_true, if_false, constant = struct.unpack_from("<HBBI", code, 8 * place)
        place += 1
        if operation == 0x20:
            accumulator = struct.unpack_from("<I", data, constant)[0]
        elif operation == 0x06:
            return 0 if constant == ALLOWED else constant & 0xFFFF
        else:
            tests = {
                0x15: accumulator == constant,
                0x35: accumulator >= constant,
                0x45: bool(accumulator & constant),
            }
            place += if_true if tests[operation] else if_false


@pytest.mark.parametrize("machine", [0, 1])
def test_every_listed_call_is_refused_and_ordinary_ones_are_not(machine):
    listed = {numbers[machine] for numbers in seccomp.DENIED.values()} - {0}
    assert all(decide(machine, number) == errno.EPERM for number in listed)
    special = {(41, 198)[machine], 435}
    assert all(decide(machine, number) == 0 for number in range(470) if number not in listed | special)


@pytest.mark.parametrize("machine", [0, 1])
def test_families_of_sockets_and_flags_of_clone_are_looked_at(machine):
    socket_call, clone = (41, 198)[machine], (56, 220)[machine]
    made = [family for family in range(50) if decide(machine, socket_call, family) == 0]
    assert made == [1, 2, 10, 16]
    assert decide(machine, socket_call, 40) == errno.EAFNOSUPPORT
    assert decide(machine, clone, 17) == 0
    assert decide(machine, clone, 0x003D0F00) == 0, "a thread's flags"
    for flag in (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000):
        assert decide(machine, clone, 17 | flag) == errno.EPERM
    assert decide(machine, 435) == errno.ENOSYS


def test_the_tables_of_other_architectures_are_no_way_around():
    i386, x32 = 0x40000003, 0x40000000
    assert decide(0, 1, architecture=i386) == errno.EPERM
    assert decide(0, x32 + 1) == errno.EPERM


def test_numbers_are_unique_and_a_machine_without_a_filter_is_refused(monkeypatch):
    for machine in (0, 1):
        numbers = [pair[machine] for pair in seccomp.DENIED.values() if pair[machine]]
        assert len(numbers) == len(set(numbers))
    monkeypatch.setattr(seccomp.platform, "machine", lambda: "riscv64")
    with pytest.raises(
        OSError, match="no filter of system calls is written for riscv64, only for x86_64, aarch64"
    ):
        seccomp.install()


# --- cgroup v2, in a folder that stands for one, and in the kernel's own where it can be written ----------------


def pretend(folder, controllers="cpu memory pids", switched_on="memory pids"):
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (
        ("cgroup.controllers", controllers), ("cgroup.subtree_control", switched_on), ("cgroup.procs", ""),
    ):  # fmt: skip
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def kernel_files(monkeypatch):
    """As the kernel does, a new folder has its files at once; rmdir removes them with it."""
    files = (
        "memory.max",
        "memory.swap.max",
        "pids.max",
        "cgroup.procs",
        "cgroup.kill",
        "memory.events",
        "pids.events",
    )
    make = Path.mkdir

    def mkdir(self, *args, **kwargs):
        make(self, *args, **kwargs)
        for name in files:
            (self / name).touch()

    monkeypatch.setattr(Path, "mkdir", mkdir)
    monkeypatch.setattr(Path, "rmdir", shutil.rmtree)


def test_a_group_bounds_memory_swap_and_processes_and_holds_its_members(tmp_path, kernel_files):
    home = pretend(tmp_path / "home")
    made = cgroup.group(SandboxLimits(memory=5 << 20, processes=20), [7, 8], home)
    read = {name: (made.folder / name).read_text() for name in ("memory.max", "memory.swap.max", "pids.max")}
    assert read == {"memory.max": str(5 << 20), "memory.swap.max": "0", "pids.max": "28"}
    assert (made.folder / "cgroup.procs").read_text() in ("8", "78")
    assert made.hit() == []
    (made.folder / "memory.events").write_text("low 0\noom 1\noom_kill 2\n")
    (made.folder / "pids.events").write_text("max 3\n")
    assert made.hit() == ["memory", "processes"]
    made.kill()
    assert (made.folder / "cgroup.kill").read_text() == "1"
    folder = made.folder
    made.remove()
    assert not folder.exists()


def test_where_a_group_cannot_be_made_the_watch_does_the_work(tmp_path):
    made = cgroup.group(SandboxLimits(), [os.getpid()], tmp_path / "nowhere")
    assert made.folder is None
    assert made.hit() == []
    made.kill()
    made.remove()


@pytest.mark.parametrize(
    ("controllers", "switched_on", "why"),
    [
        ("cpu", "", "cgroup v2 has no memory and no pids controller here"),
        ("memory cpu", "", "cgroup v2 has no pids controller here"),
        ("memory pids", "", "no part of cgroup v2 is ours to write"),
    ],
)
def test_why_no_group_is_made_is_said(tmp_path, controllers, switched_on, why):
    pretend(tmp_path / "user" / "mine", controllers, switched_on)
    pretend(tmp_path)
    found = cgroup.find(tmp_path, "8:memory:/elsewhere\n0::/user/mine\n")
    assert found.home is None
    assert why in found.why


def test_what_is_delegated_is_switched_on_with_the_grader_in_a_leaf(tmp_path, kernel_files, monkeypatch):
    home = pretend(tmp_path / "app.scope", switched_on="")
    (home / "cgroup.procs").write_text("41\n")
    pretend(tmp_path)
    monkeypatch.setattr(cgroup, "_delegated", lambda folder: folder == home)
    found = cgroup.find(tmp_path, "0::/app.scope\n")
    assert found.home == home
    assert (home / "cgroup.subtree_control").read_text() == "+memory +pids"
    assert (home / cgroup.GRADER / "cgroup.procs").read_text() == "41"
    (home / "cgroup.subtree_control").write_text("memory pids")
    assert cgroup.find(tmp_path, f"0::/app.scope/{cgroup.GRADER}\n").home == home


def test_without_version_2_the_reason_is_its_place(tmp_path):
    assert cgroup.find(tmp_path, "0::/\n").why == f"cgroup v2 is not mounted at {tmp_path}"
    assert "is not mounted" in cgroup.find(tmp_path, "4:memory:/x\n").why


@pytest.mark.slow
def test_the_kernels_own_tree_takes_a_process_and_ends_it():
    root = next((path for path in (Path("/sys/fs/cgroup/unified"), Path("/sys/fs/cgroup"))
                 if (path / "cgroup.procs").exists()), None)  # fmt: skip
    if root is None or not os.access(root / "cgroup.procs", os.W_OK):
        pytest.skip("no cgroup v2 that can be written")
    folder = root / f"chainrule-test-{os.getpid()}"
    try:
        folder.mkdir()
    except OSError as error:
        pytest.skip(f"no group can be made in {root}: {error.strerror}")
    group, child = cgroup.Group(folder), subprocess.Popen(["sleep", "60"])
    try:
        cgroup._write(folder / "cgroup.procs", str(child.pid))
        assert f"{child.pid}" in (folder / "cgroup.procs").read_text().split()
        group.kill()
        if (folder / "cgroup.kill").exists():
            assert child.wait(10) == -9
    finally:
        child.kill()
        child.wait()
        group.remove()
    assert not folder.exists()


@pytest.mark.slow
def test_the_doctor_says_what_enforces_each_limit():
    done = subprocess.run(
        [sys.executable, "-m", "autograder.cli", "doctor"], capture_output=True, text=True, check=False
    )
    for what in ("memory", "processes", "CPU time", "disk", "system calls"):
        assert f"limit of {what}: " in done.stdout
    by_kernel = cgroup.state().home is not None
    assert ("the kernel, by cgroup v2" in done.stdout) == by_kernel
    assert "watched by the grader over all processes" in done.stdout
