"""Scores that the source carries: nothing is computed, the published numbers are passed on as they stand."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from refalt.models.base import Answers, Asked, Model, Probe
from refalt.studies.study import ScoreSection


class Recorded(Model):
    """Published scores. Their alleles are those of `made_for`; the join gives them their sign."""

    readout = "published score"

    def unprobed(self, probe: Probe, score: ScoreSection) -> str:  # noqa: ARG002
        """Published numbers answer nothing new."""
        return "published numbers cannot be asked again"

    def tracks(self, score: ScoreSection) -> pl.DataFrame:
        """One track, the score itself."""
        return pl.DataFrame({"track_index": [0], "track_id": [f"RECORDED|{score.name}|."]})

    def predict(self, asked: Asked, score: ScoreSection) -> Iterator[Answers]:  # noqa: ARG002
        """The published number of every row that has one; a row without is `no_score`, not a failure."""
        value = asked.rows.get_column("value").to_numpy()
        row = np.flatnonzero(np.isfinite(value))
        yield Answers(row, value[row, None])
