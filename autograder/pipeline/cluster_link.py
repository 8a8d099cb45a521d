"""The coordinator's connection to a Dask scheduler: encrypted, unless it stays on this machine; and answers over it."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..errors import CourseError

if TYPE_CHECKING:
    from distributed import Client, Future
    from distributed.security import Security

CONNECT_SECONDS = 30
RESULT_SECONDS = 60.0
_INSTALL = "pip install -e '.[instructor,cluster]' -c constraints.txt"


@dataclass(frozen=True)
class Link:
    """Where the scheduler is, and with which certificates it is spoken to; without any, distributed's own settings.

    `insecure` allows what travels in the clear between machines: submissions, hidden checks, the course's secret.
    """

    address: str
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    insecure: bool = False

    def __post_init__(self) -> None:
        """Raises CourseError for an address that is none, and for one in the clear on another machine."""
        scheme, host, port = _parts(self.address)
        if scheme not in ("tcp", "tls") or not host or port is None:
            raise CourseError(
                f"--scheduler {self.address} is no scheduler's address: expected tls://HOST:PORT, or tcp://HOST:PORT "
                "on this machine, as `dask scheduler` prints it."
            )
        if not self.allows(self.address):
            raise CourseError(
                f"--scheduler {self.address} is another machine and tcp:// is not encrypted: submissions, hidden "
                "checks and the course's secret would travel in the clear. Start scheduler and workers with TLS and "
                "use tls:// (docs/cluster.md), or say --insecure on a network that is yours alone."
            )

    def allows(self, address: str) -> bool:
        """Whether what is sent to `address` is encrypted, or stays on this machine, or need not."""
        scheme, host, _ = _parts(address)
        return self.insecure or scheme == "tls" or (scheme == "tcp" and _is_loopback(host))

    def connect(self) -> Client:
        """A client of the scheduler, which unpickles no task's result. Raises CourseError when it is out of reach."""
        try:
            from distributed import Client
            from distributed.security import Security
        except ModuleNotFoundError:
            raise CourseError(
                f"--scheduler needs dask.distributed, which is not installed: {_INSTALL}"
            ) from None
        for option, path in (("--tls-ca", self.ca), ("--tls-cert", self.cert), ("--tls-key", self.key)):
            if path is not None and not path.is_file():
                raise CourseError(f"{option} {path} is no file")
        given = {"tls_ca_file": self.ca, "tls_client_cert": self.cert, "tls_client_key": self.key}
        encrypted = self.address.startswith("tls:")
        security = Security(
            require_encryption=encrypted,
            **{name: str(path) for name, path in given.items() if path is not None},
        )
        client = None
        try:
            asyncio.run(_reach(self.address, security))
            client = Client.__new__(Client)
            with warnings.catch_warnings():
                # Versions that determine a grade are compared worker by worker.
                warnings.filterwarnings("ignore", message="\nMismatched versions found")
                client.__init__(
                    self.address,
                    security=security,
                    timeout=CONNECT_SECONDS,
                    set_as_default=False,
                    deserializers=["dask", "msgpack"],
                )
            return client
        except (OSError, TypeError, ValueError, RuntimeError) as error:
            # One that did not get this far would close itself when it is collected, and where that happens while
            # another client starts, neither goes on.
            if client is not None:
                with contextlib.suppress(Exception):
                    client.close()
            hint = " Do --tls-ca, --tls-cert and --tls-key belong to it?" if encrypted else ""
            raise CourseError(
                f"the scheduler {self.address} could not be reached ({type(error).__name__}: {error}).{hint} "
                "Is `dask scheduler` running there?"
            ) from error


async def _reach(address: str, security: Security) -> None:
    """Whether a scheduler answers there: a client would wait for ever for one that takes calls and says nothing."""
    from distributed.comm import connect

    arguments = security.get_connection_args("client")
    try:
        comm = await asyncio.wait_for(connect(address, CONNECT_SECONDS, **arguments), CONNECT_SECONDS)
    except TimeoutError:
        raise TimeoutError(f"no answer within {CONNECT_SECONDS:g} s") from None
    await comm.close()


def answer_of(future: Future, seconds: float = RESULT_SECONDS) -> tuple[str, str]:
    """A word and what it is about; `lost` and `cancelled` stand for no answer."""
    if future.cancelled():
        return "cancelled", "it was cancelled"
    try:
        word, _, about = future.result(timeout=seconds).decode().partition("\n")
        return word, about
    except Exception as error:
        return "lost", f"it gave no answer ({type(error).__name__}: {error})"[:400]
    finally:
        future.release()


def _parts(address: str) -> tuple[str, str, int | None]:
    try:
        parts = urlsplit(address)
        return parts.scheme, parts.hostname or "", parts.port
    except ValueError:
        return "", "", None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
