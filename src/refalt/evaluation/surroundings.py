"""The sequence around each variant, and how much of it is G or C."""

from __future__ import annotations

from typing import Final

import polars as pl

from refalt.sources.fasta import Genome
from refalt.tables import Inputs, Measurements

#: Bases on each side of a variant, where the source carries no sequence: carried ones are as short as 100.
FLANK: Final = 50


def gc_content(measurements: Measurements, inputs: Inputs, genome: Genome | None) -> pl.DataFrame:
    """Share of G and C among the known bases of the carried sequence, else of the genome around the variant.

    Args:
        measurements: All rows.
        inputs: Carried sequences; with the reference allele.
        genome: In the assembly of `chrom` and `pos`.

    Returns:
        source_row, gc: float64, null where there is neither sequence nor place.
    """
    rows = measurements.frame.select("source_row", "chrom", "pos")
    carried = inputs.frame.select("source_row", pl.col("ref_sequence").alias("carried"))
    rows = rows.join(carried, on="source_row", how="left", maintain_order="left")
    known = pl.coalesce("carried", "held").str.to_uppercase()
    share = known.str.count_matches("[GC]") / known.str.count_matches("[ACGT]")
    return rows.with_columns(_held_around(rows, genome)).select("source_row", share.fill_nan(None).alias("gc"))


def _held_around(rows: pl.DataFrame, genome: Genome | None) -> pl.Series:
    """What the genome holds `FLANK` bases to both sides of each position; null without a place or a genome."""
    nowhere = pl.Series("held", [None], dtype=pl.String).new_from_index(0, rows.height)
    at = rows.select((pl.col("pos").is_not_null() & pl.col("carried").is_null()).arg_true()).to_series()
    if genome is None or at.is_empty():
        return nowhere
    placed = rows[at]
    first = (placed.get_column("pos") - FLANK).clip(1)
    length = placed.get_column("pos") + FLANK - first + 1
    return nowhere.scatter(at, genome.bases_at(placed.get_column("chrom"), first, length))
