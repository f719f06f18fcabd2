"""What the columns of a published table promise, and the rows that break it."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from refalt.columns import Reason
from refalt.datasets.base import Published
from refalt.datasets.reading import with_reason
from refalt.errors import UserError, shown

#: Text after "rows whose" -> whether a row keeps it; null says nothing.
Contracts = Mapping[str, pl.Expr]


def held_to(found: Published, source: pl.DataFrame, contracts: Contracts, *, where: str) -> Published:
    """Make a row `unparsable` that breaks what its columns promise, and say so.

    Args:
        found: The rows.
        source: The same rows as the source has them.
        contracts: What is promised -> whether a row keeps it.
        where: The file, for messages.

    Raises:
        UserError: most rows break one promise: the columns are not what their names say.
    """
    rows, remarks = found.rows, list(found.remarks)
    for promised, kept in contracts.items():
        broken = source.select((~kept).fill_null(value=False).alias("\0broken")).to_series()
        at = [row + 1 for row in broken.arg_true().head(3)]
        if 2 * broken.sum() > broken.len():
            raise UserError(
                f"in {broken.sum():,} of {broken.len():,} rows it does not hold that {promised}",
                where=where,
                got=f"the first in row {at[0]}",
                remedy="compare the header with the columns: they are bound by name",
            )
        if at:
            remarks.append(f"rows of which it does not hold that {promised}: {broken.sum():,} (row {shown(at)})")
            rows = with_reason(rows.with_columns(broken), pl.col("\0broken"), Reason.UNPARSABLE).drop("\0broken")
    return Published(rows, found.sequences, tuple(remarks))


def from_centre(pos: pl.Expr, start: pl.Expr, end: pl.Expr) -> pl.Expr:
    """Float64 column `\\0distance`: a site's position minus the centre of its target, in bp."""
    return (pos - (start + end) / 2).alias("\0distance")
