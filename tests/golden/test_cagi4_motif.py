from __future__ import annotations

import polars as pl
import pytest
from tests.golden.conftest import Run


@pytest.mark.slow
def test_cagi4_motif__scores_every_variant_indels_included(run_golden: Run) -> None:
    study = run_golden("cagi4-motif")
    rho = study.estimate("spearman_rho")
    assert (rho["n"], rho["n_variants"], rho["n_missing"]) == (3_044, 3_044, 0)
    assert study.estimate("spearman_rho", stratum="indel=deletion")["n"] == 105
    assert study.estimate("spearman_rho", stratum="indel=insertion")["n"] == 66


@pytest.mark.slow
def test_cagi4_motif__emvars_lie_within_the_active_elements(run_golden: Run) -> None:
    rows = run_golden("cagi4-motif").rows
    positives = rows.filter(pl.col("label") == 1)
    assert positives.height == 108
    assert positives.get_column("stratum.regulatory_hit").unique().to_list() == ["1"]
    assert rows.filter(pl.col("stratum.regulatory_hit") == "1").height == 357
