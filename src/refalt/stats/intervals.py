"""Intervals for metrics on rows that depend on one another within clusters.

How an interval is made depends on how many clusters there are:

- from `BOOTSTRAP_CLUSTERS` on, the bootstrap over clusters (percentile, or BCa when asked for);
- from `MIN_CLUSTERS` to one fewer, the delete-one-cluster jackknife on the metric's normalising scale (Fisher z,
  logit), with Student's t on G - 1 degrees of freedom;
- under `MIN_CLUSTERS`, none: the value stands, its limits are NaN, and the reason says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from refalt.stats.measured import FloatArray
from refalt.stats.metric import Metric
from refalt.stats.resampling import bootstrap, dense_codes, draw_clusters, jackknife, jackknife_error

# With fewer clusters their spread is itself known so badly (relative standard error of a standard deviation about
# 1 / sqrt(2 (G - 1)), a quarter at G = 10), and one cluster weighs so much, that no method keeps its level.
MIN_CLUSTERS = 10
# With fewer, the jackknife covers what it should and the percentile bootstrap less (benchmarks/interval_coverage.py:
# 0.91 to 0.93 for 0.95 at 60 and 100 clusters of unequal size, BCa 0.88 to 0.93): it takes the normal quantile for
# Student's t, is short by sqrt((G - 1) / G), and does not see how skewed a few large clusters make it.
BOOTSTRAP_CLUSTERS = 300
# Random groups that stand for independent rows: the standard error is then known to 1 / sqrt(2 G), under 2 percent,
# no worse than by 2,000 resamples.
NAIVE_GROUPS = 2_000
# When more resamples than this leave nothing to measure, the rest no longer stand for the sampling distribution.
MOST_EMPTY_RESAMPLES = 0.05

Method = Literal["percentile", "bca", "jackknife", "none"]


@dataclass(frozen=True)
class Interval:
    """A metric with its interval and what it rests on.

    Attributes:
        value: the metric on all rows; NaN with a reason where there was nothing to measure.
        lower, upper: limits; NaN with a reason where they are withheld.
        method: how the limits were made.
        level: intended coverage, for example 0.95.
        standard_error: on the metric's own scale; NaN where the limits are withheld.
        n: rows.
        n_clusters: clusters that hold rows.
        reason: why `value` or the limits are NaN; None when none is.
    """

    value: float
    lower: float
    upper: float
    method: Method
    level: float
    standard_error: float
    n: int
    n_clusters: int
    reason: str | None = None


Scale = Literal["fisher_z", "logit"]


@dataclass(frozen=True)
class Limits:
    """Where an interval ends, before it meets its value; NaN with a reason where it is withheld."""

    lower: float = math.nan
    upper: float = math.nan
    standard_error: float = math.nan
    method: Method = "none"
    reason: str | None = None


def cluster_interval(
    metric: Metric,
    target: ArrayLike,
    score: ArrayLike,
    cluster: ArrayLike,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    resamples: int = 2000,
    bootstrap_method: Literal["percentile", "bca"] = "percentile",
    weights: ArrayLike | None = None,
) -> Interval:
    """The metric with an interval that treats clusters, not rows, as the independent units.

    Args:
        metric: what to estimate.
        target: (n,) effects minus their null, or labels 0 and 1 (see `Metric.needs`).
        score: (n,) scores.
        cluster: (n,) integer codes; codes that hold no row are not counted.
        rng: source of the resamples; not touched by the jackknife.
        level: coverage of the interval.
        resamples: bootstrap resamples.
        bootstrap_method: how the bootstrap is read.
        weights: (n,) row counts.
    """
    codes = dense_codes(cluster, weights)
    n_clusters = int(codes.max(initial=-1)) + 1
    value = metric.function(target, score, weights=weights)
    n = codes.size if weights is None else int(np.count_nonzero(weights))
    if value.reason is not None:
        limits = Limits(reason=value.reason)
    elif n_clusters < MIN_CLUSTERS:
        limits = Limits(reason=f"{n_clusters} clusters: no interval under {MIN_CLUSTERS}")
    elif n_clusters < BOOTSTRAP_CLUSTERS:
        left_out = jackknife(metric, target, score, codes, weights=weights)
        limits = jackknife_limits(value.value, left_out, level, scale=metric.scale_transform)
    else:
        draws = draw_clusters(n_clusters, resamples=resamples, rng=rng)
        values = bootstrap(metric, target, score, codes, draws=draws, weights=weights)
        correction = (0.0, 0.0)
        if bootstrap_method == "bca":
            left_out = jackknife(metric, target, score, codes, weights=weights)
            correction = _bias_and_acceleration(value.value, values, left_out)
        limits = bootstrap_limits(values, level, method=bootstrap_method, correction=correction)
    return Interval(
        value.value,
        limits.lower,
        limits.upper,
        limits.method,
        level,
        limits.standard_error,
        n,
        n_clusters,
        limits.reason,
    )


def naive_interval(
    metric: Metric,
    target: ArrayLike,
    score: ArrayLike,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    resamples: int = 2000,
    weights: ArrayLike | None = None,
) -> Interval:
    """The interval that takes every row for independent: what dependence is compared with, never a result.

    Rows are their own clusters up to `NAIVE_GROUPS`, and dealt at random into that many groups beyond: means over
    random groups scatter as independent rows do, and cost less.
    """
    n = np.size(target)
    unit = rng.permutation(n) % NAIVE_GROUPS
    return cluster_interval(metric, target, score, unit, rng=rng, level=level, resamples=resamples, weights=weights)


def jackknife_limits(value: float, left_out: FloatArray, level: float, *, scale: Scale | None) -> Limits:
    """Limits from leave-one-cluster-out values, symmetric on `scale`, with Student's t on G - 1 degrees of freedom."""
    from scipy.special import stdtrit

    if np.isnan(left_out).any():
        return Limits(reason="without one of the clusters there is nothing to measure: no jackknife interval")
    to_scale, from_scale = _SCALES[scale]
    with np.errstate(divide="ignore"):
        centre, spread = to_scale(np.array([value]))[0], to_scale(left_out)
    if not (np.isfinite(centre) and np.isfinite(spread).all()):
        return Limits(reason="the estimate reaches the end of its scale: no jackknife interval")
    if np.ptp(left_out) == 0:
        return Limits(reason=f"without any one cluster it is {left_out[0]:g}: no jackknife interval")
    half = float(stdtrit(left_out.size - 1, (1 + level) / 2)) * jackknife_error(centre, spread)
    lower, upper = from_scale(np.array([centre - half, centre + half]))
    return Limits(float(lower), float(upper), jackknife_error(value, left_out), "jackknife")


