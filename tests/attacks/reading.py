"""Attacks that look for what is hidden."""

from __future__ import annotations

from . import attack

# Reads what it can below each folder and prints it; `tried` counts the attempts, so that a silent one shows.
SEARCH = """\
import os
tried = 0
def show(path):
    global tried
    tried += 1
    try:
        with open(path, "rb") as file:
            print(path, file.read(4000))
    except OSError as error:
        print(path, error.errno)
"""


@attack("Opens the course's files, the grader's packages and the home by their names.", shows=("tried 7",))
def by_name(book):
    paths = [
        "@COURSE@/source/backprop/fully_connected.ipynb", "@COURSE@/assignments/backprop/rubric.md",
        "@COURSE@/gradebook.db", "@COURSE@/.chainrule-secret", "@HOME@/.netrc",
        "@SITE@/autograder/checks/backprop/forward.py", "@SITE@/autograder/data/notes.txt",
    ]  # fmt: skip
    return book.insert("imports", f"{SEARCH}\nfor path in {paths}: show(path)\nprint('tried', tried)")
