from __future__ import annotations

from pathlib import Path

import pytest

from refalt.errors import UserError
from refalt.sources.public_file import PublicFile, cache_folder, downloads_folder


@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", "", "a b"])
def test_file_name__has_to_be_plain(name: str) -> None:
    with pytest.raises(UserError, match="plain file name"):
        _ = PublicFile("https://example.org/", name=name).file_name


def test_file_name__is_that_of_the_address_and_without_gz_where_it_is_kept_unpacked() -> None:
    assert PublicFile("https://example.org/a/b%20c.gz", name="x").file_name == "x"
    assert PublicFile("https://example.org/a/hg38.fa.gz?x=1").file_name == "hg38.fa.gz"
    assert PublicFile("https://example.org/a/hg38.fa.gz", unpacked=True).file_name == "hg38.fa"


def test_cache_folder__is_where_the_user_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.delenv("REFALT_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "refalt"
    monkeypatch.setenv("REFALT_CACHE", str(tmp_path / "mine"))
    assert downloads_folder() == tmp_path / "mine" / "downloads"
