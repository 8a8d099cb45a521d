"""A sample class: what two dozen students hand in, from perfect to hopeless, for trials and tests.

    write_sample_class(Path("."), "backprop")

writes `submitted/STUDENT/backprop/fully_connected.ipynb` for every student in `STUDENTS`. The notebooks are
made of the release, the source's solutions and the audit's corpus, and are the same at every run. `KINDS`
says who attacks, kills the kernel, loops, or hands in a damaged notebook; `NAMES` is for the gradebook.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from ..errors import CourseError
from ..solutions.corpus import load

Files = dict[str, bytes]
NOTEBOOKS = {"backprop": "fully_connected.ipynb"}
# Hands in every notebook of the assignment solved; the others leave all but the first as they got them.
DILIGENT = "abaker"

ANSWERS = {
    "zero_initialization": "All hidden units compute the same and get the same gradient, so they stay equal: "
    "the network has one hidden feature, however wide it is. With relu nothing but the last bias learns.",
    "why_random": "Random numbers make the units different, so that they can learn different things.",
    "why_scaled": "So that activations and gradients keep about the same variance from layer to layer.",
}


class Workbook:
    """One student's notebook while they work on it; starts as the release."""

    def __init__(self, released: NotebookNode, solved: NotebookNode) -> None:
        self.notebook = copy.deepcopy(released)
        self._solved = solved

    @property
    def exercises(self) -> list[str]:
        """The functions to write, in the notebook's order."""
        ids = (_grade_id(cell) for cell in self._solved.cells)
        return [id.removesuffix("-solution").split(".")[1] for id in ids if id and id.endswith("-solution")]

    def solve(self, *functions: str) -> Workbook:
        """Write the reference solution into these exercises, all when none is named."""
        for function in functions or self.exercises:
            self.write(function, _find(self._solved, f"{function}-solution").source)
        return self

    def write(self, function: str, source: str) -> Workbook:
        """Replace the exercise's solution cell."""
        return self.edit(f"{function}-solution", source)

    def edit(self, name: str, source: str) -> Workbook:
        """Replace any cell's source, a locked one's too."""
        self.cell(name).source = source
        return self

    def take(self, kind: str, **names: str) -> Workbook:
        """Write solutions of the corpus: take("wrong", softmax="max_of_all")."""
        assignment = _grade_id(self.cell(f"{next(iter(names))}-solution")).split(".")[0]
        corpus = {(item.exercise, item.kind, item.name): item.source for item in load(assignment)}
        for function, name in names.items():
            self.write(function, corpus[f"{assignment}.{function}", kind, name])
        return self

    def answer(self, *names: str) -> Workbook:
        """Answer these written questions, all when none is named."""
        for name in names or ANSWERS:
            self.edit(name, ANSWERS[name])
        return self

    def insert(self, after: str, *sources: str) -> Workbook:
        """Add code cells below a cell."""
        at = self._position(after) + 1
        known = sum(cell.get("id", "").startswith("extra-") for cell in self.notebook.cells)
        self.notebook.cells[at:at] = [
            nbformat.v4.new_code_cell(source, id=f"extra-{known + number}")
            for number, source in enumerate(sources)
        ]
        return self

    def delete(self, name: str) -> Workbook:
        del self.notebook.cells[self._position(name)]
        return self

    def duplicate_above(self, name: str, source: str) -> Workbook:
        """Paste a copy of a cell, its nbgrader metadata included, above it, with another source."""
        twin = copy.deepcopy(self.cell(name))
        twin.update(id=f"{twin.id[:59]}-copy", source=source)
        self.notebook.cells.insert(self._position(name), twin)
        return self

    def retype(self, name: str) -> Workbook:
        """Turn a code cell into markdown, as Jupyter's M key does."""
        cell = self.cell(name)
        text = nbformat.v4.new_markdown_cell(cell.source, id=cell.id, metadata=cell.metadata)
        self.notebook.cells[self._position(name)] = text
        return self

    def cell(self, name: str) -> NotebookNode:
        """The cell whose grade_id is ASSIGNMENT.`name`; raises CourseError when there is none."""
        return _find(self.notebook, name)

    def saved(self) -> bytes:
        """The file as today's Jupyter writes it."""
        return (nbformat.writes(self.notebook) + "\n").encode()

    def saved_by_old_jupyter_on_windows(self) -> bytes:
        """Format 4.4, which has no cell ids, and CR LF at the line ends."""
        old = copy.deepcopy(self.notebook)
        old.nbformat_minor = 4
        for cell in old.cells:
            cell.pop("id", None)
        return (nbformat.writes(old, version=nbformat.NO_CONVERT) + "\n").replace("\n", "\r\n").encode()

    def _position(self, name: str) -> int:
        return next(index for index, cell in enumerate(self.notebook.cells) if cell is self.cell(name))


