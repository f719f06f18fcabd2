from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from refalt.stats.exchange import exchange_inputs, exchange_within_clusters, permute_scores
from refalt.stats.measured import UndefinedError
from refalt.stats.metric import METRICS
from refalt.stats.permutation import ORDERS_AT_ONCE, permutation_null, permutation_p_value, permutation_test


def target_for(name: str, effect: np.ndarray) -> np.ndarray:
    return (effect > np.median(effect)).astype(int) if METRICS[name].needs == "label" else effect


@pytest.mark.parametrize("name", METRICS)
def test_permutation_null__values_are_those_of_the_possible_orders(name: str) -> None:
    effect, score = np.array([1.0, -2.0, 4.0, 1.0, 3.5]), np.array([2.0, 3.0, 3.0, -5.0, 4.0])
    metric, target = METRICS[name], target_for(name, effect)
    possible = [metric.function(target, np.array(order)).value for order in itertools.permutations(score)]
    null = permutation_null(
        metric, target, score, exchange_inputs(np.arange(5)), permutations=3000, rng=np.random.default_rng(1)
    )
    assert null.size >= 3000
    assert np.abs(null[:, None] - np.array(possible)).min(axis=1).max() < 1e-12
    assert null.mean() == pytest.approx(np.mean(possible), abs=5 * np.std(possible) / np.sqrt(3000))
    assert null.std() == pytest.approx(np.std(possible), rel=0.08)


