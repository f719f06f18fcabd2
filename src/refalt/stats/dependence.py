"""How many independent rows a table of dependent ones is worth.

Rows of one cluster resemble one another by the intraclass correlation; means and correlations of such rows vary as
those of a smaller, independent sample would. Two average cluster sizes are in use for unequal clusters: the size seen
by a row (sum n^2 / N, after Kish), which is what a mean needs, and the n0 of the one-way analysis of variance.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from refalt.stats.measured import (
    FloatArray,
    UndefinedError,
    column_of,
    is_constant,
    measured,
    require_finite,
    scaled_deviations,
)
from refalt.stats.resampling import cluster_codes

SizeRule = Literal["kish", "anova"]


class _Split(NamedTuple):
    """One-way analysis of variance: sums of squares in one unit, and the sizes of clusters that hold rows."""

    between: float
    within: float
    sizes: FloatArray


@measured
def eta_squared(values: ArrayLike, cluster: ArrayLike) -> float:
    """Share of the variance that lies between clusters (sum of squares between / total)."""
    split = _split(values, cluster)
    if split.sizes.size < 2:
        raise UndefinedError("one cluster: nothing lies between clusters")
    return split.between / (split.between + split.within)


@measured
def intraclass_correlation(values: ArrayLike, cluster: ArrayLike) -> float:
    """ICC(1) of the one-way random-effects model, (MSB - MSW) / (MSB + (n0 - 1) MSW); it can be negative."""
    return _icc(_split(values, cluster))


@measured
def mean_cluster_size(cluster: ArrayLike, *, rule: SizeRule) -> float:
    """Average cluster size: "kish", sum n^2 / N; "anova", n0 = (N - sum n^2 / N) / (G - 1)."""
    return _mean_size(_sizes(cluster), rule)


@measured
def effective_n(values: ArrayLike, cluster: ArrayLike, *, rule: SizeRule) -> float:
    """Independent rows that would give the mean of `values` the same precision: N / (1 + (size - 1) ICC).

    A negative ICC counts as 0, so that dependence never adds rows.
    """
    split = _split(values, cluster)
    return float(split.sizes.sum()) / (1 + (_mean_size(split.sizes, rule) - 1) * max(_icc(split), 0.0))


@measured
def correlation_design_effect(target: ArrayLike, score: ArrayLike, cluster: ArrayLike) -> float:
    """Factor by which clustering inflates the variance of a correlation near zero.

    1 + (sum n^2 / N - 1) ICC_x ICC_y: both columns must resemble within clusters for it to matter. Negative ICCs count
    as 0. N divided by it is the effective n of the correlation.
    """
    splits = _split(target, cluster), _split(score, cluster)
    first, second = (max(_icc(split), 0.0) for split in splits)
    return 1 + (_mean_size(splits[0].sizes, "kish") - 1) * first * second


def _split(values: ArrayLike, cluster: ArrayLike) -> _Split:
    column, codes = column_of(values), cluster_codes(cluster)
    if column.size != codes.size:
        raise ValueError(f"{column.size} values, but {codes.size} cluster codes")
    require_finite("values", column)
    if is_constant(column):
        raise UndefinedError("all values are equal: there is no variance to divide")
    held = np.bincount(codes)
    deviations = scaled_deviations(column)[0]
    sums = np.bincount(codes, weights=deviations)[held > 0]
    sizes = held[held > 0].astype(np.float64)
    between = float((sums**2 / sizes).sum())
    return _Split(between, max(float((deviations**2).sum()) - between, 0.0), sizes)


def _icc(split: _Split) -> float:
    n_clusters, n = split.sizes.size, float(split.sizes.sum())
    if n_clusters < 2 or n <= n_clusters:
        raise UndefinedError(f"{n:g} rows in {n_clusters} clusters: within and between cannot be told apart")
    mean_between, mean_within = split.between / (n_clusters - 1), split.within / (n - n_clusters)
    size = _mean_size(split.sizes, "anova")
    return (mean_between - mean_within) / (mean_between + (size - 1) * mean_within)


def _mean_size(sizes: FloatArray, rule: SizeRule) -> float:
    n = float(sizes.sum())
    if sizes.size < (2 if rule == "anova" else 1):
        raise UndefinedError(f"{sizes.size} clusters hold rows: no average size by the rule {rule!r}")
    seen_by_row = float((sizes**2).sum()) / n
    return seen_by_row if rule == "kish" else (n - seen_by_row) / (sizes.size - 1)


def _sizes(cluster: ArrayLike) -> FloatArray:
    sizes = np.bincount(cluster_codes(cluster))
    return sizes[sizes > 0].astype(np.float64)
