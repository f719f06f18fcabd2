"""Intervals for what is made of several statistics of the same rows, from counts of clusters."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from refalt.evaluation.labels import Floats
from refalt.stats.intervals import (
    BOOTSTRAP_CLUSTERS,
    MIN_CLUSTERS,
    Interval,
    Scale,
    bootstrap_limits,
    jackknife_limits,
)
from refalt.stats.measured import Measured
from refalt.stats.resampling import draw_clusters

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
    scale: Scale | None = None,
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
        scale: Where the jackknife's limits are symmetric.
    """
    if value.reason is not None:
        return _none(value.value, value.reason, level, n, n_clusters)
    if n_clusters < MIN_CLUSTERS:
        return _none(value.value, f"{n_clusters} clusters: no interval under {MIN_CLUSTERS}", level, n, n_clusters)
    if n_clusters < BOOTSTRAP_CLUSTERS:
        limits = jackknife_limits(value.value, statistic(1 - np.eye(n_clusters)), level, scale=scale)
    else:
        draws = draw_clusters(n_clusters, resamples=resamples, rng=rng)
        batches = [statistic(draws.batch(index)) for index in range(len(draws.seeds))]
        limits = bootstrap_limits(np.concatenate(batches), level)
    return Interval(
        value.value, limits.lower, limits.upper, limits.method, level, limits.standard_error, n, n_clusters,
        limits.reason,
    )  # fmt: skip


def _none(value: float, reason: str, level: float, n: int, n_clusters: int) -> Interval:
    nan = math.nan
    return Interval(value, nan, nan, "none", level, nan, n, n_clusters, reason)
