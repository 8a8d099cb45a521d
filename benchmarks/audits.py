"""The tests of the tests, all of them: how every wrong and unusual right solution of the corpus fares in the sandbox.

    python -m benchmarks.audits [--workers N] [ASSIGNMENT...]

Runs what `chainrule audit NAME --verify` runs, for every assignment or for those named, and writes docs/audits.json
and docs/audits.md. Each solution is graded twice, the second time under other noise of the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from pathlib import Path
from typing import Any

from autograder.cli.shared import progress
from autograder.course import Course
from autograder.pipeline.audit import audit

ROOT = Path(__file__).parents[1]
STORE, PAGE = ROOT / "docs" / "audits.json", ROOT / "docs" / "audits.md"
COMMAND = "python -m benchmarks.audits"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("assignments", nargs="*", metavar="ASSIGNMENT")
    parser.add_argument("--workers", type=int, help="processes; by default one a core")
    wanted = parser.parse_args()
    course = Course(ROOT)
    found: dict[str, Any] = json.loads(STORE.read_text()) if STORE.exists() else {}
    for name in wanted.assignments or [item.name for item in course.assignments()]:
        with progress(f"Auditing {name}") as show:
            outcome = audit(course, course.assignment(name), wanted.workers, show, verify=True)
        found[name] = {
            "machine": f"{platform.platform()}, {os.cpu_count()} cores, python {platform.python_version()}",
            **outcome.as_dict(),
        }
        STORE.write_text(json.dumps(dict(sorted(found.items())), indent=1) + "\n", encoding="utf-8")
        PAGE.write_text(page(found), encoding="utf-8")
        print(json.dumps({name: found[name]}, indent=1), flush=True)


def page(found: dict[str, Any]) -> str:
    """docs/audits.md: a table, and every solution that did not fare as its author expected."""
    rows = [
        f"| `{name}` | {of['wrong']} | {of['caught']} | {of['named']} ({of['named'] / of['wrong']:.0%}) | "
        f"{of['right']} | {of['accepted']} | {len(of['broken'])} | {len(of['unsteady'])} |"
        for name, of in sorted(found.items())
    ]
    surprises = [
        f"- {title}: {line}"
        for title, key in SURPRISES.items()
        for _, of in sorted(found.items())
        for line in of[key]
    ]
    table, told = "\n".join(rows), "\n".join(surprises or ["Nothing."])
    return f"{HEAD}{table}\n\n## What came out otherwise than its author expected\n\n{told}\n"


SURPRISES = {
    "not caught": "missed",
    "not accepted": "rejected",
    "the grader failed": "broken",
    "differed the second time": "unsteady",
    "another name": "misnamed",
}
HEAD = f"""# The tests of the tests

Made by `{COMMAND}`: each solution of `autograder/solutions/` takes the place of one solution cell
of the solved notebook and is graded in the sandbox as a submission is, then once more in another order, by another
number of workers and under another hash seed. *Caught*: a wrong solution lost points. *Named*: feedback says the
mistake that its author meant; authors of some wrong solutions meant none that the catalogue should know. *Accepted*:
an unusual right solution scored in full. *Differed*: the two gradings did not agree.

| assignment | wrong | caught | named | unusual right | accepted | the grader failed | differed |
|---|---|---|---|---|---|---|---|
"""

if __name__ == "__main__":
    main()
