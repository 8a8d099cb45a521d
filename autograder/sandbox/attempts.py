"""What the isolation self-test tries. Its text runs inside, as a cell in the student's place; see probe.py.

`leave_marks` runs in a neighbouring submission first; each attempt returns what it reached, or None, or raises.
"""

import ctypes
import errno
import importlib
import os
import socket
import stat

_libc = ctypes.CDLL(None, use_errno=True)
# A mark for each place that two submissions could share: files, names, keys.
_NAME, _KEY = "chainrule-neighbour", 0x43524D4B


def leave_marks():
    """Leave a mark wherever this submission can."""
    for place in ("/tmp", "/dev/shm", "/dev", "/dev/mqueue", "/var/tmp", "/run"):
        _quietly(lambda place=place: _write(f"{place}/{_NAME}"))
    for keyring in (-3, -4, -5):
        _call("add_key", b"user", _NAME.encode(), b"mark", 4, keyring)
    _call("shmget", _KEY, 4096, 0o1666)
    _call("msgget", _KEY, 0o1666)
    _call("semget", _KEY, 1, 0o1666)
    _call("mq_open", _NAME.encode(), os.O_CREAT | os.O_RDWR, 0o666, None)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"\0{_NAME}")
    listener.listen()
    return listener


def attempts(secrets, port, abstract, path, pids):
    """Try everything: `secrets` are paths, the port and the two unix sockets listen outside, so do `pids` run."""
    tries = {
        "import the grader": lambda: _import("autograder"),
        "import nbgrader": lambda: _import("nbgrader"),
        "connect to a port of this machine": lambda: _connect(socket.AF_INET, ("127.0.0.1", port)),
        "connect to an abstract unix socket of this machine": lambda: _connect(socket.AF_UNIX, abstract),
        "connect to a unix socket in a folder of this machine": lambda: _connect(socket.AF_UNIX, path),
        "connect to a neighbour's unix socket": lambda: _connect(socket.AF_UNIX, f"\0{_NAME}"),
        "see a network interface that is up": _interfaces,
        "make a packet socket": lambda: _socket(17, socket.SOCK_RAW),
        "make a vsock socket": lambda: _socket(40, socket.SOCK_STREAM),
        "make a socket of another family": _other_families,
        "make a raw netlink or internet socket": lambda: _socket(socket.AF_INET, socket.SOCK_RAW),
        "hold a capability": _capabilities,
        "run without a filter of system calls": _unfiltered,
        "use a system call that is refused": _system_calls,
        "run as uid 0": lambda: (
            "uid 0" if 0 in os.getresuid() + os.getresgid() + tuple(os.getgroups()) else None
        ),
        "become root": _become_root,
        "open a kernel setting for writing": _kernel_settings,
        "read the kernel's log": lambda: _open("/dev/kmsg", os.O_RDONLY),
        "make a user namespace": lambda: "made" if _libc.unshare(0x10000000) == 0 else None,
        "make a user namespace in a clone": _clone_user_namespace,
        "mount a file system": lambda: (
            "mounted" if _libc.mount(b"none", b"/tmp", b"tmpfs", 0, None) == 0 else None
        ),
        "write to /": lambda: _write("/mark"),
        "write to /dev": lambda: _write("/dev/mark"),
        "write to the packages": lambda: _write(os.path.join(os.path.dirname(os.__file__), "mark.py")),
        "make a device": lambda: _make_device("/tmp/device"),
        "run a program from memory": _memory_file,
        "hold a descriptor of the grader's": _descriptors,
        "open the memory of the processes above": lambda: _of_ancestors("mem", os.O_RDWR),
        "read the environment of the processes above": lambda: _of_ancestors("environ", os.O_RDONLY),
        "list the descriptors of the processes above": lambda: _of_ancestors("fd", os.O_RDONLY),
        "signal the warm interpreter or the grader": lambda: _signal(pids),
        "see another submission's processes": _strangers,
        "see another submission's files": lambda: _marks("/tmp", "/dev", "/var/tmp", "/run"),
        "see another submission's shared memory": lambda: _marks("/dev/shm", "/dev/mqueue"),
        "see another submission's keys": _keys,
        "see another submission's SysV segments": _segments,
        "see another submission's message queues": _queues,
    }
    for secret in secrets:
        tries["read " + secret] = lambda secret=secret: _read(secret)
    return {name: _quietly(attempt) for name, attempt in tries.items()}


def _quietly(attempt):
    try:
        return attempt()
    except Exception:
        return None


def _call(name, *args):
    """The result of a system call by its name; -1 where it fails, with the reason in ctypes.get_errno()."""
    from inside import seccomp

    return _libc.syscall(seccomp.number(name), *args)


def _import(name):
    importlib.import_module(name)
    return "imported"


def _read(path):
    if os.path.isdir(path):
        return f"{len(os.listdir(path))} entries" if os.listdir(path) else None
    with open(path, "rb") as file:
        return f"{len(file.read(10))} bytes"


