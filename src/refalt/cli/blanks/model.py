"""<What the model reads and what it predicts, in one line.>"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from refalt.models.base import Answers, Asked, Model, ModelSection
from refalt.studies.study import ScoreSection


class @CLASS@Section(ModelSection):
    """`[models.@NAME@]`."""


class @CLASS@(Model):
    """<One sentence about the model.>"""

    section = @CLASS@Section
    readout = "<what a score of it is, in words>"

    def tracks(self, score: ScoreSection) -> pl.DataFrame:
        """The tracks a score selects."""
        return pl.DataFrame({"track_index": [0], "track_id": [f"<OUTPUT>|{score.name}|."]})

    def predict(self, asked: Asked, score: ScoreSection) -> Iterator[Answers]:  # noqa: ARG002  (<use it or leave this>)
        """Positive where ALT is above REF of the asked variant; every row ends in `row` or `errors`."""
        row = np.arange(asked.rows.height)
        yield Answers(row, self._scores(asked)[:, None])

    def _scores(self, asked: Asked) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """float64[n]: <how a variant becomes a number>."""
        return np.zeros(asked.rows.height)  # <replace>
