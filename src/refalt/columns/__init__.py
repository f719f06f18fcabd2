"""Every column of every table, declared once: its type, unit, coordinate base and meaning.

The reference page of the tables is generated from this package, and `tables` validates against it.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from refalt.columns.column import Column, key
from refalt.columns.reasons import SPARING_RECORDED, Reason
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
    "MEAN_OVER",
    "MEASUREMENTS",
    "ORIENTATION",
    "POWER",
    "PREDICTIONS",
    "PROBES",
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
#: Begins the stratum of an estimate that is a mean over the values of a stratum.
MEAN_OVER: Final = "mean over "


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
    Column(
        "replicate", pl.Float64, "a second measurement of beta, as published: its allele, scale and null are beta's"
    ),
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
    Column("consequence", pl.String, "what the variant does to its gene, a Sequence Ontology term as published"),
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

ORIENTATION: Final = (
    key("source_row", pl.Int64, "row of the source file"),
    Column("published_id", pl.String, "variant or element as published, after lift-over"),
    Column("published_ref", pl.String, "reference allele as published"),
    Column("published_alt", pl.String, "alternate allele as published"),
    Column("asked_id", pl.String, _ASKED_ID),
    Column("oriented_ref", pl.String, "reference allele of asked_id"),
    Column("oriented_alt", pl.String, "alternate allele of asked_id"),
    Column("published_sign", pl.Int8, "sign of the published effect minus its null: +1, 0, -1"),
    Column("oriented_sign", pl.Int8, "sign of the ALT-over-REF effect of asked_id: +1, 0, -1"),
    key("done", pl.String, "what was done to the row, one word a row"),
    Column("why", pl.String, "why; null where the row stays as published"),
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
    Column(
        "ref_score",
        pl.Float64,
        "score of the REF input alone, where the score is ALT's minus REF's",
    ),
    Column(
        "alt_score",
        pl.Float64,
        "score of the ALT input alone, where the score is ALT's minus REF's",
    ),
)

PROBES: Final = (
    key("score_name", pl.String, "score that was probed"),
    key("probe", pl.String, "swapped, same, strand or shifted: what was asked besides the variant itself"),
    key("paid", pl.Boolean, "whether every answer of the model costs"),
    Column("asked_id", pl.String, "variant that was probed with; null where the probe cannot be asked of the score"),
    Column("target_id", pl.String, "target the score is for, where it depends on one"),
    Column("score", pl.Float64, "score of asked_id, aggregated over its tracks"),
    Column("probe_score", pl.Float64, "the score that the probe gave"),
    Column("expected", pl.Float64, "the score that the probe must give, by the score of asked_id"),
    Column("reason", pl.String, "why a probe was not asked or has no answer"),
)

FAILURES: Final = (
    key("score_name", pl.String, "score that was asked for"),
    key("asked_id", pl.String, _ASKED_ID),
    key("error", pl.String, "what the model or its server said, redacted"),
    key("attempts", pl.Int64, "how often it was asked"),
    key("reason", pl.String, "prediction_failed, or gene_outside_window where the answer holds no gene of the row"),
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
    Column("effect_replicate", pl.Float64, "a second measurement of effect, turned and shifted as it is"),
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
    Column("consequence", pl.String, "what the variant does to its gene, a Sequence Ontology term as published"),
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
