"""ATAC QTLs and eQTLs of Gate et al. 2018 (GSE86886), CD4+ T cells: one file each, sites named `chr12:9436083_rs1`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import polars as pl
from pydantic import model_validator

from refalt.datasets.base import Card, Dataset, Published
from refalt.datasets.contracts import Contracts, from_centre, held_to
from refalt.datasets.known_sites import SITES_ROLE, SitesSection, with_alleles
from refalt.datasets.reading import SourceColumns, published, wanted_columns
from refalt.sources.delimited import ReadTable, column_names, read_table
from refalt.sources.fetch import NeededFile
from refalt.studies.sections import EffectSection, Filled, RowFilter

_URL: Final = "https://www.ncbi.nlm.nih.gov/geo/query/acc.cgi?acc=GSE86886"
_RATIO: Final = EffectSection(
    column="beta",
    of="alt",
    scale="allelic_ratio",
    null=0.5,
    unit="share of reads of the ALT allele",
    source="RASQUAL's effect size Pi, the alternate allele's share (Kumasaka N. et al. 2016, Nature Genetics 48, 206)",
)
_EXPRESSION: Final = EffectSection(
    column="beta", of="unknown", scale="slope", source="not settled: nothing in the table says which allele beta is for"
)
#: What is read: its file, its effect, its assay.
_TABLES: Final = {
    "atac": ("ATAC-QTLs.csv", _RATIO, "ATAC"),
    "expression": ("eQTLs.csv", _EXPRESSION, "RNA_SEQ"),
}
_SITE: Final = r"^(?<chrom>[^:_]+):(?<pos>[0-9]+)(?:_(?<rsid>rs[0-9]+))?"
_PEAK: Final = r"^[^:]+:(?<start>[0-9]+)-(?<end>[0-9]+)$"
#: Spellings of the column of p-values; a study file may name another.
_P_VALUES: Final = ("p-value", "p_value", "pvalue", "p.value", "pval", "P", "p")


class Gse86886Section(SitesSection):
    """`[dataset]` of one of the two tables. Positions are hg19; `p_value` names the column of p-values."""

    assembly: Filled = "GRCh37"
    effect: EffectSection | None = _RATIO
    biosample: str = "CL:0000624"
    table: Literal["atac", "expression"] = "atac"
    p_value: Filled | None = None

    @model_validator(mode="before")
    @classmethod
    def _of_the_table(cls, given: dict[str, Any]) -> dict[str, Any]:
        file, effect, assay = _TABLES.get(str(given.get("table", "atac")), _TABLES["atac"])
        return {"file": file, "effect": effect, "assay": assay, **given}


class Gse86886(Dataset):
    """One row a site and a peak or a gene, which is the target."""

    card = Card(
        title="CD4+ T cell ATAC QTLs and eQTLs (GSE86886)",
        measures="Share of ATAC-seq reads of a peak that carry one allele, or change in expression of a gene, in "
        "activated CD4+ T cells.",
        citation="Gate R. E. et al. 2018, Nature Genetics 50, 1140, doi:10.1038/s41588-018-0156-2",
        url=_URL,
        licence="unstated",
        effect_direction_source=_RATIO.source,
    )
    section = Gse86886Section
    declared: Gse86886Section

    def needed_files(self) -> Sequence[NeededFile]:
        """The table and, where the study names one, a VCF of its sites."""
        name = self.declared.file
        return self.declared.needed(_URL, also=(f"{name}.gz", f"GSE86886_{name}", f"GSE86886_{name}.gz"))

    def read(self, files: Mapping[str, Path], *, keep: Sequence[RowFilter] = ()) -> Published:
        """Read the table, its site names taken apart; a name of another form is an unparsable cell."""
        path = files["dataset"]
        given = SourceColumns(target_id="gene", p_value=self._p_value(path))
        wanted = wanted_columns(given, self.declared, keep=keep)
        read = _taken_apart(read_table(path, {"SNP": pl.String, **wanted}))
        read, remarks = with_alleles(
            read, files.get(SITES_ROLE), self.declared.alleles, chrom="\0chrom", pos="\0pos", rsid="\0rsid"
        )
        made = {name: f"\0{name}" for name in ("chrom", "pos", "rsid", "ref", "alt")}
        if self.declared.table == "atac":
            made["centre_distance"] = "\0distance"
        columns = SourceColumns(**(given.named | made))
        found = published(read, columns, declared=self.declared, keep=keep, where=str(path))
        found = held_to(found, read.frame, self._contracts(given), where=str(path))
        return Published(found.rows, found.sequences, (*found.remarks, *remarks))

    def _p_value(self, path: Path) -> str | None:
        if self.declared.p_value:
            return self.declared.p_value
        present = column_names(path)
        return next((name for name in _P_VALUES if name in present), None)

    def _contracts(self, given: SourceColumns) -> Contracts:
        kept: dict[str, pl.Expr] = {}
        effect = self.declared.effect
        if effect and effect.scale == "allelic_ratio":
            between = pl.col(effect.column).is_between(0, 1, closed="none")
            kept[f"`{effect.column}` is a ratio above 0 and below 1"] = between
        if given.p_value:
            kept[f"`{given.p_value}` lies in [0, 1]"] = pl.col(given.p_value).is_between(0, 1)
        if self.declared.table == "atac":
            peak = pl.col("gene").str.extract_groups(_PEAK).struct
            ordered = peak.field("start").cast(pl.Int64) <= peak.field("end").cast(pl.Int64)
            kept["`gene` is a peak, chrom:start-end"] = pl.col("gene").is_null() | ordered.fill_null(value=False)
        return kept


def _taken_apart(read: ReadTable) -> ReadTable:
    """Add `\\0chrom`, `\\0pos` (1-based), `\\0rsid` and, where the target is a peak, `\\0distance`."""
    site, peak = (pl.col(name).str.extract_groups(form).struct for name, form in (("SNP", _SITE), ("gene", _PEAK)))
    frame = read.frame.with_columns(
        site.field("chrom").alias("\0chrom"),
        site.field("pos").cast(pl.Int64, strict=False).alias("\0pos"),
        site.field("rsid").alias("\0rsid"),
    )
    ends = (peak.field(name).cast(pl.Int64, strict=False) for name in ("start", "end"))
    frame = frame.with_columns(from_centre(pl.col("\0pos"), *ends))
    bad = frame.select(pl.col("SNP").is_not_null() & pl.col("\0pos").is_null()).to_series()
    examples = [f"row {row + 1}, column SNP: {frame['SNP'][row]!r}" for row in bad.arg_true().head(2)]
    return ReadTable(frame, read.unparsable | bad, (*read.examples, *examples))
