"""The sandbox as the pipeline uses it: cells, forks, limits, isolation, for root and for an ordinary user."""

import shutil
import sysconfig
import time
from pathlib import Path

import numpy as np
import pytest

from autograder.errors import SandboxError
from autograder.pipeline import library
from autograder.sandbox import probe as probing
from autograder.sandbox.environments import environment, package_paths
from autograder.sandbox.frames import Gone
from autograder.sandbox.launch import command_line
from autograder.sandbox.limits import SandboxLimits
from autograder.sandbox.remote import StudentCrashed, StudentDied, StudentTimedOut
from autograder.sandbox.session import Sandbox

pytestmark = pytest.mark.slow
PROJECT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(environment("numpy")) as sandbox:
        yield sandbox


@pytest.fixture
def submission(sandbox):
    with sandbox.submission(SandboxLimits(memory=700 << 20, tmp=16 << 20)) as submission:
        yield submission


def run(process, source, seconds=10, limit=50_000):
    return process.run_cell(source, seconds, limit)


def texts(outcome):
    return "".join(item["text"] for item in outcome.outputs if item["output_type"] == "stream")


def test_a_cell_gives_streams_results_and_pictures(submission):
    runner = submission.process.fork()
    outcome = run(
        runner,
        "import sys\nimport matplotlib.pyplot as plt\nprint('out')\nprint('err', file=sys.stderr)\n"
        "plt.plot([1, 2])\nplt.show()\n{'a': 1}",
    )
    assert outcome.status == "ok"
    kinds = [item["output_type"] for item in outcome.outputs]
    assert kinds == ["stream", "stream", "display_data", "execute_result"]
    assert outcome.outputs[2]["data"]["image/png"].startswith("iVBOR")
    assert outcome.outputs[3]["data"]["text/plain"] == "{'a': 1}"


def test_what_subprocesses_write_is_kept(submission):
    assert "from a shell" in texts(
        run(submission.process.fork(), "import os\n_ = os.system('echo from a shell')")
    )


def test_an_error_names_type_message_and_the_students_lines(submission):
    outcome = run(submission.process.fork(), "def f(x):\n    return x / 0\nf(1)")
    assert (outcome.status, outcome.error) == ("error", "ZeroDivisionError: division by zero")
    assert "line 2, in f: return x / 0" in outcome.outputs[0]["traceback"]


def test_a_stub_is_told_from_an_error(submission):
    assert run(submission.process.fork(), "raise NotImplementedError('backprop.x')").status == "not_written"


def test_output_is_bounded_and_printing_without_end_is_stopped(submission):
    runner = submission.process.fork()
    outcome = run(runner, "print('x' * 200_000)", limit=1000)
    assert outcome.status == "ok"
    assert len(texts(outcome)) < 1200
    assert "more characters were not kept" in texts(outcome)
    assert run(runner, "while True: print('x' * 1000)", limit=1000).error.startswith("OutputLimit")
    assert run(runner, "1 + 1").status == "ok"


def test_a_fork_goes_on_from_its_parent_and_leaves_it_untouched(submission):
    runner = submission.process.fork()
    run(runner, "x = [1]")
    child = runner.fork()
    run(child, "x.append(2)")
    assert run(child, "x").outputs[0]["data"]["text/plain"] == "[1, 2]"
    assert run(runner, "x").outputs[0]["data"]["text/plain"] == "[1]"


def test_a_cell_that_ends_its_process_is_gone_and_its_parent_is_not(submission):
    runner = submission.process.fork()
    run(runner, "x = 5")
    child = runner.fork()
    with pytest.raises(Gone):
        run(child, "import os\nos._exit(0)")
    assert run(runner, "x").outputs[0]["data"]["text/plain"] == "5"


def test_a_loop_is_interrupted_and_a_stubborn_one_killed(submission):
    runner = submission.process.fork()
    outcome = run(runner, "while True: pass", seconds=0.3)
    assert (outcome.status, outcome.error) == ("timed_out", "it ran longer than 0.3 s")
    stubborn = "while True:\n    try:\n        while True: sum(range(1000))\n    except BaseException: pass"
    with pytest.raises(Gone) as gone:
        run(runner.fork(), stubborn, seconds=0.3)
    assert gone.value.late


def test_checks_call_functions_and_see_how_they_fail(submission):
    runner = submission.process.fork()
    run(runner, "import os\ndef f(x): return 2 * x\ndef crash(): return [][1]\ndef quit(): os._exit(0)\n"
                "def loop():\n    while True: pass")  # fmt: skip
    student = runner.fork().student(5)
    np.testing.assert_array_equal(student.f(np.arange(3)), [0, 2, 4])
    with pytest.raises(StudentCrashed) as crash:
        student.crash()
    assert (crash.value.type_name, crash.value.line) == ("IndexError", "def crash(): return [][1]")
    with pytest.raises(StudentDied):
        student.quit()
    with pytest.raises(StudentDied):
        student.f(1)
    with pytest.raises(StudentTimedOut):
        runner.fork().student(0.3).loop()


def test_functions_of_ours_are_called_from_inside(submission):
    runner = submission.process.fork()
    run(runner, "def apply(f, x): return f(x) + 1")
    assert runner.fork().student(5).apply(lambda x: 10 * x, 2) == 21


