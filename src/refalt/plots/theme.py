"""One look for all figures: readable at column width, safe for colour-blind readers, the same bytes every time.

Colours are the palette of Okabe and Ito (Color Universal Design, 2008).
"""

from __future__ import annotations

import bisect
import contextlib
import functools
import io
import itertools
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from refalt.files import write_bytes

if TYPE_CHECKING:
    import matplotlib.figure
    from matplotlib.axes import Axes

INK: Final = "#1f2328"
MUTED: Final = "#59636e"
GRID: Final = "#e4e7eb"
BLUE: Final = "#0072B2"
VERMILION: Final = "#D55E00"
GREEN: Final = "#009E73"
ORANGE: Final = "#E69F00"
SKY: Final = "#56B4E9"
PURPLE: Final = "#CC79A7"
SHADES: Final = ["#b9d7ec", BLUE, "#07223b"]
DASHES: Final = (0, (3, 3))

WIDTH: Final = 4.6
#: Letters of a name along an axis.
LONGEST_NAME: Final = 40
RESOLUTION: Final = 200
_LINE: Final = 0.165
_TOP: Final = 0.10
_BOTTOM: Final = 0.52

_SETTINGS: Final[Mapping[Any, Any]] = {
    "svg.hashsalt": "refalt",
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.labelsize": 8.5,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "legend.frameon": False,
    "legend.fontsize": 7.5,
    "lines.linewidth": 1.4,
    "path.simplify": False,
}


@dataclass(frozen=True)
class Sheet:
    """A figure with its heading written and room left for the plotting area.

    `top` and `bottom` are the edges of that area in figure fractions.
    """

    figure: matplotlib.figure.Figure
    top: float
    bottom: float

    def axes(self, *, left: float = 0.135, right: float = 0.965, grid: str = "both") -> Axes:
        """The plotting area, with a light grid along `grid` (x, y, both or none)."""
        axes = self.figure.add_axes((left, self.bottom, right - left, self.top - self.bottom))
        if grid != "none":
            axes.grid(visible=True, axis=grid, color=GRID, linewidth=0.6)  # type: ignore[arg-type]
        axes.tick_params(length=2.5, width=0.6)
        return axes


@contextlib.contextmanager
def applied() -> Iterator[None]:
    """The theme's settings, for the length of a block."""
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)
        yield


def sheet(title: str, lines: Sequence[str], *, height: float) -> Sheet:
    """A blank figure with its heading: `title` in bold, `lines` under it, wrapped; `height` in inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    wrapped = [part for line in lines for part in textwrap.wrap(drawable(line), 76)]
    heading = _TOP + _LINE * (len(wrapped) + 1) + 0.14
    total = heading + height + _BOTTOM
    figure = Figure(figsize=(WIDTH, total), facecolor="white")
    FigureCanvasAgg(figure)
    for row, text in enumerate([shortened(title, 62), *wrapped]):
        weight, size, colour = ("bold", 9.5, INK) if row == 0 else ("normal", 8, MUTED)
        height_there = 1 - (_TOP + _LINE * row) / total
        figure.text(0.02, height_there, text, va="top", fontsize=size, fontweight=weight, color=colour)
    return Sheet(figure, top=1 - heading / total, bottom=_BOTTOM / total)


def write_withheld(sheet: Sheet, reason: str) -> None:
    """An empty frame that says why there is nothing in it."""
    axes = sheet.axes(left=0.04, right=0.96, grid="none")
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(visible=True, linestyle=(0, (4, 3)), edgecolor=MUTED)
    text = "\n".join(textwrap.wrap(drawable(reason), 56)[:10])
    axes.text(0.5, 0.58, text, transform=axes.transAxes, ha="center", va="center", fontsize=9, color=INK)
    head = next((word.upper() for word in ("withheld", "not drawn") if reason.startswith(word)), "NOTHING TO SHOW")
    axes.text(0.5, 0.93, head, transform=axes.transAxes, ha="center", va="top", fontweight="bold", color=MUTED)


def draw_means(axes: Axes, means: pl.DataFrame, *, label: str | None = None, colour: str = BLUE) -> None:
    """Draw what `bands.grouped_means` gives: points and, where there is one, their interval."""
    x, y, lower, upper = (means.get_column(name).to_numpy() for name in ("place", "mean", "lower", "upper"))
    reach = np.nan_to_num(np.vstack([y - lower, upper - y]))
    axes.errorbar(x, y, reach, fmt="o", markersize=4.5, color=colour, elinewidth=1, capsize=2, label=label, zorder=3)


def stamp(sheet: Sheet, *, simulated: bool, as_published: bool) -> None:
    """Say across the figure that its values are simulated, and in a corner that a flawed setting is reproduced."""
    if simulated:
        sheet.figure.text(
            0.55, (sheet.top + sheet.bottom) / 2, "SIMULATED", rotation=24, fontsize=40, fontweight="bold",
            color=MUTED, alpha=0.2, ha="center", va="center", zorder=10,
        )  # fmt: skip
    if as_published:
        box = {"boxstyle": "square,pad=0.3", "facecolor": "white", "edgecolor": VERMILION, "linewidth": 1}
        sheet.figure.text(
            0.985,
            0.02,
            "AS PUBLISHED",
            fontsize=7,
            fontweight="bold",
            color=VERMILION,
            ha="right",
            va="bottom",
            bbox=box,
        )


def write(sheet: Sheet, stem: Path) -> None:
    """Write `stem`.svg and `stem`.png; equal figures give equal bytes."""
    for ending, metadata in (("svg", {"Date": None, "Creator": "refalt"}), ("png", {"Software": None})):
        content = io.BytesIO()
        sheet.figure.savefig(content, format=ending, dpi=RESOLUTION, metadata=metadata)
        write_bytes(stem.with_name(f"{stem.name}.{ending}"), content.getvalue())


def drawable(text: str) -> str:
    """`text` on one line, letters that the font does not have replaced by a question mark."""
    line = " ".join(text.split())
    return line if line.isascii() and line.isprintable() else "".join(map(_letter, line))


def _letter(letter: str) -> str:
    return letter if ord(letter) in _known_letters() else "?"


@functools.cache
def _known_letters() -> frozenset[int]:
    from matplotlib.font_manager import findfont, get_font

    return frozenset(get_font(findfont("DejaVu Sans")).get_charmap())


def shortened(text: str, longest: int) -> str:
    """`text` as `drawable` gives it, cut with an ellipsis where it would be wider than `longest` letters."""
    line = drawable(text)
    ends = list(itertools.accumulate(map(_width, line)))
    if not ends or ends[-1] <= longest:
        return line
    return line[: bisect.bisect_right(ends, longest - 1)] + "…"


def _width(letter: str) -> float:
    """Of a letter, in letters: capitals are wider."""
    return 1.3 if letter.isupper() else 1.0
