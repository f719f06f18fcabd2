from __future__ import annotations

import math

import polars as pl

from refalt.exports.summaries import summary_tables
from refalt.testing.builders import build_estimates

R, RHO = {"metric": "pearson_r", "value": 0.5}, {"metric": "spearman_rho", "value": 0.4, "lower": 0.3, "upper": 0.5}


def test_summary_tables__a_score_is_a_row_with_its_metrics_side_by_side() -> None:
    area = {"metric": "auroc", "label_name": "magnitude_median", "value": 0.7, "n": 90}
    found = summary_tables(build_estimates(R, RHO, area, R | {"score_name": "other"}))
    assert set(found) == {"benchmark_summary"}
    table = found["benchmark_summary"]
    assert table.get_column("score_name").to_list() == ["said", "other"]
    row = table.row(0, named=True)
    assert (row["pearson"], row["spearman"], row["spearman_lower"], row["auroc_magnitude_median"]) == (
        0.5,
        0.4,
        0.3,
        0.7,
    )
    assert row["n"] == 100


def test_summary_tables__strata_of_reporter_assays_have_the_names_they_are_known_by() -> None:
    rows = [R | {"stratum": f"{name}=x=y"} for name in ("factor", "strand", "chrom", "pool")]
    found = summary_tables(build_estimates(*rows))
    assert set(found) == {"per_tf", "per_strand", "per_chromosome", "per_pool"}
    assert found["per_tf"].get_column("tf").to_list() == ["x=y"]


def test_summary_tables__what_is_withheld_has_its_reason_and_controls_are_left_out() -> None:
    held = R | {"value": math.nan, "reason": "9 clusters"}
    table = summary_tables(build_estimates(held, R | {"model": "control", "score_name": "oracle"}))["benchmark_summary"]
    assert table.select(pl.col("pearson").is_nan(), "pearson_reason").rows() == [(True, "9 clusters")]
