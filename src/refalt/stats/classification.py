"""Telling positives from negatives by a score: areas under two curves, and what chance would give.

Labels are 0 or 1 (bool, integer or float); a larger score means "more likely a positive".
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from refalt.stats.association import tie_starts
from refalt.stats.measured import FloatArray, UndefinedError, measured, paired_rows


class Steps(NamedTuple):
    """Weights of positives and negatives at each distinct score, ascending: (groups,) arrays."""

    positives: FloatArray
    negatives: FloatArray


@measured
def auroc(target: ArrayLike, score: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    """Chance that a positive scores above a negative, ties counted half (Mann-Whitney)."""
    steps = _steps(target, score, weights)
    below = np.cumsum(steps.negatives) - steps.negatives / 2
    return float(steps.positives @ below / (steps.positives.sum() * steps.negatives.sum()))


@measured
def auprc(target: ArrayLike, score: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    """Average precision: precision at each distinct score, weighted by the recall gained there (no interpolation)."""
    steps = _steps(target, score, weights)
    positives, both = steps.positives[::-1], (steps.positives + steps.negatives)[::-1]
    found = np.cumsum(positives)
    return float(positives @ (found / np.cumsum(both)) / found[-1])


@measured
def prevalence(target: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    """Share of positives."""
    rows = paired_rows(target, target, weights, minimum=1)
    require_labels(rows.target, both=False)
    return float(np.average(rows.target, weights=rows.weights))


@measured
def auprc_chance(n: int, n_positive: int) -> float:
    """Exact expectation of average precision for a score without ties that knows nothing of the labels.

    (P - 1)/(n - 1) (1 - H_n/n) + H_n/n, with H_n the n-th harmonic number: above the prevalence in small samples.
    """
    if not 0 < n_positive < n:
        raise UndefinedError(f"{n_positive} positives among {n} rows: ranking needs both classes")
    mean_inverse = float((1 / np.arange(1, n + 1)).sum()) / n
    return (n_positive - 1) / (n - 1) * (1 - mean_inverse) + mean_inverse


@measured
def auprc_chance_with_ties(target: ArrayLike, score: ArrayLike) -> float:
    """Exact expectation of average precision when labels are shuffled over this very score, its ties included.

    With t rows at or above a distinct score and m rows at it, shuffling puts X of the P positives among the t, X
    hypergeometric, and adds m E[X^2] / (P t^2); summed over distinct scores. Equals `auprc_chance` without ties.
    """
    steps = _steps(target, score, None)
    held = (steps.positives + steps.negatives)[::-1]
    reached = np.cumsum(held)
    n, positives = reached[-1], steps.positives.sum()
    mean = reached * positives / n
    variance = mean * (1 - positives / n) * (n - reached) / (n - 1)
    return float((held / reached**2 * (variance + mean**2)).sum() / positives)


def _steps(target: ArrayLike, score: ArrayLike, weights: ArrayLike | None) -> Steps:
    rows = paired_rows(target, score, weights, minimum=2)
    require_labels(rows.target, both=True)
    order = np.argsort(rows.score, kind="stable")
    starts = tie_starts(rows.score[order])
    positive = (rows.weights * rows.target)[order]
    negative = (rows.weights * (1 - rows.target))[order]
    return Steps(np.add.reduceat(positive, starts), np.add.reduceat(negative, starts))


def require_labels(labels: FloatArray, *, both: bool) -> None:
    """Raise UndefinedError unless all labels are 0 or 1 (and, with `both`, each of them occurs)."""
    values = np.unique(labels)
    other = values[(values != 0) & (values != 1)]
    if other.size:
        raise UndefinedError(f"labels are 0 and 1, but {other[0]:g} occurs")
    if both and values.size < 2:
        raise UndefinedError(f"every label is {values[0]:g}: ranking needs both classes")
