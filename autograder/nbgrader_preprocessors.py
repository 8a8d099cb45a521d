"""What `nbgrader_config.py` puts in the place of nbgrader's own preprocessors."""

from __future__ import annotations

import copy
from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import CheckCellMetadata, ClearSolutions, OverwriteCells
from nbgrader.utils import is_grade, is_solution

Resources = dict[str, Any]
_OF_EXERCISE = ("-text", "-solution", "-check")


def stub(exercise_id: str) -> str:
    """The line that stands in the release where the solution stood.

    >>> stub("backprop.softmax")
    'raise NotImplementedError("backprop.softmax: write this function, then run the check below.")'
    """
    return f'raise NotImplementedError("{exercise_id}: write this function, then run the check below.")'


def answer_stub(answer_id: str) -> str:
    """What stands in the release where people grade code, such as a figure: it runs as it is.

    >>> answer_stub("backprop.plot_vanishing")
    '# backprop.plot_vanishing: your code goes here.'
    """
    return f"# {answer_id}: your code goes here."


class NamedStubs(ClearSolutions):
    """nbgrader's ClearSolutions, with a stub that names the exercise instead of one text for all."""

    def preprocess_cell(
        self, cell: NotebookNode, resources: Resources, cell_index: int
    ) -> tuple[NotebookNode, Resources]:
        if cell.cell_type == "code" and is_solution(cell):
            grade_id = cell.metadata.nbgrader.grade_id
            line = answer_stub(grade_id) if is_grade(cell) else stub(grade_id.removesuffix("-solution"))
            self.code_stub = {**self.code_stub, "python": line}
        return super().preprocess_cell(cell, resources, cell_index)


class CheckMetadata(CheckCellMetadata):
    """nbgrader's CheckCellMetadata, which also accepts the dot in `backprop.softmax`.

    nbgrader's schema allows letters, digits, `_` and `-`; nothing else of it minds a dot.
    """

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        dashed = copy.deepcopy(nb)
        for cell in dashed.cells:
            if "grade_id" in cell.metadata.get("nbgrader", {}):
                cell.metadata.nbgrader.grade_id = cell.metadata.nbgrader.grade_id.replace(".", "--")
        super().preprocess(dashed, resources)
        return nb, resources


class RestoreCells(OverwriteCells):
    """nbgrader's OverwriteCells, which fails on a deleted graded cell that stands behind a locked one.

    Ours puts the cell behind what is left of its exercise, else at the end.
    """

    def add_missing_grade_cells(
        self, nb: NotebookNode, resources: Resources
    ) -> tuple[NotebookNode, Resources]:
        form = self.gradebook.find_notebook(self.notebook_id, self.assignment_id)
        sources = {cell.name: cell for cell in form.source_cells}
        answers = {cell.name for cell in form.solution_cells}
        for graded in form.grade_cells:
            name = graded.name
            ids = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in nb.cells]
            if name in ids:
                continue
            cell = self.missing_cell_transform(sources[name], graded.max_score, is_solution=name in answers)
            cell.id = name.replace(".", "-").replace("_", "-")[:64]
            neighbours = [ids.index(id) for suffix in _OF_EXERCISE if (id := name + suffix) in ids]
            nb.cells.insert(max(neighbours, default=len(ids)) + 1, cell)
        return nb, resources
