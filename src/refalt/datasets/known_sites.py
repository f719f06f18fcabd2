"""Alleles of tables that state positions alone, by position.

A VCF of the study's sites, in the table's own assembly, gives them; a site that it lacks, or has several alternate
alleles for, stays known by its position. Alleles by rsID are the pipeline's: they come in the genome's assembly.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Final

import polars as pl
from pydantic import model_validator

from refalt.genome import canonical_assembly, ucsc_contigs
from refalt.sources.delimited import ReadTable
from refalt.sources.fetch import NeededFile
from refalt.sources.public_file import PublicFile
from refalt.sources.vcf import read_vcf
from refalt.studies.sections import AllelesSection, DatasetSection, Filled

SITES_ROLE: Final = "alleles"


class SitesSection(DatasetSection):
    """`[dataset]` of a table that states positions and no alleles."""

    meets_sites: ClassVar[bool] = True
    file: Filled

    @model_validator(mode="after")
    def _sites_are_where_the_rows_are(self) -> SitesSection:
        of_sites = self.alleles.assembly if self.alleles else None
        if of_sites and canonical_assembly(of_sites) != canonical_assembly(self.assembly):
            raise ValueError(f"alleles in {self.assembly}, the assembly of the table: they are found by position")
        return self

    def needed(
        self, origin: str, published: PublicFile | None = None, also: tuple[str, ...] = ()
    ) -> Sequence[NeededFile]:
        """The table and, where it is named, the VCF."""
        table = NeededFile("dataset", self.file, self.assembly, origin, published, also)
        if self.alleles is None or not self.alleles.by_position or self.alleles.file is None:
            return [table]
        return [table, NeededFile(SITES_ROLE, self.alleles.file, self.alleles.assembly)]


def with_alleles(
    read: ReadTable,
    path: Path | None,
    declared: AllelesSection | None,
    *,
    chrom: str,
    pos: str,
    rsid: str | None = None,
) -> tuple[ReadTable, Sequence[str]]:
    """Add `\\0ref` and `\\0alt` by position: null where the VCF has no site, several alternatives or another rsID.

    Args:
        read: Rows with a contig and a 1-based position.
        path: The VCF, in the same assembly; None gives no row alleles.
        declared: Where alleles come from: by rsID they are found later, in the genome's assembly.
        chrom: Column of the contig, in any spelling.
        pos: Column of the position.
        rsid: Column of the rsID, where there is one.

    Returns:
        The rows, and remarks on how many got alleles.
    """
    none = [pl.lit(None, pl.String).alias(name) for name in ("\0ref", "\0alt")]
    if path is None:
        remark = "nothing is named in [dataset] alleles: every row is known by its position alone"
        remarks = [] if declared else [remark]
        return ReadTable(read.frame.with_columns(none), read.unparsable, read.examples), remarks
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
