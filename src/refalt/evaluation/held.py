"""Which rows a question is answered on, what their answer must travel with, and when it must not be given."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from refalt.columns import MEAN_OVER, SPARING_RECORDED, WHOLE, Reason
from refalt.evaluation.join import Joined
from refalt.evaluation.labels import DIRECTION, LABELS, Floats, Question, score_of, target_of
from refalt.provenance import seed_from
from refalt.stats.intervals import Interval, cluster_interval
from refalt.stats.metric import Metric
from refalt.studies.study import EvaluationSection, ScoreSection
from refalt.tables import Table

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

    @property
    def level(self) -> float:
        """Coverage that intervals aim at."""
        return 1 - self.alpha

    def rng(self, *parts: str) -> np.random.Generator:
        """The stream of chance that these words name; scores are left out of them, so that all meet the same draws."""
        return np.random.default_rng(seed_from(self.seed, *parts))

    @property
    def family(self) -> tuple[str, ...]:
        """Names of strata (`all` among them) that are tested: what the study declares, and where its verdict lies."""
        primary = self.settings.primary.stratum if self.settings.primary else WHOLE
        return (*self.settings.family, *((primary.partition("=")[0],) if primary != WHOLE else ()))

    def tests(self, stratum: str) -> bool:
        """Whether a stratum (`all`, or `name=value`) belongs to the family of tests."""
        return stratum.partition("=")[0] in self.family

    @property
    def tested_strata(self) -> tuple[str, ...]:
        """Names of the strata of the family, the whole left out, and means, which are no part of the rows."""
        return tuple(n for n in dict.fromkeys(self.family) if n != WHOLE and not n.startswith(MEAN_OVER))


@dataclass(frozen=True)
class Held:
    """Rows of a stratum that hold both values, how many lack the score, and why they may be a biased choice."""

    rows: pl.DataFrame
    target: Floats
    score: Floats
    n_missing: int
    selected: str | None = None

    @property
    def codes(self) -> npt.NDArray[np.int64]:
        """The cluster of each row as a number from 0."""
        return self.rows.get_column("cluster_id").rank("dense").cast(pl.Int64).to_numpy() - 1

    def only(self, kept: npt.NDArray[np.bool_]) -> Held:
        """The rows where `kept` is true."""
        return Held(
            self.rows.filter(pl.Series(kept)), self.target[kept], self.score[kept], self.n_missing, self.selected
        )


def rows_of(joined: Joined, score: ScoreSection) -> pl.DataFrame:
    """Rows of a score that could be compared, those that lack the score included (`score` null)."""
    of_score = pl.col("score_name") == score.name
    lost = joined.removed.filter(of_score & pl.col("reason").is_in(_MISSING_REASONS)).drop("reason")
    return pl.concat([joined.comparison.frame.filter(of_score), lost])


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
    selected = _selected_by_label(target[measured], scored[measured]) if question.name in LABELS else None
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


def interval_of(
    metric: Metric, held: Held, terms: Terms, *stream: str, reason: str | None = None, weights: Floats | None = None
) -> Interval:
    """The metric with its interval over clusters, or, where there is a `reason` against it, no number but the reason.

    Args:
        stream: Words that name the resamples.
        weights: float64[n], row counts.
    """
    if reason is not None:
        return no_number(held, terms, reason)
    return cluster_interval(
        metric, held.target, held.score, held.codes, rng=terms.rng("bootstrap", *stream), level=terms.level,
        resamples=terms.settings.resamples, weights=weights,
    )  # fmt: skip


def no_number(held: Held, terms: Terms, reason: str) -> Interval:
    """Nothing but counts and the reason."""
    nan = math.nan
    n_clusters = held.rows.get_column("cluster_id").n_unique()
    return Interval(nan, nan, nan, "none", terms.level, nan, held.rows.height, n_clusters, reason)


def described(answer: Interval, resamples: int) -> dict[str, Any]:
    """The columns of an estimate that an interval fills."""
    words = {
        "percentile": f"cluster bootstrap, percentile, {resamples} resamples",
        "bca": f"cluster bootstrap, BCa, {resamples} resamples",
        "jackknife": "cluster jackknife, t on the transformed scale",
        "none": "none",
    }
    numbers = {"value": answer.value, "lower": answer.lower, "upper": answer.upper, "level": answer.level}
    return numbers | {"method": words[answer.method], "reason": answer.reason}


def framed(rows: Sequence[Mapping[str, Any]], table: type[Table]) -> pl.DataFrame:
    """Rows by name as a frame in the table's own columns."""
    schema = {column.name: column.dtype for column in table.declared}
    return pl.DataFrame([dict(row) for row in rows], schema=schema, orient="row")
