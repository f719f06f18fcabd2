from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from refalt.errors import UserError
from refalt.pipeline.undescribed import Told, read_undescribed
from refalt.studies.sections import AlleleColumn, RowFilter
from refalt.testing.builders import snv_alleles

N = 60


def columns(seed: int = 1) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    ref, alt = snv_alleles(N, rng=rng)
    pos = (1_000_000 + np.arange(N) * 5_000).tolist()
    return {"chrom": ["chr1"] * N, "pos": pos, "ref": ref, "alt": alt, "beta": rng.normal(size=N).round(4).tolist()}


def written(folder: Path, table: Mapping[str, Any], name: str = "a.tsv") -> Path:
    frame = pl.DataFrame(dict(table))
    path = folder / name
    if path.suffix == ".parquet":
        frame.write_parquet(path)
    else:
        frame.write_csv(path, separator="," if path.suffix == ".csv" else "\t")
    return path


@pytest.mark.parametrize("name", ["a.tsv", "a.csv", "a.parquet"])
def test_read_undescribed__reads_the_same_from_every_format(tmp_path: Path, name: str) -> None:
    table = columns() | {"chrom": [1] * N, "gene": [7] * N}
    read = read_undescribed(written(tmp_path, table, name), Told())
    rows = read.published.rows
    assert rows.get_column("source_chrom").to_list() == ["chr1"] * N
    assert rows.select("source_pos", "ref", "alt", "beta").rows() == list(
        zip(table["pos"], table["ref"], table["alt"], table["beta"], strict=True)
    )
    assert rows.get_column("target_id").to_list() == ["7"] * N
    assert rows.get_column("reason").null_count() == N


