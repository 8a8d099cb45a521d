"""Attacks that look for a way out: the network, the host's sockets and devices, rights, files beside the sandbox,
other submissions; and submission folders that lead elsewhere."""

# ruff: noqa: E501 (a payload is easier to read on its line)

from __future__ import annotations

import os
import socket
from pathlib import Path

from . import attack

LEFT_OUT = "was left out"

# Tries each thing; `reached` names those that did not fail.
TRY = """\
import ctypes, errno, os, signal, socket, struct, subprocess, time
reached, tried = [], 0
def attempt(name, action):
    global tried
    tried += 1
    try:
        value = action()
    except BaseException as error:
        return error
    reached.append(name)
    return value
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    if libc.syscall(ctypes.c_long(number), *arguments) == -1:
        raise OSError(ctypes.get_errno(), "refused")
def report():
    print("tried", tried, "reached", sorted(reached))
"""

# --- the network --------------------------------------------------------------------------------------------


@attack("Connects to a listener on the machine's loopback: TCP, UDP, IPv6, by every address it has.",
        shows=("tried 9 reached []",))  # fmt: skip
def loopback(book):
    return book.insert(
        "imports",
        TRY
        + """
def tcp(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.settimeout(0.3)
        sock.connect((address, @PORT@))
def udp(family, address):
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.sendto(b"out", (address, @PORT@))
for family, addresses in {
    socket.AF_INET: ["127.0.0.1", "0.0.0.0", "127.0.0.2"], socket.AF_INET6: ["::1", "::ffff:127.0.0.1"],
}.items():
    for address in addresses:
        attempt("tcp " + address, lambda: tcp(family, address))
        if address in ("127.0.0.1", "::1"):
            attempt("udp " + address, lambda: udp(family, address))
attempt("by name", lambda: socket.create_connection(("localhost", @PORT@), 0.3))
attempt("urlopen", lambda: __import__("urllib.request").request.urlopen("http://127.0.0.1:@PORT@", timeout=0.3))
report()
""",
    )


@attack("Asks for a socket of each family and kind that there is: packets, raw, Bluetooth, vsock, AF_ALG, the rest.",
        shows=("families [1, 2, 10, 16]",))  # fmt: skip
def every_family(book):
    return book.insert(
        "imports",
        """
import socket
opened = set()
for family in range(64):
    for kind in (1, 2, 3, 4, 5, 10):
        for protocol in (0, 1, 6, 17, 255):
            try:
                socket.socket(family, kind, protocol).close()
            except OSError:
                continue
            opened.add(family)
            if kind in (3, 10) and family not in (1, 16):
                print("raw socket", family, kind, protocol)
                opened.add(-family)
print("families", sorted(opened))
""",
    )


@attack("Looks names up, by the resolver and by asking a name server itself.", shows=("tried 4 reached []",))
def name_lookup(book):
    return book.insert(
        "imports",
        TRY
        + """
attempt("resolver", lambda: socket.getaddrinfo("chainrule.invalid", 80))
attempt("own host", lambda: socket.gethostbyname("sandbox"))
attempt("resolv.conf", lambda: open("/etc/resolv.conf").read())
def ask():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(0.3)
        sock.sendto(b"\\0\\1\\1\\0\\0\\1" + bytes(6) + b"\\3out\\7invalid\\0\\0\\1\\0\\1", ("127.0.0.53", 53))
        sock.recv(100)
attempt("server", ask)
report()
""",
    )


@attack(
    "Sets up the network itself: raises the loopback, adds routes and interfaces.",
    shows=("tried 4 reached []",),
)
def own_network(book):
    return book.insert(
        "imports",
        TRY
        + """
import fcntl
def flags(request):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, request, struct.pack("16sH22x", b"lo", 0x41))
def netlink(kind, payload):
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as sock:
        sock.send(struct.pack("IHHII", 16 + len(payload), kind, 0x605, 1, 0) + payload)
        answer = sock.recv(1000)
        number = -struct.unpack_from("i", answer, 16)[0]
        if number:
            raise OSError(number, "refused")
attempt("loopback up", lambda: flags(0x8914))
attempt("tun device", lambda: open("/dev/net/tun", "r+b"))
attempt("new link", lambda: netlink(16, struct.pack("BxHiII", 0, 0, 0, 1, 1)))
attempt("new route", lambda: netlink(24, struct.pack("BBBBBBBBI", 2, 0, 0, 0, 254, 3, 0, 1, 0)))
report()
""",
    )


