"""Tables of text, read by header: tab or comma separated, plain or gzip, or parquet.

A file is right or it is an error; a cell that does not hold the number it should is flagged on its row.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import polars as pl

from refalt.errors import UserError, nearest_name, shown
from refalt.sources.streamed import StreamedText

MISSING_WORDS = ("", "NA", "N/A", "na", "NaN", "nan", "-nan", ".", "None", "null", "NULL")
_SEPARATORS = {"\t": "tab", ",": "comma", ";": "semicolon"}
_HEADER_BYTES = 1 << 16
_SQLITE, _ZIP, _PARQUET, _GZIP = b"SQLite", b"PK\x03\x04", b"PAR1", b"\x1f\x8b"

Dtype = type[pl.DataType] | pl.DataType
#: Where a table is read from.
Source = Path | StreamedText


@dataclass(frozen=True)
class ReadTable:
    """Columns of a source file.

    Attributes:
        frame: The wanted columns, in the wanted types; what means "missing" is null.
        unparsable: Boolean, one a row: a cell that should hold a number holds something else.
        examples: A few unparsable cells in words, "row 17, column pos: 'twelve'".
    """

    frame: pl.DataFrame
    unparsable: pl.Series
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layout:
    """How a text table is written."""

    separator: str
    names: tuple[str, ...]
    skipped_lines: int


def read_table(path: Source, dtypes: Mapping[str, Dtype]) -> ReadTable:
    """Read the columns named in `dtypes`, with those types.

    Args:
        path: TSV or CSV, plain, gzip or streamed, with a header line; or parquet. Lines that begin with "##" before the
            header are skipped; a byte-order mark and Windows line ends are accepted.
        dtypes: Column name -> polars type (String, Int64 or Float64).

    Raises:
        UserError: a missing column (the nearest name is shown), an empty or truncated file, another format, a
            row with more fields than the header.
    """
    if _magic(path).startswith(_PARQUET):
        return _from_parquet(path, dtypes)
    layout = layout_of(path)
    require_columns(path, layout.names, dtypes)
    try:
        return _typed(path, layout, dtypes)
    except pl.exceptions.ComputeError as error:
        if "could not parse" not in str(error):
            raise _ragged(path, layout, error) from error
    except pl.exceptions.PolarsError as error:
        raise UserError("cannot be read as a table", where=str(path), got=str(error).splitlines()[0]) from error
    except OSError as error:
        raise _truncated(path, error) from error
    return _flagged(path, layout, dtypes)


def column_names(path: Source) -> tuple[str, ...]:
    """Names in the header of a table, in order."""
    if _magic(path).startswith(_PARQUET):
        return tuple(pl.read_parquet_schema(_parquet(path)))
    return layout_of(path).names


def require_columns(path: Source, present: tuple[str, ...], wanted: Mapping[str, object]) -> None:
    """Raise UserError, with the nearest name, unless every wanted column is there, and there once."""
    for name in wanted:
        if name not in present:
            near = nearest_name(name, present)
            raise UserError(
                f"there is no column {name!r}",
                where=str(path),
                expected=f"one of {shown(present, 30)}",
                remedy=f"did you mean {near!r}?" if near else "correct the column's name in the study file",
            )
        if present.count(name) > 1:
            raise UserError(f"the column {name!r} stands {present.count(name)} times in the header", where=str(path))


def layout_of(path: Source) -> Layout:
    """Separator, column names and lines before the header.

    Raises:
        UserError: the file is empty, binary, or has no header of two or more columns.
    """
    head = _head(path)
    lines = head.decode("utf-8-sig", errors="replace").splitlines()
    skipped = next((i for i, line in enumerate(lines) if line.strip() and not line.startswith("##")), None)
    if skipped is None:
        raise UserError("the file is empty", where=str(path), expected="a header line and rows")
    header = lines[skipped]
    separator = max(_SEPARATORS, key=header.count)
    names = tuple(name.strip().strip('"') for name in header.split(separator))
    if len(names) < 2:
        raise UserError(
            "no table of tab- or comma-separated columns",
            where=f"{path}, line {skipped + 1}",
            expected="a header line with column names",
            got=repr(header[:60]),
            remedy="export the table as tab-separated text",
        )
    return Layout(separator, names, skipped)


def _magic(path: Source) -> bytes:
    if isinstance(path, StreamedText):
        return path.content[:8]
    with path.open("rb") as stream:
        return stream.read(8)


def _head(path: Source) -> bytes:
    magic = _magic(path)
    if not magic:
        raise UserError("the file is empty", where=str(path), expected="a header line and rows")
    if magic.startswith(_ZIP):
        raise UserError(
            "this is a zip archive or an Excel workbook",
            where=str(path),
            expected="text or parquet",
            remedy="export the sheet as tab-separated text",
        )
    try:
        with _opened(path) as stream:
            head = stream.read(_HEADER_BYTES)
    except (EOFError, zlib.error, OSError) as error:
        raise _truncated(path, error) from error
    if b"\0" in head or magic.startswith(_SQLITE):
        raise UserError("this is a binary file", where=str(path), expected="a text table or parquet")
    return head


def _opened(path: Source) -> BinaryIO | gzip.GzipFile:
    if isinstance(path, StreamedText):
        return io.BytesIO(path.content)
    return gzip.open(path, "rb") if _magic(path).startswith(_GZIP) else path.open("rb")


def _scan(path: Source, layout: Layout, dtypes: Mapping[str, Dtype]) -> pl.LazyFrame:
    # Columns are renamed by position: names in a header may carry blanks and quotes that polars keeps.
    return pl.scan_csv(
        path.content if isinstance(path, StreamedText) else path,
        separator=layout.separator,
        skip_lines=layout.skipped_lines,
        has_header=True,
        with_column_names=lambda _: _told_apart(layout.names),
        schema_overrides={name: dtypes[name] for name in layout.names if name in dtypes},
        infer_schema_length=0,
        null_values=list(MISSING_WORDS),
    )


def _told_apart(names: tuple[str, ...]) -> list[str]:
    """Names with repeats numbered; a repeated name that is wanted was refused before."""
    seen: dict[str, int] = {}
    told = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        told.append(name if seen[name] == 1 else f"{name}\0{seen[name]}")
    return told


def _typed(path: Source, layout: Layout, dtypes: Mapping[str, Dtype]) -> ReadTable:
    frame = _scan(path, layout, dtypes).select(list(dtypes)).collect(engine="streaming")
    return ReadTable(_without_nan(frame), pl.Series("unparsable", [False]).new_from_index(0, frame.height))


def _flagged(path: Source, layout: Layout, dtypes: Mapping[str, Dtype]) -> ReadTable:
    texts = _scan(path, layout, dict.fromkeys(dtypes, pl.String)).select(list(dtypes)).collect()
    return _cast(texts, dtypes)


def _cast(texts: pl.DataFrame, dtypes: Mapping[str, Dtype]) -> ReadTable:
    frame = texts.select(_number(name, dtype) for name, dtype in dtypes.items())
    lost = [pl.col(name).is_not_null() & frame.get_column(name).is_null() for name in dtypes]
    bad = texts.select(pl.any_horizontal(lost).alias("unparsable")).to_series()
    examples = []
    for name in dtypes:
        rows = (texts.get_column(name).is_not_null() & frame.get_column(name).is_null()).arg_true()
        examples += [f"row {row + 1}, column {name}: {texts.get_column(name)[row]!r}" for row in rows.head(2)]
    return ReadTable(_without_nan(frame), bad, tuple(examples[:5]))


def _number(name: str, dtype: Dtype) -> pl.Expr:
    text = pl.col(name).cast(pl.String).str.strip_chars()
    if dtype == pl.Int64:
        # Spreadsheets and pandas write whole numbers as 742659.0; a fraction is not a position.
        real = text.cast(pl.Float64, strict=False)
        return pl.when(real == real.floor()).then(real).cast(pl.Int64, strict=False).alias(name)
    # Parquet may hold contigs as numbers; text is text.
    return pl.col(name).cast(pl.String) if dtype == pl.String else text.cast(dtype, strict=False).alias(name)


def _without_nan(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col(pl.Float64).fill_nan(None))


def _from_parquet(path: Source, dtypes: Mapping[str, Dtype]) -> ReadTable:
    try:
        content = _parquet(path)
        present = tuple(pl.read_parquet_schema(content))
        require_columns(path, present, dtypes)
        frame = pl.read_parquet(content, columns=list(dtypes))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise UserError("not a readable parquet file", where=str(path), got=str(error).splitlines()[0]) from error
    return _cast(frame, dtypes)


def _parquet(path: Source) -> Path | bytes:
    return path.content if isinstance(path, StreamedText) else path


def _truncated(path: Source, error: Exception) -> UserError:
    return UserError(
        "the file ends too early or is damaged",
        where=str(path),
        expected="a complete gzip stream" if str(path).endswith((".gz", ".bgz")) else "a complete file",
        got=str(error),
        remedy="download or copy it again",
    )


def _ragged(path: Source, layout: Layout, error: Exception) -> UserError:
    row = _first_long_row(path, layout)
    return UserError(
        "a row has more fields than the header",
        where=f"{path}, line {row[0]}" if row else str(path),
        expected=f"{len(layout.names)} fields",
        got=f"{row[1]}" if row else str(error).splitlines()[0],
        remedy="look for an unquoted separator inside a field",
    )


def _first_long_row(path: Source, layout: Layout) -> tuple[int, int] | None:
    with io.TextIOWrapper(_opened(path), encoding="utf-8-sig", errors="replace") as stream:
        for number, line in enumerate(stream, start=1):
            if number > layout.skipped_lines and line.count(layout.separator) >= len(layout.names):
                return number, line.count(layout.separator) + 1
    return None
