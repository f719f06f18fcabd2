"""Which allele is REF: published alleles held against an anchor, and what turns them to it.

The anchor is, in this order: the sequence a row carries, the genome, the publication itself. A variant keeps
its published name (`variant_id`); `asked_id` names the same change on the genome's forward strand with the
anchor's REF first, left-aligned and with an anchor base where it is an insertion or deletion, and `sign` turns
a published ALT-over-REF value into asked_id's. Pure: what genome and sequences hold arrives as columns.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from refalt.alleles.left_aligned import left_aligned
from refalt.columns import Reason
from refalt.tables import AlleleChecks

AS_GIVEN, SWAPPED = "as_given", "swapped"
COMPLEMENT, COMPLEMENT_SWAPPED, UNRESOLVED = "complement", "complement_swapped", "unresolved"
_SIGNS: Final = {AS_GIVEN: 1, COMPLEMENT: 1, UNRESOLVED: 1, SWAPPED: -1, COMPLEMENT_SWAPPED: -1}
_OPPOSITE_STRAND: Final = {
    AS_GIVEN: COMPLEMENT,
    SWAPPED: COMPLEMENT_SWAPPED,
    COMPLEMENT: AS_GIVEN,
    COMPLEMENT_SWAPPED: SWAPPED,
    UNRESOLVED: UNRESOLVED,
}
_CARRIED, _GENOME, _PUBLISHED = "carried_sequence", "genome", "as_published"

#: Columns that `check_alleles` reads: one row a distinct variant.
VARIANT_COLUMNS: Final = ("variant_id", "chrom", "pos", "ref", "alt", "lift_strand")
#: The carried pair with the 0-based offset of the variant's first base in it; what the genome holds from `pos` on
#: over the length of REF and of ALT (one base for "-"), and before `pos`. Null where there is none.
ANCHOR_COLUMNS: Final = ("ref_sequence", "alt_sequence", "offset", "genome_ref", "genome_alt", "genome_left")
#: Bases before an indel that are enough to left-align it, but in a tandem repeat longer than that.
LEFT_CONTEXT: Final = 300


def reverse_complement(alleles: pl.Expr) -> pl.Expr:
    """The same bases read on the other strand; letters other than A, C, G, T stay."""
    return alleles.str.reverse().str.replace_many(["A", "C", "G", "T"], ["T", "G", "C", "A"])


def is_single_base(ref: pl.Expr, alt: pl.Expr) -> pl.Expr:
    """Whether a variant replaces one base by one: nothing to align. False where no alleles are stated."""
    one = pl.all_horizontal(allele.str.contains("^[ACGTN]$") for allele in (ref, alt))
    return one.fill_null(value=False)


def check_alleles(variants: pl.DataFrame, *, has_genome: bool) -> AlleleChecks:
    """Orient each variant to its anchor.

    Args:
        variants: `VARIANT_COLUMNS` and `ANCHOR_COLUMNS`, one row a distinct variant_id. Alleles stand on the
            published strand, genome columns on the forward strand of the genome, sequences on their own, which is
            the source's forward strand. An empty allele is "-": a deletion of REF, whose first base is at pos, or
            an insertion of ALT before the base at pos.
        has_genome: Whether a genome was given: without one, nothing is held against it.

    Returns:
        One row a variant. Where neither allele is what the anchor holds, the orientation is unresolved, the
        published one is kept, and `reason` keeps the variant from every comparison that needs the anchor.
    """
    numbered = variants.with_row_index("_row")
    plain = pl.lit(has_genome) & _is_plain()
    whole = numbered.filter(plain.fill_null(value=False))
    rest = numbered.filter(~plain.fill_null(value=False))
    if not whole.height:
        return AlleleChecks(_checked(rest, has_genome=has_genome).drop("_row"))
    parts = [_as_they_stand(whole), *([_checked(rest, has_genome=has_genome)] if rest.height else [])]
    return AlleleChecks(pl.concat(parts).sort("_row").drop("_row"))


def _is_plain() -> pl.Expr:
    """A substitution whose REF stands in the genome, named as it will be asked: most rows of most tables."""
    here = pl.format("{}:{}:{}>{}", *(pl.col(name) for name in ("chrom", "pos", "ref", "alt")))
    single = [pl.col(allele).is_in(["A", "C", "G", "T"]) for allele in ("ref", "alt")]
    unturned = (pl.col("lift_strand").fill_null(1) == 1) & pl.col("ref_sequence").is_null()
    return pl.all_horizontal(*single, unturned, pl.col("genome_ref") == pl.col("ref"), pl.col("variant_id") == here)


def _as_they_stand(plain: pl.DataFrame) -> pl.DataFrame:
    ambiguous = pl.concat_str("ref", "alt").is_in(["AT", "TA", "CG", "GC"])
    none = pl.lit([], pl.List(pl.String))
    return plain.select(
        "_row",
        "variant_id",
        pl.col("variant_id").alias("asked_id"),
        pl.col("genome_ref").alias("ref_in_genome"),
        pl.lit(_GENOME).alias("anchor"),
        pl.lit(AS_GIVEN).alias("orientation"),
        pl.lit(_SIGNS[AS_GIVEN], pl.Int8).alias("sign"),
        pl.lit(None, pl.String).alias("reason"),
        pl.when(ambiguous).then(pl.lit(["strand_ambiguous"])).otherwise(none).alias("flags"),
    )


def _checked(variants: pl.DataFrame, *, has_genome: bool) -> pl.DataFrame:
    states = pl.col("ref").is_not_null() & pl.col("alt").is_not_null()
    carried = states & pl.col("ref_sequence").is_not_null()
    genomic = states & ~carried & pl.lit(has_genome) & pl.col("pos").is_not_null()
    anchor = pl.when(carried).then(pl.lit(_CARRIED)).when(genomic & pl.col("genome_ref").is_not_null())
    oriented = _oriented(variants.with_columns(anchor=anchor.then(pl.lit(_GENOME)).otherwise(pl.lit(_PUBLISHED))))
    asked = _aligned(_turned_to_anchor(oriented))
    return asked.select(
        "_row",
        "variant_id",
        _asked_id().alias("asked_id"),
        pl.col("genome_ref").alias("ref_in_genome"),
        "anchor",
        "orientation",
        pl.col("orientation").replace_strict(_SIGNS, return_dtype=pl.Int8).alias("sign"),
        _reason(genomic).alias("reason"),
        _flags(states).alias("flags"),
    )


def _oriented(variants: pl.DataFrame) -> pl.DataFrame:
    """Add `orientation`, towards the genome's forward strand: a lift onto the other strand complements."""
    ref, alt, turned = _bases("ref"), _bases("alt"), pl.col("lift_strand").fill_null(1) == -1
    held = {"ref": ref.str.len_bytes(), "alt": alt.str.len_bytes()}
    variants = variants.with_columns(
        turned.alias("turned"),
        *(pl.col("ref_sequence").str.slice(pl.col("offset"), n).alias(f"carried_{name}") for name, n in held.items()),
    )
    genome = {name: pl.col(f"genome_{name}").str.slice(0, length) for name, length in held.items()}
    carried = {name: pl.col(f"carried_{name}") for name in held}
    here = _orientation(ref, alt, genome["ref"], genome["alt"])
    other = _orientation(reverse_complement(ref), reverse_complement(alt), genome["ref"], genome["alt"])
    by_carried = (
        pl.when(pl.col("variant_id").is_in(_swapped_by_pair(variants).implode()))
        .then(pl.lit(SWAPPED))
        .otherwise(_orientation(ref, alt, carried["ref"], carried["alt"]))
    )
    return variants.with_columns(
        pl.when(pl.col("anchor") == _CARRIED)
        .then(pl.when("turned").then(by_carried.replace_strict(_OPPOSITE_STRAND)).otherwise(by_carried))
        .when(pl.col("anchor") == _GENOME)
        .then(pl.when("turned").then(other.replace_strict(_OPPOSITE_STRAND)).otherwise(here))
        .otherwise(pl.lit(AS_GIVEN))
        .alias("orientation")
    )


