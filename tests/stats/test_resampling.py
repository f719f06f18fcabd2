from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import average_precision_score, roc_auc_score

from refalt.stats import resampling
from refalt.stats.metric import METRICS
from refalt.stats.prepared import COMPILED_FROM_ROWS
from refalt.stats.resampling import LANES, bootstrap, cluster_codes, draw_clusters, jackknife

OTHERS = {
    "spearman_rho": lambda target, score: stats.spearmanr(target, score).statistic,
    "pearson_r": lambda target, score: stats.pearsonr(target, score).statistic,
    "calibration_slope": lambda target, score: stats.linregress(score, target).slope,
    "auroc": roc_auc_score,
    "auprc": average_precision_score,
    "sign_concordance": lambda target, score: np.mean(((target > 0) == (score > 0))[(target != 0) & (score != 0)]),
}


def clustered(n: int, n_clusters: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    cluster = np.concatenate([np.arange(n_clusters), rng.integers(0, n_clusters, size=n - n_clusters)])
    shared = rng.normal(size=n_clusters)[cluster]
    score = np.round(rng.normal(size=n) + shared, 1)
    return np.round(0.3 * score + rng.normal(size=n) + shared, 1), score, cluster


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("n", [150, COMPILED_FROM_ROWS + 50])
def test_bootstrap__equals_scipy_and_sklearn_on_each_repeated_resample(name: str, n: int) -> None:
    metric = METRICS[name]
    effect, score, cluster = clustered(n, 25, 3)
    target = (effect > 0.5).astype(int) if metric.needs == "label" else effect
    draws = draw_clusters(25, resamples=LANES + 5, rng=np.random.default_rng(1))
    values = bootstrap(metric, target, score, cluster, draws=draws)
    counts = np.hstack([draws.batch(0), draws.batch(1)])
    assert values.shape == (LANES + 5,)
    for k in (0, 7, LANES, LANES + 4):
        rows = np.concatenate(
            [np.flatnonzero(cluster == g) for g in np.repeat(np.arange(25), counts[:, k].astype(int))]
        )
        assert values[k] == pytest.approx(OTHERS[name](target[rows], score[rows]), abs=1e-12)


def test_draw_clusters__draws_as_many_as_there_are_with_replacement() -> None:
    draws = draw_clusters(40, resamples=100, rng=np.random.default_rng(2))
    counts = np.hstack([draws.batch(index) for index in range(len(draws.seeds))])
    assert counts.shape == (40, 100)
    assert (counts.sum(axis=0) == 40).all()
    assert stats.chisquare(counts.sum(axis=1)).pvalue > 1e-4
    assert (counts == 0).mean() == pytest.approx(np.exp(-1), abs=0.03)


def test_draw_clusters__compiled_and_interpreted_draws_are_the_same() -> None:
    for n_clusters in (30, 70_000):
        draws = draw_clusters(n_clusters, resamples=3, rng=np.random.default_rng(9))
        np.testing.assert_array_equal(draws.batch(0), draws.batch(0, compiled=True))


def test_bootstrap__same_seed_same_values_whatever_the_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    effect, score, cluster = clustered(COMPILED_FROM_ROWS, 80, 5)
    metric = METRICS["spearman_rho"]
    found = []
    for threads in (1, 2, 5):
        monkeypatch.setattr(resampling, "MOST_THREADS", threads)
        draws = draw_clusters(80, resamples=200, rng=np.random.default_rng(4))
        found.append(bootstrap(metric, effect, score, cluster, draws=draws))
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])


def test_bootstrap__spread_equals_scipy_bootstrap_of_independent_rows() -> None:
    effect, score, _ = clustered(120, 120, 6)
    draws = draw_clusters(120, resamples=4000, rng=np.random.default_rng(4))
    values = bootstrap(METRICS["spearman_rho"], effect, score, np.arange(120), draws=draws)
    other = stats.bootstrap(
        (effect, score),
        lambda x, y: stats.spearmanr(x, y).statistic,
        paired=True,
        vectorized=False,
        n_resamples=1000,
        method="percentile",
        rng=np.random.default_rng(3),
    )
    assert values.std(ddof=1) == pytest.approx(other.standard_error, rel=0.1)


def test_bootstrap__unusable_rows_and_empty_resamples_are_nan() -> None:
    draws = draw_clusters(3, resamples=64, rng=np.random.default_rng(4))
    cluster = np.array([0, 0, 1, 2])
    broken = bootstrap(METRICS["pearson_r"], [1, np.nan, 2, 3], [1, 2, 3, 4], cluster, draws=draws)
    assert np.isnan(broken).all()
    one_class = bootstrap(METRICS["auroc"], [1, 1, 1, 0], [1, 2, 3, 4], cluster, draws=draws)
    drawn = np.hstack([draws.batch(0), draws.batch(1)])
    np.testing.assert_array_equal(np.isnan(one_class), (drawn[2] == 0) | (drawn[2] == 3))
    assert np.isnan(one_class).any()
    assert not np.isnan(one_class).all()


def test_bootstrap__two_scores_meet_the_same_draws() -> None:
    effect, score, cluster = clustered(200, 20, 7)
    other = score + np.random.default_rng(1).normal(size=200)
    draws = draw_clusters(20, resamples=100, rng=np.random.default_rng(4))
    one, same, close = (
        bootstrap(METRICS["spearman_rho"], effect, column, cluster, draws=draws) for column in (score, score, other)
    )
    np.testing.assert_array_equal(one, same)
    assert (one - close).std() < np.hypot(one.std(), close.std()) / 2


@pytest.mark.parametrize("name", METRICS)
def test_jackknife__leaves_out_each_cluster_in_turn(name: str) -> None:
    metric = METRICS[name]
    effect, score, cluster = clustered(160, LANES + 3, 8)
    target = (effect > 0.5).astype(int) if metric.needs == "label" else effect
    values = jackknife(metric, target, score, cluster)
    assert values.shape == (LANES + 3,)
    for g in (0, 13, LANES + 2):
        kept = cluster != g
        assert values[g] == pytest.approx(metric.function(target[kept], score[kept]).value, abs=1e-12)


@pytest.mark.parametrize("cluster", [np.array([0.0, 1.0]), np.array([-1, 0]), np.array([[0], [1]]), np.array([0, 3])])
def test_cluster_codes__other_codes_are_bugs(cluster: np.ndarray) -> None:
    with pytest.raises(ValueError, match="cluster codes"):
        cluster_codes(cluster, 3)
