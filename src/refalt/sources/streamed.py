"""A text held as it is published, inside an archive or much larger than what is wanted of it, and read as a stream."""

from __future__ import annotations

import re
import tarfile
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from refalt.sources.archives import open_member, open_packed

_BLOCK: Final = 1 << 24


@dataclass(frozen=True, eq=False)
class StreamedText:
    """Lines of a file or of one member of an archive; nothing is unpacked to disk.

    Attributes:
        path: The file or the archive.
        member: Of the archive; "" for the file itself, plain or gzip.
        containing: Only the first line and those that hold this text are kept; "" keeps all.
        most_bytes: More than this, decompressed, is an error.
    """

    path: Path
    member: str = ""
    containing: str = ""
    most_bytes: int = 4 << 30

    def __str__(self) -> str:
        return f"{self.path}, member {self.member}" if self.member else str(self.path)

    @cached_property
    def content(self) -> bytes:
        """The lines, read once.

        Raises:
            UserError: there is no such member, it is damaged, or it passes `most_bytes`.
        """
        opened = (
            open_member(self.path, self.member, most_bytes=self.most_bytes)
            if self.member
            else open_packed(self.path, most_bytes=self.most_bytes)
        )
        with opened as stream:
            kept, wanted = [stream.readline()], _lines_with(self.containing) if self.containing else None
            while block := stream.read(_BLOCK):
                kept.append(b"".join(wanted.findall(block + stream.readline())) if wanted else block)
        return b"".join(kept)


def is_archive(path: Path) -> bool:
    """Whether a file is a tar or a zip."""
    return zipfile.is_zipfile(path) or tarfile.is_tarfile(path)


def _lines_with(text: str) -> re.Pattern[bytes]:
    return re.compile(rb"^[^\n]*" + re.escape(text.encode()) + rb"[^\n]*\n?", re.MULTILINE)
