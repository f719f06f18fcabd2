"""DNase QTLs of Degner et al. 2012, as GEO has them; and what other tables of sites without alleles share with them.

The table states positions and no alleles. A VCF of the study's sites, in the table's own assembly, gives them by
position; a site that it lacks, or has several alternate alleles for, stays known by its position alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import polars as pl
from pydantic import model_validator

from refalt.columns import Reason
from refalt.datasets.base import Card, Dataset, Published
from refalt.datasets.reading import SourceColumns, published, wanted_columns, with_reason
from refalt.errors import UserError, shown
from refalt.genome import canonical_assembly, ucsc_contigs
from refalt.sources.delimited import ReadTable, read_table
from refalt.sources.fetch import NeededFile
from refalt.sources.vcf import read_vcf
from refalt.studies.sections import DatasetSection, EffectSection, Filled, RowFilter, Section

SITES_ROLE: Final = "alleles"
_URL: Final = "https://www.ncbi.nlm.nih.gov/geo/query/acc.cgi?acc=GSE31388"
_UNSETTLED: Final = "not settled: the table has no alleles, so nothing in it says whose effect Estimate is"
_EFFECT: Final = EffectSection(
    column="Estimate", of="unknown", scale="slope", unit="normalised DNase reads per allele", source=_UNSETTLED
)
#: Printed digits leave this much between t and the quotient it is.
_ROUNDING: Final = 0.01
#: Text after "rows whose" -> whether a row keeps it; null says nothing.
Contracts = Mapping[str, pl.Expr]


class AlleleSites(Section):
    """A VCF of sites and the assembly of its positions, which is the table's."""

    file: Filled
    assembly: Filled


class SitesSection(DatasetSection):
    """`[dataset]` of a table without alleles."""

    file: Filled
    alleles: AlleleSites | None = None

    @model_validator(mode="after")
    def _sites_are_where_the_rows_are(self) -> SitesSection:
        if self.alleles and canonical_assembly(self.alleles.assembly) != canonical_assembly(self.assembly):
            raise ValueError(f"alleles in {self.assembly}, the assembly of the table: they are found by position")
        return self

    def needed(self, origin: str) -> Sequence[NeededFile]:
        """The table and, where it is named, the VCF."""
        table = NeededFile("dataset", self.file, self.assembly, origin)
        sites = self.alleles
        return [table, NeededFile(SITES_ROLE, sites.file, sites.assembly)] if sites else [table]


class Gse31388Section(SitesSection):
    """`[dataset]` of the dsQTL table. Its positions are hg18, which nothing in the file says."""

    assembly: Filled = "hg18"
    effect: EffectSection | None = _EFFECT
    assay: str = "DNASE"
    biosample: str = "EFO:0002784"
    file: Filled = "GSE31388_dsQtlTable.txt"


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
        return self.declared.needed(_URL)

    def read(self, files: Mapping[str, Path], *, keep: Sequence[RowFilter] = ()) -> Published:
        """Read the table by the names in its header; `SNP` is a position."""
        given = SourceColumns(chrom="Chr", pos="SNP", standard_error="Std. Error", p_value="Pr(>|t|)")
        wanted = wanted_columns(given, self.declared, keep=keep)
        window = {"Start": pl.Int64, "End": pl.Int64, "t value": pl.Float64}
        read = read_table(files["dataset"], {**window, **wanted})
        placed = pl.format("{}:{}-{}", "Chr", "Start", "End").alias("\0target")
        frame = read.frame.with_columns(placed, from_centre(pl.col("SNP"), pl.col("Start"), pl.col("End")))
        read, remarks = with_alleles(
            ReadTable(frame, read.unparsable, read.examples), files.get(SITES_ROLE), chrom="Chr", pos="SNP"
        )
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


def from_centre(pos: pl.Expr, start: pl.Expr, end: pl.Expr) -> pl.Expr:
    """Float64 column `\\0distance`: a site's position minus the centre of its target, in bp."""
    return (pos - (start + end) / 2).alias("\0distance")


