from __future__ import annotations

import polars as pl

from refalt.columns.column import Column, key


def test_key__is_a_column_in_which_nothing_is_missing() -> None:
    assert key("n", pl.Int64, "rows", "rows") == Column("n", pl.Int64, "rows", "rows", nullable=False)
    assert Column("value", pl.Float64, "a number").nullable
