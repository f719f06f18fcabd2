"""The sequence around each variant, and how much of it is G or C."""

from __future__ import annotations

from typing import Final

import polars as pl

from refalt.models.base import Asked
from refalt.sources.fasta import Genome
from refalt.tables import Inputs, Measurements

#: Bases on each side of a variant, where the source carries no sequence: carried ones are as short as 100.
FLANK: Final = 50


def gc_content(measurements: Measurements, inputs: Inputs, genome: Genome | None) -> pl.DataFrame:
    """Share of G and C among the known bases of the carried sequence, else of the genome around the variant.

    Args:
        measurements: All rows; those that may be compared are looked at.
        inputs: Carried sequences; with the reference allele.
        genome: In the assembly of `chrom` and `pos`.

    Returns:
        source_row, gc: float64, null where there is neither sequence nor place.
    """
    rows = measurements.kept(recorded=True).select("source_row", "chrom", "pos")
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


def flanks(asked: Asked, width: int) -> pl.DataFrame:
    """What stands to the left and the right of every asked variant, beside its alleles.

    Args:
        asked: Questions about variants, whose carried sequences come before the genome.
        width: Bases on each side; fewer where a carried sequence ends.

    Returns:
        asked_id, left, ref, alt, right; variants without alleles or without surroundings are left out.
    """
    rows = asked.rows.select("asked_id", "chrom", "pos", "ref", "alt").unique(
        "asked_id", keep="first", maintain_order=True
    )
    rows = rows.filter(pl.all_horizontal(pl.col("ref", "alt").str.contains(r"^[ACGTN]+$")))
    if asked.sequences is not None:
        held = asked.sequences.select("asked_id", "ref_sequence", "offset")
        rows = rows.join(held, on="asked_id", how="left", maintain_order="left")
    else:
        rows = rows.with_columns(ref_sequence=pl.lit(None, pl.String), offset=pl.lit(None, pl.Int64))
    after = pl.col("ref").str.len_bytes().cast(pl.Int64)
    start = (pl.col("offset") - width).clip(0)
    rows = rows.with_columns(
        left=pl.col("ref_sequence").str.slice(start, pl.col("offset") - start),
        right=pl.col("ref_sequence").str.slice(pl.col("offset") + after, width),
    )
    if asked.genome is not None and rows.height:
        place = rows.get_column("chrom"), rows.get_column("pos")
        before = asked.genome.bases_at(place[0], place[1] - width, width)
        behind = asked.genome.bases_at(place[0], place[1] + rows.select(after).to_series(), width)
        rows = rows.with_columns(left=pl.coalesce("left", before), right=pl.coalesce("right", behind))
    return rows.drop_nulls(("left", "right")).select("asked_id", "left", "ref", "alt", "right")
