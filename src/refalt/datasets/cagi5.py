"""CAGI5 regulation saturation challenge: its training variants, with the prediction of one ensemble."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

import polars as pl

from refalt.datasets.base import Card, Dataset, Published
from refalt.datasets.elements import locus_of
from refalt.datasets.reading import SourceColumns, publish
from refalt.sources.fetch import NeededFile
from refalt.studies.sections import DatasetSection, EffectSection, Filled, Name, RecordedSection, RowFilter, SeenRows

_EFFECT: Final = EffectSection(
    column="Value",
    of="alt",
    scale="log2_fold_change",
    unit="log2 RNA per DNA, ALT over REF",
    source="CAGI5 regulation saturation challenge: expression effect of the alternate allele, log2",
)
_ENSEMBLE: Final = RecordedSection(
    column="PredValue",
    of="alt",
    supervised_on="rows where is_train is True",
    seen=SeenRows(stratum="is_train", value="True"),
)


class Cagi5Section(DatasetSection):
    """`[dataset]` of the CAGI5 training variants."""

    assembly: Filled = "GRCh37"
    design: Literal["natural", "mutagenesis", "base_editor", "synthetic"] = "mutagenesis"
    effect: EffectSection | None = _EFFECT
    recorded: dict[Name, RecordedSection] = {"ensemble": _ENSEMBLE}
    assay: str = "MPRA"
    file: Filled = "cagi5_training_with_ensemble_prediction.csv"


class Cagi5(Dataset):
    """One row an element and variant: the locus is the target, the element its context."""

    card = Card(
        title="CAGI5 regulation saturation, training variants",
        measures="Effect of single-base changes in 15 promoters and enhancers on reporter RNA, by massively parallel "
        "reporter assay, a part of the saturation mutagenesis of Kircher et al. 2019.",
        citation="Shigaki D. et al. 2019, Human Mutation 40, 1280, doi:10.1002/humu.23797; "
        "Kircher M. et al. 2019, Nature Communications 10, 3583, doi:10.1038/s41467-019-11526-w",
        url="https://genomeinterpretation.org/cagi5-regulation-saturation.html",
        licence="CAGI data use agreement",
        effect_direction_source=_EFFECT.source,
    )
    section = Cagi5Section
    declared: Cagi5Section

    def needed_files(self) -> Sequence[NeededFile]:
        """The table."""
        return [NeededFile("dataset", self.declared.file, self.declared.assembly, self.card.url)]

    def read(self, files: Mapping[str, Path], *, keep: Sequence[RowFilter] = ()) -> Published:
        """Read the table; strata are the element and whether the ensemble had been trained on the row."""
        columns = SourceColumns(
            chrom="#Chrom", pos="Pos", ref="Ref", alt="Alt", target_id="locus", context_id="element"
        )
        element = pl.col("regulatory_element").str.strip_prefix("release_")
        return publish(
            files["dataset"],
            columns,
            declared=self.declared,
            strata={"element": "element", "is_train": "is_train"},
            keep=keep,
            derived={"element": element, "locus": locus_of(element)},
        )
