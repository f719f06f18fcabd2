"""Which allele is REF: published alleles held against an anchor, and what turns them to it.

The anchor is, in this order: the sequence a row carries, the genome, the publication itself. A variant keeps
its published name (`variant_id`); `asked_id` names the same change with the anchor's REF first, and `sign`
turns a published ALT-over-REF value into asked_id's. Pure: what genome and sequences hold arrives as columns.
"""

from __future__ import annotations

from typing import Final

import polars as pl

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

#: Columns that `check_alleles` reads: one row a distinct variant.
VARIANT_COLUMNS: Final = ("variant_id", "chrom", "pos", "ref", "alt", "lift_strand")
#: What an anchor holds over the length of the published REF, of ALT: null where it does not reach.
ANCHOR_COLUMNS: Final = ("carried_ref", "carried_alt", "genome_ref", "genome_alt")


def reverse_complement(alleles: pl.Expr) -> pl.Expr:
    """The same bases read on the other strand; letters other than A, C, G, T stay."""
    return alleles.str.reverse().str.replace_many(["A", "C", "G", "T"], ["T", "G", "C", "A"])


def check_alleles(variants: pl.DataFrame, *, has_genome: bool) -> AlleleChecks:
    """Orient each variant to its anchor.

    Args:
        variants: `VARIANT_COLUMNS` and `ANCHOR_COLUMNS`, one row a distinct variant_id. Alleles stand on the
            published strand, `genome_*` on the forward strand of the genome, `carried_*` on the strand of the
            carried sequence.
        has_genome: Whether a genome was given: without one, nothing is held against it.

    Returns:
        One row a variant. Where neither allele is what the anchor holds, the orientation is unresolved, the
        published one is kept, and `reason` keeps the variant from every comparison that needs the anchor.
    """
    states = pl.col("ref").is_not_null() & pl.col("alt").is_not_null()
    carried = states & pl.col("carried_ref").is_not_null()
    genomic = states & ~carried & pl.lit(has_genome) & pl.col("pos").is_not_null()
    turned = pl.col("lift_strand").fill_null(1) == -1
    oriented = variants.with_columns(
        anchor=pl.when(carried)
        .then(pl.lit("carried_sequence"))
        .when(genomic & pl.col("genome_ref").is_not_null())
        .then(pl.lit("genome"))
        .otherwise(pl.lit("as_published")),
        by_carried=_orientation(pl.col("ref"), pl.col("alt"), "carried"),
        by_genome=pl.when(turned)
        .then(
            _orientation(reverse_complement(pl.col("ref")), reverse_complement(pl.col("alt")), "genome").replace_strict(
                _OPPOSITE_STRAND
            )
        )
        .otherwise(_orientation(pl.col("ref"), pl.col("alt"), "genome")),
    ).with_columns(
        orientation=pl.when(pl.col("anchor") == "carried_sequence")
        .then("by_carried")
        .when(pl.col("anchor") == "genome")
        .then("by_genome")
        .otherwise(pl.lit(AS_GIVEN))
    )
    return AlleleChecks(
        oriented.select(
            "variant_id",
            _asked_id().alias("asked_id"),
            pl.col("genome_ref").alias("ref_in_genome"),
            "anchor",
            "orientation",
            pl.col("orientation").replace_strict(_SIGNS, return_dtype=pl.Int8).alias("sign"),
            _reason(genomic).alias("reason"),
            _flags(states).alias("flags"),
        )
    )


def _orientation(ref: pl.Expr, alt: pl.Expr, anchor: str) -> pl.Expr:
    """How alleles lie against what the anchor holds; the published reading wins where several fit.

    For an insertion before the base it repeats, both readings fit (A>AT before T): the publication decides.
    """
    held_ref, held_alt = pl.col(f"{anchor}_ref"), pl.col(f"{anchor}_alt")
    return (
        pl.when(held_ref == ref)
        .then(pl.lit(AS_GIVEN))
        .when(held_alt == alt)
        .then(pl.lit(SWAPPED))
        .when(held_ref == reverse_complement(ref))
        .then(pl.lit(COMPLEMENT))
        .when(held_alt == reverse_complement(alt))
        .then(pl.lit(COMPLEMENT_SWAPPED))
        .otherwise(pl.lit(UNRESOLVED))
    )


def _asked_id() -> pl.Expr:
    ref, alt = pl.col("ref"), pl.col("alt")
    other_ref, other_alt = reverse_complement(ref), reverse_complement(alt)
    pairs = {
        AS_GIVEN: (ref, alt),
        SWAPPED: (alt, ref),
        COMPLEMENT: (other_ref, other_alt),
        COMPLEMENT_SWAPPED: (other_alt, other_ref),
    }
    place = pl.format("{}:{}:", pl.col("chrom"), pl.col("pos"))
    chosen = pl.coalesce(
        pl.when(pl.col("orientation") == name).then(pl.concat_str(place, pl.format("{}>{}", *pair)))
        for name, pair in pairs.items()
    )
    # Without a place in the genome only the alleles can be turned.
    swapped = pl.col("variant_id").str.replace(r"[^:]*$", pl.format("{}>{}", alt, ref))
    unplaced = pl.when(pl.col("orientation") == SWAPPED).then(swapped).otherwise(pl.col("variant_id"))
    return pl.coalesce(chosen, unplaced)


def _reason(genomic: pl.Expr) -> pl.Expr:
    unresolved = pl.col("orientation") == UNRESOLVED
    return (
        pl.when(unresolved & (pl.col("anchor") == "carried_sequence"))
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
        "unanchored_indel": (alleles.str.contains("-", literal=True)).fill_null(value=False),
    }
    return pl.concat_list(
        pl.when(test).then(pl.lit([name])).otherwise(pl.lit([], pl.List(pl.String))) for name, test in remarks.items()
    )
