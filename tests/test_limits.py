"""Each limit of a submission: what goes over it is ended and named with its value, and the rest keeps its points."""

import sys
from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest
from conftest import replace_in

from autograder.checks import check, expect
from autograder.errors import CourseError
from autograder.model import Verdict
from autograder.pipeline.merge import MergedCell, MergedNotebook, Role
from autograder.pipeline.run import RunLimits, run_notebook
from autograder.sandbox import processes, uids
from autograder.sandbox.environments import environment
from autograder.sandbox.limits import SandboxLimits
from autograder.sandbox.remote import StudentTimedOut
from autograder.sandbox.session import Sandbox

MIB = 1 << 20
SMALL = SandboxLimits(memory=600 * MIB, tmp=32 * MIB, file=8 * MIB, processes=24, cpu=60, message=4 * MIB)
LIMITS = RunLimits(cell_seconds=8, experiment_seconds=8, check_seconds=6, output_bytes=2048, sandbox=SMALL)

SPIN = "import subprocess, sys\nones = [subprocess.Popen([sys.executable, '-c', 'while True: pass']) for _ in 'ab']\n"
SHARE = (
    "import mmap, time\npages = mmap.mmap(-1, 900 << 20)\nfor i in range(0, 900 << 20, 4096): pages[i] = 1\n"
)
# Small stacks: eight usual megabytes a thread reach the limit of memory first.
THREADS = (
    "import threading\nthreading.stack_size(1 << 17)\nstop = threading.Event()\n"
    "for _ in range(100): threading.Thread(target=stop.wait, daemon=True).start()"
)
FORKS = (
    "import os, time\nchildren = []\ntry:\n    for _ in range(100):\n        pid = os.fork()\n"
    "        if pid == 0: time.sleep(3); os._exit(0)\n        children.append(pid)\n"
    "except OSError:\n    time.sleep(0.6)\nfor pid in children: os.waitpid(pid, 0)"
)
FILL = "for name in 'abcdefgh':\n    open(name, 'wb').write(bytes(6 << 20))"

CELLS = [
    ("while True: pass", {"cell_seconds": 0.5}, "1 cells ran too long (cell_seconds = 0.5)"),
    ("bytearray(1 << 40)", {}, "asked for more memory than there is (memory_mib = 600)"),
    (SHARE + "time.sleep(5)", {}, "used more than 600 MiB of memory; what ran then was ended (memory_mib = 600)"),
    (SPIN + "while True: pass", {"cpu": 1}, "used too much CPU time; what ran then was ended (cpu_seconds = 1)"),
    (THREADS, {}, "started too many processes and threads (processes = 24)"),
    (FORKS, {}, "started too many processes and threads (processes = 24)"),
    ("open('big', 'wb').write(bytes(9 << 20))", {}, "wrote a file that is too large (file_mib = 8)"),
    (FILL, {}, "filled the disk (tmp_mib = 32, shm_mib = 16)"),
    ("open('/dev/shm/a', 'wb').write(bytes(6 << 20))", {"shm": 2 * MIB}, "filled the disk (tmp_mib = 32, shm_mib = 2)"),
    ("files = [open('/dev/null') for _ in range(300)]", {}, "opened too many files (256 at once)"),
    ("print('x' * 3000)", {}, "1 cells put out more than is kept (output_kib = 2)"),
    ("while True: print('x' * 1000)", {}, "1 cells put out more than is kept (output_kib = 2)"),
]  # fmt: skip
TOO_LATE = "1 exercises did not answer a check in time (check_seconds = 0.5): limits.hungry"
PAGES = "used more than 600 MiB of memory; what ran then was ended (memory_mib = 600)"
CPU = "used too much CPU time; what ran then was ended (cpu_seconds = 1)"
CHECKS = [
    ("while True: pass", {"check_seconds": 0.5}, TOO_LATE),
    ("return bytearray(1 << 40)", {}, "asked for more memory than there is (memory_mib = 600)"),
    ("global pages\n    " + (SHARE + "time.sleep(5)").replace("\n", "\n    "), {}, PAGES),
    (SPIN.replace("\n", "\n    ") + "while True: pass", {"cpu": 1}, CPU),
    ("open('big', 'wb').write(bytes(9 << 20))", {}, "wrote a file that is too large (file_mib = 8)"),
    ("return np.zeros(5 << 20, np.uint8)", {}, "sent the grader a message that is too large (message_mib = 4)"),
]  # fmt: skip


