"""The warm interpreter: imports once, then forks for each submission. It never runs student code itself.

    python -m inside.warm CONTROL_FD MODULE...

For each `["submission", limits]` on the control socket, which comes with one descriptor, it forks. The fork takes
namespaces of its own, becomes pid 1 of them, gives up uid and capabilities, and only then forks the process that
runs the notebook. That process serves frames on its socket: `cell`, `files`, `fork` (with a descriptor: the child
serves that one, the parent parks on its own), and the requests of `objects`.
"""

from __future__ import annotations

import array
import ctypes
import gc
import importlib
import os
import resource
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from . import codec, seccomp
from .objects import ObjectServer, limit_of
from .shell import Shell

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND = 1, 2, 4, 8, 32, 4096
MS_REC, MS_PRIVATE = 16384, 1 << 18
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS, PR_CAPBSET_DROP = 1, 4, 38, 24
WORK = "/tmp/work"

_libc = ctypes.CDLL(None, use_errno=True)


def _call(name: str, *args: Any) -> None:
    if getattr(_libc, name)(*args) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


class Channel:
    """Frames on a stream socket; `receive` also returns the descriptors that came with the frame's first bytes."""

    def __init__(self, sock: socket.socket):
        self.sock = sock
        self._descriptors: list[int] = []
        self._ahead = codec.ReadAhead()

    def send(self, message: list[Any], buffers: list[Any] | tuple[()] = ()) -> None:
        for block in codec.pack(message, list(buffers)):
            self.sock.sendall(block)

    def receive(self) -> tuple[list[Any], list[bytearray], list[int]]:
        self._descriptors = []
        message, buffers = codec.unpack(
            lambda size: self._ahead.read(size, self._receive_into),
            codec.Limits(header=64 << 20, total=1 << 30),
        )
        return message, buffers, self._descriptors

    def _receive_into(self, view: memoryview) -> int:
        """What there is to read, at least a byte. The kernel ends it with the frame that brought a descriptor."""
        count, ancillary, _, _ = self.sock.recvmsg_into([view], socket.CMSG_SPACE(4))
        if count == 0:
            os._exit(0)
        for level, kind, payload in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                self._descriptors.extend(array.array("i", payload[: len(payload) // 4 * 4]))
        return count


def main() -> None:
    control = Channel(socket.socket(fileno=int(sys.argv[1])))
    shell = _warm_up(sys.argv[2:])
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    control.send(["ready", os.getuid()])
    while True:
        (_, *forms), buffers, descriptors = control.receive()
        limits = codec.decode(forms[0], buffers, lambda form: None)
        if os.fork() == 0:
            control.sock.close()
            _start_submission(shell, socket.socket(fileno=descriptors[0]), limits)
        os.close(descriptors[0])


def _warm_up(modules: list[str]) -> Shell:
    """Import the environment, build the shell, and do once what costs time only the first time."""
    for name in modules:
        importlib.import_module(name)
    from IPython.core.history import HistoryManager

    HistoryManager.enabled = False
    shell = Shell.instance(colors="nocolor")
    _draw_figures_once()
    shell.run("%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()", 1 << 20)
    shell.run("from IPython.display import display\ndisplay(1)\n1 + 1", 1000)
    shell.reset(new_session=False)
    if "tqdm" in sys.modules:
        sys.modules["tqdm"].tqdm.monitor_interval = 0
    gc.collect()
    gc.freeze()
    return shell


def _draw_figures_once() -> None:
    """Leave out pyplot's own drawing after each cell: the inline backend draws what it shows anyway.

    It takes a third of a notebook's time and changes no picture.
    """
    from matplotlib import pyplot

    pyplot.uninstall_repl_displayhook()
    pyplot.install_repl_displayhook = lambda: None


def _start_submission(shell: Shell, sock: socket.socket, limits: dict[str, int]) -> None:
    """In the fork: namespaces, then pid 1 in a further fork. Ends with os._exit, whatever happens."""
    try:
        _call("unshare", CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS)
        if os.fork() == 0:
            _be_pid_1(shell, sock, limits)
    except BaseException as error:
        Channel(sock).send(["failed", f"{type(error).__name__}: {error}"[:500]])
    os._exit(0)


def _be_pid_1(shell: Shell, sock: socket.socket, limits: dict[str, int]) -> None:
    """Mount, drop every right, fork the notebook's process, then only reap."""
    try:
        # Of its own group: kill(0, ...) must not reach the warm interpreter, which may have the same uid.
        os.setsid()
        _mount(limits)
        _close_other_descriptors(sock.fileno())
        _drop_rights(limits["uid"])
        _set_limits(limits)
        seccomp.install()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        if os.fork() == 0:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            os.chdir(WORK)
            _serve(shell, Channel(sock), limits["headroom"])
        _set_dumpable(False)
    except BaseException as error:
        Channel(sock).send(["failed", f"{type(error).__name__}: {error}"[:500]])
        os._exit(1)
    sock.close()
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            os._exit(0)
        except InterruptedError:
            pass


def _close_other_descriptors(kept: int) -> None:
    """Leave 0, 1, 2 and the socket; 1 and 2 become one nameless file in /tmp, whose size is limited, 0 is empty."""
    output = os.open("/tmp", os.O_RDWR | os.O_TMPFILE)
    os.fchmod(output, 0o666)
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    for name in os.listdir("/proc/self/fd"):
        number = int(name)
        if number > 2 and number != kept:
            try:
                os.close(number)
            except OSError:
                pass


def _mount(limits: dict[str, int]) -> None:
    _call("mount", b"none", b"/", None, MS_REC | MS_PRIVATE, None)
    for target, size, flags in (("/tmp", limits["tmp"], 0), ("/dev/shm", limits["shm"], MS_NOEXEC)):
        options = f"size={size},nr_inodes=20000,mode=1777".encode()
        _call("mount", b"tmpfs", target.encode(), b"tmpfs", MS_NOSUID | MS_NODEV | flags, options)
    _call("mount", b"proc", b"/proc", b"proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, None)
    # An ordinary user's sandbox owns /dev/pts: its mode and times would be a mailbox between submissions. (bubblewrap's
    # own --remount-ro adds nodev, and no terminal could be opened.)
    _call("mount", b"none", b"/dev/pts", None, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NOEXEC, None)
    _call("sethostname", b"sandbox", 7)
    os.umask(0o022)
    for folder in (WORK, "/tmp/home", "/tmp/matplotlib"):
        os.mkdir(folder)
        if limits["uid"]:
            os.chown(folder, limits["uid"], limits["uid"])


def _drop_rights(uid: int) -> None:
    """Real uid away from root where `uid` is not 0, no further user namespaces, no capability, no new privileges."""
    if uid:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        _forbid_user_namespaces(uid)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    _call("capset", header, (ctypes.c_uint32 * 6)())
    _call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _set_dumpable(True)
    if os.getuid() == 0 or "0000000000000000" not in _status("CapEff"):
        raise PermissionError("rights were not dropped")


def _forbid_user_namespaces(uid: int) -> None:
    """As root's child: one nested user namespace, in which no further one may be made.

    bubblewrap's --disable-userns does this for ordinary users.
    """
    _set_dumpable(True)
    _call("unshare", CLONE_NEWUSER)
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{uid} {uid} 1")):
        _write(f"/proc/self/{name}", text)
    _write("/proc/sys/user/max_user_namespaces", "0")


def _set_dumpable(value: bool) -> None:
    """Whether processes of the same uid may open this one's memory and descriptors below /proc."""
    _call("prctl", PR_SET_DUMPABLE, int(value), 0, 0, 0)


def _write(path: str, text: str) -> None:
    # open().write() swallowed the EPERM of a uid_map; os.write does not.
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def _status(field: str) -> str:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return line
    raise PermissionError(f"/proc/self/status has no {field}")


def _set_limits(limits: dict[str, int]) -> None:
    for name, value in (
        ("RLIMIT_CORE", 0),
        ("RLIMIT_NPROC", limits["processes"] + limits["headroom"]),
        ("RLIMIT_NOFILE", limits["open_files"]),
        ("RLIMIT_MSGQUEUE", 0),
        ("RLIMIT_FSIZE", limits["file"]),
        ("RLIMIT_DATA", limits["memory"]),
        ("RLIMIT_CPU", limits["cpu"]),
    ):
        resource.setrlimit(getattr(resource, name), (value, value))
    _leave_headroom(limits["headroom"])
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def _leave_headroom(processes: int) -> None:
    """Let this process start fewer than it may: the rest is for those that park, whatever threads students leave."""
    most = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    resource.setrlimit(resource.RLIMIT_NPROC, (most - processes, most))


def _serve(shell: Shell, channel: Channel, headroom: int) -> None:
    """Answer the grader until it hangs up. Forks go on in the child, with a channel of their own."""
    signal.set_wakeup_fd(-1)
    _greet(channel)
    shell.take_streams()
    sys.path.insert(0, WORK)
    objects = ObjectServer(shell.user_ns, lambda message, buffers: _ask(channel, objects, message, buffers))
    children: list[int] = []
    while True:
        message, buffers, descriptors = channel.receive()
        children = _reap(children)
        if message[0] == "fork":
            sys.stdout.flush()
            _leave_headroom(0)
            try:
                pid = os.fork()
            except OSError as error:
                _leave_headroom(headroom)
                Channel(socket.socket(fileno=descriptors[0])).send(["failed", str(error)])
                continue
            _set_dumpable(pid == 0)
            if pid == 0:
                children = []
                _leave_headroom(headroom)
                channel.sock.close()
                channel = Channel(socket.socket(fileno=descriptors[0]))
                _greet(channel)
            else:
                children.append(pid)
                os.close(descriptors[0])
            continue
        for descriptor in descriptors:
            os.close(descriptor)
        channel.send(*_answer(shell, objects, message, buffers))


def _greet(channel: Channel) -> None:
    # The kernel attaches this process's pid to the message, as the grader sees it.
    channel.send(["hello", os.getpid()])


def _reap(children: list[int]) -> list[int]:
    """Those of our own forks that still run; the others no longer count in the limit. Students wait for theirs."""
    running = []
    for pid in children:
        try:
            if os.waitpid(pid, os.WNOHANG)[0] == 0:
                running.append(pid)
        except ChildProcessError:
            pass
    return running


def _answer(
    shell: Shell, objects: ObjectServer, message: list[Any], buffers: list[bytearray]
) -> tuple[list[Any], list[Any]]:
    if message[0] == "cell":
        source, limit = message[1:]
        out: list[Any] = []
        result = ("error", "KeyboardInterrupt: interrupted", [], False, "")
        try:
            result = shell.run(source, limit)
        except BaseException as error:
            result = (
                "error",
                f"{type(error).__name__}: the shell was stopped"[:200],
                [],
                False,
                limit_of(error),
            )
        return ["cell", codec.encode(list(result), out, lambda value: None)], out
    if message[0] == "files":
        files = codec.decode(message[1], buffers, lambda form: None)
        return [
            "files",
            sum(not _write_file(Path(WORK, name), content) for name, content in files.items()),
        ], []
    if message[0] == "quiet":
        _be_quiet(shell)
        return ["quiet"], []
    return objects.answer(message, buffers)


def _write_file(path: Path, content: bytes) -> bool:
    """Whether it could be written: the disk may be full, a folder may have its name."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError:
        if path.is_file():
            path.unlink()
        return False
    return True


def _be_quiet(shell: Shell) -> None:
    """Nothing printed or drawn during checks is kept."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    sys.stdout = sys.stderr = os.fdopen(null, "w", errors="replace")
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].switch_backend("agg")
    import warnings

    warnings.simplefilter("ignore")


def _ask(
    channel: Channel, objects: ObjectServer, message: list[Any], buffers: list[Any]
) -> tuple[Any, list[bytearray]]:
    """Ask the grader to run one of its functions; it may put requests of its own before it answers."""
    channel.send(message, buffers)
    while True:
        reply, returned, _ = channel.receive()
        if reply[0] == "result":
            if reply[1] != "ok":
                raise TypeError(str(reply[2]))
            return reply[2], returned
        channel.send(*objects.answer(reply, returned))


if __name__ == "__main__":
    main()
