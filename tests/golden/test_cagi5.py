from __future__ import annotations

import polars as pl
import pytest
from tests.golden.conftest import Run


def test_cagi5__reaches_the_known_correlations(run_golden: Run) -> None:
    study = run_golden("cagi5")
    assert study.rows.height == 4_650
    assert study.rows.get_column("variant_id").n_unique() == 4_450
    assert round(study.value("pearson_r"), 4) == 0.4117
    assert round(study.value("pearson_r", stratum="is_train=True"), 3) == 0.417
    assert round(study.value("pearson_r", stratum="is_train=False"), 3) == 0.338


def test_cagi5__the_mean_over_elements_counts_each_once(run_golden: Run) -> None:
    study = run_golden("cagi5")
    mean = study.estimate("pearson_r", stratum="mean over element")
    assert round(mean["value"], 4) == 0.2947
    # Two of the 15 elements are the TERT promoter in two cell lines: they are one cluster.
    assert (mean["n"], mean["n_clusters"]) == (4_650, 14)
    assert mean["lower"] < mean["value"] < mean["upper"]
    of_elements = study.of_scores.filter(
        pl.col("stratum").str.starts_with("element="), pl.col("metric") == "pearson_r"
    ).get_column("value")
    assert of_elements.len() == 15
    assert mean["value"] == pytest.approx(of_elements.mean())
