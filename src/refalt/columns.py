"""Every column of every table, declared once: its type, unit, coordinate base and meaning.

The reference page of the tables is generated from this file, and `tables` validates against it.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

import polars as pl

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
    Reason.NOT_LIFTED: "the position has no counterpart in the target assembly",
    Reason.NO_CONTIG: "the genome holds no such contig",
    Reason.REF_MISMATCH: "neither allele is what the genome holds at the position",
    Reason.SEQUENCE_MISMATCH: "neither allele is what the carried sequence holds at its offset",
    Reason.NO_SCORE: "the score has no value for this row",
    Reason.PREDICTION_FAILED: "the model was asked and did not answer",
    Reason.GENE_OUTSIDE_WINDOW: "the target gene lies outside the model's window",
}


@dataclass(frozen=True)
class Column:
    """One declared column.

    Attributes:
        name: As it stands in the table.
        dtype: The polars type it must have.
        meaning: One sentence; says the coordinate base where there is one.
        unit: Of the values, where there is one.
        nullable: Whether a missing value is allowed.
    """

    name: str
    dtype: pl.DataType | type[pl.DataType]
    meaning: str
    unit: str = ""
    nullable: bool = True


def _key(name: str, dtype: pl.DataType | type[pl.DataType], meaning: str, unit: str = "") -> Column:
    return Column(name, dtype, meaning, unit, nullable=False)


_VARIANT_ID = (
    "variant as published after lift-over, chrom:pos:ref>alt with 1-based pos; chrom:pos when no alleles are stated"
)
_ASKED_ID = (
    "variant oriented to the anchor's REF (carried sequence, else genome, else as published), or the element's name"
)

MEASUREMENTS: Final = (
    _key("source_row", pl.Int64, "row of the source file, the first row after the header being 1"),
    _key("kind", pl.String, "variant or element"),
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
    Column("wild_type_id", pl.String, "element_id of the wild type an element is compared with"),
    Column("reason", pl.String, "why the row is not compared, from the closed list; null when it is"),
    _key("flags", pl.List(pl.String), "remarks that exclude nothing"),
)

INPUTS: Final = (
    _key("source_row", pl.Int64, "row of the source file"),
    Column("variant_id", pl.String, _VARIANT_ID),
    Column("element_id", pl.String, "published name of a designed element"),
    _key("ref_sequence", pl.String, "carried sequence with the reference allele, or the element itself"),
    Column("alt_sequence", pl.String, "carried sequence with the alternate allele"),
    Column("offset", pl.Int64, "0-based index of the variant's first base in ref_sequence", "bp"),
)

ALLELE_CHECKS: Final = (
    _key("variant_id", pl.String, _VARIANT_ID),
    _key("asked_id", pl.String, _ASKED_ID),
    Column("ref_in_genome", pl.String, "bases of the genome over the published REF, forward strand"),
    Column("anchor", pl.String, "what settled REF: carried_sequence, genome or as_published"),
    _key("orientation", pl.String, "as_given, swapped, complement, complement_swapped or unresolved"),
    _key(
        "sign",
        pl.Int8,
        "what turns a published ALT-over-REF value into asked_id's: +1 or -1 (+1, as published, when unresolved)",
    ),
    Column("reason", pl.String, "why the variant cannot be compared, from the closed list"),
    _key("flags", pl.List(pl.String), "remarks that exclude nothing"),
)

TRACKS: Final = (
    _key("score_name", pl.String, "score the track belongs to"),
    _key("track_index", pl.Int64, "position of the track in the arrays of Predictions, from 0"),
    _key("track_id", pl.String, "OUTPUT|name|strand"),
    Column("assay", pl.String, "assay of the track"),
    Column("ontology_curie", pl.String, "cell type or tissue, as an ontology CURIE"),
    Column("biosample_name", pl.String, "cell type or tissue in words"),
    Column("biosample_type", pl.String, "primary cell, tissue, cell line"),
    Column("histone_mark", pl.String, "histone modification"),
    Column("transcription_factor", pl.String, "factor of a ChIP-seq track"),
)

PREDICTIONS: Final = (
    _key("asked_id", pl.String, _ASKED_ID),
    _key(
        "made_for",
        pl.String,
        "variant whose alleles the raw values are stated for; the asked one for a model",
    ),
    Column("target_id", pl.String, "target the score is for, where it depends on one"),
    Column("context_id", pl.String, "context the score is for, where it depends on one"),
    _key("input_id", pl.String, "digest of what the model saw"),
    _key("raw", pl.List(pl.Float64), "raw value per selected track"),
    Column("quantile", pl.List(pl.Float64), "quantile value per selected track, where the model gives one"),
    Column("ref_score", pl.Float64, "score of the REF input, where given"),
    Column("alt_score", pl.Float64, "score of the ALT input, where given"),
)

FAILURES: Final = (
    _key("score_name", pl.String, "score that was asked for"),
    _key("asked_id", pl.String, _ASKED_ID),
    _key("error", pl.String, "what the model or its server said, redacted"),
    _key("attempts", pl.Int64, "how often it was asked"),
)

COMPARISON: Final = (
    _key("source_row", pl.Int64, "row of the source file"),
    _key("score_name", pl.String, "score the row is compared with"),
    Column("variant_id", pl.String, _VARIANT_ID),
    Column("element_id", pl.String, "published name of a designed element"),
    Column("target_id", pl.String, "what was measured"),
    Column("context_id", pl.String, "where it was measured"),
    _key("asked_id", pl.String, _ASKED_ID),
    Column("effect", pl.Float64, "ALT-over-REF effect of asked_id minus the declared null"),
    Column("effect_se", pl.Float64, "standard error of effect, in its unit"),
    _key("score", pl.Float64, "score of asked_id, aggregated over its tracks"),
    Column("label", pl.Int8, "1 positive, 0 control, null neither"),
    Column("matched_label", pl.Int8, "1 positive, 0 control chosen for it, null neither"),
    _key("cluster_id", pl.String, "group of rows that are not independent of each other"),
    _key("input_id", pl.String, "digest of what the model saw"),
    Column("chrom", pl.String, "contig, for strata"),
    Column("p_value", pl.Float64, "published p-value"),
    Column("maf", pl.Float64, "minor allele frequency", "fraction"),
    Column("pip", pl.Float64, "posterior inclusion probability", "fraction"),
    Column("tss_distance", pl.Int64, "position minus transcription start site, sign as published", "bp"),
    _key("flags", pl.List(pl.String), "remarks that exclude nothing"),
)

ATTRITION: Final = (
    _key("stage", pl.String, "measurements, alleles or comparison"),
    _key("score_name", pl.String, "score the count is for; all where it is for every score"),
    _key("reason", pl.String, "reason from the closed list, or `kept`"),
    _key("meaning", pl.String, "the reason in words"),
    _key("n_rows", pl.Int64, "how many rows", "rows"),
)

ESTIMATES: Final = (
    _key("model", pl.String, "model that made the score; `recorded` when the source carries it; `control`"),
    _key("score_name", pl.String, "score"),
    _key("dataset", pl.String, "dataset"),
    _key("label_name", pl.String, "what the score is held against: effect, magnitude, or the name of a label"),
    _key("metric", pl.String, "metric, by its registered name"),
    _key("stratum", pl.String, "`all`, or column=value, or `mean over column`"),
    Column("value", pl.Float64, "the metric; NaN where there is nothing to measure or it is withheld"),
    Column("lower", pl.Float64, "lower end of the interval"),
    Column("upper", pl.Float64, "upper end of the interval"),
    _key("level", pl.Float64, "coverage the interval aims at"),
    _key("method", pl.String, "how the interval was made"),
    Column("p_value", pl.Float64, "two-sided p-value by exchange of scores between inputs, clusters moving whole"),
    Column("q_value", pl.Float64, "p-value adjusted over the declared family, by Benjamini and Hochberg"),
    Column("p_bonferroni", pl.Float64, "p-value times the number of tests of the family, at most 1"),
    Column("chance", pl.Float64, "what a score without information gives in expectation"),
    Column("prevalence", pl.Float64, "share of positives, for label metrics"),
    _key("n", pl.Int64, "rows with both values", "rows"),
    _key("n_variants", pl.Int64, "distinct variants or elements among them"),
    _key("n_inputs", pl.Int64, "distinct model inputs among them"),
    _key("n_clusters", pl.Int64, "clusters among them"),
    _key("n_missing", pl.Int64, "rows of the stratum that hold the measured value and have no score", "rows"),
    Column("reason", pl.String, "why value or interval is missing"),
)

_SUBJECT = (
    _key("model", pl.String, "model that made the score; `recorded` when the source carries it; `baseline`"),
    _key("score_name", pl.String, "score"),
    _key("dataset", pl.String, "dataset"),
    _key("label_name", pl.String, "what the score is held against: effect, magnitude, or the name of a label"),
)
_REASON = Column("reason", pl.String, "why something is missing")

DIAGNOSTICS: Final = (
    *_SUBJECT,
    _key("diagnostic", pl.String, "what stands beside the estimates, by name"),
    _key("stratum", pl.String, "`all`, or column=value, or a part of these"),
    Column("value", pl.Float64, "the number; NaN where there is nothing to measure or it is withheld"),
    Column("lower", pl.Float64, "lower end of the interval"),
    Column("upper", pl.Float64, "upper end of the interval"),
    _key("level", pl.Float64, "coverage the interval aims at"),
    _key("method", pl.String, "how the interval was made"),
    _key("n", pl.Int64, "rows with both values", "rows"),
    _key("n_variants", pl.Int64, "distinct variants or elements among them"),
    _key("n_inputs", pl.Int64, "distinct model inputs among them"),
    _key("n_clusters", pl.Int64, "clusters among them"),
    _key("n_missing", pl.Int64, "rows of the stratum that hold the measured value and have no score", "rows"),
    _key("meaning", pl.String, "what the number says, in one sentence"),
    _REASON,
)

COMPARISONS: Final = (
    _key("dataset", pl.String, "dataset"),
    _key("label_name", pl.String, "what the scores are held against"),
    _key("metric", pl.String, "metric, by its registered name"),
    _key("stratum", pl.String, "`all`, or column=value"),
    _key("first", pl.String, "score that the other is taken from"),
    _key("second", pl.String, "the other score"),
    Column("difference", pl.Float64, "first minus second, on the rows that have both"),
    Column("lower", pl.Float64, "lower end of the interval of the difference"),
    Column("upper", pl.Float64, "upper end of the interval of the difference"),
    _key("level", pl.Float64, "coverage the interval aims at"),
    _key("method", pl.String, "how the interval was made"),
    Column("p_value", pl.Float64, "two-sided p-value of no difference, by the same resamples"),
    Column("q_value", pl.Float64, "p-value adjusted over all comparisons of the study, by Benjamini and Hochberg"),
    Column("p_bonferroni", pl.Float64, "p-value times the number of comparisons, at most 1"),
    Column("delong_p", pl.Float64, "p-value by DeLong's variance extended to clusters; AUROC only"),
    Column("williams_p", pl.Float64, "p-value by Williams' t at the effective number of rows; correlations only"),
    Column("steiger_p", pl.Float64, "p-value by Steiger's z at the effective number of rows; correlations only"),
    Column("first_value", pl.Float64, "the metric of the first score on the rows that have both"),
    Column("second_value", pl.Float64, "the metric of the second score on the rows that have both"),
    Column("first_own_value", pl.Float64, "the metric of the first score on all rows that have it"),
    Column("second_own_value", pl.Float64, "the metric of the second score on all rows that have it"),
    _key("n", pl.Int64, "rows that have both scores", "rows"),
    _key("n_clusters", pl.Int64, "clusters among them"),
    _key("first_own_n", pl.Int64, "rows that have the first score", "rows"),
    _key("second_own_n", pl.Int64, "rows that have the second score", "rows"),
    _REASON,
)

POWER: Final = (
    *_SUBJECT,
    _key("metric", pl.String, "metric, by its registered name"),
    _key("stratum", pl.String, "`all`, or column=value"),
    Column("value", pl.Float64, "the metric"),
    Column("lower", pl.Float64, "lower end of its interval"),
    Column("upper", pl.Float64, "upper end of its interval"),
    _key("n", pl.Int64, "rows with both values", "rows"),
    _key("n_clusters", pl.Int64, "clusters among them"),
    Column("icc_target", pl.Float64, "intraclass correlation of what was measured, by clusters"),
    Column("icc_score", pl.Float64, "intraclass correlation of the score, by clusters"),
    Column("cluster_size_kish", pl.Float64, "average cluster size as a row sees it, sum n^2 / N", "rows"),
    Column("cluster_size_anova", pl.Float64, "average cluster size n0 of the analysis of variance", "rows"),
    Column("n_effective_kish", pl.Float64, "independent rows that the mean of the target is worth, size by Kish", "rows"),
    Column("n_effective_anova", pl.Float64, "the same, size by the analysis of variance", "rows"),
    Column("design_effect", pl.Float64, "factor by which clusters inflate the variance of a correlation near zero"),
    Column("n_effective", pl.Float64, "rows divided by the design effect", "rows"),
    Column("detectable", pl.Float64, "smallest |r| or AUROC found with 80 % power at the effective number of rows"),
    _key("margin", pl.Float64, "distance from chance under which a value counts as none"),
    Column("equivalence_p", pl.Float64, "p-value that the value lies within the margin, by two one-sided tests"),
    _key("verdict", pl.String, "what may be said: a difference from chance, no effect, or nothing"),
    _REASON,
)
