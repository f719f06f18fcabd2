"""What the values of several columns together show: widths of regions, where sequences differ, saturated sites."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

#: Sequences that are cut around their variants differ at one place; the rest are indels.
_AT_ONE_PLACE: Final = 0.5
#: A site is saturated when all three changes of its base are there; in tables of people's variants hardly any is.
_SATURATED, _FEWEST_SITES = 0.5, 20


def typical_width(sample: pl.DataFrame, start: str, end: str) -> int | None:
    """Median of end minus start over rows of text; None when no row has both."""
    numbers = [pl.col(name).str.strip_chars().cast(pl.Float64, strict=False) for name in (start, end)]
    median = sample.select((numbers[1] - numbers[0]).median()).item()
    return None if median is None else int(median)


def place_of_difference(sample: pl.DataFrame, ref: str, alt: str) -> int | None:
    """0-based index at which most pairs of one length first differ; None where they agree on no place."""
    pairs = sample.select(ref=pl.col(ref).str.to_uppercase(), alt=pl.col(alt).str.to_uppercase()).drop_nulls()
    pairs = pairs.filter(
        (pl.col("ref").str.len_bytes() == pl.col("alt").str.len_bytes()) & (pl.col("ref") != pl.col("alt"))
    )
    if pairs.is_empty():
        return None
    first, second = (np.array(pairs.get_column(name).to_list(), dtype=np.bytes_) for name in ("ref", "alt"))
    width = min(first.itemsize, second.itemsize)
    letters = [column.view(np.uint8).reshape(column.size, -1)[:, :width] for column in (first, second)]
    places = np.bincount((letters[0] != letters[1]).argmax(axis=1))
    best = int(places.argmax())
    return best if places[best] >= _AT_ONE_PLACE * pairs.height else None


def is_saturated(variants: pl.DataFrame) -> bool:
    """Whether half of the sites have all three changes of their base, as only experimenters make them.

    Args:
        variants: chrom, pos, ref, alt as text.
    """
    single = variants.drop_nulls().filter(pl.all_horizontal(pl.col("ref", "alt").str.contains("^[ACGTacgt]$")))
    sites = single.group_by("chrom", "pos", "ref").agg(pl.col("alt").n_unique().alias("n"))
    return sites.height >= _FEWEST_SITES and sites.filter(pl.col("n") == 3).height >= _SATURATED * sites.height
