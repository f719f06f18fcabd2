"""Parts of the rows in which the same questions are asked again."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import polars as pl

from refalt.columns import STRATUM_PREFIX, WHOLE
from refalt.errors import unknown_name

_EDGES: Final[Mapping[str, Sequence[float]]] = {
    "tss_distance": (1_000, 10_000, 100_000),
    "centre_distance": (100, 500, 2_000),
    "maf": (0.05, 0.1, 0.25),
}
_LENGTH_CHANGE: Final = r":([ACGTN]+)>([ACGTN]+)$"
BUILT_IN: Final = (
    "label", "chrom", "effect_size", "tss_distance", "centre_distance", "maf", "consequence", "indel"
)  # fmt: skip


def strata(rows: pl.DataFrame, names: Sequence[str]) -> Iterator[tuple[str, pl.DataFrame]]:
    """The whole, then each stratum as `name=value` with its rows, in order of value.

    A dataset may give a row several values of one stratum, as a list (the factors of an element): the row is in the
    stratum of each.

    Args:
        rows: Comparison rows, of one score or of several.
        names: Built-in strata or those the dataset declares.

    Raises:
        UserError: a name is neither.
    """
    yield WHOLE, rows
    for name in names:
        values = rows.with_columns(_value(name, rows).alias("\0stratum"))
        held = values.get_column("\0stratum")
        several = held.dtype == pl.List
        in_stratum = pl.col("\0stratum").list.contains if several else pl.col("\0stratum").eq
        for value in sorted((held.explode() if several else held).drop_nulls().unique().to_list(), key=_natural):
            yield f"{name}={value}", values.filter(in_stratum(value)).drop("\0stratum")


def stratum_values(name: str, rows: pl.DataFrame) -> pl.Series:
    """The value of one stratum in every row, null where it has none; several values are one, joined by "+".

    Raises:
        UserError: there is no such stratum.
    """
    # A stratum that is one value for all is a literal, which a selection alone would not repeat for every row.
    values = rows.with_columns(_value(name, rows).alias("\0value")).get_column("\0value").alias(name)
    return values.list.join("+") if values.dtype == pl.List else values


def _natural(value: str) -> tuple[float, bool, str]:
    """By the first number in it, so that chr2 comes before chr10 and bins follow one another."""
    number = re.search(r"\d+(\.\d+)?", value.replace(",", ""))
    return (float(number.group()) if number else math.inf, not value.startswith("under"), value)


def _value(name: str, rows: pl.DataFrame) -> pl.Expr:
    declared = [column.removeprefix(STRATUM_PREFIX) for column in rows.columns if column.startswith(STRATUM_PREFIX)]
    if name in declared:
        column = pl.col(STRATUM_PREFIX + name)
        return _thirds(column, rows) if rows.schema[STRATUM_PREFIX + name].is_numeric() else column
    if name in ("label", "chrom", "consequence"):
        return pl.col(name).cast(pl.String)
    if name == "effect_size":
        return _thirds(pl.col("effect").abs(), rows)
    if name in _EDGES:
        return _bins(pl.col(name).abs(), _EDGES[name])
    if name == "indel":
        alleles = pl.col("asked_id").str.extract_groups(_LENGTH_CHANGE)
        change = alleles.struct["2"].str.len_bytes().cast(pl.Int64) - alleles.struct["1"].str.len_bytes().cast(pl.Int64)
        return (
            pl.when(change == 0)
            .then(pl.lit("substitution"))
            .when(change > 0)
            .then(pl.lit("insertion"))
            .when(change < 0)
            .then(pl.lit("deletion"))
        )
    raise unknown_name("stratum", name, {*BUILT_IN, *declared}, where="[evaluation] strata")


def _bins(values: pl.Expr, edges: Sequence[float]) -> pl.Expr:
    labels = [f"under {edges[0]:,}"]
    labels += [f"{low:,} to {high:,}" for low, high in itertools.pairwise(edges)]
    labels += [f"{edges[-1]:,} and over"]
    return _binned(values, edges, labels)


def _binned(values: pl.Expr, edges: Sequence[float], labels: Sequence[str]) -> pl.Expr:
    """The label of the bin, closed on the left, that each value lies in; null stays null."""
    above = zip((*edges, None), labels, strict=True)
    return pl.coalesce(
        pl.when(values < edge if edge is not None else values.is_not_null()).then(pl.lit(label))
        for edge, label in above
    )


def _thirds(values: pl.Expr, rows: pl.DataFrame) -> pl.Expr:
    edges = rows.select(values.quantile(q).alias(str(q)) for q in (1 / 3, 2 / 3)).row(0)
    if None in edges or edges[0] == edges[1]:
        return pl.lit(None, pl.String)
    return _binned(values, edges, ["1 smallest third", "2 middle third", "3 largest third"])