# An assignment of these tests' own, so that no real exercise gets a check.
for kind in ("checks", "misconceptions"):
    sys.modules[f"autograder.{kind}.limits"] = ModuleType(f"autograder.{kind}.limits")


@check("limits.modest")
def modest_doubles(student, rng):
    """Twice the argument."""
    expect(student.modest(2.0)).close_to(4.0)


@check("limits.hungry")
def hungry_doubles(student, rng):
    """Twice the argument."""
    expect(student.hungry(2.0)).close_to(4.0)


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(environment("numpy")) as sandbox:
        yield sandbox


def grade(sandbox, cell, body="return 2 * x", **changed):
    """A notebook of two exercises: one that needs little, then `cell`, then one whose function has `body`."""
    sources = ["import numpy as np\ndef modest(x): return 2 * x", cell, f"def hungry(x):\n    {body}"]
    cells = [
        MergedCell(Role.EXTRA, "code", source, f"cell-{number}") for number, source in enumerate(sources)
    ]
    for name in ("modest", "hungry"):
        graded = MergedCell(Role.GRADED, "code", "", name, exercise=f"limits.{name}", points=3.0)
        cells.append(graded)
    of_sandbox = {name: changed.pop(name) for name in list(changed) if hasattr(SMALL, name)}
    limits = replace(LIMITS, sandbox=replace(SMALL, **of_sandbox), **changed)
    return run_notebook(sandbox, MergedNotebook("small", cells), limits, lambda exercise, name: 1)


def scores(run):
    return {exercise.id: exercise.score for exercise in run.exercises}


@pytest.mark.slow
def test_a_submission_within_its_limits_has_no_flag(sandbox):
    run = grade(sandbox, "x = bytearray(1 << 20)\nopen('a', 'wb').write(x)\nprint('fine')")
    assert scores(run) == {"limits.modest": 3.0, "limits.hungry": 3.0}
    assert run.flags == []


@pytest.mark.slow
@pytest.mark.parametrize(("cell", "changed", "flag"), CELLS, ids=[flag for _, _, flag in CELLS])
def test_a_cell_over_a_limit_is_named_and_costs_no_exercise(sandbox, cell, changed, flag):
    run = grade(sandbox, cell, **changed)
    assert f"small: {flag}" in run.flags
    assert scores(run) == {"limits.modest": 3.0, "limits.hungry": 3.0}


@pytest.mark.slow
@pytest.mark.parametrize(("body", "changed", "flag"), CHECKS, ids=[flag for _, _, flag in CHECKS])
def test_a_function_over_a_limit_is_named_and_costs_its_exercise_alone(sandbox, body, changed, flag):
    run = grade(sandbox, "", body, **changed)
    assert f"small: {flag}" in run.flags
    assert scores(run) == {"limits.modest": 3.0, "limits.hungry": 0.0}
    assert run.exercises[1].verdict in (Verdict.CRASHED, Verdict.TIMED_OUT)


@pytest.mark.slow
def test_cells_past_the_submissions_time_are_left_out_and_counted(sandbox):
    run = grade(sandbox, "import time\ntime.sleep(1.5)", submission_seconds=1)
    assert "small: 1 cells were left out for lack of time (submission_seconds = 1)" in run.flags
    assert scores(run)["limits.modest"] == 3.0


@pytest.mark.slow
def test_threads_that_stay_starve_no_check(sandbox):
    quiet = THREADS.replace("for _", "try:\n    for _") + "\nexcept RuntimeError: pass\nkept = 5"
    run = grade(sandbox, quiet, "return 2 * x * kept / 5")
    assert scores(run) == {"limits.modest": 3.0, "limits.hungry": 3.0}


@pytest.mark.slow
def test_a_cell_that_takes_every_process_there_is_is_undone(sandbox):
    greedy = (
        "import resource\nmost = resource.getrlimit(resource.RLIMIT_NPROC)[1]\n"
        "resource.setrlimit(resource.RLIMIT_NPROC, (most, most))\n"
    ) + THREADS.replace("for _", "try:\n    for _")
    run = grade(sandbox, greedy + "\nexcept RuntimeError: pass")
    assert scores(run) == {"limits.modest": 3.0, "limits.hungry": 3.0}
    assert "small: 1 cells were undone: they left no process free (processes = 24)" in run.flags


@pytest.mark.slow
def test_what_lies_in_tmp_counts_as_memory(sandbox):
    # Each alone is allowed: 200 MiB of files, and 300 MiB of pages.
    files = "for i in range(25): open(f'{i}', 'wb').write(bytes(8 << 20))\n"
    pages = (
        "import time\nx = bytearray(300 << 20)\nfor i in range(0, 300 << 20, 4096): x[i] = 1\ntime.sleep(1)"
    )
    big = {"tmp": 250 * MIB, "memory": 520 * MIB}
    assert grade(sandbox, pages, **big).flags == []
    assert any("memory_mib = 520" in flag for flag in grade(sandbox, files + pages, **big).flags)


