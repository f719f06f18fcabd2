"""One metric over the strata of one column, as bars from chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import polars as pl

from refalt.columns import WHOLE
from refalt.plots import theme
from refalt.plots.bars import bar_table, draw_bars
from refalt.plots.base import Drawing, Reading, Subject, View
from refalt.plots.words import label_words, metric_symbol, stratum_column, written

MOST_BARS = 40
ROW_HEIGHT = 0.22
#: What is drawn of a column, the first that has a number: one figure a column is read, six are not.
PREFERRED = (
    ("spearman_rho", "effect"), ("spearman_rho", "magnitude"), ("auroc", "given"), ("auroc", "direction"),
    ("auroc", "activity_median"), ("auroc", "magnitude_median"),
)  # fmt: skip


class ByStratum(Drawing):
    """Bars with intervals and counts, one a stratum."""

    name: ClassVar[str] = "by_stratum"
    title: ClassVar[str] = "By stratum"
    description: ClassVar[str] = "One metric in every stratum of one column: bars from chance, with intervals."
    help: ClassVar[str] = (
        "A bar without an interval stands on too few clusters to say how far it would move. "
        "Differences between strata are to be read with their intervals, and with how many strata were looked at."
    )
    order: ClassVar[int] = 55

    def subjects(self, view: View) -> Sequence[Subject]:
        """One figure a column that divides the rows."""
        columns = dict.fromkeys(stratum_column(reading.stratum) for reading in view.readings if _is_part(reading))
        return [subject for column in columns if (subject := _subject(view, column))]

    def draw(self, sheet: theme.Sheet, subject: Subject) -> pl.DataFrame:
        """Draw the bars, top to bottom in the order of the table."""
        names = [reading.stratum.partition("=")[2] for reading in subject.readings]
        axes = sheet.axes(left=0.36, right=0.79, grid="x")
        draw_bars(axes, subject.readings, names)
        axes.set_xlabel(metric_symbol(subject.reading.metric))
        return bar_table(subject.readings)


def _is_part(reading: Reading) -> bool:
    return reading.stratum != WHOLE and "=" in reading.stratum


def _subject(view: View, column: str) -> Subject | None:
    parts = [reading for reading in view.readings if _is_part(reading) and stratum_column(reading.stratum) == column]
    by_question = {
        question: [part for part in parts if (part.metric, part.label_name) == question] for question in PREFERRED
    }
    asked = [found for found in by_question.values() if found]
    answered = [found for found in asked if any(part.withheld is None for part in found)]
    if not asked:
        return None
    whole = (answered or asked)[0]
    found = [part for part in whole if part.n] or whole
    shown, first = tuple(found[:MOST_BARS]), found[0]
    about = f"{metric_symbol(first.metric)}, {label_words(first.label_name, view.quantity)}"
    lines = [f"{about}; {written(first.level, 'share')} intervals", f"strata of {column}"]
    if len(found) > len(shown):
        lines[1] += f": the first {len(shown)} of {len(found)}, all are in the table of estimates"
    if len(found) < len(whole):
        lines.append(f"{len(whole) - len(found)} without a row are left out")
    withheld = None if answered else first.withheld
    return Subject(view, column, tuple(lines), shown, withheld, height=ROW_HEIGHT * (len(shown) + 1.6))
