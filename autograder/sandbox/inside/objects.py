"""The object server: answers the grader's requests on one namespace of student code.

It runs where the student's code runs, so nothing that it says can be trusted; it only has to be convenient.
A request is `[operation, arguments...]`; the answer is `["ok", value]` or
`["error", kind, type, line, lineno, limit]`.
"""

from __future__ import annotations

import errno
import importlib
import itertools
import linecache
import random
import sys
import sysconfig
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from . import codec

# Inside the sandbox packages lie where NumPy does, not in the interpreter's own site-packages.
_LIBRARY = tuple(
    {*map(sysconfig.get_path, ("stdlib", "purelib", "platlib")), str(Path(np.__file__).parents[1])}
)
_HERE = str(Path(__file__).parent)


class ObjectServer:
    """Serves the names in `namespace`; `call_back(number, args, kwargs)` asks a grader-side function."""

    def __init__(self, namespace: dict[str, Any], call_back: Callable[[list[Any], list[Any]], Any]):
        self.namespace = namespace
        self._call_back = call_back
        self._objects: dict[int, Any] = {}
        self._numbers = itertools.count()  # never given twice: a reference that was forgotten stays unknown

    def forget(self) -> None:
        """Let go of what was handed out: networks, and losses with all that they were computed from."""
        self._objects.clear()

    def answer(self, message: list[Any], buffers: list[bytearray]) -> tuple[list[Any], list[Any]]:
        """Carry out one request; the answer's header and buffers. Never raises for what student code does."""
        out: list[Any] = []
        try:
            operation, *forms = message
            arguments = [codec.decode(form, buffers, self._resolve) for form in forms]
            result = getattr(self, "do_" + operation)(*arguments)
            return ["ok", self._encode(result, out)], out
        except BaseException as error:
            return ["error", *describe(error), limit_of(error)], []

    def do_begin(self, seed: int) -> None:
        self.forget()
        random.seed(seed)
        np.random.seed(seed % 2**32)
        if "torch" in sys.modules:
            sys.modules["torch"].manual_seed(seed)

    def do_call(self, target: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        return _found(target)(*map(_found, args), **{key: _found(value) for key, value in kwargs.items()})

    def do_value(self, target: Any) -> Any:
        return _found(target)

    def do_getitem(self, target: Any, key: Any) -> Any:
        return _found(target)[key]

    def do_setitem(self, target: Any, key: Any, value: Any) -> None:
        _found(target)[key] = _found(value)

    def do_getitems(self, target: Any, keys: list[Any]) -> list[Any]:
        return [_found(target)[key] for key in keys]

    def do_setitems(self, target: Any, items: dict[Any, Any]) -> None:
        for key, value in items.items():
            _found(target)[key] = _found(value)

    def do_setattr(self, target: Any, name: str, value: Any) -> None:
        setattr(_found(target), name, _found(value))

    def do_contains(self, target: Any, key: Any) -> bool:
        return key in _found(target)

    def do_keys(self, target: Any) -> list[Any]:
        return list(_found(target).keys())

    def do_len(self, target: Any) -> int:
        return len(_found(target))

    def do_make(self, kind: str, value: Any) -> Any:
        """A dict, Counter or array that stays here, whatever it holds."""
        return _Kept(Counter(value) if kind == "counter" else value)

    def do_given(self, module: str, name: str) -> Any:
        return _Kept(getattr(importlib.import_module(module), name))

    def do_bind(self, names: dict[str, Any]) -> None:
        self.namespace.update({name: _found(value) for name, value in names.items()})

    def do_defines(self, name: str) -> bool:
        return name in self.namespace

    def _encode(self, value: Any, buffers: list[Any]) -> Any:
        if isinstance(value, _Kept):
            return self._reference(value.value)
        return codec.encode(value, buffers, self._reference)

    def _reference(self, value: Any) -> list[Any]:
        number = next(self._numbers)
        self._objects[number] = value
        return ["h", number, str(type(value).__name__)[:100]]

    def _resolve(self, form: list[Any]) -> Any:
        tag, first, *attributes = form
        if tag == "f":
            return self._remote_function(first)
        if tag == "n":
            if first not in self.namespace:
                return _Missing(first)
            value = self.namespace[first]
        else:
            value = self._objects[first]
        for attribute in attributes:
            value = getattr(value, attribute)
        return value

    def _remote_function(self, number: int) -> Callable[..., Any]:
        def function(*args: Any, **kwargs: Any) -> Any:
            buffers: list[Any] = []
            # Dictionaries are for filling, so the grader's function gets them as they are, not as copies.
            sent = [_Kept(value) if isinstance(value, dict) else value for value in args]
            named = {
                name: _Kept(value) if isinstance(value, dict) else value for name, value in kwargs.items()
            }
            forms = [
                ["l", *(self._encode(value, buffers) for value in sent)],
                [
                    "d",
                    *(part for name, value in named.items() for part in (name, self._encode(value, buffers))),
                ],
            ]
            form, returned = self._call_back(["callback", number, *forms], buffers)
            return codec.decode(form, returned, self._resolve)

        return function


class _Kept:
    def __init__(self, value: Any):
        self.value = value


class _Missing:
    def __init__(self, name: str):
        self.name = name


class NotDefined(Exception):
    """The grader asked for a name that the notebook does not define."""


def _found(value: Any) -> Any:
    if isinstance(value, _Missing):
        raise NotDefined(value.name)
    return value


def describe(error: BaseException) -> list[Any]:
    """`[kind, type name, source line, line number]` of an exception; the line is the student's own innermost one.

    Kind is "not_written" for a stub or a missing name, "crashed" for everything else.
    """
    kind = "not_written" if isinstance(error, NotImplementedError | NotDefined) else "crashed"
    line, number = own_line(error.__traceback__)
    return [kind, type(error).__name__[:100], line[:300], number]


_LIMITS = {errno.ENOMEM: "memory", errno.ENOSPC: "disk", errno.EFBIG: "file", errno.EAGAIN: "processes",
           errno.EMFILE: "open files"}  # fmt: skip


def limit_of(error: BaseException | None) -> str:
    """Which limit `error`, or what led to it, speaks of; nothing for every other error."""
    try:
        for _ in range(10):
            if isinstance(error, MemoryError):
                return "memory"
            if isinstance(error, OSError) and type(error.errno) is int and error.errno in _LIMITS:
                return _LIMITS[error.errno]
            if isinstance(error, RuntimeError) and error.args == ("can't start new thread",):
                return "processes"
            error = error.__cause__ or error.__context__
    except Exception:
        # The end of the chain, or a student's own class whose attributes raise.
        return ""
    return ""


def own_line(trace: TracebackType | None) -> tuple[str, int]:
    """Source text and number of the innermost traceback line that no library owns, or `("", 0)`."""
    for frame, number in reversed(list(traceback.walk_tb(trace))):
        name = frame.f_code.co_filename
        # Cython's frames have relative names: numpy/random/mtrand.pyx.
        if not name.startswith(("<frozen", _HERE, *_LIBRARY)) and not name.endswith(".pyx"):
            return linecache.getline(name, number, frame.f_globals).strip(), number
    return "", 0
