"""What the rows can and cannot show: how many independent ones they are worth, what these would find, and whether a
value that is not told from chance is known to be near it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from refalt.evaluation.beside.asked import Case, cases
from refalt.evaluation.held import Terms, framed
from refalt.evaluation.join import Joined
from refalt.stats.dependence import (
    correlation_design_effect,
    effective_n,
    intraclass_correlation,
    mean_cluster_size,
)
from refalt.stats.intervals import BOOTSTRAP_CLUSTERS
from refalt.stats.measured import Measured, nothing
from refalt.stats.power import detectable_auroc, detectable_correlation, equivalence
from refalt.studies.study import ScoreSection
from refalt.tables import Power

#: Metrics with a formula for what can be detected.
CORRELATIONS = ("spearman_rho", "pearson_r")
#: An AUROC of 0.5 + m / 2 is a rank-biserial correlation of m: one margin serves both scales.
_AUROC_MARGIN = 0.5


def power_of(joined: Joined, scores: Sequence[ScoreSection], terms: Terms, estimates: pl.DataFrame) -> pl.DataFrame:
    """Rows of Power: every correlation and AUROC of every score in every stratum that the study tests.

    Args:
        joined: The rows.
        scores: How each score is made.
        terms: What fixes the numbers.
        estimates: Rows of Estimates, whose intervals the verdicts rest on.
    """
    names = ("score_name", "label_name", "metric", "stratum")
    known = {tuple(row[name] for name in names): row for row in estimates.iter_rows(named=True)}
    rows = [row for score in scores for case in cases(joined, score, terms) for row in _rows(case, known)]
    return framed(rows, Power)


def _rows(case: Case, known: Mapping[tuple[str, ...], Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for metric in case.question.metrics:
        estimate = known.get((case.score.name, case.question.name, metric, case.stratum))
        if metric in (*CORRELATIONS, "auroc") and estimate is not None:
            yield _row(case, metric, estimate)


def _row(case: Case, metric: str, estimate: Mapping[str, Any]) -> dict[str, Any]:
    held, codes = case.held, case.held.codes
    deff = _design_effect(case)
    n_effective = Measured(held.target.size / deff.value) if deff.reason is None else nothing(deff.reason)
    found = _detectable(case, metric, deff)
    margin = case.terms.settings.equivalence_margin * (_AUROC_MARGIN if metric == "auroc" else 1)
    tost = _equivalence(estimate, margin, metric)
    reasons = dict.fromkeys(each.reason for each in (deff, found, tost) if each.reason)
    return {
        **case.subject,
        "metric": metric,
        "stratum": case.stratum,
        **{name: estimate[name] for name in ("value", "lower", "upper", "n", "n_clusters")},
        "icc_target": intraclass_correlation(held.target, codes).value,
        "icc_score": intraclass_correlation(held.score, codes).value,
        "cluster_size_kish": mean_cluster_size(codes, rule="kish").value,
        "cluster_size_anova": mean_cluster_size(codes, rule="anova").value,
        "n_effective_kish": effective_n(held.target, codes, rule="kish").value,
        "n_effective_anova": effective_n(held.target, codes, rule="anova").value,
        "design_effect": deff.value,
        "n_effective": n_effective.value,
        "detectable": found.value,
        "margin": margin,
        "equivalence_p": tost.value,
        "verdict": _verdict(estimate, tost, found, alpha=case.terms.alpha, margin=margin, metric=metric),
        "reason": estimate["reason"] or "; ".join(reasons) or None,
    }


def _design_effect(case: Case) -> Measured:
    """1 where every row is its own cluster: there is nothing to share."""
    held = case.held
    if held.target.size > 1 and np.unique(held.codes).size == held.target.size:
        return Measured(1.0)
    return correlation_design_effect(held.target, held.score, held.codes)


def _detectable(case: Case, metric: str, deff: Measured) -> Measured:
    if deff.reason is not None:
        return nothing(deff.reason)
    if metric in CORRELATIONS:
        return detectable_correlation(case.held.target.size / deff.value, alpha=case.terms.alpha)
    positives = float((case.held.target == 1).sum())
    negatives = case.held.target.size - positives
    return detectable_auroc(positives / deff.value, negatives / deff.value, alpha=case.terms.alpha)


def _equivalence(estimate: Mapping[str, Any], margin: float, metric: str) -> Measured:
    """TOST with the standard error that the interval over clusters has, on its own scale (Fisher z for a correlation).

    A jackknife interval has G - 1 degrees of freedom; a bootstrap one is taken for normal.
    """
    from scipy.special import ndtri, stdtrit

    limits = [estimate["lower"], estimate["upper"], estimate["value"]]
    if not all(limit is not None and math.isfinite(limit) for limit in limits):
        return nothing("no interval, so equivalence cannot be tested")
    scale = math.atanh if metric in CORRELATIONS else lambda area: area - 0.5
    df = estimate["n_clusters"] - 1 if estimate["n_clusters"] < BOOTSTRAP_CLUSTERS else None
    share = (1 + estimate["level"]) / 2
    width = float(ndtri(share) if df is None else stdtrit(df, share))
    try:
        lower, upper, value = (scale(limit) for limit in limits)
    except ValueError:
        return nothing("the interval reaches the end of its scale")
    edge = math.atanh(margin) if metric in CORRELATIONS else margin
    return equivalence(value, (upper - lower) / (2 * width), margin=edge, df=df)


def _verdict(
    estimate: Mapping[str, Any], tost: Measured, found: Measured, *, alpha: float, margin: float, metric: str
) -> str:
    """What may be said, in words."""
    if tost.reason is not None:
        return "nothing: there is no interval"
    chance = 0.5 if metric == "auroc" else 0.0
    apart = estimate["lower"] > chance or estimate["upper"] < chance
    symbol = "AUROC" if metric == "auroc" else "|r|"
    if apart and tost.value < alpha:
        return f"told from chance, and nearer to it than {margin:g}"
    if apart:
        return "told from chance"
    if tost.value < alpha:
        return f"no effect: within {margin:g} of chance (p {tost.value:.2g})"
    reach = f"; these rows find {symbol} of {found.value:.3f} four times in five" if found.reason is None else ""
    return f"undecided: not told from chance, nor known to be within {margin:g} of it{reach}"
