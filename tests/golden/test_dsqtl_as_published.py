"""The real dsQTLs in the layout of GEO's table, declared as they were taken: hg19."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from refalt.audits.base import Finding
from refalt.pipeline.check import check_study
from refalt.studies.library import library_study

TABLE = "dsqtl/degner2012_lcl_dsqtl.tsv"
CONTIGS = ("chr20", "chr21", "chr22")


@pytest.fixture
def raw_files(real_input: Callable[[str], Path], tmp_path: Path) -> Path:
    """A folder with the table as GEO has it, its sites, and a genome that holds the sequences that the rows carry."""
    table = pl.read_csv(real_input(TABLE), separator="\t", infer_schema=False, null_values=["", "NA"])
    carried = pl.col("ref_seq_100bp").is_not_null() & (pl.col("chrom_hg38") == pl.col("chrom"))
    rows = table.filter(pl.col("chrom").is_in(CONTIGS), pl.col("beta").is_not_null(), carried)
    places = pl.col("pos_hg18", "pos_hg38").cast(pl.Int64)
    rows = rows.with_columns(pl.col("beta", "std_error").cast(pl.Float64), places)
    start, t = pl.col("pos_hg18") - 60, pl.col("beta") / pl.col("std_error")
    published = rows.select(
        Chr="chrom", Start=start, End=start + 99, SNP="pos_hg18", Estimate="beta", **{
            "Std. Error": pl.col("std_error"), "t value": t, "Pr(>|t|)": pl.col("p").cast(pl.Float64),
        },
    )  # fmt: skip
    published.write_csv(tmp_path / "GSE31388_dsQtlTable.txt", separator="\t")
    sites = rows.select("chrom", "pos_hg18", pl.lit("."), "ref", "alt").unique(maintain_order=True)
    lines = ["##fileformat=VCFv4.2", "#CHROM\tPOS\tID\tREF\tALT", *("\t".join(map(str, row)) for row in sites.rows())]
    (tmp_path / "YRI.low_coverage.2010_09.genotypes.vcf.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    regions = rows.sort("chrom", "pos_hg38").filter(pl.col("pos_hg38").diff().over("chrom").fill_null(999) > 100)
    regions = regions.select("chrom", pl.col("pos_hg38") - 50, "ref_seq_100bp")
    fasta = "".join(f">{contig}:{first}-{first + 100}\n{bases}\n" for contig, first, bases in regions.iter_rows())
    (tmp_path / "hg38.fa").write_text(fasta, encoding="ascii")
    return tmp_path


def _findings(name: str, raw_files: Path, real_inputs: Path) -> dict[str, Finding]:
    path = library_study(name)
    assert path is not None
    return {one.code: one for one in check_study(path, folders=[raw_files, real_inputs]).findings if one.is_open}


def test_dsqtl_as_published__real_positions_are_found_to_be_of_hg18(raw_files: Path, real_inputs: Path) -> None:
    found = _findings("dsqtl.as-published", raw_files, real_inputs)
    assert {"AL001", "AS002", "MD005"} <= set(found)
    assert "positions are of hg18, not of GRCh37" in found["AS002"].message


def test_dsqtl__the_same_files_declared_as_they_are_raise_neither(raw_files: Path, real_inputs: Path) -> None:
    found = _findings("dsqtl", raw_files, real_inputs)
    assert not set(found) & {"AL001", "AL002", "AS002"}
    assert found["EF005"].severity.value == "serious"
