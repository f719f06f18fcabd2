"""The statistics of `counted`, compiled: the same arguments, the same results to rounding.

Each kernel walks the sorted rows once and carries all resamples of a batch side by side, so that the inner loops run
over contiguous memory and vectorise. Import this module only where there are rows enough to pay for numba; the
functions release the interpreter lock, and threads may run them at once.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from refalt.stats.counted import FIRST_MULTIPLIER, ROUNDING, SECOND_MULTIPLIER, STEP
from refalt.stats.measured import FloatArray

# Doubled mid-ranks are integers; single precision holds them exactly below this many rows and halves memory traffic.
EXACT_IN_SINGLE = 2**24


@njit(cache=True, nogil=True)
def _count_draws(seed, n_clusters, lanes):  # type: ignore[no-untyped-def]
    """Words first and counts after: the first loop vectorises, the second only waits for memory."""
    n_words = (n_clusters + 1) // 2
    size = np.uint64(n_clusters)
    drawn = np.empty(2 * n_words, dtype=np.uint32)
    held = np.zeros((lanes, n_clusters), dtype=np.int32)
    for lane in range(lanes):
        state = seed + np.uint64(lane * n_words) * np.uint64(STEP)
        for i in range(n_words):
            word = state + np.uint64(i + 1) * np.uint64(STEP)
            word = (word ^ (word >> np.uint64(30))) * np.uint64(FIRST_MULTIPLIER)
            word = (word ^ (word >> np.uint64(27))) * np.uint64(SECOND_MULTIPLIER)
            word ^= word >> np.uint64(31)
            drawn[i] = ((word >> np.uint64(32)) * size) >> np.uint64(32)
            drawn[n_words + i] = ((word & np.uint64(0xFFFFFFFF)) * size) >> np.uint64(32)
        row = held[lane]
        for i in range(n_clusters):
            row[drawn[i]] += 1
    counts = np.empty((n_clusters, lanes))
    for group in range(n_clusters):
        for lane in range(lanes):
            counts[group, lane] = held[lane, group]
    return counts


def count_draws(seed: int, n_clusters: int, lanes: int) -> FloatArray:
    """See `counted.count_draws`."""
    counts: FloatArray = _count_draws(np.uint64(seed), n_clusters, lanes)
    return counts


@njit(cache=True, nogil=True)
def _sums(target, score, cluster, n_clusters):  # type: ignore[no-untyped-def]
    sums = np.zeros((n_clusters, 6))
    for i in range(cluster.size):
        row = sums[cluster[i]]
        t = target[i]
        s = score[i]
        row[0] += 1.0
        row[1] += t
        row[2] += s
        row[3] += t * t
        row[4] += s * s
        row[5] += t * s
    return sums


def cluster_moments(target: FloatArray, score: FloatArray, cluster: NDArray[np.int32], n_clusters: int) -> FloatArray:
    """See `counted.cluster_moments`."""
    return np.ascontiguousarray(_sums(target, score, cluster, n_clusters).T)


@njit(cache=True, nogil=True)
def cluster_signs(target, score, cluster, n_clusters):  # type: ignore[no-untyped-def]
    """See `counted.cluster_signs`."""
    sums = np.zeros((2, n_clusters))
    for i in range(cluster.size):
        group = cluster[i]
        signed = (target[i] != 0) & (score[i] != 0)
        sums[0, group] += signed & ((target[i] > 0) == (score[i] > 0))
        sums[1, group] += signed
    return sums


def spearman(
    counts: FloatArray,
    cluster_by_score: NDArray[np.int32],
    last_by_score: NDArray[np.bool_],
    target_step: NDArray[np.int32],
    cluster_by_target: NDArray[np.int32],
    last_by_target: NDArray[np.bool_],
) -> FloatArray:
    """See `counted.spearman`."""
    total = np.bincount(cluster_by_score, minlength=counts.shape[0]) @ counts
    whole = bool((counts == np.floor(counts)).all()) and total.max() < EXACT_IN_SINGLE
    steps = int(np.count_nonzero(last_by_target))
    ranks = np.empty((steps, counts.shape[1]), dtype=np.float32 if whole else np.float64)
    target_square = _rank_steps(counts, cluster_by_target, last_by_target, total, ranks)
    rho: FloatArray = _correlate_steps(
        counts, cluster_by_score, last_by_score, target_step, total, ranks, target_square
    )
    return rho


@njit(cache=True, nogil=True)
def _rank_steps(counts, cluster, last, total, ranks):  # type: ignore[no-untyped-def]
    """Fill `ranks` (steps, resamples) with doubled, centred mid-ranks; return their weighted squares."""
    lanes = counts.shape[1]
    below = np.zeros(lanes)
    held = np.zeros(lanes)
    square = np.zeros(lanes)
    step = 0
    for i in range(cluster.size):
        group = cluster[i]
        for k in range(lanes):
            held[k] += counts[group, k]
        if last[i]:
            for k in range(lanes):
                rank = 2 * below[k] + held[k] - total[k]
                ranks[step, k] = rank
                square[k] += held[k] * rank * rank
                below[k] += held[k]
                held[k] = 0.0
            step += 1
    return square


@njit(cache=True, nogil=True)
def _correlate_steps(counts, cluster, last, target_step, total, ranks, target_square):  # type: ignore[no-untyped-def]
    """Rank the scores on the way, and correlate them with the targets' `ranks`."""
    lanes = counts.shape[1]
    below = np.zeros(lanes)
    held = np.zeros(lanes)
    beside = np.zeros(lanes)
    square = np.zeros(lanes)
    together = np.zeros(lanes)
    for i in range(cluster.size):
        group = cluster[i]
        step = target_step[i]
        for k in range(lanes):
            weight = counts[group, k]
            held[k] += weight
            beside[k] += weight * ranks[step, k]
        if last[i]:
            for k in range(lanes):
                rank = 2 * below[k] + held[k] - total[k]
                square[k] += held[k] * rank * rank
                together[k] += beside[k] * rank
                below[k] += held[k]
                held[k] = 0.0
                beside[k] = 0.0
    rho = np.full(lanes, np.nan)
    for k in range(lanes):
        cube = ROUNDING * total[k] ** 3
        if square[k] > cube and target_square[k] > cube:
            rho[k] = together[k] / np.sqrt(square[k] * target_square[k])
    return rho


