from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from refalt.audits.shapes import (
    bottom_to_middle,
    correlation_without,
    distance_from_uniform,
    follows_p,
    repeated_beyond_chance,
    share_equal,
    widest_gap,
)
from refalt.stats.metric import METRICS
from refalt.stats.resampling import jackknife


@given(st.integers(0, 1000))
def test_distance_from_uniform__agrees_with_scipy(seed: int) -> None:
    values = np.random.default_rng(seed).beta(2, 3, 60)
    assert distance_from_uniform(values) == pytest.approx(stats.kstest(values, "uniform").statistic)


def test_bottom_to_middle__leaves_zeros_out() -> None:
    values = np.concatenate([np.zeros(50), np.linspace(-1, 1, 1001)])
    assert bottom_to_middle(values) == bottom_to_middle(values[values != 0]) == pytest.approx(0.02, abs=5e-3)
    assert np.isnan(bottom_to_middle(np.zeros(3)))


def test_follows_p__is_one_for_the_test_s_own_column_also_where_p_is_zero() -> None:
    z = np.linspace(0.1, 40, 200)
    assert follows_p(-z, np.ones(200), 2 * stats.norm.sf(z)) == pytest.approx(1.0, abs=0.01)
    assert follows_p(z[::-1].copy(), np.ones(200), 2 * stats.norm.sf(z)) < 0


def test_share_equal__counts_numbers_that_agree_to_four_digits() -> None:
    assert share_equal(np.array([1.0, 2.0, 0.0]), np.array([1.00001, 2.1, 0.0])) == pytest.approx(2 / 3)


def test_widest_gap__gives_the_neighbours_of_a_value() -> None:
    assert widest_gap(np.array([0.1, 0.4, 0.7, 0.9]), 0.5) == (0.4, 0.7)
    assert widest_gap(np.array([0.1, 0.5]), 0.5) == (0.5, 0.5)


@pytest.mark.parametrize("n_clusters", [5, 40])
def test_correlation_without__is_the_jackknife(n_clusters: int) -> None:
    rng = np.random.default_rng(n_clusters)
    x, clusters = rng.normal(5, 1, 200), rng.integers(0, n_clusters, 200)
    clusters[:n_clusters] = np.arange(n_clusters)
    y = x + rng.normal(size=200)
    expected = jackknife(METRICS["pearson_r"], x, y, clusters)
    np.testing.assert_allclose(correlation_without(x, y, clusters), expected, atol=1e-12)


@given(st.integers(0, 200), st.integers(0, 3))
def test_repeated_beyond_chance__finds_nothing_in_rounded_noise(seed: int, decimals: int) -> None:
    values = np.random.default_rng(seed).laplace(0, 0.4, 500).round(decimals)
    assert repeated_beyond_chance(values) == []


def test_repeated_beyond_chance__orders_by_count_and_names_the_neighbours() -> None:
    values = np.concatenate([np.linspace(-1, 1, 401), np.full(50, 0.30001), np.full(20, -0.20001)])
    found = repeated_beyond_chance(values)
    assert [(repeat.value, repeat.count, repeat.usual) for repeat in found] == [(0.30001, 50, 1.0), (-0.20001, 20, 1.0)]


def test_repeated_beyond_chance__takes_a_single_value_for_a_repeat() -> None:
    assert [repeat.count for repeat in repeated_beyond_chance(np.ones(7))] == [7]
    assert repeated_beyond_chance(np.empty(0)) == []


def test_repeated_beyond_chance__finds_a_value_that_a_coarse_grid_hides() -> None:
    rng = np.random.default_rng(8)
    values = np.round(rng.normal(0, 0.4, 1_000), 2)
    values[:50] = 0.0
    assert [repeat.value for repeat in repeated_beyond_chance(values)] == [0.0]
