"""Estimates: every metric of every question in every stratum, each with its companions."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from refalt.columns import SPARING_RECORDED, Reason
from refalt.evaluation.join import Joined
from refalt.evaluation.labels import DIRECTION, GIVEN, Floats, Question, asked_questions, score_of, target_of
from refalt.evaluation.strata import strata
from refalt.provenance import seed_from
from refalt.stats.intervals import Interval, cluster_interval
from refalt.stats.metric import METRICS, Metric
from refalt.studies.study import EvaluationSection, ScoreSection
from refalt.tables import Estimates

#: Key under which audits withhold everything that reads the sign of an effect.
SIGNED = "signed"
#: Share of the positives that are scored over that of the controls, or the other way round, under which the
#: scored rows no longer stand for the labelled ones: a factor of two is more than any random loss of rows gives.
LEAST_COVERAGE_RATIO = 0.5
_MISSING_REASONS = (
    Reason.NO_SCORE.value, Reason.PREDICTION_FAILED.value, Reason.GENE_OUTSIDE_WINDOW.value, *SPARING_RECORDED
)  # fmt: skip


@dataclass(frozen=True)
class Terms:
    """What fixes the numbers besides the rows themselves.

    Attributes:
        dataset: Its name.
        settings: `[evaluation]`.
        seed: Of the study.
        alpha: One minus the level of every interval.
        withheld: Metric name, or `signed`, -> why it must not be shown.
        quantity: `effect` or `activity`.
    """

    dataset: str
    settings: EvaluationSection
    seed: int
    alpha: float
    withheld: Mapping[str, str]
    quantity: str = "effect"


def evaluate(joined: Joined, scores: Sequence[ScoreSection], terms: Terms) -> pl.DataFrame:
    """Rows of Estimates for every score."""
    rows = [row for score in scores for row in _one_score(joined, score, terms)]
    schema = {column.name: column.dtype for column in Estimates.declared}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _one_score(joined: Joined, score: ScoreSection, terms: Terms) -> Iterator[dict[str, Any]]:
    for stratum, part in strata(rows_of(joined, score), terms.settings.strata):
        for question in asked_questions(terms.settings.labels, terms.quantity):
            if question.name == GIVEN and stratum.startswith("label="):
                continue  # within one value of the label there is nothing to tell apart
            held = measured_rows(question, part)
            for name in question.metrics:
                yield _estimate(METRICS[name], question, held, score=score, stratum=stratum, terms=terms)


def _estimate(
    metric: Metric, question: Question, held: Held, *, score: ScoreSection, stratum: str, terms: Terms
) -> dict[str, Any]:
    reason = held.selected or why_withheld(metric.name, question, score=score, withheld=terms.withheld)
    codes = held.rows.get_column("cluster_id").rank("dense").cast(pl.Int64).to_numpy() - 1
    level = 1 - terms.alpha
    if reason is None:
        # The seed leaves the score out: every score of a question meets the same resamples.
        rng = np.random.default_rng(seed_from(terms.seed, "bootstrap", question.name, metric.name, stratum))
        answer = cluster_interval(
            metric, held.target, held.score, codes, rng=rng, level=level, resamples=terms.settings.resamples
        )
        chance = metric.chance(held.target, held.score).value
    else:
        answer, chance = _nothing(held, codes, level, reason), math.nan
    return {
        "model": score.model,
        "score_name": score.name,
        "dataset": terms.dataset,
        "label_name": question.name,
        "metric": metric.name,
        "stratum": stratum,
        "value": answer.value,
        "lower": answer.lower,
        "upper": answer.upper,
        "level": level,
        "method": _method(answer, terms.settings.resamples),
        "p_value": None,
        "q_value": None,
        "chance": chance,
        "prevalence": float(held.target.mean()) if metric.needs == "label" and held.target.size else None,
        **companions(held),
        "reason": answer.reason,
    }


def _nothing(held: Held, codes: np.ndarray[Any, Any], level: float, reason: str) -> Interval:
    nan = math.nan
    return Interval(nan, nan, nan, "none", level, nan, held.rows.height, int(np.unique(codes).size), reason)


def _method(answer: Interval, resamples: int) -> str:
    words = {
        "percentile": f"cluster bootstrap, percentile, {resamples} resamples",
        "bca": f"cluster bootstrap, BCa, {resamples} resamples",
        "jackknife": "cluster jackknife, t on the transformed scale",
        "none": "none",
    }
    return words[answer.method]
