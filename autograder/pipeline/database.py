"""The gradebook's database: SQLite beside the course, or a PostgreSQL server that `nbgrader_config.py` names.

    with gradebook(course) as book:             # closed afterwards; what the database says becomes a CourseError
        book.find_assignment("backprop")

Several processes may use it at once: graders of other assignments, formgrader, `nbgrader` commands. Each waits for the
others, a while.
"""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..course import Course
from ..errors import CourseError
from ..files import write_new
from .database_errors import address_unreadable, advice, driver_missing, refuse_outdated

if TYPE_CHECKING:
    from nbgrader.api import Gradebook
    from sqlalchemy.engine import URL, Connection

# How long one writer waits for another before it gives up.
WAIT_SECONDS = 30
CONNECT_SECONDS = 10
PAUSES = (0.2, 1, 3, 10)
# PostgreSQL's codes: serialization failure, deadlock, a server that is being shut down, or started.
_PASSING = {"40001", "40P01", "57P01", "57P02", "57P03"}
# SQLite's write-ahead log needs memory that all its processes share: it must not lie on another machine's disk.
_NETWORK = {
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "lustre", "beegfs", "gpfs", "9p",
    "glusterfs", "fuse.glusterfs", "fuse.sshfs", "fuse.ceph",
}  # fmt: skip


def address(course: Course) -> URL:
    """Where the gradebook is, with how long to wait for it: what `db_url` says itself goes before.

    Raises CourseError, which quotes nothing of it, when it cannot be read: it may hold a password.
    """
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(course.db_url)
        dialect = url.get_dialect()
        dialect.import_dbapi()
    except (ArgumentError, ValueError):
        raise address_unreadable(course) from None
    except ModuleNotFoundError as error:
        raise driver_missing(course, error) from error
    waits = {}
    if dialect.name == "sqlite":
        waits = {"timeout": str(WAIT_SECONDS)}
    elif "@" in f"{url.host}{url.database}":
        raise address_unreadable(course)
    elif dialect.name == "postgresql" and dialect.driver.startswith("psycopg"):
        waits = {"connect_timeout": str(CONNECT_SECONDS), "options": f"-c lock_timeout={WAIT_SECONDS}s"}
    return url.update_query_dict({name: value for name, value in waits.items() if name not in url.query})


def sqlite_file(course: Course) -> Path | None:
    """The file of an SQLite gradebook, which need not exist yet; None for a server's."""
    url = address(course)
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def said_by_server(course: Course) -> str:
    """The server's name and version, asked now. Raises CourseError when it does not let us in, or its schema is not
    this nbgrader's."""
    with connected(course) as connection:
        version = connection.dialect.server_version_info or ()
        return f"{connection.dialect.name} {'.'.join(map(str, version))}"


@contextlib.contextmanager
def connected(course: Course) -> Iterator[Connection]:
    """A connection to read with, past nbgrader's classes, which take a second to import.

    Raises CourseError as `gradebook` does, and when the schema is not this nbgrader's.
    """
    from sqlalchemy import create_engine, inspect, text

    with spoken(course):
        engine = create_engine(address(course))
        try:
            with engine.connect() as connection:
                if inspect(connection).has_table("alembic_version"):
                    refuse_outdated(
                        course, connection.scalar(text("SELECT version_num FROM alembic_version"))
                    )
                yield connection
        finally:
            engine.dispose()


@contextlib.contextmanager
def gradebook(course: Course) -> Iterator[Gradebook]:
    """nbgrader's Gradebook of this course, closed afterwards.

    Raises CourseError, with what to do, for whatever the database says, inside the `with` too. A value that does not
    fit its column stays a DataError: it is one row's fault, not the gradebook's.
    """
    with spoken(course):
        book = _open(course)
        try:
            yield book
        finally:
            book.close()


def in_transaction(course: Course, work: Callable[[Gradebook], None]) -> None:
    """Do `work` and commit it, all or nothing.

    A deadlock, or a server that is started again, undoes it: then it is done once more, three times at most. `work`
    must give the same when it is repeated. Raises CourseError as `gradebook` does.
    """
    for pause in (*PAUSES, None):
        try:
            with gradebook(course) as book:
                work(book)
                book.db.commit()
            return
        except CourseError as error:
            if pause is None or not _passes(error.__cause__):
                raise
        time.sleep(pause)


