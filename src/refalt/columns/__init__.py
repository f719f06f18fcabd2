"""Every column of every table, declared once: its type, unit, coordinate base and meaning.

The reference page of the tables is generated from this package, and `tables` validates against it.
"""

from __future__ import annotations

import enum
from typing import Final

import polars as pl

from refalt.columns.column import Column, key
from refalt.columns.results import BALANCE, COMPARISONS, DIAGNOSTICS, ESTIMATES, HETEROGENEITY, POWER

__all__ = [
    "ALLELE_CHECKS",
    "ATTRITION",
    "BALANCE",
    "COMPARISON",
    "COMPARISONS",
    "DIAGNOSTICS",
    "ESTIMATES",
    "FAILURES",
    "HETEROGENEITY",
    "INPUTS",
    "MEASUREMENTS",
    "POWER",
    "PREDICTIONS",
    "RECORDED_PREFIX",
    "SPARING_RECORDED",
    "STRATUM_PREFIX",
    "TRACKS",
    "WHOLE",
    "Column",
    "Reason",
]

RECORDED_PREFIX: Final = "recorded."
STRATUM_PREFIX: Final = "stratum."
WHOLE: Final = "all"


class Reason(enum.StrEnum):
    """Why a row is not compared: the closed list. Written by any stage, acted on in `evaluation.join` only."""

    UNPARSABLE = "unparsable"
    NO_POSITION = "no_position"
    BAD_POSITION = "bad_position"
    BAD_ALLELE = "bad_allele"
    REF_EQUALS_ALT = "ref_equals_alt"
    NOTHING_MEASURED = "nothing_measured"
    DUPLICATE_ROW = "duplicate_row"
    FILTERED = "filtered"
    OUTSIDE_INTERVALS = "outside_intervals"
    NOT_SAMPLED = "not_sampled"
    NOT_MATCHED = "not_matched"
    NOT_LIFTED = "not_lifted"
    NO_CONTIG = "no_contig"
    REF_MISMATCH = "ref_mismatch"
    SEQUENCE_MISMATCH = "sequence_mismatch"
    NO_SCORE = "no_score"
    PREDICTION_FAILED = "prediction_failed"
    GENE_OUTSIDE_WINDOW = "gene_outside_window"

    @property
    def meaning(self) -> str:
        """The reason in a reader's words."""
        return _REASON_MEANINGS[self]

    @property
    def spares_recorded(self) -> bool:
        """Whether the row leaves only comparisons that need a genome or a sequence; a recorded score keeps it."""
        return self.value in SPARING_RECORDED


SPARING_RECORDED: Final = ("not_lifted", "no_contig", "ref_mismatch", "sequence_mismatch")
_REASON_MEANINGS: Final = {
    Reason.UNPARSABLE: "a cell that should hold a number holds something else",
    Reason.NO_POSITION: "the row states no chromosome or no position",
    Reason.BAD_POSITION: "the position is not a whole number above zero",
    Reason.BAD_ALLELE: "an allele holds a letter that is not A, C, G, T or N, or is empty",
    Reason.REF_EQUALS_ALT: "the reference and the alternate allele are the same",
    Reason.NOTHING_MEASURED: "the row holds neither an effect nor a label",
    Reason.DUPLICATE_ROW: "an earlier row measures the same variant on the same target in the same context",
    Reason.FILTERED: "a row filter declared in the study file leaves it out",
    Reason.OUTSIDE_INTERVALS: "the variant lies outside the declared intervals",
    Reason.NOT_SAMPLED: "the declared random sample did not draw it",
    Reason.NOT_MATCHED: "no positive chose this control, and the study keeps matched controls only",
    Reason.NOT_LIFTED: "the position has no counterpart in the target assembly",
    Reason.NO_CONTIG: "the genome holds no such contig",
    Reason.REF_MISMATCH: "neither allele is what the genome holds at the position",
    Reason.SEQUENCE_MISMATCH: "neither allele is what the carried sequence holds at its offset",
    Reason.NO_SCORE: "the score has no value for this row",
    Reason.PREDICTION_FAILED: "the model was asked and did not answer",
    Reason.GENE_OUTSIDE_WINDOW: "the target gene lies outside the model's window",
}


