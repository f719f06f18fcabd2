"""Where genes start: transcription start sites from a BED of TSS windows or from a GTF.

A gene table has a row for each gene and the columns `COLUMNS`: chrom, tss_pos, strand ("+" or "-"), gene_name, gene_id
(without version; null where the file gives none) and assembly, which is the caller's word.
`tss_pos` is 1-based: the first transcribed base, which on the reverse strand is the gene's last base.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from refalt.errors import UserError, shown
from refalt.sources.intervals import ContigColumn, IntervalSet, PositionColumn, read_bed, read_lines

COLUMNS: Final = ("chrom", "tss_pos", "strand", "gene_name", "gene_id", "assembly")
_GENE_ID_NAMES: Final = ("Ensembl_ID", "gene_id", "ensembl_gene_id")
_GTF_FIELDS: Final = ("chrom", "source", "feature", "first", "last", "score", "strand", "frame", "attributes")

Text = TypeVar("Text", pl.Expr, pl.Series)


def distance_to_nearest_tss(genes: pl.DataFrame, contig: ContigColumn, pos: PositionColumn) -> npt.NDArray[np.float64]:
    """Bases from each position (int[n], 1-based) to the nearest gene start: float64[n], 0 on it.

    NaN on a contig without genes and for a null position; where there are no genes at all, everywhere.
    """
    if genes.is_empty():
        return np.full(np.size(pos), np.nan)
    tss = genes["tss_pos"]
    starts = IntervalSet.of(genes["assembly"][0], genes["chrom"], tss - 1, tss)
    return starts.distance_to_nearest(contig, pos)


def look_up(genes: pl.DataFrame, gene_id: pl.Series) -> pl.DataFrame:
    """The row of `genes` for each of n gene ids, versioned or not; nulls where the gene is not there.

    Of a gene with two rows, as in the pseudo-autosomal regions, the first counts.
    """
    asked = pl.DataFrame({"asked": unversioned(gene_id)})
    known = genes.drop_nulls("gene_id").unique("gene_id", keep="first", maintain_order=True)
    return asked.join(known.with_columns(asked="gene_id"), on="asked", how="left", maintain_order="left").drop("asked")


def read_genes(path: Path, assembly: str) -> pl.DataFrame:
    """Read gene starts from a GTF (name ends in .gtf or .gtf.gz) or else from a BED of windows centred on them.

    Raises:
        UserError: as `read_tss_bed` and `read_gtf`.
    """
    is_gtf = ".gtf" in path.suffixes
    return read_gtf(path, assembly) if is_gtf else read_tss_bed(path, assembly)


def read_tss_bed(path: Path, assembly: str) -> pl.DataFrame:
    """Read a BED of windows of one width, each centred on a gene start, with a header line.

    Where the width is even the start is the base after the middle on the forward strand and the one before it on
    the reverse strand, so that both strands have as much of the window upstream.

    Args:
        path: columns contig, start, end, "name", "strand" and, where there are ids, "Ensembl_ID" or "gene_id".
        assembly: the caller's word for its coordinates.

    Raises:
        UserError: no such columns, a strand other than + or -, or windows of several widths, as of whole genes.
    """
    bed = read_bed(path)
    if missing := [name for name in ("name", "strand") if name not in bed.columns]:
        raise UserError(
            f"there is no column {missing[0]!r}",
            where=str(path),
            expected="a header line that names the columns name, strand and Ensembl_ID",
            got=shown(bed.columns, 12),
        )
    widths = (bed["end"] - bed["start"]).unique().sort()
    if widths.len() > 1:
        raise UserError(
            "these are not windows around gene starts",
            where=str(path),
            expected="intervals of one width, centred on the start",
            got=f"widths from {widths[0]:,} to {widths[-1]:,} bp",
            remedy="give a GTF, which says where genes begin",
        )
    both = pl.col("start") + pl.col("end")
    tss = pl.when(pl.col("strand") == "+").then(both // 2 + 1).otherwise((both + 1) // 2)
    ids = [pl.col(name) for name in _GENE_ID_NAMES if name in bed.columns]
    gene_id = ids[0] if ids else pl.lit(None, dtype=pl.String)
    return _genes(bed.with_columns(tss_pos=tss, gene_name=pl.col("name"), gene_id=gene_id), assembly, str(path))


def read_gtf(path: Path, assembly: str) -> pl.DataFrame:
    """Read the genes of a GTF such as GENCODE's: its "gene" rows or, without any, the extent of all rows of a gene.

    Raises:
        UserError: not GTF, or a row without gene_id; names the line.
    """
    text = pl.col("text")
    lines = read_lines(path, keep=text.str.contains("\tgene\t", literal=True))
    if lines.is_empty():
        lines = read_lines(path, keep=~text.str.starts_with("#"))
    fields = text.str.split("\t")
    rows = lines.with_columns(fields.list.get(i, null_on_oob=True).alias(name) for i, name in enumerate(_GTF_FIELDS))
    rows = rows.with_columns(
        pl.col("first", "last").cast(pl.Int64, strict=False),
        gene_id=unversioned(pl.col("attributes").str.extract(r'\bgene_id "([^"]+)"')),
        gene_name=pl.col("attributes").str.extract(r'\bgene_name "([^"]+)"'),
    )
    bad = rows.filter(pl.any_horizontal(pl.col("first", "last", "gene_id").is_null()))
    if lines.is_empty() or not bad.is_empty():
        raise UserError(
            "this is not a GTF",
            where=f"{path}, line {bad['line'][0] if bad.height else 1}",
            expected="nine tab-separated fields, the last of them with gene_id",
            got=repr(bad["text"][0][:60]) if bad.height else "no rows",
        )
    genes = rows.group_by("chrom", "gene_id", maintain_order=True).agg(
        pl.col("strand", "gene_name").first(), pl.col("first").min(), pl.col("last").max()
    )
    tss = pl.when(pl.col("strand") == "+").then("first").otherwise("last")
    return _genes(genes.with_columns(tss_pos=tss), assembly, str(path))


def unversioned(gene_id: Text) -> Text:
    """Gene ids without version: "ENSG00000236875.3_1" gives "ENSG00000236875"."""
    return gene_id.str.replace(r"\..*$", "")


def _genes(frame: pl.DataFrame, assembly: str, where: str) -> pl.DataFrame:
    if not (bad := frame.filter(~pl.col("strand").is_in(["+", "-"]).fill_null(False))).is_empty():
        raise UserError(
            f"the strand of gene {bad['gene_name'][0]!r} is unknown",
            where=where,
            expected="+ or -",
            got=repr(bad["strand"][0]),
        )
    columns = frame.with_columns(unversioned(pl.col("gene_id")), assembly=pl.lit(assembly))
    return columns.select(COLUMNS)
