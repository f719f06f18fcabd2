from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import polars as pl
import pytest

from refalt.errors import UserError
from refalt.sources.delimited import column_names, read_table

TYPES = {"chrom": pl.String, "pos": pl.Int64, "beta": pl.Float64}
TEXT = "chrom\tpos\tbeta\nchr1\t10\t1.5\nchr2\t20\t-0.5\n"


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        b"\xef\xbb\xbf" + TEXT.encode(),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\t", ",").encode(),
        TEXT.rstrip("\n").encode(),
        b"##made by hand\n" + TEXT.encode(),
        b'"chrom"\t"pos"\t"beta"\n' + TEXT.split("\n", 1)[1].encode(),
        gzip.compress(TEXT.encode(), mtime=0),
    ],
    ids=["plain", "byte-order mark", "windows", "commas", "no last newline", "comment", "quoted header", "gzip"],
)
def test_read_table__reads_the_same_from_every_usual_dress(tmp_path: Path, content: bytes) -> None:
    read = read_table(_written(tmp_path / "t.tsv", content), TYPES)
    assert read.frame.rows() == [("chr1", 10, 1.5), ("chr2", 20, -0.5)]
    assert read.unparsable.to_list() == [False, False]


def test_read_table__reads_parquet(tmp_path: Path) -> None:
    pl.DataFrame({"chrom": ["chr1"], "pos": [10], "beta": [1.5], "more": [0]}).write_parquet(tmp_path / "t.parquet")
    assert read_table(tmp_path / "t.parquet", TYPES).frame.rows() == [("chr1", 10, 1.5)]
    pl.DataFrame({"chrom": [1], "pos": [10], "beta": [1.5]}).write_parquet(tmp_path / "numbers.parquet")
    assert read_table(tmp_path / "numbers.parquet", TYPES).frame.rows() == [("1", 10, 1.5)]
    assert column_names(tmp_path / "t.parquet") == ("chrom", "pos", "beta", "more")


@pytest.mark.parametrize("word", ["", "NA", "nan", "-nan", "."])
def test_read_table__knows_the_words_for_a_missing_value(tmp_path: Path, word: str) -> None:
    read = read_table(_written(tmp_path / "t.tsv", f"chrom\tpos\tbeta\nchr1\t10\t{word}\n".encode()), TYPES)
    assert read.frame.get_column("beta").to_list() == [None]
    assert not read.unparsable.any()


def test_read_table__takes_whole_floats_for_positions_and_flags_fractions_and_words(tmp_path: Path) -> None:
    rows = b"chrom\tpos\tbeta\nchr1\t742659.0\t1\nchr1\t10.5\t1\nchr1\ttwelve\t1\nchr1\t13\tx\n"
    read = read_table(_written(tmp_path / "t.tsv", rows), TYPES)
    assert read.frame.get_column("pos").to_list() == [742659, None, None, 13]
    assert read.unparsable.to_list() == [False, True, True, True]
    assert "row 3, column pos: 'twelve'" in "; ".join(read.examples)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"\n\n", "the file is empty"),
        (b"PK\x03\x04rest", "zip archive or an Excel workbook"),
        (b"a\x00b\tc\n", "binary file"),
        (b"one column\nx\n", "no table of tab- or comma-separated columns"),
        (b"chrom\tposition\tbeta\n", "there is no column 'pos'.*Did you mean 'position'"),
        (b"chrom\tpos\tpos\tbeta\n", "'pos' stands 2 times"),
        (b"chrom\tpos\tbeta\nchr1\t1\t2\nchr1\t1\t2\t3\n", "line 3: a row has more fields.*Expected 3 fields; got 4"),
    ],
)
def test_read_table__says_what_is_wrong_with_a_file(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(UserError, match=words):
        read_table(_written(tmp_path / "t.tsv", content), TYPES)


def test_read_table__a_truncated_gzip_is_an_error_and_never_a_short_table(tmp_path: Path) -> None:
    whole = gzip.compress(
        b"chrom\tpos\tbeta\n" + b"".join(b"chr1\t%d\t%d\n" % (i, i * i % 9973) for i in range(50_000))
    )
    with pytest.raises(UserError, match="ends too early.*Expected a complete gzip stream.*again"):
        read_table(_written(tmp_path / "t.tsv.gz", whole[: len(whole) // 2]), TYPES)


def test_read_table__an_excel_workbook_is_named_as_such(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "t.xlsx", "w") as book:
        book.writestr("xl/workbook.xml", "x")
    with pytest.raises(UserError, match="export the sheet as tab-separated text|Export the sheet"):
        read_table(tmp_path / "t.xlsx", TYPES)
