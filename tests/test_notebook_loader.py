"""Loading one's own work from another notebook, and the notebook for debugging that does so."""

import contextlib
import io
import json
import os
import time
from pathlib import Path

import matplotlib
import numpy as np
import pytest

from autograder.nbgrader_preprocessors import stub
from student_lib.notebook import NotebookError, if_written, solutions

matplotlib.use("Agg")
SOURCE = Path(__file__).resolve().parents[1] / "source" / "fourier_features"
NAME = "fourier_features.ipynb"


def cell(source, grade_id=None, tags=()):
    metadata = {"tags": list(tags)} | ({"nbgrader": {"grade_id": grade_id}} if grade_id else {})
    return {"cell_type": "code", "id": "plain", "metadata": metadata, "source": source.splitlines(True)}


def write(folder, *cells):
    path = Path(folder) / "work.ipynb"
    path.write_text(json.dumps({"cells": list(cells), "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8")
    return path


IMPORTS = cell("%matplotlib inline\nimport numpy as np\n!pip list")
GIVEN = cell("class Network:\n    size = 3\n", tags=["given"])


def solved(name, source):
    return cell(source, f"course.{name}-solution")


# --- loading ------------------------------------------------------------------------------------------------


def test_only_beginning_given_solution_and_helper_cells_run(tmp_path, capsys):
    path = write(
        tmp_path,
        {"cell_type": "markdown", "metadata": {}, "source": "# Title"},
        IMPORTS,
        GIVEN,
        solved("double", "def double(x):\n    return helper(x) * FACTOR"),
        cell("raise RuntimeError('a check ran')", "course.double-check"),
        cell("def helper(x):\n    return np.asarray(x)\n\nFACTOR = 2\nresult = 1 / 0\nprint('trained')"),
    )
    mine = solutions(path)
    assert mine.double([1, 2]).tolist() == [2, 4]
    assert mine.Network.size == 3
    assert (mine.unwritten, hasattr(mine, "result")) == ((), False)
    assert capsys.readouterr().out == "work.ipynb, saved just now. Not written yet: nothing\n"


def test_a_stub_is_named_and_the_rest_is_there(tmp_path, capsys):
    path = write(
        tmp_path,
        IMPORTS,
        solved("half", f"def half(x):\n    {stub('course.half')}"),
        solved("double", "def double(x):\n    return 2 * x"),
    )
    mine = solutions(path)
    assert mine.unwritten == ("course.half",)
    assert "Not written yet: course.half\n" in capsys.readouterr().out
    assert mine.double(3) == 6
    with if_written("course.half"):
        mine.half(3)
    assert capsys.readouterr().out == "not written yet: course.half\n"


def test_a_solution_that_does_not_run_is_left_out_with_cell_line_and_reason(tmp_path, capsys):
    path = write(
        tmp_path,
        IMPORTS,
        solved("half", "x = 1\ndef half(x:\n    pass"),
        solved("double", "double = 2 * nothing"),
    )
    mine = solutions(path)
    printed = capsys.readouterr().out
    assert "cell course.half-solution does not run" in printed
    assert "line 2: def half(x:" in printed
    assert (
        "NameError: name 'nothing' is not defined\n  work.ipynb, cell course.double-solution, line 1"
        in printed
    )
    assert mine.unwritten == ("course.half", "course.double")


def test_two_loads_are_independent(tmp_path):
    path = write(tmp_path, IMPORTS, GIVEN, solved("size", "def size():\n    return Network.size"))
    first, second = solutions(path, quiet=True), solutions(path, quiet=True)
    first.Network.size = 7
    assert (first.size(), second.size()) == (7, 3)


def test_a_line_that_starts_with_a_percent_sign_may_be_python(tmp_path):
    path = write(tmp_path, cell("a = (7\n% 4)"))
    assert solutions(path, quiet=True).a == 3


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "there is no work.ipynb in"),
        ("", "is empty: open it in Jupyter and save it"),
        ("{'cells'", "is no notebook (JSONDecodeError"),
        ("{}", "is no notebook (KeyError"),
        ('{"cells": [1]}', "is no notebook (TypeError"),
        ('{"cells": []}', "has no cells"),
    ],
)
def test_what_is_no_saved_notebook_is_refused_in_words(tmp_path, content, words):
    path = tmp_path / "work.ipynb"
    if content is not None:
        path.write_text(content)
    with pytest.raises(NotebookError) as caught:
        solutions(path)
    assert words in str(caught.value)
    assert caught.value._render_traceback_() == [str(caught.value)]


def test_without_the_given_cells_nothing_works(tmp_path):
    with pytest.raises(NotebookError, match=r"cannot be used: cell plain does not run: ZeroDivisionError"):
        solutions(write(tmp_path, IMPORTS, cell("1 / 0", tags=["given"])))


