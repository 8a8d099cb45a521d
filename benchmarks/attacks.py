"""Every attack of tests/attacks under `chainrule grade` and under stock `nbgrader autograde`, side by side.

    python -m benchmarks.attacks [--only NAME...] [--under stock|chainrule]

Writes the table in docs/security.md and the figures in docs/security.json. With --only (attacks or sections) the rows
of others stay. Takes about an hour on two busy cores; stock runs are contained (benchmarks/contained.py). Chainrule
grades all in one run, so what happens to others there counts against each: run a suspect with --only.
Both are judged by the same function (benchmarks/outcomes.py), from the same things: what lies where work was graded,
the gradebook, the course's and the home's files, and who was reached.
"""

from __future__ import annotations

import argparse
import dataclasses
import io
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from importlib.metadata import version
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(CHECKOUT), str(CHECKOUT / "tests")]
from attacks import LIGHT, SECTIONS, SOLVED, Attack, load
from attacks.scene import NEIGHBOURS, NOBODY, NOTEBOOK, Scene, build, listeners
from nbconvert import HTMLExporter

from autograder.pipeline.feedback import feedback_file
from benchmarks.contained import Run, autograde, manifest
from benchmarks.outcomes import Graded, judge, recorded

PAGE, FIGURES = CHECKOUT / "docs" / "security.md", CHECKOUT / "docs" / "security.json"
# Graded by nbgrader after each attack, so that what an attack does to others shows: the ids sort in this order.
NEIGHBOUR = "zz-light"
WORKERS = 2


# --- Chainrule ----------------------------------------------------------------------------------------------


def under_chainrule(scene: Scene, attacks: list[Attack]) -> dict[str, Graded]:
    """The real command over all of them at once; what happens to others counts against each of the run."""
    with listeners(scene.root) as (port, unix, met):
        scene.hand_in(attacks, port, unix)
        scene.give_away()
        before = _course_files(scene)
        done = scene.chainrule("grade", "backprop", "--force", "--workers", "1")
        died = "" if done.returncode in (0, 1) else f"chainrule ended with {done.returncode}"
        scene.chainrule("feedback", "backprop")
    after = _course_files(scene)
    changed = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    stayed = len(scene.left_behind())
    return {
        attack.student: Graded(
            pages=_pages(scene, attack.student),
            scores=recorded(scene.course / "gradebook.db", attack.student),
            neighbours={name: recorded(scene.course / "gradebook.db", name) for name in NEIGHBOURS},
            changed=changed,
            met=met,
            stayed=stayed,
            died=died,
            page=_page(scene, attack.student) if attack.section == "pages" else "",
        )
        for attack in attacks
    }


def _course_files(scene: Scene) -> dict[str, str]:
    """Digests of all that a grader has no business to change."""
    products = ("course/results", "course/report", "course/grades.csv")
    return {name: digest for name, digest in manifest(scene.root).items() if not name.startswith(products)}


def _pages(scene: Scene, student: str) -> dict[str, bytes]:
    page = feedback_file(scene.course / "feedback", student, "backprop")
    paths = [
        page,
        *(scene.course / "autograded" / student).rglob("*"),
        scene.course / f"results/backprop/{student}.json",
    ]
    return {str(path): path.read_bytes() for path in paths if path.is_file()}


def _page(scene: Scene, student: str) -> str:
    return feedback_file(scene.course / "feedback", student, "backprop").read_text(encoding="utf-8")


# --- stock nbgrader -----------------------------------------------------------------------------------------


def prepare(scene: Scene, attacks: list[Attack]) -> None:
    """Submissions in scene.root/stock, and a course that holds no other but the neighbours' for nbgrader."""
    scene.hand_in(
        [dataclasses.replace(attack, place=None) for attack in attacks], "@PORT@", f"{scene.root}/listener"
    )
    for attack in attacks:
        shutil.move(scene.course / "submitted" / attack.student, scene.root / "stock" / attack.student)
    for name in ("attacks", "contained.py"):
        source = CHECKOUT / ("tests/attacks" if name == "attacks" else "benchmarks/contained.py")
        (shutil.copytree if source.is_dir() else shutil.copy)(source, scene.root / name)
    # Compiled once, or each of three processes of each run would do it.
    compiled = [str(scene.site), *([str(scene.root / "packages")] if scene.user else [])]
    subprocess.run([scene.python, "-m", "compileall", "-q", "-j", "2", *compiled], check=False)
    shutil.copytree(scene.course, scene.root / "stock-course")
    course = scene.root / "stock-course"
    for name in ("autograded", "feedback", "results"):
        shutil.rmtree(course / name, ignore_errors=True)
    for name in NEIGHBOURS[1:]:
        shutil.rmtree(course / "submitted" / name)
    (course / "submitted" / NEIGHBOUR / "backprop").mkdir(parents=True)
    book = scene.workbook().solve(*LIGHT).insert("imports", f"note = {scene.canary('a neighbour')!r}")
    (course / "submitted" / NEIGHBOUR / "backprop" / NOTEBOOK).write_bytes(book.saved())
    for name in NEIGHBOURS:
        _forget(course, name)
    scene.give_away()


