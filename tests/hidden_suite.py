"""What tests of the hidden suites share: grading in this process, and notebooks executed without a kernel."""

import contextlib
import io
import json
import linecache
import re
import types
import zlib
from functools import lru_cache
from pathlib import Path

from matplotlib import pyplot as plt

from autograder import reference
from autograder.checks import checks_of
from autograder.checks.runner import run_exercise, try_check
from autograder.model import Verdict
from autograder.pipeline.carry import _course_version
from autograder.pipeline.source import read_notebook
from autograder.sandbox.remote import local_student

CHECKOUT = Path(__file__).resolve().parents[1]

# --- grading


def grade(exercise_id, seed=3, source="", prepare=None, **changes):
    """Grade the reference for 10 points, with names changed and `source` executed as a last cell.

    `prepare(names)`, if given, changes the reference's namespace before both.
    """

    def make():
        names = reference.namespace(exercise_id)
        if prepare is not None:
            prepare(names)
        names.update(changes)
        exec(compiled(source), names)
        return local_student(names)

    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return run_exercise(
            exercise_id, make, lambda name: zlib.crc32(f"{exercise_id}/{name}/{seed}".encode()), 10
        )


def tried(exercise_id, check_name, source, seed=5):
    """One check alone, the one whose name starts so, on the reference with `source` executed as a last cell."""
    [check] = [check for check in checks_of(exercise_id) if check.name.startswith(check_name)]
    names = reference.namespace(exercise_id)
    exec(source, names)
    return try_check(check, lambda: local_student(names), seed)


def compiled(source):
    """`source` compiled, with lines that a traceback finds, as those of a notebook's cell."""
    name = f"<cell {zlib.crc32(source.encode())}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    return compile(source, name, "exec")


def failed(result):
    """(name, symptom, error) of each check that did not pass."""
    return [(item.name, item.symptom, item.error) for item in result.checks if item.verdict != Verdict.PASSED]


def label(solution):
    """A test's id for a solution of the corpus."""
    return f"{solution.exercise.partition('.')[2]}-{solution.kind}-{solution.name}"


# --- the nn.py that later assignments import


@lru_cache
def course_nn():
    """The source of the course's nn.py, as later assignments are graded with it."""
    cells = read_notebook(CHECKOUT / "source" / "backprop" / "fully_connected.ipynb")["cells"]
    return _course_version(cells, "fully_connected").decode()


def course_nn_module():
    """The course's nn.py as a module, a new one each time."""
    module = types.ModuleType("nn")
    exec(course_nn(), module.__dict__)
    return module


@lru_cache
def nn_functions(carried):
    """The functions of the course's nn.py that have these names, a tuple."""
    module = course_nn_module()
    return {name: getattr(module, name) for name in carried}


# --- notebooks


def code_cells(notebook):
    """The code cells of the notebook at this path, as JSON has them."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def run_notebook(notebook, change=lambda source, cell: source):
    """Execute the code cells without hidden tests and figures; return what was printed, and all names.

    `change(source, cell)` gives the source that is executed in the place of a cell's own.
    """
    names = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()):
        for code in code_cells(notebook):
            source = "".join(code["source"]).partition("### BEGIN HIDDEN TESTS")[0]
            source = change(source.replace("%matplotlib inline\n", ""), code)
            exec(compile(source, code["id"], "exec"), names)
            plt.close("all")
    return out.getvalue(), names


def stubbed(source, cell):
    """A change for `run_notebook`: solutions are stubs, as in the release, that raise the cell's id."""
    data = cell["metadata"].get("nbgrader", {})
    if not data.get("solution"):
        return source
    stub = f'raise NotImplementedError("{data["grade_id"]}")'
    return re.sub(r"### BEGIN SOLUTION.*?### END SOLUTION", stub, source, flags=re.DOTALL)


def points_of(notebook):
    """The points of each graded cell and written answer, by grade_id."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    graded = [cell["metadata"]["nbgrader"] for cell in cells if "nbgrader" in cell["metadata"]]
    return {data["grade_id"]: data["points"] for data in graded if data["grade"]}
