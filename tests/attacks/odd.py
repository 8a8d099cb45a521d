"""Correct but odd: right work in unusual clothes gets full marks."""

from __future__ import annotations

import json

from autograder.pipeline.demo import EQUALS_EVERYTHING

from . import SOLVED, attack

RIGHT = """\
def softmax(x):
    odds = np.exp(x - x.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)
"""


def _with(before: str, after: str = "") -> str:
    """The right softmax with lines before its first and a word of what becomes of its result."""
    return RIGHT.replace("    odds =", f"    {before}\n    odds =", 1) + after


def _rewritten(book, change) -> bytes:
    """The notebook's JSON after `change(notebook)`."""
    notebook = json.loads(book.saved())
    change(notebook)
    return json.dumps(notebook, ensure_ascii=False).encode()


@attack("A right answer that warns on every call, by warnings, NumPy and stderr.", shows=("careful",))
def warns(book):
    return book.write("softmax", _with("warnings.warn('slow'); print('careful', file=sys.stderr); np.log(np.zeros(1))",
                                       "import sys, warnings\nwarnings.simplefilter('always')\n"))  # fmt: skip


@attack(
    "A right answer that prints a lot, while cells and while checks run.",
    shows=("more characters were not kept",),
)
def prints_a_lot(book):
    book.insert("softmax", "for step in range(300): print('loss', step, *range(100))")
    return book.write("softmax", _with("print('x' * 80, x, *range(5000))"))


@attack("A right answer that sleeps a little on every call.")
def sleeps(book):
    return book.write("softmax", _with("time.sleep(0.05)", "import time\n"))


@attack("Uses seeds and generators of its own, in cells and in functions.", solved=True, earns=SOLVED)
def own_seed(book):
    seeds = "import random\nrandom.seed(1)\nnp.random.seed(2)\nmine = np.random.default_rng(3)"
    return book.insert("imports", seeds).write(
        "get_random_batches", """\
def get_random_batches(x, y, batch_size):
    order = mine.permutation(len(x))
    return [(x[order[i:i + batch_size]], y[order[i:i + batch_size]]) for i in range(0, len(x), batch_size)]
""")  # fmt: skip


@attack("Ships extra cells that fail, extra notebooks, data, pictures and modules, one of which it imports.",
        files={"helpers.py": b"def shift(x):\n    return x - x.max(axis=1, keepdims=True)\n", "data/a.csv": b"1,2\n",
               "picture.png": b"\x89PNG", "Untitled.ipynb": b"{}", "notes.docx": b"PK", ".DS_Store": b"\0",
               ".ipynb_checkpoints/fully_connected-checkpoint.ipynb": b"{}"})  # fmt: skip
def extra_cells_and_files(book):
    book.write("softmax", "from helpers import shift\ndef softmax(x):\n    odds = np.exp(shift(x))\n"
                          "    return odds / odds.sum(axis=1, keepdims=True)")  # fmt: skip
    return book.insert("softmax", "1 / 0", "def broken(:", "", "raise KeyboardInterrupt", "# only a comment")


@attack("Written by an old Jupyter on Windows: format 4.4, no cell ids, CR LF.")
def old_jupyter_on_windows(book):
    return book.saved_by_old_jupyter_on_windows()


@attack("Saved in format 3, with worksheets and inputs.", flags=("old format",))
def format_three(book):
    def change(notebook):
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                cell["input"] = cell.pop("source")
        notebook.update(nbformat=3, nbformat_minor=0, worksheets=[{"cells": notebook.pop("cells")}])

    return _rewritten(book, change)


@attack(
    "Saved in a format that does not exist yet, with fields that nobody knows.", flags=("read as format 4",)
)
def format_of_the_future(book):
    def change(notebook):
        notebook.update(nbformat=6, nbformat_minor=2, future={"cells": []})
        for cell in notebook["cells"]:
            cell.update(attachments={}, future=[1], execution_count="many")

    return _rewritten(book, change)


@attack("All metadata are gone, as after an upload to another service.", flags=("no metadata",))
def no_metadata(book):
    def change(notebook):
        notebook["metadata"] = {}
        for cell in notebook["cells"]:
            cell["metadata"] = {}
            cell.pop("id", None)

    return _rewritten(book, change)


@attack("Saved by Colab and VS Code: their metadata, their ids, sources as one string, no nbformat_minor.")
def other_editors(book):
    def change(notebook):
        notebook["metadata"] |= {"colab": {"provenance": [], "toc_visible": True}, "accelerator": "GPU"}
        notebook["metadata"].pop("kernelspec", None)
        notebook.pop("nbformat_minor")
        for number, cell in enumerate(notebook["cells"]):
            cell["source"] = "".join(cell["source"])
            cell["id"] = f"aZ_{number}-{'x' * 20}"
            cell["metadata"] |= {
                "id": cell["id"],
                "vscode": {"languageId": "python"},
                "colab": {"height": 20},
            }

    return _rewritten(book, change)