_VARIANT_ID = (
    "variant as published after lift-over, chrom:pos:ref>alt with 1-based pos; chrom:pos when no alleles are stated"
)
_ASKED_ID = (
    "variant oriented to the anchor's REF (carried sequence, else genome, else as published), or the element's name"
)

MEASUREMENTS: Final = (
    key("source_row", pl.Int64, "row of the source file, the first row after the header being 1"),
    key("kind", pl.String, "variant or element"),
    Column("variant_id", pl.String, _VARIANT_ID),
    Column("element_id", pl.String, "published name of a designed element"),
    Column("target_id", pl.String, "what was measured: gene, peak, element"),
    Column("context_id", pl.String, "where it was measured: tissue, cell, time point"),
    Column("chrom", pl.String, "contig in the genome's assembly, UCSC spelling"),
    Column("pos", pl.Int64, "position of the first base of REF in the genome's assembly, 1-based", "bp"),
    Column("ref", pl.String, "reference allele as published, on the published strand"),
    Column("alt", pl.String, "alternate allele as published, on the published strand"),
    Column("source_chrom", pl.String, "contig in the assembly the source uses"),
    Column("source_pos", pl.Int64, "position in the assembly the source uses, 1-based", "bp"),
    Column("lift_strand", pl.Int8, "+1 or -1: strand of the lift-over; null when nothing was lifted"),
    Column("beta", pl.Float64, "effect as published, before any sign change"),
    Column("standard_error", pl.Float64, "standard error of beta, in its unit"),
    Column("p_value", pl.Float64, "published p-value of beta"),
    Column("effect_allele", pl.String, "allele whose effect beta is, where the source has a column for it"),
    Column("other_allele", pl.String, "allele that beta is compared with, where the source has a column for it"),
    Column("label", pl.Int8, "1 positive, 0 control, null neither"),
    Column("rsid", pl.String, "dbSNP identifier as published"),
    Column("maf", pl.Float64, "minor allele frequency", "fraction"),
    Column("pip", pl.Float64, "posterior inclusion probability of fine-mapping", "fraction"),
    Column(
        "tss_distance",
        pl.Int64,
        "position minus the target's transcription start site, sign as published",
        "bp",
    ),
    Column("centre_distance", pl.Float64, "position minus the centre of the target's peak or window", "bp"),
    Column("wild_type_id", pl.String, "element_id of the wild type an element is compared with"),
    Column("reason", pl.String, "why the row is not compared, from the closed list; null when it is"),
    key("flags", pl.List(pl.String), "remarks that exclude nothing"),
)

INPUTS: Final = (
    key("source_row", pl.Int64, "row of the source file"),
    Column("variant_id", pl.String, _VARIANT_ID),
    Column("element_id", pl.String, "published name of a designed element"),
    key("ref_sequence", pl.String, "carried sequence with the reference allele, or the element itself"),
    Column("alt_sequence", pl.String, "carried sequence with the alternate allele"),
    Column("offset", pl.Int64, "0-based index of the variant's first base in ref_sequence", "bp"),
)

ALLELE_CHECKS: Final = (
    key("variant_id", pl.String, _VARIANT_ID),
    key("asked_id", pl.String, _ASKED_ID),
    Column("ref_in_genome", pl.String, "bases of the genome over the published REF, forward strand"),
    Column("anchor", pl.String, "what settled REF: carried_sequence, genome or as_published"),
    key("orientation", pl.String, "as_given, swapped, complement, complement_swapped or unresolved"),
    key(
        "sign",
        pl.Int8,
        "what turns a published ALT-over-REF value into asked_id's: +1 or -1 (+1, as published, when unresolved)",
    ),
    Column("reason", pl.String, "why the variant cannot be compared, from the closed list"),
    key("flags", pl.List(pl.String), "remarks that exclude nothing"),
)

