"""Statistics of many resamples at once, from how often each cluster occurs in each of them (interpreted).

A resample by cluster is fully described by one count per cluster, so nothing is ever copied: the rows are sorted once,
and each statistic of each resample follows from the counts. `counts` is a float64 (clusters, resamples) array
throughout, and the statistics return (resamples,) float64, NaN where a resample leaves nothing to measure.

`count_draws`, `spearman`, `auroc`, `auprc`, `cluster_moments` and `cluster_signs` have equal compiled versions in
`kernels`; the two modules agree to rounding, and in what they draw exactly.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from refalt.stats.measured import FloatArray

# SplitMix64 (Steele, Lea and Flood 2014, doi:10.1145/2660193.2660195): the step between states, and the two multipliers
# that turn a state into a word. A word follows from its place alone, so that resamples are drawn side by side.
STEP = 0x9E3779B97F4A7C15
FIRST_MULTIPLIER = 0xBF58476D1CE4E5B9
SECOND_MULTIPLIER = 0x94D049BB133111EB

# Below this share of its own square a variance is rounding: the resample holds one value only.
ROUNDING = 1e-14


class Ladder(NamedTuple):
    """Rows in ascending order of one column.

    Attributes:
        order: (n,) row numbers.
        cluster: (n,) int32, the cluster of each row in that order.
        last: (n,) bool, whether the row ends a run of equal values.
        step: (n,) int32, in the original order of rows: which distinct value the row has, from 0.
    """

    order: NDArray[np.int64]
    cluster: NDArray[np.int32]
    last: NDArray[np.bool_]
    step: NDArray[np.int32]


def ladder(column: FloatArray, cluster: NDArray[np.int32]) -> Ladder:
    """Sort rows by `column`, n > 0."""
    order = np.argsort(column)
    ascending = column[order]
    last = np.concatenate((ascending[1:] != ascending[:-1], [True]))
    step = np.empty(column.size, dtype=np.int32)
    step[order] = np.concatenate(([0], np.cumsum(last)[:-1]))
    return Ladder(order, cluster[order], last, step)


def count_draws(seed: int, n_clusters: int, lanes: int) -> FloatArray:
    """Draw `n_clusters` clusters with replacement, `lanes` times, and count how often each occurs: (clusters, lanes).

    Each half h of a 64-bit word gives the cluster (h * n_clusters) >> 32, which no cluster gains or loses by more than
    n_clusters / 2^32 of its chance.

    Args:
        seed: of this batch, under 2^64.
        n_clusters: drawn from, under 2^31.
        lanes: resamples.
    """
    n_words = -(-n_clusters // 2)
    places = np.arange(1, lanes * n_words + 1, dtype=np.uint64).reshape(lanes, n_words)
    words = _mixed(np.uint64(seed) + places * np.uint64(STEP))
    halves = np.concatenate((words >> np.uint64(32), words & np.uint64(0xFFFFFFFF)), axis=1)[:, :n_clusters]
    drawn = ((halves * np.uint64(n_clusters)) >> np.uint64(32)).astype(np.int64)
    drawn += np.arange(lanes)[:, None] * n_clusters
    return np.bincount(drawn.ravel(), minlength=lanes * n_clusters).reshape(lanes, n_clusters).T.astype(np.float64)


def _mixed(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    state = (state ^ (state >> np.uint64(30))) * np.uint64(FIRST_MULTIPLIER)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(SECOND_MULTIPLIER)
    return state ^ (state >> np.uint64(31))


def spearman(
    counts: FloatArray,
    cluster_by_score: NDArray[np.int32],
    last_by_score: NDArray[np.bool_],
    target_step: NDArray[np.int32],
    cluster_by_target: NDArray[np.int32],
    last_by_target: NDArray[np.bool_],
) -> FloatArray:
    """Spearman's rho with both columns ranked anew in each resample.

    A step of ties that holds h rows with c rows below it has mid-rank c + (h + 1)/2; doubled and centred on the mean
    rank this is 2c + h - N.

    Args:
        counts: how often each cluster occurs in each resample.
        cluster_by_score: cluster of each row, rows in order of score.
        last_by_score: whether a row ends a run of equal scores.
        target_step: which distinct target each row has, rows in order of score.
        cluster_by_target: cluster of each row, rows in order of target.
        last_by_target: whether a row ends a run of equal targets.
    """
    held, target_ranks = _held_and_ranks(counts[cluster_by_target], last_by_target)
    target_square = (held * target_ranks**2).sum(axis=0)
    rows = counts[cluster_by_score]
    held, score_ranks = _held_and_ranks(rows, last_by_score)
    score_square = (held * score_ranks**2).sum(axis=0)
    together = np.add.reduceat(rows * target_ranks[target_step], _starts(last_by_score), axis=0)
    cube = ROUNDING * held.sum(axis=0) ** 3
    varied = (target_square > cube) & (score_square > cube)
    return _ratio((together * score_ranks).sum(axis=0), np.sqrt(target_square * score_square), varied)


def auroc(
    counts: FloatArray,
    cluster: NDArray[np.int32],
    last: NDArray[np.bool_],
    positive: NDArray[np.bool_],
) -> FloatArray:
    """Area under the ROC curve, ties counted half. Rows in ascending order of score."""
    positives, negatives = _by_class(counts[cluster], last, positive)
    below = np.cumsum(negatives, axis=0) - negatives / 2
    pairs = positives.sum(axis=0) * negatives.sum(axis=0)
    return _ratio((positives * below).sum(axis=0), pairs, pairs > 0)


def auprc(
    counts: FloatArray,
    cluster: NDArray[np.int32],
    last: NDArray[np.bool_],
    positive: NDArray[np.bool_],
) -> FloatArray:
    """Average precision. Rows in *descending* order of score."""
    positives, negatives = _by_class(counts[cluster], last, positive)
    found = np.cumsum(positives, axis=0)
    reached = found + np.cumsum(negatives, axis=0)
    precision = _ratio(found, reached, reached > 0, otherwise=0.0)
    both = (found[-1] > 0) & (reached[-1] > found[-1])
    return _ratio((positives * precision).sum(axis=0), found[-1], both)


def pearson(counts: FloatArray, moments: FloatArray) -> FloatArray:
    """Pearson's r from `cluster_moments`."""
    together, target_square, score_square, varied = _spread(counts, moments)
    return np.clip(_ratio(together, np.sqrt(target_square * score_square), varied), -1, 1)