@attack("Connects to unix sockets of the host: by path, by abstract name, those of services, those in /proc.",
        shows=("reached []", "tried 1"))  # fmt: skip
def unix_sockets(book):
    return book.insert(
        "imports",
        TRY
        + """
names = [line.split()[-1] for line in open("/proc/net/unix").readlines()[1:] if line.split()[-1][0] in "/@"]
names += ["@UNIX@", "/run/docker.sock", "/var/run/docker.sock", "/run/dbus/system_bus_socket", "/run/systemd/private",
          "/run/user/0/bus", "@/tmp/.X11-unix/X0", "/run/postgresql/.s.PGSQL.5432", "/dev/log", "@chainrule-probe-1"]
def connect(name, kind):
    with socket.socket(socket.AF_UNIX, kind) as sock:
        sock.connect("\\0" + name[1:] if name.startswith("@") else name)
for name in names:
    attempt(name, lambda: [connect(name, socket.SOCK_STREAM), connect(name, socket.SOCK_DGRAM)])
report()
""",
    )


# --- rights -------------------------------------------------------------------------------------------------


@attack("Writes kernel settings, cgroups, its parents' limits and oom scores through /proc and /sys.",
        shows=("reached []",))  # fmt: skip
def kernel_settings(book):
    return book.insert(
        "imports",
        TRY
        + """
places = ["/proc/sysrq-trigger", "/proc/self/uid_map", "/proc/1/oom_score_adj", "/proc/1/mem", "/proc/1/setgroups",
          "/sys/kernel/uevent_helper", "/sys/fs/cgroup/cgroup.procs", "/proc/kcore", "/proc/timer_list"]
for place, folders, files in os.walk("/proc/sys"):
    places += [os.path.join(place, name) for name in files]
def write(path, text):
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text)
    finally:
        os.close(descriptor)
def unchanged(path):
    try:
        return open(path, "rb").read(100)
    except OSError:
        return b"0"
for path in places:
    attempt(path, lambda: write(path, unchanged(path) if path.startswith("/proc/sys/") else b"0 0 1"))
attempt("oom score", lambda: write("/proc/self/oom_score_adj", b"-1000"))
print("settings", tried > 500)
report()
""",
    )


@attack("Becomes root: setuid and its kin, capabilities, programs with the setuid bit.",
        shows=("tried 17 reached []", "uid 0 False", "capabilities 0", "no new privileges 1"))  # fmt: skip
def becomes_root(book):
    return book.insert(
        "imports",
        TRY
        + """
for name in ("setuid", "setgid", "seteuid", "setegid"):
    attempt(name, lambda: getattr(os, name)(0))
attempt("setresuid", lambda: os.setresuid(0, 0, 0))
attempt("setgroups", lambda: os.setgroups([0]))
attempt("initgroups", lambda: os.initgroups("root", 0))
def capset():
    header, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)(*[0xFFFFFFFF] * 6)
    if libc.capset(header, data):
        raise OSError
attempt("capset", capset)
def prctl(*arguments):
    if libc.prctl(*arguments) < 0:
        raise OSError
attempt("ambient", lambda: prctl(47, 2, 21, 0, 0))
attempt("new privileges", lambda: prctl(38, 0, 0, 0, 0))
attempt("securebits", lambda: prctl(28, 1, 0, 0, 0))
for program in (["su", "-c", "id"], ["mount", "-t", "tmpfs", "x", "/tmp"], ["passwd", "-d", "root"],
                ["sudo", "-n", "id"], ["newgrp", "root"], ["chroot", "/", "id"]):
    attempt(program[0], lambda: subprocess.run(program, check=True, capture_output=True, timeout=2, stdin=-3))
report()
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print("uid 0", 0 in os.getresuid() + os.getresgid())
print("capabilities", sum(int(status[name], 16) for name in ("CapEff", "CapPrm", "CapInh", "CapAmb")))
print("no new privileges", int(status["NoNewPrivs"]))
""",
    )