def test_what_outlives_a_fork_is_swept(submission):
    runner = submission.process.fork()
    child = runner.fork()
    run(child, "import subprocess\np = subprocess.Popen(['sleep', '60'], start_new_session=True)")
    names = (
        "from pathlib import Path\nprint([path.read_text() for path in Path('/proc').glob('[0-9]*/comm')])"
    )
    assert "sleep" in texts(run(runner, names))
    child.kill()
    deadline = time.monotonic() + 5
    while "sleep" in texts(run(runner, names)):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_memory_over_the_limit_ends_what_runs(submission):
    runner = submission.process.fork()
    outcome = run(runner, "x = bytearray(2 << 30)")
    assert outcome.error.startswith("MemoryError")
    shared = "import mmap, time\nm = mmap.mmap(-1, 1 << 30)\nfor i in range(0, 1 << 30, 4096): m[i] = 1\ntime.sleep(5)"
    with pytest.raises(Gone):
        run(runner.fork(), shared)
    assert any("more than 700 MiB" in flag for flag in submission.flags)
    assert run(runner, "1").status == "ok"


def test_files_reach_the_working_directory_and_the_disk_is_limited(submission):
    submission.process.put_files({"data/a.txt": b"hello"})
    runner = submission.process.fork()
    assert "hello" in texts(run(runner, "print(open('data/a.txt').read())"))
    outcome = run(runner, "open('/tmp/big', 'wb').write(bytes(64 << 20))")
    assert outcome.error.startswith("OSError")


def test_a_submission_leaves_nothing_for_the_next(sandbox):
    with sandbox.submission() as first:
        run(first.process, "open('/tmp/mark', 'w').close(); open('/dev/shm/mark', 'w').close(); import builtins\n"
                           "builtins.mark = 1")  # fmt: skip
        pids = [process.pid for process in first.processes]
    with sandbox.submission() as second:
        outcome = run(second.process, "import os\n(os.path.exists('/tmp/mark'), os.path.exists('/dev/shm/mark'),"
                                      " 'mark' in dir(__builtins__))")  # fmt: skip
        assert outcome.outputs[0]["data"]["text/plain"] == "(False, False, False)"
    deadline = time.monotonic() + 5
    while any(Path(f"/proc/{pid}").exists() for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_nothing_of_ours_is_mounted():
    names = package_paths(environment("numpy").packages)
    assert {"numpy", "matplotlib", "IPython", "msgpack"} <= set(names)
    assert not {"autograder", "nbgrader", "torch", "sklearn", "pip"} & set(names)
    assert not any(name.endswith(".pth") for name in names)
    for root in (True, False):
        command = command_line(environment("numpy"), root)
        bound = [command[i + 1] for i, part in enumerate(command) if part == "--ro-bind"]
        mine = {path for path in bound if path.startswith(str(PROJECT)) and ".venv" not in path}
        assert mine == {str(PROJECT / "student_lib"), str(PROJECT / "autograder/sandbox/inside")}
        assert sysconfig.get_path("purelib") not in bound


def test_a_crash_inside_numpy_names_the_students_line(submission):
    runner = submission.process.fork()
    run(runner, "import numpy as np\ndef widest(x):\n    return np.max(x, axis=5)")
    with pytest.raises(StudentCrashed) as caught:
        runner.student(10).widest(np.ones((2, 3)))
    assert caught.value.line == "return np.max(x, axis=5)"


def test_only_the_released_part_of_the_library_is_mounted():
    released = library.files_for("from student_lib import expect")
    with Sandbox(environment("numpy").with_library(released)) as sandbox, sandbox.submission() as submission:
        outcome = run(
            submission.process.fork(),
            "import os, student_lib\nprint(sorted(os.listdir(os.path.dirname(student_lib.__file__))))\n"
            "import student_lib.planted_networks",
        )
    assert "planted_networks" not in texts(outcome)
    assert "'expect.py'" in texts(outcome)
    assert outcome.status == "error"
    assert "ModuleNotFoundError" in outcome.error


def test_the_isolation_self_test_finds_no_way_out(sandbox, tmp_path):
    (tmp_path / "gradebook.db").write_text("secret")
    tried = probing.require_isolation(sandbox, [tmp_path / "gradebook.db", PROJECT / "autograder"])
    assert tried == probing.TRIED + 2


def test_the_isolation_self_test_refuses_when_something_is_within_reach(sandbox):
    with pytest.raises(SandboxError, match=r"does not hold.*read /usr/bin"):
        probing.require_isolation(sandbox, [Path("/usr/bin")])


def test_without_bubblewrap_the_remedy_is_named(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(SandboxError, match="apt-get install bubblewrap"):
        command_line(environment("numpy"), root=True)


def test_an_unknown_environment_is_named_with_the_known_ones():
    with pytest.raises(SandboxError, match="'numpi'; there are numpy"):
        environment("numpi")


AS_USER = """
import sys
from pathlib import Path
from autograder.sandbox.environments import environment
from autograder.sandbox.probe import require_isolation
from autograder.sandbox.session import Sandbox
with Sandbox(environment("numpy")) as sandbox:
    print("attempts refused:", require_isolation(sandbox, [Path("/etc/passwd"), Path(sys.argv[1])]))
    with sandbox.submission() as submission:
        print("uid inside:", submission.process.run_cell("import os; print(os.getuid())", 5, 100).outputs[0]["text"])
"""


def test_the_same_recipe_holds_for_an_ordinary_user(ordinary_user):
    (ordinary_user.folder / "secret").write_text("secret")
    said = ordinary_user.run(AS_USER, str(ordinary_user.folder / "secret"))
    assert f"attempts refused: {probing.TRIED + 2}" in said
    assert "uid inside: 65534" in said
