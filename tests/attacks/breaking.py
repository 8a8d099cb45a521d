"""Attacks that break the process, the limits, the channel, or the patience of whoever grades."""

# ruff: noqa: E501 (a payload is easier to read on its line)

from __future__ import annotations

import json

from . import LIGHT, attack

SIGMOID = {"sigmoid": 2.0}
KILLED = "a cell ended the process"

# --- ending processes ---------------------------------------------------------------------------------------


@attack(
    "Ends the process with status 0, which must not look like success.", flags=(KILLED,), cells=("killed",)
)
def exits(book):
    return book.insert("imports", "import os\nos._exit(0)")


@attack("Ends the process in the graded function.", earns=SIGMOID, verdicts={"softmax": "crashed"})
def exits_in_a_check(book):
    return book.write("softmax", "def softmax(x):\n    import os\n    os._exit(0)")


@attack("Raises SystemExit, KeyboardInterrupt and GeneratorExit, in cells and in the graded function.", earns=SIGMOID,
        verdicts={"softmax": "crashed"}, shows=("went on",))  # fmt: skip
def raises_what_ends_programs(book):
    return book.insert(
        "imports", "raise SystemExit(0)", "import sys\nsys.exit('bye')", "raise KeyboardInterrupt", "quit()",
        "raise GeneratorExit", "print('went on')",
    ).write("softmax", """
import itertools
kinds = itertools.cycle([SystemExit, KeyboardInterrupt, GeneratorExit, type('Own', (BaseException,), {})])
def softmax(x):
    raise next(kinds)(0)
""")  # fmt: skip


@attack("Kills every process that it may, and itself at last.", flags=(KILLED,), cells=("killed",))
def kills_everything(book):
    return book.insert(
        "imports", "import os, signal\nos.kill(-1, signal.SIGKILL)\nos.kill(os.getpid(), signal.SIGKILL)"
    )


@attack("Kills the parked processes and lives on: what they held cannot be checked.", earns={},
        flags=("ended all of its processes",))  # fmt: skip
def kills_the_parked(book):
    return book.insert("sigmoid", "import os, signal\nos.kill(-1, signal.SIGKILL)")


@attack("Kills its process group: it must not be the warm interpreter's.", flags=(KILLED,), cells=("killed",))
def kills_its_group(book):
    return book.insert("imports", "import os, signal\nos.kill(0, signal.SIGKILL)")


@attack(
    "Stops the parked processes, which hold the other exercises, so that the grader waits.",
    shows=("stopped 1",),
)
def stops_the_parked(book):
    return book.insert(
        "sigmoid", "import os, signal\nos.kill(os.getppid(), signal.SIGSTOP)\nprint('stopped', 1)"
    )


@attack("Crashes the interpreter in C: a null pointer, and abort().", flags=(KILLED,), cells=("killed",))
def crashes_in_c(book):
    return book.insert("imports", "import ctypes\nctypes.string_at(0)", "import os\nos.abort()")


@attack("Replaces the interpreter by another program that keeps the channel open.", flags=(KILLED,),
        cells=("killed",))  # fmt: skip
def becomes_another_program(book):
    return book.insert(
        "imports",
        """
import os
for name in os.listdir("/proc/self/fd"):
    if int(name) > 2:
        try:
            os.set_inheritable(int(name), True)
        except OSError:
            pass
os.execv("/bin/sh", ["sh", "-c", "for fd in 3 4 5 6 7 8 9; do echo hello >&$fd; done; exit 0"])
""",
    )


# --- time ---------------------------------------------------------------------------------------------------


@attack("Loops without end and swallows KeyboardInterrupt; blocks SIGINT and sleeps.", cells=("timed_out",))
def never_ends(book):
    return book.insert(
        "imports",
        """
import time
while True:
    try:
        while True:
            time.sleep(0.1)
    except BaseException:
        pass
""",
        "import signal, time\nsignal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())\ntime.sleep(600)",
    )


@attack("Loops without end in the graded function.", earns=SIGMOID, verdicts={"softmax": "timed_out"})
def never_ends_in_a_check(book):
    return book.write(
        "softmax",
        """
import sys, time
def softmax(x):
    # What is printed in checks goes to /dev/null, in cells to a stream without a buffer.
    while hasattr(sys.stdout, "buffer"):
        try:
            time.sleep(600)
        except BaseException:
            pass
""",
    )


# --- limits -------------------------------------------------------------------------------------------------


@attack("Starts threads and children that outlive their cell and count on, print and change names.",
        shows=("started 10",))  # fmt: skip
