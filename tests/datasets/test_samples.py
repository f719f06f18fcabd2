from __future__ import annotations

import gzip
from pathlib import Path

import polars as pl
import pytest

from refalt.datasets.samples import is_parquet, read_sample, require_header
from refalt.errors import UserError


def test_read_sample__gives_text_with_nulls_whatever_the_format(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("##made\nchrom\tpos\n1\t5\nNA\t.\n", encoding="utf-8")
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"chrom,pos\n1,5\nNA,\n"))
    pl.DataFrame({"chrom": [1, None], "pos": [5, None]}).write_parquet(tmp_path / "a.parquet")
    for name in ("a.tsv", "a.csv.gz", "a.parquet"):
        assert read_sample(tmp_path / name).rows() == [("1", "5"), (None, None)]
    assert is_parquet(tmp_path / "a.parquet")
    assert not is_parquet(tmp_path / "a.tsv")


def test_read_sample__numbers_a_repeated_name(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("p\tb\tp\n1\t2\t3\n", encoding="utf-8")
    assert read_sample(tmp_path / "a.tsv").columns == ["p", "b", "p (3)"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (gzip.compress(b"a,b\n" + b"1,2\n" * 9_000, mtime=0)[:60], "ends too early or is damaged"),
        (b"a,b\n1,2,3\n", "more fields than the header"),
        (b"PK\x03\x04", "zip archive"),
    ],
)
def test_read_sample__says_what_is_wrong_with_a_file(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(UserError, match=words):
        read_sample(tmp_path / "a.csv")


@pytest.mark.parametrize("row", [["chr1", "123", "rs1", "A", "G"], ["rs5", "0.31"], ["chr1_5_A_G_b38", "1.5e-3"]])
def test_require_header__refuses_a_row_in_its_place(row: list[str]) -> None:
    with pytest.raises(UserError, match="the first line is a row, not the names of columns"):
        require_header(Path("a.tsv"), pl.DataFrame(schema=dict.fromkeys(row, pl.String)))


@pytest.mark.parametrize("names", [["chrom", "pos"], ["A", "C", "G", "T"], ["0", "1", "2"], ["snp", "2019"]])
def test_require_header__lets_odd_names_pass(names: list[str]) -> None:
    require_header(Path("a.tsv"), pl.DataFrame(schema=dict.fromkeys(names, pl.String)))
