"""The place of the attacks: a real course with secrets in it, honest neighbours, and the real commands.

Everything secret holds a *canary*, a random word of its own; `leaks` finds canaries in whatever students can read.
The grader runs from a copy of its packages, so that hidden checks can hold canaries too, and so that an ordinary
user can run it where the checkout is root's.
"""

from __future__ import annotations

import base64
import contextlib
import copy
import json
import os
import secrets
import shutil
import socket
import sqlite3
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from autograder.model import SubmissionResult
from autograder.pipeline.demo import Workbook, solve

from . import Attack

CHECKOUT = Path(__file__).resolve().parents[2]
NOTEBOOK = "fully_connected.ipynb"
NOBODY = 65534
NEIGHBOURS = ("a-solved", "m-half", "z-wrong")
# The key of what the attack `mailbox_one` asks of System V.
MAILBOX_KEY = 0x6368
# Small enough for attacks that use all they get, large enough for honest work on a busy machine.
LIMITS = {
    "cell_seconds": 6,
    "experiment_seconds": 12,
    "check_seconds": 5,
    "submission_seconds": 45,
    "memory_mib": 700,
    "tmp_mib": 32,
    "processes": 48,
    "output_kib": 64,
}


@dataclass
class Scene:
    """A course with its secrets. `canaries` maps where each stands to the word."""

    root: Path
    user: int
    canaries: dict[str, str] = field(default_factory=dict)
    neighbours: dict[str, dict[str, float]] = field(default_factory=dict)
    printed: str = ""

    @property
    def course(self) -> Path:
        return self.root / "course"

    @property
    def site(self) -> Path:
        return self.root / "site"

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def bin(self) -> Path:
        """Where `alembic` is, which nbgrader starts by name."""
        return self.root / "bin" if self.user else Path(sys.executable).parent

    @property
    def python(self) -> str:
        return _python() if self.user else sys.executable

    def canary(self, where: str) -> str:
        return self.canaries.setdefault(where, f"canary{secrets.token_hex(12)}")

    def chainrule(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The real command, as the scene's user."""
        return self.run([self.python, "-m", "autograder.cli", *arguments])

    def run(self, command: list[str], timeout: float = 1500) -> subprocess.CompletedProcess[str]:
        """A command in the course's folder, as the scene's user, with the grader's environment."""
        path = [str(self.site)] + ([str(self.root / "packages")] if self.user else [])
        environ = {
            "PATH": os.pathsep.join([str(self.bin), "/usr/bin", "/bin"]),
            "PYTHONPATH": os.pathsep.join(path),
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOME": str(self.home),
            "COLUMNS": "160",
            "OMP_NUM_THREADS": "1",
            "CHAINRULE_SECRET_OF_THE_GRADER": self.canary("the grader's environment"),
        }
        identity = {"user": self.user, "group": self.user, "extra_groups": []} if self.user else {}
        return subprocess.run(
            command, cwd=self.course, env=environ, capture_output=True, text=True, timeout=timeout, check=False,
            **identity,
        )  # fmt: skip

    def hand_in(self, attacks: list[Attack], port: int = 0, unix: str = "") -> None:
        """Write each attack's submission."""
        words = {"COURSE": self.course, "SITE": self.site, "HOME": self.home, "PORT": port, "UNIX": unix}
        blank = self.workbook()
        for attack in attacks:
            work = attack.work(copy.deepcopy(blank).solve(*(() if attack.solved else ("sigmoid", "softmax"))))
            data = work if isinstance(work, bytes) else work.saved()
            for name, value in words.items():
                data = data.replace(f"@{name}@".encode(), str(value).encode())
            self.submit(attack.student, {NOTEBOOK: data, **attack.files})
            if attack.place is not None:
                attack.place(self.course / "submitted" / attack.student / "backprop")

    def workbook(self) -> Workbook:
        released = nbformat.read(self.course / "release" / "backprop" / NOTEBOOK, as_version=4)
        source = nbformat.read(CHECKOUT / "source" / "backprop" / NOTEBOOK, as_version=4)
        return Workbook(released, solve(released, source))

    def submit(self, student: str, files: dict[str, bytes]) -> None:
        for name, data in files.items():
            path = self.course / "submitted" / student / "backprop" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def give_away(self) -> None:
        """Hand everything to the scene's user."""
        if self.user:
            # The packages are links to the checkout's own files: those are read, and stay whose they are.
            places = [str(path) for path in self.root.iterdir() if path.name != "packages"]
            owner = f"{self.user}:{self.user}"
            subprocess.run(["chown", owner, str(self.root)], check=True)
            subprocess.run(["chown", "-R", owner, *places], check=True)

    def result(self, student: str) -> SubmissionResult:
        path = self.course / "results" / "backprop" / f"{student}.json"
        return SubmissionResult.from_json(path.read_text(encoding="utf-8"))

    def earned(self, student: str) -> dict[str, float]:
        """Points by exercise of the notebook, those above zero."""
        items = self.result(student).exercises
        return {item.id.partition(".")[2]: item.score for item in items if item.score}

    def name_people(self, people: dict[str, tuple[str, str, str]]) -> None:
        """Tell the gradebook first name, last name and e-mail of students, as a class list would."""
        with contextlib.closing(sqlite3.connect(self.course / "gradebook.db")) as book, book:
            for student, names in people.items():
                change = "update student set first_name = ?, last_name = ?, email = ? where id = ?"
                book.execute(change, [*names, student])

    def left_behind(self) -> list[str]:
        """What of the scene's sandboxes is still on the machine: processes, marks, System V objects."""
        inside = (self.site / "autograder" / "sandbox" / "inside").stat()
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                if os.path.samestat(inside, os.stat(f"/proc/{pid}/root/chainrule/site/inside")):
                    found.append(f"process {pid}")
        for place in ("/", "/tmp", "/var/tmp", "/run", "/dev", "/dev/shm", "/dev/mqueue"):
            with contextlib.suppress(OSError):
                found += [f"{place}/{name}" for name in os.listdir(place) if name.startswith("mail-")]
        for kind in ("shm", "msg", "sem"):
            with contextlib.suppress(OSError):
                lines = Path(f"/proc/sysvipc/{kind}").read_text().splitlines()[1:]
                found += [f"{kind} object" for line in lines if int(line.split()[0]) == MAILBOX_KEY]
        return found

    def gradebook(self) -> dict[str, float]:
        """Points by student, as the gradebook adds them up."""
        from nbgrader.api import Gradebook

        with Gradebook(f"sqlite:///{self.course / 'gradebook.db'}") as book:
            return {item.student.id: item.score for item in book.assignment_submissions("backprop")}

    def leaks(self) -> list[str]:
        """Canaries in what students can read, and in what the grader keeps of their runs: 'file: what'."""
        found = []
        places = [self.course / name for name in ("feedback", "results", "autograded", "release", "report")]
        for path in (path for place in places for path in place.rglob("*") if path.is_file()):
            data = path.read_bytes()
            own = any(name in path.parts or name == path.stem for name in NEIGHBOURS)
            for where, word in self.canaries.items():
                # Neighbours may read their own work.
                if not (own and where == "a neighbour") and any(form in data for form in disguises(word)):
                    found.append(f"{path.relative_to(self.course)}: {where}")
        return found


def disguises(word: str) -> list[bytes]:
    """The forms in which `leaks` knows a word."""
    plain = word.encode()
    return [plain, plain[::-1], plain.hex().encode(), base64.b64encode(plain).rstrip(b"=")[:-1]]


def build(root: Path, user: int) -> Scene:
    """A scene below `root`, the release generated, neighbours graded once while nobody attacks."""
    scene = Scene(root, user)
    _install(scene)
    _write_course(scene)
    _plant(scene)
    scene.give_away()
    _must(scene.chainrule("release", "backprop"))
    _hand_in_neighbours(scene)
    scene.give_away()
    _must(scene.chainrule("grade", "backprop", "--workers", "2"))
    scene.neighbours = {name: scene.earned(name) for name in NEIGHBOURS}
    _name_a_student(scene)
    return scene


def _install(scene: Scene) -> None:
    """The grader's packages, with canaries where its secrets are; for an ordinary user, all other packages too."""
    for name in ("autograder", "student_lib"):
        shutil.copytree(CHECKOUT / name, scene.site / name, ignore=shutil.ignore_patterns("__pycache__"))
    hidden = scene.site / "autograder"
    for where, path in {
        "a hidden check": hidden / "checks" / "backprop" / "forward.py",
        "a misconception": hidden / "misconceptions" / "backprop" / "forward.py",
        "a solution of the corpus": hidden / "solutions" / "backprop" / "softmax.py",
        "an oracle": hidden / "oracles.py",
    }.items():
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"\n# {scene.canary(where)}\n")
    (hidden / "data" / "notes.txt").write_text(scene.canary("hidden data"))
    if scene.user:
        ignore = shutil.ignore_patterns("torch", "nvidia", "sympy", "triton")
        shutil.copytree(
            sysconfig.get_path("purelib"), scene.root / "packages", symlinks=True, ignore=ignore,
            copy_function=_link,
        )  # fmt: skip
        subprocess.run(["chmod", "-R", "a+rX", str(scene.root / "packages")], check=True)
        scene.bin.mkdir()
        (scene.bin / "alembic").write_text(f"#!{_python()}\nfrom alembic.config import main\n\nmain()\n")
        (scene.bin / "alembic").chmod(0o755)
        for folder in (scene.root, *scene.root.parents):
            if folder.stat().st_uid == 0 and folder != Path("/"):
                folder.chmod(folder.stat().st_mode | 0o055)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _write_course(scene: Scene) -> None:
    scene.course.mkdir(parents=True)
    shutil.copy(CHECKOUT / "nbgrader_config.py", scene.course)
    for name in ("source", "assignments"):
        shutil.copytree(CHECKOUT / name / "backprop", scene.course / name / "backprop")
    toml = scene.course / "assignments" / "backprop" / "assignment.toml"
    lines = toml.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        name = line.partition(" ")[0]
        if name in LIMITS:
            lines[number] = f"{name} = {LIMITS[name]}"
    toml.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _plant(scene: Scene) -> None:
    """Canaries in sources, marking scheme, rubric, home, secret; the release must not know the first two."""
    notebook = scene.course / "source" / "backprop" / NOTEBOOK
    book = nbformat.read(notebook, as_version=4)
    for cell in book.cells:
        if "### BEGIN SOLUTION" in cell.source:
            mark = f"    # {scene.canary('a source solution')}\n    ### END SOLUTION"
            cell.source = cell.source.replace("    ### END SOLUTION", mark)
        if cell.source.startswith("**Model answer.**"):
            cell.source += f"\n{scene.canary('a marking scheme')}"
    nbformat.write(book, notebook)
    with open(scene.course / "assignments" / "backprop" / "rubric.md", "a", encoding="utf-8") as file:
        file.write(f"\n<!-- {scene.canary('the rubric')} -->\n")
    scene.home.mkdir()
    (scene.home / ".netrc").write_text(scene.canary("the instructor's home"))
    secret = scene.course / ".chainrule-secret"
    secret.write_text(scene.canary("the course's secret").ljust(32, "x"))
    secret.chmod(0o600)


