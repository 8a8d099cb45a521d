"""Runs Python as an ordinary user, where the tests run as root: CI does, and a grader's desk mostly does not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.sandbox.environments import environment, package_paths

PROJECT = Path(__file__).parents[1]
USER = 65534
_PACKAGES = (
    *environment("numpy").packages,
    "packaging",
    "traitlets",
    "nbformat",
    "nbgrader",
    "click",
    "rich",
)
_BECOME = f"""
import os
os.setgroups([]); os.setgid({USER}); os.setuid({USER})
os.environ["HOME"] = "/nonexistent"
"""


class OrdinaryUser:
    """`run(code, *arguments)` runs Python as uid 65534, with copies of what root's folders may hide.

    `folder` is readable for that user, and root's own to write.
    """

    def __init__(self, folder: Path):
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        candidates = [sys._base_executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"]
        found = [name for name in candidates if not name.startswith("/root") and Path(name).exists()]
        if not found:
            pytest.skip(f"no {version} outside of root's home for an ordinary user to run")
        self.folder, self._python = folder, found[0]
        self._site, self._packages = folder / "site", folder / "packages"
        for name in ("autograder", "student_lib"):
            shutil.copytree(PROJECT / name, self._site / name, ignore=shutil.ignore_patterns("__pycache__"))
        self._packages.mkdir()
        for name, path in package_paths(_PACKAGES).items():
            copy = shutil.copytree if path.is_dir() else shutil.copy
            copy(path, self._packages / name)
        subprocess.run(["chmod", "-R", "a+rX", str(folder)], check=True)

    def run(self, code: str, *arguments: str, seconds: float = 120) -> str:
        """What `code` prints. The test fails with its last lines where it does not end well."""
        environ = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{self._site}:{self._packages}",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        done = subprocess.run(
            [self._python, "-c", _BECOME + code, *arguments], env=environ, capture_output=True, text=True, cwd="/",
            timeout=seconds, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout


@pytest.fixture(scope="session")
def ordinary_user() -> Iterator[OrdinaryUser]:
    """Skips where the tests run as an ordinary user already: every one of them did so."""
    if os.getuid() != 0:
        pytest.skip("already an ordinary user")
    # Not in pytest's own folder, which every session closes to others again.
    with tempfile.TemporaryDirectory(prefix="chainrule-ordinary-") as folder:
        yield OrdinaryUser(Path(folder))
