"""Identifiers that spell a variant out, such as chr1_123_A_G_b38, chr1:123:A:G or chr12:9436083_rs61916194."""

from __future__ import annotations

from typing import Final

import polars as pl

_CONTIG: Final = r"(?<chrom>(?i:chr)[0-9A-Za-z_.]+?|[0-9]{1,2}|[XYM]|MT)"
_LETTERS: Final = r"[A-Za-z]+|-|\*"
#: The alleles may be IUPAC codes, so that they are counted and not taken for another kind of name.
FORM: Final = (
    rf"^{_CONTIG}[:_\-](?<pos>[0-9]+)"
    rf"(?:[:_\-](?<ref>{_LETTERS})[:_>/\-](?<alt>{_LETTERS})|[:_\-](?<rsid>rs[0-9]+))?"
    r"(?:[_:\-](?:b|hg|GRCh)(?<build>[0-9]{2}))?$"
)
#: The commonest form, once ":" is "_": it is split, which takes a fifth of the time.
_PLAIN: Final = r"^chr[0-9XYM]{1,2}_[0-9]+_[ACGT]+_[ACGT]+(?:_b[0-9]{2})?$"
_PLAIN_PARTS: Final = ("chrom", "pos", "ref", "alt", "build")
_BUILDS: Final = {"38": "GRCh38", "37": "GRCh37", "19": "GRCh37", "36": "hg18", "18": "hg18"}
#: Parts that an identifier can give.
PARTS: Final = ("chrom", "pos", "ref", "alt", "rsid")


def part(name: str, column: str) -> pl.Expr:
    """One part of the identifiers in a column, one of `PARTS` or "build"; null where they have none.

    Positions are 1-based, Int64; the others are text.
    """
    text = pl.col(column).cast(pl.String).str.strip_chars()
    even = text.str.replace_all(":", "_", literal=True)
    is_plain = even.str.contains(_PLAIN).fill_null(value=False)
    found = pl.when(is_plain).then(None).otherwise(text).str.extract_groups(FORM).struct.field(name)
    if name in _PLAIN_PARTS:
        split = even.str.split_exact("_", 4).struct.field(f"field_{_PLAIN_PARTS.index(name)}")
        found = pl.when(is_plain).then(split.str.strip_prefix("b") if name == "build" else split).otherwise(found)
    return found.cast(pl.Int64, strict=False) if name == "pos" else found


def share_spelled(values: pl.Series) -> tuple[float, float]:
    """Of the filled cells, the share that gives a place, and the share that gives alleles too."""
    filled = values.drop_nulls()
    if filled.is_empty():
        return 0.0, 0.0
    frame = filled.to_frame("name")
    place, alleles = frame.select(
        part("pos", "name").is_not_null().mean().alias("place"),
        part("ref", "name").is_not_null().mean().alias("alleles"),
    ).row(0)
    return float(place), float(alleles)


def builds_of(values: pl.Series) -> tuple[str, ...]:
    """Assemblies that identifiers end in ("_b38"), in canonical names."""
    found = values.to_frame("name").select(part("build", "name")).to_series().drop_nulls().unique().sort()
    return tuple(dict.fromkeys(_BUILDS[text] for text in found if text in _BUILDS))
