"""Variants as BED."""

from __future__ import annotations

import polars as pl

from refalt.tables import Measurements


def variants_bed(measurements: Measurements, *, kept: bool = False) -> pl.DataFrame:
    """Distinct variants with a place in the genome: chrom, start (0-based), end (excluded), name.

    An interval is that of REF, and of one base where the row states no alleles. In order of contig and place.

    Args:
        measurements: The rows.
        kept: Only those that no filter, check or sample left out.
    """
    rows = measurements.frame.filter(pl.col("pos").is_not_null(), pl.col("chrom").is_not_null())
    rows = rows.filter(pl.col("reason").is_null()) if kept else rows
    length = pl.col("ref").str.len_bytes().cast(pl.Int64).fill_null(1)
    intervals = rows.select(
        "chrom",
        start=pl.col("pos") - 1,
        end=pl.col("pos") - 1 + length,
        name=pl.coalesce("variant_id", "element_id"),
    )
    return intervals.unique().sort("chrom", "start", "end", "name")
