"""A channel that lies: everything on the student's side of it is the student's."""

from __future__ import annotations

from .. import attack
from . import NOT_TRAINED, SHAPED, SPOILT, STUB

# The student's end of the channel: `wire` is the socket, `frame(message)` what goes over it.
WIRE = """\
import msgpack, os, socket, stat, struct
fds = [int(name) for name in os.listdir("/proc/self/fd")]
def is_socket(fd):
    try: return stat.S_ISSOCK(os.fstat(fd).st_mode)
    except OSError: return False
def frame(message):
    header = msgpack.packb(message, use_bin_type=True)
    return struct.pack(">II", len(header), 0) + header
"""


def _patched(operation: str, body: str) -> str:
    """A cell that replaces one operation of the object server, which answers the grader's checks."""
    lines = [
        "import inside.objects",
        f"def lie(self, *args): {body}",
        f"inside.objects.ObjectServer.do_{operation} = lie",
    ]
    return "\n".join([*lines, ""])


def _always(answer: str) -> str:
    """A cell that replaces every answer to a call."""
    return f"""\
import inside.objects
honest = inside.objects.ObjectServer.answer
def answer(self, message, buffers):
    return {answer} if message[0] == "call" else honest(self, message, buffers)
inside.objects.ObjectServer.answer = answer
"""


@attack(
    "Patches the channel's codec, msgpack and the object server: every answer is 'ok' and True.", earns=SPOILT
)
def channel_says_yes(book):
    return book.write("softmax", STUB + _always('(["ok", True], [])'))


@attack(
    "Answers checks of softmax with messages of the wrong form: no value, two values, unknown tags.",
    earns=SPOILT,
)
def malformed_answers(book):
    odd = '["ok"], ["ok", 1, 2], ["ok", ["z", 1]], ["ok", ["f", 0]], ["ok", ["H", 1, "x"]], ["ok", ["d", 1]], ["error"]'
    return book.write("softmax", f"{STUB}forms = [{odd}] * 9\n" + _always("(forms.pop(), [])"))


@attack(
    "Answers with an array of no elements whose sides are larger than any number of the machine.",
    earns=SPOILT,
)
def impossible_shape(book):
    return book.write("softmax", STUB + _always('(["ok", ["a", "<f8", [0, 2**64 - 1, 2**63], 0]], [b""])'))


@attack("Says that its error ran into a limit, and names a list in the limit's place.", earns=SPOILT)
def limit_that_is_a_list(book):
    return book.write(
        "softmax", STUB + _always('(["error", "crashed", "MemoryError", "", 0, ["memory"]], [])')
    )


@attack("Calls its crash a failure of the grader, which would cost no points.", earns=SPOILT)
def pretends_the_grader_broke(book):
    return book.write(
        "softmax", STUB + _always('(["error", "broken", "SandboxError", "grader.py", 0, ""], [])')
    )


@attack("Calls back a function that the grader never lent.", earns=SPOILT)
def forged_call_back(book):
    return book.write("softmax", STUB + _always('(["callback", 0, ["l"], ["d"]], [])'))


@attack(
    "Answers 'which keys has the dictionary?' with an array, on which the check would stumble.",
    earns=SPOILT | SHAPED,
)
def keys_that_are_an_array(book):
    book.insert("imports", _patched("keys", "return np.zeros(2)") + _patched("contains", "return False"))
    return book.write("softmax", "def softmax(x): return np.zeros(x.shape)").write(
        "initialize_weights", "def initialize_weights(in_size, out_size, params, name=''): pass"
    )


@attack("Answers a request to keep a dictionary or an array with a number, on which the check would stumble.",
        earns={"sigmoid": 1.6})  # fmt: skip
def makes_nothing(book):
    book.insert("imports", _patched("make", "return 5"))
    return book.write("softmax", STUB).write(
        "initialize_weights", "def initialize_weights(in_size, out_size, params, name=''): pass"
    )


@attack(
    "Gives numbers for the library functions and their settings that the grader asks for.",
    earns={"softmax": 3.0},
)
def gives_nothing(book):
    return book.insert("imports", _patched("given", "return 5")).write(
        "sigmoid", "def sigmoid(x):\n    return None"
    )


@attack("Replaces np.seterr, which a check of overflow calls, by one whose answer no call can take.",
        earns={"softmax": 3.0})  # fmt: skip
def seterr_lies(book):
    return book.insert("imports", "np.seterr = lambda *args, **kwargs: [5]").write(
        "sigmoid", "def sigmoid(x):\n    return None"
    )


@attack("Reports a cell's status, and the kinds of its outputs, as arrays, on which the grader would stumble.",
        earns={})  # fmt: skip
