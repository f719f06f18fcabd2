"""Two scores held against each other: their difference on the rows that have both, never two separate sizes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from refalt.evaluation.beside.asked import Case, cases_by_subject
from refalt.evaluation.beside.significance import adjusted
from refalt.evaluation.blocks import Codes
from refalt.evaluation.held import Held, Terms, framed
from refalt.evaluation.join import Joined
from refalt.evaluation.labels import BASELINE, Floats
from refalt.stats.association import pearson, spearman
from refalt.stats.comparison import (
    Difference,
    Resampled,
    difference_between,
    resampled,
    steiger,
    williams,
    withheld,
)
from refalt.stats.delong import clustered_delong
from refalt.stats.dependence import correlation_design_effect
from refalt.stats.metric import METRICS, Metric
from refalt.studies.study import ScoreSection
from refalt.tables import Comparisons

#: A slope is in units of the score: two of them cannot be told apart by size.
UNCOMPARED = ("calibration_slope",)
#: (metric, score, shared rows) -> what is known of them, within one question in one stratum.
Known = dict[tuple[str, str, bytes], Resampled]
_BETWEEN = {"spearman_rho": spearman, "pearson_r": pearson}


def compare_scores(joined: Joined, scores: Sequence[ScoreSection], terms: Terms) -> pl.DataFrame:
    """Rows of Comparisons: every pair of scores, on every question, in every stratum that the study tests.

    Baselines are compared with scores, not with one another.
    """
    rows = []
    for cases in cases_by_subject(joined, scores, terms).values():
        known: Known = {}
        for first, second in itertools.combinations(cases, 2):
            if (first.score.model, second.score.model) != (BASELINE, BASELINE):
                rows += list(_pair(first, second, known))
    return adjusted(framed(rows, Comparisons))


def _pair(first: Case, second: Case, known: Known) -> Iterator[dict[str, Any]]:
    shared = _shared(first.held, second.held)
    for name in first.question.metrics:
        if name in UNCOMPARED:
            continue
        metric = METRICS[name]
        reason = first.withheld(name) or second.withheld(name)
        if reason is not None:
            n_clusters = int(np.unique(shared.codes).size)
            found = withheld(math.nan, first.terms.level, shared.target.size, n_clusters, reason)
            yield {**_named(first, second, name), **_limits(found, first.terms)}
            continue
        one = _resampled(metric, first, shared, shared.first, known)
        other = _resampled(metric, second, shared, shared.second, known)
        found = difference_between(one, other, level=first.terms.level)
        tests, values = _beside(metric, shared), _values(metric, first, second, one, other)
        yield {**_named(first, second, name), **_limits(found, first.terms), **tests, **values}


def _resampled(metric: Metric, case: Case, shared: _Shared, score: Floats, known: Known) -> Resampled:
    """The metric of one score on the shared rows, made once however many scores it is held against."""
    key = (metric.name, case.score.name, shared.rows.tobytes())
    if key not in known:
        known[key] = resampled(
            metric, shared.target, score, shared.codes,
            rng=case.rng("difference", metric.name), resamples=case.terms.settings.resamples,
        )  # fmt: skip
    return known[key]


class _Shared(NamedTuple):
    """The rows that have both scores: source rows, target, both scores, clusters."""

    rows: Codes
    target: Floats
    first: Floats
    second: Floats
    codes: Codes


def _shared(first: Held, second: Held) -> _Shared:
    rows = first.rows.get_column("source_row").to_numpy(), second.rows.get_column("source_row").to_numpy()
    both, at_first, at_second = np.intersect1d(rows[0], rows[1], assume_unique=True, return_indices=True)
    return _Shared(both, first.target[at_first], first.score[at_first], second.score[at_second], first.codes[at_first])


def _named(first: Case, second: Case, metric: str) -> dict[str, Any]:
    return {
        "dataset": first.terms.dataset,
        "label_name": first.question.name,
        "metric": metric,
        "stratum": first.stratum,
        "first": first.score.name,
        "second": second.score.name,
        "first_own_n": first.held.rows.height,
        "second_own_n": second.held.rows.height,
    }


def _limits(found: Difference, terms: Terms) -> dict[str, Any]:
    words = {
        "percentile": f"paired cluster bootstrap, percentile, {terms.settings.resamples} resamples",
        "jackknife": "paired cluster jackknife, t",
    }
    return {
        "difference": found.value,
        "lower": found.lower,
        "upper": found.upper,
        "level": found.level,
        "method": words.get(found.method, "none"),
        "p_value": found.p_value if math.isfinite(found.p_value) else None,
        "n": found.n,
        "n_clusters": found.n_clusters,
        "reason": found.reason,
    }


def _beside(metric: Metric, shared: _Shared) -> dict[str, float]:
    _, target, one, other, codes = shared
    if metric.name == "auroc":
        return {"delong_p": clustered_delong(target, one, other, codes).p_value}
    correlation = _BETWEEN.get(metric.name)
    if correlation is None:
        return {}
    three = [correlation(*pair).value for pair in ((target, one), (target, other), (one, other))]
    # Williams and Steiger count independent rows: the worse of both scores says how many these are worth.
    effects = [correlation_design_effect(target, score, codes).value for score in (one, other)]
    n_effective = target.size / max((e for e in effects if math.isfinite(e)), default=1.0)
    return {
        "williams_p": williams(three[0], three[1], three[2], n_effective).p_value,
        "steiger_p": steiger(three[0], three[1], three[2], n_effective).p_value,
    }


def _values(metric: Metric, first: Case, second: Case, one: Resampled, other: Resampled) -> dict[str, float]:
    return {
        "first_value": one.value.value,
        "second_value": other.value.value,
        "first_own_value": metric.function(first.held.target, first.held.score).value,
        "second_own_value": metric.function(second.held.target, second.held.score).value,
    }