@dataclass(frozen=True)
class SampleStudent:
    """`work` fills the Workbook, or returns the submission's whole file instead of it."""

    first: str
    last: str
    work: Callable[[Workbook], Workbook | bytes]
    kinds: frozenset[str] = frozenset()
    extra_files: tuple[tuple[str, bytes], ...] = ()

    @property
    def id(self) -> str:
        return (self.first[0] + self.last).lower()

    def submission(self, workbook: Workbook, name: str) -> Files:
        work = self.work(workbook)
        return {name: work if isinstance(work, bytes) else work.saved(), **dict(self.extra_files)}


def solve(released: NotebookNode, source: NotebookNode) -> NotebookNode:
    """The release with the source's solution cells in it, their BEGIN and END SOLUTION lines removed.

    Written answers stay the release's: the source holds the marking scheme there.
    """
    solved = copy.deepcopy(released)
    for cell in solved.cells:
        id = _grade_id(cell)
        if id and id.endswith("-solution"):
            lines = _find(source, id.split(".", 1)[1]).source.splitlines()
            cell.source = "\n".join(
                line for line in lines if line.strip() not in ("### BEGIN SOLUTION", "### END SOLUTION")
            )
    return solved


def sample_class(
    released: NotebookNode, solved: NotebookNode, name: str = NOTEBOOKS["backprop"]
) -> dict[str, Files]:
    """What every student hands in: student id -> relative file name -> content.

    `released` is the notebook that students get, `solved` the same with `solve`'s solutions.
    """
    return {student.id: student.submission(Workbook(released, solved), name) for student in STUDENTS}


def write_sample_class(course_root: Path, assignment: str = "backprop") -> list[Path]:
    """Write the sample class's submissions below `course_root`/submitted; returns their folders.

    Files of the same names are overwritten. Raises CourseError for an assignment that has no sample class,
    and when its source or its release is missing.
    """
    if assignment not in NOTEBOOKS:
        raise CourseError(f"no sample class for {assignment!r}; there is one for: {', '.join(NOTEBOOKS)}")
    name = NOTEBOOKS[assignment]
    released = _read(
        course_root / "release" / assignment / name, f"run `chainrule release {assignment}` first"
    )
    source = _read(course_root / "source" / assignment / name, "it is the instructor's notebook")
    folders = []
    for student, files in sample_class(released, solve(released, source), name).items():
        folder = course_root / "submitted" / student / assignment
        for file, content in files.items():
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        for other in sorted((course_root / "release" / assignment).glob("*.ipynb")):
            if other.name != name:
                (folder / other.name).write_bytes(_other_notebook(course_root, assignment, other, student))
        folders.append(folder)
    return folders


def _other_notebook(course_root: Path, assignment: str, released: Path, student: str) -> bytes:
    if student != DILIGENT:
        return released.read_bytes()
    source = _read(course_root / "source" / assignment / released.name, "it is the instructor's notebook")
    return nbformat.writes(solve(nbformat.read(released, as_version=4), source)).encode()


def _read(path: Path, remedy: str) -> NotebookNode:
    if not path.is_file():
        raise CourseError(f"no notebook {path}: {remedy}")
    return nbformat.read(path, as_version=4)


