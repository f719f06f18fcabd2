from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from scipy import stats
from tests.evaluation.builders import SCORE, joined, rows, terms

from refalt.evaluation.beside.heterogeneity import heterogeneity, pooled
from refalt.evaluation.evaluate import evaluate
from refalt.tables import Heterogeneity

#: Trials of BCG vaccine: cases and others, vaccinated and not (Colditz 1994).
BCG = (
    (4, 119, 11, 128), (6, 300, 29, 274), (3, 228, 11, 209), (62, 13536, 248, 12619), (33, 5036, 47, 5761),
    (180, 1361, 372, 1079), (8, 2537, 10, 619), (505, 87886, 499, 87892), (29, 7470, 45, 7232), (17, 1699, 65, 1600),
    (186, 50448, 141, 27197), (5, 2493, 3, 2338), (27, 16886, 29, 17825),
)  # fmt: skip


def _estimates(values: list[float], *, half: float = 0.1, n_clusters: int = 100) -> pl.DataFrame:
    """Estimates of pearson_r in strata, with intervals of one width on the scale of Fisher's z."""
    base = evaluate(joined(rows()), [SCORE], terms()).filter(metric="pearson_r")
    parts = [
        base.with_columns(
            stratum=pl.lit(f"tf={number}"), value=pl.lit(value), n_clusters=pl.lit(n_clusters, pl.Int64),
            lower=pl.lit(math.tanh(math.atanh(value) - half)), upper=pl.lit(math.tanh(math.atanh(value) + half)),
        )
        for number, value in enumerate(values)
    ]  # fmt: skip
    return pl.concat([base, *parts])


def test_pooled__is_the_random_effects_model_of_metafor() -> None:
    a, b, c, d = np.array(BCG, dtype=float).T
    log_ratio = np.log(a / (a + b)) - np.log(c / (c + d))
    found = pooled(log_ratio, np.sqrt(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)))
    # rma(measure = "RR", method = "DL") of R's metafor on dat.bcg, as its documentation prints it.
    assert found.q == pytest.approx(152.2330, abs=5e-5)
    assert found.tau_squared == pytest.approx(0.3088, abs=5e-5)
    assert found.mean == pytest.approx(-0.7141, abs=5e-5)
    assert found.i_squared == pytest.approx(0.9212, abs=5e-5)
    assert found.p_value == pytest.approx(stats.chi2.sf(found.q, 12))


def test_heterogeneity__strata_of_one_value_do_not_differ_and_shrink_to_it() -> None:
    found = Heterogeneity(heterogeneity(_estimates([0.30, 0.31, 0.29, 0.30]))).frame
    assert found.get_column("p_value")[0] > 0.5
    np.testing.assert_allclose(found.get_column("shrunken"), found.get_column("pooled"), atol=1e-12)
    assert found.get_column("rank").to_list() == [2, 1, 4, 3]


def test_heterogeneity__strata_that_differ_keep_their_order_and_come_closer() -> None:
    found = heterogeneity(_estimates([0.7, 0.1, 0.4, -0.2]))
    assert found.get_column("p_value")[0] < 1e-6
    assert found.get_column("rank").to_list() == [1, 3, 2, 4]
    mean = found.get_column("pooled")[0]
    assert (abs(found["shrunken"] - mean) < abs(found["value"] - mean)).all()


def test_heterogeneity__an_uncertain_stratum_is_drawn_further() -> None:
    sharp, vague = _estimates([0.7, 0.1, 0.4, -0.2]), _estimates([0.7], half=1.0)
    vague = vague.filter(stratum="tf=0").with_columns(stratum=pl.lit("tf=9"))
    found = heterogeneity(pl.concat([sharp, vague]))
    shrunken = dict(found.select("stratum", "shrunken").rows())
    assert shrunken["tf=9"] < shrunken["tf=0"]


def test_heterogeneity__a_stratum_without_an_interval_has_its_reason_and_the_last_rank() -> None:
    estimates = _estimates([0.7, 0.1, 0.4]).with_columns(
        pl.when(pl.col("stratum") == "tf=0").then(math.nan).otherwise("lower").alias("lower"),
        pl.when(pl.col("stratum") == "tf=0").then(pl.lit("why")).otherwise("reason").alias("reason"),
    )
    row = heterogeneity(estimates).row(0, named=True)
    assert (row["n_strata"], row["rank"], row["reason"]) == (2, 3, "why")
    assert math.isnan(row["shrunken"])


def test_heterogeneity__one_stratum_alone_is_not_tested() -> None:
    row = heterogeneity(_estimates([0.4])).row(0, named=True)
    assert row["p_value"] is None
    assert "fewer than two" in row["reason"]


def test_heterogeneity__says_where_strata_share_clusters() -> None:
    assert heterogeneity(_estimates([0.4, 0.5], n_clusters=50)).get_column("shares_clusters").to_list() == [False] * 2
    assert heterogeneity(_estimates([0.4, 0.5], n_clusters=51)).get_column("shares_clusters").to_list() == [True] * 2


def test_heterogeneity__a_jackknife_interval_is_as_wide_as_its_t() -> None:
    found = heterogeneity(_estimates([0.4, 0.5], half=0.2, n_clusters=21))
    assert found.get_column("standard_error")[0] == pytest.approx(0.2 / stats.t.ppf(0.975, 20))


def test_heterogeneity__of_a_study_with_strata_takes_them_all() -> None:
    asked = terms(strata=["chrom"])
    found = heterogeneity(evaluate(joined(rows()), [SCORE], asked))
    assert set(found.get_column("metric")) == {
        "spearman_rho", "pearson_r", "sign_concordance", "calibration_slope", "auroc", "auprc",
    }  # fmt: skip
    assert set(found.get_column("column")) == {"chrom"}
