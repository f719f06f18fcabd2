"""Estimates of one metric over scores and strata."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import polars as pl

from refalt.columns import WHOLE
from refalt.plots import theme
from refalt.plots.base import Drawing, Reading, Subject, View
from refalt.plots.words import label_words, metric_symbol, stratum_column, stratum_words, written

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW_HEIGHT = 0.21
MOST_TOGETHER = 40
MOST_ROWS = 60
LONGEST_NAME = 30


class Forest(Drawing):
    """One line a score and stratum: point, interval, counts; what is withheld is listed with its reason."""

    name: ClassVar[str] = "forest"
    title: ClassVar[str] = "Scores and strata side by side"
    description: ClassVar[str] = "One metric for every score and stratum, with intervals, rows and clusters."
    help: ClassVar[str] = (
        "Intervals that overlap say little about a difference between two scores on the same rows: "
        "that takes a paired test. Strata are compared with each other only as far as their counts allow."
    )
    order: ClassVar[int] = 5
    whole_study: ClassVar[bool] = True

    def subjects(self, view: View) -> Sequence[Subject]:
        """One figure a metric and label; strata of many rows have their own."""
        found: list[Subject] = []
        ordered = sorted(view.readings, key=lambda reading: (reading.metric, reading.label_name))
        for _, group in groupby(ordered, lambda reading: (reading.metric, reading.label_name)):
            readings = list(group)
            families = [("", readings)] if len(readings) <= MOST_TOGETHER else _families(readings)
            found += [_subject(view, family, part) for family, part in families]
        return found

    def draw(self, sheet: theme.Sheet, subject: Subject) -> pl.DataFrame:
        """Draw the lines, top to bottom in the order of `subject.readings`."""
        axes = sheet.axes(left=0.44, right=0.76, grid="x")
        several = len({reading.score_name for reading in subject.readings}) > 1
        for place, reading in enumerate(subject.readings):
            _line(axes, -place, reading)
            _counts(axes, -place, reading)
            _write(axes, -0.04, -place, _name(reading, several=several))
        where = axes.get_yaxis_transform()
        for x, text in ((1.31, "rows"), (1.66, "clusters")):
            axes.text(x, 0.95, text, transform=where, ha="right", va="center", fontsize=7, color=theme.MUTED)
        _chance(axes, subject.readings)
        axes.set(yticks=[], ylim=(-len(subject.readings) + 0.4, 0.6), xlabel=metric_symbol(subject.readings[0].metric))
        axes.spines["left"].set_visible(False)
        return pl.DataFrame([_drawn(reading) for reading in subject.readings], infer_schema_length=None)


def _families(readings: Sequence[Reading]) -> list[tuple[str, list[Reading]]]:
    by_column: dict[str, list[Reading]] = {}
    for reading in readings:
        by_column.setdefault(stratum_column(reading.stratum), []).append(reading)
    return [("" if column == WHOLE else column, part) for column, part in by_column.items()]


def _subject(view: View, family: str, readings: Sequence[Reading]) -> Subject:
    metric, label, shown = readings[0].metric, readings[0].label_name, tuple(readings[:MOST_ROWS])
    left_out = len(readings) - len(shown)
    levels = ", ".join(sorted({written(reading.level, "share") for reading in shown}))
    lines = [f"{metric_symbol(metric)}, {label_words(label, view.quantity)}; {levels} intervals; diamonds: all rows"]
    if left_out:
        lines.append(f"the first {len(shown)} of {len(readings)}; all are in the table of estimates")
    suffix = "-".join(part for part in (metric, label, family) if part)
    return Subject(view, suffix, tuple(lines), shown, height=ROW_HEIGHT * (len(shown) + 1.6))


def _name(reading: Reading, *, several: bool) -> str:
    stratum = stratum_words(reading.stratum)
    if not several:
        return theme.shortened(stratum, LONGEST_NAME)
    if reading.stratum == WHOLE:
        return theme.shortened(reading.score_name, LONGEST_NAME)
    # Each part gives way to the other as far as it can, so that neither is cut before it must be.
    room = max(LONGEST_NAME - 3 - len(stratum), LONGEST_NAME // 2 - 1)
    score = theme.shortened(reading.score_name, room)
    return f"{score} · {theme.shortened(stratum, LONGEST_NAME - 3 - len(score))}"


def _line(axes: Axes, place: float, reading: Reading) -> None:
    if reading.withheld:
        where = axes.get_yaxis_transform()
        text = theme.shortened(reading.withheld, 28)
        axes.text(0.02, place, text, transform=where, va="center", fontsize=6.3, style="italic", color=theme.MUTED)
        return
    colour = theme.INK if reading.stratum == WHOLE else theme.BLUE
    axes.plot([reading.lower, reading.upper], [place, place], color=colour, linewidth=1.2, solid_capstyle="butt")
    fill = "white" if np.isnan(reading.lower) else colour
    shape = "D" if reading.stratum == WHOLE else "o"
    axes.plot([reading.value], [place], marker=shape, markersize=4.2, color=colour, markerfacecolor=fill)


def _counts(axes: Axes, place: float, reading: Reading) -> None:
    for x, count in ((1.31, reading.n), (1.66, reading.n_clusters)):
        _write(axes, x, place, f"{count:,}")


def _write(axes: Axes, x: float, place: float, text: str) -> None:
    axes.text(x, place, text, transform=axes.get_yaxis_transform(), ha="right", va="center", fontsize=7.3)


def _chance(axes: Axes, readings: Sequence[Reading]) -> None:
    values = {round(reading.chance, 6) for reading in readings if np.isfinite(reading.chance)}
    if len(values) == 1:
        axes.axvline(values.pop(), color=theme.MUTED, linewidth=0.8, linestyle=theme.DASHES, zorder=0)


def _drawn(reading: Reading) -> dict[str, str | float | int | None]:
    names = ("score_name", "label_name", "metric", "stratum", "value", "lower", "upper", "level")
    return {name: getattr(reading, name) for name in (*names, "n", "n_clusters", "reason")}
