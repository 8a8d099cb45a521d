"""Names for the public table: chosen by students in pseudonym.txt, else made from the course's secret.

A chosen name is one short line in letters of one alphabet. It belongs to who had it first, and must not be
another student's id. Made names cannot be traced to ids without the secret.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .uploads import Upload

FILE = "pseudonym.txt"
LONGEST = 24
RESERVED = frozenset(["baseline"])
_COLOURS = (
    "Amber Azure Black Blue Bronze Brown Cobalt Copper Coral Crimson Cyan Emerald Golden Green Grey Indigo Ivory Jade "
    "Lilac Lime Maroon Mint Navy Ochre Olive Orange Pearl Pink Plum Purple Red Ruby Russet Scarlet Silver Teal Violet "
    "White Yellow"
)
_ANIMALS = (
    "Adder Badger Bat Bear Beaver Bison Boar Buzzard Camel Carp Cat Cobra Crab Crane Crow Deer Dolphin Donkey Duck "
    "Eagle Eel Elk Falcon Finch Fox Frog Gecko Goat Goose Gull Hare Hawk Hedgehog Heron Horse Ibex Jackal Jay Kiwi "
    "Lark Lemur Lion Lizard Llama Lynx Magpie Marten Mole Moose Moth Mouse Newt Otter Owl Panda Perch Puffin Quail "
    "Rabbit Raven Robin Salmon Seal Shark Snail Sparrow Squid Stork Swan Tapir Tiger Toad Trout Turtle Viper Walrus "
    "Whale Wolf Wren Yak Zebra"
)


@dataclass(frozen=True)
class Pseudonym:
    """`problem` says why a chosen name was not taken, for the instructor."""

    name: str
    problem: str = ""


def pseudonyms(by_student: Mapping[str, Sequence[Upload]], secret: bytes) -> dict[str, Pseudonym]:
    """A name for each student: their newest choice where it can be had, else a made one; all of them differ."""
    problems: dict[str, str] = {}
    names: dict[str, str] = {}
    ids = {_same(student): student for student in by_student}
    for student, wanted in _wishes(by_student, problems):
        owner = next((other for other, name in names.items() if _same(name) == _same(wanted)), None)
        if owner is not None:
            problems[student] = f"{wanted!r} was taken by {owner!r} before"
        elif ids.get(_same(wanted), student) != student:
            problems[student] = f"{wanted!r} is another student's id"
        else:
            names[student] = wanted
    taken = {_same(name) for name in names.values()} | ids.keys()
    for student in sorted(by_student.keys() - names.keys(), key=lambda one: (by_student[one][0].seen, one)):
        names[student] = _made(student, secret, taken)
        taken.add(_same(names[student]))
    return {student: Pseudonym(names[student], problems.get(student, "")) for student in by_student}


def _wishes(by_student: Mapping[str, Sequence[Upload]], problems: dict[str, str]) -> list[tuple[str, str]]:
    """Each student's newest valid choice, who chose theirs first at first; what is wrong goes into `problems`."""
    wishes = []
    for student, uploads in by_student.items():
        texts = [(upload, text) for upload in uploads if (text := _text(upload.files / FILE)) is not None]
        if not texts:
            continue
        try:
            name = valid_name(texts[-1][1])
        except ValueError as error:
            problems[student] = str(error)
            continue
        first = next(upload for upload, text in texts if _same(text) == _same(name))
        wishes.append(((first.seen, student), name))
    return [(student, name) for (_, student), name in sorted(wishes)]


def valid_name(text: str) -> str:
    """The name that a pseudonym.txt holds, in normal form. Raises ValueError with what is wrong about it.

    >>> valid_name("Grace  Hopper\\n")
    'Grace Hopper'
    """
    name = " ".join(unicodedata.normalize("NFKC", text).split())
    if not 2 <= len(name) <= LONGEST:
        raise ValueError(f"the name has {len(name)} characters, expected 2 to {LONGEST}")
    wrong = [one for one in name if not (one.isalpha() or one.isdecimal() or one in " -_.'")]
    if wrong or not name[0].isalnum():
        raise ValueError(
            f"the name {name!r} has other characters than letters, digits and single - _ . ' between"
        )
    # The same word can be spelt in letters of another alphabet that look alike.
    alphabets = {unicodedata.name(one, "?").split()[0] for one in name if one.isalpha()}
    if len(alphabets) > 1:
        raise ValueError(f"the name {name!r} mixes alphabets: {', '.join(sorted(alphabets)).lower()}")
    if _same(name) in RESERVED:
        raise ValueError(f"the name {name!r} is reserved")
    return name


def _text(path: Path) -> str | None:
    """The file's text; None where there is none or it is empty."""
    if not path.is_file():
        return None
    return path.read_bytes()[:400].decode("utf-8", "replace").strip() or None


def _same(name: str) -> str:
    """What two names share when people would take them for one."""
    return "".join(one for one in unicodedata.normalize("NFKC", name).casefold() if one.isalnum())


def _made(student: str, secret: bytes, taken: set[str]) -> str:
    colours, animals, tries = _COLOURS.split(), _ANIMALS.split(), 0
    while True:
        text = f"pseudonym\0{student}\0{tries}".encode("utf-8", "surrogateescape")
        number = int.from_bytes(hashlib.blake2b(text, key=secret, digest_size=12).digest(), "big")
        number, colour = divmod(number, len(colours))
        number, animal = divmod(number, len(animals))
        name = f"{colours[colour]} {animals[animal]} {number % 90 + 10}"
        if _same(name) not in taken:
            return name
        tries += 1
