"""One number of the values that a model gave for one question: the one place where tracks become a score."""

from __future__ import annotations

from typing import Final

import polars as pl

from refalt.studies.study import ScoreSection

MEAN: Final = "mean"


def over_tracks(score: ScoreSection) -> pl.Expr:
    """The score of each answer, of the lists `raw` or `quantile` of Predictions; null where there is no list."""
    values = pl.col(score.value)
    if score.aggregate == MEAN:
        return values.list.mean().alias("score")
    return _largest(score, values.list.max(), values.list.min()).alias("score")


def over_answers(score: ScoreSection) -> pl.Expr:
    """The largest `score` of several answers to one question, one a gene; for aggregates that choose one."""
    return _largest(score, pl.col("score").max(), pl.col("score").min()).alias("score")


def _largest(score: ScoreSection, most: pl.Expr, least: pl.Expr) -> pl.Expr:
    """`max_abs` is the value farthest from 0, with its sign."""
    if score.aggregate == "max":
        return most
    return pl.when(most >= -least).then(most).otherwise(least)
