"""A metric on given rows, made ready to be evaluated from cluster counts: sorted or summed by cluster, once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType, ModuleType
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from refalt.stats import association, classification, counted
from refalt.stats.classification import require_labels
from refalt.stats.measured import FloatArray, paired_rows
from refalt.stats.metric import Metric, Statistic

# From here on one bootstrap of 2,000 resamples costs more interpreted than loading numba does.
COMPILED_FROM_ROWS = 5_000

# (clusters, resamples) float64 counts to (resamples,) float64 values.
CountedStatistic = Callable[[FloatArray], FloatArray]


class Clustered(NamedTuple):
    """Usable rows and the cluster of each: (n,) columns."""

    target: FloatArray
    score: FloatArray
    cluster: NDArray[np.int32]
    n_clusters: int


def counted_statistic(
    metric: Metric,
    target: ArrayLike,
    score: ArrayLike,
    cluster: NDArray[np.int32],
    *,
    n_clusters: int,
    weights: ArrayLike | None = None,
) -> CountedStatistic:
    """Prepare `metric` on these rows. A metric unknown here is evaluated resample by resample with row weights.

    Raises:
        ValueError: the columns differ in length.
        UndefinedError: a column holds NaN or infinity, or a label other than 0 and 1.
    """
    rows = paired_rows(target, score, None, minimum=1)
    if rows.target.size != cluster.size:
        raise ValueError(f"{rows.target.size} rows, but {cluster.size} cluster codes")
    if weights is not None:
        own = np.arange(cluster.size, dtype=np.int32)
        by_row = counted_statistic(metric, rows.target, rows.score, own, n_clusters=own.size)
        row_weights = paired_rows(weights, rows.target, None, minimum=1).target[:, None]
        return lambda counts: by_row(counts[cluster] * row_weights)
    prepare = _PREPARATIONS.get(metric.function)
    if prepare is not None:
        return prepare(Clustered(rows.target, rows.score, cluster, n_clusters))
    return lambda counts: np.array([metric.function(*rows[:2], weights=column[cluster]).value for column in counts.T])


def _spearman(rows: Clustered) -> CountedStatistic:
    by_target, by_score = counted.ladder(rows.target, rows.cluster), counted.ladder(rows.score, rows.cluster)
    steps = by_target.step[by_score.order]
    module = array_module(compiled=rows.target.size >= COMPILED_FROM_ROWS)
    return lambda counts: module.spearman(
        counts, by_score.cluster, by_score.last, steps, by_target.cluster, by_target.last
    )


def _auroc(rows: Clustered) -> CountedStatistic:
    ascending = counted.ladder(rows.score, rows.cluster)
    positive = _positives(rows.target)[ascending.order]
    module = array_module(compiled=rows.target.size >= COMPILED_FROM_ROWS)
    return lambda counts: module.auroc(counts, ascending.cluster, ascending.last, positive)


def _auprc(rows: Clustered) -> CountedStatistic:
    descending = counted.ladder(-rows.score, rows.cluster)
    positive = _positives(rows.target)[descending.order]
    module = array_module(compiled=rows.target.size >= COMPILED_FROM_ROWS)
    return lambda counts: module.auprc(counts, descending.cluster, descending.last, positive)


def _pearson(rows: Clustered) -> CountedStatistic:
    moments = counted.cluster_moments(_centred(rows.target)[0], _centred(rows.score)[0], rows.cluster, rows.n_clusters)
    return lambda counts: counted.pearson(counts, moments)


def _slope(rows: Clustered) -> CountedStatistic:
    (effect, effect_unit), (said, score_unit) = _centred(rows.target), _centred(rows.score)
    moments = counted.cluster_moments(effect, said, rows.cluster, rows.n_clusters)
    return lambda counts: counted.slope(counts, moments) * (effect_unit / score_unit)


def _concordance(rows: Clustered) -> CountedStatistic:
    signed = (rows.target != 0) & (rows.score != 0)
    agree = signed & ((rows.target > 0) == (rows.score > 0))
    sums = np.array(
        [np.bincount(rows.cluster[kept], minlength=rows.n_clusters) for kept in (agree, signed)], np.float64
    )
    return lambda counts: counted.share(counts, sums)


def _centred(column: FloatArray) -> tuple[FloatArray, float]:
    """The column in units of its largest distance from the median, and that unit.

    Sums of squares lose digits in a resample that lacks an outlier unless they are taken about the bulk of the rows.
    """
    away = column - np.median(column)
    unit = float(np.abs(away).max()) or 1.0
    return away / unit, unit


def _positives(labels: FloatArray) -> NDArray[np.bool_]:
    require_labels(labels, both=False)
    positive: NDArray[np.bool_] = labels == 1
    return positive


def array_module(*, compiled: bool) -> ModuleType:
    """`kernels` or its interpreted equal; numba is not loaded before the compiled one is asked for."""
    if not compiled:
        return counted
    from refalt.stats import kernels

    return kernels


_PREPARATIONS: Mapping[Statistic, Callable[[Clustered], CountedStatistic]] = MappingProxyType(
    {
        association.spearman: _spearman,
        association.pearson: _pearson,
        association.calibration_slope: _slope,
        association.sign_concordance: _concordance,
        classification.auroc: _auroc,
        classification.auprc: _auprc,
    }
)
