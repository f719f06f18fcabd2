"""Estimates: every metric of every question in every stratum, each with its companions."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from refalt.evaluation.beside.significance import p_value
from refalt.evaluation.held import (
    SIGNED,
    Held,
    Terms,
    companions,
    described,
    framed,
    interval_of,
    measured_rows,
    rows_of,
    why_withheld,
)
from refalt.evaluation.join import Joined
from refalt.evaluation.labels import BASELINE, LABELS, Question, asked_questions, can_be_asked
from refalt.evaluation.strata import strata
from refalt.stats.classification import prevalence
from refalt.stats.metric import METRICS, Metric
from refalt.studies.study import ScoreSection
from refalt.tables import Estimates

__all__ = ["SIGNED", "Held", "Terms", "evaluate"]


def evaluate(joined: Joined, scores: Sequence[ScoreSection], terms: Terms) -> pl.DataFrame:
    """Rows of Estimates for every score; p-values are not yet adjusted (see `beside.significance.adjusted`)."""
    return framed([row for score in scores for row in _one_score(joined, score, terms)], Estimates)


def _one_score(joined: Joined, score: ScoreSection, terms: Terms) -> Iterator[dict[str, Any]]:
    for stratum, part in strata(rows_of(joined, score), terms.settings.strata):
        for question in asked_questions(terms.settings.labels, terms.quantity):
            if question.name in LABELS and stratum.startswith("label="):
                continue  # within one value of the label there is nothing to tell apart
            if not can_be_asked(question, model=score.model, signed=score.signed):
                continue
            held = measured_rows(question, part)
            for name in question.metrics:
                yield _estimate(METRICS[name], question, held, score=score, stratum=stratum, terms=terms)


def _estimate(
    metric: Metric, question: Question, held: Held, *, score: ScoreSection, stratum: str, terms: Terms
) -> dict[str, Any]:
    reason = held.selected or why_withheld(metric.name, question, score=score, withheld=terms.withheld)
    answer = interval_of(metric, held, terms, question.name, metric.name, stratum, reason=reason)
    chance = metric.chance(held.target, held.score).value if reason is None else math.nan
    tested = math.isfinite(answer.value) and score.model != BASELINE
    p = p_value(metric, held, terms, question.name, stratum) if tested else None
    return {
        "model": score.model,
        "score_name": score.name,
        "dataset": terms.dataset,
        "label_name": question.name,
        "metric": metric.name,
        "stratum": stratum,
        **described(answer, terms.settings.resamples),
        "p_value": p.value if p and p.reason is None else None,
        "q_value": None,
        "chance": chance,
        "prevalence": prevalence(held.target).value if metric.needs == "label" else None,
        **companions(held),
        "reason": answer.reason or (p.reason if p else None),
    }
