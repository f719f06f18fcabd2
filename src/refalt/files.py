"""Writing a file whole or not at all, and reading its digest.

A reader of a run folder never sees half a table: content goes to a neighbour of the target and is renamed
over it only when it is complete and on disk.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from refalt.errors import UserError

_BLOCK = 1 << 20


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a path to write to; on success it replaces `path`, on any failure nothing of it remains.

    Raises:
        UserError: the folder cannot be written to, or the disk (or a quota) is full.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # The suffix stays, because some writers choose their format by it.
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".partial-", suffix=path.suffix)
        os.close(descriptor)
    except OSError as error:
        raise unwritable(path, error) from error
    partial = Path(name)
    try:
        yield partial
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        partial.chmod(0o644)
        partial.replace(path)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        partial.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8, atomically."""
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8")


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content`, atomically."""
    with replacing(path) as partial:
        partial.write_bytes(content)


def append_line(path: Path, line: str) -> None:
    """Append one line to a log that is only ever appended to, and put it on disk before returning."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as log:
            log.write(line.rstrip("\n") + "\n")
            log.flush()
            os.fsync(log.fileno())
    except OSError as error:
        raise unwritable(path, error) from error


def sha256_of(path: Path) -> str:
    """The sha256 of a file's bytes, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def unwritable(path: Path, error: OSError) -> UserError:
    """The sentence for a file that could not be written."""
    return UserError(
        f"cannot write {path.name}",
        where=str(path.parent),
        got=error.strerror or type(error).__name__,
        remedy="free some space or choose another folder with --out; nothing was left half-written",
    )