@pytest.mark.slow
def test_pictures_without_end_are_left_out_and_named(sandbox):
    picture = "display(Image(data=b'x' * 9, format='png'))"
    many = f"from IPython.display import Image, display\nfor _ in range(250): {picture}"
    run = grade(sandbox, many)
    assert "small: 1 cells put out more than is kept (output_kib = 2)" in run.flags
    assert sum("image/png" in output.get("data", {}) for cell in run.cells for output in cell.outputs) < 200


@pytest.mark.slow
def test_an_outputs_size_is_bounded_by_the_grader_too(sandbox):
    # The student's side says what a cell put out: code there may patch the shell that counts.
    lie = (
        "from inside import shell\n"
        "shell.Outputs.finished = lambda self: [{'output_type': 'stream', 'name': 'stdout', 'text': 'x' * 3_000_000}]"
    )
    run = grade(sandbox, lie)
    assert sum(len(output["text"]) for cell in run.cells for output in cell.outputs) < 600_000
    assert any("put out more than is kept" in flag for flag in run.flags)


BOMB = (
    "import os, time\ncount = 0\nwhile True:\n    try:\n        pid = os.fork()\n    except OSError:\n        break\n"
    "    if pid == 0:\n        time.sleep(20)\n        os._exit(0)\n    count += 1\ncount"
)
FORK = (
    "import os\nfor _ in range(10):\n    pid = os.fork()\n    if pid == 0: os._exit(0)\n    os.waitpid(pid, 0)\n"
    "'forked'"
)
SIDE_BY_SIDE = f"""
from autograder.sandbox.environments import environment
from autograder.sandbox.limits import SandboxLimits
from autograder.sandbox.remote import StudentTimedOut
from autograder.sandbox.session import Sandbox
limits = SandboxLimits(processes=24)
with Sandbox(environment("numpy")) as one, Sandbox(environment("numpy")) as two:
    with one.submission(limits) as bomber, two.submission(limits) as neighbour:
        count = bomber.process.fork().run_cell({BOMB!r}, 10, 1000)
        forked = neighbour.process.fork().run_cell({FORK!r}, 10, 1000)
        print("held", count.outputs[0]["data"]["text/plain"])
        print(forked.status, forked.outputs[0]["data"]["text/plain"])
"""


def _says_that_the_neighbour_forked(said):
    held, neighbour = said.splitlines()
    assert 10 <= int(held.split()[1]) <= 24
    assert neighbour == "ok 'forked'"


@pytest.mark.slow
def test_a_fork_bomb_takes_no_process_from_a_neighbour(capsys):
    exec(SIDE_BY_SIDE, {})
    _says_that_the_neighbour_forked(capsys.readouterr().out)


@pytest.mark.slow
def test_nor_does_it_where_an_ordinary_user_grades(ordinary_user):
    _says_that_the_neighbour_forked(ordinary_user.run(SIDE_BY_SIDE))


AS_USER = """
from autograder.sandbox.environments import environment
from autograder.sandbox.limits import SandboxLimits
from autograder.sandbox.frames import Gone
from autograder.sandbox.session import Sandbox
limits = SandboxLimits(memory=520 << 20, tmp=250 << 20, file=8 << 20)
fill = "import time\\nfor i in range(25): open(f'{i}', 'wb').write(bytes(8 << 20))\\n"
fill += "x = bytearray(300 << 20)\\nfor i in range(0, 300 << 20, 4096): x[i] = 1\\ntime.sleep(5)"
with Sandbox(environment("numpy")) as sandbox, sandbox.submission(limits) as submission:
    runner = submission.process.fork()
    runner.run_cell("open('big', 'wb').write(bytes(9 << 20))", 10, 1000)
    try:
        runner.run_cell(fill, 10, 1000)
    except Gone:
        pass
    print(submission.flags)
"""


@pytest.mark.slow
def test_an_ordinary_user_sees_files_in_memory_too(ordinary_user):
    said = ordinary_user.run(AS_USER)
    assert "file_mib = 8" in said
    assert "used more than 520 MiB of memory" in said


