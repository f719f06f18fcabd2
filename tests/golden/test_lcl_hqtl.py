from __future__ import annotations

import polars as pl
import pytest
from tests.golden.conftest import Golden, Run

FEWER = {'strata    = ["label", "chrom"]': 'strata    = ["label"]'}


def _alleles_and_effects(study: Golden) -> pl.DataFrame:
    stated = study.rows.filter(pl.col("beta").is_not_null() & pl.col("ref").is_not_null() & pl.col("pos").is_not_null())
    return stated.select("chrom", "pos", "ref", "alt", "beta")


@pytest.mark.slow
def test_lcl_hqtl__shared_snps_agree_in_sign_with_dnase_qtls_once_aligned(run_golden: Run) -> None:
    hqtl, dsqtl = run_golden("lcl-hqtl"), run_golden("lcl-dsqtl", replaced=FEWER)
    both = _alleles_and_effects(hqtl).join(_alleles_and_effects(dsqtl), on=["chrom", "pos"], suffix="_of_dsqtl")
    same = (pl.col("ref") == pl.col("ref_of_dsqtl")) & (pl.col("alt") == pl.col("alt_of_dsqtl"))
    swapped = (pl.col("ref") == pl.col("alt_of_dsqtl")) & (pl.col("alt") == pl.col("ref_of_dsqtl"))
    aligned = both.with_columns(sign=pl.when(same).then(1).when(swapped).then(-1))
    assert [aligned.filter(pl.col("sign") == sign).height for sign in (1, -1)] == [238, 83]
    product = pl.col("beta") * pl.col("beta_of_dsqtl") * pl.col("sign")
    assert aligned.drop_nulls("sign").select((product > 0).sum()).item() == 320


@pytest.mark.slow
def test_lcl_hqtl__the_motif_model_follows_the_effects(run_golden: Run) -> None:
    rho = run_golden("lcl-hqtl").estimate("spearman_rho")
    assert (rho["n"], rho["n_missing"]) == (2_452, 0)
    assert 0.2 < rho["lower"] < rho["value"] < 0.3
