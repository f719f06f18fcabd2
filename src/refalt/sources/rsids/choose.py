"""Which of an rsID's places and alleles a row means: told by the row's own alleles and by the genome, else not told."""

from __future__ import annotations

from typing import Final

import polars as pl

from refalt.alleles import LEFT_CONTEXT, is_single_base, reverse_complement
from refalt.sources.rsids.base import Unresolved

_TAKEN: Final = ("chrom", "pos", "ref", "alt", "merged_into", "source")
#: What `choose` adds to the rows.
CHOSEN: Final = (*(f"chosen_{name}" for name in _TAKEN), "reason")


def choose(asked: pl.DataFrame, candidates: pl.DataFrame) -> pl.DataFrame:
    """Find each row's candidate, or say why there is none.

    A candidate is possible when it lies where the row says, its REF is what the genome holds, and its alleles fit the
    row's. How well they fit has four grades, and only the best that occurs counts: the same alleles; the same
    insertion or deletion written at another place of its repeat; either of them on the other strand.

    Args:
        asked: rsid; ref and alt as published, in either order and on either strand, null where the study states none
            (where it states one, that one has to be in the pair, on the forward strand); chrom in UCSC spelling and, if
            there is such a column, pos (1-based, in the candidates' assembly), null where they are not known. A
            substitution lies where the row says; an insertion or deletion may be written elsewhere in its repeat, up
            to `LEFT_CONTEXT` bases away. Other columns stay.
        candidates: `resolve`'s columns, and `genome_ref`, what the genome holds where REF stands (`with_genome`);
            null where that is not known, and then no candidate is refused for it.

    Returns:
        `asked` in its order with `CHOSEN`. Only a row with exactly one best candidate is given it; each other one has
        the value of an `Unresolved` in `reason`.
    """
    rows = asked.with_row_index("asked_row")
    its = candidates.select("rsid", pl.exclude("rsid").name.prefix("its_")).unique(maintain_order=True)
    stated = pl.col("pos") if "pos" in asked.columns else pl.lit(None, pl.Int64).alias("pos")
    pairs = rows.select("asked_row", "rsid", "chrom", stated, "ref", "alt").join(its, on="rsid", how="left")
    known = pl.col("its_pos").is_not_null()
    there = known & (pl.col("chrom").is_null() | (pl.col("chrom") == pl.col("its_chrom")))
    reach = pl.when(is_single_base(pl.col("its_ref"), pl.col("its_alt"))).then(0).otherwise(LEFT_CONTEXT)
    here = there & (pl.col("pos").is_null() | ((pl.col("pos") - pl.col("its_pos")).abs() <= reach))
    held = here & (pl.col("its_genome_ref").is_null() | (pl.col("its_genome_ref") == pl.col("its_ref")))
    judged = _with_fit(pairs).with_columns(known=known, there=there, here=here, held=held)
    judged = judged.with_columns(fit=pl.when("held").then("fit").otherwise(0))
    judged = judged.with_columns(best=(pl.col("fit") > 0) & (pl.col("fit") == pl.col("fit").max().over("asked_row")))
    only = pl.col("best").sum() == 1
    taken = (
        pl.when(only).then(pl.col(f"its_{name}").filter(pl.col("best")).first()).alias(f"chosen_{name}")
        for name in _TAKEN
    )
    told = judged.group_by("asked_row").agg(*taken, pl.when(~only).then(_why_not()).alias("reason"))
    return rows.join(told, on="asked_row", how="left", maintain_order="left").select(*asked.columns, *CHOSEN)


