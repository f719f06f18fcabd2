"""What a score asks: the distinct variants that may be compared, oriented, with what the model will see."""

from __future__ import annotations

import hashlib
from typing import Final

import polars as pl

from refalt.alleles import reverse_complement
from refalt.columns import RECORDED_PREFIX
from refalt.models.base import Asked
from refalt.sources.fasta import Genome
from refalt.studies.sections import FlanksSection
from refalt.studies.study import ScoreSection
from refalt.tables import AlleleChecks, Inputs, Measurements

RECORDED = "recorded"
_ALLELES: Final = r":(?<pos>[0-9]+):(?<ref>[ACGTN-]+)>(?<alt>[ACGTN-]+)$"


def plan(
    score: ScoreSection,
    measurements: Measurements,
    checks: AlleleChecks,
    *,
    inputs: Inputs,
    genome: Genome | None,
    flanks: FlanksSection | None = None,
) -> Asked:
    """The questions of one score.

    Args:
        score: The score.
        measurements: All rows; of these the model sees names and alleles only.
        checks: Orientation of each variant.
        inputs: Carried sequences.
        genome: To cut windows from.
        flanks: What stood around every carried sequence; a model is shown it too.
    """
    recorded = score.model == RECORDED
    rows = measurements.kept(recorded=True).join(
        checks.frame.select("variant_id", "asked_id", "sign", pl.col("reason").alias("allele_reason")),
        on="variant_id",
        how="left",
        maintain_order="left",
    )
    rows = _with_asked_alleles(rows)
    carried = _carried(rows, inputs, flanks)
    rows = rows.join(carried.select("asked_id", "digest"), on="asked_id", how="left", maintain_order="left")
    rows = rows.with_columns(pl.coalesce("digest", "asked_id").alias("input_id"))
    if recorded:
        chosen = rows.select(
            *_names(pl.coalesce("variant_id", "element_id")), pl.col(f"{RECORDED_PREFIX}{score.name}").alias("value")
        )
        return Asked(chosen, genome, carried)
    # A model is shown alleles in their place, or a carried sequence, which needs none: what has neither, or was
    # refused by its anchor, is not sent.
    placed = pl.col("reason").is_null() & pl.col("asked_ref").is_not_null()
    sent = rows.filter(pl.col("allele_reason").is_null() & (placed | pl.col("digest").is_not_null()))
    asked = sent.select(*_names(pl.col("asked_id"))).with_columns(
        target_id=pl.lit(None, pl.String), context_id=pl.lit(None, pl.String)
    )
    return Asked(asked.unique("asked_id", keep="first", maintain_order=True), genome, carried)


def _with_asked_alleles(rows: pl.DataFrame) -> pl.DataFrame:
    """Add asked_pos (1-based, null without a place in the genome), asked_ref and asked_alt, read from asked_id."""
    parts = pl.col("asked_id").str.extract_groups(_ALLELES).struct
    return rows.with_columns(
        pl.coalesce("asked_id", "variant_id", "element_id").alias("asked_id"), pl.col("sign").fill_null(1)
    ).with_columns(
        pl.when(pl.col("pos").is_not_null())
        .then(pl.coalesce(parts.field("pos").cast(pl.Int64, strict=False), "pos"))
        .alias("asked_pos"),
        parts.field("ref").alias("asked_ref"),
        parts.field("alt").alias("asked_alt"),
    )


def _names(made_for: pl.Expr) -> list[pl.Expr]:
    return [
        pl.col("asked_id"),
        made_for.alias("made_for"),
        pl.col("target_id"),
        pl.col("context_id"),
        pl.col("chrom"),
        pl.col("asked_pos").alias("pos"),
        pl.col("asked_ref").alias("ref"),
        pl.col("asked_alt").alias("alt"),
        pl.col("input_id"),
    ]


def _carried(rows: pl.DataFrame, inputs: Inputs, flanks: FlanksSection | None) -> pl.DataFrame:
    """One carried pair an asked variant (the first in source order), with the digest of its letters.

    Sequences are turned to the genome's forward strand, and `offset` is that of the asked REF's first base.
    """
    columns = ("source_row", "asked_id", "asked_pos", "pos", "ref", "alt", "sign", "lift_strand")
    pairs = rows.select(columns).join(
        _with_flanks(inputs.frame.select("source_row", "ref_sequence", "alt_sequence", "offset"), flanks),
        on="source_row",
        maintain_order="left",
    )
    pairs = pairs.unique("asked_id", keep="first", maintain_order=True)
    # REF as the anchor holds it, before it was left-aligned.
    length = pl.when(pl.col("sign") == -1).then(_length("alt")).otherwise(_length("ref"))
    turned = pl.col("lift_strand").fill_null(1) == -1
    from_end = pl.col("ref_sequence").str.len_bytes().cast(pl.Int64) - pl.col("offset") - length
    first = pl.when(turned & (length == 0)).then(pl.col("pos") + 1).otherwise("pos")
    sequences = ("ref_sequence", "alt_sequence")
    if flanks is not None:
        before = pl.when(turned).then(len(flanks.right)).otherwise(len(flanks.left)).cast(pl.Int64)
        pairs = pairs.with_columns(insert_start=before)
    pairs = pairs.with_columns(
        (pl.when(turned).then(from_end).otherwise("offset") + (pl.col("asked_pos") - first).fill_null(0)).alias(
            "offset"
        ),
        *(pl.when(turned).then(reverse_complement(pl.col(name))).otherwise(name).alias(name) for name in sequences),
    ).select("asked_id", *sequences, "offset", pl.selectors.starts_with("insert_"))
    texts = pairs.select(pl.concat_str("ref_sequence", pl.col("alt_sequence").fill_null(""), separator=">")).to_series()
    digests = [hashlib.blake2b(text.encode(), digest_size=12).hexdigest() for text in texts]
    return pairs.with_columns(pl.Series("digest", digests, dtype=pl.String))


def _with_flanks(sequences: pl.DataFrame, flanks: FlanksSection | None) -> pl.DataFrame:
    """The same sequences with what stood around them, and where they themselves are."""
    if flanks is None:
        return sequences
    return sequences.with_columns(
        *(
            pl.concat_str(pl.lit(flanks.left), name, pl.lit(flanks.right)).alias(name)
            for name in ("ref_sequence", "alt_sequence")
        ),
        pl.col("offset") + len(flanks.left),
        insert_length=pl.col("ref_sequence").str.len_bytes().cast(pl.Int64),
    )


def _length(allele: str) -> pl.Expr:
    return pl.col(allele).replace({"-": ""}).str.len_bytes().cast(pl.Int64).fill_null(1)
