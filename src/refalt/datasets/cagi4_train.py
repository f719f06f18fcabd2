"""CAGI4 eQTL-causal SNPs, training table: allelic skew with the sequences of both alleles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import polars as pl

from refalt.alleles import is_single_base
from refalt.datasets.base import Card, Dataset, Published
from refalt.datasets.cagi4_activity import CITATION, LICENCE, URL
from refalt.datasets.reading import SourceColumns, publish
from refalt.sources.fetch import NeededFile
from refalt.studies.sections import DatasetSection, EffectSection, Filled, RowFilter, SequencesSection

_EFFECT: Final = EffectSection(
    column="LogSkew.Comb",
    of="alt",
    scale="log2_fold_change",
    unit="log2 RNA per DNA, ALT over REF",
    source="as the table is distributed: LogSkew.Comb is C.B.log2FC - C.A.log2FC, ref_sequence and alt_sequence "
    "those of alleles A and B",
)


class Cagi4TrainSection(DatasetSection):
    """`[dataset]` of the training table. `sequences.offset` is where substitutions stand; indels are looked for."""

    assembly: Filled = "GRCh37"
    effect: EffectSection | None = _EFFECT
    sequences: SequencesSection | None = SequencesSection(ref="ref_sequence", alt="alt_sequence", offset=75)
    assay: str = "MPRA"
    biosample: str = "EFO:0002784"
    file: Filled = "train_df.csv"


class Cagi4Train(Dataset):
    """One row a variant; positive where its alleles differ in expression (emVar)."""

    card = Card(
        title="CAGI4 eQTL-causal SNPs, training table",
        measures="Difference in reporter RNA per DNA between the alleles of 150-bp elements around variants in "
        "linkage with eQTLs, in lymphoblastoid cells, by massively parallel reporter assay.",
        citation=CITATION,
        url=URL,
        licence=LICENCE,
        effect_direction_source=_EFFECT.source,
    )
    section = Cagi4TrainSection
    declared: Cagi4TrainSection

    def needed_files(self) -> Sequence[NeededFile]:
        """The table."""
        return [NeededFile("dataset", self.declared.file, self.declared.assembly, URL)]

    def read(self, files: Mapping[str, Path], *, keep: Sequence[RowFilter] = ()) -> Published:
        """Read the table; the stratum `regulatory_hit` says whether either allele was active."""
        columns = SourceColumns(chrom="chr", pos="pos", ref="RefAllele", alt="AltAllele", rsid="ID", label="emVar_Hit")
        read = publish(
            files["dataset"],
            columns,
            declared=self.declared,
            strata={"regulatory_hit": "Regulatory_Hit"},
            keep=keep,
        )
        return Published(read.rows, _with_indel_offsets(read.rows, read.sequences), read.remarks)


def _with_indel_offsets(rows: pl.DataFrame, sequences: pl.DataFrame) -> pl.DataFrame:
    """Offsets at which REF, replaced by ALT, makes the ALT sequence: the leftmost one of an indel.

    Elements are centred on what an indel changes, so its first base stands at no fixed place.
    """
    paired = sequences.join(rows.select("source_row", "ref", "alt"), on="source_row", maintain_order="left")
    indels = paired.filter(~is_single_base(pl.col("ref"), pl.col("alt")))
    if indels.is_empty():
        return sequences
    longest = int(indels.get_column("ref_sequence").str.len_bytes().max() or 0)  # type: ignore[arg-type]
    place = pl.coalesce(*(pl.when(_makes_alt(at)).then(pl.lit(at, pl.Int64)) for at in range(longest)), "offset")
    found = indels.select("source_row", place.alias("offset"))
    return sequences.update(found, on="source_row", how="left")


def _makes_alt(at: int) -> pl.Expr:
    """Whether REF stands at 0-based `at` and, replaced by ALT there, gives the whole ALT sequence."""
    ref, alt, sequence = *(pl.col(name).replace({"-": ""}) for name in ("ref", "alt")), pl.col("ref_sequence")
    length = ref.str.len_bytes()
    made = pl.concat_str(sequence.str.slice(0, at), alt, sequence.str.slice(at + length))
    return (sequence.str.slice(at, length) == ref) & (made == pl.col("alt_sequence"))