def _grade_id(cell: NotebookNode) -> str | None:
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def _find(notebook: NotebookNode, name: str) -> NotebookNode:
    for cell in notebook.cells:
        if (_grade_id(cell) or "").partition(".")[2] == name:
            return cell
    raise CourseError(f"the notebook has no cell with grade_id ASSIGNMENT.{name}")


FORGED_SCORE = """\
import sys, types
stock = types.ModuleType('autograder.stock')
stock.score = lambda exercise, points: float(points)
package = types.ModuleType('autograder')
package.stock = stock
sys.modules['autograder'] = package
sys.modules['autograder.stock'] = stock
"""

EQUALS_EVERYTHING = """\
class Yes(np.ndarray):
    def __eq__(self, other):
        return np.ones(self.shape, dtype=bool)

    def __array_function__(self, function, types, args, kwargs):
        return True

def softmax(x):
    return np.zeros(np.shape(x)).view(Yes)
"""

HANGING_SOFTMAX = """\
def softmax(x):
    result = np.exp(x - x.max(axis=1, keepdims=True))
    i = 0
    while i < len(x):
        result[i] /= result[i].sum()
    return result
"""

STUDENTS = (
    SampleStudent("Alice", "Baker", lambda book: book.solve().answer()),
    SampleStudent(
        "Bruno",
        "Novak",
        lambda book: (
            book.solve()
            .take(
                "right",
                initialize_weights="own_generator",
                sigmoid="through_tanh",
                forward="ones_column",
                softmax="logsumexp",
                compute_loss_and_acc="by_index",
                backwards="sum_of_outer_products",
                get_random_batches="default_rng",
                train_network="recomputed_with_helpers",
            )
            .answer("why_random", "why_scaled")
        ),
    ),
    SampleStudent(
        "Chidi",
        "Diallo",
        lambda book: book.solve().take(
            "right",
            initialize_weights="one_number_at_a_time",
            sigmoid="warns_and_prints",
            forward="einsum_and_copies",
            softmax="in_place_on_a_copy",
            compute_loss_and_acc="by_mask",
            backwards="net_input_again",
            get_random_batches="uneven",
            train_network="more_than_asked",
        ),
    ),
    SampleStudent(
        "Dana",
        "Eriksson",
        lambda book: (
            book.solve()
            .take(
                "right",
                initialize_weights="scaled_rand",
                sigmoid="recursive",
                softmax="one_line",
                compute_loss_and_acc="silenced_infinities",
                get_random_batches="short_one_dropped",
                train_network="no_calls_to_the_layers",
            )
            .answer()
        ),
    ),
    SampleStudent("Elif", "Fischer", lambda book: book.solve().take("wrong", softmax="max_of_all").answer()),
    SampleStudent(
        "Fatima",
        "Garcia",
        lambda book: (
            book.solve()
            .take("wrong", compute_loss_and_acc="averaged", backwards="mean_gradient")
            .answer("zero_initialization")
        ),
    ),
    SampleStudent(
        "Goran",
        "Hassan",
        lambda book: (
            book.solve()
            .take(
                "wrong",
                initialize_weights="forgot_root",
                backwards="bias_mean",
                get_random_batches="perm_not_used",
                train_network="total_losses",
            )
            .answer("why_random")
        ),
    ),
    SampleStudent(
        "Hana",
        "Ito",
        lambda book: book.solve().take("wrong", sigmoid="scalar_math", softmax="keepdims_forgotten"),
    ),
    SampleStudent(
        "Iris",
        "Jansen",
        lambda book: (
            book.solve()
            .take("wrong", sigmoid="e_by_hand", forward="x_reused", get_random_batches="filled_up")
            .answer()
        ),
    ),
    SampleStudent(
        "Jan",
        "Kowalski",
        lambda book: book.solve(*book.exercises[:4]).answer("zero_initialization", "why_random"),
    ),
    SampleStudent("Karen", "Liu", lambda book: book),
    SampleStudent(
        "Luc",
        "Moreau",
        lambda book: (nbformat.writes(nbformat.v4.new_notebook()) + "\n").encode(),
        frozenset({"damaged"}),
    ),
    SampleStudent(
        "Minh",
        "Nguyen",
        lambda book: (
            book.solve()
            .insert("softmax-check", "print(softmax([[1, 2], [3]]))", "raise RuntimeError('ask about this')")
            .answer()
        ),
    ),
    SampleStudent(
        "Nneka",
        "Okafor",
        lambda book: book.solve().insert("forward-check", "import os\nos._exit(1)").answer("why_scaled"),
        frozenset({"kill"}),
    ),
    SampleStudent(
        "Olga",
        "Petrova",
        lambda book: book.solve().write("softmax", HANGING_SOFTMAX).answer(),
        frozenset({"loop"}),
    ),
    SampleStudent(
        "Pat",
        "Quinn",
        lambda book: book.solve().insert("sigmoid-check", "steps = 0\nwhile True:\n    steps += 1"),
        frozenset({"loop"}),
    ),
    SampleStudent(
        "Quentin",
        "Rossi",
        lambda book: book.solve().insert(
            "backwards-check", "epoch = 0\nwhile True:\n    print('epoch', epoch, 'loss', 1 / (epoch + 1))"
        ),
        frozenset({"loop"}),
    ),
    SampleStudent(
        "Rosa",
        "Santos",
        lambda book: book.solve().delete("softmax").answer(),
        frozenset({"damaged"}),
    ),
    SampleStudent(
        "Sunil",
        "Thapa",
        lambda book: book.solve().duplicate_above(
            "softmax-solution", "def softmax(x):\n    # first try\n    return np.exp(x) / np.exp(x).sum()"
        ),
        frozenset({"damaged"}),
    ),
    SampleStudent(
        "Tomoko",
        "Ueda",
        lambda book: book.solve().retype("compute_loss_and_acc-solution").answer("why_random"),
        frozenset({"damaged"}),
    ),
    SampleStudent(
        "Umar",
        "Varga",
        lambda book: book.solve("sigmoid", "forward").edit("softmax", "print('all tests passed')\n3.0"),
        frozenset({"attack", "damaged"}),
    ),
    SampleStudent(
        "Vera",
        "Wagner",
        lambda book: (
            book.solve()
            .insert("forward-solution", "# scratch\nnp.arange(6).reshape(2, 3) @ np.ones((3, 1))")
            .insert("train_network", "big = np.zeros((200, 200))\nbig.sum()", "print('done')", "")
            .answer()
        ),
        extra_files=(
            ("notes.txt", b"ask: why does the loss start near N ln C?\n"),
            ("figures/losses.csv", b"epoch,loss\n0,1.39\n1,1.12\n"),
            ("scratch.py", b"raise SystemExit('nobody imports this')\n"),
        ),
    ),
    SampleStudent(
        "Will",
        "Xu",
        lambda book: b"My notebook would not open any more, so here is the code:\n\ndef sigmoid(x): ...\n",
        frozenset({"damaged"}),
    ),
    SampleStudent(
        "Xenia",
        "Yilmaz",
        lambda book: book.solve().answer().saved_by_old_jupyter_on_windows(),
    ),
    SampleStudent(
        "Yusuf",
        "Zhang",
        lambda book: book.insert("initialize_weights-text", FORGED_SCORE),
        frozenset({"attack"}),
    ),
    SampleStudent(
        "Zoe",
        "Adams",
        lambda book: book.solve().write("softmax", EQUALS_EVERYTHING),
        frozenset({"attack"}),
    ),
    SampleStudent(
        "Aditya",
        "Bose",
        lambda book: book.solve().write("softmax", "def softmax(x)\n    return np.exp(x) / np.exp(x).sum(1)"),
    ),
)

KINDS: dict[str, set[str]] = {student.id: set(student.kinds) for student in STUDENTS}
NAMES: dict[str, tuple[str, str]] = {student.id: (student.first, student.last) for student in STUDENTS}
