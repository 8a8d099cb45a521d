"""Grading on a Dask cluster: real schedulers and workers, on loopback and in network namespaces of their own."""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import os
import pickle
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cluster_work
import psutil
import pytest
from click.testing import CliRunner
from cluster_work import Job
from conftest import CHECKOUT, make_tiny_course
from samples import exercise, submission
from test_faults import NAME, STUDENTS, Run, automatic, submit

from autograder.cli import main
from autograder.course import Course
from autograder.errors import CourseError, SandboxError
from autograder.model import SubmissionResult, Verdict
from autograder.pipeline import cluster_worker
from autograder.pipeline.cluster import Cluster
from autograder.pipeline.cluster_jobs import agreed
from autograder.pipeline.cluster_link import Link
from autograder.pipeline.grade import grade
from autograder.pipeline.grade_one import task_for
from autograder.pipeline.release import release
from autograder.pipeline.submissions import find_submissions
from autograder.pipeline.suite import Suite, load_suite
from autograder.pipeline.trail import Trail, check
from autograder.pipeline.waiting import waiting_for

PATIENCE = 90
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes network namespaces")


# --- a cluster ----------------------------------------------------------------------------------------------


class Machines:
    """A scheduler and workers, each a process of its own, ended with the test."""

    def __init__(self, folder: Path, address: str = "tcp://127.0.0.1", tls: tuple[str, ...] = ()):
        self._folder, self._tls = folder, tls
        self._stack = contextlib.ExitStack()
        host = address.split("//")[1]
        with socket.create_server((host, 0)) as free:
            self.scheduler = f"{address}:{free.getsockname()[1]}"
        self._scheduler = self._start("scheduler", "distributed.cli.dask_scheduler", "--host", self.scheduler)
        self._wait_for(self._log("scheduler"), "Scheduler at:")

    def worker(
        self, name: str, *, nanny: bool = False, inside: tuple[str, ...] = (), **variables: str
    ) -> psutil.Process:
        """A worker process; with a nanny it is started again when it dies. `inside` goes before its command."""
        arguments = [self.scheduler, "--nthreads", "1", "--name", name, *(() if nanny else ("--no-nanny",))]
        process = self._start(name, "distributed.cli.dask_worker", *arguments, inside=inside, **variables)
        self._wait_for(self._log(name), "Registered to:")
        return process

    def kill_scheduler(self) -> None:
        self._scheduler.kill()

    def close(self) -> None:
        self._stack.close()

    def _start(
        self, name: str, module: str, *arguments: str, inside: tuple[str, ...] = (), **variables: str
    ) -> psutil.Process:
        paths = [variables.pop("first", ""), str(CHECKOUT / "tests"), str(CHECKOUT)]
        places = {"PYTHONPATH": os.pathsep.join(path for path in paths if path)}
        command = [*inside, sys.executable, "-m", module, "--no-dashboard", *self._tls, *arguments]
        environment = os.environ | places | variables
        with open(self._log(name), "wb") as log:
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=self._folder)
        self._stack.callback(_end, process)
        return psutil.Process(process.pid)

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    @staticmethod
    def _wait_for(log: Path, words: str) -> None:
        until(lambda: words in log.read_text(errors="replace"), log)


def _end(process: subprocess.Popen[bytes]) -> None:
    """The process and what it started: a nanny's worker is not to outlive it."""
    with contextlib.suppress(psutil.NoSuchProcess):
        for one in [*psutil.Process(process.pid).children(recursive=True), process]:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
    process.wait()


def until(holds: Callable[[], object], what: object = "") -> None:
    """Wait for it; the test fails when it does not come."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        said = what.read_text(errors="replace")[-3000:] if isinstance(what, Path) else what
        assert time.monotonic() < deadline, said
        time.sleep(0.05)


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    with contextlib.closing(Machines(tmp_path)) as started:
        yield started


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def cluster(machines: Machines, said: list[str]) -> Cluster:
    return Cluster(Link(machines.scheduler), said.append)


# --- a course -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def graded_here(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Four submissions, graded on this machine."""
    course = make_tiny_course(tmp_path_factory.mktemp("cluster") / "course")
    release(course, course.assignment(NAME))
    for student in STUDENTS:
        submit(course, student)
    grade(course, course.assignment(NAME), workers=1)
    return course


@pytest.fixture
def course(graded_here: Course, tmp_path: Path) -> Course:
    """The same four, ungraded."""
    course = Course(shutil.copytree(graded_here.root, tmp_path / "course"))
    shutil.rmtree(course.results)
    shutil.rmtree(course.autograded)
    (course.root / "gradebook.db").unlink()
    return course


