"""nbgrader's formgrader as an instructor has it: a Jupyter server on loopback, ended afterwards."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

from conftest import CHECKOUT

from autograder.course import Course

TOKEN = "formgrader-of-the-tests"
PATIENCE = 60


class Formgrader:
    """`page(path)` is what a browser gets, `api(path)` what the pages' JavaScript gets; `put` is what typing does."""

    def __init__(self, address: str):
        self._address = address

    def page(self, path: str) -> str:
        return self._ask(f"formgrader/{path}").decode()

    def api(self, path: str) -> Any:
        return json.loads(self._ask(f"formgrader/api/{path}"))

    def put(self, path: str, **values: Any) -> Any:
        return json.loads(self._ask(f"formgrader/api/{path}", json.dumps(values).encode(), "PUT"))

    def _ask(self, path: str, data: bytes | None = None, method: str = "GET") -> bytes:
        headers = {"Authorization": f"token {TOKEN}"}
        request = urllib.request.Request(self._address + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.read()


@contextlib.contextmanager
def formgrader(course: Course) -> Iterator[Formgrader]:
    """A server for this course. The test fails with the server's log when it does not start."""
    private = course.root.parent / "jupyter"
    private.mkdir()
    environ = os.environ | {
        "PYTHONPATH": str(CHECKOUT),
        "PATH": os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", "")]),
        **{f"JUPYTER_{kind}_DIR": str(private / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")},
        "JUPYTER_NO_CONFIG": "1",
        "HOME": str(private),
    }
    command = [
        sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1",
        "--ServerApp.port=0", f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={course.root}",
        "--ServerApp.jpserver_extensions={'nbgrader.server_extensions.formgrader': True}",
    ]  # fmt: skip
    with (private / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=course.root, env=environ, stdout=log, stderr=log)
    try:
        yield Formgrader(_address(private, server))
    finally:
        server.terminate()
        server.wait(PATIENCE)


def _address(private, server: subprocess.Popen) -> str:
    """Where it listens: port 0 lets the system choose, and the server writes down what it got."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and server.poll() is None:
        for path in (private / "runtime").glob("jpserver-*.json"):
            with contextlib.suppress(ValueError, urllib.error.URLError):
                url = json.loads(path.read_text())["url"]
                urllib.request.urlopen(f"{url}api", timeout=5).close()
                return url
        time.sleep(0.1)
    raise AssertionError((private / "log").read_text(errors="replace")[-3000:])