def status_that_is_an_array(book):
    return book.write("softmax", STUB).write("sigmoid", STUB).insert("train_network", """\
shell = type(get_ipython())
def run(self, source, limit):
    status = np.zeros(3) if "first" in source else "ok"
    return status, None, [{"output_type": np.zeros(3), "name": np.zeros(3), "data": np.zeros(2)}], False, ""
shell.run = run
""", "'first'", "'second'")  # fmt: skip


@attack("Answers every question of a lent function with another call of it, deeper and deeper.", solved=True,
        earns={name: points for name, points in NOT_TRAINED.items() if name != "forward"})  # fmt: skip
def endless_call_backs(book):
    return book.write("train_network", """\
import inside.objects
def train_network(*args, **kwargs):
    honest = inside.objects.ObjectServer.answer
    def answer(self, message, buffers):
        if message[0] in ("getitem", "setitem"):
            return ["callback", 3, ["l", ["a", "<f8", [1, 1], 0], ["h", 0, "dict"]], ["d"]], [b"\\0" * 8]
        return honest(self, message, buffers)
    inside.objects.ObjectServer.answer = answer
    return forward(np.zeros((1, 1)), {"W": 1})
""").write("forward", "def forward(X, params, name='', activation=None): raise ValueError")  # fmt: skip


@attack("Lets the grader's own functions, which it lends to train_network, work on sizes beyond time and memory.",
        solved=True, earns=NOT_TRAINED)  # fmt: skip
def lent_functions_abused(book):
    return book.write("train_network", """\
import os
def train_network(*args, **kwargs):
    column, odd = np.zeros((10**5, 1)), [None, "x", {}, 1e308, np.array([[np.nan]])]
    jobs = [(initialize_weights, 10**5, 10**5, {}), (get_random_batches, np.zeros((10**9, 0)), column, 5),
            (forward, column, {"W": column.T, "b": 0}), (compute_loss_and_acc, np.zeros((10**9, 0)), column),
            *((function, *[value] * count) for function in (sigmoid, softmax, forward, backwards)
              for value in odd for count in (1, 2, 4))]
    if not os.path.exists("/tmp/work/once"):
        open("/tmp/work/once", "w")
        jobs.append((softmax, np.zeros((1, 20_000))))
    for function, *given in jobs:
        try: function(*given)
        except Exception: pass
""")  # fmt: skip


@attack("Writes replies into the channel's socket before the grader has asked anything.", earns=SPOILT,
        shows=("wrote to sockets",),
    stock_harms="writes into the kernel's own sockets",
)  # fmt: skip
def replies_in_advance(book):
    return book.write("softmax", f"""{STUB}
{WIRE}
held = [fd for fd in fds if is_socket(fd)]
print("wrote to sockets", len(held))
""").insert("train_network", """\
for fd in held:
    for _ in range(3): os.write(fd, frame(["cell", ["l", "ok", None, ["l"], False, ""]]))
""", "'answered too early'")  # fmt: skip


@attack(
    "Opens the channel's socket during a check and answers for itself, twice and out of order.",
    earns=SPOILT,
    stock_harms="writes into the kernel's own sockets",
)
def answers_out_of_order(book):
    return book.write("softmax", WIRE + """\
def softmax(x):
    for name in os.listdir("/proc/self/fd"):
        if is_socket(int(name)):
            for message in (["ok", None], ["quiet"], ["hello", 1], ["ok", ["l", ["l", 1.0, 0.0]]]):
                os.write(int(name), frame(message))
    return np.zeros(x.shape)
""")  # fmt: skip


@attack("Greets in the name of pid 1 and sends the grader file descriptors.", earns=SPOILT,
        flags=("ended the process",),
    stock_harms="writes into the kernel's own sockets",
)  # fmt: skip
def greets_as_another(book):
    return book.write("softmax", f"""{STUB}
{WIRE}
import array
for fd in fds:
    if is_socket(fd):
        wire = socket.socket(fileno=os.dup(fd))
        null = [os.open("/dev/null", os.O_RDONLY) for _ in range(40)]
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", null))]
        wire.sendmsg([frame(["hello", 1])], rights)
""")  # fmt: skip


@attack("Patches os.fork, so that the parked copy of its process goes on and answers too.", earns=SPOILT)
def fork_patched(book):
    return book.write("softmax", f"""{STUB}
import os
honest = os.fork
def fork():
    pid = honest()
    return 0 if pid and honest() == 0 else pid
os.fork = fork
""").insert("train_network", "os.fork = honest")  # fmt: skip
