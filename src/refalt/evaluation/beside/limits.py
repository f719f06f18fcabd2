"""Intervals for what is made of several statistics of the same rows, from counts of clusters."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from refalt.evaluation.labels import Floats
from refalt.stats.intervals import BOOTSTRAP_CLUSTERS, MIN_CLUSTERS, MOST_EMPTY_RESAMPLES, Interval
from refalt.stats.measured import Measured
from refalt.stats.resampling import LANES, draw_clusters, jackknife_error

#: (clusters, resamples) counts to (resamples,) values.
Statistic = Callable[[Floats], Floats]


def interval_of_counts(
    value: Measured,
    statistic: Statistic,
    n_clusters: int,
    *,
    n: int,
    rng: np.random.Generator,
    level: float,
    resamples: int,
) -> Interval:
    """As `stats.intervals.cluster_interval`, for any function of the counts of clusters.

    The percentile bootstrap from `BOOTSTRAP_CLUSTERS` on, the jackknife with t(G - 1) from `MIN_CLUSTERS`, none below.

    Args:
        value: On all rows.
        statistic: The value in each of several resamples, from how often each holds each cluster.
        n_clusters: Clusters.
        n: Rows.
        rng: Source of the resamples.
        level: Coverage.
        resamples: Bootstrap resamples.
    """
    if value.reason is not None:
        return _none(value.value, value.reason, level, n, n_clusters)
    if n_clusters < MIN_CLUSTERS:
        return _none(value.value, f"{n_clusters} clusters: no interval under {MIN_CLUSTERS}", level, n, n_clusters)
    if n_clusters < BOOTSTRAP_CLUSTERS:
        return _by_jackknife(value.value, statistic(1 - np.eye(n_clusters)), level, n)
    draws = draw_clusters(n_clusters, resamples=resamples, rng=rng)
    values = np.concatenate([statistic(draws.batch(index)) for index in range(-(-resamples // LANES))])
    kept = values[np.isfinite(values)]
    if kept.size < max((1 - MOST_EMPTY_RESAMPLES) * values.size, 2):
        reason = f"{values.size - kept.size} of {values.size} resamples leave nothing to measure"
        return _none(value.value, reason, level, n, n_clusters)
    if kept.min() == kept.max():
        return _none(value.value, f"every resample gives {kept[0]:g}", level, n, n_clusters)
    lower, upper = np.quantile(kept, [(1 - level) / 2, (1 + level) / 2])
    error = float(kept.std(ddof=1))
    return Interval(value.value, float(lower), float(upper), "percentile", level, error, n, n_clusters)


def _by_jackknife(value: float, left_out: Floats, level: float, n: int) -> Interval:
    from scipy.special import stdtrit

    if not np.isfinite(left_out).all():
        reason = "without one of the clusters there is nothing to measure: no jackknife interval"
        return _none(value, reason, level, n, left_out.size)
    error = jackknife_error(value, left_out)
    if error == 0:
        return _none(value, f"without any one cluster it is {value:g}", level, n, left_out.size)
    half = float(stdtrit(left_out.size - 1, (1 + level) / 2)) * error
    return Interval(value, value - half, value + half, "jackknife", level, error, n, left_out.size)


def _none(value: float, reason: str, level: float, n: int, n_clusters: int) -> Interval:
    nan = math.nan
    return Interval(value, nan, nan, "none", level, nan, n, n_clusters, reason)
