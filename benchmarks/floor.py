"""The floor: the student's own compute, which no grader can avoid.

The notebook's cells and the checks' calls of the student's functions, executed plainly in one warm process, figures
drawn to PNG as a notebook draws them.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt

from autograder.checks.runner import run_exercise
from autograder.pipeline.grade_one import Task, merge_all
from autograder.pipeline.merge import MergedNotebook, Role
from autograder.pipeline.run import seeds
from autograder.pipeline.submissions import digest, travelling
from autograder.sandbox.inside.objects import ObjectServer
from autograder.sandbox.remote import LocalLink, Student


class _TimedServer(ObjectServer):
    """An object server that knows how long the student's functions took."""

    seconds = 0.0

    def do_call(self, target: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        started = time.process_time()
        try:
            return super().do_call(target, args, kwargs)
        finally:
            _TimedServer.seconds += time.process_time() - started


def floor(tasks: list[Task]) -> dict[str, float]:
    """CPU seconds a submission in this process: `cells`, and the checks' `calls` of student functions."""
    suite = tasks[0].suite
    with suite.in_force():
        _run(tasks[0])  # warms the process up
        spent = [_run(task) for task in tasks]
    return {
        "cells": sum(cells for cells, _ in spent) / len(tasks),
        "calls": sum(calls for _, calls in spent) / len(tasks),
    }


def _run(task: Task) -> tuple[float, float]:
    cells = calls = 0.0
    notebooks = merge_all(task).notebooks
    content = digest(*(notebook.digest.encode() for notebook in notebooks))
    for notebook in notebooks:
        with _folder({**travelling(task.files), **task.suite.files}):
            started = time.process_time()
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                namespaces = _execute(notebook)
                cells += time.process_time() - started
                _TimedServer.seconds = 0.0
                _call(notebook, namespaces, task, content)
            calls += _TimedServer.seconds
    return cells, calls


@contextlib.contextmanager
def _folder(files: dict[str, bytes]) -> Iterator[None]:
    """A working directory with the submission's files, importable, as a notebook has it."""
    before, known = os.getcwd(), set(sys.modules)
    with tempfile.TemporaryDirectory() as folder:
        for name, data in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        os.chdir(folder)
        sys.path.insert(0, folder)
        try:
            yield
        finally:
            sys.path.remove(folder)
            os.chdir(before)
            for name in set(sys.modules) - known:
                if str(getattr(sys.modules[name], "__file__", None)).startswith(folder):
                    del sys.modules[name]


def _execute(notebook: MergedNotebook) -> dict[str, dict[str, Any]]:
    """Run the cells plainly; the namespace as it is at each exercise's graded cell."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    snapshots = {}
    for cell in notebook.cells:
        if cell.role is Role.GRADED:
            snapshots[cell.exercise] = dict(namespace)
        elif cell.cell_type == "code":
            source = re.sub(r"^[%!].*$", "", cell.source, flags=re.MULTILINE)
            with contextlib.suppress(Exception):
                exec(compile(source, cell.cell_id, "exec"), namespace)
            for number in plt.get_fignums():
                plt.figure(number).savefig(io.BytesIO(), format="png", bbox_inches="tight")
            plt.close("all")
    return snapshots


def _call(notebook: MergedNotebook, namespaces: dict[str, dict[str, Any]], task: Task, content: str) -> None:
    seed_of = seeds(task.secret, task.student, content)
    for cell in notebook.graded():

        def new_student(names: dict[str, Any] = namespaces[cell.exercise]) -> Student:
            link = LocalLink(names)
            link._server = _TimedServer(names, link._call_back)
            return Student(link)

        run_exercise(cell.exercise, new_student, lambda check: seed_of(cell.exercise, check), cell.points)
