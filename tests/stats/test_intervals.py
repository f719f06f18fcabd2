from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from refalt.stats.intervals import (
    BOOTSTRAP_CLUSTERS,
    MIN_CLUSTERS,
    NAIVE_GROUPS,
    Interval,
    cluster_interval,
    naive_interval,
)
from refalt.stats.metric import METRICS, Metric
from refalt.stats.resampling import bootstrap, draw_clusters


def clustered(n_clusters: int, size: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(n_clusters), size)
    score, effect = (rng.normal(size=cluster.size) + rng.normal(size=n_clusters)[cluster] for _ in range(2))
    return effect + 0.5 * score, score, cluster


def interval_of(name: str, n_clusters: int, *, size: int = 12, seed: int = 1, **options: object) -> Interval:
    metric = METRICS[name]
    effect, score, cluster = clustered(n_clusters, size, seed)
    target = (effect > 0).astype(int) if metric.needs == "label" else effect
    rng = np.random.default_rng(2)
    return cluster_interval(metric, target, score, cluster, rng=rng, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize(
    ("n_clusters", "method"),
    [
        (MIN_CLUSTERS - 1, "none"),
        (MIN_CLUSTERS, "jackknife"),
        (BOOTSTRAP_CLUSTERS - 1, "jackknife"),
        (BOOTSTRAP_CLUSTERS, "percentile"),
    ],
)
def test_cluster_interval__method_follows_the_number_of_clusters(name: str, n_clusters: int, method: str) -> None:
    interval = interval_of(name, n_clusters, resamples=200)
    assert (interval.method, interval.n_clusters, interval.n) == (method, n_clusters, 12 * n_clusters)
    if method == "none":
        assert math.isfinite(interval.value)
        assert all(map(math.isnan, (interval.lower, interval.upper, interval.standard_error)))
        assert interval.reason == f"{n_clusters} clusters: no interval under {MIN_CLUSTERS}"
    else:
        assert interval.lower < interval.value < interval.upper
        assert interval.reason is None
        assert interval.standard_error == pytest.approx((interval.upper - interval.lower) / 4, rel=0.35)


def test_cluster_interval__percentile_limits_are_quantiles_of_the_bootstrap() -> None:
    effect, score, cluster = clustered(BOOTSTRAP_CLUSTERS, 6, 3)
    metric = METRICS["spearman_rho"]
    interval = cluster_interval(metric, effect, score, cluster, rng=np.random.default_rng(7), resamples=500, level=0.9)
    draws = draw_clusters(BOOTSTRAP_CLUSTERS, resamples=500, rng=np.random.default_rng(7))
    values = bootstrap(metric, effect, score, cluster, draws=draws)
    assert (interval.lower, interval.upper) == pytest.approx(tuple(np.quantile(values, [0.05, 0.95])))
    assert interval.standard_error == pytest.approx(values.std(ddof=1))


def test_cluster_interval__bca_equals_scipy_on_the_same_resamples() -> None:
    effect, score, _ = clustered(BOOTSTRAP_CLUSTERS, 1, 3)
    metric = METRICS["pearson_r"]
    options = {"resamples": 999, "bootstrap_method": "bca"}
    interval = cluster_interval(
        metric, effect, score, np.arange(BOOTSTRAP_CLUSTERS), rng=np.random.default_rng(7), **options
    )  # type: ignore[arg-type]
    draws = draw_clusters(BOOTSTRAP_CLUSTERS, resamples=999, rng=np.random.default_rng(7))

    class Done:
        bootstrap_distribution = bootstrap(metric, effect, score, np.arange(BOOTSTRAP_CLUSTERS), draws=draws)

    other = stats.bootstrap(
        (effect, score),
        lambda x, y: stats.pearsonr(x, y).statistic,
        paired=True,
        vectorized=False,
        n_resamples=0,
        bootstrap_result=Done,
        method="BCa",
    )
    limits = other.confidence_interval
    assert (interval.lower, interval.upper) == pytest.approx((limits.low, limits.high), rel=1e-9)
    assert interval.method == "bca"


def test_cluster_interval__jackknife_of_independent_rows_is_close_to_fisher() -> None:
    rng = np.random.default_rng(3)
    score = rng.normal(size=50)
    effect = score + rng.normal(size=50)
    interval = cluster_interval(METRICS["pearson_r"], effect, score, np.arange(50), rng=rng)
    fisher = stats.pearsonr(effect, score).confidence_interval()
    assert interval.lower == pytest.approx(fisher.low, abs=0.06)
    assert interval.upper == pytest.approx(fisher.high, abs=0.06)


def test_cluster_interval__jackknife_limits_by_hand_on_the_z_scale() -> None:
    effect, score, cluster = clustered(12, 5, 4)
    interval = cluster_interval(METRICS["pearson_r"], effect, score, cluster, rng=np.random.default_rng(0))
    centre = np.arctanh(stats.pearsonr(effect, score).statistic)
    left = [np.arctanh(stats.pearsonr(effect[cluster != g], score[cluster != g]).statistic) for g in range(12)]
    half = stats.t.ppf(0.975, 11) * np.sqrt(11 / 12 * np.sum((np.array(left) - centre) ** 2))
    assert (interval.lower, interval.upper) == pytest.approx((np.tanh(centre - half), np.tanh(centre + half)))


def test_cluster_interval__renaming_and_skipping_codes_changes_nothing() -> None:
    effect, score, cluster = clustered(20, 5, 4)
    metric, rng = METRICS["spearman_rho"], np.random.default_rng(0)
    plain = cluster_interval(metric, effect, score, cluster, rng=rng)
    assert cluster_interval(metric, effect, score, cluster * 3 + 5, rng=rng) == plain
    assert plain.n_clusters == 20


def test_cluster_interval__copies_of_every_row_leave_it_unchanged() -> None:
    effect, score, cluster = clustered(30, 4, 4)
    metric, rng = METRICS["pearson_r"], np.random.default_rng(0)
    once = cluster_interval(metric, effect, score, cluster, rng=rng)
    thrice = cluster_interval(metric, *(np.repeat(column, 3) for column in (effect, score, cluster)), rng=rng)
    assert (thrice.lower, thrice.upper) == pytest.approx((once.lower, once.upper))
    weighted = cluster_interval(metric, effect, score, cluster, rng=rng, weights=np.full(120, 3.0))
    assert (weighted.lower, weighted.upper) == pytest.approx((once.lower, once.upper))


def test_cluster_interval__rows_without_weight_are_not_there() -> None:
    effect, score, cluster = clustered(14, 4, 4)
    metric, rng = METRICS["pearson_r"], np.random.default_rng(0)
    kept = cluster < 12
    weighted = cluster_interval(metric, effect, score, cluster, rng=rng, weights=kept.astype(float))
    alone = cluster_interval(metric, effect[kept], score[kept], cluster[kept], rng=rng)
    assert (weighted.n, weighted.n_clusters) == (48, 12)
    assert (weighted.lower, weighted.upper) == pytest.approx((alone.lower, alone.upper))


def one_positive_cluster(n_clusters: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    cluster = np.repeat(np.arange(n_clusters), 4)
    return (cluster == 0).astype(int), np.random.default_rng(1).normal(size=cluster.size), cluster


@pytest.mark.parametrize(
    ("metric", "columns", "words"),
    [
        (METRICS["auroc"], one_positive_cluster(20), "without one of the clusters"),
        (METRICS["auroc"], one_positive_cluster(BOOTSTRAP_CLUSTERS), "resamples leave nothing to measure"),
        (METRICS["sign_concordance"], (np.ones(20), np.ones(20), np.arange(20)), "end of its scale"),
        (
            METRICS["sign_concordance"],
            (np.ones(BOOTSTRAP_CLUSTERS), np.ones(BOOTSTRAP_CLUSTERS), np.arange(BOOTSTRAP_CLUSTERS)),
            "every resample gives 1",
        ),
        (METRICS["auroc"], (np.arange(20) % 2, np.ones(20), np.arange(20)), "without any one cluster it is 0.5"),
        (METRICS["pearson_r"], (np.arange(20), 2 * np.arange(20), np.arange(20)), "end of its scale"),
    ],
)
def test_cluster_interval__withholds_limits_with_a_reason(
    metric: Metric, columns: tuple[np.ndarray, np.ndarray, np.ndarray], words: str
) -> None:
    interval = cluster_interval(metric, *columns, rng=np.random.default_rng(1))
    assert math.isfinite(interval.value)
    assert math.isnan(interval.lower)
    assert math.isnan(interval.upper)
    assert interval.method == "none"
    assert words in (interval.reason or "")


@pytest.mark.parametrize("target", [np.ones(30), np.full(30, np.nan), np.empty(0)])
def test_cluster_interval__nothing_to_measure_has_its_reason(target: np.ndarray) -> None:
    score = np.arange(float(target.size))
    interval = cluster_interval(
        METRICS["pearson_r"], target, score, np.arange(target.size), rng=np.random.default_rng(1)
    )
    assert math.isnan(interval.value)
    assert interval.reason == METRICS["pearson_r"].function(target, score).reason


def test_naive_interval__is_narrower_where_rows_depend_on_one_another() -> None:
    effect, score, cluster = clustered(60, 40, 5)
    metric = METRICS["pearson_r"]
    by_cluster = cluster_interval(metric, effect, score, cluster, rng=np.random.default_rng(1), resamples=500)
    naive = naive_interval(metric, effect, score, rng=np.random.default_rng(1), resamples=500)
    assert naive.value == by_cluster.value
    assert by_cluster.standard_error / naive.standard_error > 1.5


@pytest.mark.parametrize("n", [400, 3 * NAIVE_GROUPS])
def test_naive_interval__of_independent_rows_has_the_textbook_standard_error(n: int) -> None:
    rng = np.random.default_rng(5)
    score = rng.normal(size=n)
    effect = 0.5 * score + rng.normal(size=n)
    naive = naive_interval(METRICS["pearson_r"], effect, score, rng=rng, resamples=2000)
    assert naive.standard_error == pytest.approx((1 - naive.value**2) / np.sqrt(n - 1), rel=0.12)
    assert naive.n_clusters == min(n, NAIVE_GROUPS)
