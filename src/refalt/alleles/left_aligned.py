"""Insertions and deletions, made as short as they can be and moved to the left."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

_N: Final = ord("N")


def left_aligned(asked: pl.DataFrame) -> pl.DataFrame:
    """Rows with the shortest alleles, as far to the left as what stands there repeats them.

    As Tan, Abecasis and Kang (2015, https://doi.org/10.1093/bioinformatics/btv112) define a normalised variant. A
    base before an insertion or deletion is put in front of both alleles.

    Args:
        asked: asked_pos (1-based), asked_ref, asked_alt (upper case, "" for nothing), and what the anchor holds before
            and after the variant as `left` and `right`.

    Returns:
        The same with the three replaced, `shift` in bases and `repeat_goes_on` (null for substitutions). An insertion
        or deletion at whose left nothing is known is left out, unless a base after it can be the anchor.
    """
    return _moved(_shortest(asked))


def _shortest(asked: pl.DataFrame) -> pl.DataFrame:
    """Take away the bases that both alleles end with, then those that both begin with."""
    ref, alt = asked.get_column("asked_ref"), asked.get_column("asked_alt")
    tail = pl.Series(_shared_start(ref.str.reverse(), alt.str.reverse()))
    ends = {name: pl.col(name).str.len_bytes().cast(pl.Int64) - tail for name in ("asked_ref", "asked_alt")}
    asked = asked.with_columns(
        pl.concat_str(pl.col("asked_ref").str.slice(ends["asked_ref"]), "right").alias("right"),
        *(pl.col(name).str.slice(0, end) for name, end in ends.items()),
    )
    lead = pl.Series(_shared_start(asked.get_column("asked_ref"), asked.get_column("asked_alt")))
    return asked.with_columns(
        pl.col("asked_pos") + lead,
        pl.concat_str("left", pl.col("asked_ref").str.slice(0, lead)).alias("left"),
        pl.col("asked_ref").str.slice(lead),
        pl.col("asked_alt").str.slice(lead),
    )


def _moved(short: pl.DataFrame) -> pl.DataFrame:
    """Move what is inserted or deleted as far to the left as `left` repeats it; substitutions stay.

    Where nothing is known before it, it is anchored on the base after it, as VCF does at the start of a contig.
    """
    lacks = (pl.col("asked_ref") == "") | (pl.col("asked_alt") == "")
    anchor = pl.when(lacks & (pl.col("left") == "")).then(pl.col("right").str.slice(0, 1)).otherwise(pl.lit(""))
    rows = (
        short.with_columns(pl.concat_str(name, anchor).alias(name) for name in ("asked_ref", "asked_alt"))
        .with_columns(changed=pl.concat_str("asked_ref", "asked_alt"), is_indel=lacks)
        .filter(~pl.col("is_indel") | (pl.col("left") != ""))
    )
    before, changed = rows.get_column("left").str.reverse(), rows.get_column("changed").str.reverse()
    repeated = pl.Series(_shared_start(before, changed + before))
    room = rows.get_column("left").str.len_bytes().cast(pl.Int64) - 1
    shift = repeated.clip(upper_bound=room)
    rows = rows.with_columns(shift.alias("shift"), (repeated > room).alias("repeat_goes_on"))
    whole, length = pl.concat_str("left", "changed"), pl.col("changed").str.len_bytes().cast(pl.Int64)
    at = pl.col("left").str.len_bytes().cast(pl.Int64) - pl.col("shift")
    moved = pl.concat_str(pl.col("left").str.slice(at - 1, 1), whole.str.slice(at, length))
    base = pl.col("left").str.slice(at - 1, 1)
    return rows.with_columns(
        pl.when("is_indel").then(pl.col("asked_pos") - pl.col("shift") - 1).otherwise("asked_pos").alias("asked_pos"),
        *(
            pl.when("is_indel")
            .then(pl.when(pl.col(name) == "").then(base).otherwise(moved))
            .otherwise(pl.col(name))
            .alias(name)
            for name in ("asked_ref", "asked_alt")
        ),
        *(pl.when("is_indel").then(name).alias(name) for name in ("shift", "repeat_goes_on")),
    )


def _shared_start(one: pl.Series, other: pl.Series) -> npt.NDArray[np.int64]:
    """How many letters, N apart, each pair of strings begins with in common: int64[n]."""
    first, second = (np.array(column.to_list(), dtype=np.bytes_) for column in (one, other))
    width = min(first.itemsize, second.itemsize)
    letters = [column.view(np.uint8).reshape(column.size, column.itemsize)[:, :width] for column in (first, second)]
    same = (letters[0] == letters[1]) & (letters[0] != 0) & (letters[0] != _N)
    counts: npt.NDArray[np.int64] = np.logical_and.accumulate(same, axis=1).sum(axis=1, dtype=np.int64)
    return counts
