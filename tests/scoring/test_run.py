from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from refalt.models.base import Answers, Asked, Model, ModelSection
from refalt.scoring.run import score_with
from refalt.studies.study import ScoreSection

SCORE = ScoreSection.model_validate({"name": "m", "model": "backwards"})


class Backwards(Model):
    """Answers in two batches, last row first, and fails on row 1."""

    readout = "row number"

    def tracks(self, score: ScoreSection) -> pl.DataFrame:
        return pl.DataFrame({"track_index": [0, 1], "track_id": ["A|a|.", "A|b|."]})

    def predict(self, asked: Asked, score: ScoreSection) -> Iterator[Answers]:
        yield Answers(np.array([3, 2]), np.array([[3.0, 30.0], [2.0, 20.0]]), np.array([[0.3, 0.3], [0.2, 0.2]]))
        yield Answers(np.array([0]), np.array([[0.0, 0.0]]), np.array([[0.0, 0.0]]), {1: "no such contig"})


def _asked(n: int) -> Asked:
    names = [f"v{i}" for i in range(n)]
    empty = pl.lit(None, pl.String)
    rows = pl.DataFrame({"asked_id": names, "made_for": names, "input_id": names})
    return Asked(rows.with_columns(target_id=empty, context_id=empty))


def test_score_with__rows_come_back_in_the_order_they_were_asked() -> None:
    found = score_with(Backwards(ModelSection()), _asked(4), SCORE)
    assert found.predictions.frame.get_column("asked_id").to_list() == ["v0", "v2", "v3"]
    assert found.predictions.frame.get_column("raw").to_list() == [[0.0, 0.0], [2.0, 20.0], [3.0, 30.0]]
    assert found.predictions.frame.get_column("quantile").to_list()[1] == [0.2, 0.2]


def test_score_with__what_failed_is_a_row_with_its_error() -> None:
    found = score_with(Backwards(ModelSection()), _asked(4), SCORE)
    assert found.failures.frame.select("score_name", "asked_id", "error").rows() == [("m", "v1", "no such contig")]
    assert found.tracks.frame.get_column("score_name").to_list() == ["m", "m"]


def test_score_with__nothing_asked_gives_empty_tables() -> None:
    found = score_with(Backwards(ModelSection()), _asked(0), SCORE)
    assert (len(found.predictions), len(found.failures)) == (0, 0)
