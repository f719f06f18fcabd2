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


class ByDistance(Drawing):
    """Mean absolute effect in groups of rows of increasing distance, with intervals."""

    name: ClassVar[str] = "by_distance"
    title: ClassVar[str] = "Effect by distance"
    description: ClassVar[str] = "Mean absolute effect in groups of equal size, ordered by the published distance."
    help: ClassVar[str] = (
        "Effects that shrink with distance let a score that only knows the distance look good: "
        "compare the score with that baseline, or within strata of distance."
    )
    order: ClassVar[int] = 50

    def subjects(self, view: View) -> Sequence[Subject]:
        """One figure where rows state a distance."""
        rows = view.measured("effect", "tss_distance")
        if not view.readings or rows.get_column("tss_distance").n_unique() < BINS:
            return []
        clusters = rows.get_column("cluster_id").n_unique()
        level = written(view.readings[0].level, "share")
        line = f"{level} intervals; n {rows.height:,} rows, {clusters:,} clusters"
        return [Subject(view, "", (line,), view.readings[:1])]

    def draw(self, sheet: theme.Sheet, subject: Subject) -> pl.DataFrame:
        """Draw the means and their intervals."""
        rows = subject.view.measured("effect", "tss_distance")
        distance, effect = (rows.get_column(name).cast(pl.Float64).to_numpy() for name in ("tss_distance", "effect"))
        clusters = cluster_codes(rows.get_column("cluster_id"))
        drawn = grouped_means(distance, np.abs(effect), clusters, groups=BINS, level=subject.reading.level)
        axes = sheet.axes()
        theme.draw_means(axes, drawn)
        axes.axvline(0, color=theme.MUTED, linewidth=0.7, linestyle=theme.DASHES)
        axes.xaxis.set_major_formatter(lambda bases, _: f"{bases:,.0f}".replace("-", "−"))
        axes.locator_params(axis="x", nbins=5)
        axes.set(xlabel="distance (bp, sign as published)", ylabel="mean |effect|")
        return drawn
