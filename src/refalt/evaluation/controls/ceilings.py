"""What no score can exceed on these measurements, as rows of Estimates beside the scores."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import polars as pl

from refalt.evaluation.beside.asked import Case, cases
from refalt.evaluation.beside.limits import Statistic, interval_of_counts
from refalt.evaluation.blocks import Codes, dense
from refalt.evaluation.controls.harness import MODEL
from refalt.evaluation.held import Held, Terms, companions, described, framed, no_number
from refalt.evaluation.join import Joined
from refalt.evaluation.labels import EFFECT, Floats
from refalt.stats.intervals import Interval
from refalt.stats.measured import Measured, nothing, scaled_deviations
from refalt.stats.metric import METRICS
from refalt.stats.prepared import counted_statistic
from refalt.stats.reliability import (
    ceiling_from_reliability,
    ceiling_from_replicates,
    cluster_constant_ceiling,
    linkage_ceiling,
    reliability_from_errors,
)
from refalt.stats.resampling import dense_codes
from refalt.studies.study import ScoreSection
from refalt.tables import Estimates

#: Of Pearson's r against the effect; the rows are those of the first score.
METRIC = "pearson_r"
#: Row of Estimates -> how many measurements are averaged in what a score is compared with.
REPLICATED: Final = MappingProxyType({"replicate_ceiling": 1, "replicate_mean_ceiling": 2})
#: |z| of a variant that is surely associated: p = 6e-5.
ASSOCIATED = 4.0
#: From this posterior probability on a variant counts as causal.
CAUSAL = 0.5
#: In a table of lead variants few loci hold two that are associated; beyond this share effects are marginal.
SEVERAL = 0.1


def ceilings(joined: Joined, scores: Sequence[ScoreSection], terms: Terms, *, natural: bool) -> pl.DataFrame:
    """Rows of Estimates: ceilings by measurement noise, by replicates, by linkage, and of what is constant in clusters.

    `replicate_ceiling` is that of the effect as compared, measured once; `replicate_mean_ceiling` that of the mean of
    both measurements, had it been compared.

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
            yield _row("reliability_ceiling", *_by_noise(case), case)
        if np.isfinite(_column(held, "effect_replicate")).any():
            for name, times in REPLICATED.items():
                yield _row(name, *_by_replicates(case, name, times), case)
        if natural and held.rows.get_column("target_id").null_count() < held.rows.height:
            by_linkage = _by_linkage(case)
            if by_linkage is not None:
                yield _row("linkage_ceiling", *by_linkage, case)
        if held.rows.get_column("cluster_id").n_unique() < held.rows.height:
            yield _row("cluster_constant_ceiling", _of_clusters(case), held, case)


def _row(name: str, answer: Interval, held: Held, case: Case) -> dict[str, Any]:
    return {
        **case.subject,
        "model": MODEL,
        "score_name": name,
        "metric": METRIC,
        "stratum": case.stratum,
        **described(answer, case.terms.settings.resamples),
        **companions(held),
    }


def _by_noise(case: Case) -> tuple[Interval, Held]:
    """sqrt(1 - mean(se^2) / var(effect)) over the rows that have a standard error."""
    error = _column(case.held, "effect_se")
    held = case.held.only(np.isfinite(error))
    error = error[np.isfinite(error)]
    reliability = reliability_from_errors(held.target, error)
    value = nothing(reliability.reason) if reliability.reason else ceiling_from_reliability(reliability.value)
    if value.reason:
        return no_number(held, case.terms, value.reason), held
    centred, unit = scaled_deviations(held.target)
    sums = _by_cluster(held, np.ones_like(error), centred, centred**2, (error / unit) ** 2)

    def statistic(counts: Floats) -> Floats:
        n, first, second, noise = (counts.T @ sums).T
        with np.errstate(invalid="ignore", divide="ignore"):
            left = 1 - (noise / n) / ((second - first**2 / n) / (n - 1))
            ceiling: Floats = np.sqrt(np.where(left > 0, left, np.nan))
        return ceiling

    return _interval(value, statistic, held, case, "reliability_ceiling"), held


