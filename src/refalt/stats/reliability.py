"""Ceilings: the largest correlation a perfect score could reach against these measurements."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from refalt.stats.association import pearson
from refalt.stats.dependence import eta_squared
from refalt.stats.measured import UndefinedError, is_constant, measured, paired_rows, require_finite, scaled_deviations
from refalt.stats.resampling import cluster_codes


@measured
def reliability_from_errors(effect: ArrayLike, standard_error: ArrayLike) -> float:
    """Share of the variance of effects that is not measurement noise: 1 - mean(se^2) / var(effect)."""
    rows = paired_rows(effect, standard_error, None)
    if (rows.score < 0).any():
        raise UndefinedError("standard errors are negative")
    if is_constant(rows.target):
        raise UndefinedError("all effects are equal")
    effects, unit = scaled_deviations(rows.target)
    with np.errstate(over="ignore"):
        left = 1 - float(((rows.score / unit) ** 2).mean()) / float(effects.var(ddof=1))
    if left <= 0:
        raise UndefinedError("the standard errors account for all of the variance: no signal is left")
    return left


@measured
def reliability_from_replicates(replicates: ArrayLike) -> float:
    """Reliability of the mean of k replicates, from their mean pairwise correlation (Spearman-Brown).

    Args:
        replicates: (n, k) measurements, k of 2 or more, rows complete.
    """
    table = np.asarray(replicates, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] < 2:
        raise ValueError(f"replicates are columns, two or more, got shape {table.shape}")
    require_finite("replicates", table.ravel())
    n_columns = int(table.shape[1])
    pairs = [pearson(table[:, i], table[:, j]) for i in range(n_columns) for j in range(i)]
    for pair in pairs:
        if pair.reason:
            raise UndefinedError(pair.reason)
    mean = math.fsum(pair.value for pair in pairs) / len(pairs)
    if mean <= 0:
        raise UndefinedError("replicates do not correlate: no signal is left")
    return n_columns * mean / (1 + (n_columns - 1) * mean)


@measured
def ceiling_from_reliability(reliability: float, *, score_reliability: float = 1.0) -> float:
    """Largest |r| of a score with measurements of this reliability: the root of the product of reliabilities."""
    if not (0 <= reliability <= 1 and 0 <= score_reliability <= 1):
        raise UndefinedError(f"reliabilities lie between 0 and 1, got {reliability:g} and {score_reliability:g}")
    return math.sqrt(reliability * score_reliability)


@measured
def ceiling_from_replicates(correlation: float, *, measured_times: int = 1) -> float:
    """Largest r of a score with the mean of k such measurements, from how two of them correlate.

    The correlation r of two measurements with independent errors is the reliability of one; that of the mean of k is
    k r / (1 + (k - 1) r) (Spearman 1910, doi:10.1111/j.2044-8295.1910.tb00206.x; Brown 1910,
    doi:10.1111/j.2044-8295.1910.tb00207.x), and no score exceeds its root (attenuation, Spearman 1904,
    doi:10.2307/1412159): sqrt(r) for one measurement, sqrt(2 r / (1 + r)) for the mean of two.

    Args:
        correlation: Pearson's r of two measurements of the same rows.
        measured_times: k, how many measurements are averaged in what the score is compared with.
    """
    if not 0 < correlation <= 1:
        raise UndefinedError(f"two measurements correlate by {correlation:g}: no signal is left")
    return math.sqrt(measured_times * correlation / (1 + (measured_times - 1) * correlation))


@measured
def linkage_ceiling(effect: ArrayLike, z_score: ArrayLike, locus: ArrayLike) -> float:
    """Largest r of a score that knows the causal effects, against *marginal* effects of linked variants.

    With one causal variant per locus, taken for the one of largest |z|, a variant in linkage r_j with it shows
    z_j = r_j z_max, while a perfect score says nothing there. Over loci weighted by the squared effect of their causal
    variant the correlation is then 1 / sqrt(mean of sum_j (z_j / z_max)^2).

    Args:
        effect: (n,) marginal effects.
        z_score: (n,) effect / standard error.
        locus: (n,) integer codes: variants tested against one gene or peak.
    """
    rows = paired_rows(effect, z_score, None, minimum=1)
    codes = cluster_codes(locus)
    if codes.size != rows.target.size:
        raise ValueError(f"{rows.target.size} effects, but {codes.size} locus codes")
    order = np.lexsort((np.abs(rows.score), codes))
    lead = order[np.append(codes[order][1:] != codes[order][:-1], True)]
    weight = np.zeros(int(codes.max()) + 1)
    largest = np.ones(weight.size)
    weight[codes[lead]], largest[codes[lead]] = rows.target[lead] ** 2, np.abs(rows.score[lead])
    weight[largest == 0] = 0
    if not weight.any():
        raise UndefinedError("no locus has an effect")
    relative = rows.score / np.where(largest > 0, largest, 1)[codes]
    return 1 / math.sqrt(float(np.average(np.bincount(codes, weights=relative**2), weights=weight)))


@measured
def cluster_constant_ceiling(target: ArrayLike, cluster: ArrayLike) -> float:
    """Largest |r| of any score that is constant within clusters: the root of the between-cluster share of variance."""
    share = eta_squared(target, cluster)
    if share.reason:
        raise UndefinedError(share.reason)
    return math.sqrt(share.value)
