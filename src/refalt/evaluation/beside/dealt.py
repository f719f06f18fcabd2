"""Metrics made ready for scores that are dealt again and again: nothing is sorted or checked more than once.

Only the order of scores changes from one deal to the next (and, where several rows share an input, how often each
occurs), so a score can stand for itself by its step among all distinct ones. Each function gives what the full metric
gives on the same deal.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from refalt.evaluation.held import Held
from refalt.evaluation.labels import Floats
from refalt.stats.association import mid_ranks
from refalt.stats.measured import IntArray, Measured, nothing
from refalt.stats.metric import Metric

#: A dealt score (of rows, as steps or as it is) to the metric's value.
Deal = Callable[[Floats], float]


def ready_for_deals(metric: Metric, held: Held) -> tuple[Metric, Floats]:
    """The metric as a function of dealt scores, and the score to deal; both as they are where nothing is known of it.

    Args:
        metric: A metric that has a value on these rows.
        held: The rows.
    """
    prepare = _PREPARATIONS.get(metric.name)
    if prepare is None:
        return metric, held.score
    deal, score = prepare(held)

    def function(target: ArrayLike, score: ArrayLike, /, *, weights: ArrayLike | None = None) -> Measured:  # noqa: ARG001
        if weights is not None:
            raise ValueError("dealt rows have no weights")
        value = deal(np.asarray(score, dtype=np.float64))
        return Measured(value) if math.isfinite(value) else nothing("a deal leaves nothing to measure")

    return replace(metric, function=function), score


def _steps(score: Floats) -> tuple[Floats, int]:
    distinct, step = np.unique(score, return_inverse=True)
    return step.astype(np.float64), distinct.size


def _spearman(held: Held) -> tuple[Deal, Floats]:
    ranks = mid_ranks(held.target)
    left = ranks - ranks.mean()
    length = math.sqrt(float(left @ left))
    steps, n_steps = _steps(held.score)

    def deal(dealt: Floats) -> float:
        at = dealt.astype(np.int64)
        counts = np.bincount(at, minlength=n_steps)
        middle = np.cumsum(counts) - counts / 2
        middle -= float(counts @ middle) / at.size
        return _ratio(float(left @ middle[at]), length * math.sqrt(float(counts @ middle**2)))

    return deal, steps


def _pearson(held: Held) -> tuple[Deal, Floats]:
    left = held.target - held.target.mean()
    left /= math.sqrt(float(left @ left))
    score = held.score - held.score.mean()
    score /= float(np.abs(score).max())

    def deal(dealt: Floats) -> float:
        right = dealt - dealt.mean()
        return _ratio(float(left @ right), math.sqrt(float(right @ right)) if np.ptp(dealt) > 0 else 0.0)

    return deal, score


def _auroc(held: Held) -> tuple[Deal, Floats]:
    positive = np.flatnonzero(held.target == 1)
    n_positive, n_negative = positive.size, held.target.size - positive.size
    steps, n_steps = _steps(held.score)

    def deal(dealt: Floats) -> float:
        at = dealt.astype(np.int64)
        counts = np.bincount(at, minlength=n_steps)
        below = float((np.cumsum(counts) - counts / 2)[at[positive]].sum())
        return (below - n_positive**2 / 2) / (n_positive * n_negative)

    return deal, steps


def _auprc(held: Held) -> tuple[Deal, Floats]:
    positive = np.flatnonzero(held.target == 1)
    steps, n_steps = _steps(held.score)

    def deal(dealt: Floats) -> float:
        at = dealt.astype(np.int64)
        counts, hits = (_downwards(part, n_steps) for part in (at, at[positive]))
        seen = np.maximum(np.cumsum(counts), 1)
        return float(hits @ (np.cumsum(hits) / seen)) / positive.size

    return deal, steps


def _ratio(above: float, below: float) -> float:
    """NaN where a deal holds one score only."""
    return above / below if below > 0 else math.nan


def _downwards(at: IntArray, n_steps: int) -> IntArray:
    """Rows at each step, the highest first."""
    return np.bincount(at, minlength=n_steps)[::-1]


def _concordance(held: Held) -> tuple[Deal, Floats]:
    signs = np.sign(held.target)

    def deal(dealt: Floats) -> float:
        product = signs * dealt
        n_signed = int(np.count_nonzero(product))
        return int(np.count_nonzero(product > 0)) / n_signed if n_signed else math.nan

    return deal, np.sign(held.score)


_PREPARATIONS: Mapping[str, Callable[[Held], tuple[Deal, Floats]]] = MappingProxyType(
    {
        "spearman_rho": _spearman,
        "pearson_r": _pearson,
        "auroc": _auroc,
        "auprc": _auprc,
        "sign_concordance": _concordance,
    }
)
