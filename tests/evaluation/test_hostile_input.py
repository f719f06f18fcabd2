"""Tables that nobody should have made: every number has its limits, and whatever has none says why."""

from __future__ import annotations

import math
from collections.abc import Iterator

import polars as pl
import pytest
from tests.evaluation.builders import OTHER, SCORE, joined, rows, terms

from refalt.evaluation.beside.comparisons import compare_scores
from refalt.evaluation.beside.diagnostics import diagnose
from refalt.evaluation.beside.power import power_of
from refalt.evaluation.controls.ceilings import ceilings
from refalt.evaluation.controls.harness import control_estimates, run_controls
from refalt.evaluation.evaluate import evaluate
from refalt.evaluation.means import mean_estimates
from refalt.tables import Comparison, Comparisons, Diagnostics, Estimates, Power

_TYPES = {column.name: column.dtype for column in Comparison.declared}
_NTH = pl.int_range(pl.len())


def _but_one(name: str, value: float) -> pl.Expr:
    """A column whose fourth value is another."""
    return pl.when(_NTH == 3).then(value).otherwise(name).cast(_TYPES[name]).alias(name)


HOSTILE = {
    "one class": [pl.lit(1, pl.Int8).alias("label")],
    "a third class": [_but_one("label", 2)],
    "no label": [pl.lit(None, pl.Int8).alias("label")],
    "constant score": [pl.lit(2.0).alias("score")],
    "constant effect": [pl.lit(2.0).alias("effect")],
    "all ties at zero": [pl.lit(0.0).alias("score"), pl.lit(0.0).alias("effect")],
    "NaN score": [_but_one("score", math.nan)],
    "infinite score": [_but_one("score", math.inf)],
    "NaN effect": [_but_one("effect", math.nan)],
    "infinite effect": [_but_one("effect", math.inf)],
    "no effect": [pl.lit(None, pl.Float64).alias("effect")],
    "tiny": [pl.col("effect", "score") * 1e-200],
    "huge": [pl.col("effect", "score") * 1e200],
    "one cluster": [pl.lit("c").alias("cluster_id")],
    "more strata than rows have pairs": [pl.format("chr{}", _NTH).alias("chrom")],
    "weights of zero": [pl.lit(0.0).alias("pip")],
    "weights below zero": [pl.lit(-1.0).alias("pip")],
    "weights that are NaN": [pl.lit(math.nan).alias("pip")],
    "one row with weight": [(_NTH == 0).cast(pl.Float64).alias("pip")],
    "a score that is the effect": [pl.col("effect").alias("score")],
    "errors that are NaN": [pl.lit(math.nan).alias("effect_se")],
    "constant covariates": [pl.lit(0.0).alias("maf"), pl.lit(0, pl.Int64).alias("tss_distance")],
    "covariates that are NaN": [pl.lit(math.nan).alias("maf")],
    "a replicate that never varies": [pl.lit(1.0).alias("effect_replicate")],
    "an infinite replicate": [pl.lit(math.inf).alias("effect_replicate")],
}


def _every_table(part: pl.DataFrame) -> Iterator[pl.DataFrame]:
    asked = terms(
        labels=["given", "direction", "magnitude_median"], strata=["chrom", "label", "effect_size", "maf"],
        family=["all", "chrom", "mean over chrom"], mean_over="chrom", resamples=100, permutations=19,
    )  # fmt: skip
    held, both = joined(part), joined(part, part.with_columns(score_name=pl.lit("t")))
    estimates = Estimates(evaluate(held, [SCORE], asked)).frame
    yield estimates
    yield Estimates(mean_estimates(held, [SCORE], asked)).frame
    yield Estimates(ceilings(held, [SCORE], asked, natural=True)).frame
    yield Estimates(control_estimates(run_controls(held, [SCORE], asked), asked)).frame
    yield Diagnostics(diagnose(held, [SCORE], asked)).frame
    compared = Comparisons(compare_scores(both, [SCORE, OTHER], asked)).frame
    yield compared.rename({"difference": "value"})
    assert len(Power(power_of(held, [SCORE], asked, estimates))) <= estimates.height


def _require_honest(table: pl.DataFrame) -> None:
    nothing, unlimited = (~pl.col(name).fill_null(math.nan).is_finite() for name in ("value", "lower"))
    assert table.filter(nothing & pl.col("reason").is_null()).is_empty()
    assert table.filter(nothing & ~unlimited).is_empty()
    assert table.filter(unlimited & pl.col("reason").is_null()).is_empty()
    assert table.filter(~unlimited & (pl.col("lower") >= pl.col("upper"))).is_empty()


@pytest.mark.parametrize("case", HOSTILE)
def test_evaluate__whatever_the_input_a_number_has_limits_and_what_has_none_says_why(case: str) -> None:
    for table in _every_table(rows(40, n_clusters=20).with_columns(HOSTILE[case])):
        _require_honest(table)


@pytest.mark.parametrize("n", [0, 1, 2])
def test_evaluate__hardly_any_rows_give_reasons(n: int) -> None:
    for table in _every_table(rows(40, n_clusters=20).head(n)):
        _require_honest(table)