def outlives_its_cell(book):
    return book.insert(
        "imports",
        """
import os, signal, subprocess, threading, time
def linger():
    for _ in range(200):
        time.sleep(0.05)
        globals()["sigmoid"] = lambda x: x
for _ in range(5):
    threading.Thread(target=linger, daemon=True).start()
for _ in range(5):
    if os.fork() == 0:
        os.setsid()
        for number in range(1, 32):
            if number not in (signal.SIGKILL, signal.SIGSTOP):
                signal.signal(number, signal.SIG_IGN)
        time.sleep(600)
        os._exit(0)
print("started", 10)
""",
    )


@attack("A fork bomb, nested and in a row, whose children stay.",
        flags=("started too many processes",))  # fmt: skip
def forks_without_end(book):
    return book.insert(
        "imports",
        """
import os, time
mine = os.getpid()
for _ in range(7):
    try:
        os.fork()
    except OSError:
        pass
if os.getpid() != mine:
    time.sleep(600)
    os._exit(0)
""",
        """
children = []
while True:
    children.append(os.fork())
    if children[-1] == 0:
        time.sleep(600)
        os._exit(0)
""",
    )


@attack("Takes all the memory there is: its own, and shared pages that no rlimit counts.",
        flags=("of memory",))  # fmt: skip
def takes_memory(book):
    return book.insert(
        "imports",
        "import numpy as np\nheap = np.ones(2**27)",
        """
import mmap, time
shared = mmap.mmap(-1, 800 << 20)
np.frombuffer(shared, np.uint8)[::4096] = 1
time.sleep(2)
""",
    )


@attack(
    "Fills /tmp and /dev/shm, with bytes and with empty files.",
    flags=("filled the disk",),
    shows=("wrote 2",),
)
def fills_the_disk(book):
    return book.insert(
        "imports",
        """
import os
wrote = 0
for place in ("/tmp", "/dev/shm"):
    try:
        with open(place + "/full", "wb") as file:
            while True:
                file.write(bytes(1 << 20))
    except OSError:
        wrote += 1
print("wrote", wrote)
for place in ("/tmp", "/dev/shm"):
    os.unlink(place + "/full")
    try:
        for number in range(30_000):
            os.mknod(f"{place}/{number}")
    except OSError as error:
        print(error)
open("/tmp/more", "wb").write(bytes(8 << 20))
with open("/tmp/full", "wb") as file:
    while True:
        file.write(bytes(1 << 20))
""",
    )


@attack("Opens files, sockets and pipes until nothing is left.", flags=("opened too many files",))
def opens_everything(book):
    return book.insert(
        "imports",
        """
import os, socket
kept = []
for opener in (lambda: open("/dev/null"), socket.socketpair, os.pipe):
    try:
        for _ in range(400):
            kept.append(opener())
    except OSError as error:
        last = error
raise last
""",
    )


@attack("Prints without end: as text, past Python, through a child, as a million small outputs, as one huge line.",
        shows=("characters were not kept",))  # fmt: skip
def prints_without_end(book):
    return book.insert(
        "imports",
        "while True:\n    print('x' * 1000)",
        "import os\nfor _ in range(600): os.write(1, b'y' * 10_000)",
        "!yes | head -c 6000000",
        "from IPython.display import display, HTML\nfor k in range(5000): display(HTML(f'<b>{k}</b>'))",
        "'z' * 10**7",
        "raise ValueError('w' * 10**7)",
    )


# --- notebooks ----------------------------------------------------------------------------------------------


@attack("A notebook with a million cells.", flags=("only the first 10000 were read",))
def million_cells(book):
    return _with_cells(book, b"," + b",".join([b"{}"] * 10**6))


@attack("Three thousand cells that run, each of which prints.")
def many_cells_run(book):
    return book.insert("train_network", *["print(1)"] * 3000)


@attack("JSON nested a hundred thousand deep.", earns={}, flags=("nested too deeply",))
def deep_json(book):
    return b'{"cells": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@attack("JSON that would take gigabytes as Python objects.", earns={}, flags=("too complex to read",))
def wide_json(book):
    return b'{"cells": [' + b"[]," * 4_000_000 + b"[]]}"


def _with_cells(book, more: bytes) -> bytes:
    """The notebook with raw JSON after its last cell."""
    notebook = json.loads(book.saved())
    cells = json.dumps(notebook.pop("cells")).encode()
    return json.dumps(notebook).encode()[:-1] + b', "cells": ' + cells[:-1] + more + b"]}"


