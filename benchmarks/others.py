"""The graders beside Chainrule that need a form of their own: nbclient with in-kernel checks, and Otter-Grader.

Both get notebooks that are merged with the release already; that work is not counted against them.
"""

from __future__ import annotations

import json
import subprocess
import sys
import venv
import zipfile
from importlib import metadata
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.checks import checks_of
from autograder.pipeline.grade_one import Task, merge_all
from autograder.pipeline.merge import MergedCell, Role
from autograder.pipeline.source import hidden_line

from . import cost

ROOT = Path(__file__).parents[1]
OTTER = "otter-grader>=7,<8"
# What the notebook, student_lib and the checks import, at the versions of this interpreter; ipykernel runs it.
SHARED = ("numpy", "scipy", "matplotlib", "scikit-image", "ipywidgets", "tqdm", "pooch", "markdown-it-py", "fpdf2",
          "ipykernel", "ipython", "msgpack", "nbconvert", "nbclient")  # fmt: skip
KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}

Scores = dict[str, dict[str, float]]  # by student, by exercise


# --- nbclient

EXECUTE = """\
import json, sys
from pathlib import Path
import nbformat
from nbclient import NotebookClient

scores = {}
for path in sorted(Path.cwd().glob("*/*.ipynb")):
    notebook = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, timeout=90, kernel_name="python3", allow_errors=True, resources=resources).execute()
    values = scores[path.parent.name] = {}
    for cell in notebook.cells:
        if "exercise" in cell.metadata:
            shown = [output for output in cell.outputs if output.output_type == "execute_result"]
            values[cell.metadata.exercise] = float(shown[-1].data["text/plain"]) if shown else 0.0
Path(sys.argv[1]).write_text(json.dumps(scores))
"""


def nbclient(tasks: list[Task], folder: Path) -> tuple[cost.Cost, Scores]:
    """A kernel for each notebook, in which the hidden line of the stock release is executed at each graded cell."""
    for task in tasks:
        _write(task, folder, lambda cell: hidden_line(cell.exercise, cell.points))
    answer = folder / "scores.json"
    spent = cost.run([sys.executable, "-c", EXECUTE, str(answer)], cwds=[folder])
    return spent, json.loads(answer.read_text())


# --- Otter-Grader

GRADE = """\
import json, sys
from pathlib import Path
from otter.api import grade_submission

scores = {}
for path in sorted(Path.cwd().glob("*/*.ipynb")):
    results = grade_submission(str(path), "autograder.zip", quiet=True)
    scores[path.parent.name] = {name: result.score for name, result in results.results.items()}
Path(sys.argv[1]).write_text(json.dumps(scores))
"""

TEST = """\
from autograder.stock import verdicts
from otter.test_files import test_case

OK_FORMAT = False
name = {exercise!r}
found = {{}}

def earns(env, check):
    if not found:
        found.update(verdicts(name, env))
    assert found[check] in ("passed", "broken"), found[check]
"""

CASE = """

@test_case(points={points!r}, hidden=True)
def test_{check}(env):
    earns(env, {check!r})
"""


def install_otter(folder: Path) -> Path:
    """A virtual environment with Otter-Grader in `folder`, made if it has none; its interpreter.

    Chainrule itself is found through PYTHONPATH.
    """
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        pins = [f"{name}=={metadata.version(name)}" for name in SHARED]
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", OTTER, *pins], check=True)
    return python


def otter(tasks: list[Task], folder: Path, python: Path) -> tuple[cost.Cost, Scores]:
    """`otter.api.grade_submission` on one after the other, in one process: Otter without containers at its fastest.

    The notebook in Otter's form: the graded cell of each exercise is `grader.check(...)`. Its test file has one case
    for each hidden check, worth the check's share of the points; the first that is asked runs all of them through
    autograder.stock, as stock nbgrader does. Written answers have no tests.
    """
    for task in tasks:
        _write(task, folder, lambda cell: f"grader.check({cell.exercise!r})", _GRADER)
    with zipfile.ZipFile(folder / "autograder.zip", "w") as archive:
        archive.writestr("otter_config.json", json.dumps({"pdf": False, "zips": False}))
        for name, data in tasks[0].suite.files.items():
            archive.writestr(f"files/{name}", data)
        for cell in merge_all(tasks[0]).notebooks[0].graded():
            archive.writestr(f"tests/{cell.exercise}.py", _test_file(cell))
    answer = folder / "scores.json"
    command = ["env", f"PYTHONPATH={ROOT}", str(python), "-c", GRADE, str(answer)]
    return cost.run(command, cwds=[folder]), json.loads(answer.read_text())


def otter_version(python: Path) -> str:
    """The version in that environment."""
    asked = "import importlib.metadata as m; print(m.version('otter-grader'))"
    return subprocess.run(
        [str(python), "-c", asked], check=True, capture_output=True, text=True
    ).stdout.strip()


_GRADER = "import otter\ngrader = otter.Notebook()"


def _test_file(cell: MergedCell) -> str:
    checks = checks_of(cell.exercise)
    whole = sum(check.weight for check in checks)
    cases = (CASE.format(points=cell.points * check.weight / whole, check=check.name) for check in checks)
    return TEST.format(exercise=cell.exercise) + "".join(cases)


def _write(task: Task, folder: Path, graded: Any, first: str = "") -> None:
    """The student's merged notebook below folder/STUDENT, with `graded(cell)` as the source of each graded cell."""
    (merged,) = merge_all(task).notebooks
    cells = [new_code_cell(first)] if first else []
    for cell in merged.cells:
        if cell.role is Role.GRADED:
            cells.append(new_code_cell(graded(cell), metadata={"exercise": cell.exercise}))
        else:
            new = new_code_cell if cell.cell_type == "code" else new_markdown_cell
            cells.append(new(cell.source))
    place = folder / task.student
    place.mkdir(parents=True)
    nbformat.write(new_notebook(cells=cells, metadata=KERNEL), place / f"{merged.name}.ipynb")
    for name, data in task.suite.files.items():
        target = place / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
