"""Why a row is not compared: the closed list."""

from __future__ import annotations

import enum
from typing import Final


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
    NOT_AN_RSID = "not_an_rsid"
    RSID_NOT_FOUND = "rsid_not_found"
    RSID_UNMAPPED = "rsid_unmapped"
    RSID_UNREADABLE = "rsid_unreadable"
    RSID_OTHER_CHROMOSOME = "rsid_other_chromosome"
    RSID_OTHER_POSITION = "rsid_other_position"
    RSID_REF_MISMATCH = "rsid_ref_mismatch"
    RSID_ALLELES_DISAGREE = "rsid_alleles_disagree"
    RSID_SEVERAL_POSITIONS = "rsid_several_positions"
    RSID_SEVERAL_ALLELES = "rsid_several_alleles"

    @property
    def meaning(self) -> str:
        """The reason in a reader's words."""
        return _REASON_MEANINGS[self]

    @property
    def spares_recorded(self) -> bool:
        """Whether the row leaves only comparisons that need a genome or a sequence; a recorded score keeps it."""
        return self.value in SPARING_RECORDED


SPARING_RECORDED: Final = (
    *("not_lifted", "no_contig", "ref_mismatch", "sequence_mismatch"),
    *("not_an_rsid", "rsid_not_found", "rsid_unmapped", "rsid_unreadable", "rsid_other_chromosome"),
    *("rsid_other_position", "rsid_ref_mismatch", "rsid_alleles_disagree", "rsid_several_positions"),
    "rsid_several_alleles",
)
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
    Reason.NOT_AN_RSID: "alleles are looked up by rsID, and the row's identifier is none",
    Reason.RSID_NOT_FOUND: "no source that was asked knows the rsID",
    Reason.RSID_UNMAPPED: "the rsID has no place in this assembly",
    Reason.RSID_UNREADABLE: "the source's record of the rsID states no alleles in bases",
    Reason.RSID_OTHER_CHROMOSOME: "the rsID lies on another chromosome than the row says",
    Reason.RSID_OTHER_POSITION: "the rsID lies elsewhere on its chromosome than the row says",
    Reason.RSID_REF_MISMATCH: "no reference allele of the rsID is what the genome holds there",
    Reason.RSID_ALLELES_DISAGREE: "the rsID has no pair of alleles that is the row's own",
    Reason.RSID_SEVERAL_POSITIONS: "the rsID has several places, and nothing in the row says which is meant",
    Reason.RSID_SEVERAL_ALLELES: "the rsID has several alternate alleles, and nothing in the row says which is meant",
}