def slope(counts: FloatArray, moments: FloatArray) -> FloatArray:
    """Least-squares slope of target on score, in the units `cluster_moments` was given."""
    together, _, score_square, varied = _spread(counts, moments)
    return _ratio(together, score_square, varied)


def share(counts: FloatArray, sums: FloatArray) -> FloatArray:
    """A share from (2, clusters) sums, such as `cluster_signs`: rows that count for it, rows that count at all."""
    hits, held = sums @ counts
    return _ratio(hits, held, held > 0)


def cluster_moments(target: FloatArray, score: FloatArray, cluster: NDArray[np.int32], n_clusters: int) -> FloatArray:
    """Sums of 1, t, s, tt, ss, ts over the rows of each cluster: (6, clusters)."""
    terms = (None, target, score, target * target, score * score, target * score)
    return np.array([np.bincount(cluster, weights=term, minlength=n_clusters) for term in terms], dtype=np.float64)


def cluster_signs(target: FloatArray, score: FloatArray, cluster: NDArray[np.int32], n_clusters: int) -> FloatArray:
    """Rows of each cluster where target and score have the same sign, and where neither is zero: (2, clusters)."""
    signed = (target != 0) & (score != 0)
    agree = signed & ((target > 0) == (score > 0))
    sums = (np.bincount(cluster[kept], minlength=n_clusters) for kept in (agree, signed))
    return np.array(list(sums), dtype=np.float64)


def _spread(counts: FloatArray, moments: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, NDArray[np.bool_]]:
    held, target, score, target_raw, score_raw, together = moments @ counts
    held = np.maximum(held, np.finfo(np.float64).tiny)
    target_square = np.maximum(target_raw - target * target / held, 0)
    score_square = np.maximum(score_raw - score * score / held, 0)
    varied = (target_square > ROUNDING * target_raw) & (score_square > ROUNDING * score_raw)
    return together - target * score / held, target_square, score_square, varied


def _held_and_ranks(rows: FloatArray, last: NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
    held = np.add.reduceat(rows, _starts(last), axis=0)
    reached = np.cumsum(held, axis=0)
    return held, 2 * reached - held - reached[-1]


def _by_class(rows: FloatArray, last: NDArray[np.bool_], positive: NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
    starts, labels = _starts(last), positive[:, None]
    return np.add.reduceat(rows * labels, starts, axis=0), np.add.reduceat(rows * ~labels, starts, axis=0)


def _starts(last: NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.concatenate(([0], np.flatnonzero(last[:-1]) + 1))


def _ratio(
    above: FloatArray, below: FloatArray, defined: NDArray[np.bool_], *, otherwise: float = np.nan
) -> FloatArray:
    ratio: FloatArray = np.divide(above, below, out=np.full(above.shape, otherwise), where=defined)
    return ratio
