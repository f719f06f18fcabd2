"""Names of the synthetic elements of GSE84888: which site of the genome, and what was put into or taken out of it.

A name reads `prefix_chrom_start_end_strand_site` and then what was changed, in the grammar of its pool:

- Pool 6: `_wt` for the wild type; else `_factor_start_end_factor`, a stretch of the element between two factors.
- Pool 7: nothing for the wild type; else `_factor_factor_number_number`, two factors and how they were arranged.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import polars as pl

POOLS: Final = ("Pool6", "Pool7")
#: What `parsed_names` returns.
NAME_FIELDS: Final = ("chromosome", "start", "strand", "site", "locus", "is_wild_type", "factor_tokens", "legible")
_SITE: Final = (
    r"^.+_(?<chromosome>chr[0-9A-Za-z]+)_(?<start>[0-9]{1,9})_(?<end>[0-9]{1,9})_(?<strand>[+-])_(?<site>[ACGT]+)"
)
_FACTOR: Final = "[a-z][a-z0-9]*"
_CHANGED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Pool6": rf"(?:(?<wild>_wt)|_(?<first>{_FACTOR})_[0-9]+_[0-9]+_(?<second>{_FACTOR}))$",
        "Pool7": rf"(?:(?<wild>)|_(?<first>{_FACTOR})_(?<second>{_FACTOR})_[0-9]+_[0-9]+)$",
    }
)


def parsed_names(names: pl.Series, pool: str) -> pl.DataFrame:
    """Read the names of one pool.

    Args:
        names: As published.
        pool: "Pool6" or "Pool7", whose grammar is read.

    Returns:
        One row a name: chromosome, start (Int64, 0-based), strand ("+" or "-"), site (its bases, read on that
        strand), locus ("chr5:51987228-51987244:-"), is_wild_type, factor_tokens (List(String), as often as the name
        says them; empty for the wild type) and legible. All but `legible` are null where a name does not follow the
        grammar, or its coordinates do not span its site.
    """
    parts = names.str.extract_groups(_SITE + _CHANGED[pool]).struct.unnest()
    start, end = (pl.col(name).cast(pl.Int64) for name in ("start", "end"))
    legible = (end - start == pl.col("site").str.len_bytes().cast(pl.Int64)).fill_null(value=False)
    tokens = pl.concat_list("first", "second")
    fields = {
        "chromosome": pl.col("chromosome"),
        "start": start,
        "strand": pl.col("strand"),
        "site": pl.col("site"),
        "locus": pl.format("{}:{}-{}:{}", "chromosome", start, end, "strand"),
        "is_wild_type": pl.col("wild").is_not_null(),
        "factor_tokens": pl.when(pl.col("wild").is_null()).then(tokens).otherwise(pl.lit([], pl.List(pl.String))),
    }
    read = parts.select(legible.alias("legible"), *(value.alias(name) for name, value in fields.items()))
    return read.select(*(pl.when("legible").then(name).alias(name) for name in fields), "legible").select(NAME_FIELDS)


def distinct_factors(tokens: pl.Expr) -> pl.Expr:
    """Factors of each element, each once however often its name says it; null for a wild type, which has none."""
    once = tokens.list.unique(maintain_order=True)
    return pl.when(once.list.len() > 0).then(once)
