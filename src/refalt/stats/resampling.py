"""Bootstrap and jackknife by cluster, every metric evaluated from cluster counts alone.

Resampling whole clusters keeps the dependence of rows within them; each resample is a count per cluster, and the exact
statistic of that resample (scores and effects ranked anew) is computed from the counts, never from copied rows.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from refalt.stats.measured import FloatArray, UndefinedError
from refalt.stats.metric import Metric
from refalt.stats.prepared import (
    COMPILED_FROM_ROWS,
    CountedStatistic,
    array_module,
    counted_statistic,
    pays_for_threads,
)

# Resamples evaluated side by side: wide enough to vectorise, narrow enough for ranks to stay near the processor.
LANES = 32
# More threads than this only compete for memory.
MOST_THREADS = 8
# Enough for threads to end together, few enough for handing them out to cost nothing.
SHARES_OF_A_THREAD = 4


@dataclass(frozen=True)
class ClusterDraws:
    """Which clusters each resample holds: kept as seeds, so that several scores can meet the same draws.

    Attributes:
        n_clusters: clusters drawn from, and drawn with replacement in each resample.
        n_resamples: how many resamples.
        seeds: one per batch of `LANES` resamples.
    """

    n_clusters: int
    n_resamples: int
    seeds: tuple[int, ...]

    def batch(self, index: int, *, compiled: bool = False) -> FloatArray:
        """How often each cluster occurs in each resample of a batch: (clusters, resamples of the batch) float64."""
        lanes = min(LANES, self.n_resamples - index * LANES)
        counts: FloatArray = array_module(compiled=compiled).count_draws(self.seeds[index], self.n_clusters, lanes)
        return counts


def draw_clusters(n_clusters: int, *, resamples: int, rng: np.random.Generator) -> ClusterDraws:
    """Decide on `resamples` draws of `n_clusters` clusters out of `n_clusters`, with replacement."""
    seeds = rng.integers(0, 2**63, size=-(-resamples // LANES))
    return ClusterDraws(n_clusters, resamples, tuple(seeds.tolist()))


def bootstrap(
    metric: Metric,
    target: ArrayLike,
    score: ArrayLike,
    cluster: ArrayLike,
    *,
    draws: ClusterDraws,
    weights: ArrayLike | None = None,
) -> FloatArray:
    """The metric in each resample of `draws`.

    Returns:
        (resamples,) float64; NaN where a resample leaves nothing to measure (one class, one value), and everywhere
        when the rows themselves cannot be used.
    """
    codes = cluster_codes(cluster, draws.n_clusters)
    try:
        statistic = counted_statistic(metric, target, score, codes, n_clusters=draws.n_clusters, weights=weights)
    except UndefinedError:
        return np.full(draws.n_resamples, np.nan)
    batch = partial(draws.batch, compiled=codes.size >= COMPILED_FROM_ROWS)
    threads = pays_for_threads(metric, codes.size, draws.n_clusters, weighted=weights is not None)
    return _over_batches(statistic, batch, len(draws.seeds), threads=threads)


def jackknife(
    metric: Metric, target: ArrayLike, score: ArrayLike, cluster: ArrayLike, *, weights: ArrayLike | None = None
) -> FloatArray:
    """The metric without each cluster in turn: (clusters,) float64, NaN where nothing is left to measure."""
    codes = cluster_codes(cluster)
    n_clusters = int(codes.max(initial=-1)) + 1

    def without(index: int) -> FloatArray:
        left_out = np.arange(index * LANES, min((index + 1) * LANES, n_clusters))
        counts = np.ones((n_clusters, left_out.size))
        counts[left_out, np.arange(left_out.size)] = 0
        return counts

    try:
        statistic = counted_statistic(metric, target, score, codes, n_clusters=n_clusters, weights=weights)
    except UndefinedError:
        return np.full(n_clusters, np.nan)
    threads = pays_for_threads(metric, codes.size, n_clusters, weighted=weights is not None)
    return _over_batches(statistic, without, -(-n_clusters // LANES), threads=threads)


def cluster_codes(cluster: ArrayLike, n_clusters: int | None = None) -> NDArray[np.int32]:
    """Cluster codes as int32.

    Raises:
        ValueError: codes are not integers from 0 (to `n_clusters` - 1 where given).
    """
    codes = np.asarray(cluster)
    if codes.ndim != 1 or not np.issubdtype(codes.dtype, np.integer):
        raise ValueError(f"cluster codes are a column of integers, got {codes.dtype} of shape {codes.shape}")
    if codes.size and (codes.min() < 0 or (n_clusters is not None and codes.max() >= n_clusters)):
        raise ValueError(f"cluster codes run from 0 to {n_clusters or 'G'} - 1: {codes.min()} to {codes.max()}")
    return codes.astype(np.int32)


def dense_codes(cluster: ArrayLike, weights: ArrayLike | None = None) -> NDArray[np.int32]:
    """Cluster codes renumbered so that each of them holds a row (of positive weight)."""
    codes = cluster_codes(cluster)
    held = codes if weights is None else codes[np.asarray(weights) > 0]
    present = np.unique(held)
    return np.minimum(np.searchsorted(present, codes), max(present.size - 1, 0)).astype(np.int32)


def jackknife_error(value: float, left_out: FloatArray) -> float:
    """Standard error from leave-one-cluster-out values.

    About the estimate itself rather than the mean of the values: never smaller, and safer for unequal clusters.
    """
    n_clusters = left_out.size
    return math.sqrt((n_clusters - 1) / n_clusters * float(((left_out - value) ** 2).sum()))


def _over_batches(
    statistic: CountedStatistic, batch: Callable[[int], FloatArray], n_batches: int, *, threads: bool
) -> FloatArray:
    """Evaluate batch after batch; the answer does not depend on how many threads do it."""
    if n_batches == 0:
        return np.empty(0)
    n_threads = min(os.cpu_count() or 1, MOST_THREADS, n_batches) if threads else 1
    if n_threads == 1:
        return np.concatenate([statistic(batch(index)) for index in range(n_batches)])
    shares = np.array_split(np.arange(n_batches), min(SHARES_OF_A_THREAD * n_threads, n_batches))
    with ThreadPoolExecutor(n_threads) as pool:
        parts = pool.map(lambda share: [statistic(batch(int(index))) for index in share], shares)
        return np.concatenate([values for part in parts for values in part])
