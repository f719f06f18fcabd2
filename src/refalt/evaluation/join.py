"""Measurements beside scores. The only place where a row is removed and the only place where a sign is applied.

A published value, measured or recorded, is turned in two steps that are multiplied: from the allele it is for
to ALT over REF as published (`of`), and from there to the anchor's REF (`sign` of AlleleChecks). A model's
score is made for the asked variant already and is turned by neither.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from refalt.columns import RECORDED_PREFIX, STRATUM_PREFIX, Reason
from refalt.evaluation.clusters import Clusters
from refalt.scoring.aggregate import MEAN, over_answers, over_tracks
from refalt.studies.sections import AlleleColumn, DatasetSection
from refalt.studies.study import ScoreSection
from refalt.tables import AlleleChecks, Attrition, Comparison, Failures, Measurements, Predictions, may_be_compared

KEPT = "kept"
RECORDED = "recorded"
GENE_KEY = "gene"


@dataclass(frozen=True)
class Joined:
    """Both halves of the join.

    Attributes:
        comparison: Rows that are compared.
        removed: Rows that are not, in Comparison's columns with `score` null, and their `reason`.
        attrition: Counts; for each stage and score, kept and reasons add up to the rows that came in.
    """

    comparison: Comparison
    removed: pl.DataFrame
    attrition: Attrition


def join(
    measurements: Measurements,
    checks: AlleleChecks,
    predictions: Mapping[str, Predictions],
    *,
    scores: Sequence[ScoreSection],
    declared: DatasetSection,
    clusters: Clusters,
    failures: Failures,
    covariates: pl.DataFrame | None = None,
) -> Joined:
    """Hold every row of every score against its measurement.

    Args:
        measurements: All rows of the source, with their reasons.
        checks: Orientation of each variant.
        predictions: Score name -> its values.
        scores: How each score is made.
        declared: The dataset's section: which allele the effect and the recorded scores are for.
        clusters: The cluster of every row.
        failures: What could not be predicted.
        covariates: source_row, gc and matched_label, where they are known.
    """
    if covariates is None:
        covariates = pl.DataFrame(schema={"source_row": pl.Int64, "gc": pl.Float64, "matched_label": pl.Int8})
    rows = measurements.frame.join(clusters.ids, on="source_row", validate="1:1")
    rows = rows.join(covariates, on="source_row", how="left", maintain_order="left", validate="1:1")
    rows = _with_effect(rows, checks, declared)
    halves = [_one_score(rows, predictions[score.name], score, declared, failures) for score in scores]
    compared = pl.concat([kept for kept, _ in halves]) if halves else pl.DataFrame()
    removed = pl.concat([lost for _, lost in halves]) if halves else pl.DataFrame()
    comparison = Comparison(compared) if halves else Comparison.empty()
    return Joined(comparison, removed, _attrition(measurements, scores, comparison, removed))


def _with_effect(rows: pl.DataFrame, checks: AlleleChecks, declared: DatasetSection) -> pl.DataFrame:
    known = checks.frame.select(
        "variant_id", "asked_id", "sign", pl.col("reason").alias("allele_reason"), pl.col("flags").alias("allele_flags")
    )
    rows = rows.join(known, on="variant_id", how="left", maintain_order="left", validate="m:1")
    null = declared.effect.null if declared.effect else 0.0
    of = of_sign(declared.effect.of if declared.effect else "unknown", pl.col("effect_allele"))
    return rows.with_columns(
        pl.coalesce("asked_id", "variant_id", "element_id").alias("asked_id"),
        pl.col("sign").fill_null(1),
        pl.coalesce("reason", "allele_reason").alias("reason"),
        pl.concat_list("flags", pl.col("allele_flags").fill_null([])).alias("flags"),
    ).with_columns(
        effect=(pl.col("beta") - null) * pl.col("sign") * of,
        effect_se=pl.col("standard_error"),
        effect_replicate=(pl.col("replicate") - null) * pl.col("sign") * of,
    )


def of_sign(of: str | AlleleColumn, allele: pl.Expr) -> pl.Expr:
    """+1 where a value is for ALT as published, -1 where it is for REF, null where its allele is neither.

    An undeclared allele is taken as ALT here, and EF005 withholds every metric that reads the sign.
    """
    if isinstance(of, AlleleColumn):
        is_alt = (allele == pl.col("alt")) | (allele == "ALT")
        is_ref = (allele == pl.col("ref")) | (allele == "REF")
        return pl.when(is_alt).then(1).when(is_ref).then(-1)
    return pl.lit(-1 if of == "ref" else 1)


def _one_score(
    rows: pl.DataFrame, predicted: Predictions, score: ScoreSection, declared: DatasetSection, failures: Failures
) -> tuple[pl.DataFrame, pl.DataFrame]:
    values, keys = _values(predicted, score, declared)
    named = rows.with_columns(_gene_key()) if GENE_KEY in keys else rows
    joined = named.join(values, on=keys, how="left", nulls_equal=True, maintain_order="left", validate="m:1")
    if score.model == RECORDED:
        joined = _turn_recorded(joined, score, declared)
    failed = failures.frame.filter(pl.col("score_name") == score.name)
    joined = joined.join(
        failed.select("asked_id", pl.col("reason").alias("failed_for")),
        on="asked_id", how="left", maintain_order="left", validate="m:1",
    )  # fmt: skip
    # A reason that only keeps a row from the genome matters where no score came without it.
    unscored = (
        pl.when(pl.col("reason").is_not_null())
        .then("reason")
        .when(pl.col("failed_for").is_not_null())
        .then("failed_for")
        .when(_answered_for_another_gene(values, keys))
        .then(pl.lit(Reason.GENE_OUTSIDE_WINDOW.value))
        .otherwise(pl.lit(Reason.NO_SCORE.value))
    )
    joined = joined.with_columns(
        score_name=pl.lit(score.name),
        removed_for=pl.when(~may_be_compared(recorded=True))
        .then("reason")
        .when(pl.col("score").is_null())
        .then(unscored),
    )
    names = [column.name for column in Comparison.declared]
    strata = [name for name in joined.columns if name.startswith(STRATUM_PREFIX)]
    kept = joined.filter(pl.col("removed_for").is_null()).select(names + strata)
    lost = joined.filter(pl.col("removed_for").is_not_null())
    return kept, lost.select([*names, *strata, pl.col("removed_for").alias("reason")])


def _values(predicted: Predictions, score: ScoreSection, declared: DatasetSection) -> tuple[pl.DataFrame, list[str]]:
    """One number a row: its tracks together; and the columns by which it meets the measurements."""
    values = predicted.frame.with_columns(over_tracks(score))
    if score.model == RECORDED:
        keys = ["variant_id" if declared.quantity == "effect" else "element_id", "target_id", "context_id"]
        return values.select(pl.col("made_for").alias(keys[0]), *keys[1:], "score", "input_id"), keys
    per_target = values.get_column("target_id").null_count() < values.height
    if per_target and score.aggregate != MEAN:
        chosen = values.group_by("asked_id", maintain_order=True).agg(over_answers(score), pl.col("input_id").first())
        return chosen, ["asked_id"]
    if not per_target:
        return values.select("asked_id", "score", "input_id"), ["asked_id"]
    keys = ["asked_id", GENE_KEY]
    values = values.with_columns(_gene_key()).select(*keys, "score", "input_id")
    return values.unique(keys, keep="first", maintain_order=True), keys


def _gene_key() -> pl.Expr:
    """The target without the version of an Ensembl gene: releases of one gene are one gene."""
    return pl.col("target_id").str.replace(r"^(ENS[A-Z]*G[0-9]+)\..*$", "${1}").alias(GENE_KEY)


def _answered_for_another_gene(values: pl.DataFrame, keys: Sequence[str]) -> pl.Expr:
    if GENE_KEY not in keys:
        return pl.lit(value=False)
    asked = pl.col("asked_id").is_in(values.get_column("asked_id").unique().implode())
    return asked & pl.col("input_id").is_null()


def _turn_recorded(joined: pl.DataFrame, score: ScoreSection, declared: DatasetSection) -> pl.DataFrame:
    if not declared.recorded[score.name].signed:
        return joined
    allele_column = f"{RECORDED_PREFIX}{score.name}.allele"
    allele = pl.col(allele_column) if allele_column in joined.columns else pl.lit(None, pl.String)
    of = of_sign(declared.recorded[score.name].of, allele)
    return joined.with_columns(score=pl.col("score") * pl.col("sign") * of)


def _attrition(
    measurements: Measurements, scores: Sequence[ScoreSection], comparison: Comparison, removed: pl.DataFrame
) -> Attrition:
    parts = [_counted(measurements.frame, "measurements", "all")]
    for score in scores:
        lost = removed.filter(pl.col("score_name") == score.name)
        kept = comparison.frame.filter(pl.col("score_name") == score.name).height
        whole = pl.concat(
            [lost.select("reason"), pl.DataFrame({"reason": [None] * kept}, schema={"reason": pl.String})]
        )
        parts.append(_counted(whole, "comparison", score.name))
    return Attrition(pl.concat(parts))


def _counted(rows: pl.DataFrame, stage: str, score_name: str) -> pl.DataFrame:
    meanings = {reason.value: reason.meaning for reason in Reason} | {KEPT: "kept"}
    reason = pl.col("reason").fill_null(KEPT)
    counts = rows.group_by(reason.alias("reason")).agg(pl.len().cast(pl.Int64).alias("n_rows"))
    return counts.select(
        pl.lit(stage).alias("stage"),
        pl.lit(score_name).alias("score_name"),
        "reason",
        pl.col("reason").replace_strict(meanings).alias("meaning"),
        "n_rows",
    ).sort(pl.col("reason") != KEPT, "n_rows", "reason", descending=[False, True, False])
