"""What was done to the alleles and the sign of each row, and why: one record that a person can open.

Nothing is decided here. Alleles were held against their anchor in `alleles`, rows got their reasons where they were
read, and the sign is applied in `join`; this module says of each row what these come to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from refalt.alleles import AS_GIVEN, COMPLEMENT, COMPLEMENT_SWAPPED, SWAPPED
from refalt.columns import Reason
from refalt.evaluation.join import of_sign
from refalt.studies.sections import DatasetSection
from refalt.tables import AlleleChecks, Measurements, Orientation

AS_PUBLISHED, LEFT_OUT = "as_published", "left_out"
#: What can be done to a row; each row has one of these, so counts add up to the rows of the source.
DONE: Final[Mapping[str, str]] = {
    AS_PUBLISHED: "alleles and effect as published",
    "swapped": "REF and ALT exchanged, and the effect with them",
    "complemented": "alleles read on the other strand",
    "complemented_and_swapped": "alleles read on the other strand and exchanged, and the effect with them",
    "left_aligned": "the same insertion or deletion, written further left or shorter",
    "flipped": "the effect turned to ALT over REF, alleles as published",
    "unsigned": "the effect has no sign, because its allele is neither REF nor ALT",
    "dropped": "not sent to a model",
    LEFT_OUT: "left out by a filter or sample that the study declares",
}
_CHOSEN: Final = (Reason.FILTERED.value, Reason.OUTSIDE_INTERVALS.value, Reason.NOT_SAMPLED.value)
_BY_ALLELES: Final = {
    SWAPPED: "swapped", COMPLEMENT: "complemented", COMPLEMENT_SWAPPED: "complemented_and_swapped",
}  # fmt: skip
_ANCHORS: Final = {"carried_sequence": "the carried sequence", "genome": "the genome", "as_published": "the lift-over"}
_ALLELES: Final = r":(?<ref>[^:>]*)>(?<alt>[^:>]*)$"


def orientation_of(measurements: Measurements, checks: AlleleChecks, declared: DatasetSection) -> Orientation:
    """What was done to every row, in the order of the source.

    Args:
        measurements: All rows.
        checks: What the anchor said of each variant.
        declared: The dataset's section: the allele that the effect is for, and its null.
    """
    rows = _with_done(measurements.frame, checks, declared).with_columns(why=_why(declared))
    return Orientation(
        rows.select(
            "source_row",
            pl.coalesce("variant_id", "element_id", "rsid").alias("published_id"),
            pl.col("ref").alias("published_ref"),
            pl.col("alt").alias("published_alt"),
            "asked_id",
            "oriented_ref",
            "oriented_alt",
            "published_sign",
            (pl.col("published_sign") * pl.col("sign").fill_null(1) * pl.col("of"))
            .cast(pl.Int8)
            .alias("oriented_sign"),
            "done",
            "why",
        )
    )


def counted(measurements: Measurements, checks: AlleleChecks, declared: DatasetSection) -> Mapping[str, int]:
    """What `counts_of` says of `orientation_of`, without the table: for rows that nobody will list."""
    read = measurements.frame.select("variant_id", "ref", "alt", "beta", "effect_allele", "reason")
    return _counts(_with_done(read, checks, declared).get_column("done"))


def _with_done(rows: pl.DataFrame, checks: AlleleChecks, declared: DatasetSection) -> pl.DataFrame:
    """Rows beside what the anchor said of their variant, and `done`."""
    known = checks.frame.select(
        "variant_id", "asked_id", "anchor", "orientation", "sign", pl.col("reason").alias("allele_reason")
    )
    rows = rows.join(known, on="variant_id", how="left", maintain_order="left", validate="m:1")
    parts = pl.col("asked_id").str.extract_groups(_ALLELES).struct
    null = declared.effect.null if declared.effect else 0.0
    return rows.with_columns(
        pl.coalesce("reason", "allele_reason").alias("lost_for"),
        parts.field("ref").alias("oriented_ref"),
        parts.field("alt").alias("oriented_alt"),
        of=of_sign(declared.effect.of if declared.effect else "unknown", pl.col("effect_allele")),
        published_sign=(pl.col("beta") - null).sign().cast(pl.Int8),
    ).with_columns(done=_done())


def counts_of(orientation: Orientation) -> Mapping[str, int]:
    """What was done -> rows, in the order of `DONE`; they add up to the rows of the source."""
    return _counts(orientation.frame.get_column("done"))


def _counts(column: pl.Series) -> Mapping[str, int]:
    found = dict(column.value_counts().iter_rows())
    return {done: found[done] for done in DONE if done in found}


def changed_rows(orientation: Orientation) -> pl.DataFrame:
    """Rows to which something was done besides leaving them as published, or out by the study's own choice."""
    return orientation.frame.filter(~pl.col("done").is_in([AS_PUBLISHED, LEFT_OUT]))


def _done() -> pl.Expr:
    measured = pl.col("published_sign").is_not_null()
    moved = (pl.col("oriented_ref") != pl.col("ref")) | (pl.col("oriented_alt") != pl.col("alt"))
    return (
        pl.when(pl.col("lost_for").is_in(_CHOSEN))
        .then(pl.lit(LEFT_OUT))
        .when(pl.col("lost_for").is_not_null())
        .then(pl.lit("dropped"))
        .when(pl.col("orientation").is_in(list(_BY_ALLELES)))
        .then(pl.col("orientation").replace(_BY_ALLELES))
        .when(measured & pl.col("of").is_null())
        .then(pl.lit("unsigned"))
        .when(measured & (pl.col("of") == -1))
        .then(pl.lit("flipped"))
        .when((pl.col("orientation") == AS_GIVEN) & moved)
        .then(pl.lit("left_aligned"))
        .otherwise(pl.lit(AS_PUBLISHED))
    )


def _why(declared: DatasetSection) -> pl.Expr:
    meanings = {reason.value: reason.meaning for reason in Reason}
    lost = pl.col("lost_for").replace_strict(meanings, default=None, return_dtype=pl.String)
    spared = pl.when(pl.col("lost_for").is_in([reason.value for reason in Reason if reason.spares_recorded]))
    anchor = pl.col("anchor").replace(_ANCHORS)
    turned = pl.col("lift_strand").fill_null(1) == -1
    of = declared.effect.of if declared.effect else "unknown"
    flipped = "the effect is declared for REF" if of == "ref" else "the effect's allele is REF"
    words = {
        "swapped": pl.format("{} holds the published ALT", anchor),
        "complemented": pl.when(turned)
        .then(pl.lit("the lift-over leads onto the other strand"))
        .otherwise(pl.format("{} holds the published REF on the other strand", anchor)),
        "complemented_and_swapped": pl.format("{} holds the published ALT, on the other strand", anchor),
        "left_aligned": pl.format("{} repeats it further left, or the alleles share bases", anchor),
        "flipped": pl.lit(flipped),
        "unsigned": pl.lit("the effect's allele is neither REF nor ALT"),
        "dropped": pl.concat_str(
            lost, spared.then(pl.lit("; compared with recorded scores only")).otherwise(pl.lit(""))
        ),
        LEFT_OUT: lost,
    }
    return pl.coalesce(pl.when(pl.col("done") == done).then(text) for done, text in words.items())
