"""CAGI4 eQTL-causal SNPs, second part: allelic skew, B over A, with what a team submitted for both alleles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import polars as pl

from refalt.datasets.base import Card, Dataset, Published
from refalt.datasets.cagi4_activity import CITATION, LICENCE, URL
from refalt.datasets.pairing import SUBMITTED, read_paired
from refalt.datasets.reading import SourceColumns, published
from refalt.sources.delimited import ReadTable
from refalt.sources.fetch import NeededFile
from refalt.studies.sections import DatasetSection, EffectSection, Filled, Name, RecordedSection, RowFilter

_SKEW: Final = "B over A"
_EFFECT: Final = EffectSection(
    column=_SKEW,
    of="alt",
    scale="log2_fold_change",
    unit="log2 RNA per DNA, allele B over allele A",
    source="CAGI4 challenge: A is the reference allele, B the alternate; in its training table LogSkew.Comb is "
    "C.B.log2FC - C.A.log2FC",
)


class Cagi4SkewSection(DatasetSection):
    """`[dataset]` of the skews: an answer key and one submission, whose difference B - A is the score `skew`."""

    assembly: Filled = "GRCh37"
    effect: EffectSection | None = _EFFECT
    recorded: dict[Name, RecordedSection] = {"skew": RecordedSection(column=SUBMITTED + _SKEW, of="alt")}
    assay: str = "MPRA"
    biosample: str = "EFO:0002784"
    answers: Filled = "answer_key1.txt"
    submission: Filled


class Cagi4Skew(Dataset):
    """One row a variant, known by its published identifier alone; positive where either allele was active."""

    card = Card(
        title="CAGI4 eQTL-causal SNPs, allelic skew",
        measures="Difference in reporter RNA per DNA between the alleles of variants in linkage with eQTLs, in "
        "lymphoblastoid cells, by massively parallel reporter assay.",
        citation=CITATION,
        url=URL,
        licence=LICENCE,
        effect_direction_source=_EFFECT.source,
    )
    section = Cagi4SkewSection
    declared: Cagi4SkewSection

    def needed_files(self) -> Sequence[NeededFile]:
        """The answer key and the submission."""
        return [
            NeededFile("dataset", self.declared.answers, self.declared.assembly, URL),
            NeededFile("submission", self.declared.submission, origin=URL),
        ]

    def read(self, files: Mapping[str, Path], *, keep: Sequence[RowFilter] = ()) -> Published:
        """Read both files, joined one to one by ID."""
        alleles = {"C.A.log2FC": pl.Float64, "C.B.log2FC": pl.Float64}
        read = read_paired(
            files["dataset"],
            files["submission"],
            key="ID",
            wanted={**alleles, "Regulatory_Hit": pl.Int64},
            submitted=alleles,
            keep=keep,
        )
        skews = {
            prefix + _SKEW: pl.col(f"{prefix}C.B.log2FC") - pl.col(f"{prefix}C.A.log2FC") for prefix in ("", SUBMITTED)
        }
        read = ReadTable(read.frame.with_columns(**skews), read.unparsable, read.examples)
        columns = SourceColumns(rsid="ID", label="Regulatory_Hit")
        return published(read, columns, declared=self.declared, keep=keep, where=str(files["dataset"]))
