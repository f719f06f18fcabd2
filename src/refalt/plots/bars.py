"""Estimates as bars from chance, with interval and counts beside each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from refalt.plots import theme
from refalt.plots.base import Reading
from refalt.plots.words import written

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LONGEST_NAME = 28
#: Right ends of the columns of counts, in widths of the plotting area.
_ROWS_AT, _CLUSTERS_AT = 1.15, 1.42


def draw_bars(axes: Axes, readings: Sequence[Reading], names: Sequence[str]) -> None:
    """One bar a line, top to bottom: from chance to the estimate, its interval, and rows and clusters on the right.

    What is withheld has its reason in place of a bar.
    """
    base = _shared_chance(readings)
    for place, (reading, name) in enumerate(zip(readings, names, strict=True)):
        _bar(axes, -place, reading, base)
        _write(axes, -0.02, -place, theme.shortened(name, LONGEST_NAME))
        _write(axes, _ROWS_AT, -place, f"{reading.n:,}")
        _write(axes, _CLUSTERS_AT, -place, f"{reading.n_clusters:,}")
    for x, text in ((_ROWS_AT, "rows"), (_CLUSTERS_AT, "clusters")):
        _write(axes, x, 0.95, text, colour=theme.MUTED)
    axes.axvline(base, color=theme.MUTED, linewidth=0.8)
    axes.set(yticks=[], ylim=(-len(readings) + 0.4, 1.3))
    axes.spines["left"].set_visible(False)
    axes.locator_params(axis="x", nbins=6)


def bar_table(readings: Sequence[Reading]) -> pl.DataFrame:
    """What the bars show."""
    names = ("score_name", "label_name", "metric", "stratum", "value", "lower", "upper", "level", "chance")
    rows = [{name: getattr(reading, name) for name in (*names, "n", "n_clusters", "reason")} for reading in readings]
    return pl.DataFrame(rows, infer_schema_length=None)


def _shared_chance(readings: Sequence[Reading]) -> float:
    values = [reading.chance for reading in readings if np.isfinite(reading.chance)]
    # Chance that differs from stratum to stratum (a concordance) has no one line; zero is no claim about it.
    return values[0] if values and max(values) - min(values) < 1e-9 else 0.0


def _bar(axes: Axes, place: float, reading: Reading, base: float) -> None:
    if reading.withheld:
        where = axes.get_yaxis_transform()
        text = theme.shortened(reading.withheld, 38)
        axes.text(0.02, place, text, transform=where, va="center", fontsize=6.3, style="italic", color=theme.MUTED)
        return
    bounded = np.isfinite(reading.lower)
    style: dict[str, Any] = (
        {"color": theme.SKY} if bounded else {"facecolor": "white", "edgecolor": theme.SKY, "hatch": "////"}
    )
    axes.barh(place, reading.value - base, left=base, height=0.62, **style)
    if bounded:
        axes.plot([reading.lower, reading.upper], [place, place], color=theme.INK, linewidth=1.1)
    axes.plot([reading.value], [place], marker="|", markersize=7, color=theme.INK)


def _write(axes: Axes, x: float, place: float, text: str, *, colour: str = theme.INK) -> None:
    where = axes.get_yaxis_transform()
    axes.text(x, place, text, transform=where, ha="right", va="center", fontsize=7.3, color=colour)


def interval_words(reading: Reading) -> str:
    """Estimate and interval on one short line."""
    if reading.withheld:
        return "not shown"
    value = written(reading.value, "estimate")
    if not np.isfinite(reading.lower):
        return f"{value}, no interval"
    return f"{value} ({written(reading.lower, 'estimate')} to {written(reading.upper, 'estimate')})"
