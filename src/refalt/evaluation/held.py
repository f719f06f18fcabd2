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


def rows_of(joined: Joined, score: ScoreSection) -> pl.DataFrame:
    """Rows of a score that could be compared, those that lack the score included (`score` null)."""
    of_score = pl.col("score_name") == score.name
    lost = joined.removed.filter(of_score & pl.col("reason").is_in(_MISSING_REASONS)).drop("reason")
    return pl.concat([joined.comparison.frame.filter(of_score), lost])


@dataclass(frozen=True)
class Held:
    """Rows of a stratum that hold both values, how many lack the score, and why they may be a biased choice."""

    rows: pl.DataFrame
    target: Floats
    score: Floats
    n_missing: int
    selected: str | None = None


def measured_rows(question: Question, part: pl.DataFrame) -> Held:
    """The rows that a question can be answered on.

    The target is made of all rows that hold the measured value (a median does not depend on which of them a
    score covers), and then rows without a score leave, counted.
    """
    target = target_of(question, part)
    measured = ~np.isnan(target)
    scored = part.get_column("score").is_not_null().to_numpy()
    both = measured & scored
    rows = part.filter(pl.Series(both))
    selected = _selected_by_label(target[measured], scored[measured]) if question.name == GIVEN else None
    return Held(rows, target[both], score_of(question, rows), int((measured & ~scored).sum()), selected)


def _selected_by_label(label: Floats, scored: npt.NDArray[np.bool_]) -> str | None:
    """Why the scored rows do not stand for the labelled ones, or None when they do."""
    counts = [(int(scored[label == value].sum()), int((label == value).sum())) for value in (0, 1)]
    if not all(total for _, total in counts):
        return None
    shares = sorted(held / total for held, total in counts)
    if shares[1] == 0 or shares[0] >= LEAST_COVERAGE_RATIO * shares[1]:
        return None
    (controls, all_controls), (positives, all_positives) = counts
    return (
        f"only {controls:,} of {all_controls:,} controls but {positives:,} of {all_positives:,} positives have this "
        "score: whether a row is scored depends on its label"
        if controls / all_controls < positives / all_positives
        else f"only {positives:,} of {all_positives:,} positives but {controls:,} of {all_controls:,} controls have "
        "this score: whether a row is scored depends on its label"
    )


def why_withheld(metric: str, question: Question, *, score: ScoreSection, withheld: Mapping[str, str]) -> str | None:
    """The reason for which a number must not be shown, or None."""
    if metric in withheld:
        return withheld[metric]
    if question.reads_sign:
        if not score.signed:
            return "the score has no sign"
        return withheld.get(SIGNED) or (withheld.get(DIRECTION) if question.name == DIRECTION else None)
    return None


def companions(held: Held) -> dict[str, int]:
    """Counts that an estimate never travels without."""
    return {
        "n": held.rows.height,
        "n_variants": held.rows.get_column("asked_id").n_unique(),
        "n_inputs": held.rows.get_column("input_id").n_unique(),
        "n_clusters": held.rows.get_column("cluster_id").n_unique(),
        "n_missing": held.n_missing,
    }