@contextlib.contextmanager
def spoken(course: Course) -> Iterator[None]:
    """Turns what a database says into a CourseError; see `gradebook`."""
    from sqlalchemy.exc import DataError, SQLAlchemyError

    try:
        yield
    except DataError:
        raise
    except SQLAlchemyError as error:
        raise CourseError(advice(course, error)) from error


def add_students(book: Gradebook, students: list[str]) -> None:
    """A row for each student that has none, in the transaction of `book`.

    Two graders may meet the same new student at the same moment: the second waits for the first, and neither fails.
    """
    from nbgrader.api import Student
    from sqlalchemy.dialects import postgresql, sqlite

    insert: Any = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}.get(book.engine.dialect.name)
    known = {id for (id,) in book.db.query(Student.id).filter(Student.id.in_(students))}
    # In one order everywhere: two that insert in different orders wait for each other.
    rows = [{"id": student} for student in sorted(set(students) - known)]
    if rows and insert is not None:
        book.db.execute(insert(Student.__table__).on_conflict_do_nothing(), rows)


def network_file_system(path: Path) -> str | None:
    """The type of the file system that `path` lies on, if another machine keeps it."""
    device = os.stat(path).st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    with (
        contextlib.suppress(OSError),
        open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as file,
    ):
        for line in file:
            mount, _, rest = line.partition(" - ")
            kind = rest.split(" ", 1)[0]
            if mount.split(" ")[2] == number and kind in _NETWORK:
                return kind
    return None


@contextlib.contextmanager
def alembic_on_path() -> Iterator[None]:
    """nbgrader starts `alembic` by name, which an environment that is not activated does not find."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before


def _open(course: Course) -> Gradebook:
    from sqlalchemy.exc import SQLAlchemyError

    url = address(course)
    _make(url, course.course_id)
    for pause in PAUSES:
        try:
            return _opened(url, course.course_id)
        except SQLAlchemyError as error:
            # Another process made the tables, or the course's row, between nbgrader's look and its own try.
            momentary = "already exists|unique|no such table: alembic_version"
            if not re.search(momentary, str(error), re.IGNORECASE):
                raise
        time.sleep(pause)
    return _opened(url, course.course_id)


def _make(url: URL, course_id: str) -> None:
    """Put a new SQLite gradebook in its place, whole.

    nbgrader makes one table after the other: of several that do so at once each may fail, and leave a gradebook
    without its version; so does one that is killed. Where this is not possible, what follows says why.
    """
    path = Path(url.database or ":memory:")
    if url.get_backend_name() != "sqlite" or path.name == ":memory:" or "uri" in url.query or path.exists():
        return
    from sqlalchemy.exc import SQLAlchemyError

    with contextlib.suppress(OSError, SQLAlchemyError), tempfile.TemporaryDirectory() as folder:
        draft = url.set(database=os.path.join(folder, path.name))
        _opened(draft, course_id, many_read=False).close()
        write_new(path, Path(draft.database).read_bytes())


def _opened(url: URL, course_id: str, many_read: bool = True) -> Gradebook:
    from nbgrader.api import Gradebook, InvalidEntry

    try:
        with alembic_on_path():
            book = Gradebook(url, course_id)
    except InvalidEntry as error:
        # nbgrader's own name for what the database said about the course's row.
        raise (error.__context__ or error) from None
    if many_read:
        _let_many_read(url)
    return book


def _let_many_read(url: URL) -> None:
    """SQLite's write-ahead log: readers and a writer do not wait for each other. The file remembers it.

    Somebody who is at the file this moment puts it off until next time.
    """
    if url.get_backend_name() != "sqlite" or not url.database or not Path(url.database).is_file():
        return
    if network_file_system(Path(url.database)) is None:
        with (
            contextlib.suppress(sqlite3.Error),
            contextlib.closing(sqlite3.connect(url.database, timeout=0)) as book,
        ):
            book.execute("PRAGMA journal_mode = WAL")


def _passes(error: BaseException | None) -> bool:
    code = getattr(getattr(error, "orig", None), "sqlstate", None)
    return code in _PASSING or getattr(error, "connection_invalidated", False)
