from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import average_precision_score, roc_auc_score

from refalt.stats import counted
from refalt.stats.counted import cluster_moments, ladder
from refalt.stats.measured import FloatArray


def rows_with_ties(n: int, n_clusters: int, seed: int) -> tuple[FloatArray, FloatArray, np.ndarray]:
    rng = np.random.default_rng(seed)
    cluster = rng.integers(0, n_clusters, size=n).astype(np.int32)
    score = np.round(rng.normal(size=n), 1)
    return np.round(0.3 * score + rng.normal(size=n), 1), score, cluster


def repeated(counts: FloatArray, cluster: np.ndarray, *columns: FloatArray) -> list[FloatArray]:
    times = counts[cluster].astype(int)
    return [np.repeat(column, times) for column in columns]


def test_ladder__orders_rows_and_numbers_distinct_values() -> None:
    rungs = ladder(np.array([2.0, 1.0, 2.0, 5.0]), np.array([3, 0, 1, 2], dtype=np.int32))
    assert rungs.step.tolist() == [1, 0, 1, 2]
    assert rungs.last.tolist() == [True, False, True, True]
    assert rungs.cluster[0] == 0
    assert rungs.cluster[-1] == 2


def test_count_draws__draws_as_splitmix64_with_two_clusters_a_word() -> None:
    # The first words of SplitMix64 from state 0, as Vigna's reference program prints them.
    words = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4]
    drawn = [(half * 3) >> 32 for half in (words[0] >> 32, words[1] >> 32, words[0] & 0xFFFFFFFF)]
    counts = counted.count_draws(0, 3, 1)
    assert counts[:, 0].tolist() == [drawn.count(group) for group in range(3)]


@settings(max_examples=40)
@given(st.integers(6, 60), st.integers(2, 8), st.integers(0, 10_000))
def test_statistics__equal_scipy_and_sklearn_on_the_repeated_rows(n: int, n_clusters: int, seed: int) -> None:
    target, score, cluster = rows_with_ties(n, n_clusters, seed)
    counts = np.random.default_rng(seed).integers(0, 4, size=(n_clusters, 3)).astype(float)
    by_target, by_score, descending = (ladder(column, cluster) for column in (target, score, -score))
    positive = target > 0.3
    rho = counted.spearman(
        counts,
        by_score.cluster,
        by_score.last,
        by_target.step[by_score.order],
        by_target.cluster,
        by_target.last,
    )
    moments = cluster_moments(target, score, cluster, n_clusters)
    r, slope = counted.pearson(counts, moments), counted.slope(counts, moments)
    area = counted.auroc(counts, by_score.cluster, by_score.last, positive[by_score.order])
    precision = counted.auprc(counts, descending.cluster, descending.last, positive[descending.order])
    for k, lane in enumerate(counts.T):
        effect, said, label = repeated(lane, cluster, target, score, positive)
        if np.unique(effect).size < 2 or np.unique(said).size < 2:
            assert all(math.isnan(value[k]) for value in (rho, r, slope))
        else:
            assert rho[k] == pytest.approx(stats.spearmanr(effect, said).statistic, abs=1e-12)
            assert r[k] == pytest.approx(stats.pearsonr(effect, said).statistic, abs=1e-12)
            assert slope[k] == pytest.approx(stats.linregress(said, effect).slope, abs=1e-11)
        if np.unique(label).size < 2:
            assert math.isnan(area[k])
            assert math.isnan(precision[k])
        else:
            assert area[k] == pytest.approx(roc_auc_score(label, said), abs=1e-12)
            assert precision[k] == pytest.approx(average_precision_score(label, said), abs=1e-12)


def test_share__is_undefined_where_nothing_counts() -> None:
    shares = counted.share(np.array([[1.0, 0.0], [2.0, 0.0]]), np.array([[1.0, 0.0], [2.0, 2.0]]))
    assert shares[0] == pytest.approx(1 / 6)
    assert math.isnan(shares[1])


def test_pearson__a_resample_of_one_value_is_undefined_despite_rounding() -> None:
    target, score = np.array([0.1, 0.1, 0.7, 0.2]), np.array([0.3, 0.5, 0.1, 0.1])
    cluster = np.array([0, 0, 1, 1], dtype=np.int32)
    r = counted.pearson(np.array([[3.0], [0.0]]), cluster_moments(target, score, cluster, 2))
    assert math.isnan(r[0])