@njit(cache=True, nogil=True)
def auroc(counts, cluster, last, positive):  # type: ignore[no-untyped-def]
    """See `counted.auroc`."""
    lanes = counts.shape[1]
    below = np.zeros(lanes)
    above = np.zeros(lanes)
    positives = np.zeros(lanes)
    negatives = np.zeros(lanes)
    wins = np.zeros(lanes)
    for i in range(cluster.size):
        group = cluster[i]
        if positive[i]:
            for k in range(lanes):
                positives[k] += counts[group, k]
        else:
            for k in range(lanes):
                negatives[k] += counts[group, k]
        if last[i]:
            for k in range(lanes):
                wins[k] += positives[k] * (below[k] + 0.5 * negatives[k])
                below[k] += negatives[k]
                above[k] += positives[k]
                negatives[k] = 0.0
                positives[k] = 0.0
    area = np.full(lanes, np.nan)
    for k in range(lanes):
        pairs = above[k] * below[k]
        if pairs > 0:
            area[k] = wins[k] / pairs
    return area


@njit(cache=True, nogil=True)
def auprc(counts, cluster, last, positive):  # type: ignore[no-untyped-def]
    """See `counted.auprc`."""
    lanes = counts.shape[1]
    found = np.zeros(lanes)
    reached = np.zeros(lanes)
    positives = np.zeros(lanes)
    gained = np.zeros(lanes)
    pending = False
    for i in range(cluster.size):
        group = cluster[i]
        if positive[i]:
            pending = True
            for k in range(lanes):
                positives[k] += counts[group, k]
        for k in range(lanes):
            reached[k] += counts[group, k]
        if last[i] and pending:
            pending = False
            for k in range(lanes):
                found[k] += positives[k]
                if reached[k] > 0:
                    gained[k] += positives[k] * found[k] / reached[k]
                positives[k] = 0.0
    precision = np.full(lanes, np.nan)
    for k in range(lanes):
        if found[k] > 0 and reached[k] > found[k]:
            precision[k] = gained[k] / found[k]
    return precision
