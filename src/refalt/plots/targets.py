"""Which rows and which reading of the score a label metric was made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from refalt.plots.base import Reading, View
from refalt.stats.measured import Measured

FloatArray = NDArray[np.float64]
#: A curve may differ from its estimate by no more than this (sums in another order).
SAME_AREA = 1e-6


class Labelled(NamedTuple):
    """Labels 0 and 1 and the scores that rank them, float64 of shape (n,); `reading_of` says how the score is read."""

    label: FloatArray
    score: FloatArray
    read_as: str


def labelled(view: View, reading: Reading, area: Callable[[FloatArray, FloatArray], Measured]) -> Labelled | None:
    """The labels and scores whose `area` is the estimate; None when no reading of the rows gives it.

    A label metric takes the score as it is or its magnitude, as the label asks. The estimate settles which, so that
    a figure cannot show another curve than the one its title speaks of.
    """
    rows = view.measured("score", "label" if reading.label_name == "given" else "effect")
    score = rows.get_column("score").to_numpy()
    label = _label(rows, reading.label_name)
    kept = np.isfinite(label)
    for read_as, values in (("score", score), ("|score|", np.abs(score))):
        found = Labelled(label[kept], values[kept], read_as)
        if abs(area(found.label, found.score).value - reading.value) <= SAME_AREA:
            return found
    return None


def _label(rows: pl.DataFrame, label_name: str) -> FloatArray:
    column = "label" if label_name == "given" else "effect"
    effect: FloatArray = rows.get_column(column).cast(pl.Float64).to_numpy()
    if label_name == "given":
        return effect
    if label_name == "direction":
        return np.where(effect == 0, np.nan, (effect > 0).astype(float))
    if label_name == "magnitude_median":
        magnitude = np.abs(effect)
        return (magnitude > np.median(magnitude)).astype(float) if magnitude.size else magnitude
    return np.full(effect.size, np.nan)
