"""Reads the corpus: `ASSIGNMENT/FUNCTION.py`, one file per exercise, one `# %%` section per solution.

    # %% wrong global_maximum expects=global_maximum
    # Subtracts the maximum of the whole array.
    def softmax(x):
        ...

A section is a full replacement of the exercise's solution cell. `expects` names the misconception that
the grader should give; a wrong solution without it is one that the catalogue does not know. The comment
lines below the header say why the solution is there, and are not part of its source. Where the cell defines
something else than the file's name says, the file's first line names it: `# defines: Linear`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import ChainruleError

ROOT = Path(__file__).parent
HEADER = re.compile(r"# %% (?P<kind>wrong|right) (?P<name>\w+)(?: expects=(?P<expects>\w+))?")


class CorpusError(ChainruleError):
    """A file of the corpus is not what this module's docstring describes; says file, line and remedy."""


@dataclass(frozen=True)
class Solution:
    """One solution cell: `kind` is 'wrong' or 'right', `expects` a misconception's name or None."""

    exercise: str
    kind: str
    name: str
    expects: str | None
    source: str
    why: str


def load(assignment: str, root: Path = ROOT) -> list[Solution]:
    """All solutions of an assignment, file by file in alphabetical order, then as written.

    Raises CorpusError for a missing assignment, a malformed header, a section without a reason, one that
    is not Python, one that does not define its exercise's name, and a name that an exercise has twice.
    """
    files = sorted((root / assignment).glob("*.py"))
    if not files:
        known = ", ".join(sorted(path.name for path in root.iterdir() if any(path.glob("*.py"))))
        raise CorpusError(f"no solutions for assignment {assignment!r} in {root}; there are: {known}")
    return [solution for path in files for solution in _read(path)]


def _read(path: Path) -> Iterator[Solution]:
    """The solutions of one file, validated."""
    exercise = f"{path.parent.name}.{path.stem}"
    defines = _defined_names(path)
    names: dict[str, int] = {}
    for line, section in _sections(path):
        where = f"{path.name}:{line}"
        header = HEADER.fullmatch(section[0].rstrip())
        if header is None:
            raise CorpusError(
                f"{where}: cannot read {section[0]!r}; expected '# %% wrong NAME', "
                "'# %% wrong NAME expects=MISCONCEPTION' or '# %% right NAME'"
            )
        solution = _solution(exercise, defines, header, section[1:], where)
        if solution.name in names:
            raise CorpusError(f"{where}: {solution.name!r} is already at line {names[solution.name]}")
        names[solution.name] = line
        yield solution


def _sections(path: Path) -> Iterator[tuple[int, list[str]]]:
    """(line number of the header, lines of the section); what stands before the first header is skipped."""
    lines = path.read_text(encoding="utf-8").splitlines()
    starts = [index for index, line in enumerate(lines) if line.startswith("# %%")]
    if not starts:
        raise CorpusError(f"{path.name}: no section; begin one with '# %% wrong NAME' or '# %% right NAME'")
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield start + 1, lines[start:end]


def _defined_names(path: Path) -> list[str]:
    """What each section must define: the file's first line `# defines: A, B`, else the file's own name."""
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    if first.startswith("# defines:"):
        return [name.strip() for name in first.removeprefix("# defines:").split(",")]
    return [path.stem]


def _solution(
    exercise: str, defines: list[str], header: re.Match[str], body: list[str], where: str
) -> Solution:
    if header["kind"] == "right" and header["expects"]:
        raise CorpusError(f"{where}: a right solution has no misconception to expect; remove expects=")
    comment = [line for line in body[: _first_code(body)] if line.strip()]
    if not comment:
        raise CorpusError(f"{where}: say below the header, in a comment, why {header['name']!r} is here")
    source = "\n".join(body[_first_code(body) :]).strip("\n") + "\n"
    _require_definitions(source, defines, where)
    return Solution(
        exercise=exercise,
        kind=header["kind"],
        name=header["name"],
        expects=header["expects"],
        source=source,
        why=" ".join(line.lstrip("# ").strip() for line in comment),
    )


def _first_code(body: list[str]) -> int:
    """The index of the first line after the leading comment."""
    for index, line in enumerate(body):
        if not line.startswith("#"):
            return index
    return len(body)


def _require_definitions(source: str, names: list[str], where: str) -> None:
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise CorpusError(f"{where}: not Python: {error.msg} (line {error.lineno} of the cell)") from error
    defined = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            defined.add(node.name)
        elif isinstance(node, ast.Assign):
            defined.update(target.id for target in node.targets if isinstance(target, ast.Name))
    for name in names:
        if name not in defined:
            raise CorpusError(f"{where}: the section does not define {name!r}")
