"""Mean effect by decile of the score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import polars as pl

from refalt.plots import theme
from refalt.plots.bands import cluster_codes, grouped_means
from refalt.plots.base import Drawing, Subject, View
from refalt.plots.words import written

BINS = 10


class Calibration(Drawing):
    """Mean of what was measured in each tenth of the rows, ordered by score."""

    name: ClassVar[str] = "calibration"
    title: ClassVar[str] = "Calibration"
    description: ClassVar[str] = "Mean of what was measured in each tenth of the rows, from low scores to high ones."
    help: ClassVar[str] = (
        "Bars are intervals of the mean under the study's clusters; a line has the estimated slope. "
        "Means that rise evenly say that a score of twice the size stands for an effect of twice the size. "
        "Rows of equal score stay together, so a score with few values has fewer groups."
    )
    order: ClassVar[int] = 20

    def subjects(self, view: View) -> Sequence[Subject]:
        """One figure where the slope, or else the rank correlation, was estimated."""
        slope = view.shown("calibration_slope", label="effect")
        return [Subject.of(view, reading) for reading in slope or view.shown("spearman_rho", label="effect")]

    def draw(self, sheet: theme.Sheet, subject: Subject) -> pl.DataFrame:
        """Draw the means, their intervals and the line."""
        reading, rows = subject.reading, subject.view.measured("score", "effect")
        score, effect = rows.get_column("score").to_numpy(), rows.get_column("effect").to_numpy()
        clusters = cluster_codes(rows.get_column("cluster_id"))
        drawn = grouped_means(score, effect, clusters, groups=BINS, level=reading.level)
        axes = sheet.axes()
        axes.axhline(0, color=theme.MUTED, linewidth=0.7, linestyle=theme.DASHES)
        if reading.metric == "calibration_slope":
            x = drawn.get_column("place").to_numpy()
            line = effect.mean() + reading.value * (x - score.mean())
            slope = f"slope {written(reading.value, 'estimate')}"
            axes.plot(x, line, color=theme.VERMILION, linewidth=1.1, label=slope)
        theme.draw_means(axes, drawn, label=f"mean of a tenth, {written(reading.level, 'share')} interval")
        axes.legend(loc="best")
        axes.set(
            xlabel=f"mean score ({theme.shortened(subject.view.score_name, theme.LONGEST_NAME)})",
            ylabel=f"mean measured {subject.view.quantity}",
        )
        return drawn
