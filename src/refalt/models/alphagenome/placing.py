"""Where a variant is asked: left-aligned, held against the genome, in the window the official client would cut."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import polars as pl

from refalt.sequences import LETTERS, Codes
from refalt.sources.fasta import Genome

#: Bases a window may have. A window of 2,048 was taken once and no longer is.
WINDOWS: Final = (16_384, 131_072, 524_288, 1_048_576)


def problems(
    rows: pl.DataFrame,
    genome: Genome | None,
    *,
    window: int,
    lengths: Mapping[str, int] = MappingProxyType({}),
    ref_may_equal_alt: bool = False,
) -> list[str | None]:
    """Why each variant cannot be asked; None where it can.

    The service itself checks none of this: it writes REF over whatever its genome holds.

    Args:
        rows: chrom, pos (1-based), ref, alt; nullable.
        genome: To hold REF against; None leaves that unchecked.
        window: Bases of the window.
        lengths: Contig -> bases, for when there is no genome; a contig that is not in it is not checked.
        ref_may_equal_alt: Whether a change of nothing may be asked.
    """
    ref, alt = pl.col("ref"), pl.col("alt")
    held = _held(rows, genome)
    letters = "^[ACGTN]+$"
    found = (
        pl.when(pl.col("chrom").is_null() | pl.col("pos").is_null())
        .then(pl.lit("no position is known for it"))
        .when(ref.is_null() | alt.is_null())
        .then(pl.lit("its alleles are not known"))
        .when(~(ref.str.contains(letters) & alt.str.contains(letters)))
        .then(pl.format("alleles must be written in A, C, G, T, N; got {}>{}", ref, alt))
        .when((ref == alt) & ~pl.lit(ref_may_equal_alt))
        .then(pl.format("REF and ALT are the same, {}", ref))
        .when(pl.col("pos") < 1)
        .then(pl.format("positions begin at 1; got {}", "pos"))
        .when(pl.max_horizontal(ref.str.len_chars(), alt.str.len_chars()) > window // 2)
        .then(pl.lit(f"an allele is longer than half the window of {window} bases"))
        .when(pl.col("pos") + ref.str.len_chars() - 1 > pl.col("chrom").replace_strict(lengths, default=None))
        .then(pl.format("{}:{} lies beyond the contig's end", "chrom", "pos"))
    )
    if genome is not None:
        found = (
            found.when(pl.col("held").is_null())
            .then(pl.format("{}:{} lies outside the genome, or on a contig that it lacks", "chrom", "pos"))
            .when(pl.col("held") != ref)
            .then(pl.format("REF is {}, the genome holds {} at {}:{}", ref, "held", "chrom", "pos"))
        )
    return rows.with_columns(held=held).select(found.otherwise(None).alias("problem")).to_series().to_list()


def _held(rows: pl.DataFrame, genome: Genome | None) -> pl.Series:
    if genome is None or not rows.height:
        return pl.Series([None] * rows.height, dtype=pl.String)
    known = rows.select(
        pl.col("chrom").fill_null(""),
        pl.col("pos").fill_null(0),
        pl.col("ref").str.len_bytes().fill_null(1).cast(pl.Int64),
    )
    length = known.get_column("ref").clip(lower_bound=1).to_numpy()
    return genome.bases_at(known.get_column("chrom"), known.get_column("pos").to_numpy(), length)


def left_aligned(codes: Codes, pos: int, ref: str, alt: str) -> tuple[int, str, str]:
    """The same change, as far left and as short as it can be written (Tan, Abecasis and Kang 2015).

    A substitution of any length stays as it is.

    Args:
        codes: uint8[contig length] of the variant's contig.
        pos: 1-based position of the first base of REF.
        ref: What the contig holds there.
        alt: What stands in its place.
    """
    if len(ref) == len(alt):
        return pos, ref, alt
    while ref[-1] == alt[-1] and (pos > 1 or min(len(ref), len(alt)) > 1):
        ref, alt = ref[:-1], alt[:-1]
        if not ref or not alt:
            pos -= 1
            before = chr(LETTERS[codes[pos - 1]])
            ref, alt = before + ref, before + alt
    while ref[0] == alt[0] and min(len(ref), len(alt)) > 1:
        pos, ref, alt = pos + 1, ref[1:], alt[1:]
    return pos, ref, alt


def window_start(pos: int, ref_length: int, window: int) -> int:
    """0-based start of the window, which may be negative.

    As the official client resizes a variant's reference interval (`genome.Interval.resize`): a REF of one or two
    bases has its first base at index window / 2 - 1, a longer one is centred.

    Args:
        pos: 1-based position of the first base of REF.
        ref_length: Bases of REF.
        window: Bases of the window, even.
    """
    return pos - 1 + (ref_length + 1) // 2 - window // 2