@pytest.fixture(scope="module")
def suite(graded_here: Course) -> Suite:
    return load_suite(graded_here, graded_here.assignment(NAME))


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    (tmp_path / "notes").mkdir()
    return tmp_path / "notes"


def without_times(course: Course) -> list[dict[str, object]]:
    """All that the result files say, but when it was and how long it took."""
    found = []
    for student in STUDENTS:
        text = (course.results / NAME / f"{student}.json").read_text()
        result = dataclasses.asdict(SubmissionResult.from_json(text))
        del result["graded_at"], result["resources"]
        for item in (*result["cells"], *(item for one in result["exercises"] for item in one["checks"])):
            del item["seconds"]
        found.append(result)
    return found


def run(
    cluster: Cluster, work: Callable, suite: Suite, notes: Path, students: list[str]
) -> list[SubmissionResult]:
    jobs = [Job(student, notes, suite) for student in students]
    results = list(cluster.results(work, jobs, suite, cluster_work.broken))
    assert sorted(result.student for result in results) == sorted(students)
    return results


def began(notes: Path, student: str) -> list[Path]:
    return list(notes.glob(f"{student}-*"))


# --- who may be talked to -------------------------------------------------------------------------------------


@as_root
@pytest.mark.slow
def test_machines_with_addresses_of_their_own_grade_over_tls_alone(
    namespaces, certificates, course, graded_here, tmp_path, monkeypatch
):
    from distributed import Client

    monkeypatch.setattr("autograder.pipeline.cluster_link.CONNECT_SECONDS", 2)
    ca, cert, key = (str(certificates / name) for name in ("ca.pem", "cert.pem", "key.pem"))
    options = ("--tls-ca-file", ca, "--tls-cert", cert, "--tls-key", key)
    with contextlib.closing(Machines(tmp_path, f"tls://{HERE}", options)) as machines:
        for name, inside in zip(("near", "far"), namespaces, strict=True):
            machines.worker(name, inside=inside)
        for link in (Link(machines.scheduler), Link(machines.scheduler.replace("tls", "tcp"), insecure=True)):
            with pytest.raises(CourseError, match="could not be reached"):
                link.connect()
            clients = [item for item in gc.get_objects() if isinstance(item, Client)]
            assert {client.status for client in clients} <= {"closed"}, (
                "one would close itself at an odd moment"
            )
        with Link(machines.scheduler, Path(ca), Path(cert), Path(key)).connect() as client:
            assert {address.rpartition(":")[0] for address in client.nthreads()} == {
                "tls://10.213.71.2",
                "tls://10.213.72.2",
            }
        given = ("--tls-ca", ca, "--tls-cert", cert, "--tls-key", key)
        done = CliRunner().invoke(
            main, ["--course", str(course.root), "grade", NAME, "--scheduler", machines.scheduler, *given]
        )
    assert done.exit_code == 0, done.output
    assert "refused" not in done.output
    assert without_times(course) == without_times(graded_here)


@pytest.mark.parametrize(
    "address", ["tcp://192.0.2.7:8786", "tcp://grader.example:8786", "tcp://0.0.0.0:8786"]
)
def test_another_machine_is_not_spoken_to_in_the_clear(address):
    with pytest.raises(CourseError, match=r"not encrypted.*use tls://.*--insecure"):
        Link(address)
    assert Link(address, insecure=True).allows(address)
    assert Link(address.replace("tcp", "tls")).allows("tls://192.0.2.8:9000")


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:8786", "tcp://localhost:8786", "tcp://[::1]:8786"])
def test_this_machine_is(address):
    assert not Link(address).allows("tcp://192.0.2.7:9000"), "its workers are asked for the same"


@pytest.mark.parametrize(
    "address", ["grader", "tcp://grader", "http://127.0.0.1:80", "tls://:8786", "tcp://a:b"]
)
def test_what_is_no_address_is_refused_with_an_example(address):
    with pytest.raises(CourseError, match="expected tls://HOST:PORT"):
        Link(address)


def test_the_command_line_refuses_what_cannot_be_meant(tiny_course):
    def told(*options: str) -> str:
        done = CliRunner().invoke(main, ["--course", str(tiny_course.root), "grade", NAME, *options])
        assert done.exit_code == 2
        return done.output

    assert "belong to --scheduler" in told("--insecure")
    assert "counts this machine's processes" in told("--scheduler", "tcp://127.0.0.1:1", "--workers", "2")
    assert "not encrypted" in told("--scheduler", "tcp://192.0.2.7:8786")


