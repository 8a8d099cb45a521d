"""A PostgreSQL server of the tests' own: a fresh cluster on a unix socket in a temporary folder, ended afterwards."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

USER = "chainrule"
# Such as a person would choose, and such as must be written %40 in an address.
PASSWORD = "open-sesame@42"
NOBODY = 65534


class PostgresServer:
    """`database()` makes an empty database; `url(name)` is its address; `execute(name, sql)` gives all rows."""

    def __init__(self, folder: Path):
        self.folder, self._data = folder, folder / "data"
        self._numbers = itertools.count()
        self._as_user = (
            ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
            if os.getuid() == 0
            else []
        )

    def make(self) -> None:
        secret = self.folder / "secret"
        secret.write_text(f"{PASSWORD}\n")
        if os.getuid() == 0:
            for path in (self.folder, secret):
                os.chown(path, NOBODY, NOBODY)
        self._run("initdb", "-U", USER, "--pwfile", secret, "-A", "scram-sha-256", "--no-sync", "-E", "UTF8")
        secret.unlink()

    def start(self) -> None:
        options = f"-c listen_addresses='' -c unix_socket_directories='{self.folder}' -c fsync=off"
        self._run("pg_ctl", "-o", options, "-l", self.folder / "log", "-w", "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-m", "immediate", "-w", "stop")

    def _run(self, program: str, *arguments: str | Path) -> None:
        path = _program(program)
        assert path is not None
        # A server that inherited a pipe would keep it open, and `run` would wait for its end.
        with (self.folder / "said").open("ab") as said:
            done = subprocess.run(
                [*self._as_user, path, "-D", self._data, *arguments], cwd="/", stdout=said, stderr=said,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C"}, timeout=120, check=False,
            )  # fmt: skip
        assert done.returncode == 0, (self.folder / "said").read_text(errors="replace")[-2000:]

    def database(self) -> str:
        name = f"gradebook{next(self._numbers)}"
        self.execute("postgres", f"CREATE DATABASE {name}")
        return name

    def url(self, name: str, password: str | None = PASSWORD) -> str:
        secret = "" if password is None else ":" + password.replace("@", "%40")
        return f"postgresql+psycopg://{USER}{secret}@/{name}?host={self.folder}"

    def execute(self, name: str, sql: str) -> list[tuple]:
        with self.connect(name) as connection:
            cursor = connection.execute(sql)
            return cursor.fetchall() if cursor.description else []

    def connect(self, name: str) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.folder), user=USER, password=PASSWORD, dbname=name, autocommit=True
        )


def _program(name: str) -> str | None:
    """Debian keeps the server's programs out of PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    return shutil.which(name) or (str(found[-1]) if found else None)


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    """Skips where PostgreSQL is not installed; `make test` installs it."""
    if _program("initdb") is None:
        pytest.skip("PostgreSQL is not installed here: apt-get install postgresql")
    # Not in pytest's own folder: an ordinary user's server must reach it, and a socket's path must be short.
    with tempfile.TemporaryDirectory(prefix="chainrule-postgres-") as folder:
        server = PostgresServer(Path(folder))
        server.make()
        server.start()
        try:
            yield server
        finally:
            server.stop()