def _forget(course: Path, student: str) -> None:
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        book.remove_submission("backprop", student)


def under_nbgrader(scene: Scene, attack: Attack) -> Graded:
    """One run over the attack and one neighbour."""
    mounts = [scene.root / "packages", scene.bin] if scene.user else [Path(sys.prefix)]
    environ = {
        "PATH": f"{scene.bin}:/usr/bin:/bin",
        "PYTHONPATH": f"{scene.site}:{scene.root / 'packages'}" if scene.user else str(scene.site),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": str(scene.home),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "CHAINRULE_SECRET_OF_THE_GRADER": scene.canary("the grader's environment"),
    }
    job = {"student": attack.student, "python": scene.python}
    if attack.place is not None:
        job |= {"module": attack.work.__module__, "name": attack.name}
    run = autograde(scene.root, mounts, environ, job)
    found = _graded(run, attack.student)
    if attack.section == "pages":
        found.plain_page = _in_formgrader(run, NEIGHBOUR)
        try:
            found.page = _in_formgrader(run, attack.student)
        except Exception as error:  # whatever nbconvert and its filters make of hostile outputs
            found.died = f"formgrader cannot show it ({type(error).__name__})"
    return found


def _in_formgrader(run: Run, student: str) -> str:
    """The page that nbgrader's formgrader makes of an autograded notebook, sanitised as nbgrader_config.py asks for."""
    notebook = run.files.get(f"autograded/{student}/backprop/{NOTEBOOK}")
    if notebook is None:
        return ""
    exporter = HTMLExporter(sanitize_html=True, template_name="classic")
    return exporter.from_file(io.BytesIO(notebook))[0]


def _graded(run: Run, student: str) -> Graded:
    pages = {name: data for name, data in run.files.items() if name.startswith(f"autograded/{student}/")}
    found = Graded(pages=pages, changed=run.changed, met=run.met, stayed=run.stayed)
    if run.status is None:
        found.died = "the command hung" if run.files else "the command and all beside it died"
    elif run.status < 0 or run.status > 1:
        found.died = f"the command died ({run.status})"
    with tempfile.NamedTemporaryFile(suffix=".db") as file:
        file.write(run.files.get("gradebook.db", b""))
        file.flush()
        try:
            found.scores = recorded(Path(file.name), student)
            found.neighbours = {NEIGHBOUR: recorded(Path(file.name), NEIGHBOUR)}
        except sqlite3.Error as error:
            found.died = f"the gradebook is broken ({error})"
            found.neighbours = {NEIGHBOUR: None}
    return found


# --- the table ----------------------------------------------------------------------------------------------


def honest_points(scene: Scene, attack: Attack) -> dict[str, float]:
    """Points of the exercises whose solution cell is still what the attack was given to start with."""
    worth = SOLVED if attack.solved else LIGHT
    book = scene.workbook().solve(*worth)
    try:
        cells = json.loads((scene.root / "stock" / attack.student / "backprop" / NOTEBOOK).read_bytes())[
            "cells"
        ]
        ids = {
            cell["metadata"]["nbgrader"]["grade_id"]: cell for cell in cells if "nbgrader" in cell["metadata"]
        }
        found = {name: "".join(cell["source"]) for name, cell in ids.items()}
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    return {
        name: points
        for name, points in worth.items()
        if found.get(f"backprop.{name}-solution") == book.cell(f"{name}-solution").source
    }


def table(rows: list[dict[str, str]]) -> str:
    """The page's table, one section after the other."""
    lines = []
    for section in SECTIONS:
        of_section = [row for row in rows if row["section"] == section]
        lines += [f"**{section}** ({len(of_section)})", "", "| attack | what | stock nbgrader | Chainrule |"]
        lines += ["|---|---|---|---|"]
        for row in of_section:
            cells = [
                f"`{section}.{row['name']}`",
                *(_cell(row[key]) for key in ("what", "stock", "chainrule")),
            ]
            lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines).strip()


def _cell(text: str) -> str:
    """Text that stays in its cell of the table."""
    plain = "".join(character if character.isprintable() else "?" for character in text)
    return re.sub(r"([|<>*`\\\[\]])", r"\\\1", plain)


