"""Counts of synthetic elements, pool by pool, and what goes with them: their sequences, and predictions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from refalt.datasets.filters import filter_dtype
from refalt.datasets.gse84888_names import NAME_FIELDS, POOLS, distinct_factors, parsed_names
from refalt.errors import UserError, shown
from refalt.sources.delimited import Dtype, ReadTable, column_names, read_table
from refalt.studies.sections import RowFilter

RNA, PLASMID = "counts.rna", "counts.plasmid"
_COLUMNS: Final[dict[str, Dtype]] = {"name": pl.String, "tags": pl.Int64, RNA: pl.Int64, PLASMID: pl.Int64}
#: Columns that are made here, and that a row filter may name like those of the file.
_MADE: Final = (*NAME_FIELDS, "pool", "factors", "activity")
_MILLION: Final = 1e6
_EXAMPLES: Final = 5


@dataclass(frozen=True)
class Counted:
    """Rows of all pools.

    Attributes:
        frame: One row an element: name, tags, counts, pool, what its name says, factors and activity.
        unparsable: A count is none, or the name does not follow its pool's grammar.
        remarks: The same in sentences, with examples.
    """

    frame: pl.DataFrame
    unparsable: pl.Series
    remarks: tuple[str, ...]


def read_counts(paths: Sequence[Path], *, per_million: bool, keep: Sequence[RowFilter] = ()) -> Counted:
    """Read the counts of Pools 6 and 7, in this order.

    The activity is log2((RNA + 1) / (plasmid + 1)), of counts as they are or, where `per_million`, of counts per
    million of all that were counted in the pool.

    Args:
        paths: One file a pool.
        per_million: Whether counts are brought to the same depth.
        keep: Row filters, whose columns are read too.

    Raises:
        UserError: the files have different columns, or lack one.
    """
    headers = [column_names(path) for path in paths]
    if len({frozenset(header) for header in headers}) > 1:
        raise UserError(
            "the pools have different columns",
            where=" and ".join(str(path) for path in paths),
            expected=shown(sorted(headers[0])),
            got=shown(sorted(headers[1])),
            remedy="take both files from the same release",
        )
    filters = {rule.column: filter_dtype(rule) for rule in keep if rule.column not in _MADE}
    pools = [_one_pool(path, pool, filters) for path, pool in zip(paths, POOLS, strict=True)]
    frame = pl.concat(pool.frame for pool in pools)
    frame = frame.with_columns(
        _activity(per_million=per_million), distinct_factors(pl.col("factor_tokens")).alias("factors")
    )
    return Counted(
        frame, pl.concat(pool.unparsable for pool in pools), tuple(said for pool in pools for said in pool.remarks)
    )


def _one_pool(path: Path, pool: str, filters: dict[str, Dtype]) -> Counted:
    read = read_table(path, filters | _COLUMNS)
    names = parsed_names(read.frame.get_column("name"), pool)
    frame = pl.concat([read.frame, names], how="horizontal").with_columns(pl.lit(pool).alias("pool"))
    below = pl.any_horizontal(pl.col(count) < 0 for count in (RNA, PLASMID)).fill_null(value=False)
    negative = frame.select(below.alias("negative")).to_series()
    illegible = ~frame.get_column("legible")
    remarks = _remarks(path, pool, read, negative=negative, illegible=illegible)
    return Counted(frame, read.unparsable | negative | illegible, tuple(remarks))


def _remarks(path: Path, pool: str, read: ReadTable, *, negative: pl.Series, illegible: pl.Series) -> Iterator[str]:
    if read.unparsable.any():
        yield f"{path.name}: {read.unparsable.sum():,} rows hold cells that are not numbers: {'; '.join(read.examples)}"
    if negative.any():
        yield f"{path.name}: {negative.sum():,} rows hold counts below zero, row {negative.arg_true()[0] + 1} first"
    if illegible.any():
        names = read.frame.get_column("name")
        first = "; ".join(f"row {row + 1}: {names[row]!r}" for row in illegible.arg_true().head(_EXAMPLES))
        yield f"{path.name}: {illegible.sum():,} names do not follow the grammar of {pool}: {first}"


def _activity(*, per_million: bool) -> pl.Expr:
    counted: list[pl.Expr] = [pl.when(pl.col(name) >= 0).then(pl.col(name)) for name in (RNA, PLASMID)]
    if per_million:
        counted = [count * _MILLION / count.sum().over("pool") for count in counted]
    rna, plasmid = counted
    return ((rna + 1) / (plasmid + 1)).log(2).alias("activity")


def with_predictions(frame: pl.DataFrame, path: Path, *, name: str, scores: Sequence[str]) -> ReadTable:
    """Add columns of a file of predictions, met one to one by the names of elements; what it lacks stays null.

    Args:
        frame: Rows with `name`.
        path: The file.
        name: Its column with the names.
        scores: Its columns that are wanted.

    Raises:
        UserError: a column is missing or named like one of the counts', a name is repeated or empty, or no such
            element was measured.
    """
    taken = sorted(set(scores) & set(frame.columns))
    if taken:
        raise UserError(
            "a score is named like something that was measured",
            where=f"{path}, column {taken[0]!r}",
            remedy="give the column of predictions another name",
        )
    read = read_table(path, {**dict.fromkeys(scores, pl.Float64), name: pl.String})
    names = read.frame.get_column(name)
    repeated = names.filter(names.is_duplicated()).unique(maintain_order=True)
    strangers = names.filter(~names.is_in(frame.get_column("name").implode()))
    for wrong, what in ((repeated, "several rows of one element"), (strangers, "elements that were not measured")):
        if wrong.len():
            raise UserError(
                f"the predictions hold {what}",
                where=f"{path}, column {name!r}",
                expected="each element of the pools once at most",
                got=f"{wrong.len():,}: {shown(wrong.to_list())}",
                remedy="keep one row an element, named as in the counts",
            )
    found = read.frame.with_columns(read.unparsable.alias("illegible")).rename({name: "name"})
    joined = frame.join(found, on="name", how="left", maintain_order="left", validate="m:1")
    return ReadTable(joined.drop("illegible"), joined.get_column("illegible").fill_null(value=False))


def read_elements(paths: Sequence[Path], name: str, sequence: str, *, wanted: pl.Series) -> pl.DataFrame:
    """Sequences of designed elements, from files with a row a barcode or a row an element.

    Args:
        paths: The files.
        name: Column with the elements' names.
        sequence: Column with their sequences.
        wanted: Names that were measured.

    Returns:
        name and sequence (upper case), one row a name.

    Raises:
        UserError: a column is missing, a sequence holds other letters than A, C, G and T, an element has two, or the
            files hold none of the names.
    """
    pools = [read_table(path, {name: pl.String, sequence: pl.String}).frame for path in paths]
    named = pl.concat(pools).select(pl.col(name).alias("name"), pl.col(sequence).str.to_uppercase().alias("sequence"))
    held = named.filter(pl.col("name").is_in(wanted.implode())).drop_nulls().unique(maintain_order=True)
    where = " and ".join(str(path) for path in paths)
    if held.is_empty():
        got = f"names such as {shown(named.get_column('name').head(3).to_list())}"
        raise UserError("no measured element stands in these files", where=where, got=got)
    strange = held.filter(~pl.col("sequence").str.contains("^[ACGT]+$"))
    several = held.filter(pl.col("name").is_duplicated())
    for wrong, what in ((strange, "has other letters than A, C, G and T"), (several, "has several sequences")):
        if wrong.height:
            raise UserError(
                f"an element {what}",
                where=f"{where}, column {sequence!r}",
                got=f"{wrong.get_column('name')[0]}: {shown(wrong.get_column('sequence').head(2).to_list())}",
                remedy="name the column that holds the designed element, without its barcode",
            )
    return held


def carried_elements(frame: pl.DataFrame, elements: pl.DataFrame | None, *, beside_wild_type: bool) -> pl.DataFrame:
    """What a model is shown of each row: source_row, ref_sequence, alt_sequence and offset, rows that have any.

    Args:
        frame: Rows with name, site and wild_type, in source order.
        elements: name and sequence; None where only the site in each name is known.
        beside_wild_type: Whether the wild type is shown as REF and the element as ALT; else the element alone. The
            offset is then the middle of the wild type, so that all windows of a locus are laid alike.
    """
    rows = frame.select(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("source_row"), "name", "site", "wild_type")
    if elements is None:
        own = other = pl.col("site")
        other = pl.when(pl.col("wild_type").is_not_null()).then(other)
    else:
        rows = rows.join(elements, on="name", how="left", maintain_order="left", validate="m:1")
        wild = elements.rename({"name": "wild_type", "sequence": "of_wild_type"})
        rows = rows.join(wild, on="wild_type", how="left", maintain_order="left", validate="m:1")
        own, other = pl.col("sequence"), pl.col("of_wild_type")
    middle = (other.str.len_bytes() // 2).cast(pl.Int64)
    shown_rows = rows.select(
        "source_row",
        (other if beside_wild_type else own).alias("ref_sequence"),
        (own if beside_wild_type else pl.lit(None, pl.String)).alias("alt_sequence"),
        (middle if beside_wild_type else pl.lit(None, pl.Int64)).alias("offset"),
    )
    needed = ["ref_sequence", "alt_sequence"] if beside_wild_type else ["ref_sequence"]
    return shown_rows.drop_nulls(needed)
