"""DNase QTLs of Degner et al. 2012, as GEO has them: positions and no alleles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import polars as pl

from refalt.datasets.base import Card, Dataset, Published
from refalt.datasets.contracts import Contracts, from_centre, held_to
from refalt.datasets.known_sites import SITES_ROLE, SitesSection, with_alleles
from refalt.datasets.reading import SourceColumns, published, wanted_columns
from refalt.sources.delimited import ReadTable, read_table
from refalt.sources.fetch import NeededFile
from refalt.sources.published import geo_supplement
from refalt.studies.sections import EffectSection, Filled, RowFilter

_URL: Final = "https://www.ncbi.nlm.nih.gov/geo/query/acc.cgi?acc=GSE31388"
_FILE: Final = "GSE31388_dsQtlTable.txt"
_TABLE: Final = geo_supplement("GSE31388", f"{_FILE}.gz", page=_URL)
_UNSETTLED: Final = "not settled: the table has no alleles, so nothing in it says whose effect Estimate is"
_EFFECT: Final = EffectSection(
    column="Estimate", of="unknown", scale="slope", unit="normalised DNase reads per allele", source=_UNSETTLED
)
#: Printed digits leave this much between t and the quotient it is.
_ROUNDING: Final = 0.01


class Gse31388Section(SitesSection):
    """`[dataset]` of the dsQTL table. Its positions are hg18, which nothing in the file says."""

    assembly: Filled = "hg18"
    effect: EffectSection | None = _EFFECT
    assay: str = "DNASE"
    biosample: str = "EFO:0002784"
    file: Filled = _FILE


class Gse31388(Dataset):
    """One row a site and a window of 100 bp whose DNase sensitivity it goes with; the window is the target."""

    card = Card(
        title="LCL DNase QTLs (GSE31388)",
        measures="Change in normalised DNase-seq reads of a window per copy of one allele, in lymphoblastoid cell "
        "lines of 70 Yoruba.",
        citation="Degner J. F. et al. 2012, Nature 482, 390, doi:10.1038/nature10808",
        url=_URL,
        licence="unstated",
        effect_direction_source=_UNSETTLED,
    )
    section = Gse31388Section
    declared: Gse31388Section

    def needed_files(self) -> Sequence[NeededFile]:
        """The table and, where the study names one, a VCF of its sites."""
        return self.declared.needed(_URL, _TABLE if self.declared.file == _FILE else None)

    def read(self, files: Mapping[str, Path], *, keep: Sequence[RowFilter] = ()) -> Published:
        """Read the table by the names in its header; `SNP` is a position."""
        given = SourceColumns(chrom="Chr", pos="SNP", standard_error="Std. Error", p_value="Pr(>|t|)")
        wanted = wanted_columns(given, self.declared, keep=keep)
        window = {"Start": pl.Int64, "End": pl.Int64, "t value": pl.Float64}
        read = read_table(files["dataset"], {**window, **wanted})
        placed = pl.format("{}:{}-{}", "Chr", "Start", "End").alias("\0target")
        frame = read.frame.with_columns(placed, from_centre(pl.col("SNP"), pl.col("Start"), pl.col("End")))
        read, remarks = with_alleles(
            ReadTable(frame, read.unparsable, read.examples), files.get(SITES_ROLE), self.declared.alleles,
            chrom="Chr", pos="SNP",
        )  # fmt: skip
        made = {"target_id": "\0target", "ref": "\0ref", "alt": "\0alt", "centre_distance": "\0distance"}
        columns, where = SourceColumns(**(given.named | made)), str(files["dataset"])
        found = published(read, columns, declared=self.declared, keep=keep, where=where)
        ratio = pl.col("Estimate") / pl.col("Std. Error")
        kept: Contracts = {
            "`Std. Error` is above 0": pl.col("Std. Error") > 0,
            "`Pr(>|t|)` lies in [0, 1]": pl.col("Pr(>|t|)").is_between(0, 1),
            "`Start` is not after `End`": pl.col("Start") <= pl.col("End"),
            "`t value` is Estimate over Std. Error": (pl.col("t value") - ratio).abs() <= _ROUNDING * (1 + ratio.abs()),
        }
        found = held_to(found, read.frame, kept, where=where)
        return Published(found.rows, found.sequences, (*found.remarks, *remarks))
