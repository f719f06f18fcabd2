"""What every table is: declared columns, validated at birth, read from and written to stamped parquet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Self

import polars as pl
import pyarrow.parquet as pq

from refalt.columns import Column
from refalt.errors import UserError, shown
from refalt.files import replacing

LAYOUT_VERSION = "2"
_METADATA_KEY = b"refalt"


class TableError(Exception):
    """A table that breaks its own declaration: a bug in the stage that made it, never the user's fault."""


def n_repeated(frame: pl.DataFrame, names: Sequence[str]) -> int:
    """How many rows repeat an earlier one in the columns named."""
    if not frame.height:
        return 0
    filled = [name for name in names if frame.get_column(name).null_count() < frame.height] or list(names[:1])
    # Rows that differ in their hash differ; only where some do not is there something to compare.
    if frame.select(pl.struct(filled).hash().n_unique()).item() == frame.height:
        return 0
    return frame.height - frame.select(filled).n_unique()


class Table:
    """A frozen polars frame with declared columns.

    Attributes:
        title: Name of the table.
        declared: Its columns.
        key: Columns that together name a row.
        open_prefixes: Prefixes of additional columns that a dataset may declare.
    """

    title: ClassVar[str]
    declared: ClassVar[tuple[Column, ...]]
    key: ClassVar[tuple[str, ...]]
    open_prefixes: ClassVar[tuple[str, ...]] = ()

    def __init__(self, frame: pl.DataFrame) -> None:
        """Validate `frame`; declared columns that are missing and nullable are added as nulls.

        Raises:
            TableError: a column is undeclared, missing, of another type, or null where it must not be, or two
                rows share a key.
        """
        self._frame = self._validated(frame)

    @property
    def frame(self) -> pl.DataFrame:
        """The rows; polars frames are immutable in effect, no stage changes one in place."""
        return self._frame

    def __len__(self) -> int:
        return self._frame.height

    @classmethod
    def empty(cls) -> Self:
        """The table without rows."""
        return cls(pl.DataFrame(schema={column.name: column.dtype for column in cls.declared}))

    @classmethod
    def _validated(cls, frame: pl.DataFrame) -> pl.DataFrame:
        extra = [name for name in frame.columns if name not in {column.name for column in cls.declared}]
        strangers = [name for name in extra if not name.startswith(cls.open_prefixes or ("\0",))]
        if strangers:
            raise TableError(f"{cls.title}: undeclared columns {shown(strangers)}")
        absent = [column for column in cls.declared if column.name not in frame.columns]
        missing = [column.name for column in absent if not column.nullable]
        if missing:
            raise TableError(f"{cls.title}: missing columns {shown(missing)}")
        frame = frame.with_columns(pl.lit(None, column.dtype).alias(column.name) for column in absent)
        for column in cls.declared:
            cls._check_column(frame.get_column(column.name), column)
        cls._check_key(frame)
        return frame.select([column.name for column in cls.declared] + extra)

    @classmethod
    def _check_column(cls, values: pl.Series, column: Column) -> None:
        if values.dtype != column.dtype:
            raise TableError(f"{cls.title}.{column.name}: expected {column.dtype}, got {values.dtype}")
        if not column.nullable and values.null_count():
            raise TableError(f"{cls.title}.{column.name}: {values.null_count()} missing values")

    @classmethod
    def _check_key(cls, frame: pl.DataFrame) -> None:
        repeated = n_repeated(frame, cls.key)
        if repeated:
            raise TableError(f"{cls.title}: {repeated} rows repeat a key ({', '.join(cls.key)})")

    def write(self, path: Path, *, provenance: Mapping[str, str] | None = None) -> None:
        """Write parquet, atomically; `provenance` goes into the file's own metadata."""
        stamp = {_METADATA_KEY: LAYOUT_VERSION.encode(), b"refalt.table": self.title.encode()}
        stamp |= {f"refalt.{name}".encode(): text.encode() for name, text in (provenance or {}).items()}
        with replacing(path) as partial:
            pq.write_table(self._frame.to_arrow().replace_schema_metadata(stamp), partial, compression="zstd")

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a table written by `write`.

        Raises:
            UserError: the file is missing, is not parquet, or is another table or layout.
        """
        try:
            arrow = pq.read_table(path)
        except FileNotFoundError as error:
            raise UserError(f"{path.name} is missing", where=str(path.parent), remedy="run the study again") from error
        except (OSError, ValueError) as error:
            raise UserError(
                f"{path.name} is not a readable parquet file",
                where=str(path.parent),
                remedy="run the study again",
            ) from error
        stamp = arrow.schema.metadata or {}
        if stamp.get(_METADATA_KEY) != LAYOUT_VERSION.encode():
            raise UserError(
                f"{path.name} has another layout",
                where=str(path.parent),
                expected=f"layout {LAYOUT_VERSION}",
                got=stamp.get(_METADATA_KEY, b"none").decode(),
                remedy="run the study again with this version",
            )
        frame = pl.from_arrow(arrow)
        if not isinstance(frame, pl.DataFrame):
            raise TableError(f"{path.name}: not a table")
        try:
            return cls(frame)
        except TableError as error:
            raise UserError(f"{path.name} does not hold {cls.title}: {error}", where=str(path.parent)) from error