@pytest.mark.slow
@pytest.mark.parametrize("silent", [False, True], ids=["is not there", "takes the call and says nothing"])
def test_a_scheduler_that_does_not_answer_is_named(monkeypatch, silent):
    monkeypatch.setattr("autograder.pipeline.cluster_link.CONNECT_SECONDS", 1)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        if not silent:
            server.close()
        with pytest.raises(CourseError, match=f"{address} could not be reached.*Is `dask scheduler` running"):
            Link(address).connect()


# --- what travels -----------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_task_travels_without_its_suite(graded_here, suite):
    ((student, folder),) = find_submissions(graded_here, graded_here.assignment(NAME), ["ada"])
    task = task_for(graded_here, suite, student, folder)
    waiting = waiting_for(graded_here, graded_here.assignment(NAME), suite, student, folder)
    for one in (task, dataclasses.replace(task, suite=dataclasses.replace(suite)), waiting):
        data = cluster_worker.pack(one, suite, "s")
        assert len(data) < len(pickle.dumps(task)) - len(pickle.dumps(suite)) / 2
        assert cluster_worker.unpack(data, {"s": suite}) == task


def test_a_process_that_was_not_asked_grades_nothing():
    assert cluster_worker.work_on(cluster_work.light, "some suite", b"never read") == b"unknown\n"


def test_installations_are_compared_by_name():
    here = {"numpy": "2.4.0", "python": "3.11", "the course's checks": "abc"}
    assert cluster_worker.differences(here, dict(here)) == []
    assert cluster_worker.differences(here, {"numpy": "2.3.9", "python": "3.11"}) == [
        "numpy is 2.3.9, the coordinator's is 2.4.0",
        "the course's checks is missing, the coordinator's is abc",
    ]


def test_two_answers_that_disagree_are_for_a_person():
    first, same = submission(), submission()
    for item in first.exercises:
        item.key = f"key of {item.id}"
    assert agreed(first, same).flags == []
    other = submission(
        exercises=[exercise(Verdict.FAILED, score=1.0), *first.exercises[:3], *first.exercises[4:]]
    )
    kept = agreed(first, other)
    assert kept.score == first.score
    assert [item.id for item in kept.exercises if item.needs_manual_grade] == ["backprop.softmax"]
    assert [item.id for item in kept.exercises if not item.key] == ["backprop.softmax"], "not for reuse"
    assert "graded by two workers" in kept.flags[0]


# --- grading ----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_cluster_grades_as_this_machine_does_and_odd_workers_are_refused_by_name(
    machines, course, graded_here, tmp_path
):
    workers = [machines.worker("good"), machines.worker("better")]
    machines.worker("bare", PATH=str(tmp_path))
    machines.worker("stale", first=str(stale_installation(tmp_path / "stale")))
    done = CliRunner().invoke(
        main, ["--course", str(course.root), "grade", NAME, "--scheduler", machines.scheduler]
    )
    assert done.exit_code == 0, done.output
    assert "4 graded" in done.output
    assert "worker bare (tcp://127.0.0.1:" in done.output
    assert "is refused: bubblewrap is not installed" in done.output
    assert "worker stale" in done.output
    assert "the course's oracles is" in done.output
    assert "worker good" not in done.output
    assert without_times(course) == without_times(graded_here)
    assert automatic(course) == automatic(graded_here)
    assert check(course, course.assignment(NAME)).problems == []
    lines = list(Trail(course, course.assignment(NAME)).lines())
    assert (
        next(line for line in lines if line.event == "batch started").details["workers"] == machines.scheduler
    )
    noticed = [line.details["what"] for line in lines if line.event == "noticed"]
    assert sorted(line.split(" (")[0] for line in noticed) == ["worker bare", "worker stale"]
    assert all(line in done.output for line in noticed)
    until(lambda: not [child for worker in workers for child in worker.children()], "sandboxes were left")


def stale_installation(folder: Path) -> Path:
    """The project's packages as links, but with another oracles.py."""
    for name in ("autograder", "student_lib"):
        shutil.copytree(CHECKOUT / name, folder / name, copy_function=os.symlink)
    oracles = folder / "autograder" / "oracles.py"
    text = oracles.read_text()
    oracles.unlink()
    oracles.write_text(text + "\n# An older one.\n")
    return folder


