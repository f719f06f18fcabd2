"""What is said of one column: its name, type, unit and meaning."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Column:
    """One declared column.

    Attributes:
        name: As it stands in the table.
        dtype: The polars type it must have.
        meaning: One sentence; says the coordinate base where there is one.
        unit: Of the values, where there is one.
        nullable: Whether a missing value is allowed.
    """

    name: str
    dtype: pl.DataType | type[pl.DataType]
    meaning: str
    unit: str = ""
    nullable: bool = True


def key(name: str, dtype: pl.DataType | type[pl.DataType], meaning: str, unit: str = "") -> Column:
    """A column in which no value is missing."""
    return Column(name, dtype, meaning, unit, nullable=False)
