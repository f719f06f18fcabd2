"""What a score asks: the distinct variants that may be compared, oriented, with what the model will see."""

from __future__ import annotations

import hashlib

import polars as pl

from refalt.columns import RECORDED_PREFIX
from refalt.models.base import Asked
from refalt.sources.fasta import Genome
from refalt.studies.study import ScoreSection
from refalt.tables import AlleleChecks, Inputs, Measurements

RECORDED = "recorded"


def plan(
    score: ScoreSection,
    measurements: Measurements,
    checks: AlleleChecks,
    *,
    inputs: Inputs,
    genome: Genome | None,
) -> Asked:
    """The questions of one score.

    Args:
        score: The score.
        measurements: All rows; of these the model sees names and alleles only.
        checks: Orientation of each variant.
        inputs: Carried sequences.
        genome: To cut windows from.
    """
    recorded = score.model == RECORDED
    rows = measurements.kept(recorded=recorded).join(
        checks.frame.select("variant_id", "asked_id"), on="variant_id", how="left", maintain_order="left"
    )
    rows = rows.with_columns(pl.coalesce("asked_id", "variant_id", "element_id").alias("asked_id"))
    carried = _carried(rows, inputs)
    rows = rows.join(carried.select("asked_id", "digest"), on="asked_id", how="left", maintain_order="left")
    rows = rows.with_columns(pl.coalesce("digest", "asked_id").alias("input_id"))
    if recorded:
        chosen = rows.select(
            *_names(pl.coalesce("variant_id", "element_id")), pl.col(f"{RECORDED_PREFIX}{score.name}").alias("value")
        )
        return Asked(chosen, genome, carried)
    asked = rows.select(*_names(pl.col("asked_id"))).with_columns(
        target_id=pl.lit(None, pl.String), context_id=pl.lit(None, pl.String)
    )
    return Asked(asked.unique("asked_id", keep="first", maintain_order=True), genome, carried)


def _names(made_for: pl.Expr) -> list[pl.Expr]:
    alleles = pl.col("asked_id").str.extract_groups(r":(?<ref>[ACGTN-]+)>(?<alt>[ACGTN-]+)$")
    return [
        pl.col("asked_id"),
        made_for.alias("made_for"),
        pl.col("target_id"),
        pl.col("context_id"),
        pl.col("chrom"),
        pl.col("pos"),
        alleles.struct.field("ref").alias("ref"),
        alleles.struct.field("alt").alias("alt"),
        pl.col("input_id"),
    ]


def _carried(rows: pl.DataFrame, inputs: Inputs) -> pl.DataFrame:
    """One carried pair an asked variant (the first in source order), with the digest of its letters."""
    pairs = rows.select("source_row", "asked_id").join(
        inputs.frame.select("source_row", "ref_sequence", "alt_sequence", "offset"),
        on="source_row",
        maintain_order="left",
    )
    pairs = pairs.unique("asked_id", keep="first", maintain_order=True).drop("source_row")
    texts = pairs.select(pl.concat_str("ref_sequence", pl.col("alt_sequence").fill_null(""), separator=">")).to_series()
    digests = [hashlib.blake2b(text.encode(), digest_size=12).hexdigest() for text in texts]
    return pairs.with_columns(pl.Series("digest", digests, dtype=pl.String))