@pytest.mark.slow
def test_the_scheduler_holds_no_more_than_the_workers_are_about_to_do(machines, cluster, suite, notes):
    import distributed

    for name in ("one", "two"):
        machines.worker(name)
    held: list[int] = []
    over = threading.Event()

    def count() -> None:
        with distributed.Client(machines.scheduler, set_as_default=False) as client:
            while not over.wait(0.02):
                held.append(client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks)))

    counting = threading.Thread(target=count)
    counting.start()
    results = run(cluster, cluster_work.light, suite, notes, [f"student{number}" for number in range(80)])
    over.set()
    counting.join()
    assert {result.key for result in results} == {suite.key}, "each worker has the suite"
    # Two tasks for each worker; one whose answer was read may not be forgotten yet.
    assert 2 <= max(held) <= 2 * 2 + 2


@pytest.mark.slow
def test_workers_are_killed_and_added_while_it_grades(machines, cluster, suite, notes, said):
    killed = machines.worker("killed")
    results: list[SubmissionResult] = []
    students = ["a", "b", "c", "d", "e"]
    grading = threading.Thread(
        target=lambda: results.extend(run(cluster, cluster_work.patient, suite, notes, students))
    )
    grading.start()
    until(lambda: list(notes.iterdir()), "nothing began")
    (first,) = notes.iterdir()
    killed.kill()
    added = machines.worker("added")
    (notes / "go").touch()
    grading.join(PATIENCE)
    assert sorted(result.student for result in results) == students
    assert not [result for result in results if result.flags]
    assert len(began(notes, first.name[0])) == 2, "what the killed one was at is done again"
    assert f"{first.name[0]}-1-{added.pid}" in [path.name for path in began(notes, first.name[0])]
    assert any("worker killed" in line and "is gone" in line for line in said)


@pytest.mark.slow
def test_a_worker_is_retired_while_it_grades(machines, cluster, suite, notes, said):
    from distributed import Client

    machines.worker("retired")
    results: list[SubmissionResult] = []
    students = ["a", "b", "c"]
    grading = threading.Thread(
        target=lambda: results.extend(run(cluster, cluster_work.patient, suite, notes, students))
    )
    grading.start()
    until(lambda: list(notes.iterdir()), "nothing began")
    machines.worker("staying")
    with Client(machines.scheduler, set_as_default=False) as client:
        client.retire_workers(names=["retired"])
        assert len(client.nthreads()) == 1
    (notes / "go").touch()
    grading.join(PATIENCE)
    assert sorted(result.student for result in results) == students
    assert not [result for result in results if result.flags]


@pytest.mark.slow
def test_a_stopped_batch_keeps_what_is_graded_and_leaves_the_workers_to_the_next(
    machines, course, graded_here
):
    machines.worker("one")
    stopped = Run(course, "--scheduler", machines.scheduler)
    assert stopped.until(lambda: stopped.lines() >= 2)
    stopped.kill([stopped.process.pid], signal.SIGINT)
    code, told = stopped.finish()
    assert code == 128 + signal.SIGINT, told
    assert "run the same command again to go on" in told
    assert [line.event for line in Trail(course, course.assignment(NAME)).lines()][-1] == "stopped"
    code, told = Run(course, "--scheduler", machines.scheduler).finish()
    assert code == 0, told
    assert without_times(course) == without_times(graded_here)
    assert automatic(course) == automatic(graded_here)


@pytest.mark.slow
def test_what_kills_every_worker_is_broken_at_last_and_harms_no_neighbour(machines, cluster, suite, notes):
    machines.worker("phoenix", nanny=True)
    results = {
        one.student: one for one in run(cluster, cluster_work.deadly, suite, notes, ["a", "bad", "b", "c"])
    }
    bad = results.pop("bad")
    assert bad.exercises[0].verdict is Verdict.BROKEN
    assert bad.flags == ["3 workers were lost with this submission, the last with nothing beside it"]
    assert len(began(notes, "bad")) == 3
    assert {one.exercises[0].verdict for one in results.values()} == {Verdict.PASSED}


@pytest.mark.slow
def test_a_failure_of_the_grader_is_broken_and_a_straggler_is_tried_elsewhere(
    machines, cluster, suite, notes
):
    for name in ("one", "two"):
        machines.worker(name)
    results = {
        one.student: one for one in run(cluster, cluster_work.failing, suite, notes, ["a", "bad", "c"])
    }
    assert results["bad"].flags == ["the grader failed (ZeroDivisionError: ours)"]
    assert results["a"].flags == results["c"].flags == []
    students = ["a2", "b2", "slow", "c2", "d2", "e2", "f2"]
    assert not any(one.flags for one in run(cluster, cluster_work.slow_at_first, suite, notes, students))
    assert len(began(notes, "slow")) == 2