def bootstrap_limits(
    values: FloatArray,
    level: float,
    *,
    method: Literal["percentile", "bca"] = "percentile",
    correction: tuple[float, float] = (0.0, 0.0),
) -> Limits:
    """Quantiles of the resamples that have a value, shifted by `correction` (bias, acceleration) for BCa."""
    from scipy.special import ndtr, ndtri

    kept = values[np.isfinite(values)]
    if kept.size < (1 - MOST_EMPTY_RESAMPLES) * values.size or kept.size < 2:
        return Limits(reason=f"{values.size - kept.size} of {values.size} resamples leave nothing to measure")
    if kept.min() == kept.max():
        return Limits(reason=f"every resample gives {kept[0]:g}: the estimate is at the end of its scale")
    if not all(map(math.isfinite, correction)):
        return Limits(reason="without one of the clusters there is nothing to measure: no BCa interval")
    bias, acceleration = correction
    shifted = bias + ndtri([(1 - level) / 2, (1 + level) / 2])
    lower, upper = np.quantile(kept, ndtr(bias + shifted / (1 - acceleration * shifted)))
    return Limits(float(lower), float(upper), float(kept.std(ddof=1)), method)


def _bias_and_acceleration(value: float, values: FloatArray, left_out: FloatArray) -> tuple[float, float]:
    """Efron's z0 (resamples equal to the estimate counted half) and a (skewness of the jackknife values)."""
    from scipy.special import ndtri

    kept = values[np.isfinite(values)]
    below = (np.count_nonzero(kept < value) + np.count_nonzero(kept == value) / 2) / max(kept.size, 1)
    inside = min(max(below, 1 / (kept.size + 1)), 1 - 1 / (kept.size + 1))
    away = left_out.mean() - left_out
    scale = float((away**2).sum()) ** 1.5
    return float(ndtri(inside)), float((away**3).sum()) / (6 * scale) if scale > 0 else math.nan


def _logit(share: FloatArray) -> FloatArray:
    return np.log(share) - np.log1p(-share)


def _expit(logit: FloatArray) -> FloatArray:
    return 1 / (1 + np.exp(-logit))


def _same(value: FloatArray) -> FloatArray:
    return value


_Way = tuple[Callable[[FloatArray], FloatArray], Callable[[FloatArray], FloatArray]]
_SCALES: Mapping[Scale | None, _Way] = MappingProxyType(
    {"fisher_z": (np.arctanh, np.tanh), "logit": (_logit, _expit), None: (_same, _same)}
)
