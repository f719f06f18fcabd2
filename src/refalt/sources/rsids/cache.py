"""Answers kept on this machine: an rsID that was asked for once is not asked for again."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from refalt.errors import UserError
from refalt.sources.rsids.base import Documents

_TABLE: Final = """
    CREATE TABLE IF NOT EXISTS answers (
        question TEXT NOT NULL, rsid TEXT NOT NULL, documents TEXT NOT NULL,
        answered TEXT NOT NULL DEFAULT CURRENT_DATE, PRIMARY KEY (question, rsid)
    ) WITHOUT ROWID
"""
_BUSY_S: Final = 60.0


class AnswerCache:
    """One SQLite file: what each source said of each rsID, in its own words, and on what day."""

    def __init__(self, path: Path) -> None:
        """Take the file; it is made when the first answer comes."""
        self.path = path

    def known(self, question: str, rsids: Sequence[str]) -> dict[str, Documents]:
        """Answers there are; an rsID that the source did not know has an empty one.

        Raises:
            UserError: the file is damaged.
        """
        if not self.path.is_file():
            return {}
        with self._opened() as answers:
            chosen = (
                "SELECT rsid, documents FROM answers WHERE question = ? AND rsid IN (SELECT value FROM json_each(?))"
            )
            rows = answers.execute(chosen, (question, json.dumps(list(rsids)))).fetchall()
        return {rsid: json.loads(documents) for rsid, documents in rows}

    def keep(self, question: str, answers: Mapping[str, Documents]) -> None:
        """Put answers on disk before returning.

        Raises:
            UserError: the file is damaged or cannot be written.
        """
        with self._opened() as kept:
            rows = [(question, rsid, json.dumps(documents)) for rsid, documents in answers.items()]
            kept.executemany("INSERT OR REPLACE INTO answers (question, rsid, documents) VALUES (?, ?, ?)", rows)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.closing(sqlite3.connect(self.path, timeout=_BUSY_S)) as connection, connection:
                connection.execute(_TABLE)
                yield connection
        except (sqlite3.Error, OSError) as error:
            raise UserError(
                "the kept answers about rsIDs cannot be used",
                where=str(self.path),
                got=str(error),
                remedy="check the disk's free space, or remove the file: what it holds can be asked for again",
            ) from error
