"""Scores against effects, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import polars as pl

from refalt.evaluation.labels import MAGNITUDE
from refalt.plots import theme
from refalt.plots.bands import cluster_codes, fitted_line
from refalt.plots.base import Drawing, Subject, View
from refalt.plots.cloud import draw_cloud, zero_lines

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class PredictedVsMeasured(Drawing):
    """Scatter, or density above `cloud.MOST_POINTS` rows, with a least-squares line."""

    name: ClassVar[str] = "predicted_vs_measured"
    title: ClassVar[str] = "Predicted against measured"
    description: ClassVar[str] = "Each row's score against what was measured."
    help: ClassVar[str] = (
        "Points along a rising line mean that the score orders the effects and has their sign. "
        "The line is least squares with a pointwise interval under the study's clusters. "
        "Many rows are drawn as a density. "
        "A few rows far out can carry a Pearson correlation: compare it with Spearman's."
    )
    order: ClassVar[int] = 10

    def subjects(self, view: View) -> Sequence[Subject]:
        """One figure where a correlation with the effect was estimated, one of magnitudes where it has no sign."""
        spearman, pearson = view.shown("spearman_rho", label="effect"), view.shown("pearson_r", label="effect")
        if not (spearman or pearson):
            return []
        shown = (spearman or pearson)[0]
        beside = pearson[0].lines[0] if spearman and pearson and not pearson[0].withheld else ""
        found = [Subject.of(view, shown, extra=beside, height=3.4)]
        if shown.withheld:
            for reading in view.shown("spearman_rho", label=MAGNITUDE):
                found.append(Subject.of(view, reading, suffix=MAGNITUDE, extra="magnitudes only", height=3.4))
        return found

    def draw(self, sheet: theme.Sheet, subject: Subject) -> pl.DataFrame:
        """Draw the rows, the zero lines and the fit."""
        rows = subject.view.measured("score", "effect")
        named = (
            f"score ({theme.shortened(subject.view.score_name, theme.LONGEST_NAME)})",
            f"measured {subject.view.quantity}",
        )
        if subject.reading.label_name == MAGNITUDE:
            rows = rows.with_columns(pl.col("score", "effect").abs())
            named = f"|score| ({theme.shortened(subject.view.score_name, theme.LONGEST_NAME)})", "|measured effect|"
        axes = sheet.axes(grid="none")
        zero_lines(axes)
        drawn = draw_cloud(axes, rows, "score", "effect")
        if rows.get_column("score").n_unique() > 1:
            _fit(axes, rows, level=subject.reading.level)
        axes.set(xlabel=named[0], ylabel=named[1])
        return drawn


def _fit(axes: Axes, rows: pl.DataFrame, *, level: float) -> None:
    x, y = rows.get_column("score").to_numpy(), rows.get_column("effect").to_numpy()
    line = fitted_line(x, y, cluster_codes(rows.get_column("cluster_id")), level=level)
    lowest, highest = axes.get_ylim()
    axes.plot(line.at, line.fitted, color=theme.VERMILION, zorder=4)
    axes.fill_between(line.at, line.lower, line.upper, color=theme.VERMILION, alpha=0.22, linewidth=0, zorder=3)
    axes.set_ylim(lowest, highest)
