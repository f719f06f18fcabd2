"""One process at a time: a lock file that names its holder, and that the system releases when the holder dies."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from refalt.errors import UserError

_POLL_S = 0.2


@contextlib.contextmanager
def held(path: Path, *, wait_s: float = 0.0, sleep: Callable[[float], None] = time.sleep) -> Iterator[None]:
    """Hold the lock file while the block runs.

    Args:
        path: The lock file; it stays behind, empty of meaning, because removing it would race.
        wait_s: Seconds to wait for another holder.
        sleep: How to wait.

    Raises:
        UserError: another process holds it; names host and pid.
    """
    with path.open("a+", encoding="utf-8") as lock:
        left = wait_s
        while not _taken(lock.fileno()):
            if left <= 0:
                raise _busy(path)
            sleep(min(_POLL_S, left))
            left -= _POLL_S
        lock.truncate(0)
        lock.write(json.dumps({"host": socket.gethostname(), "pid": os.getpid()}))
        lock.flush()
        try:
            yield
        finally:
            lock.truncate(0)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EAGAIN):
            return False
        raise
    return True


def _busy(path: Path) -> UserError:
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
        who = f"process {holder['pid']} on {holder['host']}"
    except (ValueError, KeyError, OSError):
        who = "another process"
    return UserError(
        f"the store of answers is in use by {who}",
        where=str(path.with_suffix("")),
        remedy="wait for it to end, or give this run another store with --store",
    )
