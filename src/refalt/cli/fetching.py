"""How public files are fetched, by the command line: only when the user says so, and with a word on how far it is."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from refalt.sources.fetch import Fetch
    from refalt.sources.public_file import PublicFile

Download = Annotated[
    bool,
    typer.Option(
        "--download", help="Fetch public files that are missing into the first --inputs folder, and look up rsIDs."
    ),
]
#: Between two lines about one file.
_SECONDS_BETWEEN_LINES: Final = 5.0


def fetch_of(download: bool) -> Fetch | None:
    """What brings public files; None unless the user asked for it."""
    return _fetch if download else None


def _fetch(file: PublicFile, folder: Path) -> Path:
    from refalt.sources.download import download
    from refalt.sources.web import host_of

    typer.echo(f"... fetch {file.file_name} from {host_of(file.url)} into {folder}", err=True)
    return download(file, folder, progress=_Lines())


class _Lines:
    """Says how much of a file has come, at most every few seconds."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, size: int, total: int | None, /) -> None:
        now = time.monotonic()
        if now - self._last < _SECONDS_BETWEEN_LINES:
            return
        self._last = now
        of = f" of {total / 1e6:,.1f}" if total else ""
        typer.echo(f"    {size / 1e6:,.1f}{of} MB", err=True)
