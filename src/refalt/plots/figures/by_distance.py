"""Size of the effect by distance to the target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import polars as pl

from refalt.plots import theme
from refalt.plots.bands import cluster_codes, grouped_means
from refalt.plots.base import Drawing, Subject, View
from refalt.plots.words import written

BINS = 12
NO_DISTANCE = "no row states how far the variant lies from a gene or a peak"
_WORDS = {
    "tss_distance": "distance to the gene's start (bp, sign as published)",
    "centre_distance": "distance to the centre of the peak (bp)",
}


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
        """One figure; an empty one, with the reason, where rows of variants do not state a distance."""
        if not view.readings or view.quantity != "effect":
            return []
        rows = view.measured("effect", _distance(view))
        if rows.get_column(_distance(view)).n_unique() < BINS:
            why = f"fewer than {BINS} distances to a gene or a peak are stated" if rows.height else NO_DISTANCE
            return [Subject(view, "", (), view.readings[:1], why)]
        clusters = rows.get_column("cluster_id").n_unique()
        level = written(view.readings[0].level, "share")
        line = f"{level} intervals; n {rows.height:,} rows, {clusters:,} clusters"
        return [Subject(view, "", (line,), view.readings[:1])]

    def draw(self, sheet: theme.Sheet, subject: Subject) -> pl.DataFrame:
        """Draw the means and their intervals."""
        name = _distance(subject.view)
        rows = subject.view.measured("effect", name)
        distance, effect = (rows.get_column(column).cast(pl.Float64).to_numpy() for column in (name, "effect"))
        clusters = cluster_codes(rows.get_column("cluster_id"))
        drawn = grouped_means(distance, np.abs(effect), clusters, groups=BINS, level=subject.reading.level)
        axes = sheet.axes()
        theme.draw_means(axes, drawn)
        axes.axvline(0, color=theme.MUTED, linewidth=0.7, linestyle=theme.DASHES)
        axes.xaxis.set_major_formatter(lambda bases, _: f"{bases:,.0f}".replace("-", "−"))
        axes.locator_params(axis="x", nbins=5)
        axes.set(xlabel=_WORDS[name], ylabel="mean |effect|")
        return drawn


def _distance(view: View) -> str:
    """The column of distances that the rows fill, the one to a gene where they fill neither."""
    filled = [name for name in _WORDS if name in view.rows.columns and view.rows[name].null_count() < view.rows.height]
    return (*filled, "tss_distance")[0]
