"""Which rows and which reading of the score a label metric was made of."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import polars as pl

from refalt.evaluation.labels import (
    ACTIVITY_MEDIAN,
    GIVEN,
    MAGNITUDE_MEDIAN,
    MATCHED,
    QUESTIONS,
    Question,
    score_of,
    target_of,
)
from refalt.plots.base import FloatArray, Reading, View
from refalt.stats.measured import Measured

#: A curve may differ from its estimate by no more than this (sums in another order).
SAME_AREA = 1e-6
#: Column of Comparison that a label is made of, where it is not the effect.
_MADE_OF = MappingProxyType({GIVEN: "label", MATCHED: "matched_label"})


class Labelled(NamedTuple):
    """Labels 0 and 1 and the scores that rank them, float64 of shape (n,); `read_as` says how the score is read."""

    label: FloatArray
    score: FloatArray
    read_as: str


def labelled(view: View, reading: Reading, area: Callable[[FloatArray, FloatArray], Measured]) -> Labelled | None:
    """The labels and scores whose `area` is the estimate; None when the rows do not give it.

    The check is there so that no figure shows another curve than the one its title speaks of.
    """
    question = next((question for question in QUESTIONS if question.name == reading.label_name), None)
    if question is None:
        return None
    rows = view.measured("score", _MADE_OF.get(question.name, "effect"))
    label, score = _label(question, rows, reading), score_of(question, rows)
    kept = np.isfinite(label)
    found = Labelled(label[kept], score[kept], "|score|" if question.magnitude_of_score else "score")
    same = abs(area(found.label, found.score).value - reading.value) <= SAME_AREA
    return found if same else None


def _label(question: Question, rows: pl.DataFrame, reading: Reading) -> FloatArray:
    """Labels of `rows`; a median was taken over more rows than were scored, so it is recovered.

    As many of the largest values are positives as the prevalence of the estimate says.
    """
    if question.name not in (MAGNITUDE_MEDIAN, ACTIVITY_MEDIAN) or not rows.height:
        return target_of(question, rows)
    effect = rows.get_column("effect").to_numpy()
    halved = np.abs(effect) if question.name == MAGNITUDE_MEDIAN else effect
    n_positive = round(reading.prevalence * halved.size)
    least = np.sort(halved)[::-1][max(n_positive - 1, 0)]
    return np.where(halved >= least, 1.0, 0.0)