@pytest.mark.parametrize("name", ["spearman_rho", "pearson_r", "auroc"])
def test_permutation_null__products_equal_the_metric_on_the_same_order(name: str) -> None:
    rng = np.random.default_rng(2)
    effect, score = np.round(rng.normal(size=(2, 40)), 1)
    metric, target = METRICS[name], target_for(name, effect)
    exchange = exchange_inputs(np.arange(40), block=np.arange(40) // 4)
    null = permutation_null(metric, target, score, exchange, permutations=20, rng=np.random.default_rng(3))
    same = np.random.default_rng(3)
    dealt = [metric.function(target, permute_scores(score, exchange, rng=same)).value for _ in range(20)]
    np.testing.assert_allclose(null, dealt, atol=1e-12)


@pytest.mark.parametrize("permutations", [1, 99, 5000])
def test_permutation_null__makes_at_least_as_many_as_asked_for(permutations: int) -> None:
    rng = np.random.default_rng(2)
    effect, score = rng.normal(size=(2, 30))
    exchange = exchange_inputs(np.arange(30))
    null = permutation_null(METRICS["pearson_r"], effect, score, exchange, permutations=permutations, rng=rng)
    assert permutations <= null.size < permutations + ORDERS_AT_ONCE
    assert np.unique(null).size == null.size


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_permutation_test__agrees_with_scipy(alternative: str) -> None:
    rng = np.random.default_rng(12)
    score = np.round(rng.normal(size=25), 1)
    effect = np.round(0.35 * score + rng.normal(size=25), 1)
    other = stats.permutation_test(
        (score,),
        lambda x: stats.spearmanr(effect, x).statistic,
        permutation_type="pairings",
        n_resamples=2000,
        alternative=alternative,
        rng=np.random.default_rng(1),
    )
    test = permutation_test(
        METRICS["spearman_rho"],
        effect,
        score,
        exchange_inputs(np.arange(25)),
        permutations=10_000,
        rng=np.random.default_rng(2),
        alternative=alternative,  # type: ignore[arg-type]
    )
    assert test.value.value == pytest.approx(other.statistic)
    assert test.p_value.value == pytest.approx(other.pvalue, abs=0.02)


def test_permutation_test__p_values_are_uniform_when_scores_say_nothing() -> None:
    rng = np.random.default_rng(5)
    p_values = []
    for _ in range(400):
        effect, score = rng.normal(size=(2, 12))
        exchange = exchange_inputs(np.arange(12))
        test = permutation_test(METRICS["pearson_r"], effect, score, exchange, permutations=99, rng=rng)
        p_values.append(test.p_value.value)
    assert stats.kstest(p_values, "uniform").pvalue > 0.01


def test_permutation_test__whole_blocks_see_through_shared_noise_that_single_inputs_do_not() -> None:
    rng = np.random.default_rng(6)
    block = np.repeat(np.arange(20), 15)
    single, whole = [], []
    for _ in range(60):
        effect, score = (np.repeat(rng.normal(size=20), 15) + 0.3 * rng.normal(size=300) for _ in range(2))
        for found, codes in ((single, None), (whole, block)):
            exchange = exchange_inputs(np.arange(300), block=codes)
            test = permutation_test(METRICS["spearman_rho"], effect, score, exchange, permutations=99, rng=rng)
            found.append(test.p_value.value)
    assert np.mean(np.array(single) <= 0.05) > 0.4
    assert np.mean(np.array(whole) <= 0.05) < 0.15


def test_permutation_test__keeps_its_level_where_blocks_are_of_very_unequal_size() -> None:
    rng = np.random.default_rng(8)
    found = []
    for _ in range(150):
        sizes = np.maximum(np.round(12 * rng.lognormal(0, 0.8, size=25)).astype(int), 1)
        block = np.repeat(np.arange(25), sizes)
        effect, score = (np.repeat(rng.normal(size=25), sizes) + 0.3 * rng.normal(size=block.size) for _ in range(2))
        exchange = exchange_inputs(np.arange(block.size), block=block)
        test = permutation_test(METRICS["pearson_r"], effect, score, exchange, permutations=99, rng=rng)
        found.append(test.p_value.value)
    # Of 150 draws with a chance of a twentieth each, 16 and more come up once in three hundred times.
    assert np.count_nonzero(np.array(found) <= 0.05) < 16


def test_permutation_test__within_clusters_does_not_see_differences_between_them() -> None:
    rng = np.random.default_rng(7)
    cluster = np.repeat(np.arange(10), 20)
    shared = np.repeat(3 * rng.normal(size=10), 20)
    effect, score = shared + rng.normal(size=200), shared + rng.normal(size=200)
    metric = METRICS["pearson_r"]
    within = permutation_test(metric, effect, score, exchange_within_clusters(cluster), permutations=199, rng=rng)
    across = permutation_test(metric, effect, score, exchange_inputs(np.arange(200)), permutations=199, rng=rng)
    assert across.p_value.value <= 0.005
    assert within.p_value.value > 0.05
    assert within.null_mean.value == pytest.approx(within.value.value, abs=0.1)


def test_permutation_p_value__counts_the_observed_among_the_rest() -> None:
    null = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    assert permutation_p_value(2.0, null, alternative="greater") == pytest.approx(2 / 6)
    assert permutation_p_value(2.0, null, alternative="less") == pytest.approx(1)
    assert permutation_p_value(2.0, null) == pytest.approx(3 / 6)
    assert permutation_p_value(5.0, null) == pytest.approx(1 / 6)


def test_permutation_test__what_cannot_be_tested_has_a_reason() -> None:
    rng = np.random.default_rng(1)
    metric, score = METRICS["spearman_rho"], np.arange(6.0)
    alone = permutation_test(
        metric, score, score, exchange_inputs(np.arange(6), stratum=np.arange(6)), permutations=9, rng=rng
    )
    assert math.isfinite(alone.value.value)
    assert "nothing can change places" in (alone.p_value.reason or "")
    constant = permutation_test(metric, score * 0, score, exchange_inputs(np.arange(6)), permutations=9, rng=rng)
    assert "target is 0" in (constant.p_value.reason or "")
    assert constant.n_permutations == 0
    shared = permutation_test(metric, score, score, exchange_inputs(np.zeros(6, dtype=int)), permutations=9, rng=rng)
    assert shared.p_value.reason
    with pytest.raises(UndefinedError, match="different scores"):
        permutation_null(metric, score, score, exchange_inputs([0, 0, 1, 2, 3, 4]), permutations=9, rng=rng)
    with pytest.raises(ValueError, match="6 rows, but an exchange of 5"):
        permutation_null(metric, score, score, exchange_inputs(np.arange(5)), permutations=9, rng=rng)
