"""Mutagenised elements: which of them are the same stretch of genome, and the sequence that was in the plasmid."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import polars as pl

from refalt.errors import UserError, shown
from refalt.sources.intervals import read_lines

#: Loci that Kircher et al. 2019 measured several times: in other cells, at other hours, cloned again or turned round.
#: Their elements are named after the locus with something added, such as "SORT1-flip" or "TERT-GBM".
_MEASURED_AGAIN: Final = r"^(LDLR|PKLR|SORT1|TERT|ZRS)(?:[.-]|h-)"
_HEADER: Final = r"^>(?<release>[^|]+)\|(?<element>[^|]+)\|(?<chrom>[^:]+):(?<start>[0-9]+)-(?<end>[0-9]+)$"


def locus_of(element: pl.Expr) -> pl.Expr:
    """The locus of an element: the same for all elements that were cut from one stretch of genome."""
    return pl.coalesce(element.str.extract(_MEASURED_AGAIN), element)


def read_element_sequences(path: Path, release: str) -> pl.DataFrame:
    """Reference sequences of elements, from a FASTA file whose headers read `release|element|chrom:first-last`.

    Args:
        path: The file; first and last are 1-based and both included.
        release: The assembly whose records are wanted, as the headers spell it.

    Returns:
        element, first (Int64, 1-based) and element_sequence (upper case), one row an element.

    Raises:
        UserError: a header is of another form, a sequence does not fill its region, or no record is of `release`.
    """
    lines = read_lines(path).with_columns(header=pl.col("text").str.starts_with(">"))
    records = lines.group_by(pl.col("header").cum_sum().alias("record"), maintain_order=True).agg(
        pl.col("line").first(),
        pl.col("text").first().alias("name"),
        pl.col("text").slice(1).str.to_uppercase().str.join("").alias("element_sequence"),
    )
    parts = pl.col("name").str.extract_groups(_HEADER).struct
    regions = records.with_columns(
        parts.field("release"),
        parts.field("element"),
        parts.field("start").cast(pl.Int64).alias("first"),
        parts.field("end").cast(pl.Int64).alias("last"),
    )
    filled = pl.col("last") - pl.col("first") + 1 == pl.col("element_sequence").str.len_bytes()
    bad = regions.filter(~filled.fill_null(value=False))
    if not bad.is_empty():
        raise UserError(
            "this is not the sequence of an element",
            where=f"{path}, line {bad['line'][0]}",
            expected="a header like '>GRCh38|LDLR|chr19:11089231-11089548' and as many letters as the region has",
            got=repr(bad["name"][0][:60]),
        )
    wanted = regions.filter(pl.col("release") == release).select("element", "first", "element_sequence")
    if wanted.is_empty():
        raise UserError(
            f"no sequence is of {release}",
            where=str(path),
            got=shown(regions["release"].unique().sort().to_list()),
        )
    return wanted
