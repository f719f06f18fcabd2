"""Files that somebody publishes, and the folders of this user in which what was fetched is kept."""

from __future__ import annotations

import os
import re
import sys
import urllib.parse
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from refalt.errors import UserError

CACHE_VARIABLE: Final = "REFALT_CACHE"
_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]*")


@dataclass(frozen=True)
class PublicFile:
    """A file that somebody publishes.

    Attributes:
        url: Where it is.
        name: What it is called here; by default as at the end of the address.
        digest: As published, "sha256:..." or "md5:...", of what comes from the address. Where none is published, the
            sha256 of what came first is written beside the file, and a later download must give the same.
        most_bytes: Larger is refused.
        page: Where a person finds it, when not at `url`.
        unpacked: It comes as gzip and is kept without, because it is read at many places.
    """

    url: str
    name: str = ""
    digest: str = ""
    most_bytes: int = 20 << 30
    page: str = ""
    unpacked: bool = False

    @property
    def file_name(self) -> str:
        """Its name here.

        Raises:
            UserError: the name is not a plain file name.
        """
        published = urllib.parse.unquote(urllib.parse.urlsplit(self.url).path.rpartition("/")[2])
        name = self.name or (published.removesuffix(".gz") if self.unpacked else published)
        if not _PLAIN_NAME.fullmatch(name):
            raise UserError("a download needs a plain file name", where=self.url, got=repr(name))
        return name


def cache_folder() -> Path:
    """Where what can be fetched again is kept: `$REFALT_CACHE`, else the user's cache folder."""
    if named := os.environ.get(CACHE_VARIABLE, ""):
        return Path(named)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "refalt"
    named = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(named) if named else Path.home() / ".cache") / "refalt"


def downloads_folder() -> Path:
    """Where downloaded files are kept, when no folder of inputs is given."""
    return cache_folder() / "downloads"