def write(rows: dict[str, dict[str, str]]) -> None:
    """docs/security.json, and the table and its sums in docs/security.md."""
    order = [name for attack in load() if (name := f"{attack.section}.{attack.name}") in rows]
    figures = {
        "versions": {package: version(package) for package in ("nbgrader", "ipython", "numpy")},
        "sums": {side: _sums([rows[name][side] for name in order]) for side in ("stock", "chainrule")},
        "attacks": {name: rows[name] for name in order},
    }
    FIGURES.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    sums = "\n".join(
        f"- {label}: " + ", ".join(f"{word} {count}" for word, count in figures["sums"][side].items()) + "."
        for side, label in (
            ("stock", f"nbgrader {figures['versions']['nbgrader']}"),
            ("chainrule", "Chainrule"),
        )
    )
    text = f"<!-- attacks -->\n{sums}\n\n{table([rows[name] for name in order])}\n<!-- end of attacks -->"
    old = PAGE.read_text(encoding="utf-8")
    new = re.sub("<!-- attacks -->.*<!-- end of attacks -->", lambda _: text, old, flags=re.DOTALL)
    PAGE.write_text(new, encoding="utf-8")


def _sums(outcomes: list[str]) -> dict[str, int]:
    """How many rows say each word; one row can say several."""
    words = [{re.split(r":| \(", part)[0] for part in outcome.split("; ")} for outcome in outcomes]
    kinds = (
        "leaked",
        "reached",
        "got out",
        "forged",
        "neighbour's grade moved",
        "harmed",
        "lost",
        "held",
        "not run",
    )
    counts = {kind: sum(kind in said for said in words) for kind in kinds}
    return {kind: count for kind, count in counts.items() if count}


def compare(
    scene: Scene, attacks: list[Attack], under: list[str], done: Callable[[Attack, str, str], None]
) -> None:
    """Judge each attack under `under`, and tell `done` each outcome. Raises where honest work does not come through."""
    honest_work = Attack("odd", "nothing", "Honest work.", lambda book: book)
    prepare(scene, [honest_work, *attacks])
    honest = {item.student: honest_points(scene, item) for item in [honest_work, *attacks]}
    before = {name: recorded(scene.course / "gradebook.db", name) for name in NEIGHBOURS}
    if "chainrule" in under:
        graded = under_chainrule(scene, attacks)
        for attack in attacks:
            done(
                attack,
                "chainrule",
                judge(attack, honest[attack.student], before, scene.canaries, graded[attack.student]),
            )

    def stock(attack: Attack) -> str:
        if attack.stock_harms:
            return f"not run: {attack.stock_harms}"
        found = under_nbgrader(scene, attack)
        outcome = judge(attack, honest[attack.student], {NEIGHBOUR: dict(LIGHT)}, scene.canaries, found)
        nothing_there = outcome == "held" and _is_ours_alone(scene, attack)
        return "held (it aims at what Chainrule alone has)" if nothing_there else outcome

    if "stock" in under:
        if (outcome := stock(honest_work)) != "held":
            raise SystemExit(
                f"honest work does not come through stock nbgrader, so nothing can be compared: {outcome}"
            )
        with ThreadPoolExecutor(WORKERS) as pool:
            running = {pool.submit(stock, attack): attack for attack in attacks}
            for future in as_completed(running):
                done(running[future], "stock", future.result())


def _is_ours_alone(scene: Scene, attack: Attack) -> bool:
    """Whether it talks to Chainrule's channel or object server, which a kernel has not."""
    data = (scene.root / "stock" / attack.student / "backprop" / NOTEBOOK).read_bytes()
    return any(words in data for words in (b"inside.objects", b"from inside", b"import msgpack"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--only", nargs="+", metavar="NAME", help="attacks or sections; the rows of others stay"
    )
    parser.add_argument("--under", choices=["stock", "chainrule"], help="fill one column, the other stays")
    asked = parser.parse_args()
    attacks = [
        item
        for item in load()
        if not asked.only or {item.name, item.section, f"{item.section}.{item.name}"} & {*asked.only}
    ]
    if not attacks:
        raise SystemExit(f"no attack and no section is called {' or '.join(asked.only)}")
    rows = json.loads(FIGURES.read_text(encoding="utf-8"))["attacks"] if FIGURES.exists() else {}

    def done(attack: Attack, side: str, outcome: str) -> None:
        name = f"{attack.section}.{attack.name}"
        blank = {
            "section": attack.section,
            "name": attack.name,
            "what": "",
            "stock": "not run yet",
            "chainrule": "not run yet",
        }
        rows[name] = {**blank, **rows.get(name, {}), "what": attack.what, side: outcome}
        write(rows)
        print(f"{name} under {side}: {outcome}", flush=True)

    # Not below /tmp: there an attack takes the grader's packages for files of its own.
    with tempfile.TemporaryDirectory(
        dir="/var/tmp", prefix="chainrule-attacks-", ignore_cleanup_errors=True
    ) as folder:
        scene = build(Path(folder) / "scene", NOBODY if os.getuid() == 0 else 0)
        compare(scene, attacks, [asked.under] if asked.under else ["stock", "chainrule"], done)


if __name__ == "__main__":
    main()
