"""Public files fetched once into a folder of the user's: whole or not at all, and the same file ever after."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import http.client
import json
import os
import re
import shutil
import urllib.error
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from refalt.errors import UserError
from refalt.files import unwritable, write_text
from refalt.sources.archives import open_packed
from refalt.sources.public_file import PublicFile
from refalt.sources.web import BrokenAnswerError, Web, host_of

_BLOCK: Final = 1 << 18
_RANGE: Final = re.compile(r"bytes (?P<first>[0-9]+)-[0-9]+/(?P<total>[0-9]+)")

#: Gets the bytes so far and the bytes in all, None where the server does not say.
Progress = Callable[[int, int | None], None]


def download(file: PublicFile, folder: Path, *, web: Web | None = None, progress: Progress | None = None) -> Path:
    """The file in `folder`, fetched if it is not there; a transfer that broke off goes on where it stopped.

    Raises:
        UserError: it cannot be fetched, is too large, is a web page instead, does not have its digest, or another
            process is fetching it. The text says what to do by hand.
    """
    target = folder / file.file_name
    if target.is_file():
        _check(target, file, target, expected=_expected(file, target))
        return target
    with _partial(folder / f".{file.file_name}.part") as partial:
        transfer = _Transfer(file, partial, _by_hand(file, folder), web or Web(), progress)
        transfer.complete()
        _refuse_web_page(partial, file, transfer.remedy)
        partial.flush()
        os.fsync(partial.fileno())
        came = Path(partial.name)
        if file.unpacked:
            _check(came, file, target, expected=file.digest)
            came = _unpacked(came, file)
        digest = _check(came, file, target, expected=_expected(file, target))
        write_text(_record_of(target), f"{digest}  {file.file_name}\n")
        came.replace(target)
        Path(partial.name).unlink(missing_ok=True)
        transfer.forget()
    return target


def recorded_sha256(path: Path) -> str | None:
    """The sha256 that was written beside a downloaded file; None for a file that was not downloaded."""
    record = _record_of(path)
    return record.read_text(encoding="utf-8").split()[0] if record.is_file() else None


@dataclass(frozen=True)
class _Transfer:
    file: PublicFile
    partial: BinaryIO
    remedy: str
    web: Web
    progress: Progress | None

    def complete(self) -> None:
        """Fetch what is missing of the partial file."""
        self.web.retrying(self._once, url=self.file.url, remedy=self.remedy)

    def forget(self) -> None:
        """Remove the note of what the partial file is part of."""
        self._note.unlink(missing_ok=True)

    @property
    def _note(self) -> Path:
        return Path(self.partial.name + ".json")

    def _once(self) -> None:
        had = self._kept()
        headers = {"Range": f"bytes={had}-", "If-Range": self._validator()} if had else {}
        try:
            with self.web.opened(self.file.url, headers=headers) as response:
                self._receive(response, had)
        except urllib.error.HTTPError as error:
            if error.code != http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                raise
            error.close()
            self.forget()
            raise BrokenAnswerError("a partial file that is not of this one") from error
        except (OSError, http.client.HTTPException) as error:
            if self.partial.tell() <= had or isinstance(error, urllib.error.URLError):
                raise
            raise BrokenAnswerError(str(error) or type(error).__name__, progressed=bool(self._validator())) from error

    def _receive(self, response: http.client.HTTPResponse, had: int) -> None:
        start, total = _placed(response, had)
        if start == 0:
            note = {"url": self.file.url, "validator": _strong_validator(response)}
            write_text(self._note, json.dumps(note))
        self.partial.seek(start)
        self.partial.truncate()
        size = start
        while not self._is_too_large(size, total) and (block := response.read(_BLOCK)):
            size += self._written(block)
            if self.progress:
                self.progress(size, total)
        if total is not None and size != total:
            progressed = size > had and bool(self._validator())
            raise BrokenAnswerError(f"{size:,} of {total:,} bytes", progressed=progressed)

    def _written(self, block: bytes) -> int:
        # A full disk is no failure of the server's that may pass.
        try:
            self.partial.write(block)
            self.partial.flush()
        except OSError as error:
            raise unwritable(Path(self.partial.name), error) from error
        return len(block)

    def _is_too_large(self, size: int, total: int | None) -> bool:
        if max(size, total or 0) <= self.file.most_bytes:
            return False
        self._empty()
        raise UserError(
            "the file is larger than it may be",
            where=self.file.url,
            expected=f"at most {self.file.most_bytes:,} bytes",
            got=f"{total:,}" if total else "more",
            remedy=self.remedy,
        )

    def _kept(self) -> int:
        """Bytes that can be gone on from; 0 when the server gave nothing to tell one version of it by."""
        return self.partial.seek(0, os.SEEK_END) if self._validator() else self._empty()

    def _empty(self) -> int:
        self.partial.seek(0)
        return self.partial.truncate()

    def _validator(self) -> str:
        try:
            note = json.loads(self._note.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return ""
        return str(note["validator"]) if note.get("url") == self.file.url else ""


def _placed(response: http.client.HTTPResponse, had: int) -> tuple[int, int | None]:
    """Where in the file an answer begins, and the bytes of the file in all."""
    if response.status == http.HTTPStatus.PARTIAL_CONTENT:
        found = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
        if found is None or int(found["first"]) != had:
            raise BrokenAnswerError("another part of the file than was asked for")
        return had, int(found["total"])
    length = response.headers.get("Content-Length", "")
    return 0, int(length) if length.isdigit() else None


def _strong_validator(response: http.client.HTTPResponse) -> str:
    """What `If-Range` can be given (RFC 9110, section 13.1.5): a strong entity tag, else the date of change."""
    tag: str = response.headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else response.headers.get("Last-Modified", "")


@contextlib.contextmanager
def _partial(path: Path) -> Iterator[BinaryIO]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        stream = path.open("r+b" if path.is_file() else "w+b")
    except OSError as error:
        raise unwritable(path, error) from error
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UserError(f"another process is fetching {path.name[1:-5]}", where=str(path.parent)) from error
        yield stream


def _expected(file: PublicFile, target: Path) -> str:
    """The digest that the file here should have, as "kind:value"; "" where there is nothing to hold it against."""
    recorded = recorded_sha256(target)
    here = "" if file.unpacked else file.digest
    return here or (f"sha256:{recorded}" if recorded else "")


def _unpacked(path: Path, file: PublicFile) -> Path:
    """Another partial file with the content of a gzip file."""
    unpacked = path.with_name(path.name + "-unpacked")
    try:
        with open_packed(path, most_bytes=file.most_bytes) as packed, unpacked.open("wb") as plain:
            shutil.copyfileobj(packed, plain, _BLOCK)
            plain.flush()
            os.fsync(plain.fileno())
    except OSError as error:
        raise unwritable(unpacked, error) from error
    except UserError:
        path.unlink()
        raise
    return unpacked


def _check(path: Path, file: PublicFile, target: Path, *, expected: str) -> str:
    """The sha256 of a file that has the digest it should have; a partial one that has not is removed.

    Raises:
        UserError: it does not have it.
    """
    kind, _, value = expected.partition(":")
    found = {name: hashlib.new(name, usedforsecurity=False) for name in {"sha256", kind or "sha256"}}
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            for each in found.values():
                each.update(block)
    if expected and found[kind].hexdigest() != value.lower():
        path.unlink() if path != target else None
        raise _other_content(file, target, expected, f"{kind}:{found[kind].hexdigest()}")
    return found["sha256"].hexdigest()


def _other_content(file: PublicFile, target: Path, expected: str, got: str) -> UserError:
    remedy = (
        "the transfer was damaged or the published file has changed: try again, "
        f"then compare with the digest at {file.page or file.url}"
        if file.digest
        else f"the file is not what it was when it was first fetched; if that is right, remove {_record_of(target)}"
    )
    return UserError(
        f"{target.name} is not the file it should be", where=file.url, expected=expected, got=got, remedy=remedy
    )


def _refuse_web_page(partial: BinaryIO, file: PublicFile, remedy: str) -> None:
    partial.seek(0)
    start = partial.read(512).lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")) and not file.file_name.endswith((".html", ".htm")):
        Path(partial.name).unlink()
        raise UserError(f"{host_of(file.url)} sent a web page instead of the file", where=file.url, remedy=remedy)


def _by_hand(file: PublicFile, folder: Path) -> str:
    return f"or get it by hand from {file.page or file.url} and put it as {file.file_name} into {folder}"


def _record_of(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")
