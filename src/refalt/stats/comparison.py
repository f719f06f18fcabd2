"""Two scores on the same rows, compared as a difference with its own uncertainty, never by their separate sizes."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from refalt.stats.intervals import BOOTSTRAP_CLUSTERS, MIN_CLUSTERS, MOST_EMPTY_RESAMPLES
from refalt.stats.measured import FloatArray, Measured, UndefinedError
from refalt.stats.metric import Metric
from refalt.stats.resampling import bootstrap, dense_codes, draw_clusters, jackknife, jackknife_error

Method = Literal["percentile", "jackknife", "delong", "none"]


@dataclass(frozen=True)
class Difference:
    """First score minus second on one metric.

    Attributes:
        value: the difference; NaN with a reason where either has nothing to measure.
        lower, upper: limits; NaN with a reason where withheld.
        p_value: two-sided, of no difference; NaN where withheld.
        standard_error: of the difference; NaN where withheld.
        method: how the limits were made.
        level: intended coverage.
        n: rows.
        n_clusters: clusters that hold rows.
        reason: why something is NaN; None when nothing is.
    """

    value: float
    lower: float
    upper: float
    p_value: float
    standard_error: float
    method: Method
    level: float
    n: int
    n_clusters: int
    reason: str | None = None


@dataclass(frozen=True)
class CorrelationTest:
    """A test of two correlations that share a variable: statistic, degrees of freedom (inf: normal), two-sided p."""

    statistic: float
    df: float
    p_value: float
    reason: str | None = None


@dataclass(frozen=True)
class Spread:
    """Limits and p-value of a difference, before they meet its value."""

    lower: float
    upper: float
    p_value: float
    standard_error: float
    method: Method


@dataclass(frozen=True, eq=False)
class Resampled:
    """One score where it is compared: made once, it can be held against any other score of the same rows.

    Attributes:
        value: the metric on all rows.
        values: without each cluster in turn (jackknife), or in each resample (percentile); empty where there is none.
        method: which of the two.
        n: rows.
        n_clusters: clusters that hold rows.
    """

    value: Measured
    values: FloatArray
    method: Method
    n: int
    n_clusters: int


def resampled(
    metric: Metric,
    target: ArrayLike,
    score: ArrayLike,
    cluster: ArrayLike,
    *,
    rng: np.random.Generator,
    resamples: int = 2000,
) -> Resampled:
    """The metric with what its spread is taken from; generators in one state give all scores the same draws."""
    codes = dense_codes(cluster)
    n_clusters = int(codes.max(initial=-1)) + 1
    value = metric.function(target, score)
    values: FloatArray = np.empty(0)
    method: Method = "none"
    if value.reason is None and MIN_CLUSTERS <= n_clusters < BOOTSTRAP_CLUSTERS:
        values, method = jackknife(metric, target, score, codes), "jackknife"
    elif value.reason is None and n_clusters >= BOOTSTRAP_CLUSTERS:
        draws = draw_clusters(n_clusters, resamples=resamples, rng=rng)
        values, method = bootstrap(metric, target, score, codes, draws=draws), "percentile"
    return Resampled(value, values, method, codes.size, n_clusters)


def difference_between(one: Resampled, other: Resampled, *, level: float = 0.95) -> Difference:
    """First minus second, both on the same rows and draws (see `paired_difference`)."""
    value = one.value.value - other.value.value
    try:
        for outcome in (one.value, other.value):
            if outcome.reason:
                raise UndefinedError(outcome.reason)
        require_clusters(one.n_clusters)
        apart = one.values - other.values
        jackknifed = one.method == "jackknife"
        spread = _jackknife_spread(value, apart, level) if jackknifed else _bootstrap_spread(apart, level)
    except UndefinedError as reason:
        return withheld(value, level, one.n, one.n_clusters, str(reason))
    return difference_of(value, spread, level, one.n, one.n_clusters)


def paired_difference(
    metric: Metric,
    target: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    cluster: ArrayLike,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    resamples: int = 2000,
) -> Difference:
    """Difference of one metric between two scores of the same rows, both scores meeting the same clusters each time.

    From `BOOTSTRAP_CLUSTERS` clusters on by the bootstrap (p: twice the smaller share of resamples on one side of 0,
    each share counted with the observation); from `MIN_CLUSTERS` by the jackknife of the difference with t(G - 1).
    """
    again = copy.deepcopy(rng)
    one, other = (
        resampled(metric, target, score, cluster, rng=state, resamples=resamples)
        for score, state in ((first, again), (second, rng))
    )
    return difference_between(one, other, level=level)


#: Above this both formulas divide what rounding left of nothing.
SAME_SCORE = 1 - 1e-9


def williams(r_first: float, r_second: float, r_between: float, n: float) -> CorrelationTest:
    """Williams' t of two correlations with one variable in common (Williams 1959, as given by Steiger 1980).

    Args:
        r_first: effect with the first score.
        r_second: effect with the second score.
        r_between: first score with second score.
        n: independent rows.
    """
    from scipy.special import stdtr

    reason = _unusable(r_first, r_second, r_between, n)
    if reason:
        return CorrelationTest(math.nan, math.nan, math.nan, reason)
    determinant = 1 - r_first**2 - r_second**2 - r_between**2 + 2 * r_first * r_second * r_between
    middle = (r_first + r_second) / 2
    below = 2 * (n - 1) / (n - 3) * determinant + middle**2 * (1 - r_between) ** 3
    statistic = (r_first - r_second) * math.sqrt((n - 1) * (1 + r_between) / below)
    return CorrelationTest(statistic, n - 3, 2 * float(stdtr(n - 3, -abs(statistic))))


def steiger(r_first: float, r_second: float, r_between: float, n: float) -> CorrelationTest:
    """Steiger's z (1980): Dunn and Clark's difference of Fisher z with the covariance at the mean correlation.

    Arguments as in `williams`.
    """
    from scipy.special import ndtr

    reason = _unusable(r_first, r_second, r_between, n)
    if reason:
        return CorrelationTest(math.nan, math.nan, math.nan, reason)
    square = ((r_first + r_second) / 2) ** 2
    shared = r_between * (1 - 2 * square) - square * (1 - 2 * square - r_between**2) / 2
    covariance = shared / (1 - square) ** 2
    apart = math.atanh(r_first) - math.atanh(r_second)
    statistic = apart * math.sqrt((n - 3) / (2 - 2 * covariance))
    return CorrelationTest(statistic, math.inf, 2 * float(ndtr(-abs(statistic))))


def require_clusters(n_clusters: int) -> None:
    """Raise UndefinedError under `MIN_CLUSTERS` clusters."""
    if n_clusters < MIN_CLUSTERS:
        raise UndefinedError(f"{n_clusters} clusters: no interval under {MIN_CLUSTERS}")


def _unusable(r_first: float, r_second: float, r_between: float, n: float) -> str | None:
    if not all(-1 < r < 1 for r in (r_first, r_second, r_between)):
        return "the test needs three correlations strictly between -1 and 1"
    if r_between > SAME_SCORE:
        return "the two scores are one"
    return None if n > 3 else f"{n:g} rows, more than 3 are needed"


def _jackknife_spread(value: float, left_out: FloatArray, level: float) -> Spread:
    from scipy.special import stdtr, stdtrit

    if np.isnan(left_out).any():
        raise UndefinedError("without one of the clusters there is nothing to measure: no jackknife interval")
    error, df = jackknife_error(value, left_out), left_out.size - 1
    if error == 0:
        raise UndefinedError("the two scores never differ")
    half = float(stdtrit(df, (1 + level) / 2)) * error
    return Spread(value - half, value + half, 2 * float(stdtr(df, -abs(value) / error)), error, "jackknife")


def _bootstrap_spread(values: FloatArray, level: float) -> Spread:
    kept = values[np.isfinite(values)]
    if kept.size < max((1 - MOST_EMPTY_RESAMPLES) * values.size, 2):
        raise UndefinedError(f"{values.size - kept.size} of {values.size} resamples leave nothing to measure")
    if not kept.any():
        raise UndefinedError("the two scores never differ")
    lower, upper = np.quantile(kept, [(1 - level) / 2, (1 + level) / 2])
    beyond = 1 + min(np.count_nonzero(kept <= 0), np.count_nonzero(kept >= 0))
    p_value = min(1.0, 2 * beyond / (kept.size + 1))
    return Spread(float(lower), float(upper), p_value, float(kept.std(ddof=1)), "percentile")


def difference_of(value: float, spread: Spread, level: float, n: int, n_clusters: int) -> Difference:
    """A difference that has its limits."""
    return Difference(
        value,
        spread.lower,
        spread.upper,
        spread.p_value,
        spread.standard_error,
        spread.method,
        level,
        n,
        n_clusters,
    )


def withheld(value: float, level: float, n: int, n_clusters: int, reason: str) -> Difference:
    """A difference without limits, and why."""
    nan = math.nan
    return Difference(value, nan, nan, nan, nan, "none", level, n, n_clusters, reason)
