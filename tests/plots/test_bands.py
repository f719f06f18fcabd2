"""Intervals of drawn means and lines, against statsmodels and scipy."""

import numpy as np
import polars as pl
import pytest
from scipy import stats

from refalt.plots.bands import cluster_codes, fitted_line, grouped_means, mean_interval

X = np.arange(10.0)
Y = np.array([1.0, 0, 2, 5, 3, 4, 9, 6, 7, 12])
CLUSTERS = np.array([0, 0, 1, 1, 1, 2, 2, 3, 3, 4])


def test_fitted_line__has_the_clustered_interval_of_statsmodels():
    # statsmodels 0.15.0: OLS(Y, [1, X]).fit(cov_type="cluster", cov_kwds={"groups": CLUSTERS, "use_correction":
    # False}), covariance times 5/4, Student's t with 4 degrees of freedom, level 0.9, at X = 0, 4.5 and 9.
    line = fitted_line(X, Y, CLUSTERS, level=0.9, places=3)
    assert line.fitted == pytest.approx([-0.03636363636363704, 4.9, 9.836363636363638])
    assert line.lower == pytest.approx([-1.0025449704638147, 3.9118875790571686, 6.982612404875222])
    assert line.upper == pytest.approx([0.9298176977365407, 5.888112420942832, 12.690114867852053])
    assert line.slope == pytest.approx(stats.linregress(X, Y).slope)
    assert line.intercept == pytest.approx(stats.linregress(X, Y).intercept)


def test_mean_interval__has_the_clustered_interval_of_statsmodels():
    # As above, with a constant alone.
    found = mean_interval(Y, CLUSTERS, level=0.9)
    assert found == pytest.approx((4.9, 1.7884894621629708, 8.011510537837028))


def test_mean_interval__is_students_when_every_row_is_its_own_cluster():
    _, lower, upper = mean_interval(Y, np.arange(10), level=0.95)
    assert (lower, upper) == pytest.approx(stats.t.interval(0.95, 9, Y.mean(), stats.sem(Y)))


def test_mean_interval__does_not_depend_on_how_clusters_are_numbered():
    assert mean_interval(Y, CLUSTERS + 7, level=0.9) == pytest.approx(mean_interval(Y, CLUSTERS, level=0.9))


def test_mean_interval__has_no_ends_with_one_cluster():
    mean, lower, upper = mean_interval(Y, np.zeros(10, dtype=np.int64), level=0.95)
    assert mean == pytest.approx(4.9)
    assert np.isnan([lower, upper]).all()


def test_grouped_means__keeps_every_row_and_equal_places_together():
    place = np.array([0.0] * 50 + list(np.linspace(1, 2, 50)))
    means = grouped_means(place, np.ones(100), np.arange(100), groups=10, level=0.95)
    assert means.get_column("n").sum() == 100
    assert means.row(0, named=True)["n"] == 50
    assert means.get_column("mean").to_list() == [1.0] * means.height


def test_grouped_means__gives_ten_equal_groups_for_distinct_places():
    means = grouped_means(np.arange(1000.0), np.arange(1000.0), np.arange(1000), groups=10, level=0.95)
    assert means.get_column("n").to_list() == [100] * 10
    assert means.get_column("mean").to_list() == pytest.approx([49.5 + 100 * place for place in range(10)])


def test_cluster_codes__are_equal_for_equal_names_and_start_at_zero():
    codes = cluster_codes(pl.Series(["b", "a", "b", "c"]))
    assert codes.tolist() == [1, 0, 1, 2]