TRACKS: Final = (
    key("score_name", pl.String, "score the track belongs to"),
    key("track_index", pl.Int64, "position of the track in the arrays of Predictions, from 0"),
    key("track_id", pl.String, "OUTPUT|name|strand"),
    Column("assay", pl.String, "assay of the track"),
    Column("ontology_curie", pl.String, "cell type or tissue, as an ontology CURIE"),
    Column("biosample_name", pl.String, "cell type or tissue in words"),
    Column("biosample_type", pl.String, "primary cell, tissue, cell line"),
    Column("histone_mark", pl.String, "histone modification"),
    Column("transcription_factor", pl.String, "factor of a ChIP-seq track"),
)

PREDICTIONS: Final = (
    key("asked_id", pl.String, _ASKED_ID),
    key(
        "made_for",
        pl.String,
        "variant whose alleles the raw values are stated for; the asked one for a model",
    ),
    Column("target_id", pl.String, "target the score is for, where it depends on one"),
    Column("context_id", pl.String, "context the score is for, where it depends on one"),
    key("input_id", pl.String, "digest of what the model saw"),
    key("raw", pl.List(pl.Float64), "raw value per selected track"),
    Column("quantile", pl.List(pl.Float64), "quantile value per selected track, where the model gives one"),
    Column("ref_score", pl.Float64, "score of the REF input, where given"),
    Column("alt_score", pl.Float64, "score of the ALT input, where given"),
)

FAILURES: Final = (
    key("score_name", pl.String, "score that was asked for"),
    key("asked_id", pl.String, _ASKED_ID),
    key("error", pl.String, "what the model or its server said, redacted"),
    key("attempts", pl.Int64, "how often it was asked"),
)

COMPARISON: Final = (
    key("source_row", pl.Int64, "row of the source file"),
    key("score_name", pl.String, "score the row is compared with"),
    Column("variant_id", pl.String, _VARIANT_ID),
    Column("element_id", pl.String, "published name of a designed element"),
    Column("target_id", pl.String, "what was measured"),
    Column("context_id", pl.String, "where it was measured"),
    key("asked_id", pl.String, _ASKED_ID),
    Column("effect", pl.Float64, "ALT-over-REF effect of asked_id minus the declared null"),
    Column("effect_se", pl.Float64, "standard error of effect, in its unit"),
    key("score", pl.Float64, "score of asked_id, aggregated over its tracks"),
    Column("label", pl.Int8, "1 positive, 0 control, null neither"),
    Column("matched_label", pl.Int8, "1 positive, 0 control chosen for it, null neither"),
    Column("gc", pl.Float64, "share of G and C in the carried sequence, else in 101 bp around the variant", "fraction"),
    key("cluster_id", pl.String, "group of rows that are not independent of each other"),
    key("input_id", pl.String, "digest of what the model saw"),
    Column("chrom", pl.String, "contig, for strata"),
    Column("p_value", pl.Float64, "published p-value"),
    Column("maf", pl.Float64, "minor allele frequency", "fraction"),
    Column("pip", pl.Float64, "posterior inclusion probability", "fraction"),
    Column("tss_distance", pl.Int64, "position minus transcription start site, sign as published", "bp"),
    Column("centre_distance", pl.Float64, "position minus the centre of the target's peak or window", "bp"),
    key("flags", pl.List(pl.String), "remarks that exclude nothing"),
)

ATTRITION: Final = (
    key("stage", pl.String, "measurements, alleles or comparison"),
    key("score_name", pl.String, "score the count is for; all where it is for every score"),
    key("reason", pl.String, "reason from the closed list, or `kept`"),
    key("meaning", pl.String, "the reason in words"),
    key("n_rows", pl.Int64, "how many rows", "rows"),
)
