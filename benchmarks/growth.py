"""What grows with a class: the same light notebook, varied, from 10, 100, 1000 and 5000 students.

    python -m benchmarks.growth [--sandboxed 1000] [SIZE...]

Every student's notebook differs, so that nothing is known from another: a third is solved, a third has a wrong
softmax, a third lacks it. Classes up to --sandboxed are graded in the sandbox, on one worker. Beyond that only the
coordinator's work is real: results are made of one that was graded, which leaves searching, keys, result files, trail,
gradebook and pages. Each step runs in a process of its own, whose peak memory is its own. Writes docs/growth.json and
the section "Growth" of docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))
STORE, PAGE = ROOT / "docs" / "growth.json", ROOT / "docs" / "benchmarks.md"
SIZES, NAME = (10, 100, 1000, 5000), "backprop"
BEGIN, END = "<!-- growth -->", "<!-- end of growth -->"
WRONG = "def softmax(x):\n    return np.exp(x) / np.exp(x).sum()"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sizes", nargs="*", type=int, metavar="SIZE")
    parser.add_argument(
        "--sandboxed", type=int, default=1000, help="the largest class that is run in the sandbox"
    )
    parser.add_argument("--step", nargs=2, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.step:
        print(json.dumps(_measured(wanted.step[0], Path(wanted.step[1]), wanted.sandboxed)))
        return
    known = json.loads(STORE.read_text()) if STORE.exists() else {}
    figures: dict[str, Any] = known.get("sizes", {})
    for size in wanted.sizes or SIZES:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder) / "course"
            _write_class(root, size)
            figures[str(size)] = {step: _in_child(step, root, wanted.sandboxed) for step in STEPS}
            print(size, json.dumps(figures[str(size)]), flush=True)
        found = {
            "machine": f"{platform.platform()}, {os.cpu_count()} cores, python {platform.python_version()}",
            "command": "python -m benchmarks.growth",
            "sizes": dict(sorted(figures.items(), key=lambda item: int(item[0]))),
        }
        STORE.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    _write(found)


# --- the class ----------------------------------------------------------------------------------------------


def _write_class(root: Path, size: int) -> None:
    import nbformat
    from conftest import make_tiny_course

    from autograder.pipeline.demo import solve
    from autograder.pipeline.release import release

    course = make_tiny_course(root)
    release(course, course.assignment(NAME))
    solved = solve(
        nbformat.read(course.release / NAME / "tiny.ipynb", 4),
        nbformat.read(course.source / NAME / "tiny.ipynb", 4),
    )
    places = {cell.metadata.get("nbgrader", {}).get("grade_id"): i for i, cell in enumerate(solved.cells)}
    softmax, answer = places["backprop.softmax-solution"], places["backprop.why_random"]
    for number in range(size):
        notebook = copy.deepcopy(solved)
        if number % 3:
            notebook.cells[softmax].source = WRONG if number % 3 == 1 else "pass"
        notebook.cells[softmax].source += f"\n# by student {number}"
        notebook.cells[answer].source = f"Units would stay equal, says student {number}."
        folder = course.submitted / f"s{number:05d}" / NAME
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / "tiny.ipynb")


# --- steps, each in a process of its own ---------------------------------------------------------------------


def _in_child(step: str, root: Path, sandboxed: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.growth", "--step", step, str(root)]
    command += ["--sandboxed", str(sandboxed)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"the step {step} ended with {done.returncode}")
    return json.loads(done.stdout.splitlines()[-1])


def _measured(step: str, root: Path, sandboxed: int) -> dict[str, float]:
    """What the step says, with its seconds, CPU seconds of this process, and its peak memory."""
    sys.modules.setdefault("rfc3987_syntax", None)  # As `chainrule` does.
    from autograder.course import Course

    course = Course(root)
    started, cpu = time.monotonic(), time.process_time()
    said = STEPS[step](course, course.assignment(NAME), sandboxed)
    return {
        "seconds": round(time.monotonic() - started, 3),
        "cpu_seconds": round(time.process_time() - cpu, 3),
        "peak_mib": round(_peak() / 1024, 1),
        **said,
    }


def _peak() -> int:
    """KiB that this process had at most. getrusage would begin with what its parent had."""
    return int(re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text()).group(1))


def _grade(course: Any, assignment: Any, sandboxed: int) -> dict[str, float]:
    from autograder.pipeline.grade import grade

    with _queries() as count:
        real = len(list(course.submitted.iterdir())) <= sandboxed
        batch = grade(course, assignment, workers=1 if real else _NoSandbox())
    return {"graded": batch.graded, "queries": count[0], "sandboxed": real}


class _NoSandbox:
    """In the place of workers: the first submission is graded, the others get its result under their own keys."""

    def results(self, work: Any, tasks: Any, suite: Any, broken: Any, notice: Any) -> Iterator[Any]:
        import pickle

        from autograder.pipeline.workers import LocalPool

        (first,) = LocalPool(1).results(work, tasks[:1], suite, broken, notice)
        yield first
        for task in tasks[1:]:
            # Handed over as to a worker, and the result as from one.
            sent = pickle.loads(pickle.dumps(task))
            result = replace(first, student=sent.student, key=sent.key, parts=sent.parts)
            yield pickle.loads(pickle.dumps(result))


def _again(course: Any, assignment: Any, sandboxed: int) -> dict[str, float]:
    """Nothing changed: what `chainrule grade` costs then."""
    from autograder.pipeline.grade import grade

    with _queries() as count:
        batch = grade(course, assignment, workers=1)
    if batch.graded:
        raise SystemExit(f"{batch.graded} submissions were graded again although nothing changed")
    return {"known": batch.skipped, "queries": count[0]}


def _report(course: Any, assignment: Any, sandboxed: int) -> dict[str, float]:
    from autograder.pipeline.report import write_report
    from autograder.pipeline.results import read_results

    with _queries() as count:
        page = write_report(
            read_results(course, assignment), NAME, assignment.title, course.report, course.feedback
        )
    return {
        "queries": count[0],
        "bytes": page.stat().st_size,
        "pages": len(list(page.parent.glob("*.html"))),
        "largest_bytes": max(path.stat().st_size for path in page.parent.glob("*.html")),
        **_parsed(page),
    }


def _feedback(course: Any, assignment: Any, sandboxed: int) -> dict[str, float]:
    from autograder.pipeline.feedback import write_feedback
    from autograder.pipeline.results import read_results

    with _queries() as count:
        pages = write_feedback(read_results(course, assignment), course.feedback, assignment.title)
    return {
        "queries": count[0],
        "pages": len(pages),
        "bytes": max(page.stat().st_size for page in pages),
        **_parsed(pages[0]),
    }


def _parsed(page: Path) -> dict[str, float]:
    """Elements of a page, and seconds to parse it: what a browser does first, though much faster."""

    class Counter(HTMLParser):
        elements = 0

        def handle_starttag(self, tag: str, attrs: Any) -> None:
            self.elements += 1

    counter, started = Counter(), time.process_time()
    counter.feed(page.read_text(encoding="utf-8"))
    return {"elements": counter.elements, "parse_seconds": round(time.process_time() - started, 4)}


def _formgrader(course: Any, assignment: Any, sandboxed: int) -> dict[str, float]:
    """What nbgrader's own pages ask the gradebook: the list of submissions, and of one notebook's submissions."""
    from nbgrader.apps.api import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory

    found: dict[str, float] = {}
    api = NbGraderAPI(CourseDirectory(config=course.config), config=course.config)
    pages = {
        "submissions": lambda: api.get_submissions(NAME),
        "notebook": lambda: api.get_notebook_submissions(NAME, "tiny"),
        "students": api.get_students,
        "assignments": api.get_assignments,
    }
    for name, page in pages.items():
        started = time.process_time()
        with _queries() as count:
            page()
        found |= {f"{name}_queries": count[0], f"{name}_seconds": round(time.process_time() - started, 3)}
    return found


STEPS = {
    "grade": _grade,
    "again": _again,
    "report": _report,
    "feedback": _feedback,
    "formgrader": _formgrader,
}


@contextlib.contextmanager
def _queries() -> Iterator[list[int]]:
    """Counts the statements that any database of this process gets."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    count = [0]

    def add(*_: object) -> None:
        count[0] += 1

    event.listen(Engine, "before_cursor_execute", add)
    try:
        yield count
    finally:
        event.remove(Engine, "before_cursor_execute", add)


