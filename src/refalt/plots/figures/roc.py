"""Receiver operating characteristic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import polars as pl

from refalt.plots import theme
from refalt.plots.base import Drawing, Subject, View
from refalt.plots.curves import NOT_ITS_CURVE, steps, thinned
from refalt.plots.targets import labelled
from refalt.plots.words import label_words, written
from refalt.stats.classification import auroc


class Roc(Drawing):
    """True positive rate against false positive rate."""

    name: ClassVar[str] = "roc"
    title: ClassVar[str] = "ROC curve"
    description: ClassVar[str] = "Positives found against controls taken for positives, as the threshold falls."
    help: ClassVar[str] = (
        "The area is the chance that a positive scores above a control; the diagonal is a score that knows nothing. "
        "It does not change with the share of positives, so read it beside the precision-recall curve."
    )
    order: ClassVar[int] = 30

    def subjects(self, view: View) -> Sequence[Subject]:
        """One figure a label."""
        found = []
        for reading in view.shown("auroc"):
            about = label_words(reading.label_name)
            if reading.withheld or labelled(view, reading, auroc):
                found.append(Subject.of(view, reading, suffix=reading.label_name, extra=about, height=3.2))
            else:
                found.append(Subject(view, reading.label_name, reading.lines, (reading,), NOT_ITS_CURVE))
        return found

    def draw(self, sheet: theme.Sheet, subject: Subject) -> pl.DataFrame:
        """Draw the curve and the line of chance."""
        found = labelled(subject.view, subject.reading, auroc)
        assert found is not None  # subjects() withholds what has no curve
        positives, taken = steps(found)
        x = np.concatenate([[0], (taken - positives) / (taken - positives)[-1]])
        y = np.concatenate([[0], positives / positives[-1]])
        x, y = thinned(x, y)
        axes = sheet.axes()
        axes.plot([0, 1], [0, 1], color=theme.MUTED, linewidth=0.8, linestyle=theme.DASHES)
        axes.plot(x, y, color=theme.BLUE, drawstyle="default")
        axes.text(0.97, 0.05, f"chance {written(0.5, 'estimate')}\nranked by {found.read_as}", ha="right", fontsize=7.5,
                  color=theme.MUTED)  # fmt: skip
        axes.set(xlabel="false positive rate", ylabel="true positive rate", xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
        return pl.DataFrame({"false_positive_rate": x, "true_positive_rate": y})
