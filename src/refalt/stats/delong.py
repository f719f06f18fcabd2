"""Standard errors of areas under ROC curves in closed form, for rows that depend on one another within clusters.

An AUROC is a mean of placements: of each positive among the negatives, and of each negative among the positives.
Summed by cluster, their spread gives the variance (Obuchowski 1997); with every row its own cluster it is DeLong's.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from refalt.stats.association import mid_ranks
from refalt.stats.classification import auroc
from refalt.stats.comparison import Difference, Spread, difference_of, require_clusters, withheld
from refalt.stats.measured import FloatArray, UndefinedError, measured
from refalt.stats.resampling import dense_codes


def clustered_delong(
    target: ArrayLike, first: ArrayLike, second: ArrayLike, cluster: ArrayLike, *, level: float = 0.95
) -> Difference:
    """Difference of two AUROCs on the same rows, with DeLong's variance extended to clusters (Obuchowski 1997).

    With every row its own cluster this is DeLong, DeLong and Clarke-Pearson (1988).
    """
    from scipy.special import ndtr, ndtri

    codes = dense_codes(cluster)
    n_clusters = int(codes.max(initial=-1)) + 1
    areas = [auroc(target, score) for score in (first, second)]
    value = areas[0].value - areas[1].value
    try:
        for area in areas:
            if area.reason:
                raise UndefinedError(area.reason)
        require_clusters(n_clusters)
        covariance = _auroc_covariance(np.asarray(target, dtype=np.float64), [first, second], codes)
        variance = float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
        if variance <= 0:
            raise UndefinedError("the difference of the two areas has no variance")
    except UndefinedError as reason:
        return withheld(value, level, codes.size, n_clusters, str(reason))
    error = math.sqrt(variance)
    half = float(ndtri((1 + level) / 2)) * error
    spread = Spread(value - half, value + half, 2 * float(ndtr(-abs(value) / error)), error, "delong")
    return difference_of(value, spread, level, codes.size, n_clusters)


@measured
def auroc_standard_error(target: ArrayLike, score: ArrayLike, cluster: ArrayLike) -> float:
    """Standard error of one AUROC by the same variance as `clustered_delong`."""
    area = auroc(target, score)
    if area.reason:
        raise UndefinedError(area.reason)
    codes = dense_codes(cluster)
    require_clusters(int(codes.max()) + 1)
    variance = float(_auroc_covariance(np.asarray(target, dtype=np.float64), [score], codes)[0, 0])
    if variance <= 0:
        raise UndefinedError("the area has no variance")
    return math.sqrt(variance)


def _auroc_covariance(labels: FloatArray, scores: list[ArrayLike], codes: NDArray[np.int32]) -> FloatArray:
    """Covariance matrix of the AUROCs of several scores on the same clustered rows."""
    positive = labels == 1
    n_clusters = int(codes.max()) + 1
    above, below = (np.empty((len(scores), n_clusters)) for _ in range(2))
    for i, score in enumerate(scores):
        column = np.asarray(score, dtype=np.float64)
        for sums, side, sign in ((above, positive, 1), (below, ~positive, -1)):
            placed = sign * _placements(column, side)
            sums[i] = np.bincount(codes[side], weights=placed - placed.mean(), minlength=n_clusters)
    holding = [int(np.unique(codes[side]).size) for side in (positive, ~positive)]
    if min(holding) < 2:
        raise UndefinedError("one of the classes lies in a single cluster")
    n_positive, n_negative = int(positive.sum()), int((~positive).sum())
    cross = above @ below.T * n_clusters / ((n_clusters - 1) * n_positive * n_negative)
    covariance: FloatArray = (
        above @ above.T * holding[0] / ((holding[0] - 1) * n_positive**2)
        + below @ below.T * holding[1] / ((holding[1] - 1) * n_negative**2)
        + cross
        + cross.T
    )
    return covariance


def _placements(column: FloatArray, side: NDArray[np.bool_]) -> FloatArray:
    """Share of the other class that each row of `side` outranks, ties counted half."""
    return (mid_ranks(column)[side] - mid_ranks(column[side])) / np.count_nonzero(~side)