@attack("Makes new namespaces, enters those of pid 1, mounts, changes its root.", shows=("reached []",))
def namespaces(book):
    return book.insert(
        "imports",
        TRY
        + """
def clone(flag):
    child = libc.syscall(ctypes.c_long(56 if os.uname().machine == "x86_64" else 220), flag | 17, 0, 0, 0, 0)
    if child == 0:
        os._exit(0)
    if child < 0:
        raise OSError
for flag in (0x10000000, 0x00020000, 0x20000000, 0x40000000, 0x08000000, 0x04000000, 0x02000000, 0x80):
    attempt(f"unshare {flag:x}", lambda: call(272 if os.uname().machine == "x86_64" else 97, flag))
    if flag > 0xFF:
        attempt(f"clone {flag:x}", lambda: clone(flag))
for name in os.listdir("/proc/self/ns"):
    for pid in (1, os.getppid()):
        attempt(f"setns {pid} {name}", lambda: setns(f"/proc/{pid}/ns/{name}"))
def setns(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        if libc.setns(descriptor, 0):
            raise OSError
    finally:
        os.close(descriptor)
def checked(name, *arguments):
    if getattr(libc, name)(*arguments):
        raise OSError
attempt("mount", lambda: checked("mount", b"none", b"/tmp/work", b"tmpfs", 0, None))
attempt("bind", lambda: checked("mount", b"/proc/1/root", b"/tmp/work", None, 4096, None))
attempt("remount", lambda: checked("mount", b"none", b"/", None, 32, None))
attempt("umount", lambda: checked("umount2", b"/tmp", 2))
attempt("chroot", lambda: os.chroot("/tmp"))
attempt("pivot_root", lambda: call(155 if os.uname().machine == "x86_64" else 41, b"/tmp", b"/tmp/work"))
attempt("hostname", lambda: socket.sethostname("owned"))
attempt("unshare -Ur", lambda: subprocess.run(["unshare", "-Ur", "id"], check=True, capture_output=True, timeout=3))
report()
""",
    )


@attack("Makes devices and opens those that there are.", shows=("tried 45 reached []", "harmless True"))
def devices(book):
    return book.insert(
        "imports",
        TRY
        + """
import stat
for place in ("/tmp", "/dev/shm", "/dev"):
    for number, (kind, major, minor) in enumerate([(stat.S_IFCHR, 1, 1), (stat.S_IFCHR, 5, 1), (stat.S_IFBLK, 8, 0),
                                                   (stat.S_IFBLK, 7, 0), (stat.S_IFBLK, 259, 0)]):
        attempt(f"mknod {place} {major}:{minor}", lambda: os.mknod(f"{place}/node{number}", kind | 0o666,
                                                                   os.makedev(major, minor)))
for name in ("mem", "kmem", "port", "kmsg", "console", "tty0", "tty1", "sda", "vda", "nvme0n1", "loop0", "loop-control",
             "fuse", "kvm", "vhost-net", "vhost-vsock", "vsock", "uinput", "input/event0", "dri/card0", "nvidia0",
             "nvidiactl", "snd/timer", "rfkill", "mapper/control", "autofs", "btrfs-control", "hwrng", "cpu/0/msr", "ptp0"):
    attempt("/dev/" + name, lambda: os.close(os.open("/dev/" + name, os.O_RDWR | os.O_NONBLOCK)))
report()
known = {"null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts", "shm", "fd", "stdin", "stdout", "stderr",
         "core", "console"}
print("harmless", set(os.listdir("/dev")) <= known)
""",
    )


