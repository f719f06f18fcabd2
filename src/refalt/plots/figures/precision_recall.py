"""Precision against recall."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import polars as pl

from refalt.plots import theme
from refalt.plots.base import Drawing, Reading, Subject, View
from refalt.plots.curves import NOT_ITS_CURVE, steps, thinned
from refalt.plots.targets import labelled
from refalt.plots.words import label_words, written
from refalt.stats.classification import auprc


class PrecisionRecall(Drawing):
    """Precision against recall, over the line of prevalence."""

    name: ClassVar[str] = "precision_recall"
    title: ClassVar[str] = "Precision and recall"
    description: ClassVar[str] = "Share of true positives among the rows taken, as more of the positives are found."
    help: ClassVar[str] = (
        "The dashed line is the prevalence, about what a score that knows nothing gets. "
        "An area means nothing without it: the same ranking gets another area when there are more controls."
    )
    order: ClassVar[int] = 40

    def subjects(self, view: View) -> Sequence[Subject]:
        """One figure a label."""
        return [_subject(view, reading) for reading in view.shown("auprc")]

    def draw(self, sheet: theme.Sheet, subject: Subject) -> pl.DataFrame:
        """Draw the steps and the line of prevalence."""
        found = labelled(subject.view, subject.reading, auprc)
        assert found is not None  # subjects() withholds what has no curve
        positives, taken = steps(found)
        recall, precision = thinned(positives / positives[-1], positives / taken)
        recall, precision = np.append(0, recall), np.append(precision[0], precision)
        prevalence = float(found.label.mean())
        axes = sheet.axes()
        axes.axhline(prevalence, color=theme.MUTED, linewidth=0.8, linestyle=theme.DASHES)
        axes.plot(recall, precision, color=theme.BLUE, drawstyle="steps-pre")
        below = prevalence > 0.08
        text, side = f"prevalence {written(prevalence, 'estimate')}", "top" if below else "bottom"
        axes.text(0.02, prevalence + (-0.015 if below else 0.015), text, va=side, fontsize=7.5, color=theme.MUTED)
        axes.text(0.97, 0.96, f"ranked by {found.read_as}", ha="right", va="top", fontsize=7.5, color=theme.MUTED)
        axes.set(xlabel="recall", ylabel="precision", xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
        return pl.DataFrame({"recall": recall, "precision": precision})


def _subject(view: View, reading: Reading) -> Subject:
    if not reading.withheld and labelled(view, reading, auprc) is None:
        return Subject(view, reading.label_name, reading.lines, (reading,), NOT_ITS_CURVE)
    shares = (
        f"prevalence {written(reading.prevalence, 'estimate')}, chance {written(reading.chance, 'estimate')}; "
        f"{label_words(reading.label_name)}"
    )
    return Subject.of(view, reading, suffix=reading.label_name, extra=shares, height=3.2)