def test_it_says_how_old_the_saved_work_is(tmp_path, capsys):
    path = write(tmp_path, IMPORTS)
    for seconds, words in ((150, "2 minutes"), (3700, "1 hour"), (200_000, "2 days")):
        os.utime(path, (time.time() - seconds,) * 2)
        solutions(path)
        assert f"saved {words} ago" in capsys.readouterr().out


def test_a_crash_is_told_from_what_is_not_written(tmp_path, capsys):
    mine = solutions(write(tmp_path, IMPORTS, solved("f", "def f(x):\n    return x.nothing")), quiet=True)
    with if_written("course.f"):
        mine.f(3)
    with if_written("course.g"):
        mine.g(3)
    crashed, missing = capsys.readouterr().out.splitlines()[0::2]
    assert crashed == "crashed: course.f: AttributeError: 'int' object has no attribute 'nothing'"
    assert missing.startswith("not written yet: course.g")


# --- develop.ipynb ------------------------------------------------------------------------------------------


def graded(change=lambda grade_id, source: source):
    """The graded notebook's cells with `change` applied to its solution cells."""
    notebook = json.loads((SOURCE / NAME).read_text(encoding="utf-8"))
    for one in notebook["cells"]:
        grade_id = one["metadata"].get("nbgrader", {}).get("grade_id", "")
        if one["cell_type"] == "code" and grade_id.endswith("-solution"):
            one["source"] = change(grade_id.removesuffix("-solution"), "".join(one["source"]))
    return json.dumps(notebook)


def replaced(old, new):
    """The graded notebook with `old` replaced in the first solution cell that has it."""
    places = []

    def change(grade_id, source):
        places.extend([grade_id] if old in source else [])
        return source.replace(old, new) if places == [grade_id] else source

    changed = graded(change)
    assert places, f"no solution cell has {old!r} any more"
    return changed


def released(grade_id, source):
    """A solution cell as nbgrader's release has it."""
    lines, hidden = [], False
    for line in source.splitlines():
        if "BEGIN SOLUTION" in line:
            hidden = True
            lines.append(line.split("#")[0] + stub(grade_id))
        if not hidden:
            lines.append(line)
        hidden = hidden and "END SOLUTION" not in line
    return "\n".join(lines)


def run(folder, notebook, monkeypatch, full=False):
    """Execute develop.ipynb beside `notebook`; its names, and what each cell printed by cell id."""
    (folder / NAME).write_text(notebook, encoding="utf-8")
    monkeypatch.chdir(folder)
    if not full:
        monkeypatch.setenv("CHAINRULE_GRADING", "1")
    names, printed = {"__name__": "__main__"}, {}
    for one in json.loads((SOURCE / "develop.ipynb").read_text(encoding="utf-8"))["cells"]:
        if one["cell_type"] == "code":
            source = "".join(one["source"]).replace("%matplotlib inline", "")
            with contextlib.redirect_stdout(io.StringIO()) as out, np.errstate(over="ignore"):
                exec(compile(source, one["id"], "exec"), names)
            printed[one["id"]] = out.getvalue()
            matplotlib.pyplot.close("all")
    return names, printed


def verdicts(names):
    return {
        f"{row} {name}": right for row, cells in names["verdicts"].items() for name, right in cells.items()
    }


@pytest.mark.slow
def test_right_work_is_green_and_the_numbers_of_the_text_are_true(tmp_path, monkeypatch):
    names, printed = run(tmp_path, graded(), monkeypatch, full=True)
    assert set(verdicts(names).values()) == {True}
    assert not any("not yet" in text or "crashed" in text for text in printed.values())
    assert "claim A / measured: from 0.500 to 0.500" in printed["opening-reveal"]
    assert "loss times 1.00, mse_grad times 0.25" in printed["mse"]
    assert "relu_grad says 0, slopes says 0.5\nlargest sigmoid_grad: 0.2500" in printed["entrywise"]
    assert "quotient 1.000" in printed["ten"]
    assert float(printed["ten"].rpartition("PSNR")[2].split()[0]) > 50
    assert printed["adam"].count("first step  1.000 lr, second -0.053 lr") == 4
    final = names["final"]
    assert abs(final["yours"] - final["hers"]) < 1.5 < 20 < min(final.values())
    hers = names["examine"](names["hers"])
    assert not any(right for row in hers.values() for right in row.values())
    damaged = names["examine"](names["damaged"])
    assert all(right == (name[0] == "W") for row in damaged.values() for name, right in row.items())