@attack("Saved as UTF-16 with a byte order mark, in one line.")
def utf_16(book):
    return json.dumps(json.loads(book.saved()), ensure_ascii=False).encode("utf-16")


@attack("Indents with tabs, names things in other alphabets, and prints letters that no encoding has.")
def other_alphabets(book):
    return book.write("softmax", """\
def softmax(x):
\t# 各行の最大値を引く
\tΔ = x - x.max(axis=1, keepdims=True)  # 🙂
\tσ = np.exp(Δ)
\tprint("\\ud800 \\udcff 🙂 \\x00\\x1b[31m")
\treturn σ / σ.sum(axis=1, keepdims=True)
""")  # fmt: skip


@attack(
    "Returns nested lists, or arrays in Fortran's order, in float32, not contiguous, or of the other byte order."
)
def unusual_values(book):
    return book.write("softmax", RIGHT + """\
right, turn = softmax, 0
def softmax(x):
    global turn
    turn += 1
    result = right(x)
    shapes = (result.tolist(), np.asfortranarray(result), result.astype(">f8"), np.repeat(result, 2, 0)[::2],
              [list(row) for row in result], tuple(map(tuple, result)))
    return shapes[turn % len(shapes)]
""")  # fmt: skip


@attack("Its functions are a class with __call__, a partial, a closure and a method.")
def callables(book):
    return book.write("softmax", """\
import functools
class Softmax:
    def __call__(self, x, axis):
        odds = np.exp(x - x.max(axis=axis, keepdims=True))
        return odds / odds.sum(axis=axis, keepdims=True)
softmax = functools.partial(Softmax(), axis=1)
""").insert("sigmoid-solution", "sigmoid = (lambda f: lambda x: f(x))(sigmoid)")  # fmt: skip


@attack("Overwrites builtins and names of the notebook by accident.")
def names_overwritten(book):
    return book.insert("imports", "sum = 0\nlist = [1, 2]\nmax = min = input = None\nx = y = print").insert(
        "softmax", "np, numpy, os, sys, range, len = 1, 2, 3, 4, 5, 6"
    )


@attack("Leaves the interpreter's state in disorder: directory, errors, warnings, streams, limits, signals.")
def state_in_disorder(book):
    return book.insert("imports", """\
import contextlib, io, os, signal, sys, warnings
os.chdir("/")
np.set_printoptions(precision=1)
sys.setrecursionlimit(5000)
signal.signal(signal.SIGINT, signal.SIG_IGN)
sys.path.clear()
os.environ.clear()
open_for_ever = contextlib.redirect_stdout(io.StringIO()).__enter__()
""").insert("softmax", "sys.stdout.close()\nsys.stderr = None\nos.close(1)")  # fmt: skip


@attack(
    "Uses magics, shell commands, top-level await, threads, processes and progress bars that end.",
    shows=("four 4",),
)
def jupyter_ways(book):
    return book.insert(
        "imports",
        "%load_ext autoreload\n%autoreload 2\n!echo four $((2 + 2))\n%matplotlib inline",
        "import asyncio\nawait asyncio.sleep(0.01)",
        "%%timeit -n1 -r1\npass",
        "%%bash\necho four $((2 + 2))",
        "import multiprocessing, threading\nfrom tqdm.auto import tqdm\n"
        "thread = threading.Thread(target=print)\nthread.start(); thread.join()\n"
        "process = multiprocessing.Process(target=print)\nprocess.start(); process.join()\nlen(list(tqdm(range(9))))",
    ).insert("train_network", "exit()", "input('name?')")


@attack("Moves, splits, duplicates and deletes cells, and solves one exercise in another's cell.",
        flags=("is there 2 times", "was missing"))  # fmt: skip
def cells_about(book):
    first, second = RIGHT.split("    return")
    book.insert("imports", "def odds_of(x):\n" + first.partition("\n")[2] + "    return odds")
    book.write("softmax", "def softmax(x):\n    odds = odds_of(x)\n    return" + second)
    book.duplicate_above("softmax-solution", "def softmax(x):\n    return x  # first try")
    return book.delete("softmax-text").delete("softmax-check")


@attack("Catches everything, cleans up with finally, recurses, and counts in globals.")
def defensive(book):
    return book.write("softmax", RIGHT + """\
right, calls = softmax, 0
def softmax(x, tries=3):
    global calls
    calls += 1
    if tries:
        return softmax(x, tries - 1)
    try:
        return right(x)
    except BaseException:
        return None
    finally:
        del x
""")  # fmt: skip


@attack("Answers with SciPy, which the course installs and the exercise does not forbid.")
def scipy_softmax(book):
    return book.write(
        "softmax", "def softmax(x):\n    from scipy.special import softmax\n    return softmax(x, axis=1)"
    )


@attack("Wraps right numbers in an ndarray subclass of its own.", earns=dict(SOLVED), solved=True)
def own_array_class(book):
    wrapper = EQUALS_EVERYTHING.partition("def softmax")[0]
    return book.write(
        "softmax", wrapper + RIGHT + "right = softmax\ndef softmax(x): return right(x).view(Yes)\n"
    )
