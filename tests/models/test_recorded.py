from __future__ import annotations

import numpy as np
import polars as pl

from refalt.models.base import Asked, ModelSection
from refalt.models.recorded import Recorded
from refalt.studies.study import ScoreSection

SCORE = ScoreSection.model_validate({"name": "x", "model": "recorded"})


def test_recorded__passes_the_published_numbers_on_and_leaves_out_rows_without() -> None:
    rows = pl.DataFrame({"asked_id": ["a", "b", "c"], "value": [0.5, None, -2.0]})
    (answers,) = Recorded(ModelSection()).predict(Asked(rows), SCORE)
    np.testing.assert_array_equal(answers.row, [0, 2])
    np.testing.assert_array_equal(answers.raw, [[0.5], [-2.0]])
    assert not answers.errors


def test_recorded__has_one_track_named_after_the_score() -> None:
    assert Recorded(ModelSection()).tracks(SCORE).rows() == [(0, "RECORDED|x|.")]