def test_the_toy_networks_leave_no_slope_out(tmp_path, monkeypatch):
    names, _ = run(tmp_path, graded(), monkeypatch)
    for depth in names["DEPTHS"]:
        seen = []
        names["judge"] = lambda *arguments, seen=seen, X: seen.append(arguments)
        names["judge_network"](names["mine"], depth)
        assert len(seen) == 2 * depth
        for _, _, derived, loss, x, _ in seen:
            assert np.all(derived)
            np.testing.assert_allclose(
                names["slopes"](loss, x), names["slopes"](loss, x, 1e-5), rtol=1e-4, atol=1e-9
            )


def test_as_released_every_section_says_what_is_not_written(tmp_path, monkeypatch):
    names, printed = run(tmp_path, graded(released), monkeypatch)
    assert set(verdicts(names).values()) == {None}
    for name in ("linear", "relu", "sigmoid", "mse", "adam"):
        where = "entrywise" if name in ("relu", "sigmoid") else name
        assert f"not written yet: fourier_features.{name}\n" in printed[where]
    for id in ("network", "mean-figure", "bug-train", "ten"):
        assert "not written yet: fourier_features.forward" in printed[id]
    assert not any("crashed" in text for text in printed.values())


MISTAKES = [
    ("de_dz.sum(axis=0)", "de_dz.mean(axis=0)", "linear_grad b", "ours divided by 5; the batch has 5 rows"),
    (
        "de_dz.sum(axis=0)",
        "de_dz.sum(axis=0, keepdims=True)",
        "linear_grad b",
        "an axis of length 1 is too many",
    ),
    ("X.T @ de_dz", "de_dz.T @ X", "linear_grad W", "yours is the transpose of ours"),
    ("(X > 0).astype", "(X >= -1).astype", "relu_grad X", "not yet: relu_grad"),
    ("s * (1 - s)", "X * (1 - X)", "sigmoid_grad X", "not yet: sigmoid_grad"),
    ("2 * (p - y) / y.size", "2 * (p - y) / len(y)", "mse_grad p", "yours is 3 times ours"),
    ("2 * (p - y) / y.size", "2 * (y - p) / y.size", "mse_grad p", "the opposite sign"),
    (
        "* self.relu_grad(self.outputs",
        "* 1 + 0 * (self.outputs",
        "backward, 3 layers W1",
        "not yet: backward",
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize(("old", "new", "red", "words"), MISTAKES)
def test_a_mistake_is_located(tmp_path, monkeypatch, old, new, red, words):
    names, printed = run(tmp_path, replaced(old, new), monkeypatch)
    found = verdicts(names)
    assert found[red] is False
    assert red.startswith("backward") or next(n for n, right in found.items() if right is False) == red
    assert words in "".join(printed.values())


def as_plain_functions(grade_id, source):
    return (
        source.replace("@add_to(NeuralNetwork)\ndef linear(self, ", "def linear(")
        .replace("@add_to(NeuralNetwork)\ndef linear_grad(self, ", "def linear_grad(")
        .replace("self.linear", "linear")
    )


def in_float32(grade_id, source):
    return source.replace("return X @ W + b", "return (X @ W + b).astype(np.float32)")


def half_the_loss(grade_id, source):
    return (
        source.replace(
            "np.mean((y - p) ** 2)\n    ### END", "np.mean((y - p) ** 2) / 2\n    ### END"
        ).replace("2 * (p - y) / y.size", "(p - y) / y.size")
        if grade_id.endswith(".mse")
        else source
    )


@pytest.mark.parametrize("change", [as_plain_functions, in_float32, half_the_loss])
def test_unusual_right_work_is_green(tmp_path, monkeypatch, change):
    assert graded(change) != graded()
    names, _ = run(tmp_path, graded(change), monkeypatch)
    assert set(verdicts(names).values()) == {True}


def test_adams_faults_have_their_numbers(tmp_path, monkeypatch):
    late = replaced("self.t = 0", "self.t = 1")
    assert run(tmp_path, late, monkeypatch)[1]["adam"].count("first step  0.744") == 4
    raw = replaced(
        "self.m[name] / (1 - b1**self.t), self.v[name] / (1 - b2**self.t)", "self.m[name], self.v[name]"
    )
    assert run(tmp_path, raw, monkeypatch)[1]["adam"].count("first step  3.162") == 4
    forgets = replaced('if not hasattr(self, "t"):', "if True:")
    assert run(tmp_path, forgets, monkeypatch)[1]["adam"].count("second -1.000") == 4


def test_the_notebook_holds_no_graded_cell_and_no_answer():
    notebook = json.loads((SOURCE / "develop.ipynb").read_text(encoding="utf-8"))
    assert not any("nbgrader" in one["metadata"] for one in notebook["cells"])
    code = "".join("".join(one["source"]) for one in notebook["cells"] if one["cell_type"] == "code")
    assert not any(
        answer in code for answer in (".T @", "@ W", "np.maximum", "np.exp(-x", "(p - y)", "(1 - p)")
    )