# --- writing ------------------------------------------------------------------------------------------------


def _write(found: dict[str, Any]) -> None:
    sizes = found["sizes"]
    rows: list[tuple[str, Callable[[int, dict[str, Any]], str]]] = [
        ("grading, s on the wall a submission", lambda n, one: f"{one['grade']['seconds'] / n:.3f}"),
        ("coordinator, CPU ms a submission", lambda n, one: f"{1e3 * one['grade']['cpu_seconds'] / n:.1f}"),
        ("coordinator's peak, MiB", lambda n, one: f"{one['grade']['peak_mib']:.0f}"),
        ("gradebook statements a submission", lambda n, one: f"{one['grade']['queries'] / n:.1f}"),
        ("grading again, nothing changed, CPU s", lambda n, one: f"{one['again']['cpu_seconds']:.2f}"),
        ("the same, peak, MiB", lambda n, one: f"{one['again']['peak_mib']:.0f}"),
        ("the same, gradebook statements", lambda n, one: f"{one['again']['queries']}"),
        (
            "report: pages, CPU s",
            lambda n, one: f"{one['report']['pages']}, {one['report']['cpu_seconds']:.2f}",
        ),
        ("report: first page, KiB", lambda n, one: f"{one['report']['bytes'] / 1024:.0f}"),
        (
            "report: first page, elements, ms to parse",
            lambda n, one: f"{one['report']['elements']}, {1e3 * one['report']['parse_seconds']:.0f}",
        ),
        ("report: peak, MiB", lambda n, one: f"{one['report']['peak_mib']:.0f}"),
        ("feedback, CPU ms a page", lambda n, one: f"{1e3 * one['feedback']['cpu_seconds'] / n:.1f}"),
        ("feedback: largest page, KiB", lambda n, one: f"{one['feedback']['bytes'] / 1024:.0f}"),
        (
            "gradebook statements of report and feedback",
            lambda n, one: f"{one['report']['queries'] + one['feedback']['queries']}",
        ),
        *(
            (
                f"formgrader, {name}: statements, CPU s",
                lambda n, one, key=key: (
                    f"{one['formgrader'][f'{key}_queries']}, {one['formgrader'][f'{key}_seconds']:.2f}"
                ),
            )
            for name, key in (
                ("submissions", "submissions"),
                ("one notebook", "notebook"),
                ("students", "students"),
            )
        ),
    ]
    head = " | ".join(
        f"{int(size):,}{'' if one['grade']['sandboxed'] else ' (no sandbox)'}" for size, one in sizes.items()
    )
    lines = [f"| students | {head} |", "|---|" + "---|" * len(sizes)]
    for name, show in rows:
        lines.append(f"| {name} | " + " | ".join(show(int(size), one) for size, one in sizes.items()) + " |")
    lines += ["", f"Made by `{found['command']}` on {found['machine']}."]
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    text = "\n".join(lines)
    PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{after or chr(10)}", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
