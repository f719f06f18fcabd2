"""Intervals of what is drawn from the rows themselves: means and fitted lines, under the study's clusters.

The variances are the cluster-robust sandwich with the factor G / (G - 1) for G clusters and Student's t with
G - 1 degrees of freedom (Cameron and Miller, Journal of Human Resources 50:317, 2015, sections II.B and VI).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Line:
    """A least-squares line y = intercept + slope * x, and its interval at `at`.

    Attributes:
        at: Places, ascending, in units of x; (m,).
        fitted: The line there.
        lower: Lower end of the interval of the mean of y; NaN with fewer than two clusters.
        upper: Upper end.
    """

    slope: float
    intercept: float
    at: FloatArray
    fitted: FloatArray
    lower: FloatArray
    upper: FloatArray


def cluster_codes(clusters: pl.Series) -> IntArray:
    """Whole numbers from 0, equal for equal clusters."""
    return (clusters.rank("dense").to_numpy() - 1).astype(np.int64)


def mean_interval(values: FloatArray, clusters: IntArray, *, level: float) -> tuple[float, float, float]:
    """Mean of `values` and the ends of its interval; NaN ends with fewer than two clusters."""
    mean = float(values.mean())
    sums = np.bincount(clusters, values - mean)[np.unique(clusters)]
    reach = _t_quantile(level, sums.size) * _spread(float((sums**2).sum()), sums.size) / values.size
    return mean, mean - reach, mean + reach


def grouped_means(
    place: FloatArray, values: FloatArray, clusters: IntArray, *, groups: int, level: float
) -> pl.DataFrame:
    """Means of `values` in groups of about equal size ordered by `place`; rows of equal place stay together.

    Returns:
        group (from 1), place (mean in the group), mean, lower, upper, n, n_clusters.
    """
    edges = np.unique(np.quantile(place, np.linspace(0, 1, groups + 1)[1:-1]))
    group = np.searchsorted(edges, place, side="left")
    rows = []
    for number, inside in ((number, group == number) for number in np.unique(group)):
        mean, lower, upper = mean_interval(values[inside], clusters[inside], level=level)
        where = {"group": int(number) + 1, "place": float(place[inside].mean())}
        counts = {"n": int(inside.sum()), "n_clusters": int(np.unique(clusters[inside]).size)}
        rows.append(where | {"mean": mean, "lower": lower, "upper": upper} | counts)
    return pl.DataFrame(rows)


def fitted_line(x: FloatArray, y: FloatArray, clusters: IntArray, *, level: float, places: int = 60) -> Line:
    """The least-squares line of y on x with its pointwise interval; x must not be constant."""
    centre, n = float(x.mean()), x.size
    deviation = x - centre
    sum_of_squares = float(deviation @ deviation)
    slope = float(deviation @ y) / sum_of_squares
    left_over = y - y.mean() - slope * deviation
    at = np.linspace(x.min(), x.max(), places)
    fitted = float(y.mean()) + slope * (at - centre)
    # The fitted mean at each place is linear in the residuals; its cluster sums give the sandwich directly.
    level_sums = np.bincount(clusters, left_over) / n
    slope_sums = np.bincount(clusters, left_over * deviation) / sum_of_squares
    groups = np.unique(clusters).size
    squares = ((level_sums[None, :] + (at - centre)[:, None] * slope_sums[None, :]) ** 2).sum(axis=1)
    quantile = _t_quantile(level, groups)
    reach = quantile * np.array([_spread(float(square), groups) for square in squares])
    return Line(slope, float(y.mean()) - slope * centre, at, fitted, fitted - reach, fitted + reach)


def _spread(sum_of_squares: float, groups: int) -> float:
    return math.sqrt(sum_of_squares * groups / (groups - 1)) if groups > 1 else math.nan


def _t_quantile(level: float, groups: int) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(groups - 1, 0.5 + level / 2)) if groups > 1 else math.nan
