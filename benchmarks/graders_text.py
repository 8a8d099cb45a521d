"""The section "Graders" of docs/benchmarks.md, made of the figures."""

from __future__ import annotations

from typing import Any

NAMES = {
    "nbgrader": "nbgrader autograde",
    "nbgrader, 2 processes": "nbgrader autograde, two processes, half of the class each",
    "nbclient": "nbclient and checks in the kernel",
    "otter": "Otter-Grader, no containers",
    "chainrule": "chainrule grade, one worker",
    "chainrule, 2 workers": "chainrule grade, two workers",
}


def text(figures: dict[str, Any]) -> str:
    """Tables of costs, what was aimed at and what is, parts of a submission, differences in scores."""
    of_class, light = figures["class"], figures["light"]
    machine = ", ".join(f"{name} {value}" for name, value in figures["machine"].items())
    blocks = [
        _costs(of_class),
        f"On a notebook of negligible compute ({' and '.join(light['exercises'])} alone):",
        _costs(light),
        _aims(figures),
        _parts(figures),
        _scores(of_class["differences"]),
        _remark(figures) + f"Made by `{figures['command']}` on {machine}.",
    ]
    return "\n\n".join(blocks)


def least(floor: dict[str, float]) -> float:
    """Seconds of the student's own compute in one submission."""
    return floor["cells"] + floor["calls"]


def _costs(measured: dict[str, Any]) -> str:
    count, floor, graders = measured["students"], least(measured["floor"]), measured["graders"]
    rows = [
        f"| {count} submissions | CPU s each | of the floor | wall s each | submissions an hour |",
        "|---|---|---|---|---|",
        f"| the student's own compute (floor) | {floor:.3f} | 1 | | |",
    ]
    for name, label in NAMES.items():
        if name in graders:
            cpu, wall = graders[name]["cpu"] / count, graders[name]["wall"] / count
            rows.append(f"| {label} | {cpu:.3f} | {cpu / floor:.2f} | {wall:.2f} | {3600 / wall:.0f} |")
    return "\n".join(rows)


def _aims(figures: dict[str, Any]) -> str:
    of_class, light = figures["class"], figures["light"]
    graders, whole = of_class["graders"], least(of_class["floor"]) * of_class["students"]
    two, empty = graders["chainrule, 2 workers"], light["graders"]
    rows = ["| | aim | measured |", "|---|---|---|"]
    rows += [
        f"| total CPU, of the floor | at most 1.35 | {graders['chainrule']['cpu'] / whole:.2f} |",
        _throughput("against nbgrader in one process, Chainrule on two workers", 8, graders["nbgrader"], two),
        _throughput("against two nbgrader processes", 5, graders["nbgrader, 2 processes"], two),
        _throughput(
            "against nbgrader on the light notebook", 20, empty["nbgrader"], empty["chainrule, 2 workers"]
        ),
    ]
    efficiency = {
        "backprop/fully_connected": (0.75, whole, graders["chainrule"]["cpu"]),
        **{
            name: (0.95, least(one["floor"]) * one["students"], one["cpu"])
            for name, one in figures["efficiency"].items()
        },
    }
    rows += [
        f"| efficiency (floor / CPU) on {name} | at least {aim} | {floor / cpu:.2f} |"
        for name, (aim, floor, cpu) in efficiency.items()
    ]
    return "\n".join(rows)


def _throughput(what: str, aim: int, theirs: dict[str, float], ours: dict[str, float]) -> str:
    return f"| throughput {what} | at least {aim} times | {theirs['wall'] / ours['wall']:.1f} times |"


def _parts(figures: dict[str, Any]) -> str:
    of_class = figures["class"]
    parts, floor = of_class["parts"], of_class["floor"]
    warm = parts["sandbox_cpu"] + parts["grader_cpu"] + parts["recording_cpu"]
    start = figures["light"]["graders"]["chainrule, a batch of one"]
    return "\n".join(
        [
            "| part of a submission of the class, under Chainrule | seconds |",
            "|---|---|",
            f"| set-up: merge, fork, namespaces, tidy up (wall) | {parts['setup_wall']:.3f} |",
            f"| cells (wall; in the floor {floor['cells']:.3f} CPU) | {parts['cells_wall']:.3f} |",
            f"| checks (wall; in the floor {floor['calls']:.3f} CPU) | {parts['checks_wall']:.3f} |",
            f"| all processes in the sandbox (CPU) | {parts['sandbox_cpu']:.3f} |",
            f"| the worker: merging, checks, oracles, naming (CPU) | {parts['grader_cpu']:.3f} |",
            f"| recording: gradebook and autograded notebook (CPU) | {parts['recording_cpu']:.3f} |",
            f"| one more on a warm worker (CPU) | {warm:.3f} |",
            f"| starting a batch, once, with one light submission (CPU) | {start['cpu']:.2f} |",
        ]
    )


def _scores(differences: dict[str, Any]) -> str:
    found, compared = differences["found"], differences["compared"]
    if not found:
        return f"All graders gave the same score on each of the {compared} exercises."
    names = [name for name in found[0] if name not in ("student", "exercise")]
    rows = [f"| student | exercise | {' | '.join(names)} |", "|---" * (len(names) + 2) + "|"]
    rows += [
        f"| {one['student']} | {one['exercise']} | {' | '.join(str(one[name]) for name in names)} |"
        for one in found
    ]
    return f"Of {compared} scores {len(found)} are not the same everywhere:\n\n" + "\n".join(rows)


def _remark(figures: dict[str, Any]) -> str:
    if figures["killed_processes_counted"]:
        return ""
    return (
        "CPU seconds of Chainrule are those of its processes and what its results say of the sandbox: no cgroup could "
        "be made, so the sandbox's own start is missing. "
    )
