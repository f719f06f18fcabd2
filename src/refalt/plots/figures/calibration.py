"""Mean effect by decile of the score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import polars as pl

from refalt.plots import theme
from refalt.plots.bands import IntArray, cluster_codes, mean_interval
from refalt.plots.base import Drawing, FloatArray, Subject, View
from refalt.plots.words import written

BINS = 10


class Calibration(Drawing):
    """Mean measured effect in each tenth of the rows, ordered by score."""

    name: ClassVar[str] = "calibration"
    title: ClassVar[str] = "Calibration"
    description: ClassVar[str] = "Mean measured effect in each tenth of the rows, from low scores to high ones."
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
        drawn = _by_tenth(rows, level=reading.level)
        x, y, lower, upper = (drawn.get_column(name).to_numpy() for name in ("score", "effect", "lower", "upper"))
        axes = sheet.axes()
        axes.axhline(0, color=theme.MUTED, linewidth=0.7, linestyle=theme.DASHES)
        if reading.metric == "calibration_slope":
            line = effect.mean() + reading.value * (x - score.mean())
            slope = f"slope {written(reading.value, 'estimate')}"
            axes.plot(x, line, color=theme.VERMILION, linewidth=1.1, label=slope)
        reach = np.nan_to_num(np.vstack([y - lower, upper - y]))
        means = f"mean of a tenth, {written(reading.level, 'share')} interval"
        axes.errorbar(x, y, reach, fmt="o", markersize=4.5, color=theme.BLUE, elinewidth=1, capsize=2, label=means)
        axes.legend(loc="best")
        axes.set(xlabel=f"mean score ({theme.drawable(subject.view.score_name)})", ylabel="mean measured effect")
        return drawn


def _by_tenth(rows: pl.DataFrame, *, level: float) -> pl.DataFrame:
    score, effect = rows.get_column("score").to_numpy(), rows.get_column("effect").to_numpy()
    clusters = cluster_codes(rows.get_column("cluster_id"))
    group = _tenths(score)
    drawn = []
    for tenth in np.unique(group):
        inside = group == tenth
        mean, lower, upper = mean_interval(effect[inside], clusters[inside], level=level)
        counts = {"n": int(inside.sum()), "n_clusters": int(np.unique(clusters[inside]).size)}
        place = {"group": int(tenth) + 1, "score": float(score[inside].mean())}
        drawn.append(place | {"effect": mean, "lower": lower, "upper": upper} | counts)
    return pl.DataFrame(drawn)


def _tenths(score: FloatArray) -> IntArray:
    edges = np.quantile(score, np.linspace(0, 1, BINS + 1)[1:-1])
    return np.searchsorted(np.unique(edges), score, side="left").astype(np.int64)
