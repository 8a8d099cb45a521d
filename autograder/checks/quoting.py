"""What feedback may quote of a crash: the student's own words, never ones that hold a hidden check's inputs.

The student's side says which exception it was and at which line, and code that was called by a check can say anything:
`raise type(str(x), (Exception,), {})`.
"""

from __future__ import annotations

import functools
import re


def quoted(type_name: str, line: str, code: str | None) -> str:
    """ "TypeError at your line: `...`", or what is left when the type or the line was made up.

    `code` is all source that the student handed in; None trusts both, for code that runs in this process.

    >>> quoted("ValueError", "x = float(y)", "def f(y):\\n    x = float(y)")
    'ValueError at your line: `x = float(y)`'
    >>> quoted("Found_0_17", "0.17", "def f(y): ...")
    'an exception'
    """
    if code is not None:
        line = line if line in _lines(code) else ""
        known = type_name in _exceptions() or re.search(rf"\b{re.escape(type_name)}\b", code)
        type_name = type_name if type_name.isidentifier() and known else "an exception"
    return f"{type_name} at your line: `{line}`" if line else type_name


@functools.lru_cache(4)
def _lines(code: str) -> frozenset[str]:
    # The sandbox cuts lines at 300 characters.
    return frozenset(line.strip()[:300] for line in code.splitlines())


def _exceptions() -> set[str]:
    """Names of all exceptions of Python's and of the packages that the grader has imported."""
    found, todo = set(), [BaseException]
    while todo:
        kind = todo.pop()
        found.add(kind.__name__)
        todo += type.__subclasses__(kind)
    return found
