"""Command lines that start the warm interpreter under bubblewrap, for root and for ordinary users."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ..errors import SandboxError
from .environments import PROJECT, Environment, interpreter_paths, masked_paths, package_paths

SITE = "/chainrule/site"
# bubblewrap dies with the thread that started it, so one thread starts them all and lives as long as this process.
_LAUNCHER = ThreadPoolExecutor(1, thread_name_prefix="bubblewrap")

_SYSTEM = ("/usr/bin", "/usr/lib", "/usr/lib64", "/usr/share/fonts", "/usr/share/fontconfig", "/etc/fonts")
_LINKED = ("/bin", "/lib", "/lib64", "/sbin")
_FILES = ("/etc/ld.so.cache",)

_VARIABLES = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/tmp/home",
    "USER": "student",
    "LANG": "C.UTF-8",
    "PYTHONPATH": SITE,
    "PYTHONDONTWRITEBYTECODE": "1",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "MPLCONFIGDIR": "/tmp/matplotlib",
    "IPYTHONDIR": "/tmp/home/.ipython",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "CHAINRULE_GRADING": "1",
}


def launch(environment: Environment, control_fd: int) -> subprocess.Popen[bytes]:
    """Start the warm interpreter with `control_fd` as its control socket.

    Raises SandboxError when bubblewrap is missing. That it runs is only known once it says `ready`.
    """
    command = [*command_line(environment, root=os.getuid() == 0), str(control_fd), *environment.warm]
    start = functools.partial(
        subprocess.Popen,
        command,
        pass_fds=[control_fd],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    return _LAUNCHER.submit(start).result()


def command_line(environment: Environment, root: bool) -> list[str]:
    """The whole bwrap command up to `python -m inside.warm`."""
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        raise SandboxError(
            "bubblewrap is not installed, and student code runs nowhere else; "
            "install it (`sudo apt-get install bubblewrap`), then run `chainrule doctor`"
        )
    command = [bwrap, *_rights(root), "--die-with-parent", "--new-session", "--clearenv"]
    for name, value in {**_VARIABLES, "PYTHONHASHSEED": str(environment.hash_seed)}.items():
        command += ["--setenv", name, value]
    command += _mounts(environment)
    return [*command, "--chdir", "/", sys._base_executable, "-s", "-P", "-m", "inside.warm"]


def _rights(root: bool) -> list[str]:
    namespaces = ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    if root:
        # Without a user namespace: the fork changes to a spare uid, which is not the kernel's uid 0.
        kept = ["CAP_SYS_ADMIN", "CAP_SETUID", "CAP_SETGID", "CAP_CHOWN"]
        namespaces = ["--unshare-cgroup-try", *namespaces]
    else:
        kept = ["CAP_SYS_ADMIN"]
        namespaces = ["--unshare-user", "--disable-userns", *namespaces]
    return [*namespaces, "--cap-drop", "ALL", *(part for name in kept for part in ("--cap-add", name))]


def _mounts(environment: Environment) -> list[str]:
    binds: dict[str, Path] = {}
    for name in (*_SYSTEM, *_FILES):
        if Path(name).exists():
            binds[name] = Path(name)
    for path in interpreter_paths():
        if not any(str(path).startswith(name + "/") for name in _SYSTEM):
            binds[str(path)] = path
    executable = Path(sys._base_executable)
    if executable.is_symlink() and str(executable) not in binds:
        binds[str(executable)] = executable.resolve()
    for name, path in package_paths(environment.packages).items():
        binds[f"{SITE}/{name}"] = path
    library = PROJECT / "student_lib"
    files = [""] if environment.library is None else [f"/{name}" for name in environment.library]
    binds |= {f"{SITE}/student_lib{name}": Path(f"{library}{name}") for name in files}
    binds[f"{SITE}/inside"] = Path(__file__).parent / "inside"
    command: list[str] = []
    for parent in _parents([*binds, "/tmp", "/proc", "/dev"]):
        command += ["--perms", "0755", "--dir", parent]
    for target, path in binds.items():
        command += ["--ro-bind", str(path), target]
    for path in masked_paths():
        if any(str(path).startswith(target + "/") for target in binds):
            command += ["--perms", "0755", "--tmpfs", str(path), "--remount-ro", str(path)]
    for link in _LINKED:
        command += _link(link)
    command += ["--proc", "/proc", "--dev", "/dev", "--perms", "0755", "--tmpfs", "/tmp"]
    return [*command, "--remount-ro", "/dev", "--remount-ro", "/"]


def _parents(targets: list[str]) -> list[str]:
    parents = {str(parent) for target in targets for parent in Path(target).parents if str(parent) != "/"}
    return sorted(parents - {"/usr/bin", "/usr/lib"}, key=lambda name: name.count("/"))


def _link(name: str) -> list[str]:
    path = Path(name)
    if path.is_symlink():
        return ["--symlink", os.readlink(path), name]
    return ["--ro-bind", name, name] if path.is_dir() else []
