"""Finding the files a study names: beside it, in the folders given, in `$REFALT_INPUTS`, among the downloads."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from refalt.errors import UserError, nearest_name, shown
from refalt.files import sha256_of
from refalt.sources.public_file import PublicFile

INPUTS_VARIABLE = "REFALT_INPUTS"
#: Fetches a public file into a folder, and says where it lies there.
Fetch = Callable[[PublicFile, Path], Path]


@dataclass(frozen=True)
class NeededFile:
    """A file that a study names.

    Attributes:
        role: What it is for ("dataset", "chain").
        name: As the study file writes it: a name, or a path relative to a folder that is searched.
        assembly: Of its coordinates, where it has any.
        origin: Where a user gets it from.
        published: Where it can be downloaded, if it can.
        also: Other names under which the same content may lie: unpacked, or not yet.
    """

    role: str
    name: str
    assembly: str | None = None
    origin: str = ""
    published: PublicFile | None = None
    also: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that it is looked for under, its own first."""
        published = (self.published.file_name,) if self.published else ()
        return tuple(dict.fromkeys((self.name, *self.also, *published)))


@dataclass(frozen=True)
class FoundFile:
    """A needed file, found and read once for its digest."""

    role: str
    name: str
    path: Path
    assembly: str | None = None
    origin: str = ""

    @cached_property
    def sha256(self) -> str:
        """Digest of the content."""
        return sha256_of(self.path)

    @property
    def size(self) -> int:
        """Size in bytes."""
        return self.path.stat().st_size


class InputFinder:
    """Looks a name up: beside the study, each folder given, each folder of `$REFALT_INPUTS`, then the downloads.

    Folders other than the study's own are searched with their subfolders; one name found twice within one
    folder is an error, because which of the two was meant cannot be known.
    """

    def __init__(
        self,
        beside: Path,
        folders: Sequence[Path] = (),
        *,
        environment: str | None = None,
        downloads: Path | None = None,
        fetch: Fetch | None = None,
    ) -> None:
        """Take the study's folder and the places to look in.

        Args:
            beside: The study's folder.
            folders: Of `--inputs`.
            environment: The value of `$REFALT_INPUTS`; by default as it is.
            downloads: Where downloaded files are kept that go into none of `folders`; need not exist.
            fetch: Brings a file that is nowhere into the first of `folders`, else into `downloads`; None unless the
                user asked for downloads.

        Raises:
            UserError: a folder given does not exist.
        """
        listed = os.environ.get(INPUTS_VARIABLE, "") if environment is None else environment
        self._beside = beside
        self._folders = [*folders, *(Path(text) for text in listed.split(os.pathsep) if text)]
        for folder in self._folders:
            if not folder.is_dir():
                raise UserError(f"there is no folder {folder}", remedy=f"correct --inputs or ${INPUTS_VARIABLE}")
        self._downloads, self._fetch = downloads, fetch
        self._brought_to = folders[0] if folders else downloads

    @cached_property
    def _indexes(self) -> list[tuple[Path, dict[str, list[Path]]]]:
        return [(folder, _index_of(folder)) for folder in self._folders]

    def look_up(self, needed: NeededFile) -> FoundFile | None:
        """The file, or None when it is nowhere; nothing is fetched.

        Raises:
            UserError: the name stands for two files in one folder, or a downloaded file was changed.
        """
        path = next((path for name in needed.names if (path := self._beside / name).is_file()), None)
        for name in needed.names:
            path = path or self._in_folders(name)
        if path is None:
            return self._among_downloads(needed)
        return self._unchanged(needed, path)

    def find(self, needed: NeededFile) -> FoundFile:
        """The file, downloaded if the user asked for that and it is nowhere.

        Raises:
            UserError: it is nowhere; says where was looked, and the nearest name that is there.
        """
        found = self.look_up(needed) or self._downloaded(needed)
        if found:
            return found
        looked = shown([str(folder) for folder in (self._beside, *self._folders, self._downloads) if folder])
        near = nearest_name(Path(needed.name).name, {name for _, index in self._indexes for name in index})
        hint = f"did you mean {near!r}? " if near else ""
        raise UserError(
            f"the {needed.role} file {needed.name!r} was not found",
            expected=f"it in one of {looked}",
            remedy=f"{hint}Give its folder with --inputs DIR or ${INPUTS_VARIABLE}"
            + (", or let it be fetched with --download" if needed.published and self._brought_to else "")
            + (f"; {by_hand}" if (by_hand := self.by_hand(needed)) else ""),
        )

    def by_hand(self, needed: NeededFile) -> str:
        """Where to get a file, where to put it, and under which name; "" where nothing is known of it."""
        folder = self._folders[0] if self._folders else "a folder that you name with --inputs"
        public = needed.published
        if public and public.unpacked:
            return f"fetch {public.url}, unpack it, and put it as {public.file_name} into {folder}"
        if public:
            return f"fetch {public.url} and put it as {public.file_name} into {folder}"
        return f"it comes from {needed.origin}: put it as {needed.name} into {folder}" if needed.origin else ""

    @property
    def may_fetch(self) -> bool:
        """Whether the user lets refalt ask public servers."""
        return self._fetch is not None

    def _downloaded(self, needed: NeededFile) -> FoundFile | None:
        if needed.published is None or self._brought_to is None or self._fetch is None:
            return None
        return self._unchanged(needed, self._fetch(needed.published, self._brought_to))

    def _among_downloads(self, needed: NeededFile) -> FoundFile | None:
        folder = self._downloads
        paths = [path for name in needed.names if folder and (path := folder / name).is_file()]
        return self._unchanged(needed, paths[0]) if paths else None

    def _unchanged(self, needed: NeededFile, path: Path) -> FoundFile:
        """The file, which is still what it was if it was downloaded.

        Raises:
            UserError: it was changed after it came.
        """
        from refalt.sources.download import recorded_sha256

        found = FoundFile(needed.role, needed.name, path, needed.assembly, needed.origin)
        recorded = recorded_sha256(path)
        if recorded and recorded != found.sha256:
            raise UserError(
                f"the downloaded {needed.role} file was changed after it came",
                where=str(path),
                expected=f"sha256 {recorded}",
                got=found.sha256,
                remedy="remove it and fetch it again with --download, or put your own version among the inputs",
            )
        return found

    def _in_folders(self, name: str) -> Path | None:
        for folder, index in self._indexes:
            direct = folder / name
            if direct.is_file():
                return direct
            matches = index.get(name, [])
            if len(matches) > 1:
                raise UserError(
                    f"two files are called {name!r}",
                    got=shown([str(match) for match in sorted(matches)]),
                    remedy="write the subfolder too, for example 'subfolder/" + name + "'",
                )
            if matches:
                return matches[0]
        return None


def _index_of(folder: Path) -> dict[str, list[Path]]:
    index: dict[str, list[Path]] = {}
    for parent, _, names in os.walk(folder):
        for name in names:
            index.setdefault(name, []).append(Path(parent) / name)
    return index
