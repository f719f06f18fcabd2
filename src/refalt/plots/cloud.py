"""Rows as points, or as a density where there are too many to tell apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from refalt.plots import theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_POINTS = 5000
HEXAGONS = 55


def draw_cloud(axes: Axes, rows: pl.DataFrame, x: str, y: str, *, small: bool = False) -> pl.DataFrame:
    """Draw one point a row, or hexagons above `MOST_POINTS` rows, and return what was drawn.

    Args:
        axes: Where to.
        rows: Rows with `source_row` and the two columns, both finite.
        x: Column along the bottom.
        y: Column up the side.
        small: Whether the panel is one of several: fewer hexagons, no colour bar.

    Returns:
        source_row and the two columns; for a density the centres of its hexagons and their `rows`.
    """
    return _density(axes, rows, x, y, small=small) if rows.height > MOST_POINTS else _points(axes, rows, x, y)


def zero_lines(axes: Axes) -> None:
    """Dashed lines where either quantity is zero."""
    axes.axhline(0, color=theme.MUTED, linewidth=0.7, linestyle=theme.DASHES, zorder=1)
    axes.axvline(0, color=theme.MUTED, linewidth=0.7, linestyle=theme.DASHES, zorder=1)


def _points(axes: Axes, rows: pl.DataFrame, x: str, y: str) -> pl.DataFrame:
    across, up = rows.get_column(x).to_numpy(), rows.get_column(y).to_numpy()
    axes.scatter(across, up, s=11, color=theme.BLUE, alpha=0.75 if rows.height < 500 else 0.4, linewidths=0, zorder=2)
    return rows.select("source_row", x, y)


def _density(axes: Axes, rows: pl.DataFrame, x: str, y: str, *, small: bool) -> pl.DataFrame:
    from matplotlib.colors import LinearSegmentedColormap

    across, up = rows.get_column(x).to_numpy(), rows.get_column(y).to_numpy()
    shades = LinearSegmentedColormap.from_list("rows", theme.SHADES)
    size = HEXAGONS // 2 if small else HEXAGONS
    hexagons = axes.hexbin(across, up, gridsize=size, mincnt=1, bins="log", cmap=shades, linewidths=0.1, zorder=2)
    if not small:
        _colour_bar(axes, hexagons)
    centres, counts = np.asarray(hexagons.get_offsets()), np.asarray(hexagons.get_array())
    return pl.DataFrame({x: centres[:, 0], y: centres[:, 1], "rows": counts.astype(np.int64)})


def _colour_bar(axes: Axes, hexagons: object) -> None:
    from matplotlib.ticker import FuncFormatter, NullLocator

    bar = axes.figure.colorbar(hexagons, ax=axes, shrink=0.7, pad=0.02, label="rows", location="right")  # type: ignore[arg-type]
    bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda count, _: f"{count:,.0f}"))
    bar.ax.yaxis.set_minor_locator(NullLocator())
    bar.outline.set_visible(False)