def _hand_in_neighbours(scene: Scene) -> None:
    books = {
        "a-solved": scene.workbook().solve(),
        "m-half": scene.workbook().solve("sigmoid", "softmax", "forward"),
        "z-wrong": scene.workbook().solve().take("wrong", softmax="max_of_all"),
    }
    for student, book in books.items():
        book.insert("imports", f"note = {scene.canary('a neighbour')!r}")
        scene.submit(student, {NOTEBOOK: book.saved()})


def _name_a_student(scene: Scene) -> None:
    """A canary in the gradebook: a student's last name."""
    with contextlib.closing(sqlite3.connect(scene.course / "gradebook.db")) as book, book:
        book.execute("update student set last_name = ? where id = 'z-wrong'", [scene.canary("the gradebook")])


def _must(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode in (0, 1), done.stdout[-2000:] + done.stderr[-4000:]


def _python() -> str:
    """An interpreter that an ordinary user can run: root's own may be out of reach."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    candidates = [sys._base_executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"]
    found = next((name for name in candidates if not name.startswith("/root") and Path(name).exists()), None)
    assert found, f"no {version} outside of root's home for an ordinary user to run"
    return found


@contextlib.contextmanager
def listeners(folder: Path) -> Iterator[tuple[int, str, list[str]]]:
    """A loopback port, a unix socket, and the list of whoever connected, which must stay empty."""
    import threading

    met: list[str] = []

    def serve(sock: socket.socket, name: str) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock.accept()[0].close()
                met.append(name)

    path = folder / "listener"
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(path))
        path.chmod(0o777)
        unix.listen()
        for sock, name in ((tcp, "tcp"), (unix, "unix")):
            threading.Thread(target=serve, args=(sock, name), daemon=True).start()
        yield tcp.getsockname()[1], str(path), met


def shown(result: SubmissionResult) -> str:
    """Everything that the cells of a submission put out, as JSON text."""
    return json.dumps([cell.outputs for cell in result.cells], ensure_ascii=False)
