"""Scores against effects, one panel a run, all on one scale of effects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import polars as pl

from refalt.plots import theme
from refalt.plots.bands import cluster_codes, fitted_line
from refalt.plots.bars import interval_words
from refalt.plots.base import Drawing, Reading, Subject, View
from refalt.plots.cloud import draw_cloud, zero_lines
from refalt.plots.words import written

if TYPE_CHECKING:
    from matplotlib.axes import Axes

IN_A_ROW = 2
MOST_PANELS = 8
PANEL_HEIGHT = 1.75
#: Between two rows of panels: the lower one's title and the upper one's numbers.
BETWEEN = 0.75
#: Over the first row of panels: its titles.
OVER = 0.4


class SideBySide(Drawing):
    """A small scatter a run, with its least-squares line."""

    name: ClassVar[str] = "side_by_side"
    title: ClassVar[str] = "Predicted against measured, side by side"
    description: ClassVar[str] = "The same rows, held against each score in turn."
    help: ClassVar[str] = (
        "Effects have one scale, scores each their own: compare the shape of the clouds, not their width. "
        "Spearman's correlation, its interval and the rows stand over each panel; whether two of them differ takes "
        "the paired test."
    )
    order: ClassVar[int] = 20
    whole_study: ClassVar[bool] = True

    def subjects(self, view: View) -> Sequence[Subject]:
        """One figure where several scores have rows and a correlation with the effect."""
        names = set(view.measured("score", "effect").get_column("score_name"))
        readings = [reading for reading in view.shown("spearman_rho", label="effect") if reading.score_name in names]
        if len(readings) < 2:
            return []
        shown = tuple(readings[:MOST_PANELS])
        level = written(shown[0].level, "share")
        lines = [f"Spearman ρ, {level} intervals; red: least squares"]
        if len(readings) > len(shown):
            lines.append(f"the first {len(shown)} of {len(readings)} scores")
        rows = -(-len(shown) // IN_A_ROW)
        withheld = next((reading.withheld for reading in shown if reading.withheld), None)
        return [
            Subject(view, "", tuple(lines), shown, withheld, height=rows * (PANEL_HEIGHT + BETWEEN) - BETWEEN + OVER)
        ]

    def draw(self, sheet: theme.Sheet, subject: Subject) -> pl.DataFrame:
        """Draw the panels in the order of the readings."""
        rows = subject.view.measured("score", "effect")
        highest, lowest = (
            float(value) for value in rows.select(pl.max("effect"), pl.min("effect").alias("low")).row(0)
        )
        room = 0.06 * (highest - lowest or 1.0)
        drawn = []
        for place, reading in enumerate(subject.readings):
            part = rows.filter(pl.col("score_name") == reading.score_name)
            axes = _panel(sheet, place, len(subject.readings))
            drawn.append(_scatter(axes, part, reading).select(pl.lit(reading.score_name).alias("score_name"), pl.all()))
            axes.set_ylim(lowest - room, highest + room)
            if place % IN_A_ROW == 0:
                axes.set_ylabel(f"measured {subject.view.quantity}", fontsize=7.5)
        return pl.concat(drawn, how="diagonal")


def _panel(sheet: theme.Sheet, place: int, n_panels: int) -> Axes:
    row, column = divmod(place, IN_A_ROW)
    n_rows = -(-n_panels // IN_A_ROW)
    unit = (sheet.top - sheet.bottom) / (n_rows * (PANEL_HEIGHT + BETWEEN) - BETWEEN + OVER)
    bottom = sheet.top - unit * (OVER + row * (PANEL_HEIGHT + BETWEEN) + PANEL_HEIGHT)
    axes = sheet.figure.add_axes((0.115 + 0.465 * column, bottom, 0.385, unit * PANEL_HEIGHT))
    axes.tick_params(length=2.5, width=0.6, labelsize=7)
    axes.locator_params(axis="x", nbins=4)
    return axes


def _scatter(axes: Axes, rows: pl.DataFrame, reading: Reading) -> pl.DataFrame:
    zero_lines(axes)
    drawn = draw_cloud(axes, rows, "score", "effect", small=True)
    if rows.get_column("score").n_unique() > 1:
        x, y = (rows.get_column(name).to_numpy() for name in ("score", "effect"))
        line = fitted_line(x, y, cluster_codes(rows.get_column("cluster_id")), level=reading.level)
        axes.plot(line.at, line.fitted, color=theme.VERMILION, linewidth=1.1, zorder=4)
        axes.fill_between(line.at, line.lower, line.upper, color=theme.VERMILION, alpha=0.2, linewidth=0, zorder=3)
    name = theme.shortened(reading.score_name, 34)
    words = f"{name}\n{interval_words(reading)}\nn {reading.n:,} rows, {reading.n_clusters:,} clusters"
    axes.set_title(words, fontsize=6.8, loc="left", pad=3, color=theme.INK)
    return drawn
