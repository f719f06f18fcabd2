from __future__ import annotations

import math

import numpy as np
import pytest

from refalt.stats.comparison import paired_difference, steiger, williams
from refalt.stats.intervals import BOOTSTRAP_CLUSTERS, MIN_CLUSTERS
from refalt.stats.metric import METRICS

# Correlations as printed by the R package cocor in published analyses: effect with one score, with the other, between
# the scores, n; then its Williams t and Steiger z.
COCOR = [
    (0.8066, 0.2383, 0.2255, 177, 9.3823, 8.5460),
    (-0.1741, 0.2015, 0.3734, 646, -9.0340, -8.6124),
    (0.7245, 0.7108, 0.8972, 15549, 5.5544, 5.5498),
]


@pytest.mark.parametrize(("one", "other", "between", "n", "t", "z"), COCOR)
def test_dependent_correlations__equal_cocor(
    one: float, other: float, between: float, n: int, t: float, z: float
) -> None:
    # Inputs are known to four digits only, which is a hundredth of the difference of the third pair.
    tolerance = 2e-4 / abs(one - other)
    assert williams(one, other, between, n).statistic == pytest.approx(t, rel=tolerance)
    assert steiger(one, other, between, n).statistic == pytest.approx(z, rel=tolerance)


def test_williams__p_value_equals_cocor() -> None:
    test = williams(0.5447, 0.8, 0.0729, 70)
    assert test.df == 67
    assert test.statistic == pytest.approx(-2.8114, abs=2e-3)
    assert test.p_value == pytest.approx(0.0065, abs=1e-4)


@pytest.mark.parametrize("test", [williams, steiger])
def test_dependent_correlations__keep_their_level_when_nothing_differs(test: object) -> None:
    rng = np.random.default_rng(8)
    covariance = [[1, 0.4, 0.4], [0.4, 1, 0.7], [0.4, 0.7, 1]]
    p_values = []
    for _ in range(2000):
        r = np.corrcoef(rng.multivariate_normal([0, 0, 0], covariance, size=60).T)
        p_values.append(test(r[0, 1], r[0, 2], r[1, 2], 60).p_value)  # type: ignore[operator]
    assert np.mean(np.array(p_values) < 0.05) == pytest.approx(0.05, abs=0.02)


@pytest.mark.parametrize("test", [williams, steiger])
def test_dependent_correlations__impossible_inputs_have_a_reason(test: object) -> None:
    for arguments in ((1.0, 0.5, 0.5, 50), (0.5, math.nan, 0.5, 50), (0.5, 0.4, 0.3, 3)):
        outcome = test(*arguments)  # type: ignore[operator]
        assert math.isnan(outcome.statistic)
        assert outcome.reason


def scored(n_clusters: int, *, size: int = 8, seed: int = 1) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(n_clusters), size)
    shared = rng.normal(size=n_clusters)[cluster]
    effect = rng.normal(size=cluster.size) + shared
    good = effect + rng.normal(size=cluster.size)
    poor = 0.3 * effect + rng.normal(size=cluster.size)
    return effect, good, poor, cluster


@pytest.mark.parametrize("n_clusters", [MIN_CLUSTERS, BOOTSTRAP_CLUSTERS, 150])
@pytest.mark.parametrize("name", METRICS)
def test_paired_difference__finds_the_better_score_and_mirrors(name: str, n_clusters: int) -> None:
    effect, good, poor, cluster = scored(n_clusters)
    metric = METRICS[name]
    target = (effect > 0).astype(int) if metric.needs == "label" else effect
    forward, backward = (
        paired_difference(metric, target, *pair, cluster, rng=np.random.default_rng(2), resamples=300)
        for pair in ((good, poor), (poor, good))
    )
    assert forward.value == pytest.approx(metric.function(target, good).value - metric.function(target, poor).value)
    assert forward.lower < forward.value < forward.upper
    assert forward.method == ("jackknife" if n_clusters < BOOTSTRAP_CLUSTERS else "percentile")
    assert (backward.lower, backward.upper) == pytest.approx((-forward.upper, -forward.lower))
    assert backward.p_value == pytest.approx(forward.p_value)
    if n_clusters > MIN_CLUSTERS and name not in ("calibration_slope", "sign_concordance"):
        assert forward.p_value < 0.05


def test_paired_difference__keeps_its_level_when_nothing_differs() -> None:
    rng = np.random.default_rng(5)
    p_values = []
    for _ in range(300):
        cluster = np.repeat(np.arange(15), 6)
        effect = rng.normal(size=90) + rng.normal(size=15)[cluster]
        first, second = (effect + 2 * rng.normal(size=90) + rng.normal(size=15)[cluster] for _ in range(2))
        p_values.append(paired_difference(METRICS["pearson_r"], effect, first, second, cluster, rng=rng).p_value)
    assert 0.01 < np.mean(np.array(p_values) < 0.05) < 0.09


def test_paired_difference__what_cannot_be_compared_has_a_reason() -> None:
    effect, good, poor, cluster = scored(MIN_CLUSTERS - 1)
    few = paired_difference(METRICS["pearson_r"], effect, good, poor, cluster, rng=np.random.default_rng(1))
    assert math.isfinite(few.value)
    assert math.isnan(few.p_value)
    assert f"no interval under {MIN_CLUSTERS}" in (few.reason or "")
    for n_clusters in (20, 80):
        effect, good, _, cluster = scored(n_clusters)
        rng = np.random.default_rng(1)
        same = paired_difference(METRICS["spearman_rho"], effect, good, 2 * good, cluster, rng=rng, resamples=100)
        assert same.value == 0
        assert same.reason == "the two scores never differ"
        constant = paired_difference(METRICS["pearson_r"], effect, good, good * 0, cluster, rng=rng)
        assert math.isnan(constant.value)
        assert "score is 0 in every row" in (constant.reason or "")


@pytest.mark.parametrize("test", [williams, steiger])
def test_a_score_beside_itself_has_no_test_and_a_reason(test) -> None:  # type: ignore[no-untyped-def]
    for between in (1 - 1e-16, 1 - 1e-15, 1 - 1e-10):
        found = test(0.2, 0.2, between, 40)
        assert math.isnan(found.p_value)
        assert found.reason
