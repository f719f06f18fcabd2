"""From a model's answers to the tables Predictions, Tracks and Failures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from refalt.errors import redact
from refalt.models.base import Answers, Asked, Model
from refalt.studies.study import ScoreSection
from refalt.tables import Failures, Predictions, Tracks


@dataclass(frozen=True)
class Scored:
    """What one score gave."""

    predictions: Predictions
    tracks: Tracks
    failures: Failures


def score_with(model: Model, asked: Asked, score: ScoreSection) -> Scored:
    """Ask a model everything a score needs.

    Rows of the three tables are in the order of `asked.rows`, whatever the order of the answers.
    """
    model.check(score)
    batches = list(model.predict(asked, score)) if asked.rows.height else []
    tracks = model.tracks(score).with_columns(score_name=pl.lit(score.name), track_index=pl.col("track_index"))
    return Scored(_predictions(asked, batches), Tracks(tracks), _failures(asked, batches, score))


def _predictions(asked: Asked, batches: Sequence[Answers]) -> Predictions:
    if not batches:
        return Predictions.empty()
    row = np.concatenate([batch.row for batch in batches])
    order = np.argsort(row, kind="stable")
    raw = np.concatenate([batch.raw for batch in batches])[order]
    columns = [_lists("raw", raw)]
    quantiles = [batch.quantile for batch in batches if batch.quantile is not None]
    if len(quantiles) == len(batches):
        columns.append(_lists("quantile", np.concatenate(quantiles)[order]))
    names = ["asked_id", "made_for", "target_id", "context_id", "input_id"]
    return Predictions(asked.rows.select(names)[row[order]].with_columns(columns))


def _lists(name: str, values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> pl.Series:
    fixed = pl.Series(name, np.ascontiguousarray(values, dtype=np.float64))
    return fixed.cast(pl.List(pl.Float64))


def _failures(asked: Asked, batches: Sequence[Answers], score: ScoreSection) -> Failures:
    errors = {row: text for batch in batches for row, text in batch.errors.items()}
    rows = sorted(errors)
    names = asked.rows.get_column("asked_id")
    return Failures(
        pl.DataFrame(
            {
                "score_name": [score.name] * len(rows),
                "asked_id": [names[row] for row in rows],
                "error": [redact(errors[row]) for row in rows],
                "attempts": [1] * len(rows),
            },
            schema={column.name: column.dtype for column in Failures.declared},
        )
    )