@attack("Types into a terminal: TIOCSTI on descriptors and on ptys, to run commands for whoever grades.",
        shows=("reached []",))  # fmt: skip
def terminals(book):
    return book.insert(
        "imports",
        TRY
        + """
import fcntl
for path in ["/dev/tty", "/dev/console", *(f"/dev/pts/{number}" for number in range(20))]:
    attempt(path, lambda: fcntl.ioctl(os.open(path, os.O_RDWR | os.O_NOCTTY), 0x5412, b"\\n"))
for descriptor in range(10):
    attempt(str(descriptor), lambda: fcntl.ioctl(descriptor, 0x5412, b"\\n"))
    attempt(f"own {descriptor}", lambda: fcntl.ioctl(descriptor, 0x540E, 1))
report()
""",
    )


@attack("Signals pid 1, the warm interpreter's group and session, and every pid there is.", shows=("alive",))
def signals(book):
    return book.insert(
        "imports",
        """
import os, signal
sent = 0
for number in sorted(signal.valid_signals()):
    for target in (1, -1):
        if target == 1 or number in (signal.SIGURG, signal.SIGWINCH, signal.SIGCONT):
            try:
                os.kill(target, number)
                sent += 1
            except OSError as error:
                print(number, error)
print("sent", sent)
""",
        """
for pid in range(2, 40):
    for number in (0, signal.SIGINT):
        try:
            if pid != os.getpid():
                os.kill(pid, number)
        except (OSError, KeyboardInterrupt):
            pass
""",
        """
import resource
print("alive", os.getpgid(0) > 0 and os.getsid(0) > 0)
for who, what in ((os.PRIO_USER, os.getuid()), (os.PRIO_PGRP, 0)):
    os.setpriority(who, what, 19)
""",
    )


# --- files beside the sandbox -------------------------------------------------------------------------------


@attack("Writes wherever it can: the course, the grader's packages, the libraries, /usr, /etc, /dev, /sys, /proc.",
        shows=("writable ['/dev/shm', '/tmp']",))  # fmt: skip
def writes_outside(book):
    return book.insert(
        "imports",
        """
import os, sys
found, looked = set(), 0
targets = ["@COURSE@/gradebook.db", "@COURSE@/release/backprop/fully_connected.ipynb", "@HOME@/.bashrc",
           "@SITE@/autograder/stock.py", "/etc/passwd", "/etc/ld.so.preload"]
for path in targets:
    try:
        open(path, "ab").close()
        found.add(path)
    except OSError:
        pass
for place, folders, names in os.walk("/"):
    folders[:] = [name for name in folders if os.path.join(place, name) not in ("/proc", "/sys", "/tmp/work", "/tmp/home",
                                                                             "/tmp/matplotlib")]
    if place.count("/") > 4 and "site-packages" not in place and "site" not in place:
        folders.clear()
    looked += 1
    if os.access(place, os.W_OK) and not os.path.islink(place):
        found.add(place)
    for name in names[:50]:
        path = os.path.join(place, name)
        if os.access(path, os.W_OK) and os.path.isfile(path) and not os.path.islink(path) and place[:4] != "/tmp":
            found.add(path)
import student_lib, numpy
for module in (student_lib, numpy, os):
    try:
        open(module.__file__, "ab").close()
        found.add(module.__file__)
    except OSError:
        pass
print("looked", looked > 100, "writable", sorted(found))
""",
    )