@pytest.mark.slow
def test_memory_that_no_process_shows_cannot_be_had(sandbox):
    # Descriptors of memory files and SysV segments hold pages that are in nobody's resident set.
    cell = (
        "import ctypes, os\nlibc = ctypes.CDLL(None)\n"
        "try: got = os.memfd_create('x')\nexcept PermissionError: got = None\n"
        "(got, libc.shmget(0, 1 << 20, 0o1666))"
    )
    with sandbox.submission() as submission:
        outcome = submission.process.fork().run_cell(cell, 10, 1000)
    assert outcome.outputs[0]["data"]["text/plain"] == "(None, -1)"


def test_two_submissions_at_a_time_never_share_a_uid(monkeypatch):
    monkeypatch.setattr(uids.os, "getuid", lambda: 0)
    with uids.spare_uid() as one, uids.spare_uid() as two:
        assert one != two
        assert {one, two} <= set(range(uids.FIRST, uids.FIRST + uids.COUNT))
    with uids.spare_uid() as again:
        assert again == one


def test_an_ordinary_user_stays_who_they_are(monkeypatch):
    monkeypatch.setattr(uids.os, "getuid", lambda: 1000)
    with uids.spare_uid() as uid:
        assert uid == 0


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("memory_mib = 100", "limits.memory_mib is 100, expected a whole number from 256 to"),
        ("processes = 4", "limits.processes is 4, expected a whole number from 16 to 4096"),
        ("message_mib = 2000", "limits.message_mib is 2000, expected a whole number from 1 to 1024"),
        ("file_mib = 0.5", "limits.file_mib is 0.5, expected a whole number above zero"),
        ("cpu_seconds = 0", "limits.cpu_seconds is 0, expected a number above zero"),
        ('shm_mib = "16"', "limits.shm_mib is '16', expected a whole number above zero"),
        (
            "shm_mib = 5000",
            "limits.tmp_mib and limits.shm_mib are 64 and 5000, expected less than limits.memory_mib",
        ),
    ],
)
def test_a_limit_that_cannot_be_is_refused_by_name(tiny_course, line, message):
    path = tiny_course.root / "assignments" / "backprop" / "assignment.toml"
    key = line.split()[0]
    kept = [text for text in path.read_text().splitlines() if not text.startswith(f"{key} ")]
    path.write_text("\n".join(kept))
    replace_in(path, "[limits]", f"[limits]\n{line}")
    with pytest.raises(CourseError, match=message.replace("[", r"\[")):
        tiny_course.assignment("backprop")


def test_an_assignments_limits_reach_the_sandbox_in_its_units(tiny_course):
    path = tiny_course.root / "assignments" / "backprop" / "assignment.toml"
    replace_in(path, "[limits]", "[limits]\ncpu_seconds = 33.5\nshm_mib = 7\nfile_mib = 5\nmessage_mib = 11")
    limits = RunLimits.of(tiny_course.assignment("backprop").limits)
    found = limits.sandbox
    assert (found.cpu, found.shm, found.file, found.message) == (33.5, 7 * MIB, 5 * MIB, 11 * MIB)
    assert limits.output_bytes == 256 << 10
    assert np.isfinite(limits.cell_seconds)


# --- a busy machine -----------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("wants_to_run", "cpu", "ends"),
    [(True, 0.0, "answers"), (False, 0.0, "too late"), (True, 0.95, "too late")],
    ids=["waits for a core", "sleeps", "had its time"],
)
def test_a_check_that_got_no_core_goes_on_and_one_that_sleeps_or_had_its_time_ends(
    sandbox, monkeypatch, wants_to_run, cpu, ends
):
    """A sleep stands for a process that the machine lets wait."""
    monkeypatch.setattr(processes, "wants_to_run", lambda pid: wants_to_run)
    with sandbox.submission(SMALL) as submission:
        submission.process.run_cell("import time\ndef late():\n    time.sleep(1.2)\n    return 7", 5, 100)
        student = submission.process.fork().student(1.0)
        student.begin_check(1)
        monkeypatch.setattr(student._link, "_cpu", lambda: student._link._used + cpu)
        if ends == "answers":
            assert student.late() == 7
        else:
            with pytest.raises(StudentTimedOut):
                student.late()


@pytest.mark.slow
def test_code_that_never_ends_is_ended_whatever_the_machine_does(sandbox, monkeypatch):
    with sandbox.submission(SMALL) as submission:
        submission.process.run_cell("def loop():\n    while True: pass", 5, 100)
        student = submission.process.fork().student(0.5)
        student.begin_check(1)
        monkeypatch.setattr(student._link, "_cpu", lambda: student._link._used)
        with pytest.raises(StudentTimedOut):
            student.loop()
