"""A corpus of attacks: each a small submission with the grade that it must get, and what it must not get.

    @attack("Reads the gradebook through the parent's root directory.", earns={"sigmoid": 2})
    def parents_root(book):
        return book.write("softmax", '''
    def softmax(x):
        ...
    ''')

`book` is the sample class's Workbook of backprop/fully_connected.ipynb, with `sigmoid` and `softmax` solved and the
rest as released: light to run, and whatever an attack does not touch must keep its points. The corpus
are the sections, modules or packages here; `scene` hands it in, grades it and looks for what leaked,
`test_attacks` judges.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from autograder.pipeline.demo import Workbook

SECTIONS = ("reading", "forging", "breaking", "leaving", "pages", "odd")
LIGHT = {"sigmoid": 2.0, "softmax": 3.0}
SOLVED = {
    "initialize_weights": 3.0,
    "sigmoid": 2.0,
    "forward": 2.0,
    "softmax": 3.0,
    "compute_loss_and_acc": 3.0,
    "backwards": 7.0,
    "get_random_batches": 2.0,
    "train_network": 3.0,
}


@dataclass(frozen=True)
class Attack:
    """One submission and what must become of it.

    `earns` are the points of each exercise, those not named none. Each of `flags` must be part of a flag of the
    result, each of `shows` part of what the cells put out: the proof that the attack ran; none of `hides` may stand
    in the student's feedback outside of their own code. `@COURSE@`, `@SITE@`, `@HOME@`, `@PORT@` and `@UNIX@` in
    sources are replaced by the course's folder, the grader's packages, its home, and the addresses of two listeners
    on the grader's side. `stock_harms` says why it is not run under stock nbgrader.
    Where cells or checks are the attack, `cells` are statuses that some of them must have, and `verdicts` those of
    exercises. `place` arranges the submission's folder once the files are there: links, devices, odd names.
    `known_as` is the student's id where that is the attack.
    """

    section: str
    name: str
    what: str
    work: Callable[[Workbook], Workbook | bytes]
    earns: dict[str, float] = field(default_factory=lambda: dict(LIGHT))
    flags: tuple[str, ...] = ()
    shows: tuple[str, ...] = ()
    hides: tuple[str, ...] = ()
    files: dict[str, bytes] = field(default_factory=dict)
    solved: bool = False
    stock_harms: str = ""
    cells: tuple[str, ...] = ()
    verdicts: dict[str, str] = field(default_factory=dict)
    place: Callable[[Path], None] | None = None
    known_as: str = ""

    @property
    def student(self) -> str:
        return self.known_as or f"m-{self.section}-{self.name}".replace("_", "-")


_ATTACKS: dict[str, Attack] = {}


def attack(what: str, **expected: object) -> Callable[[Callable[[Workbook], Workbook | bytes]], Attack]:
    """Register the function below as an attack; its module, or the package of it, is the section.

    `expected` are the fields of Attack.
    """

    def register(work: Callable[[Workbook], Workbook | bytes]) -> Attack:
        section = work.__module__.removeprefix(f"{__name__}.").partition(".")[0]
        made = Attack(section, work.__name__, what, work, **expected)
        assert section in SECTIONS
        assert made.student not in _ATTACKS, made.student
        _ATTACKS[made.student] = made
        return made

    return register


def load() -> list[Attack]:
    """The whole corpus, section by section."""
    for section in SECTIONS:
        module = importlib.import_module(f"{__name__}.{section}")
        for part in getattr(module, "PARTS", ()):
            importlib.import_module(f"{module.__name__}.{part}")
    return list(_ATTACKS.values())
