"""One metric over runs, as bars from chance."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import ClassVar

import polars as pl

from refalt.plots import theme
from refalt.plots.bars import bar_table, draw_bars
from refalt.plots.base import Drawing, Subject, View
from refalt.plots.words import label_words, metric_symbol, stratum_words, written

MOST_BARS = 40
ROW_HEIGHT = 0.24


class ScoreBars(Drawing):
    """Bars with intervals and counts, one a run; one figure a metric."""

    name: ClassVar[str] = "score_bars"
    title: ClassVar[str] = "Runs side by side"
    description: ClassVar[str] = "One metric for every run: bars from chance, with intervals and counts."
    help: ClassVar[str] = (
        "Intervals that overlap say little about a difference between two runs on the same rows: that takes the "
        "paired test. Runs on other rows, or of another metric, are no ranking."
    )
    order: ClassVar[int] = 10
    whole_study: ClassVar[bool] = True

    def subjects(self, view: View) -> Sequence[Subject]:
        """One figure a metric, label and stratum."""
        ordered = sorted(view.readings, key=lambda reading: (reading.metric, reading.label_name, reading.stratum))
        found = []
        for question, group in groupby(ordered, lambda one: (one.metric, one.label_name, one.stratum)):
            readings = tuple(group)[:MOST_BARS]
            metric, label, stratum = question
            about = f"{metric_symbol(metric)}, {label_words(label, view.quantity)}, {stratum_words(stratum)}"
            lines = (f"{about}; {written(readings[0].level, 'share')} intervals",)
            suffix = "-".join((metric, label) if stratum == "all" else question)
            found.append(Subject(view, suffix, lines, readings, height=ROW_HEIGHT * (len(readings) + 1.8)))
        return found

    def draw(self, sheet: theme.Sheet, subject: Subject) -> pl.DataFrame:
        """Draw the bars, top to bottom in the order of the runs."""
        axes = sheet.axes(left=0.36, right=0.79, grid="x")
        draw_bars(axes, subject.readings, [reading.score_name for reading in subject.readings])
        axes.set_xlabel(metric_symbol(subject.reading.metric))
        return bar_table(subject.readings)
