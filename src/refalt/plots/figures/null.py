"""The estimate among what shuffling gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import polars as pl

from refalt.plots import theme
from refalt.plots.base import Drawing, Subject, View
from refalt.plots.words import metric_symbol, written

BINS = 25


class Null(Drawing):
    """Histogram of a metric under shuffling, with the estimate."""

    name: ClassVar[str] = "null"
    title: ClassVar[str] = "Against shuffled controls"
    description: ClassVar[str] = "What the metric gives when the measurements are shuffled, and what it gave here."
    help: ClassVar[str] = (
        "The histogram is centred on chance when the harness is sound. "
        "An estimate inside it cannot be told from a score that knows nothing."
    )
    order: ClassVar[int] = 60

    def subjects(self, view: View) -> Sequence[Subject]:
        """One figure for each metric and label that was shuffled."""
        found = []
        for (score_name, metric, label_name), values in view.nulls.items():
            for reading in view.shown(metric, label=label_name) if score_name == view.score_name else []:
                extra = f"{len(values):,} shuffles"
                found.append(Subject.of(view, reading, suffix=f"{metric}-{label_name}", extra=extra))
        return found

    def draw(self, sheet: theme.Sheet, subject: Subject) -> pl.DataFrame:
        """Draw the histogram, chance and the estimate."""
        reading = subject.reading
        values = subject.view.nulls[reading.score_name, reading.metric, reading.label_name]
        counts, edges = np.histogram(values[np.isfinite(values)], BINS)
        axes = sheet.axes(grid="y")
        axes.stairs(counts, edges, fill=True, color=theme.SKY)
        chance, estimate = (written(value, "estimate") for value in (reading.chance, reading.value))
        axes.axvline(reading.chance, color=theme.MUTED, linestyle=theme.DASHES, label=f"chance {chance}")
        axes.axvline(reading.value, color=theme.VERMILION, label=f"estimate {estimate}")
        axes.legend(loc="best")
        axes.locator_params(axis="y", integer=True)
        axes.set(xlabel=f"{metric_symbol(reading.metric)} under shuffling", ylabel="shuffles")
        return pl.DataFrame({"from": edges[:-1], "to": edges[1:], "shuffles": counts})
