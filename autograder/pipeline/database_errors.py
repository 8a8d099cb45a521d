"""What a database says, in words that help: what was tried, what it answered, what to do. Never a password."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from ..course import Course
from ..errors import CourseError

_KEPT = "results are kept, and nothing is graded twice"
_LONGEST = 400
# What a message holds, and what helps. The first that matches counts.
_ADVICE = (
    (
        r"database is locked|lock timeout|LockNotAvailable",
        "another program is writing to it: close formgrader and other nbgrader commands, then run the same command "
        f"again; {_KEPT}",
    ),
    (
        r"database or disk is full|disk I/O|No space left",
        f"make room, then run the same command again; {_KEPT}",
    ),
    (
        r"not a database|malformed",
        "put a backup in its place. Without one, move the file away and keep it: `chainrule grade` makes a new "
        "gradebook and records every result again, but marks and comments by hand stood in that file alone",
    ),
    (
        r"password authentication failed|no password supplied|no pg_hba.conf entry|role .* does not exist",
        "the server refuses this login: set the password in ~/.pgpass (a line `host:port:database:user:password`, "
        "mode 0600) and try `psql` with the same address; docs/postgres.md",
    ),
    (
        r"database .* does not exist",
        "make it once, empty, as its administrator: `createdb --owner USER NAME`; docs/postgres.md",
    ),
    (
        r"permission denied|readonly database|unable to open database file",
        "the login, or this user, may not write there: it must own the database (docs/postgres.md), or the file and "
        "its folder",
    ),
    (
        r"refused|No such file|timed? ?out|timeout expired|translate host|resolve host|closed the connection"
        r"|starting up|shutting down|too many (clients|connections)|Name or service",
        f"see that the server runs and answers (`pg_isready`), then run the same command again; {_KEPT}",
    ),
    (
        r"no such column|column .* does not exist",
        "its schema is older than this nbgrader's: close formgrader, make a backup, run `nbgrader db upgrade`, then "
        f"the same command again; {_KEPT}",
    ),
)  # fmt: skip
_OTHERWISE = f"mend this, then run the same command again; {_KEPT}"


def advice(course: Course, error: Exception) -> str:
    """One sentence about what the course's database answered, and what to do."""
    answer = " ".join(str(getattr(error, "orig", None) or error).split())
    todo = next((todo for pattern, todo in _ADVICE if re.search(pattern, answer)), _OTHERWISE)
    return f"{shown(course)} could not be used ({without_password(course, answer)[:_LONGEST]}): {todo}"


def shown(course: Course) -> str:
    """The gradebook's address for people: no password, and nothing of what follows a question mark."""
    from sqlalchemy.engine import make_url

    url = make_url(course.db_url)
    if url.get_backend_name() == "sqlite":
        return f"the gradebook {url.database}"
    who = f"{url.username}@" if url.username else ""
    port = f":{url.port}" if url.port else ""
    return f"the gradebook {url.get_backend_name()}://{who}{url.host or ''}{port}/{url.database or ''}"


def without_password(course: Course, text: str) -> str:
    """`text` with the address's password made stars, should a driver have quoted it."""
    from sqlalchemy.engine import make_url

    url = make_url(course.db_url)
    for secret in (url.password, url.query.get("password")):
        if secret:
            text = text.replace(str(secret), "***")
    return text


def address_unreadable(course: Course) -> CourseError:
    """Says the form of an address, and quotes none of it."""
    return CourseError(
        f"CourseDirectory.db_url in {course.root / 'nbgrader_config.py'} is no address of a database that could be "
        "read (it is not printed here: it may hold a password). Expected is sqlite:////absolute/path/gradebook.db or "
        "postgresql+psycopg://user@host:5432/database, with the password in ~/.pgpass; docs/postgres.md"
    )


def driver_missing(course: Course, error: ModuleNotFoundError) -> CourseError:
    """The database's Python package is not here."""
    return CourseError(
        f"{shown(course)} needs the Python package {error.name}, which is not installed: "
        "pip install 'chainrule[postgres]', or -e '.[instructor,postgres]' -c constraints.txt in a checkout"
    )


def refuse_outdated(course: Course, revision: str | None) -> None:
    """Raises CourseError when the schema has another alembic revision than this nbgrader's, which is known."""
    revisions, newest = _revisions()
    if revision is None or revision == newest:
        return
    if revision in revisions:
        said, todo = "older", "close formgrader, make a backup, run `nbgrader db upgrade`"
    else:
        said, todo = "newer", "install the nbgrader that made it"
    raise CourseError(
        f"{shown(course)} has a schema {said} than this nbgrader's (revision {revision}, expected {newest}): "
        f"{todo}, then run the same command again; {_KEPT}"
    )


def _revisions() -> tuple[set[str], str]:
    """All of nbgrader's schemas and the newest, from its files: importing nbgrader takes a second."""
    spec = importlib.util.find_spec("nbgrader")
    folder = Path(spec.origin).parent / "alembic" / "versions"
    texts = [path.read_text(encoding="utf-8") for path in folder.glob("*.py")]
    known, followed = (
        {found for text in texts for found in re.findall(rf"^{name}\s*=\s*['\"](\w+)", text, re.MULTILINE)}
        for name in ("revision", "down_revision")
    )
    return known, (known - followed).pop()
