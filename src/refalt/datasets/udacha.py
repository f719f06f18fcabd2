"""UDACHA: allele-specific chromatin accessibility, meta-analysed over the experiments of one cell type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field

from refalt.datasets.base import Card, Dataset, Published
from refalt.datasets.reading import SourceColumns, publish
from refalt.sources.fetch import NeededFile
from refalt.studies.sections import AlleleColumn, DatasetSection, EffectSection, Filled, RowFilter

#: `comb_es` is the effect size of the preferred allele, whichever that is: alt_comb_es where pref_allele is "alt",
#: ref_comb_es where it is "ref". The two are estimated apart, and neither is the other with its sign turned.
_EFFECT: Final = EffectSection(
    column="comb_es",
    of=AlleleColumn(column="pref_allele"),
    scale="log2_fold_change",
    unit="log2 of observed over expected reads of the preferred allele",
    source="as the table is distributed: comb_es is ref_comb_es or alt_comb_es, that of the allele in pref_allele",
)


class UdachaSection(DatasetSection):
    """`[dataset]` of one cell type. Under `fdr` the preferred allele is settled; rows above it are `filtered`."""

    assembly: Filled = "GRCh38"
    effect: EffectSection | None = _EFFECT
    assay: str = "ATAC"
    file: Filled
    fdr: Annotated[float, Field(gt=0, le=1)] = 0.05


class Udacha(Dataset):
    """One row a single-nucleotide variant; the source's starts are 0-based."""

    card = Card(
        title="UDACHA allele-specific chromatin accessibility",
        measures="Imbalance of ATAC-, DNase- or FAIRE-seq reads between the alleles of heterozygous variants, against "
        "the background of their copy number, in one cell type.",
        citation="UDACHA, Uniform Database of Allele-specific Chromatin Accessibility, autosome.org",
        url="https://udacha.autosome.org",
        licence="unstated",
        effect_direction_source=_EFFECT.source,
    )
    section = UdachaSection
    declared: UdachaSection

    def needed_files(self) -> Sequence[NeededFile]:
        """The table."""
        return [NeededFile("dataset", self.declared.file, self.declared.assembly, self.card.url)]

    def read(self, files: Mapping[str, Path], *, keep: Sequence[RowFilter] = ()) -> Published:
        """Read the table, and set aside what is not significant."""
        columns = SourceColumns(chrom="#chr", start="start", ref="ref", alt="alt", rsid="id", p_value="comb_pval")
        significant = RowFilter(column="fdr_comb_pval", op="<", value=self.declared.fdr)
        return publish(files["dataset"], columns, declared=self.declared, keep=[significant, *keep])