MAILBOX = """\
import ctypes, fcntl, mmap, os, socket, time
libc = ctypes.CDLL(None, use_errno=True)
mine, found, left = "@NAME@", [], 0
moments = {"one": 1111111111, "two": 1222222222}
places = ["/tmp", "/dev/shm", "/dev", "/dev/mqueue", "/dev/hugepages", "/run", "/var/tmp", "/var/lock", "/", "/chainrule",
          "/tmp/home", "/chainrule/site/student_lib", "/usr/lib", "/proc/sys/kernel", "/dev/pts", "/dev/pts/ptmx", "/dev/null"]
def leave():
    global left
    for place in places:
        try:
            os.utime(place, (moments[mine], moments[mine]))
            left += 1
        except OSError:
            pass
        try:
            open(f"{place}/mail-{mine}", "w").write(mine)
            left += 1
        except OSError:
            pass
    key = 0x6368
    x86 = os.uname().machine == "x86_64"
    for name, number in {"shmget": 29 if x86 else 194, "msgget": 68 if x86 else 186, "semget": 64 if x86 else 190}.items():
        if libc.syscall(number, key, *((0,) if name == "shmget" else ()), 0) >= 0:
            found.append(name)
        arguments = {"shmget": (4096, 0o1666), "msgget": (0o1666,), "semget": (1, 0o1666)}[name]
        libc.syscall(number, key, *arguments)
    for keyring in (-3, -4, -5):
        if libc.syscall(248 if x86 else 217, b"user", b"mail", mine.encode(), len(mine), keyring) >= 0:
            found.append("keyring")
    sock = socket.socket(socket.AF_UNIX)
    sock.bind("\\0mail-" + mine)
    sock.listen()
    return sock
def look():
    for place in places:
        try:
            if int(os.stat(place).st_mtime) in set(moments.values()) - {moments[mine]}:
                found.append(place + " was touched")
            found.extend(f"{place}/{name}" for name in os.listdir(place) if "mail-" in name and mine not in name)
        except OSError:
            pass
    found.extend(line.strip() for line in open("/proc/net/unix") if "mail-" in line and mine not in line)
    pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    found.extend(pid for pid in pids if pid != 1 and os.getsid(pid) != os.getsid(0))
look()
kept = leave()
for _ in range(10):
    look()
    time.sleep(0.02)
print("left", left > 2, "found", found)
"""


@attack("Leaves marks for the other submissions wherever something may last, and looks for theirs.",
        shows=("left True found []",))  # fmt: skip
def mailbox_one(book):
    return book.insert("imports", MAILBOX.replace("@NAME@", "one"))


@attack("The other half of the mailbox: run beside or after the first.", shows=("left True found []",))
def mailbox_two(book):
    return book.insert("imports", MAILBOX.replace("@NAME@", "two"))


# --- the submission's folder --------------------------------------------------------------------------------


def _secrets(folder: Path) -> list[Path]:
    course = folder.parents[2]
    neighbour = course / "submitted" / "a-solved" / "backprop" / "fully_connected.ipynb"
    return [course / ".chainrule-secret", course / "gradebook.db", neighbour, course / "source" / "backprop"]


def _symlinks(folder: Path) -> None:
    for number, secret in enumerate(_secrets(folder)):
        (folder / f"link{number}.txt").symlink_to(secret)
        (folder / f"relative{number}.txt").symlink_to(os.path.relpath(secret, folder))
    (folder / "folder").symlink_to(folder.parents[2])
    (folder / "loop").symlink_to(folder / "loop")
    (folder / "dangling.txt").symlink_to("/nowhere")


READ_ALL = """\
import os
read = 0
for place, folders, names in os.walk("."):
    for name in names:
        read += 1
        print(repr(name), open(os.path.join(place, name), "rb").read(3000))
print("read", read)
"""


@attack("Hands in symbolic links to the gradebook, the secret, the solutions, a neighbour; prints what came along.",
        flags=(LEFT_OUT,), place=_symlinks, shows=("read ",))  # fmt: skip
def symlinks(book):
    return book.insert("imports", READ_ALL)


def _linked_notebook(folder: Path) -> None:
    (folder / "fully_connected.ipynb").unlink()
    (folder / "fully_connected.ipynb").symlink_to(_secrets(folder)[2])


@attack("Hands in a symbolic link to a neighbour's solved notebook.", earns={}, flags=("was not submitted", LEFT_OUT),
        place=_linked_notebook)  # fmt: skip
def notebook_is_a_link(book):
    return book


