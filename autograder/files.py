"""Writing files so that nobody ever sees half of one."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

_DRAFT = ".writing-"


def write_atomically(path: Path, data: bytes) -> None:
    """Write `data` to `path`, making its folder; a reader sees the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _draft(path, data) as name:
        os.replace(name, path)


def write_new(path: Path, data: bytes) -> None:
    """Write `data` to `path`, where nothing is: whole or not at all. Raises FileExistsError when somebody was first."""
    with _draft(path, data) as name:
        os.link(name, path)


@contextlib.contextmanager
def _draft(path: Path, data: bytes) -> Iterator[str]:
    """A file beside `path` that holds `data`, gone afterwards."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=_DRAFT)
    try:
        with os.fdopen(descriptor, "wb") as file:
            # Held until the file is in place: `clean_up` leaves alone what somebody is writing.
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            file.write(data)
            file.flush()
            os.fsync(descriptor)
            os.chmod(name, 0o644)
            yield name
    finally:
        with contextlib.suppress(OSError):
            os.unlink(name)


def clean_up(folders: Iterable[Path]) -> list[Path]:
    """Remove the drafts that a killed process left in `folders`, and return them."""
    removed = []
    for draft in (path for folder in folders for path in folder.glob(f"{_DRAFT}*")):
        with contextlib.suppress(OSError), open(draft, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            draft.unlink()
            removed.append(draft)
    return removed