def _by_replicates(case: Case, name: str, times: int) -> tuple[Interval, Held]:
    """See `stats.reliability.ceiling_from_replicates`, over the rows that were measured twice."""
    again = _column(case.held, "effect_replicate")
    twice = np.isfinite(again) & np.isfinite(case.held.target)
    held, again = case.held.only(twice), again[twice]
    metric = METRICS[METRIC]
    both = metric.function(held.target, again)
    value = nothing(both.reason) if both.reason else ceiling_from_replicates(both.value, measured_times=times)
    if value.reason:
        return no_number(held, case.terms, value.reason), held
    codes = dense_codes(held.codes)
    correlation = counted_statistic(metric, held.target, again, codes, n_clusters=int(codes.max()) + 1)

    def statistic(counts: Floats) -> Floats:
        r = correlation(counts)
        with np.errstate(invalid="ignore", divide="ignore"):
            ceiling: Floats = np.sqrt(np.where(r > 0, times * r / (1 + (times - 1) * r), np.nan))
        return ceiling

    return _interval(value, statistic, held, case, name), held


def _by_linkage(case: Case) -> tuple[Interval, Held] | None:
    """See `stats.reliability.linkage_ceiling`: one causal variant a locus, each locus resampled with its cluster.

    None where effects are not marginal: fine-mapped variants, or loci of which few hold several associated ones.
    """
    z = z_scores(case.held)
    known = np.isfinite(z) & case.held.rows.get_column("target_id").is_not_null().to_numpy()
    held, z = case.held.only(known), z[known]
    locus = dense(held.rows.select(pl.struct("target_id", "context_id")).to_series())
    n_associated = np.bincount(locus, weights=np.abs(z) >= ASSOCIATED) if z.size else np.zeros(0)
    fine_mapped = held.rows.get_column("pip").fill_null(0.0).min()
    if (n_associated > 1).sum() <= SEVERAL * (n_associated > 0).sum() or fine_mapped >= CAUSAL:  # type: ignore[operator]
        return None
    within = (n_associated > 0)[locus]
    held, z, locus = held.only(within), z[within], dense(pl.Series(locus[within]))
    return _interval(*_linkage(held, z, locus), held, case, "linkage_ceiling"), held


def _linkage(held: Held, z: Floats, locus: Codes) -> tuple[Measured, Statistic]:
    value = linkage_ceiling(held.target, z, locus)
    # Of each locus: its lead variant, whose squared effect is its weight, and the sum of (z_j / z_max)^2.
    order = np.lexsort((np.abs(z), locus))
    lead = order[np.append(locus[order][1:] != locus[order][:-1], True)]
    weight = held.target[lead] ** 2
    relative = np.bincount(locus, weights=z**2) / z[lead] ** 2
    n_clusters = int(held.codes.max()) + 1
    sums = [np.bincount(held.codes[lead], weights=w, minlength=n_clusters) for w in (weight, weight * relative)]

    def statistic(counts: Floats) -> Floats:
        total, seen = (counts.T @ column for column in sums)
        with np.errstate(invalid="ignore", divide="ignore"):
            ceiling: Floats = np.sqrt(total / seen)
        return ceiling

    return value, statistic


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
    return interval_of_counts(
        value, statistic, held.rows.get_column("cluster_id").n_unique(),
        n=held.rows.height, rng=case.rng("ceiling", name), level=case.terms.level,
        resamples=case.terms.settings.resamples, scale="fisher_z",
    )  # fmt: skip


def _by_cluster(held: Held, *columns: Floats) -> Floats:
    n_clusters = int(held.codes.max(initial=-1)) + 1
    return np.column_stack([np.bincount(held.codes, weights=column, minlength=n_clusters) for column in columns])


def _column(held: Held, name: str) -> Floats:
    return held.rows.get_column(name).cast(pl.Float64).to_numpy()
