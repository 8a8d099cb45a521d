"""What a worker process of a cluster does: it shows what it is, keeps suites by content, grades one task at a time.

Answers are bytes, a word and a newline before what it is about, so that the coordinator unpickles nothing:
`admitted`, `refused` and why; `result` and the result's JSON, `failed` and why, `unknown` when this process was never
asked for that suite: it is another process than the one that was looked at.
"""

from __future__ import annotations

import io
import pickle
import platform
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .. import ENGINE_VERSION, checks, doctor
from ..errors import ChainruleError, SandboxError
from ..model import SubmissionResult
from ..sandbox.environments import versions
from .submissions import digest
from .suite import Suite, parts_of_code
from .workers import close_sandboxes, prepare

# After so long without a task the coordinator is gone: one that ends in peace says so.
IDLE_SECONDS = 900.0

_suites: dict[str, Suite] = {}
_one_at_a_time = threading.Lock()
_idle: threading.Timer | None = None


@dataclass(frozen=True)
class Admission:
    """What a worker must be to grade with a suite, and the suite itself, pickled, with its digest."""

    assignments: list[str]
    packages: tuple[str, ...]
    installed: dict[str, str]
    suite: bytes
    digest: str

    @classmethod
    def to(cls, suite: Suite) -> Admission:
        """What this process, the coordinator, is."""
        names = [suite.assignment] if suite.carried is None else [suite.assignment, suite.carried.assignment]
        packages = (*suite.environment.packages, "nbformat")
        data = pickle.dumps(suite)
        return cls(names, packages, installed(names, packages), data, digest(data))


def installed(assignments: list[str], packages: tuple[str, ...]) -> dict[str, str]:
    """What is installed here and determines a grade: versions by name, and digests of our own code."""
    ours = {f"the course's {name}": value[:12] for name, value in parts_of_code(assignments).items()}
    python = ".".join(platform.python_version_tuple()[:2])
    return {
        "chainrule": ENGINE_VERSION, "python": python, "processor": platform.machine(), **versions(packages), **ours,
    }  # fmt: skip


def differences(here: dict[str, str], there: dict[str, str]) -> list[str]:
    """What two installations disagree about, in words."""
    return [
        f"{name} is {there.get(name, 'missing')}, the coordinator's is {here.get(name, 'missing')}"
        for name in sorted(here.keys() | there.keys())
        if here.get(name) != there.get(name)
    ]


def admit(admission: Admission) -> bytes:
    """Compare what is installed, start the suite's sandbox and try to get out of it; keep the suite if all is well."""
    with _one_at_a_time:
        try:
            found = differences(admission.installed, installed(admission.assignments, admission.packages))
            if found:
                return _say("refused", "; ".join(found))
            suite = pickle.loads(admission.suite)
            # The course's own folders are the coordinator's; what this machine has to hide is the package.
            suite = replace(suite, secrets=(*suite.secrets, str(Path(checks.__file__).parent)))
            prepare(suite)
        except ChainruleError as error:
            bad = [finding.line() for finding in doctor.examine() if not finding.ok]
            return _say("refused", "; ".join([str(error), *bad]))
        _suites[admission.digest] = suite
        _watch()
        return _say("admitted")


def work_on(work: Callable[[Any], SubmissionResult], of: str, data: bytes) -> bytes:
    """`work` of the task in `data`, which names its suite by the digest `of`."""
    with _one_at_a_time:
        if of not in _suites:
            return _say("unknown")
        try:
            return _say("result", work(unpack(data, {of: _suites[of]})).to_json())
        except SandboxError as error:
            return _say("refused", str(error))
        except Exception as error:
            return _say("failed", f"{type(error).__name__}: {error}"[:400])
        finally:
            _watch()


def dismiss(of: str) -> bytes:
    """Forget a suite; end the sandboxes when it was the last."""
    with _one_at_a_time:
        _suites.pop(of, None)
        if not _suites:
            close_sandboxes()
        return _say("dismissed")


class _Packer(pickle.Pickler):
    """Pickles a task, its suite as a name: that one is on the worker already."""

    def __init__(self, file: io.BytesIO, suite: Suite, name: str):
        super().__init__(file)
        self._suite, self._name = suite, name

    def persistent_id(self, item: object) -> str | None:
        return self._name if isinstance(item, Suite) and item == self._suite else None


class _Unpacker(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, suites: dict[str, Suite]):
        super().__init__(file)
        self._suites = suites

    def persistent_load(self, name: str) -> Suite:
        return self._suites[name]


def pack(task: object, suite: Suite, name: str) -> bytes:
    """A task without its suite, which is called `name`."""
    file = io.BytesIO()
    _Packer(file, suite, name).dump(task)
    return file.getvalue()


def unpack(data: bytes, suites: dict[str, Suite]) -> Any:
    """The task again, with the suite that this process holds."""
    return _Unpacker(io.BytesIO(data), suites).load()


def _say(word: str, about: str = "") -> bytes:
    return f"{word}\n{about}".encode("utf-8", "replace")


def _watch() -> None:
    """A coordinator that was killed dismisses nobody."""
    global _idle
    if _idle is not None:
        _idle.cancel()
    _idle = threading.Timer(IDLE_SECONDS, _nobody_came)
    _idle.daemon = True
    _idle.start()


def _nobody_came() -> None:
    with _one_at_a_time:
        _suites.clear()
        close_sandboxes()