# --- values -------------------------------------------------------------------------------------------------


@attack("Returns lists nested without end, lists that hold themselves, and generators that never end.", earns=SIGMOID,
        verdicts={"softmax": "failed"})  # fmt: skip
def deep_values(book):
    return book.write(
        "softmax",
        """
import itertools
deep = []
for _ in range(100_000):
    deep = [deep]
own = []
own.append(own)
table = {}
table["x"] = table
answers = itertools.cycle([deep, own, table, itertools.count()])
def softmax(x):
    return next(answers)
""",
    )


@attack(
    "Returns arrays of terabytes, of objects, of structures, and empty ones with absurd shapes.",
    earns=SIGMOID,
)
def giant_arrays(book):
    return book.write(
        "softmax",
        """
import itertools
class Holder:
    def __array__(self, *args, **kwargs):
        return np.broadcast_to(0.25, (10**6, 10**6))
own = np.empty(1, object)
own[0] = own
answers = itertools.cycle([
    lambda: np.broadcast_to(0.25, (10**6, 10**6)), lambda: own, lambda: np.zeros((2**30, 2**30, 0)), Holder,
    lambda: np.zeros(3, dtype=[("a", "f8"), ("b", "O")]), lambda: [np.zeros(10**5)] * 10**5,
    lambda: np.zeros((1,) * 60), lambda: np.ma.masked_all((4, 5)), lambda: np.array(["x" * 10**6] * 5),
])
def softmax(x):
    return next(answers)()
""",
    )


@attack("Returns sets of a hundred thousand tuples whose hashes are equal: quadratic time for whoever rebuilds them.",
        earns=SIGMOID)  # fmt: skip
def equal_hashes(book):
    return book.write(
        "softmax",
        """
import itertools
alike = [2.0 ** (61 * k) for k in range(-12, 16)]
answer = set()
def softmax(x):
    return Alike()
class Alike(list):
    pass
from inside import codec, objects
form = ["S", *(["t", *item] for item in itertools.islice(itertools.product(alike, repeat=4), 39_000))]
honest = codec.encode
def encode(value, *rest):
    return form if type(value) is Alike else honest(value, *rest)
codec.encode = encode
""",
    )


# --- the channel --------------------------------------------------------------------------------------------

# The socket to the grader, looked for among the open descriptors at every call: each fork has its own.
CHANNEL = """\
import os, socket, stat, struct, sys, threading, time
import msgpack

def channel():
    for name in os.listdir("/proc/self/fd"):
        try:
            if int(name) > 2 and stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                return socket.socket(fileno=os.dup(int(name)))
        except OSError:
            pass

def frame(message, *buffers, header=None):
    header = msgpack.packb(message, unicode_errors="surrogatepass") if header is None else header
    lengths = struct.pack(f">{len(buffers)}Q", *map(len, buffers))
    return struct.pack(">II", len(header), len(buffers)) + lengths + header + b"".join(buffers)

def send(data):
    found = channel()
    found.settimeout(0.5)
    try:
        found.sendall(data)
    except OSError:
        pass

def checking():
    # What is printed in checks goes to /dev/null, in cells to a stream without a buffer.
    return hasattr(sys.stdout, "buffer")

def next_of(choices):
    # The checks of one exercise share a fork until it breaks: a file counts over all of them.
    with open("/tmp/turn", "a") as file:
        file.write(".")
        return choices[(file.tell() - 1) % len(choices)]
"""


@attack("Announces frames of gigabytes, with millions of arrays, and sends none of it.", earns=SIGMOID,
        flags=("message that is too large",), verdicts={"softmax": "crashed"})  # fmt: skip
def oversized_frames(book):
    return book.write(
        "softmax",
        CHANNEL
        + """
def softmax(x):
    send(next_of([
        struct.pack(">II", 2**32 - 1, 0), struct.pack(">II", 10, 2**32 - 1), struct.pack(">IIQ", 10, 1, 2**63),
        struct.pack(">IIQQ", 10, 2, 2**64 - 1, 1),
    ]))
    return np.exp(x)
""",
    )


@attack("Sends frames that are no messages: broken msgpack, extensions, maps, wrong tags, shapes that lie.",
        earns=SIGMOID)  # fmt: skip
