"""Differences between runs on the rows they share, each with its own interval."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import polars as pl

from refalt.plots.words import label_words, metric_words
from refalt.report.numbers import Row, cell, row_key
from refalt.report.sections.base import Section
from refalt.report.together.evidence import Together

HELP = (
    "Both scores meet the same rows and, in every resample, the same clusters: the interval is of the difference "
    "itself, first minus second, not of either score. q is p adjusted over all differences of this table. The tests "
    "of Williams, Steiger and DeLong stand beside it, at the effective number of rows. "
    "The values are those on the shared rows, which need not be those of either run alone."
)
KEY = ("dataset", "label_name", "metric", "stratum", "first", "second")


def build(together: Together) -> Section:
    """The section; where no two runs share rows it says so."""
    frame = together.comparisons.frame
    rows = [difference_row(row) for row in frame.iter_rows(named=True)]
    told = [row for row in rows if row.values["q_value"] is not None]
    level = 1 - rows[0].values["level"] if rows else math.nan
    apart = [row for row in told if row.values["q_value"] <= level]
    content = {
        "rows": rows,
        "n_told": cell("comparisons", "told", "count", len(told)),
        "n_apart": cell("comparisons", "apart", "count", len(apart)),
        "alpha": cell("comparisons", "all", "alpha", round(level, 6), "estimate") if rows else "",
        "notes": [cell("members", str(place), "notes", note) for place, note in enumerate(together.notes)],
        "metric_words": metric_words,
        "label_words": partial(label_words, quantity=_quantity(together)),
    }
    files = {"tables/comparisons.tsv": "tables/comparisons.tsv"} if frame.height else {}
    description = "Runs that share rows, compared on those rows."
    return Section("differences", "Paired differences", description, HELP, content, files)


def difference_row(values: dict[str, Any]) -> Row:
    """A row of Comparisons."""
    return Row("comparisons", row_key(*(values[name] for name in KEY)), values)


def largest(frame: pl.DataFrame, *, label_name: str, metric: str) -> dict[str, Any] | None:
    """The row with the largest absolute difference of one metric; None where none has a number."""
    rows = frame.filter(pl.col("difference").is_finite(), label_name=label_name, metric=metric)
    return rows.sort(pl.col("difference").abs(), descending=True).row(0, named=True) if rows.height else None


def _quantity(together: Together) -> str:
    found = {evidence.quantity for _, evidence in together.present}
    return found.pop() if len(found) == 1 else "effect"
