"""One member of a tar or zip archive, read as a stream; nothing is written to disk under a name from the archive."""

from __future__ import annotations

import contextlib
import gzip
import io
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, BinaryIO, Final

from refalt.errors import UserError, nearest_name, shown

_GZIP: Final = b"\x1f\x8b"
_DAMAGE: Final = (EOFError, OSError, zlib.error, tarfile.TarError, zipfile.BadZipFile, RuntimeError)


@contextlib.contextmanager
def open_member(path: Path, member: str, *, most_bytes: int) -> Iterator[BinaryIO]:
    """The content of one member, decompressed if it is itself gzip.

    Args:
        path: A tar (plain, gzip, bzip2, xz) or a zip.
        member: Its whole name in the archive, or the end of it from a "/" on, when only one ends so.
        most_bytes: What reading may give at most, after all decompression.

    Raises:
        UserError: at once, when there is no archive, no such member, several of them, or it is no regular file or
            declares more than `most_bytes`; while reading, when the content passes `most_bytes` or is damaged.
    """
    where = f"{path}, member {member}"
    with contextlib.ExitStack() as stack:
        try:
            raw, declared = _found(path, member, stack)
            buffered = io.BufferedReader(raw) if isinstance(raw, io.RawIOBase) else raw
            content = stack.enter_context(io.BufferedReader(_Joined(buffered)))
            packed = content.peek(2)[:2] == _GZIP
        except _DAMAGE as error:
            raise _damaged(where, error) from error
        if declared > most_bytes and not packed:
            raise _too_large(where, most_bytes, f"{declared:,} bytes by the archive's own list")
        opened: Any = stack.enter_context(gzip.GzipFile(fileobj=content)) if packed else content
        yield stack.enter_context(io.BufferedReader(_Capped(opened, most_bytes, where)))


@contextlib.contextmanager
def open_packed(path: Path, *, most_bytes: int) -> Iterator[BinaryIO]:
    """The content of a file, decompressed if it is gzip.

    Raises:
        UserError: while reading, when the content passes `most_bytes` or is damaged.
    """
    with path.open("rb") as raw, contextlib.ExitStack() as stack:
        opened: Any = stack.enter_context(gzip.GzipFile(fileobj=raw)) if raw.peek(2)[:2] == _GZIP else raw
        yield stack.enter_context(io.BufferedReader(_Capped(opened, most_bytes, str(path))))


def member_names(path: Path) -> tuple[str, ...]:
    """Names of the regular files in an archive, in its order.

    Raises:
        UserError: there is no archive, or it is damaged.
    """
    with contextlib.ExitStack() as stack:
        try:
            if zipfile.is_zipfile(path):
                listed = stack.enter_context(zipfile.ZipFile(path)).infolist()
                return tuple(item.filename for item in listed if not item.is_dir())
            tape = stack.enter_context(tarfile.open(path, "r:*"))
            return tuple(item.name for item in tape.getmembers() if item.isreg())
        except _DAMAGE as error:
            raise _damaged(str(path), error) from error


class _Joined(io.RawIOBase):
    """Gives any readable stream the methods of a raw one."""

    def __init__(self, inner: IO[bytes]) -> None:
        self._inner = inner

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        block = self._inner.read(len(buffer))
        buffer[: len(block)] = block
        return len(block)


class _Capped(_Joined):
    """Reads until more came than was allowed."""

    def __init__(self, inner: IO[bytes], most_bytes: int, where: str) -> None:
        super().__init__(inner)
        self._left, self._most, self._where = most_bytes, most_bytes, where

    def readinto(self, buffer: Any) -> int:
        try:
            count = super().readinto(buffer)
        except _DAMAGE as error:
            raise _damaged(self._where, error) from error
        self._left -= count
        if self._left < 0:
            raise _too_large(self._where, self._most, "more")
        return count


def _found(path: Path, member: str, stack: contextlib.ExitStack) -> tuple[IO[bytes], int]:
    """The member's bytes as the archive holds them, and the size it declares."""
    if not path.is_file():
        raise UserError("there is no such file", where=str(path), remedy="check the name and the folder")
    if zipfile.is_zipfile(path):
        archive = stack.enter_context(zipfile.ZipFile(path))
        entry = archive.infolist()[_only_match([item.filename for item in archive.infolist()], member, path)]
        if entry.flag_bits & 1 or entry.is_dir():
            raise _not_a_file(path, member, "an encrypted file" if entry.flag_bits & 1 else "a folder")
        return stack.enter_context(archive.open(entry)), entry.file_size
    if not tarfile.is_tarfile(path):
        raise UserError("this is neither a tar nor a zip archive, or it is damaged", where=str(path))
    tape = stack.enter_context(tarfile.open(path, "r:*"))  # noqa: SIM115 - the stack closes it
    item = tape.getmembers()[_only_match(tape.getnames(), member, path)]
    content = tape.extractfile(item) if item.isreg() else None
    if content is None:
        raise _not_a_file(path, member, "a link, a folder or a device")
    return stack.enter_context(content), item.size


def _only_match(names: Sequence[str], member: str, path: Path) -> int:
    whole = [i for i, name in enumerate(names) if name.removeprefix("./") == member.removeprefix("./")]
    matches = whole or [i for i, name in enumerate(names) if name.endswith("/" + member)]
    if len(matches) == 1:
        return matches[0]
    if matches:
        got = shown([names[i] for i in matches])
        raise UserError(f"{len(matches)} members are called {member!r}", where=str(path), got=got)
    near = nearest_name(member, names) or nearest_name(member, [name.rpartition("/")[2] for name in names])
    raise UserError(
        f"the archive has no member {member!r}",
        where=str(path),
        got=shown(names) or "no member at all",
        remedy=f"did you mean {near!r}?" if near else "list its members and write one of their names",
    )


def _not_a_file(path: Path, member: str, got: str) -> UserError:
    return UserError(f"{member} is not a file that can be read", where=str(path), expected="a regular file", got=got)


def _too_large(where: str, most_bytes: int, got: str) -> UserError:
    return UserError(
        "the content is larger than it may be",
        where=where,
        expected=f"at most {most_bytes:,} bytes",
        got=got,
        remedy="check where the archive came from; a small archive that unpacks to this much may be an attack",
    )


def _damaged(where: str, error: Exception) -> UserError:
    return UserError(
        "the archive ends too early or is damaged",
        where=where,
        got=str(error) or type(error).__name__,
        remedy="fetch it again and compare its size or digest with the source's",
    )
