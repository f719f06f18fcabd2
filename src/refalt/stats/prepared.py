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
# A batch of resamples of fewer steps is done before another thread has taken it up.
THREADS_FROM_STEPS = 5_000
# Rows whose median stands for the bulk of a column.
ROWS_FOR_CENTRE = 1_000

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


def pays_for_threads(metric: Metric, n_rows: int, n_clusters: int, *, weighted: bool) -> bool:
    """Whether a batch of resamples is work enough: a walk over the rows, or over clusters where sums stand for rows."""
    by_sums = metric.function in _BY_SUMS and not weighted
    return (n_clusters if by_sums else n_rows) >= THREADS_FROM_STEPS


def _spearman(rows: Clustered) -> CountedStatistic:
    by_target, by_score = counted.ladder(rows.target, rows.cluster), counted.ladder(rows.score, rows.cluster)
    steps = by_target.step[by_score.order]
    module = _module(rows)
    return lambda counts: module.spearman(
        counts, by_score.cluster, by_score.last, steps, by_target.cluster, by_target.last
    )


def _auroc(rows: Clustered) -> CountedStatistic:
    ascending = counted.ladder(rows.score, rows.cluster)
    positive = _positives(rows.target)[ascending.order]
    module = _module(rows)
    return lambda counts: module.auroc(counts, ascending.cluster, ascending.last, positive)


def _auprc(rows: Clustered) -> CountedStatistic:
    descending = counted.ladder(-rows.score, rows.cluster)
    positive = _positives(rows.target)[descending.order]
    module = _module(rows)
    return lambda counts: module.auprc(counts, descending.cluster, descending.last, positive)


def _pearson(rows: Clustered) -> CountedStatistic:
    moments, _, _ = _moments(rows)
    return lambda counts: counted.pearson(counts, moments)


def _slope(rows: Clustered) -> CountedStatistic:
    moments, effect_unit, score_unit = _moments(rows)
    return lambda counts: counted.slope(counts, moments) * (effect_unit / score_unit)


def _concordance(rows: Clustered) -> CountedStatistic:
    sums = _module(rows).cluster_signs(rows.target, rows.score, rows.cluster, rows.n_clusters)
    return lambda counts: counted.share(counts, sums)


def _moments(rows: Clustered) -> tuple[FloatArray, float, float]:
    """Sums by cluster of both columns as `_centred` leaves them, and their units."""
    (effect, effect_unit), (said, score_unit) = _centred(rows.target), _centred(rows.score)
    moments = _module(rows).cluster_moments(effect, said, rows.cluster, rows.n_clusters)
    return moments, effect_unit, score_unit


def _centred(column: FloatArray) -> tuple[FloatArray, float]:
    """The column in units of its largest distance from the median of some of its rows, and that unit.

    Sums of squares lose digits in a resample that lacks an outlier unless they are taken about the bulk of the rows;
    where exactly in the bulk does not matter.
    """
    away = column - np.median(column[:: 1 + column.size // ROWS_FOR_CENTRE])
    unit = max(float(away.max()), -float(away.min())) or 1.0
    away /= unit
    return away, unit


def _positives(labels: FloatArray) -> NDArray[np.bool_]:
    require_labels(labels, both=False)
    positive: NDArray[np.bool_] = labels == 1
    return positive


def _module(rows: Clustered) -> ModuleType:
    return array_module(compiled=rows.target.size >= COMPILED_FROM_ROWS)


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
_BY_SUMS = (association.pearson, association.calibration_slope, association.sign_concordance)
