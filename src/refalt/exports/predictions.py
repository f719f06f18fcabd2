"""Predictions beside measurements, a row a pair, under the names that comparisons of eQTLs with a model give them."""

from __future__ import annotations

from typing import Final

import polars as pl

from refalt.tables import Comparison, Predictions

COLUMNS: Final = ("variant_id", "gene_id", "slope", "ref_score", "alt_score", "delta_pred")


def predictions_of(comparison: Comparison, score_name: str, predicted: Predictions) -> pl.DataFrame:
    """Rows of one score: `COLUMNS`, in source order.

    `variant_id` is the variant that was asked for, its REF being the genome's; `slope` is its effect, ALT over REF,
    minus the declared null, and `delta_pred` its score. `gene_id` is what was measured. `ref_score` and `alt_score`
    are empty where the model gives the comparison of the two alone.
    """
    rows = comparison.frame.filter(score_name=score_name)
    either = predicted.frame.filter(pl.col("target_id").is_null()).unique("asked_id", keep="first", maintain_order=True)
    either = either.select("asked_id", "ref_score", "alt_score")
    return (
        rows.join(either, on="asked_id", how="left", maintain_order="left")
        .sort("source_row")
        .select(
            pl.col("asked_id").alias("variant_id"),
            pl.col("target_id").alias("gene_id"),
            pl.col("effect").alias("slope"),
            "ref_score",
            "alt_score",
            pl.col("score").alias("delta_pred"),
        )
    )
