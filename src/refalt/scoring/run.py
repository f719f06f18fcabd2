"""From a model's answers to the tables Predictions, Tracks and Failures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from refalt.columns import Reason
from refalt.errors import redact
from refalt.models.base import Answers, Asked, Model
from refalt.models.metered import MeteredModel
from refalt.scoring.metered import Metering, ask_metered
from refalt.scoring.tally import Tally
from refalt.studies.study import ScoreSection
from refalt.tables import Failures, Predictions, Tracks


@dataclass(frozen=True)
class Scored:
    """What one score gave; of a metered model also how many answers came from where."""

    predictions: Predictions
    tracks: Tracks
    failures: Failures
    tally: Tally | None = None


def score_with(model: Model, asked: Asked, score: ScoreSection, *, metering: Metering | None = None) -> Scored:
    """Ask a model everything a score needs.

    Rows of the three tables are in the order of `asked.rows`, whatever the order of the answers.

    Args:
        model: The model.
        asked: The questions.
        score: The score.
        metering: What a metered model is asked with; other models do not use it.
    """
    model.check(score)
    tally = None
    if isinstance(model, MeteredModel):
        batches, tracks, tally = ask_metered(model, asked, score, metering=metering or Metering())
    else:
        batches = list(model.predict(asked, score)) if asked.rows.height else []
        tracks = model.tracks(score)
    tracks = tracks.with_columns(score_name=pl.lit(score.name))
    return Scored(_predictions(asked, batches), Tracks(tracks), _failures(asked, batches, score), tally)


def _predictions(asked: Asked, batches: Sequence[Answers]) -> Predictions:
    answered = [batch for batch in batches if batch.row.size]
    if not answered:
        return Predictions.empty()
    with_quantile = all(batch.quantile is not None for batch in answered)
    with_alleles = all(batch.alleles is not None for batch in answered)
    parts = [_answered(asked, batch, with_quantile=with_quantile, with_alleles=with_alleles) for batch in answered]
    rows = pl.concat(parts)
    if not rows.get_column("row").is_sorted():
        rows = rows.sort("row", maintain_order=True)
    return Predictions(rows.drop("row"))


def _answered(asked: Asked, batch: Answers, *, with_quantile: bool, with_alleles: bool) -> pl.DataFrame:
    names = ["asked_id", "made_for", "target_id", "context_id", "input_id"]
    columns = [pl.Series("row", batch.row), _lists("raw", batch.raw)]
    if with_quantile and batch.quantile is not None:
        columns.append(_lists("quantile", batch.quantile))
    if with_alleles and batch.alleles is not None:
        columns += [pl.Series(f"{name}_score", batch.alleles[:, i]) for i, name in enumerate(("ref", "alt"))]
    if batch.targets is not None:
        columns.append(pl.Series("target_id", batch.targets, dtype=pl.String))
    return asked.rows.select(names)[batch.row].with_columns(columns)


def _lists(name: str, values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> pl.Series:
    fixed = pl.Series(name, np.ascontiguousarray(values, dtype=np.float64))
    return fixed.cast(pl.List(pl.Float64))


def _failures(asked: Asked, batches: Sequence[Answers], score: ScoreSection) -> Failures:
    errors = {row: text for batch in batches for row, text in batch.errors.items()}
    attempts = {row: times for batch in batches for row, times in batch.attempts.items()}
    reasons = {row: reason for batch in batches for row, reason in batch.reasons.items()}
    rows = sorted(errors)
    names = asked.rows.get_column("asked_id")
    return Failures(
        pl.DataFrame(
            {
                "score_name": [score.name] * len(rows),
                "asked_id": [names[row] for row in rows],
                "error": [redact(errors[row]) for row in rows],
                "attempts": [attempts.get(row, 1) for row in rows],
                "reason": [reasons.get(row, Reason.PREDICTION_FAILED).value for row in rows],
            },
            schema={column.name: column.dtype for column in Failures.declared},
        )
    )
