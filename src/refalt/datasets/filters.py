"""Declared row filters: by a source column, by intervals, by a random sample. They set reasons, drop nothing."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import polars as pl

from refalt.columns import Reason
from refalt.provenance import seed_from
from refalt.sources.delimited import Dtype
from refalt.sources.intervals import IntervalSet
from refalt.studies.sections import RowFilter, Sample
from refalt.tables import may_be_compared

_OPERATORS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "in": lambda column, values: column.is_in(values),
    "not in": lambda column, values: ~column.is_in(values),
}


def filter_dtype(rule: RowFilter) -> Dtype:
    """The type a filter's column is read as: numbers where it is compared with numbers, else text."""
    values = rule.value if isinstance(rule.value, list) else [rule.value]
    numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    return pl.Float64 if numeric else pl.String


def keeps(source: pl.DataFrame, rules: Sequence[RowFilter]) -> pl.Series:
    """Boolean, one a row: every filter holds; a missing cell fails its filter.

    Args:
        source: The source table with its own column names.
        rules: The filters.
    """
    passes = pl.Series("passes", np.ones(source.height, dtype=bool))
    for rule in rules:
        passes &= source.select(_test(rule)).to_series()
    return passes


def _test(rule: RowFilter) -> pl.Expr:
    value = str(rule.value).lower() if isinstance(rule.value, bool) else rule.value
    column = pl.col(rule.column).str.to_lowercase() if isinstance(rule.value, bool) else pl.col(rule.column)
    held: pl.Expr = _OPERATORS[rule.op](column, value)
    return held.fill_null(value=False)


def mark_outside(rows: pl.DataFrame, intervals: IntervalSet) -> pl.DataFrame:
    """Set `outside_intervals` on rows whose REF span (0-based [pos-1, pos-1+len(ref))) meets no interval."""
    placed = rows.filter(pl.col("reason").is_null() & pl.col("pos").is_not_null())
    start = placed.get_column("pos") - 1
    span = placed.get_column("ref").str.len_bytes().fill_null(1).cast(pl.Int64)
    inside = intervals.overlaps(placed.get_column("chrom"), start, start + span)
    outside = placed.get_column("source_row").filter(~pl.Series(inside))
    return _mark(rows, outside, Reason.OUTSIDE_INTERVALS)


def mark_not_sampled(rows: pl.DataFrame, sample: Sample) -> pl.DataFrame:
    """Set `not_sampled` on all but `sample.n` of the rows that are left, drawn without replacement.

    Rows that only lack a place in the genome are left too: a recorded score would be compared on every one of them.
    """
    left = rows.filter(may_be_compared(recorded=True)).get_column("source_row")
    if left.len() <= sample.n:
        return rows
    rng = np.random.default_rng(seed_from(sample.seed, "sample"))
    dropped = rng.permutation(left.len())[sample.n :]
    return _mark(rows, left.gather(dropped), Reason.NOT_SAMPLED)


def _mark(rows: pl.DataFrame, source_rows: pl.Series, reason: Reason) -> pl.DataFrame:
    hit = pl.col("source_row").is_in(source_rows.implode()) & may_be_compared(recorded=True)
    return rows.with_columns(reason=pl.when(hit).then(pl.lit(reason.value)).otherwise(pl.col("reason")))