@pytest.mark.slow
def test_without_workers_it_says_so(machines, cluster, suite, notes, said, monkeypatch, tmp_path):
    monkeypatch.setattr("autograder.pipeline.cluster.WAIT_SECONDS", 0.5)
    with pytest.raises(SandboxError, match=r"no worker of tcp://127.* can grade, so 1 submission.*None came"):
        run(cluster, cluster_work.light, suite, notes, ["a"])
    machines.worker("bare", PATH=str(tmp_path))
    with pytest.raises(SandboxError, match=r"(?s)can grade.*bare \(tcp://.*bubblewrap"):
        run(cluster, cluster_work.light, suite, notes, ["a"])
    assert len(said) == 1


@pytest.mark.slow
def test_a_submission_that_goes_away_is_broken_and_harms_no_other(machines, cluster, suite, notes):
    machines.worker("one")
    results = {one.student: one for one in run(cluster, cluster_work.light, suite, notes, ["a", "gone", "b"])}
    assert results["gone"].flags == ["the grader failed (SubmissionError: its folder went away)"]
    assert results["a"].flags == results["b"].flags == []


@pytest.mark.slow
def test_a_scheduler_that_dies_ends_the_batch_with_the_reason(machines, cluster, suite, notes):
    import dask
    import distributed  # noqa: F401, its defaults come first, so that they are there again afterwards

    machines.worker("one")
    jobs = [Job("a", notes, suite)]
    with dask.config.set({"distributed.comm.timeouts.connect": "1s"}):
        results = cluster.results(cluster_work.patient, jobs, suite, cluster_work.broken)
        killer = threading.Thread(
            target=lambda: (until(lambda: began(notes, "a")), machines.kill_scheduler())
        )
        killer.start()
        with pytest.raises(SandboxError, match=r"scheduler tcp://127.* went away.*what is graded stays"):
            list(results)
        killer.join()


# --- other machines, as far as one machine has them -----------------------------------------------------------

HERE = "10.213.71.1"


def _remove_leftovers() -> None:
    """The namespaces of runs that were killed: they hold the same addresses."""
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=False).stdout
    for name, process in re.findall(r"^(chainrule-(\d+)-\d)", listed, re.MULTILINE):
        if not psutil.pid_exists(int(process)):
            subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)


@pytest.fixture
def namespaces() -> Iterator[list[tuple[str, ...]]]:
    """Two network namespaces with addresses of their own, as what goes before a command that runs in one."""
    names = [f"chainrule-{os.getpid()}-{number}" for number in (1, 2)]
    _remove_leftovers()
    try:
        for number, name in enumerate(names, 1):
            outer, inner = f"cr{os.getpid() % 10**6}o{number}", f"cr{os.getpid() % 10**6}i{number}"
            net = f"10.213.{70 + number}"
            for command in (
                f"netns add {name}",
                f"link add {outer} type veth peer name {inner} netns {name}",
                f"address add {net}.1/24 dev {outer}",
                f"link set {outer} up",
                f"-n {name} address add {net}.2/24 dev {inner}",
                f"-n {name} link set lo up",
                f"-n {name} link set {inner} up",
                f"-n {name} route add default via {net}.1",
            ):
                done = subprocess.run(["ip", *command.split()], capture_output=True, text=True, check=False)
                if done.returncode:
                    pytest.skip(f"ip {command}: {done.stderr.strip()}")
        yield [("ip", "netns", "exec", name) for name in names]
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority, and one certificate of it: ca.pem, cert.pem, key.pem."""
    folder = tmp_path_factory.mktemp("tls")
    for command in (
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=course -keyout ca.key -out ca.pem",
        "req -newkey rsa:2048 -nodes -subj /CN=grader -keyout key.pem -out cert.csr",
        "x509 -req -days 2 -in cert.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out cert.pem",
    ):
        subprocess.run(["openssl", *command.split()], cwd=folder, check=True, capture_output=True)
    return folder


@as_root
@pytest.mark.slow
def test_a_worker_elsewhere_that_talks_in_the_clear_gets_nothing(namespaces, suite, notes, said, tmp_path):
    with contextlib.closing(Machines(tmp_path, "tcp://0.0.0.0")) as machines:
        port = machines.scheduler.rpartition(":")[2]
        machines.scheduler = f"tcp://{HERE}:{port}"
        machines.worker("elsewhere", inside=namespaces[0])
        here = f"tcp://127.0.0.1:{port}"
        with pytest.raises(SandboxError, match=r"(?s)no worker.*elsewhere.*in the clear"):
            run(Cluster(Link(here), said.append), cluster_work.light, suite, notes, ["a"])
        assert not began(notes, "a")
        run(Cluster(Link(here, insecure=True), said.append), cluster_work.light, suite, notes, ["a"])
