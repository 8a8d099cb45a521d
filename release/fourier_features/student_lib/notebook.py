"""What you wrote in another notebook, loaded here: `mine = solutions("fourier_features.ipynb")`.

Only the notebook's beginning, its given cells, your solutions and your helpers run: no check, no training, no
figure. So a notebook for debugging examines the code that you will hand in, not a copy of it.
"""

import ast
import json
import linecache
import re
import time
import traceback
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from student_lib.expect import ExpectationFailed

__all__ = ["NotebookError", "if_written", "solutions"]

_STUB = re.compile(r'^\s*raise NotImplementedError\("([\w.]+):', re.MULTILINE)
_DEFINITIONS = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


class NotebookError(Exception):
    """A notebook that cannot be read, or whose given cells do not run. The message is the whole report."""

    def _render_traceback_(self):
        """Give IPython the message alone: the frames lead into this library, not to the mistake."""
        return [str(self)]


def solutions(path, *, quiet=False):
    """Return a fresh module with what the saved notebook `path` defines; unless `quiet`, print what is not written.

    Run are: the first code cell, cells tagged `given`, your solution cells, and of your own cells the imports,
    functions, classes and plain constants. Lines of IPython (`%matplotlib inline`, `!pip`) are left out. The
    module's `unwritten` holds the ids of exercises that still have a stub; calling one raises
    NotImplementedError. A solution cell that does not run is named, with the reason, and left out.

    Two calls give two modules: changing one, to plant a fault, leaves the other as it is. Raises NotebookError
    when there is no such file, when it is no notebook, or when a given cell does not run.

    >>> mine = solutions("fourier_features.ipynb")    # doctest: +SKIP
    fourier_features.ipynb, saved 2 minutes ago. Not written yet: fourier_features.update
    >>> mine.psnr(y, p)    # doctest: +SKIP
    """
    path = Path(path)
    module = ModuleType(path.stem)
    unwritten = []
    for name, source, kind in _cells(path):
        try:
            _run(source, kind, f"{path.name}, cell {name}", module)
        except Exception as error:
            if kind == "given":
                raise NotebookError(
                    f"{path.name} cannot be used: cell {name} does not run: {_reason(error)}"
                ) from error
            if kind == "solution":
                unwritten.append(name.removesuffix("-solution"))
                if not quiet:
                    print(f"{path.name}: cell {name} does not run, and was left out: {_reason(error)}")
        if kind == "solution":
            unwritten += _STUB.findall(source)
    module.unwritten = tuple(dict.fromkeys(unwritten))
    if not quiet:
        print(f"{path.name}, saved {_age(path)}. Not written yet: {', '.join(module.unwritten) or 'nothing'}")
    return module


@contextmanager
def if_written(exercise_id):
    """Run a block that calls your code, report in words what goes wrong in it, and go on with the notebook.

    A stub or a missing name is "not written yet", a public check that fails gives its report, and any other
    exception is a crash, shown with the line of your notebook where it happened.

    >>> with if_written("fourier_features.linear"):
    ...     raise NotImplementedError("fourier_features.linear: write this function")
    not written yet: fourier_features.linear
    """
    try:
        yield
    except NotImplementedError as error:
        named = re.match(r"[a-z_]+\.\w+", str(error))
        print(f"not written yet: {named.group() if named else exercise_id}")
    except ExpectationFailed as report:
        print(report)
    except Exception as error:
        if isinstance(error, AttributeError) and _own_frame(error) is None:
            print(f"not written yet: {exercise_id} ({error})")
        else:
            print(f"crashed: {exercise_id}: {_reason(error)}")


def _cells(path):
    """Yield (name, source, kind) for each code cell that counts; kind is given, solution or own."""
    first = True
    for number, cell in enumerate(_read(path), start=1):
        if cell.get("cell_type") != "code":
            continue
        metadata = cell.get("metadata") or {}
        grade_id = (metadata.get("nbgrader") or {}).get("grade_id")
        if first or "given" in metadata.get("tags", ()):
            kind = "given"
        elif grade_id is None:
            kind = "own"
        else:
            kind = "solution" if grade_id.endswith("-solution") else None
        first = False
        if kind:
            yield grade_id or cell.get("id") or f"number {number}", "".join(cell.get("source", ())), kind


def _read(path):
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise NotebookError(
            f"there is no {path.name} in {path.resolve().parent}: put it beside this notebook, under that name."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise NotebookError(f"{path} cannot be read: {error}") from None
    try:
        cells = json.loads(text)["cells"]
        if not all(isinstance(cell, dict) for cell in cells):
            raise TypeError("a cell is no object")
    except (ValueError, KeyError, TypeError) as error:
        state = "is empty" if not text.strip() else f"is no notebook ({type(error).__name__}: {error})"
        raise NotebookError(f"{path} {state}: open it in Jupyter and save it (Ctrl+S).") from None
    if not cells:
        raise NotebookError(f"{path} has no cells: was it saved before anything was in it?")
    return cells


def _run(source, kind, name, module):
    """Execute a cell in `module`; tracebacks show its lines."""
    tree = _parse(source, name)
    if kind == "own":
        tree.body = [node for node in tree.body if isinstance(node, _DEFINITIONS) or _is_constant(node)]
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    exec(compile(tree, name, "exec"), module.__dict__)


def _parse(source, name):
    try:
        return ast.parse(source, name)
    except SyntaxError:
        # Magics are no Python. Blanked only now: a line may start with % for a reason, such as a remainder.
        plain = re.sub(r"^(\s*)[%!].*$", r"\1pass", source, flags=re.MULTILINE)
        return ast.parse(plain, name)


def _is_constant(node):
    try:
        return isinstance(node, ast.Assign) and (ast.literal_eval(node.value), True)[1]
    except ValueError:
        return False


def _reason(error):
    """The exception in one line, with the last line of the student's notebook that it passed."""
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg}, line {error.lineno}: {(error.text or '').strip()}"
    frame = _own_frame(error)
    return text if frame is None else f"{text}\n  {frame.filename}, line {frame.lineno}: {frame.line}"


def _own_frame(error):
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if ".ipynb, cell " in frame.filename
    ]
    return frames[-1] if frames else None


def _age(path):
    minutes = int((time.time() - path.stat().st_mtime) // 60)
    if minutes < 1:
        return "just now"
    hours, days = minutes // 60, minutes // 1440
    count, unit = (days, "day") if days else (hours, "hour") if hours else (minutes, "minute")
    return f"{count} {unit}{'s' if count > 1 else ''} ago"