def _hard_links(folder: Path) -> None:
    for number, secret in enumerate(_secrets(folder)[:3]):
        os.link(secret, folder / f"hard{number}.txt")


@attack("Hands in hard links to the secret, the gradebook and a neighbour's notebook, and prints them.",
        flags=(LEFT_OUT,), place=_hard_links, shows=("read ",))  # fmt: skip
def hard_links(book):
    return book.insert("imports", READ_ALL)


def _odd_files(folder: Path) -> None:
    os.mkfifo(folder / "data.csv")
    os.mkfifo(folder / "layers.ipynb")
    with socket.socket(socket.AF_UNIX) as sock:
        here = os.getcwd()
        os.chdir(folder)
        sock.bind("nn.py")
        os.chdir(here)
    for name, device in {"zero.txt": (1, 5), "random.npy": (1, 9)}.items():
        if os.getuid() == 0:
            os.mknod(folder / name, 0o20666, os.makedev(*device))
    (folder / "theory.ipynb").mkdir()
    (folder / "unreadable.txt").write_text("")
    (folder / "unreadable.txt").chmod(0)
    with open(folder / "sparse.npy", "wb") as file:
        file.truncate(1 << 40)


@attack("Hands in FIFOs, sockets, devices, a folder in a notebook's place, and a file of a terabyte.",
        flags=(LEFT_OUT,), place=_odd_files)  # fmt: skip
def devices_in_the_folder(book):
    return book


def _odd_names(folder: Path) -> None:
    names = [
        "line\nbreak.txt", "cr\r.txt", "esc\x1b[2J.txt", "rlo\u202etxt.py", "nfd-e\u0301.txt", "nfc-\u00e9.txt",
        "-rf.txt", "--help.txt", "~.txt", "%2e%2e%2fup.txt", "..%c0%af.txt", "back\\slash.txt", "C:evil.txt", "$(id).txt",
        "`id`.txt", ";id.txt", "|id.csv", "*.txt", "{{7*7}}.txt", "nul.txt", "\u200b.txt", "\U0001f4a3.txt", "\ufeff.txt",
        " .txt", "...txt", "x" * 251 + ".txt", "<b>.ipynb", "=cmd()|.ipynb", "new\nline.ipynb", "y" * 249 + ".ipynb",
    ]  # fmt: skip
    for name in names:
        (folder / name).write_text("x")
    for name in (b"\xff\xfe.txt", b"\xed\xa0\x80.txt", b"bad\xff.ipynb", b"\xff\xff"):
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_text("x")
    deep = folder
    for _ in range(30):
        deep /= "d" * 100
        deep.mkdir()
    (deep / "deep.txt").write_text("x")


@attack("Hands in names with newlines, escapes, directions, bytes that are no text, 255 characters, deep folders.",
        flags=("is no notebook of this assignment",), place=_odd_names, shows=("read ",))  # fmt: skip
def odd_names(book):
    return book.insert("imports", READ_ALL.replace(".read(3000)", ".read(3)"))


def _too_much(folder: Path) -> None:
    for number in range(3):
        (folder / f"large{number}.txt").write_bytes(bytes(18 << 20))
    for number in range(300):
        (folder / f"small{number}.txt").write_text("x")


@attack(
    "Hands in more files than its disk in the sandbox holds.",
    flags=(LEFT_OUT, "could not be written"),
    place=_too_much,
)
def too_many_files(book):
    return book


@attack("Brings files that would replace the sandbox's own: sitecustomize, inside, msgpack, IPython's start-up.",
        files={"sitecustomize.py": b"raise SystemExit", "inside/__init__.py": b"1/0", "inside/codec.py": b"1/0",
               "msgpack.py": b"1/0", ".ipython/profile_default/startup/0.py": b"1/0", "usercustomize.py": b"1/0",
               "../escaped.txt": b"", "student_lib/nn.py": b"1/0", "json.py": b"1/0", "random.py": b"1/0"})  # fmt: skip
def replaces_modules(book):
    return book
