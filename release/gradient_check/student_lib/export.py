"""Carry work on: write functions of a notebook to a module that later notebooks import."""

from __future__ import annotations

import ast
import inspect
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any

HEADER = '''"""Functions of {title}, written by `student_lib.export`. Later assignments import this file."""

import numpy as np

from student_lib.nn import linear, linear_deriv, relu, relu_deriv, sigmoid_deriv, tanh, tanh_deriv

'''


def export(path: str | Path, *functions: Callable[..., Any], title: str = "a notebook") -> list[str]:
    """Write `functions`, and what they use of the notebook's own, to the module `path`. Returns the names written.

    Helper functions come along, and so do numbers, strings, and tuples, lists and dicts of these. The old file stays
    if anything is wrong. Raises TypeError for something that is no function of the notebook, ValueError when the
    source cannot be found, as for a function made by exec, or when the module would not be Python.

    >>> export("nn.py", sigmoid, softmax)    # doctest: +SKIP
    ['sigmoid', 'softmax']
    """
    pieces: dict[str, str] = {}
    for function in functions:
        if not isinstance(function, FunctionType):
            raise TypeError(
                f"export needs functions of this notebook; {function!r} is a {type(function).__name__}"
            )
        _collect(function, pieces)
    text = HEADER.format(title=title) + "\n\n".join(pieces.values()) + "\n"
    try:
        ast.parse(text)
    except SyntaxError as error:
        raise ValueError(
            f"{path} was not written: line {error.lineno} would be no Python: {error.text}"
        ) from error
    _write(Path(path), text)
    return list(pieces)


def _collect(function: FunctionType, pieces: dict[str, str]) -> None:
    """Add the source of `function` to `pieces`, behind what it needs."""
    name = function.__name__
    if name in pieces:
        return
    pieces[name] = ""  # its place is taken, so that functions may call each other
    needed = {}
    for used in _names(function):
        value = function.__globals__.get(used)
        if isinstance(value, FunctionType) and value.__globals__ is function.__globals__:
            _collect(value, pieces)
        elif used not in pieces and _is_plain(value):
            needed[used] = f"{used} = {value!r}\n"
    try:
        source = inspect.getsource(function)
    except (OSError, TypeError) as error:
        raise ValueError(f"the source of {name} cannot be found: run its cell again, then export") from error
    del pieces[name]
    pieces.update(needed)
    pieces[name] = inspect.cleandoc(source) + "\n" if source[:1].isspace() else source


def _names(function: FunctionType) -> list[str]:
    """Global names that `function`, its inner functions and its defaults mention, in order."""
    codes, names = [function.__code__], []
    while codes:
        code = codes.pop(0)
        names += code.co_names
        codes += [constant for constant in code.co_consts if inspect.iscode(constant)]
    defaults = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    names += [value.__name__ for value in defaults if isinstance(value, FunctionType)]
    return list(dict.fromkeys(names))


def _is_plain(value: Any, depth: int = 0) -> bool:
    if isinstance(value, bool | int | float | str):
        return True
    if depth < 3 and isinstance(value, tuple | list):
        return all(_is_plain(item, depth + 1) for item in value)
    if depth < 3 and isinstance(value, dict):
        return all(_is_plain(part, depth + 1) for pair in value.items() for part in pair)
    return False


def _write(path: Path, text: str) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(name, path)
