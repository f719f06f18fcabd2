"""Bringing published rows to the genome's assembly and naming their variants.

Alleles stay on the published strand; a lift-over onto the other strand is recorded in `lift_strand`, and
`alleles` takes it into account, so that there is one place where alleles change.
"""

from __future__ import annotations

import polars as pl

from refalt.columns import Reason
from refalt.sources.liftover import LiftOver
from refalt.tables import Measurements, may_be_compared, n_repeated


def place(
    rows: pl.DataFrame, *, source_assembly: str, lift: LiftOver | None, same_assembly: bool = False
) -> pl.DataFrame:
    """Add `chrom`, `pos`, `lift_strand` and, where a row is a variant, `variant_id`.

    Args:
        rows: As a dataset publishes them; positions 1-based.
        source_assembly: Canonical name, prefixed to the variant_id of rows that do not lift.
        lift: Lift-over to the genome's assembly, where one is needed and given.
        same_assembly: Whether the source is in the genome's assembly already. Where it is not and no lift-over
            is given, no row has a place in the genome.
    """
    if lift:
        placed = _lifted(rows, lift)
    else:
        placed = _as_published(rows) if same_assembly else _nowhere(rows)
    return named(placed, source_assembly)


def named(placed: pl.DataFrame, source_assembly: str) -> pl.DataFrame:
    """Name placed rows that are variants by what they are and where they lie."""
    rsid = pl.col("rsid") if "rsid" in placed.columns else pl.lit(None, pl.String)
    # An element is known by its own name: where it was taken from does not say what it is.
    name = pl.when(pl.col("kind") == "variant").then(pl.coalesce(_variant_id(placed, source_assembly), rsid))
    return placed.with_columns(name.alias("variant_id"))


def measurements(rows: pl.DataFrame) -> Measurements:
    """The table of placed rows, repeats marked `duplicate_row` (the first of each in source order stays)."""
    known = {column.name for column in Measurements.declared}
    absent = [name for name in Measurements.unique_when_kept if name not in rows.columns]
    rows = rows.with_columns(pl.lit(None, pl.String).alias(name) for name in absent)
    kept = rows.filter(may_be_compared(recorded=True)).select("source_row", *Measurements.unique_when_kept)
    if not n_repeated(kept, Measurements.unique_when_kept):
        kept = kept.clear()
    repeated = kept.filter(~pl.struct(Measurements.unique_when_kept).is_first_distinct()).get_column("source_row")
    marked = rows.with_columns(
        reason=pl.when(pl.col("source_row").is_in(repeated.implode()))
        .then(pl.lit(Reason.DUPLICATE_ROW.value))
        .otherwise(pl.col("reason"))
    )
    prefixes = Measurements.open_prefixes
    return Measurements(marked.select(name for name in marked.columns if name in known or name.startswith(prefixes)))


def _as_published(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(
        pl.col("source_chrom").alias("chrom"),
        pl.col("source_pos").alias("pos"),
        pl.lit(None, pl.Int8).alias("lift_strand"),
    )


def _nowhere(rows: pl.DataFrame) -> pl.DataFrame:
    lost = pl.col("source_pos").is_not_null() & pl.col("reason").is_null()
    return rows.with_columns(
        pl.lit(None, pl.String).alias("chrom"),
        pl.lit(None, pl.Int64).alias("pos"),
        pl.lit(None, pl.Int8).alias("lift_strand"),
        pl.when(lost).then(pl.lit(Reason.NOT_LIFTED.value)).otherwise(pl.col("reason")).alias("reason"),
    )


def _lifted(rows: pl.DataFrame, lift: LiftOver) -> pl.DataFrame:
    start = rows.get_column("source_pos").fill_null(0) - 1
    span = rows.get_column("ref").str.len_bytes().fill_null(1).cast(pl.Int64)
    found = lift.lift_spans(rows.get_column("source_chrom").fill_null(""), start, start + span)
    mapped = pl.Series(found.mapped)
    remarks = pl.concat_list(
        pl.when(pl.col("strand") == -1).then(pl.lit(["lifted_to_minus_strand"])).otherwise(_no_remark()),
        pl.when(pl.col("elsewhere")).then(pl.lit(["lifted_to_another_contig"])).otherwise(_no_remark()),
    )
    lost = ~pl.col("mapped") & pl.col("source_pos").is_not_null() & pl.col("reason").is_null()
    return (
        rows.with_columns(
            found.contig.cast(pl.String).alias("chrom"),
            pl.Series("pos", found.start + 1),
            pl.Series("strand", found.strand),
            mapped.alias("mapped"),
            pl.Series("elsewhere", found.another_contig),
        )
        .with_columns(
            pl.when("mapped").then("pos").alias("pos"),
            pl.when("mapped").then("strand").alias("lift_strand"),
            pl.concat_list("flags", remarks).alias("flags"),
            pl.when(lost).then(pl.lit(Reason.NOT_LIFTED.value)).otherwise(pl.col("reason")).alias("reason"),
        )
        .drop("strand", "mapped", "elsewhere")
    )


def _no_remark() -> pl.Expr:
    return pl.lit([], pl.List(pl.String))


def _variant_id(placed: pl.DataFrame, source_assembly: str) -> pl.Expr:
    alleles = pl.format(":{}>{}", pl.col("ref"), pl.col("alt")).fill_null("")
    here = pl.format("{}:{}{}", pl.col("chrom"), pl.col("pos"), alleles)
    if not placed.get_column("chrom").null_count() and not placed.get_column("pos").null_count():
        return here
    source = (pl.lit(source_assembly), pl.col("source_chrom"), pl.col("source_pos"))
    there = pl.format("{}:{}:{}{}", *source, alleles)
    return pl.coalesce(here, there)
