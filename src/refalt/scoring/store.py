"""Answers that were paid for, kept where every study and run finds them: one SQLite file a model and revision.

One row a request, one commit an answer, before the next is taken; so that a process killed at any moment has lost only
what was in flight. A commit does not wait for the disk, which takes 4 ms an answer and would hold a fast service to 250
answers a second. Instead, once a second, everything committed so far is written through: a power failure loses the
answers of the last second and leaves the file whole. A file has one process at a time, because write-ahead logging is
not safe between machines: a lock file names the holder.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from refalt.errors import UserError
from refalt.files import unwritable
from refalt.models.metered import Identity, Question
from refalt.provenance import canonical_json, library_versions
from refalt.scoring.locking import held

STORE_VARIABLE: Final = "REFALT_STORE"
LAYOUT: Final = "1"
#: Seconds of answers that a power failure may take; writing them through costs one wait for the disk.
WRITE_THROUGH_S: Final = 1.0
_SUFFIX: Final = ".sqlite"
#: SQLite takes at least 999 values in one statement.
_ASKED_AT_ONCE: Final = 900
_SCHEMA: Final = """
create table if not exists facts (name text primary key, value text not null);
create table if not exists answers (
    number integer primary key,
    digest blob not null unique,
    request text not null,
    kind text not null,
    payload blob not null,
    client text not null,
    libraries text not null,
    attempts integer not null
);
create index if not exists answers_by_kind on answers (kind);
create table if not exists shelf (name text primary key, content blob not null);
"""


def store_file(identity: Identity, place: Path | None = None) -> Path:
    """Where the answers of a model and revision are kept.

    Args:
        identity: Whose answers.
        place: What `--store` says: a folder, or the file itself; else `$REFALT_STORE`, else the user's own folder.
    """
    named = place or Path(os.environ.get(STORE_VARIABLE, "") or _users_folder())
    if named.suffix == _SUFFIX:
        return named
    return named / (re.sub(r"[^A-Za-z0-9._@-]", "_", identity.text) + _SUFFIX)


def digest_of_key(key: str) -> bytes:
    """What a request is found by: 20 bytes of BLAKE2b of its canonical JSON."""
    return hashlib.blake2b(key.encode(), digest_size=20).digest()


class Store:
    """An open store. Used by one thread; `open_store` makes it."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        """Take an open connection to a file that has been checked."""
        self.path = path
        self._connection = connection
        versions = library_versions()
        self._client = versions.get("alphagenome", "")
        self._libraries = canonical_json(dict(versions))
        self._shelved: set[str] = set()
        self._written_through = time.monotonic()

    def __len__(self) -> int:
        return int(self._one("select count(*) from answers") or 0)

    def has(self, digest: bytes) -> bool:
        """Whether a request was answered."""
        return self._one("select 1 from answers where digest = ?", digest) is not None

    def payload(self, digest: bytes) -> bytes | None:
        """The kept answer of a request."""
        found = self._one("select payload from answers where digest = ?", digest)
        return None if found is None else bytes(found)

    def keep(self, question: Question, payload: bytes, *, shared: Mapping[str, bytes], attempts: int = 1) -> None:
        """Commit one answer, with what it shares with others; one that is there already stays.

        Args:
            question: What was asked.
            payload: The answer.
            shared: Shelf name -> content.
            attempts: How often it was asked.
        """
        with self._changing() as connection:
            for name in shared.keys() - self._shelved:
                connection.execute("insert or ignore into shelf values (?, ?)", (name, shared[name]))
            connection.execute(
                "insert or ignore into answers (digest, request, kind, payload, client, libraries, attempts) "
                "values (?, ?, ?, ?, ?, ?, ?)",
                (
                    digest_of_key(question.key),
                    question.key,
                    question.kind,
                    payload,
                    self._client,
                    self._libraries,
                    attempts,
                ),
            )
        self._shelved |= shared.keys()
        if time.monotonic() - self._written_through >= WRITE_THROUGH_S:
            self._write_through()

    def forget(self, digest: bytes) -> None:
        """Make room for a new answer; the old one stays in the file under its own number."""
        with self._changing() as connection:
            connection.execute("update answers set digest = cast(number as blob) where digest = ?", (digest,))

    def get(self, name: str) -> bytes | None:
        """The content on the shelf under a name."""
        found = self._one("select content from shelf where name = ?", name)
        return None if found is None else bytes(found)

    def put(self, name: str, content: bytes) -> None:
        """Keep a content on the shelf; it takes the place of an earlier one of that name."""
        with self._changing() as connection:
            connection.execute("insert or replace into shelf values (?, ?)", (name, content))

    def fact(self, name: str) -> str | None:
        """A fact about the store."""
        found = self._one("select value from facts where name = ?", name)
        return None if found is None else str(found)

    def note(self, name: str, value: str) -> None:
        """Keep a fact about the store."""
        with self._changing() as connection:
            connection.execute("insert or replace into facts values (?, ?)", (name, value))

    def mean_payload(self, kind: str) -> float | None:
        """Bytes of an answer of a kind, by the first few; None when there is none."""
        query = "select avg(length(payload)) from (select payload from answers where kind = ? limit 100)"
        found = self._one(query, kind)
        return None if found is None else float(found)

    def versions(self) -> Mapping[tuple[str, str], int]:
        """Version of the client and of the libraries (JSON) -> how many answers came through them."""
        found = self._connection.execute("select client, libraries, count(*) from answers group by 1, 2")
        return {(client, libraries): count for client, libraries, count in found}

    def clients(self, digests: Iterable[bytes]) -> Mapping[str, int]:
        """Version of the client -> how many of these answers came through it."""
        counts: Counter[str] = Counter()
        wanted = sorted(set(digests))
        for first in range(0, len(wanted), _ASKED_AT_ONCE):
            part = wanted[first : first + _ASKED_AT_ONCE]
            marks = ",".join("?" * len(part))
            query = f"select client, count(*) from answers where digest in ({marks}) group by 1"
            with _explained(self.path):
                counts.update(dict(self._connection.execute(query, part)))
        return dict(counts)

    def _write_through(self) -> None:
        """Wait for the disk to hold every commit: a checkpoint writes the log through before it copies it."""
        with _explained(self.path):
            self._connection.execute("pragma wal_checkpoint(passive)")
        self._written_through = time.monotonic()

    def _one(self, query: str, *values: object) -> Any:
        with _explained(self.path):
            found = self._connection.execute(query, values).fetchone()
        return None if found is None else found[0]

    @contextlib.contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        with _explained(self.path), self._connection:
            self._connection.execute("begin immediate")
            yield self._connection


@contextlib.contextmanager
def open_store(identity: Identity, place: Path | None = None, *, wait_s: float = 0.0) -> Iterator[Store]:
    """Open the store of a model and revision, making it where there is none.

    Args:
        identity: Whose answers.
        place: As for `store_file`.
        wait_s: Seconds to wait for another process that has it open.

    Raises:
        UserError: another process has it open (named), it belongs to another model or revision, it is damaged or
            of another layout, or the place cannot be written to.
    """
    path = store_file(identity, place)
    with contextlib.ExitStack() as stack:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(held(path.with_name(path.name + ".lock"), wait_s=wait_s))
        except OSError as error:
            raise unwritable(path, error) from error
        with _explained(path):
            connection = stack.enter_context(contextlib.closing(sqlite3.connect(path, isolation_level=None)))
            _prepare(connection, identity, path)
        yield Store(connection, path)


def _prepare(connection: sqlite3.Connection, identity: Identity, path: Path) -> None:
    connection.execute("pragma locking_mode = exclusive")
    connection.execute("pragma journal_mode = wal")
    # Normal: a commit outlives the process however it is killed, and `Store.keep` writes through for the rest.
    connection.execute("pragma synchronous = normal")
    connection.executescript(_SCHEMA)
    facts = dict(connection.execute("select name, value from facts"))
    if not facts:
        connection.executemany("insert into facts values (?, ?)", [("layout", LAYOUT), ("identity", identity.text)])
        return
    if facts.get("layout") != LAYOUT:
        raise UserError(
            "the store was made by another version of refalt",
            where=str(path),
            expected=f"layout {LAYOUT}",
            got=f"layout {facts.get('layout')}",
            remedy="give this run another store with --store",
        )
    if facts.get("identity") != identity.text:
        raise UserError(
            "the store holds answers of another model or revision",
            where=str(path),
            expected=identity.text,
            got=facts.get("identity"),
            remedy="give a folder with --store, and each model and revision has its own file in it",
        )


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise UserError(
            "the store of answers cannot be used",
            where=str(path),
            got=str(error),
            remedy="check the disk's free space and the file; what is committed in it stays, and the same command "
            "goes on from there",
        ) from error


def _users_folder() -> Path:
    """Where a user's own files of a program belong (XDG base directory specification; Apple's file system guide)."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "refalt"
    named = os.environ.get("XDG_DATA_HOME", "")
    return (Path(named) if named else Path.home() / ".local" / "share") / "refalt"
