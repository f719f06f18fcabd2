"""Size of the effect by distance to the target."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import ClassVar, Final

import numpy as np
import polars as pl

from refalt.plots import theme
from refalt.plots.bands import cluster_codes, grouped_means
from refalt.plots.base import Drawing, Subject, View
from refalt.plots.words import written

BINS = 12
#: Column of Comparison -> what it is a distance to, the first that rows state.
_FROM: Final = MappingProxyType(
    {
        "centre_distance": "distance to the centre of the peak (bp)",
        "tss_distance": "distance to the start of the gene (bp, sign as published)",
    }
)
NO_DISTANCE = "no distance is drawn: rows state none to the centre of a peak, and none to the start of a gene"
FEW_DISTANCES = f"no distance is drawn: rows state fewer than {BINS} different ones"


class ByDistance(Drawing):
    """Mean absolute effect in groups of rows of increasing distance, with intervals."""

    name: ClassVar[str] = "by_distance"
    title: ClassVar[str] = "Effect by distance"
    description: ClassVar[str] = "Mean absolute effect in groups of equal size, ordered by the distance to the target."
    help: ClassVar[str] = (
        "Effects that shrink with distance let a score that only knows the distance look good: "
        "compare the score with that baseline, or within strata of distance."
    )
    order: ClassVar[int] = 50

    def subjects(self, view: View) -> Sequence[Subject]:
        """One figure where effects were measured; it says so where rows state no distance."""
        if not view.readings or view.quantity != "effect" or view.measured("effect").is_empty():
            return []
        column = _column(view)
        if column is None:
            return [Subject(view, "", (), view.readings[:1], NO_DISTANCE, height=1.1)]
        rows = view.measured("effect", column)
        clusters = rows.get_column("cluster_id").n_unique()
        level = written(view.readings[0].level, "share")
        line = f"{level} intervals; n {rows.height:,} rows, {clusters:,} clusters"
        few = FEW_DISTANCES if rows.get_column(column).n_unique() < BINS else None
        return [Subject(view, "", (line,), view.readings[:1], few)]

    def draw(self, sheet: theme.Sheet, subject: Subject) -> pl.DataFrame:
        """Draw the means and their intervals."""
        column = _column(subject.view)
        assert column is not None  # subjects() withholds what has no distance
        rows = subject.view.measured("effect", column)
        distance, effect = (rows.get_column(name).cast(pl.Float64).to_numpy() for name in (column, "effect"))
        clusters = cluster_codes(rows.get_column("cluster_id"))
        drawn = grouped_means(distance, np.abs(effect), clusters, groups=BINS, level=subject.reading.level)
        axes = sheet.axes()
        theme.draw_means(axes, drawn)
        axes.axvline(0, color=theme.MUTED, linewidth=0.7, linestyle=theme.DASHES)
        axes.xaxis.set_major_formatter(lambda bases, _: f"{bases:,.0f}".replace("-", "−"))
        axes.locator_params(axis="x", nbins=5)
        axes.set(xlabel=_FROM[column], ylabel="mean |effect|")
        return drawn


def _column(view: View) -> str | None:
    return next((column for column in _FROM if not view.measured("effect", column).is_empty()), None)