def malformed_frames(book):
    return book.write(
        "softmax",
        CHANNEL
        + """
nested = b"\\x91" * 900 + b"\\xc0"
def ok(form, *buffers):
    return frame(["ok", form], *buffers)
def softmax(x):
    send(next_of([
        frame(None, header=b"\\xc1" * 50), frame(None, header=msgpack.packb({"ok": 1})), frame(None, header=nested),
        frame(None, header=msgpack.packb(["ok", msgpack.ExtType(1, b"x")])), frame([1]), frame([]), frame(["ok"]),
        frame(["error"]), frame(["error", []]), frame(["error", {}, 1, 2, 3, []]), frame(["error", "a", "b", "c", "d", "e"]),
        frame(["error", "crashed", "T", "line", 2**63, "memory", 1]), frame(["callback"]), frame(["callback", 0, 1, 2]),
        ok(["a", "<f8", [2**62, 0], 0], b""), ok(["a", "<f8", [4, 5], 0], b"12"), ok(["a", "|O", [1], 0], b"12345678"),
        ok(["a", "<f8", [-1], 0], b"12345678"), ok(["a", "<f8", [1], 5]), ok(["s", "<f8", b"1"]), ok(["c", 1, "x"]),
        ok(["d", ["l"], 1]), ok(["S", ["l"]]), ok(["h", -1, 5]), ok(["f", 0]), ok(["?"]), ok(b"bytes"),
        ok("\\ud800"), ok(["h", 10**9, "Thing"]), ok(["l", *[["l"]] * 199_000]),
    ]))
    return np.exp(x)
""",
    )


@attack(
    "Answers after the deadline, again and again, from a child that waited for it.",
    earns=SIGMOID,
    verdicts={"softmax": "timed_out"},
)
def late_replies(book):
    return book.write(
        "softmax",
        CHANNEL
        + """
def softmax(x):
    right = np.exp(x - x.max(axis=1, keepdims=True))
    right /= right.sum(axis=1, keepdims=True)
    reply = frame(["ok", ["a", "<f8", list(right.shape), 0]], right.astype("<f8").tobytes())
    if checking() and os.fork() == 0:
        os.setsid()
        time.sleep(5.3)
        for _ in range(100):
            send(reply)
            time.sleep(0.05)
        os._exit(0)
    time.sleep(600 if checking() else 0)
    return right
""",
    )


@attack(
    "A flood of replies to requests that were never made, of calls back, and of half frames.", earns=SIGMOID
)
def flood_of_replies(book):
    return book.write(
        "softmax",
        CHANNEL
        + """
def softmax(x):
    right = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    reply = frame(["ok", ["a", "<f8", list(right.shape), 0]], right.astype("<f8").tobytes())
    call = frame(["callback", 0, ["l", 1.0], ["d"]])
    send(next_of([frame(["ok", None]) * 20_000, reply * 5000, call * 50_000, frame(["ok", 1])[:-1], b"\\0" * 10**7]))
    return np.zeros_like(x)
""",
    )


@attack(
    "Greets as another process, and answers forks that nobody asked for.", flags=(KILLED,), cells=("killed",)
)
def greets_again(book):
    return book.insert(
        "imports",
        CHANNEL
        + """
for message in (["hello", 1], ["ready", 0], ["failed", "the grader must think that it broke"]):
    send(frame(message))
""",
    )


@attack("Closes the channel, or puts a pipe in its place.", earns=SIGMOID, verdicts={"softmax": "crashed"})
def closes_the_channel(book):
    return book.write(
        "softmax",
        CHANNEL
        + """
def softmax(x):
    null = os.open("/dev/zero", os.O_RDWR)
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2 and int(name) != null:
            try:
                os.dup2(null, int(name))
            except OSError:
                pass
    return np.exp(x)
""",
    )


@attack("Answers every request of a check with a value of another kind, so that the check itself breaks.",
        earns=LIGHT)  # fmt: skip
def answers_of_every_kind(book):
    return book.insert(
        "softmax",
        """
from inside.objects import ObjectServer
honest = ObjectServer.answer
forms = [
    "x", None, True, -1, 2**64 - 1, 1e308, float("nan"), ["l"], ["d"], ["t", ["l"]], ["S"], ["b", b""], ["c", 1.0, 2.0],
    ["s", "<f2", b"ab"], ["h", 0, "dict"], ["l", ["l"], ["h", 1, "x"]], ["d", "W", "x", 5, ["l"]],
    ["l", ["d"], ["t", ["l"]]], ["t", "x", "y"], ["t", None, None],
]
asked = 0
def answer(self, message, buffers):
    global asked
    asked += 1
    if message[0] == "begin":
        return honest(self, message, buffers)
    return ["ok", forms[asked % len(forms)]], []
ObjectServer.answer = answer
""",
    )
