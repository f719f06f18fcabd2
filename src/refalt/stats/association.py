"""Correlation, agreement in sign, and calibration between a measured effect and a score.

`target` holds effects minus their null, `score` what a model said: (n,) arrays in row order. `weights` count rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from refalt.stats.measured import (
    FloatArray,
    IntArray,
    Measured,
    Rows,
    UndefinedError,
    column_of,
    is_constant,
    measured,
    paired_rows,
    require_finite,
)

# A residual this small beside what it was taken from is rounding: the covariates explain everything.
EXPLAINED_AWAY = 1e-10


def mid_ranks(values: ArrayLike, *, weights: ArrayLike | None = None) -> FloatArray:
    """Ranks from 1, ties sharing the mean of their places, of a sample in which row i occurs `weights[i]` times.

    Returns:
        (n,) float64. With unit weights equal to `scipy.stats.rankdata(method="average")`; with integer weights equal
        to the ranks of the repeated sample, one per original row.
    """
    column = column_of(values)
    if column.size == 0:
        return column
    counts = np.ones(column.size) if weights is None else column_of(weights)
    order = np.argsort(column, kind="stable")
    starts = tie_starts(column[order])
    held = np.add.reduceat(counts[order], starts)
    middle = np.cumsum(held) - held / 2 + 0.5
    ranks = np.empty(column.size)
    ranks[order] = np.repeat(middle, np.diff(np.append(starts, column.size)))
    return ranks


def tie_starts(ascending: FloatArray) -> IntArray:
    """Where each run of equal values begins in a sorted (n,) column, n > 0."""
    return np.flatnonzero(np.concatenate(([True], ascending[1:] != ascending[:-1])))


@measured
def pearson(target: ArrayLike, score: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    """Product-moment correlation; NaN for fewer than 3 rows, a constant column, NaN or infinity."""
    return _correlation(paired_rows(target, score, weights))


@measured
def spearman(target: ArrayLike, score: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    """Correlation of mid-ranks; NaN for fewer than 3 rows, a column of one tie, NaN or infinity."""
    return _correlation(_ranked(paired_rows(target, score, weights)))


@measured
def calibration_slope(target: ArrayLike, score: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    """Least-squares slope of effect on score (effect units per score unit; 1 is calibrated when units agree)."""
    rows = paired_rows(target, score, weights)
    correlation = _correlation(rows)
    effect_length, score_length = (_deviations(column, rows.weights)[1] for column in rows[:2])
    return correlation * effect_length / score_length


@measured
def partial_spearman(
    target: ArrayLike, score: ArrayLike, *, covariates: ArrayLike, weights: ArrayLike | None = None
) -> float:
    """Correlation of the mid-ranks of effect and score that is left once covariate ranks are regressed out of both.

    Args:
        target: (n,) effects.
        score: (n,) scores.
        covariates: (n,) or (n, k), for example allele frequency and distance; ranked column by column.
        weights: row counts.
    """
    table = np.asarray(covariates, dtype=np.float64)
    table = table[:, None] if table.ndim == 1 else table
    if table.shape[0] != np.size(target):
        raise ValueError(f"covariates have {table.shape[0]} rows, the target {np.size(target)}")
    require_finite("covariates", table.ravel())
    table = table if weights is None else table[column_of(weights) > 0]
    rows = paired_rows(target, score, weights, minimum=3 + table.shape[1])
    root = np.sqrt(rows.weights)
    design = np.column_stack([_centred_ranks(column, rows.weights) for column in table.T]) * root[:, None]
    target_left, score_left = (
        _left_over(name, _centred_ranks(column, rows.weights) * root, design)
        for name, column in (("target", rows.target), ("score", rows.score))
    )
    return _bounded(float(target_left @ score_left))


def _centred_ranks(column: FloatArray, weights: FloatArray) -> FloatArray:
    ranks = mid_ranks(column, weights=weights)
    return ranks - float(np.average(ranks, weights=weights))


def _left_over(name: str, ranks: FloatArray, design: FloatArray) -> FloatArray:
    """What of `ranks` the columns of `design` do not explain, scaled to unit length."""
    residual: FloatArray = ranks - design @ np.linalg.lstsq(design, ranks, rcond=None)[0]
    length = float(np.linalg.norm(residual))
    if length <= EXPLAINED_AWAY * max(float(np.linalg.norm(ranks)), 1.0):
        raise UndefinedError(f"nothing of {name} is left once the covariates are accounted for")
    return residual / length


@dataclass(frozen=True)
class SignSplit:
    """What a correlation owes to the sign of the effect alone, and what is left within each sign.

    Attributes:
        sign_alone: Pearson r of sign(effect) and score.
        within_positive: Pearson r among rows with effect > 0.
        within_negative: Pearson r among rows with effect < 0.
        n_positive: rows with effect > 0.
        n_negative: rows with effect < 0.
    """

    sign_alone: Measured
    within_positive: Measured
    within_negative: Measured
    n_positive: int
    n_negative: int


def split_by_sign(target: ArrayLike, score: ArrayLike, *, weights: ArrayLike | None = None) -> SignSplit:
    """Correlate with the sign of the effect alone, and within each sign (zero effects count for the first only).

    An outcome truncated by significance has an empty band around its null, and correlates through its signs.
    """
    effect, said = column_of(target), column_of(score)
    counts = np.ones(effect.size) if weights is None else column_of(weights)
    above, below = effect > 0, effect < 0
    within = [pearson(effect[side], said[side], weights=counts[side]) for side in (above, below)]
    sides = np.where(np.isfinite(effect), np.sign(effect), effect)
    return SignSplit(pearson(sides, said, weights=counts), within[0], within[1], int(above.sum()), int(below.sum()))


@dataclass(frozen=True)
class SignAgreement:
    """How often effect and score have the same sign, beside what their margins alone would give.

    Attributes:
        concordance: share of rows with equal signs, among rows where neither is zero.
        expected: that share for independent signs with the same margins.
        kappa: (concordance - expected) / (1 - expected).
        constant_sign: what always answering the commoner sign of the effect would reach.
        n: rows where neither is zero.
        n_zero: rows left out because effect or score is zero.
    """

    concordance: Measured
    expected: Measured
    kappa: Measured
    constant_sign: Measured
    n: int
    n_zero: int


def sign_agreement(target: ArrayLike, score: ArrayLike, *, weights: ArrayLike | None = None) -> SignAgreement:
    """Agreement in sign among rows where neither effect nor score is zero (Cohen's kappa beside it)."""
    concordance = sign_concordance(target, score, weights=weights)
    try:
        rows = paired_rows(target, score, weights, minimum=1)
        kept = _signed_rows(rows)
    except UndefinedError:
        n_zero = int(((column_of(target) == 0) | (column_of(score) == 0)).sum())
        return SignAgreement(concordance, concordance, concordance, concordance, 0, n_zero)
    up, said_up = (float(np.average(column > 0, weights=kept.weights)) for column in kept[:2])
    expected = up * said_up + (1 - up) * (1 - said_up)
    return SignAgreement(
        concordance=concordance,
        expected=Measured(expected),
        kappa=_kappa(concordance.value, expected),
        constant_sign=Measured(max(up, 1 - up)),
        n=kept.target.size,
        n_zero=rows.target.size - kept.target.size,
    )


@measured
def _kappa(concordance: float, expected: float) -> float:
    if expected == 1:
        raise UndefinedError("effect and score have one sign each: agreement is certain by the margins")
    return (concordance - expected) / (1 - expected)


@measured
def sign_concordance(target: ArrayLike, score: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    """Share of rows in which effect and score have the same sign, rows with a zero in either left out."""
    rows = _signed_rows(paired_rows(target, score, weights, minimum=1))
    return float(np.average((rows.target > 0) == (rows.score > 0), weights=rows.weights))


def _signed_rows(rows: Rows) -> Rows:
    kept = (rows.target != 0) & (rows.score != 0)
    if not kept.any():
        raise UndefinedError("effect or score is zero in every row: there is no sign to compare")
    return Rows(*(column[kept] for column in rows))


def _ranked(rows: Rows) -> Rows:
    _require_variation(rows)
    effect, said = (mid_ranks(column, weights=rows.weights) for column in rows[:2])
    return Rows(effect, said, rows.weights)


def _correlation(rows: Rows) -> float:
    _require_variation(rows)
    (effect, _), (said, _) = (_deviations(column, rows.weights) for column in rows[:2])
    return _bounded(float(np.dot(effect * rows.weights, said)))


def _require_variation(rows: Rows) -> None:
    for name, column in (("target", rows.target), ("score", rows.score)):
        if is_constant(column):
            raise UndefinedError(f"{name} is {column[0]:g} in every row")


def _deviations(column: FloatArray, weights: FloatArray) -> tuple[FloatArray, float]:
    """The column centred and scaled to unit weighted length, and that length.

    Dividing by the largest deviation first keeps squares of values such as 1e-200 from vanishing.
    """
    centred = column - np.average(column, weights=weights)
    largest = float(np.abs(centred).max())
    if largest == 0:
        raise UndefinedError("a column varies by less than its rounding")
    scaled = centred / largest
    length = math.sqrt(float(np.dot(weights * scaled, scaled)))
    return scaled / length, length * largest


def _bounded(correlation: float) -> float:
    return max(-1.0, min(1.0, correlation))
