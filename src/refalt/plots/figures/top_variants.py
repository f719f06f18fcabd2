"""The strongest predictions beside what was measured of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import polars as pl

from refalt.plots import theme
from refalt.plots.base import Drawing, FloatArray, Subject, View

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_BARS = 15
ROW_HEIGHT = 0.2
LONGEST_NAME = 27


class TopVariants(Drawing):
    """The rows with the largest absolute score: score left, measured value right."""

    name: ClassVar[str] = "top_variants"
    title: ClassVar[str] = "Strongest predictions"
    description: ClassVar[str] = "The rows with the largest absolute score, and what was measured of each."
    help: ClassVar[str] = (
        "Bars on the same side of zero left and right agree in sign; colour marks the side. "
        "Whiskers are one published standard error of the measurement, where there is one. "
        "A few rows prove nothing: this is where to start looking, not a result."
    )
    order: ClassVar[int] = 45

    def subjects(self, view: View) -> Sequence[Subject]:
        """One figure where scores with their sign may be set beside the measurements."""
        rows = view.measured("score", "effect")
        if rows.is_empty():
            return []
        n = min(MOST_BARS, rows.height)
        extra = f"the {n} of {rows.height:,} measured rows with the largest |score|"
        height = ROW_HEIGHT * (n + 1)
        return [
            Subject.of(view, reading, extra=extra, height=height)
            for reading in view.shown("spearman_rho", label="effect")[:1]
        ]

    def draw(self, sheet: theme.Sheet, subject: Subject) -> pl.DataFrame:
        """Draw the two panels, strongest on top."""
        rows = _strongest(subject.view)
        place = -np.arange(rows.height, dtype=np.float64)
        score, effect, error = (
            rows.get_column(name).cast(pl.Float64).to_numpy() for name in ("score", "effect", "effect_se")
        )
        left, right = sheet.axes(left=0.4, right=0.665, grid="x"), sheet.axes(left=0.7, right=0.965, grid="x")
        _bars(left, place, score, label=f"score ({theme.shortened(subject.view.score_name, 14)})")
        _bars(right, place, effect, label=f"measured {subject.view.quantity}")
        right.errorbar(effect, place, xerr=np.nan_to_num(error), fmt="none", ecolor=theme.INK, elinewidth=0.8)
        left.set_yticks(place, [theme.shortened(_name(row), LONGEST_NAME) for row in rows.iter_rows(named=True)])
        left.tick_params(axis="y", length=0, labelsize=6.8)
        return rows.select("source_row", "asked_id", "target_id", "context_id", "score", "effect", "effect_se")


def _strongest(view: View) -> pl.DataFrame:
    rows = view.measured("score", "effect")
    return rows.sort(pl.col("score").abs(), "source_row", descending=[True, False]).head(MOST_BARS)


def _name(row: dict[str, object]) -> str:
    name = str(row["variant_id"] or row["element_id"] or row["asked_id"])
    target = str(row["target_id"] or "")
    return f"{name} {target}" if target and len(name) + len(target) < LONGEST_NAME else name


def _bars(axes: Axes, place: FloatArray, values: FloatArray, *, label: str) -> None:
    colours = np.where(values < 0, theme.BLUE, theme.ORANGE)
    axes.barh(place, values, height=0.68, color=colours.tolist())
    axes.axvline(0, color=theme.MUTED, linewidth=0.7)
    axes.set(yticks=[], ylim=(place[-1] - 0.7, 0.7), xlabel=label)
    axes.locator_params(axis="x", nbins=4)
    axes.spines["left"].set_visible(False)