def _bases(name: str) -> pl.Expr:
    return pl.col(name).replace({"-": ""})


def _orientation(ref: pl.Expr, alt: pl.Expr, held_ref: pl.Expr, held_alt: pl.Expr) -> pl.Expr:
    """How alleles lie against what the anchor holds; the published reading wins where several fit.

    For an insertion before the bases it repeats, both readings fit (A>AT before T): the publication decides. A
    missing ALT fits anywhere, so it never shows that alleles are swapped.
    """
    return (
        pl.when(held_ref == ref)
        .then(pl.lit(AS_GIVEN))
        .when((held_alt == alt) & (alt != ""))
        .then(pl.lit(SWAPPED))
        .when(held_ref == reverse_complement(ref))
        .then(pl.lit(COMPLEMENT))
        .when((held_alt == reverse_complement(alt)) & (alt != ""))
        .then(pl.lit(COMPLEMENT_SWAPPED))
        .otherwise(pl.lit(UNRESOLVED))
    )


def _swapped_by_pair(variants: pl.DataFrame) -> pl.Series:
    """Variants of which both readings fit the REF sequence, and only the swapped one makes the ALT sequence."""
    ref, alt = _bases("ref"), _bases("alt")
    both = (pl.col("carried_ref") == ref) & (pl.col("carried_alt") == alt) & pl.col("alt_sequence").is_not_null()
    unsure = variants.filter(both & (ref.str.len_bytes() != alt.str.len_bytes()))
    made = {"given": _made(ref, alt), "swapped": _made(alt, ref)}
    whole = {name: sequence == pl.col("alt_sequence") for name, sequence in made.items()}
    start = {name: _same_start(sequence, pl.col("alt_sequence")) for name, sequence in made.items()}
    # Sequences cut to one length differ in their end: they are compared as far as both go.
    cut = ~whole["given"] & ~whole["swapped"] & start["swapped"] & ~start["given"]
    return unsure.filter((whole["swapped"] & ~whole["given"]) | cut).get_column("variant_id")


