"""Merges a submitted notebook with the released one: what was handed in, in the shape that can be graded.

    released = read_released("tiny", Path("release/backprop/tiny.ipynb").read_bytes())
    merged = merge(released, submitted_bytes)
    merged.cells, merged.flags, merged.digest

Locked cells come from the release, solutions and answers from the student, matched by their nbgrader id.
Every repair leaves a sentence in `flags`. The digest covers what determines the grade: the code that runs.
"""

from __future__ import annotations

import enum
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from ..model import WrittenAnswer
from . import source as released_form
from .reader import ReadCell, read_submission

Cell = dict[str, Any]
MAX_FLAGS = 50
FEW = 3


class Role(enum.StrEnum):
    """What a cell is for. Code runs in the roles solution, check, given and extra; *graded* marks a place."""

    TEXT = "text"
    GIVEN = "given"
    SOLUTION = "solution"
    CHECK = "check"
    GRADED = "graded"
    ANSWER = "answer"
    EXTRA = "extra"


@dataclass(frozen=True)
class MergedCell:
    """One cell as it is graded. `metadata` and `tags` are the release's, `outputs` the student's, untrusted.

    `cell_id` is unique in the notebook. `exercise` is the id without `-solution` and the like. `answered` is
    False for an answer that still has the released text.
    """

    role: Role
    cell_type: str
    source: str
    cell_id: str
    grade_id: str | None = None
    exercise: str | None = None
    points: float = 0.0
    tags: tuple[str, ...] = ()
    metadata: dict[str, Any] = field(default_factory=dict, compare=False)
    outputs: list[dict[str, Any]] = field(default_factory=list, compare=False)
    answered: bool = False


@dataclass
class MergedNotebook:
    """One notebook of a submission, ready to be run. `flags` are sentences for the instructor.

    `submitted` is False for the released form, which stands in for what is missing or cannot be read.
    """

    name: str
    cells: list[MergedCell]
    flags: list[str] = field(default_factory=list)
    submitted: bool = True

    def graded(self) -> list[MergedCell]:
        """The graded cells: one an exercise, each behind its solution."""
        return [cell for cell in self.cells if cell.role is Role.GRADED]

    def written(self) -> list[WrittenAnswer]:
        """The written answers, which people grade."""
        answers = (cell for cell in self.cells if cell.role is Role.ANSWER)
        return [WrittenAnswer(cell.exercise, self.name, cell.points, cell.answered) for cell in answers]

    def code(self) -> list[MergedCell]:
        """The code cells that run, in order."""
        return [cell for cell in self.cells if cell.cell_type == "code" and cell.role is not Role.GRADED]

    @property
    def digest(self) -> str:
        """blake2b over what determines the automatic grade: code, order and roles, not texts and answers."""
        return _digest(cell for cell in self.cells if cell.cell_type == "code")

    @property
    def content(self) -> str:
        """blake2b over all cells, written answers included: whether there is anything new to look at."""
        return _digest(self.cells)