def held_to(found: Published, source: pl.DataFrame, contracts: Contracts, *, where: str) -> Published:
    """Make a row `unparsable` that breaks what its columns promise, and say so.

    Args:
        found: The rows.
        source: The same rows as the source has them.
        contracts: What is promised -> whether a row keeps it.
        where: The file, for messages.

    Raises:
        UserError: most rows break one promise: the columns are not what their names say.
    """
    rows, remarks = found.rows, list(found.remarks)
    for promised, kept in contracts.items():
        broken = source.select((~kept).fill_null(value=False).alias("\0broken")).to_series()
        at = [row + 1 for row in broken.arg_true().head(3)]
        if 2 * broken.sum() > broken.len():
            raise UserError(
                f"in {broken.sum():,} of {broken.len():,} rows it does not hold that {promised}",
                where=where,
                got=f"the first in row {at[0]}",
                remedy="compare the header with the columns: they are bound by name",
            )
        if at:
            remarks.append(f"rows of which it does not hold that {promised}: {broken.sum():,} (row {shown(at)})")
            rows = with_reason(rows.with_columns(broken), pl.col("\0broken"), Reason.UNPARSABLE).drop("\0broken")
    return Published(rows, found.sequences, tuple(remarks))


def with_alleles(
    read: ReadTable, path: Path | None, *, chrom: str, pos: str, rsid: str | None = None
) -> tuple[ReadTable, Sequence[str]]:
    """Add `\\0ref` and `\\0alt` by position: null where the VCF has no site, several alternatives or another rsID.

    Args:
        read: Rows with a contig and a 1-based position.
        path: The VCF, in the same assembly; None gives no row alleles.
        chrom: Column of the contig, in any spelling.
        pos: Column of the position.
        rsid: Column of the rsID, where there is one.

    Returns:
        The rows, and remarks on how many got alleles.
    """
    none = [pl.lit(None, pl.String).alias(name) for name in ("\0ref", "\0alt")]
    if path is None:
        remark = "no VCF of sites is named in [dataset] alleles: every row is known by its position alone"
        return ReadTable(read.frame.with_columns(none), read.unparsable, read.examples), [remark]
    sites = _sites(path)
    rows = read.frame.with_columns(ucsc_contigs(read.frame.get_column(chrom)).alias("\0contig"))
    rows = rows.join(
        sites,
        left_on=["\0contig", pos],
        right_on=["source_chrom", "source_pos"],
        how="left",
        maintain_order="left",
        validate="m:1",
    )
    other = pl.lit(value=False)
    if rsid:
        other = (pl.col(rsid) != pl.col("\0site_rsid")).fill_null(value=False)
    several, absent = (pl.col("\0n") > 1).fill_null(value=False), pl.col("\0n").is_null()
    known = ~(several | absent | other)
    rows = rows.with_columns(pl.when(known).then(pl.col(name)).alias(name) for name in ("\0ref", "\0alt"))
    counts = rows.select(known.sum().alias("known"), absent.sum().alias("absent"), several.sum().alias("several"),
                         (other & ~several).sum().alias("other")).row(0, named=True)  # fmt: skip
    remark = (
        f"alleles by position from {path.name}: {counts['known']:,} of {rows.height:,} rows; without them stay "
        f"{counts['absent']:,} whose site it lacks, {counts['several']:,} with several alternate alleles and "
        f"{counts['other']:,} with another rsID"
    )
    return ReadTable(rows.drop("\0contig", "\0n", "\0site_rsid"), read.unparsable, read.examples), [remark]


def _sites(path: Path) -> pl.DataFrame:
    """One row a position: its alleles, their number, and its rsID."""
    usable = read_vcf(path).rows.filter(pl.col("reason").is_null())
    return usable.group_by("source_chrom", "source_pos").agg(
        pl.col("ref").first().alias("\0ref"),
        pl.col("alt").first().alias("\0alt"),
        pl.struct("ref", "alt").n_unique().alias("\0n"),
        pl.col("rsid").drop_nulls().first().alias("\0site_rsid"),
    )