def _made(removed: pl.Expr, put: pl.Expr) -> pl.Expr:
    """The REF sequence with `removed` replaced by `put` at the offset."""
    sequence, offset = pl.col("ref_sequence"), pl.col("offset")
    return pl.concat_str(sequence.str.slice(0, offset), put, sequence.str.slice(offset + removed.str.len_bytes()))


def _same_start(one: pl.Expr, other: pl.Expr) -> pl.Expr:
    length = pl.min_horizontal(one.str.len_bytes(), other.str.len_bytes())
    return one.str.slice(0, length) == other.str.slice(0, length)


def _turned_to_anchor(oriented: pl.DataFrame) -> pl.DataFrame:
    """Add asked_pos (1-based), asked_ref and asked_alt ("" for none), and what is `left` and `right` of REF."""
    ref, alt = _bases("ref"), _bases("alt")
    swapped = pl.col("orientation").is_in([SWAPPED, COMPLEMENT_SWAPPED])
    pair = (pl.when(swapped).then(alt).otherwise(ref), pl.when(swapped).then(ref).otherwise(alt))
    complement = pl.col("orientation").is_in([COMPLEMENT, COMPLEMENT_SWAPPED])
    first, second = (pl.when(complement).then(reverse_complement(base)).otherwise(base) for base in pair)
    sequence, length = pl.col("ref_sequence"), pair[0].str.len_bytes()
    here = (sequence.str.slice(0, pl.col("offset")), sequence.str.slice(pl.col("offset") + length))
    there = [reverse_complement(part) for part in reversed(here)]
    left, right = (pl.when("turned").then(other).otherwise(part) for part, other in zip(here, there, strict=True))
    # On the other strand an insertion before a base is one after it.
    after = (pl.col("turned") & (length == 0)).fill_null(value=False).cast(pl.Int64)
    return oriented.with_columns(
        (pl.col("pos") + after).alias("asked_pos"),
        first.alias("asked_ref"),
        second.alias("asked_alt"),
        pl.when(pl.col("anchor") == _CARRIED).then(left).otherwise("genome_left").alias("left"),
        pl.when(pl.col("anchor") == _CARRIED).then(right.str.slice(0, 1)).otherwise(pl.lit("")).alias("right"),
        pl.lit(None, pl.Int64).alias("shift"),
        pl.lit(value=False).alias("repeat_goes_on"),
    )


def _aligned(asked: pl.DataFrame) -> pl.DataFrame:
    """Make alleles as short as they can be, move indels to the left, and put the base before them in front.

    As Tan, Abecasis and Kang (2015, https://doi.org/10.1093/bioinformatics/btv112) define a normalised variant.
    """
    known = (pl.col("anchor") != _PUBLISHED) & (pl.col("orientation") != UNRESOLVED) & pl.col("left").is_not_null()
    wanted = known & pl.col("pos").is_not_null() & ~is_single_base(pl.col("asked_ref"), pl.col("asked_alt"))
    if asked.filter(wanted).is_empty():
        return asked
    indels = left_aligned(asked.filter(wanted))
    columns = ("asked_pos", "asked_ref", "asked_alt", "shift", "repeat_goes_on")
    return asked.update(indels.select("variant_id", *columns), on="variant_id", how="left")


def _asked_id() -> pl.Expr:
    shown = [
        pl.when(pl.col(name) == "").then(pl.lit("-")).otherwise(pl.col(name)) for name in ("asked_ref", "asked_alt")
    ]
    placed = pl.format("{}:{}:{}>{}", pl.col("chrom"), pl.col("asked_pos"), *shown)
    # Without a place in the genome only the alleles can be turned.
    swapped = pl.col("variant_id").str.replace(r"[^:]*$", pl.format("{}>{}", "alt", "ref"))
    unplaced = pl.when(pl.col("orientation") == SWAPPED).then(swapped).otherwise(pl.col("variant_id"))
    return pl.coalesce(placed, unplaced)


def _reason(genomic: pl.Expr) -> pl.Expr:
    unresolved = pl.col("orientation") == UNRESOLVED
    return (
        pl.when(unresolved & (pl.col("anchor") == _CARRIED))
        .then(pl.lit(Reason.SEQUENCE_MISMATCH.value))
        .when(unresolved)
        .then(pl.lit(Reason.REF_MISMATCH.value))
        .when(genomic & pl.col("genome_ref").is_null())
        .then(pl.lit(Reason.NO_CONTIG.value))
    )


def _flags(states: pl.Expr) -> pl.Expr:
    alleles = pl.concat_str(pl.col("ref"), pl.col("alt"))
    remarks = {
        "position_only": ~states,
        "strand_ambiguous": alleles.is_in(["AT", "TA", "CG", "GC"]).fill_null(value=False),
        "unanchored_indel": alleles.str.contains("-", literal=True).fill_null(value=False),
        "not_left_aligned": (pl.col("shift") > 0).fill_null(value=False),
        "repeat_beyond_context": pl.col("repeat_goes_on").fill_null(value=False),
    }
    return pl.concat_list(
        pl.when(test).then(pl.lit([name])).otherwise(pl.lit([], pl.List(pl.String))) for name, test in remarks.items()
    )
