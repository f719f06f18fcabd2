"""Two files that speak of the same things, joined one to one by a published identifier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import polars as pl

from refalt.datasets.filters import filter_dtype
from refalt.errors import UserError, shown
from refalt.sources.delimited import Dtype, ReadTable, read_table
from refalt.studies.sections import RowFilter

#: Put before the columns of the second file.
SUBMITTED: Final = "submitted "


def read_paired(
    path: Path,
    other: Path,
    *,
    key: str,
    wanted: Mapping[str, Dtype],
    submitted: Mapping[str, Dtype],
    keep: Sequence[RowFilter] = (),
) -> ReadTable:
    """Read columns of two files and join them, in the order of the first.

    Args:
        path: The file that holds what was measured.
        other: The file that holds what was submitted for it.
        key: The identifier that both have.
        wanted: Columns of the first file and their types.
        submitted: Columns of the second file and their types, without the prefix `SUBMITTED` they get here.
        keep: Row filters, whose columns are read too; those of the second file have the prefix.

    Raises:
        UserError: a column is missing, an identifier is repeated or empty, or the files do not hold the same ones.
    """
    filters = {rule.column: filter_dtype(rule) for rule in keep}
    told = {name for name in filters if name.startswith(SUBMITTED)}
    submitted = {name.removeprefix(SUBMITTED): filters[name] for name in told} | dict(submitted)
    wanted = {name: dtype for name, dtype in filters.items() if name not in told} | dict(wanted)
    first, second = read_table(path, {**wanted, key: pl.String}), read_table(other, {**submitted, key: pl.String})
    for read, where in ((first, path), (second, other)):
        _require_distinct(read.frame.get_column(key), where, key)
    _require_same(first.frame.get_column(key), second.frame.get_column(key), path, other)
    answers = second.frame.with_columns(second.unparsable.alias("unparsable")).rename(
        {name: SUBMITTED + name for name in submitted if name != key}
    )
    joined = first.frame.join(answers, on=key, how="left", validate="1:1", maintain_order="left")
    unparsable = first.unparsable | joined.get_column("unparsable")
    return ReadTable(joined.drop("unparsable"), unparsable, (*first.examples, *second.examples))


def _require_distinct(keys: pl.Series, where: Path, name: str) -> None:
    repeated = keys.filter(keys.is_duplicated()).unique(maintain_order=True)
    if keys.null_count() or repeated.len():
        raise UserError(
            f"the column {name!r} does not name each row once",
            where=str(where),
            got=f"{repeated.len()} repeated ({shown(repeated.to_list())}), {keys.null_count()} empty",
            remedy="keep one row an identifier",
        )


def _require_same(one: pl.Series, other: pl.Series, where: Path, elsewhere: Path) -> None:
    lacking = one.filter(~one.is_in(other.implode())).to_list()
    strangers = other.filter(~other.is_in(one.implode())).to_list()
    if lacking or strangers:
        raise UserError(
            f"{where.name} and {elsewhere.name} do not hold the same identifiers",
            where=str(elsewhere),
            expected=f"the {one.len():,} of {where.name}",
            got=f"{len(lacking):,} missing ({shown(lacking)}), {len(strangers):,} unknown ({shown(strangers)})",
            remedy="use the submission that was made for this answer key",
        )
