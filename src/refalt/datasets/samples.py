"""Some rows of a table nobody has described, as text, to be looked at."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import polars as pl

from refalt.errors import UserError, shown
from refalt.sources.delimited import MISSING_WORDS, column_names, layout_of, read_table

#: Rows that are looked at to guess columns.
SAMPLED: Final = 20_000
_PARQUET: Final = b"PAR1"
#: What stands in rows and not in headers.
_NUMBER: Final = re.compile(r"^-?[0-9]+([.][0-9]+)?(e-?[0-9]+)?$", re.IGNORECASE)
_NO_NAME: Final = re.compile(r"^(chr[0-9XYM]+|rs[0-9]+|[ACGT]|[ACGT]{6,}|.+_[0-9]+_[ACGT]+_[ACGT]+(_b[0-9]+)?)$")


def is_parquet(path: Path) -> bool:
    """Whether a file is parquet, by its first bytes."""
    with path.open("rb") as stream:
        return stream.read(len(_PARQUET)) == _PARQUET


def read_sample(path: Path) -> pl.DataFrame:
    """The first `SAMPLED` rows of a table as text, missing values null; a repeated name gets a number.

    Raises:
        UserError: the file is empty, damaged or no table.
    """
    try:
        if is_parquet(path):
            return pl.scan_parquet(path).head(SAMPLED).select(pl.all().cast(pl.String, strict=False)).collect()
        layout = layout_of(path)
        names = [name if name not in layout.names[:i] else f"{name} ({i + 1})" for i, name in enumerate(layout.names)]
        lines = pl.scan_csv(
            path,
            separator=layout.separator,
            skip_lines=layout.skipped_lines,
            with_column_names=lambda _: names,
            infer_schema=False,
            null_values=list(MISSING_WORDS),
        )
        return lines.head(SAMPLED).collect()
    except (OSError, pl.exceptions.PolarsError):
        # Whatever is the matter, the reader that reads all of it says it in words.
        return read_table(path, dict.fromkeys(column_names(path), pl.String)).frame.head(SAMPLED)


def require_header(path: Path, sample: pl.DataFrame) -> None:
    """Refuse a first line that holds a number beside a contig, an rsID or an allele: it is a row.

    Raises:
        UserError: it is; says what to do.
    """
    names = [name.strip() for name in sample.columns]
    if any(_NUMBER.match(name) for name in names) and any(_NO_NAME.match(name) for name in names):
        raise UserError(
            "the first line is a row, not the names of columns",
            where=str(path),
            expected="a header line; or, of a VCF without one, a name that ends in .vcf",
            got=shown(names),
            remedy="put a line with the names of the columns above it",
        )