def test_read_undescribed__says_what_a_study_file_would_have_said(tmp_path: Path) -> None:
    table = columns() | {"pref_allele": ["alt", "ref"] * (N // 2)}
    declared = read_undescribed(written(tmp_path, table), Told(assembly="GRCh37", null=0.5, scale="z")).declared
    assert declared.assembly == "GRCh37"
    assert declared.effect is not None
    assert (declared.effect.column, declared.effect.scale, declared.effect.null) == ("beta", "z", 0.5)
    assert declared.effect.of == AlleleColumn(column="pref_allele")
    told = Told(of="alt", of_source="README of the release")
    effect = read_undescribed(written(tmp_path, table), told).declared.effect
    assert effect is not None
    assert (effect.of, effect.source) == ("alt", "README of the release")


def test_read_undescribed__counts_alleles_that_are_none(tmp_path: Path) -> None:
    table = columns()
    table["ref"] = ["<DEL>", "R", "", "a", *table["ref"][4:]]
    table["alt"][3] = "g"
    rows = read_undescribed(written(tmp_path, table), Told()).published.rows
    assert rows.get_column("reason")[:4].to_list() == ["bad_allele", "bad_allele", "bad_allele", None]
    assert rows.row(3, named=True)["ref"] == "A"
    assert rows.get_column("flags")[3].to_list() == ["lower_case_alleles"]


def test_read_undescribed__keeps_rows_of_a_list_in_which_nothing_is_measured(tmp_path: Path) -> None:
    table = {name: cells for name, cells in columns().items() if name != "beta"} | {"batch": [1, 2] * (N // 2)}
    keep = [RowFilter(column="batch", op="==", value="1")]
    for told, n_filtered in ((Told(), 0), (Told(keep=keep), N // 2)):
        reason = read_undescribed(written(tmp_path, table), told).published.rows.get_column("reason")
        assert reason.drop_nulls().to_list() == ["filtered"] * n_filtered


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        (RowFilter(column="fdr", op="<", value=0.05), 20),
        (RowFilter(column="kind", op="==", value="b"), 30),
        (RowFilter(column="chrom", op="!=", value="chr1"), 0),
        (RowFilter(column="pos", op="==", value="1000000"), 1),
        (RowFilter(column="beta", op=">", value=-1e9), N),
    ],
)
def test_read_undescribed__filters_by_bound_and_by_other_columns(tmp_path: Path, rule: RowFilter, kept: int) -> None:
    table = columns() | {"fdr": [0.01] * 20 + [0.5] * 40, "kind": ["a", "b"] * (N // 2)}
    rows = read_undescribed(written(tmp_path, table), Told(keep=[rule])).published.rows
    assert rows.get_column("reason").null_count() == kept


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (RowFilter(column="pos", op="==", value="x"), "cannot compare column 'pos'. Expected numbers"),
        (RowFilter(column="chrom", op="<", value=5.0), "cannot compare column 'chrom'. Expected text"),
        (RowFilter(column="fdr", op="<", value=5.0), "no column named 'fdr'"),
    ],
)
def test_read_undescribed__refuses_a_filter_that_cannot_be(tmp_path: Path, rule: RowFilter, words: str) -> None:
    with pytest.raises(UserError, match=words):
        read_undescribed(written(tmp_path, columns()), Told(keep=[rule]))


def test_read_undescribed__gives_audits_the_other_numbers(tmp_path: Path) -> None:
    table = columns() | {"score": range(N), "word": ["x"] * N, "mixed": [*["1"] * (N - 1), "x"]}
    source = read_undescribed(written(tmp_path, table), Told()).source_columns
    assert source is not None
    assert source.columns == ["score", "mixed", "source_row"]
    assert source.get_column("source_row").to_list() == list(range(1, N + 1))
    assert source.get_column("mixed").null_count() == 1
    assert read_undescribed(written(tmp_path, columns()), Told()).source_columns is None


def test_read_undescribed__takes_the_assembly_of_the_rows_that_are_kept(tmp_path: Path) -> None:
    path = written(tmp_path, columns() | {"Release": ["GRCh38"] * 50 + ["GRCh37"] * 10})
    with pytest.raises(UserError, match="several assemblies.*GRCh38 in 50 rows, GRCh37 in 10 rows.*--keep 'Release="):
        read_undescribed(path, Told())
    keep = [RowFilter(column="Release", op="==", value="GRCh37")]
    assert read_undescribed(path, Told(keep=keep)).stated == {"GRCh37": "the column 'Release'"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("x,y\n1,2\n", "no column says which.*none is an effect.*Expected an identifier.*the columns x, y"),
        ("a,beta\n1,2\n", "no column says which variants or elements the rows are. Expected an identifier"),
        ("chr1,5,A,G\nchr1,6,A,G\n", "the first line is a row"),
        ("chrom,pos\n", "a header and no rows"),
    ],
)
def test_read_undescribed__says_in_words_why_a_table_cannot_be_read(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "a.csv").write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=words):
        read_undescribed(tmp_path / "a.csv", Told())


def test_read_undescribed__names_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no file"):
        read_undescribed(tmp_path / "none.tsv", Told())


VCF = "##fileformat=VCFv4.3\n##reference=GRCh37.fa\n#CHROM\tPOS\tID\tREF\tALT\nchr1\t5\t{}\tA\tG,<DEL>\n"


def test_read_undescribed__reads_a_vcf_with_what_its_header_states(tmp_path: Path) -> None:
    (tmp_path / "a.vcf").write_text(VCF.format("."), encoding="utf-8")
    read = read_undescribed(tmp_path / "a.vcf", Told())
    assert read.guess is None
    assert read.declared.effect is None
    assert read.stated == {"GRCh37": "the header, 'GRCh37.fa'"}
    assert read.published.rows.get_column("reason").to_list() == [None, "bad_allele"]
    (tmp_path / "b.vcf").write_text(VCF.replace("##reference=GRCh37.fa\n", "").format("chr1_5_A_G_b38"))
    assert read_undescribed(tmp_path / "b.vcf", Told()).stated == {"GRCh38": "the identifiers in ID"}


def test_read_undescribed__refuses_options_about_columns_of_a_vcf(tmp_path: Path) -> None:
    (tmp_path / "a.vcf").write_text(VCF.format("."), encoding="utf-8")
    with pytest.raises(UserError, match="a VCF has fixed columns and no effects.*options about effect"):
        read_undescribed(tmp_path / "a.vcf", Told(columns={"effect": "x"}))
    with pytest.raises(UserError, match="options about the effect"):
        read_undescribed(tmp_path / "a.vcf", Told(of="alt"))


def test_read_undescribed__refuses_words_about_an_effect_that_is_not_there(tmp_path: Path) -> None:
    table = {name: cells for name, cells in columns().items() if name != "beta"}
    with pytest.raises(UserError, match="no column is an effect.*Name it with --effect"):
        read_undescribed(written(tmp_path, table), Told(null=1.0))
    with pytest.raises(UserError, match="no column named 'allle'"):
        read_undescribed(written(tmp_path, columns()), Told(of="allle"))