def _digest(cells: Iterable[MergedCell]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for cell in cells:
        for part in (cell.role, cell.cell_type, cell.grade_id or "", repr(cell.tags), cell.source):
            data = part.encode()
            digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


@dataclass(frozen=True)
class Released:
    """A released notebook: its name without `.ipynb`, and its cells as plain JSON."""

    name: str
    cells: list[Cell]


def read_released(name: str, data: bytes) -> Released:
    """The released form that submissions are merged with. Raises CourseError when it is no notebook."""
    return Released(name, released_form.parse_notebook(data, f"the released {name}.ipynb")["cells"])


def merge(released: Released, submitted: bytes | None) -> MergedNotebook:
    """Merge the bytes of a submitted notebook into its released form; None gives the released form itself.

    Raises SubmissionError when `submitted` is no notebook; everything else is repaired and flagged.
    """
    if submitted is None:
        read, flags = [_as_read(cell) for cell in released.cells], []
    else:
        read, flags = read_submission(submitted, f"{released.name}.ipynb")
    merged = _Merge(released, read, flags).result()
    merged.submitted = submitted is not None
    return merged


def _as_read(cell: Cell) -> ReadCell:
    return ReadCell(cell["cell_type"], cell["source"], released_form.grade_id(cell), cell["id"])


def same_text(first: str, second: str) -> bool:
    """Equal but for white space."""
    return _words(first) == _words(second)


def _words(text: str) -> str:
    return " ".join(text.split())


class _Merge:
    """One merge. `places` pairs each submitted cell with the id of the released cell that it stands for."""

    def __init__(self, released: Released, read: list[ReadCell], flags: list[str]):
        self.name, self.flags = released.name, flags
        ids = [(released_form.grade_id(cell), cell) for cell in released.cells]
        self.released = {id: cell for id, cell in ids if id is not None}
        plain = [cell for id, cell in ids if id is None]
        self.tags_by_id = {cell["id"]: cell["metadata"].get("tags", []) for cell in plain}
        self.tags_by_text = {_words(cell["source"]): cell["metadata"].get("tags", []) for cell in plain}
        self.read = read
        self.places: list[str | None] = [self._known_id(cell) for cell in read]
        self.elsewhere: dict[str, str] = {}
        self.missing: list[str] = []

    def result(self) -> MergedNotebook:
        self._find_lost_cells()
        cells = [self._merged(cell, id) for cell, id in zip(self.read, self.places, strict=True)]
        cells = self._without_duplicates(cells)
        cells = self._with_missing(cells)
        cells = self._graded_behind_solutions(cells)
        if len(self.flags) > MAX_FLAGS:
            self.flags[MAX_FLAGS:] = [f"and {len(self.flags) - MAX_FLAGS} more repairs"]
        return MergedNotebook(self.name, list(_with_unique_ids(cells)), self.flags)

    def _known_id(self, cell: ReadCell) -> str | None:
        if cell.grade_id is not None and cell.grade_id not in self.released:
            self.flags.append(f"a cell has the unknown id {cell.grade_id[:80]!r}: taken as the student's own")
            return None
        return cell.grade_id

    # Cells that lost their metadata.

    def _find_lost_cells(self) -> None:
        if self.released and not any(self.places):
            self.flags.append(
                "no metadata: cells were matched by the functions they define and by their text"
            )
        missing = [id for id in self.released if id not in self.places]
        for id in missing:
            if _role(self.released[id]) not in (Role.SOLUTION, Role.ANSWER):
                self._claim(id, [i for i in self._free() if self._same_as_released(i, id)][:1])
        for id in missing:
            if _role(self.released[id]) is Role.SOLUTION:
                self._find_solution(id)
            elif _role(self.released[id]) is Role.ANSWER:
                self._claim(id, self._answers_below(f"{id}-text", self.released[id]["cell_type"]))

    def _free(self) -> list[int]:
        return [index for index, id in enumerate(self.places) if id is None]

    def _claim(self, id: str, indices: list[int]) -> None:
        for index in indices:
            self.places[index] = id
        if indices:
            self.flags.append(f"{id} had lost its metadata: found again")

    def _same_as_released(self, index: int, id: str) -> bool:
        return same_text(self.read[index].source, self.released[id]["source"])

    def _find_solution(self, id: str) -> None:
        wanted = _defined(self.released[id]["source"])
        found = [i for i in self._free() if wanted and wanted <= _defined(self.read[i].source)]
        if found:
            self._claim(id, found)
            return
        for cell, place in zip(self.read, self.places, strict=True):
            is_solution = place is not None and _role(self.released[place]) is Role.SOLUTION
            if is_solution and wanted and wanted <= _defined(cell.source):
                self.elsewhere[id] = place

    def _answers_below(self, question: str, kind: str) -> list[int]:
        """The student's own cell that directly follows the question, if it is of that kind."""
        if question not in self.places:
            return []
        found = []
        for index in range(self.places.index(question) + 1, len(self.places)):
            if self.places[index] is not None or self.read[index].cell_type != kind:
                break
            found.append(index)
        return found[:1]

    # One submitted cell.

    def _merged(self, cell: ReadCell, id: str | None) -> MergedCell:
        if id is None:
            return self._extra(cell)
        released = self.released[id]
        role, kind = _role(released), released["cell_type"]
        if cell.cell_type != kind:
            self.flags.append(f"{id} had become a {cell.cell_type} cell: turned back into {kind}")
        merged = _from_release(released, outputs=cell.outputs)
        changed = not same_text(cell.source, released["source"])
        if role in (Role.SOLUTION, Role.ANSWER):
            return self._written(merged, cell.source, changed)
        if changed and self.places.count(id) == 1:
            self.flags.append(f"{id} had been changed: restored from the release")
        return merged

    @staticmethod
    def _written(cell: MergedCell, text: str, changed: bool) -> MergedCell:
        """The student's text; an answer without any keeps the released one, by which nbgrader knows it."""
        if cell.role is Role.SOLUTION:
            return replace(cell, source=text)
        return replace(cell, source=text, answered=True) if changed and text.strip() else cell

    def _extra(self, cell: ReadCell) -> MergedCell:
        """A cell of the student's own, or a plain cell of the release, which keeps its tags."""
        text = _words(cell.source)
        tags = self.tags_by_id.get(cell.cell_id) or self.tags_by_text.get(text, [])
        return MergedCell(
            role=Role.TEXT if cell.cell_type == "markdown" and text in self.tags_by_text else Role.EXTRA,
            cell_type=cell.cell_type,
            source=cell.source,
            cell_id=cell.cell_id or "",
            tags=tuple(tags),
            metadata={"tags": list(tags)} if tags else {},
            outputs=cell.outputs,
        )

    # Duplicates, gaps, order.

    def _without_duplicates(self, cells: list[MergedCell]) -> list[MergedCell]:
        for id in self.released:
            copies = [index for index, place in enumerate(self.places) if place == id]
            if len(copies) > 1:
                self._join_copies(cells, id, copies)
        return [cell for group in self._grouped(cells) for cell in group]

    def _join_copies(self, cells: list[MergedCell], id: str, copies: list[int]) -> None:
        """Mark what each copy becomes: the id stays on one, the others turn into plain cells or go."""
        role, text = _role(self.released[id]), self.released[id]["source"]
        if role in (Role.SOLUTION, Role.ANSWER):
            written = [i for i in copies if not same_text(self.read[i].source, text)]
            keeper = (written or copies)[-1]
        else:
            keeper = next((i for i in copies if same_text(self.read[i].source, text)), copies[0])
        for index in copies:
            if index == keeper:
                continue
            untouched = same_text(self.read[index].source, text)
            self.places[index] = "" if untouched else f"={id}"
            cells[index] = replace(self._extra(self.read[index]), cell_id="")
        kept = "all of them run, the last one wins" if role is Role.SOLUTION else "one of them counts"
        self.flags.append(f"{id} is there {len(copies)} times: {kept}")

    def _grouped(self, cells: list[MergedCell]) -> Iterator[list[MergedCell]]:
        """All copies of a solution at the place of the first, the other cells where they are."""
        done: set[str] = set()
        for index, place in enumerate(self.places):
            id = (place or "").lstrip("=")
            if place is None or (place.startswith("=") and _role(self.released[id]) is not Role.SOLUTION):
                yield [cells[index]]
            elif id and id not in done:
                wanted = (id, f"={id}") if _role(self.released[id]) is Role.SOLUTION else (id,)
                done.add(id)
                yield [cells[i] for i, other in enumerate(self.places) if other in wanted]

    def _with_missing(self, cells: list[MergedCell]) -> list[MergedCell]:
        """Insert what the student deleted behind its predecessor in the release."""
        place = 0
        for id, released in self.released.items():
            found = next((index for index, cell in enumerate(cells) if cell.grade_id == id), None)
            if found is None:
                cells.insert(place, self._restored(id, released))
                found = place
            place = found + 1
        self._tell_missing()
        return cells

    def _tell_missing(self) -> None:
        if len(self.missing) > FEW:
            shown = ", ".join(self.missing[:FEW])
            count = f"{len(self.missing)} of {len(self.released)} cells were missing"
            self.flags.append(f"{count}: restored from the release ({shown}, ...)")
        else:
            self.flags += [f"{id} was missing: restored from the release" for id in self.missing]

    def _restored(self, id: str, released: Cell) -> MergedCell:
        cell = _from_release(released)
        if id not in self.elsewhere:
            self.missing.append(id)
            return cell
        self.flags.append(f"{id} was missing: its function stands in {self.elsewhere[id]}")
        return replace(cell, source=f"# {cell.exercise}: written in the cell {self.elsewhere[id]}.")

    def _graded_behind_solutions(self, cells: list[MergedCell]) -> list[MergedCell]:
        for graded in [cell for cell in cells if cell.role is Role.GRADED]:
            solution = f"{graded.exercise}-solution"
            ids = [cell.grade_id for cell in cells]
            place = max(ids.index(solution), ids.index(self.elsewhere.get(solution, solution)))
            if ids.index(graded.grade_id) < place:
                cells.remove(graded)
                cells.insert(place, graded)
                self.flags.append(f"{graded.grade_id} stood before its solution: moved behind it")
        return cells


def _role(released: Cell) -> Role:
    if released_form.is_graded(released):
        return Role.GRADED
    if released_form.is_answer(released):
        return Role.ANSWER
    if released_form.is_solution(released):
        return Role.SOLUTION
    if released["cell_type"] != "code":
        return Role.TEXT
    return Role.CHECK if released_form.grade_id(released).endswith("-check") else Role.GIVEN


def _from_release(released: Cell, outputs: list[dict[str, Any]] | None = None) -> MergedCell:
    id = released_form.grade_id(released)
    return MergedCell(
        role=_role(released),
        cell_type=released["cell_type"],
        source=released["source"],
        cell_id=released["id"],
        grade_id=id,
        exercise=re.sub(r"-(text|solution|check)$", "", id),
        points=float(released_form.meta(released).get("points", 0)),
        tags=tuple(released["metadata"].get("tags", ())),
        metadata=released["metadata"],
        outputs=outputs or [],
    )


def _defined(source: str) -> set[str]:
    """Names of the functions and classes at the top level of a cell, which need not be valid Python."""
    return set(re.findall(r"^(?:async +def|def|class)[ \t]+(\w+)", source, re.MULTILINE))


def _with_unique_ids(cells: list[MergedCell]) -> Iterator[MergedCell]:
    """Released cells have their released ids; the student's own keep theirs where they are valid and free."""
    used = {cell.cell_id for cell in cells if cell.grade_id is not None}
    for index, cell in enumerate(cells):
        if cell.grade_id is None:
            if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", cell.cell_id) or cell.cell_id in used:
                cell = replace(cell, cell_id=_free_id(index, used))
            used.add(cell.cell_id)
        yield cell


def _free_id(index: int, used: set[str]) -> str:
    id = f"extra-{index}"
    while id in used:
        id += "-x"
    return id
