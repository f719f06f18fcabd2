"""The other numeric columns of a source, which audits hold beside the effect's own."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Final

import polars as pl

from refalt.datasets.column_names import NUMBERS, share_of
from refalt.datasets.samples import read_sample
from refalt.pipeline.prepare import Prepared
from refalt.sources.delimited import column_names, read_table

ROLE: Final = "dataset"
#: Rows that are held; of a longer table every second, third ... row, in which what copies a column copies it too.
MOST_ROWS: Final = 250_000


def source_columns(prepared: Prepared, n_rows: int) -> pl.DataFrame | None:
    """source_row and the numeric columns of the dataset's table beside its effect, of at most `MOST_ROWS` rows.

    None where the dataset is not one table of which every row is a row of Measurements, or has no such column.

    Args:
        prepared: The study.
        n_rows: Rows of Measurements.
    """
    path, effect = prepared.file(ROLE), prepared.declared.effect
    if path is None or effect is None:
        return None
    return numeric_columns(path, read_sample(path), leave_out=[effect.column], n_rows=n_rows)


def numeric_columns(
    path: Path, sample: pl.DataFrame, *, leave_out: Collection[str] = (), n_rows: int | None = None
) -> pl.DataFrame | None:
    """source_row (from 1) and the columns of a table that hold numbers; None where there are none.

    Args:
        path: The table.
        sample: Some of its rows as text.
        leave_out: Columns that are not wanted.
        n_rows: Rows that it must have; a table of another length is not the one that rows were numbered in.
    """
    names = [name for name in column_names(path) if name not in leave_out and name in sample.columns]
    numeric = [name for name in names if (share_of(sample.get_column(name), NUMBERS) or 0.0) >= NUMBERS.share]
    if not numeric:
        return None
    frame = read_table(path, dict.fromkeys(dict.fromkeys(numeric), pl.Float64)).frame
    if n_rows is not None and frame.height != n_rows:
        return None
    frame = frame.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("source_row"))
    return frame.gather_every(-(-frame.height // MOST_ROWS)) if n_rows is not None else frame
