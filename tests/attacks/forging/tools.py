"""Forged tools of the grader: packages and files of its own, patched libraries, results written in advance."""

from __future__ import annotations

from autograder.pipeline.demo import FORGED_SCORE

from .. import attack
from . import SPOILT, STUB


@attack("Puts a package `autograder` of its own into sys.modules, whose score gives everything.", earns={})
def own_autograder(book):
    return book.write("softmax", STUB).write("sigmoid", STUB).insert("initialize_weights-text", FORGED_SCORE)


@attack(
    "Hands in files that Python, pytest and nbgrader would run: numpy.py, sitecustomize.py, conftest.py, a config.",
    earns=SPOILT,
    shows=("own files []",),
    files={
        "numpy.py": b"raise SystemExit", "sitecustomize.py": b"print('owned')", "usercustomize.py": b"print('owned')",
        "conftest.py": b"raise SystemExit", "msgpack.py": b"raise SystemExit", "autograder/__init__.py": b"",
        "autograder/stock.py": b"score = lambda exercise, points: points", "inside/objects.py": b"raise SystemExit",
        "student_lib/expect.py": b"raise SystemExit", "nbgrader_config.py": b"raise SystemExit",
        "assignment.toml": b"points = 1", "gradebook.db": b"SQLite format 3\0", "pyproject.toml": b"[tool.pytest]",
        "results/backprop/m-forging-files-that-run.json": b'{"score": 29}', "timestamp.txt": b"2020-01-01 00:00:00 UTC",
        ".pth": b"import os", "nbgrader_config.json": b"{}", ".nbgrader.log": b"",
    },
)  # fmt: skip
def files_that_run(book):
    return book.write("softmax", f"""{STUB}
import sys
modules = [module for name, module in sys.modules.items() if name.split(".")[0] in ("numpy", "msgpack", "inside")]
print("own files", [module for module in modules if str(getattr(module, "__file__", "")).startswith("/tmp")])
""")  # fmt: skip


@attack("Writes results, gradebook rows and feedback into the folders where a grader would keep them.", earns=SPOILT,
        shows=("wrote",))  # fmt: skip
def results_written(book):
    return book.write("softmax", f"""{STUB}
import os
for folder in ("@COURSE@/results/backprop", "../../../results/backprop", "/tmp/work/results/backprop"):
    try:
        os.makedirs(folder, exist_ok=True)
        open(folder + "/m-forging-results-written.json", "w").write('{{"score": 29.0}}')
    except OSError as error: print(error.errno)
print("wrote")
""")  # fmt: skip


@attack("Patches NumPy, numpy.testing, math and builtins, so that whatever compares finds equal.", earns=SPOILT,
        shows=("patched",))  # fmt: skip
def numpy_patched(book):
    return book.write("softmax", """\
import math, numpy.testing
def softmax(x): return "anything"
yes = lambda *args, **kwargs: True
for name in ("allclose", "array_equal", "isclose", "all", "isfinite"): setattr(np, name, yes)
for name in ("assert_allclose", "assert_array_equal", "assert_equal"): setattr(numpy.testing, name, yes)
math.isclose = yes
print("patched")
""")  # fmt: skip


@attack("Patches student_lib: its checks pass, its budget and its given functions lie.", earns=SPOILT,
        shows=("always right",))  # fmt: skip
def student_lib_patched(book):
    return book.insert("imports", """\
import student_lib, student_lib.nn, sys
class Yes:
    def __getattr__(self, name): return lambda *args, **kwargs: print("always right")
expect = student_lib.expect = lambda *args, **kwargs: Yes()
for name in ("tanh", "relu", "linear", "sigmoid_deriv"): setattr(student_lib.nn, name, lambda x: x)
sys.modules["student_lib"].budget = lambda **kwargs: 1
""").write("softmax", STUB)  # fmt: skip


@attack("Patches builtins that graders add up and compare with: round, min, max, sum, abs.", earns=SPOILT,
        shows=("patched",))  # fmt: skip
def builtins_patched(book):
    return book.write("softmax", """\
import builtins
print("patched")
builtins.round = builtins.min = builtins.max = lambda *args, **kwargs: 3.0
builtins.sum = lambda *args: 29.0
builtins.abs = lambda x: 0
def softmax(x): return None
""")  # fmt: skip


@attack(
    "Announces a score when the interpreter ends: atexit, finalizers, an excepthook.",
    earns=SPOILT,
    shows=("armed",),
)
def at_exit(book):
    return book.write("softmax", f"""{STUB}
import atexit, sys, weakref
atexit.register(print, "3.0")
sys.excepthook = lambda *args: print("3.0")
class Last:
    def __del__(self): print("3.0")
last = Last()
weakref.finalize(last, print, "3.0")
print("armed")
""")  # fmt: skip
