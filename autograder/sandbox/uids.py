"""A uid for each submission that root runs: none of two that run at the same time is the other's."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator

from ..errors import SandboxError

# Ordinary users, services and systemd's dynamic ones have others.
FIRST, COUNT = 60_000, 1_000


@contextlib.contextmanager
def spare_uid() -> Iterator[int]:
    """A uid of nobody's, claimed for as long as this lasts; 0, which means "stay", for an ordinary user.

    Limits and signals go by uid. The claim is an abstract socket's name, which ends with its holder.
    """
    if os.getuid() != 0:
        yield 0
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as claim:
        for turn in range(COUNT):
            uid = FIRST + (os.getpid() + turn) % COUNT
            with contextlib.suppress(OSError):
                claim.bind(b"\0chainrule-uid-%d" % uid)
                break
        else:
            raise SandboxError(f"all {COUNT} uids from {FIRST} on are in use by other submissions")
        yield uid
