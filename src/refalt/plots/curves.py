"""The steps of a ranking, shared by the two curves that are drawn from it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refalt.plots.targets import Labelled

FloatArray = NDArray[np.float64]
MOST_VERTICES = 400
NOT_ITS_CURVE = (
    "No curve of these rows has the area that the estimate states, so none is drawn: "
    "the metric was made with a label or a reading of the score that this figure does not know."
)


def steps(found: Labelled) -> tuple[FloatArray, FloatArray]:
    """Positives taken, and rows taken, after each distinct score from the highest down."""
    order = np.argsort(-found.score, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(found.score[order])), order.size - 1)
    positives = np.cumsum(found.label[order])[ends]
    return positives, (ends + 1).astype(np.float64)


def thinned(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """At most `MOST_VERTICES` of a curve's vertices, evenly spaced along it, both ends kept."""
    if x.size <= MOST_VERTICES:
        return x, y
    travelled = np.concatenate([[0], np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))])
    kept = np.searchsorted(travelled, np.linspace(0, travelled[-1], MOST_VERTICES))
    kept = np.unique(np.append(np.minimum(kept, x.size - 1), [0, x.size - 1]))
    return x[kept], y[kept]
