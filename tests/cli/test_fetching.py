from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from refalt.cli.fetching import fetch_of
from refalt.sources.public_file import PublicFile


def test_fetch_of__is_nothing_unless_the_user_asked() -> None:
    assert fetch_of(False) is None


def test_fetch_of__says_what_is_fetched_from_where_and_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def download(file: PublicFile, folder: Path, *, progress: Callable[[int, int | None], None]) -> Path:
        for size in (1_000_000, 2_000_000):
            progress(size, 4_000_000)
        progress(3_000_000, None)
        return folder / file.file_name

    monkeypatch.setattr("refalt.sources.download.download", download)
    monkeypatch.setattr("refalt.cli.fetching._SECONDS_BETWEEN_LINES", 0.0)
    fetch = fetch_of(True)
    assert fetch is not None
    assert fetch(PublicFile("https://example.org/a.bed"), tmp_path) == tmp_path / "a.bed"
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        f"... fetch a.bed from example.org into {tmp_path}",
        "    1.0 of 4.0 MB",
        "    2.0 of 4.0 MB",
        "    3.0 MB",
    ]
