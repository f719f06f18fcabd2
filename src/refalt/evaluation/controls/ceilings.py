"""What no score can exceed on these measurements, as rows of Estimates beside the scores."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import polars as pl

from refalt.evaluation.beside.asked import Case, cases
from refalt.evaluation.beside.limits import Statistic, interval_of_counts
from refalt.evaluation.blocks import dense
from refalt.evaluation.controls.harness import MODEL
from refalt.evaluation.held import Held, Terms, companions, described, framed, no_number
from refalt.evaluation.join import Joined
from refalt.evaluation.labels import EFFECT, Floats
from refalt.stats.intervals import Interval
from refalt.stats.measured import Measured, UndefinedError, nothing
from refalt.stats.reliability import (
    ceiling_from_reliability,
    cluster_constant_ceiling,
    linkage_ceiling,
    reliability_from_errors,
)
from refalt.studies.study import ScoreSection
from refalt.tables import Estimates

#: Of Pearson's r against the effect; the rows are those of the first score.
METRIC = "pearson_r"


def ceilings(joined: Joined, scores: Sequence[ScoreSection], terms: Terms, *, natural: bool) -> pl.DataFrame:
    """Rows of Estimates: ceilings by measurement noise, by linkage, and of anything constant within clusters.

    Args:
        joined: The rows.
        scores: How each score is made; the rows of the first one are used.
        terms: What fixes the numbers.
        natural: Whether variants are natural, so that several of a locus are inherited together.
    """
    return framed([row for score in scores[:1] for row in _rows(joined, score, terms, natural=natural)], Estimates)


def _rows(joined: Joined, score: ScoreSection, terms: Terms, *, natural: bool) -> Iterator[dict[str, Any]]:
    for case in cases(joined, score, terms):
        if case.question.name != EFFECT:
            continue
        held = case.held
        if np.isfinite(_column(held, "effect_se")).any():
            yield _row("reliability_ceiling", _by_noise(case), case)
        if natural and held.rows.get_column("target_id").null_count() < held.rows.height:
            yield _row("linkage_ceiling", _by_linkage(case), case)
        if held.rows.get_column("cluster_id").n_unique() < held.rows.height:
            yield _row("cluster_constant_ceiling", _of_clusters(case), case)


def _row(name: str, answer: Interval, case: Case) -> dict[str, Any]:
    return {
        **case.subject,
        "model": MODEL,
        "score_name": name,
        "metric": METRIC,
        "stratum": case.stratum,
        **described(answer, case.terms.settings.resamples),
        **companions(case.held),
    }


def _by_noise(case: Case) -> Interval:
    """sqrt(1 - mean(se^2) / var(effect)) over the rows that have a standard error."""
    error = _column(case.held, "effect_se")
    held = case.held.only(np.isfinite(error))
    error = error[np.isfinite(error)]
    reliability = reliability_from_errors(held.target, error)
    value = nothing(reliability.reason) if reliability.reason else ceiling_from_reliability(reliability.value)
    centred = held.target - (held.target.mean() if held.target.size else 0)
    sums = _by_cluster(held, np.ones_like(error), centred, centred**2, error**2)

    def statistic(counts: Floats) -> Floats:
        n, first, second, noise = (counts.T @ sums).T
        with np.errstate(invalid="ignore", divide="ignore"):
            left = 1 - (noise / n) / ((second - first**2 / n) / (n - 1))
            ceiling: Floats = np.sqrt(np.where(left > 0, left, np.nan))
        return ceiling

    return _interval(value, statistic, held, case, "reliability_ceiling")


def _by_linkage(case: Case) -> Interval:
    """See `stats.reliability.linkage_ceiling`: one causal variant a locus, each locus resampled with its cluster."""
    z = z_scores(case.held)
    known = np.isfinite(z) & case.held.rows.get_column("target_id").is_not_null().to_numpy()
    held, z = case.held.only(known), z[known]
    if not held.target.size:
        return no_number(case.held, case.terms, "no row has both a target and a standard error or p-value")
    locus = dense(held.rows.select(pl.struct("target_id", "context_id")).to_series())
    value = linkage_ceiling(held.target, z, locus)
    # Of each locus: its lead variant, whose squared effect is its weight, and the sum of (z_j / z_max)^2.
    order = np.lexsort((np.abs(z), locus))
    lead = order[np.append(locus[order][1:] != locus[order][:-1], True)]
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = np.bincount(locus, weights=z**2) / z[lead] ** 2
    weight = np.where(z[lead] != 0, held.target[lead] ** 2, 0)
    n_clusters = int(held.codes.max()) + 1
    sums = np.column_stack(
        [
            np.bincount(held.codes[lead], weights=w, minlength=n_clusters)
            for w in (weight, weight * np.nan_to_num(relative))
        ]
    )

    def statistic(counts: Floats) -> Floats:
        total, seen = (counts.T @ sums).T
        with np.errstate(invalid="ignore", divide="ignore"):
            ceiling: Floats = np.sqrt(total / seen)
        return ceiling

    return _interval(value, statistic, held, case, "linkage_ceiling")


def _of_clusters(case: Case) -> Interval:
    value = cluster_constant_ceiling(case.held.target, case.held.codes)
    reason = value.reason or "a bound on these very rows, not an estimate"
    answer = no_number(case.held, case.terms, reason)
    return Interval(
        value.value, answer.lower, answer.upper, answer.method, answer.level, math.nan, answer.n, answer.n_clusters,
        reason,
    )  # fmt: skip


def z_scores(held: Held) -> Floats:
    """Effect over its standard error; where there is none, the |z| of the published p-value; NaN without either."""
    from scipy.special import ndtri

    error, p = _column(held, "effect_se"), _column(held, "p_value")
    with np.errstate(invalid="ignore", divide="ignore"):
        by_error = np.where(error > 0, held.target / error, np.nan)
        by_p = np.where((p > 0) & (p <= 1), -ndtri(p / 2), np.nan)
    z: Floats = np.where(np.isfinite(by_error), by_error, by_p)
    return z


def _interval(value: Measured, statistic: Statistic, held: Held, case: Case, name: str) -> Interval:
    try:
        return interval_of_counts(
            value, statistic, held.rows.get_column("cluster_id").n_unique(),
            n=held.rows.height, rng=case.rng("ceiling", name), level=case.terms.level,
            resamples=case.terms.settings.resamples,
        )  # fmt: skip
    except UndefinedError as error:
        return no_number(held, case.terms, str(error))


def _by_cluster(held: Held, *columns: Floats) -> Floats:
    n_clusters = int(held.codes.max(initial=-1)) + 1
    return np.column_stack([np.bincount(held.codes, weights=column, minlength=n_clusters) for column in columns])


def _column(held: Held, name: str) -> Floats:
    return held.rows.get_column(name).cast(pl.Float64).to_numpy()
