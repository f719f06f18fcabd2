"""Which rows are not independent of each other: the one definition that every interval and test uses."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from refalt.errors import UserError
from refalt.sources.intervals import IntervalSet
from refalt.tables import Measurements

WINDOW = 1_000_000


@dataclass(frozen=True)
class Clusters:
    """The cluster of every source row.

    Attributes:
        ids: source_row, cluster_id; one row a measurement.
        kind: How they were made.
        note: In a sentence for the report, with the counts of rows that took the fallback.
    """

    ids: pl.DataFrame
    kind: str
    note: str


def assign_clusters(
    measurements: Measurements, kind: str | None, *, source_assembly: str, blocks: IntervalSet | None
) -> Clusters:
    """Assign a cluster to every row.

    Args:
        measurements: All rows.
        kind: One of the study file's kinds; None takes LD blocks where they are given, else 1-Mb windows, else, for
            rows known by name alone, each name by itself.
        source_assembly: Names the windows of rows that have no place in the genome's assembly.
        blocks: LD blocks in the genome's assembly.

    Raises:
        UserError: the kind needs something that the study does not give.
    """
    placed = measurements.frame.get_column("source_pos").null_count() < len(measurements)
    kind = kind or ("ld_block" if blocks else "window_1mb" if placed else "input")
    if kind == "ld_block":
        if blocks is None:
            raise UserError(
                "clusters = 'ld_block' needs LD blocks", expected="[genome] ld_blocks", remedy="give a BED of blocks"
            )
        return _by_block(measurements, blocks, source_assembly)
    return _by_column(measurements, kind, source_assembly)


def _by_block(measurements: Measurements, blocks: IntervalSet, source_assembly: str) -> Clusters:
    rows = measurements.frame
    placed = rows.filter(pl.col("pos").is_not_null())
    block = pl.Series("block", blocks.containing_index(placed.get_column("chrom"), placed.get_column("pos")))
    inside = placed.select("source_row").with_columns(block).filter(pl.col("block") >= 0)
    ids = (
        rows.join(inside, on="source_row", how="left", maintain_order="left")
        .with_columns(
            cluster_id=pl.coalesce(pl.format("block:{}", pl.col("block")), _window(source_assembly), _alone())
        )
        .select("source_row", "cluster_id")
    )
    unplaced = rows.height - placed.height
    outside = placed.height - inside.height
    note = (
        f"Rows are clustered by LD block; {outside} rows in no block and {unplaced} rows without a place in the "
        f"genome's assembly are clustered by {WINDOW // 1_000_000}-Mb windows of {source_assembly}."
    )
    return Clusters(ids, "ld_block", note)


def _by_column(measurements: Measurements, kind: str, source_assembly: str) -> Clusters:
    ways = {
        "window_1mb": _window(source_assembly),
        "chrom": pl.col("source_chrom"),
        "gene": pl.col("target_id"),
        "locus": pl.col("target_id"),
        "input": pl.coalesce("variant_id", "element_id"),
    }
    rows = measurements.frame
    if rows.select(ways[kind]).to_series().null_count() == rows.height:
        raise UserError(
            f"clusters = {kind!r} needs a column that the dataset does not fill",
            expected="target_id" if kind in ("gene", "locus") else "positions",
            remedy="name the column in [dataset] columns, or choose other clusters",
        )
    ids = rows.select("source_row", pl.coalesce(ways[kind], _alone()).alias("cluster_id"))
    words = {
        "window_1mb": f"1-Mb window of {source_assembly}; no LD blocks were given, so linkage is only approximated"
    }
    return Clusters(ids, kind, f"Rows are clustered by {words.get(kind, kind)}.")


def _window(assembly: str) -> pl.Expr:
    number = (pl.col("source_pos") - 1) // WINDOW
    return pl.format("{}:{}:{}Mb", pl.lit(assembly), pl.col("source_chrom"), number)


def _alone() -> pl.Expr:
    """Rows that have no position are known by name, and each name is its own cluster."""
    return pl.coalesce("variant_id", "element_id", pl.format("row:{}", pl.col("source_row")))