def _why_not() -> pl.Expr:
    """The reason of a row's candidates taken together, the first that holds."""
    places = pl.struct("its_chrom", "its_pos").filter(pl.col("best")).n_unique()
    unasked = pl.when(pl.col("rsid").first().is_null()).then(pl.lit(Unresolved.NOT_AN_RSID.value))
    return (
        pl.when(~pl.col("known").any())
        .then(pl.coalesce(pl.col("its_reason").first(), unasked.otherwise(pl.lit(Unresolved.NOT_FOUND.value))))
        .when(~pl.col("there").any())
        .then(pl.lit(Unresolved.OTHER_CHROMOSOME.value))
        .when(~pl.col("here").any())
        .then(pl.lit(Unresolved.OTHER_POSITION.value))
        .when(~pl.col("held").any())
        .then(pl.lit(Unresolved.REF_MISMATCH.value))
        .when(~pl.col("best").any())
        .then(pl.lit(Unresolved.ALLELES_DISAGREE.value))
        .when(places > 1)
        .then(pl.lit(Unresolved.SEVERAL_POSITIONS.value))
        .otherwise(pl.lit(Unresolved.SEVERAL_ALLELES.value))
    )


def _with_fit(pairs: pl.DataFrame) -> pl.DataFrame:
    """Add `fit`: 4 the same alleles, 3 shifted, 2 and 1 likewise on the other strand, 0 none of it."""
    ref, alt = (pl.col(name).str.to_uppercase() for name in ("ref", "alt"))
    its_ref, its_alt = pl.col("its_ref"), pl.col("its_alt")
    pairs = _with_shapes(pairs, "own", ref, alt)
    pairs = _with_shapes(pairs, "turned", reverse_complement(ref), reverse_complement(alt))
    pairs = _with_shapes(pairs, "its", its_ref, its_alt)
    stated = pl.coalesce(ref, alt)
    both = (
        pl.when(pl.col("own_exact") == pl.col("its_exact"))
        .then(4)
        .when(pl.col("own_shifted") == pl.col("its_shifted"))
        .then(3)
        .when(pl.col("turned_exact") == pl.col("its_exact"))
        .then(2)
        .when(pl.col("turned_shifted") == pl.col("its_shifted"))
        .then(1)
        .otherwise(0)
    )
    return pairs.with_columns(
        fit=pl.when(stated.is_null())
        .then(4)
        .when(ref.is_not_null() & alt.is_not_null())
        .then(both)
        .when((stated == its_ref) | (stated == its_alt))
        .then(4)
        .otherwise(0)
    )


def _with_shapes(pairs: pl.DataFrame, name: str, first: pl.Expr, second: pl.Expr) -> pl.DataFrame:
    """Add `{name}_exact` and `{name}_shifted`: a pair in no order, without the bases it shares at its ends."""
    key = [f"{name}_first", f"{name}_second"]
    pairs = pairs.with_columns(first.alias(key[0]), second.alias(key[1]))
    # A study has twelve pairs of single bases and few of any other kind: one by one is quick enough.
    distinct = pairs.select(key).unique().drop_nulls()
    shapes = [_shapes(*pair) for pair in distinct.iter_rows()]
    columns = {
        f"{name}_exact": pl.Series([exact for exact, _ in shapes], dtype=pl.String),
        f"{name}_shifted": pl.Series([shifted for _, shifted in shapes], dtype=pl.String),
    }
    return pairs.join(distinct.with_columns(**columns), on=key, how="left", maintain_order="left")


def _shapes(first: str, second: str) -> tuple[str, str]:
    """What two alleles differ by, as they are written, and wherever in a repeat it is written.

    An insertion or deletion moved along the repeat it lies in has its bases rotated; the rotation that is first in the
    alphabet stands for all.
    """
    ends = [allele.replace("-", "") for allele in (first, second)]
    tail = _shared_start(*(allele[::-1] for allele in ends))
    ends = [allele[: len(allele) - tail] for allele in ends]
    head = _shared_start(*ends)
    short, long = sorted((allele[head:] for allele in ends), key=lambda allele: (len(allele), allele))
    rotated = min((long[i:] + long[:i] for i in range(len(long))), default="") if not short else long
    return f"{short}/{long}", f"{short}/{rotated}"


def _shared_start(first: str, second: str) -> int:
    differing = (i for i, (one, other) in enumerate(zip(first, second, strict=False)) if one != other)
    return next(differing, min(len(first), len(second)))
