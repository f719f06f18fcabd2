"""What a straight line leaves unexplained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import polars as pl

from refalt.plots import theme
from refalt.plots.bands import cluster_codes, fitted_line, grouped_means
from refalt.plots.base import Drawing, FloatArray, Subject, View
from refalt.plots.cloud import draw_cloud
from refalt.plots.words import written

GROUPS = 10


class Residuals(Drawing):
    """Measured minus fitted, along the score."""

    name: ClassVar[str] = "residuals"
    title: ClassVar[str] = "Residuals"
    description: ClassVar[str] = "What was measured minus the least-squares line on the score, along the score."
    help: ClassVar[str] = (
        "Means of a tenth of the rows that leave zero in a curve say that the relation is not a straight line; "
        "a cloud that widens says that the error depends on the score. "
        "Rows far from zero are in the list of the largest disagreements."
    )
    order: ClassVar[int] = 15

    def subjects(self, view: View) -> Sequence[Subject]:
        """One figure where a linear correlation was estimated and the score has two values."""
        found = []
        for reading in view.shown("pearson_r", label="effect"):
            if reading.withheld or view.measured("score", "effect").get_column("score").n_unique() > 1:
                found.append(Subject.of(view, reading, extra=self._explained(view)))
        return found

    def draw(self, sheet: theme.Sheet, subject: Subject) -> pl.DataFrame:
        """Draw the rows and the mean of each tenth."""
        level = subject.reading.level
        rows = _with_residuals(subject.view, level=level)
        score, residual = (_column(rows, name) for name in ("score", "residual"))
        axes = sheet.axes(grid="none")
        axes.axhline(0, color=theme.MUTED, linewidth=0.7, linestyle=theme.DASHES, zorder=1)
        drawn = draw_cloud(axes, rows, "score", "residual")
        clusters = cluster_codes(rows.get_column("cluster_id"))
        means = grouped_means(score, residual, clusters, groups=GROUPS, level=level)
        theme.draw_means(axes, means, colour=theme.VERMILION)
        axes.set(xlabel=f"score ({theme.shortened(subject.view.score_name, theme.LONGEST_NAME)})",
                 ylabel=f"measured {subject.view.quantity} minus line")  # fmt: skip
        return drawn

    @staticmethod
    def _explained(view: View) -> str:
        level = written(view.readings[0].level, "share")
        return f"red: means of a tenth of the rows, {level} intervals"


def _with_residuals(view: View, *, level: float) -> pl.DataFrame:
    rows = view.measured("score", "effect")
    score, effect = _column(rows, "score"), _column(rows, "effect")
    line = fitted_line(score, effect, cluster_codes(rows.get_column("cluster_id")), level=level)
    return rows.with_columns(pl.Series("residual", effect - line.intercept - line.slope * score))


def _column(rows: pl.DataFrame, name: str) -> FloatArray:
    values: FloatArray = rows.get_column(name).to_numpy()
    return values