def _open(path, flags):
    os.close(os.open(path, flags))
    return f"{path} opened"


def _write(path):
    open(path, "w").close()
    return "written"


def _make_device(path):
    os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 3))
    return "made"


def _connect(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.settimeout(1)
        sock.connect(address)
    return "connected"


def _socket(family, kind):
    socket.socket(family, kind).close()
    return "made"


def _other_families():
    named = {socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK}
    kinds = (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET)
    made = [
        family
        for family in range(1, 50)
        if family not in named and any(_quietly(lambda f=family, k=kind: _socket(f, k)) for kind in kinds)
    ]
    return f"families {made}" if made else None


def _interfaces():
    """Only an interface that is up has routes and addresses."""
    with open("/proc/net/route") as file:
        routes = len(file.readlines()) - 1
    with open("/proc/net/if_inet6") as file:
        addresses = len(file.readlines())
    return f"{routes} routes, {addresses} addresses" if routes > 0 or addresses else None


def _status(*fields):
    with open("/proc/self/status") as file:
        return {line.split(":")[0]: line.split()[1] for line in file if line.startswith(fields)}


def _capabilities():
    held = _status("CapEff", "CapPrm", "CapInh", "CapAmb")
    return str(held) if len(held) != 4 or any(int(value, 16) for value in held.values()) else None


def _unfiltered():
    found = _status("Seccomp:", "NoNewPrivs")
    return None if found == {"Seccomp": "2", "NoNewPrivs": "1"} else str(found)


def _system_calls():
    from inside import seccomp

    allowed = []
    for name in seccomp.DENIED:
        if seccomp.number(name) and not (
            _call(name, 0, 0, 0, 0, 0, 0) == -1 and ctypes.get_errno() == errno.EPERM
        ):
            allowed.append(name)
    return ", ".join(allowed) or None


def _become_root():
    os.setuid(0)
    return "became root"


def _kernel_settings():
    for name in (
        "kernel/core_pattern",
        "kernel/modprobe",
        "vm/overcommit_memory",
        "user/max_user_namespaces",
    ):
        if _quietly(lambda name=name: _open(f"/proc/sys/{name}", os.O_WRONLY)):
            return f"/proc/sys/{name} opened for writing"
    return "/proc/sysrq-trigger" if _quietly(lambda: _open("/proc/sysrq-trigger", os.O_WRONLY)) else None


def _clone_user_namespace():
    # clone(SIGCHLD | CLONE_NEWUSER): the child, if there is one, leaves at once.
    pid = _libc.syscall({"x86_64": 56, "aarch64": 220}[os.uname().machine], 17 | 0x10000000, 0, 0, 0, 0)
    if pid == 0:
        os._exit(0)
    return "made" if pid > 0 else None


def _memory_file():
    os.close(os.memfd_create("program", 0))
    return "made"


def _descriptors():
    """Only 0, 1, 2 and one socket are ours, beside /dev/null; the folder that is being listed shows itself, too."""
    names = os.listdir("/proc/self/fd")
    links = {int(name): _quietly(lambda name=name: os.readlink(f"/proc/self/fd/{name}")) for name in names}
    others = [link for number, link in links.items() if number > 2 and link and link != "/dev/null"]
    outside = [link for link in others if not link.startswith(("socket:", "/proc/"))]
    if links.get(0) != "/dev/null" or outside or sum(link.startswith("socket:") for link in others) != 1:
        return str(links)
    return None


def _of_ancestors(name, flags):
    ancestors = {1, os.getppid()}
    opened = [pid for pid in ancestors if _quietly(lambda pid=pid: _open(f"/proc/{pid}/{name}", flags))]
    return f"of {opened}" if opened else None


def _signal(pids):
    own = {int(name) for name in os.listdir("/proc") if name.isdigit()}
    reached = [
        pid for pid in pids if pid not in own and _quietly(lambda pid=pid: os.kill(pid, 0) or "signalled")
    ]
    return f"{reached}" if reached else None


def _strangers():
    me = {1, os.getpid(), os.getppid()}
    others = [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) not in me]
    return f"{len(others)} processes" if others else None


def _marks(*places):
    found = [place for place in places if os.path.exists(f"{place}/{_NAME}")]
    return ", ".join(found) or None


def _keys():
    search, found = 10, []
    for keyring in (-3, -4, -5):
        if _call("keyctl", search, keyring, b"user", _NAME.encode(), 0) > 0:
            found.append(str(keyring))
    with open("/proc/keys") as file:
        listed = [line for line in file if _NAME in line]
    return f"keyrings {found}, listed {len(listed)}" if found or listed else None


def _segments():
    found = [name for name in ("shmget", "msgget", "semget") if _call(name, _KEY, 0, 0) >= 0]
    return ", ".join(found) or None


def _queues():
    return "opened" if _call("mq_open", _NAME.encode(), os.O_RDWR, 0, None) >= 0 else None
