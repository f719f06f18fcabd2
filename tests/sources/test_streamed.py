from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import polars as pl
import pytest

from refalt.errors import UserError
from refalt.sources.delimited import column_names, read_table
from refalt.sources.streamed import StreamedText, is_archive

LINES = b"tissue\tvariant\tpip\n" + b"".join(b"t%d\tv%d\t0.%d\n" % (i % 7, i, i % 10) for i in range(5_000))


def _zip(folder: Path) -> Path:
    path = folder / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("pips.txt.gz", gzip.compress(LINES, mtime=0))
    return path


def test_content__is_the_whole_text_of_a_file_plain_or_packed_or_in_an_archive(tmp_path: Path) -> None:
    plain, packed = tmp_path / "p.txt", tmp_path / "p.txt.gz"
    plain.write_bytes(LINES)
    packed.write_bytes(gzip.compress(LINES, mtime=0))
    texts = [StreamedText(plain), StreamedText(packed), StreamedText(_zip(tmp_path), "pips.txt.gz")]
    assert [text.content for text in texts] == [LINES] * 3


@pytest.mark.parametrize("block", [1, 40, 1 << 20])
def test_content__keeps_the_first_line_and_those_that_hold_the_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr("refalt.sources.streamed._BLOCK", block)
    head, *rest = LINES.splitlines(keepends=True)
    (tmp_path / "p.txt").write_bytes(LINES.removesuffix(b"\n"))
    found = StreamedText(tmp_path / "p.txt", containing="t1").content
    assert found == (head + b"".join(line for line in rest if b"t1" in line)).removesuffix(b"\n")


def test_content__past_its_cap_or_cut_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.txt.gz"
    path.write_bytes(gzip.compress(LINES, mtime=0))
    with pytest.raises(UserError, match="larger than it may be.*at most 1,000 bytes"):
        _ = StreamedText(path, containing="t3", most_bytes=1_000).content
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(UserError, match="ends too early or is damaged"):
        _ = StreamedText(path).content


def test_read_table__reads_a_member_of_an_archive_by_its_header(tmp_path: Path) -> None:
    text = StreamedText(_zip(tmp_path), "pips.txt.gz", containing="t3")
    assert column_names(text) == ("tissue", "variant", "pip")
    found = read_table(text, {"pip": pl.Float64, "tissue": pl.String}).frame
    assert found.get_column("tissue").unique().to_list() == ["t3"]
    with pytest.raises(UserError, match="a.zip, member pips.txt.gz: there is no column 'pips'.*Did you mean 'pip'"):
        read_table(text, {"pips": pl.Float64})


def test_is_archive__tells_archives_from_tables(tmp_path: Path) -> None:
    (tmp_path / "t.txt.gz").write_bytes(gzip.compress(LINES))
    assert not is_archive(tmp_path / "t.txt.gz")
    assert is_archive(_zip(tmp_path))
