"""eQTL Catalogue: uniformly processed associations of any of its studies; columns come in more than one order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import polars as pl

from refalt.datasets.base import Card, Dataset, Published
from refalt.datasets.fine_mapping import PIP, ROLE, FineMappingSection, with_pip
from refalt.datasets.reading import SourceColumns, published, wanted_columns
from refalt.sources.delimited import ReadTable, read_table
from refalt.sources.fetch import NeededFile
from refalt.studies.sections import DatasetSection, EffectSection, Filled, RowFilter

_EFFECT: Final = EffectSection(
    column="beta",
    of="alt",
    scale="slope",
    unit="normalised expression per ALT allele",
    source="eQTL Catalogue, description of columns: the effect allele is always the alternate allele",
)


class EqtlCatalogueSection(DatasetSection):
    """`[dataset]` of one file; `context` names the study and cell type it is of."""

    assembly: Filled = "GRCh38"
    effect: EffectSection | None = _EFFECT
    assay: str = "RNA_SEQ"
    file: Filled
    context: Filled
    fine_mapping: FineMappingSection | None = None


class EqtlCatalogue(Dataset):
    """One row a variant, molecular trait and rsID: a variant with several rsIDs is repeated, and counted once."""

    card = Card(
        title="eQTL Catalogue associations",
        measures="Change in a normalised molecular trait, such as expression of a gene, per copy of the alternate "
        "allele, in the cells of one study.",
        citation="Kerimov N. et al. 2021, Nature Genetics 53, 1290, doi:10.1038/s41588-021-00924-w",
        url="https://www.ebi.ac.uk/eqtl/Data_access/",
        licence="unstated",
        effect_direction_source=_EFFECT.source,
    )
    section = EqtlCatalogueSection
    declared: EqtlCatalogueSection

    def needed_files(self) -> Sequence[NeededFile]:
        """The associations and, where the study names them, inclusion probabilities."""
        table = NeededFile("dataset", self.declared.file, self.declared.assembly, self.card.url)
        fine_mapping = self.declared.fine_mapping
        return [table, fine_mapping.needed_file] if fine_mapping else [table]

    def read(self, files: Mapping[str, Path], *, keep: Sequence[RowFilter] = ()) -> Published:
        """Read the associations by the names in their header."""
        path, fine_mapping = files["dataset"], self.declared.fine_mapping
        columns = SourceColumns(
            chrom="chromosome", pos="position", ref="ref", alt="alt", target_id="molecular_trait_id",
            context_id="context", rsid="rsid", maf="maf", p_value="pvalue", standard_error="se",
            pip=PIP if fine_mapping else None,
        )  # fmt: skip
        wanted = wanted_columns(columns, self.declared, keep=keep)
        types = {name: dtype for name, dtype in wanted.items() if name not in ("context", PIP)}
        read = read_table(path, {"variant": pl.String, **types} if fine_mapping else types)
        read = ReadTable(read.frame.with_columns(context=pl.lit(self.declared.context)), read.unparsable, read.examples)
        if fine_mapping:
            read = with_pip(read, files[ROLE], fine_mapping, on=["variant", "molecular_trait_id"])
        return published(read, columns, declared=self.declared, keep=keep, where=str(path))
