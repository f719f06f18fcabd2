"""Peaks: intervals that a caller found, with how sure it was of each, and which of them are taken."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from refalt.errors import UserError, shown
from refalt.genome import chromosome_lengths, ucsc_contigs
from refalt.sources.intervals import IntervalSet, read_bed

#: In a narrowPeak file stands the negative decimal logarithm, or this where there is none
#: (https://genome.ucsc.edu/FAQ/FAQformat.html#format12).
_NOT_ASSIGNED: Final = -1.0


@dataclass(frozen=True)
class PeakLimits:
    """Which peaks are taken; None leaves a property out of it.

    Attributes:
        p_value: The largest.
        q_value: The largest.
        min_width: The narrowest, in bp.
        max_width: The widest, in bp.
    """

    p_value: float | None = None
    q_value: float | None = None
    min_width: int | None = None
    max_width: int | None = None


def read_peaks(path: Path, assembly: str, limits: PeakLimits) -> tuple[IntervalSet, str]:
    """The intervals of a BED or narrowPeak file that keep the limits, and a remark on how many they are.

    Args:
        path: The file.
        assembly: Canonical name of the assembly of its coordinates.
        limits: What is taken.

    Raises:
        UserError: as `read_bed`; an interval ends beyond its chromosome in that assembly; a limit is on something that
            the file does not state; nothing is left.
    """
    frame = read_bed(path)
    _require_inside(frame, assembly, path)
    kept = frame.filter(_keeps(frame, limits, path))
    if kept.is_empty():
        raise UserError(
            "no interval keeps the limits",
            where=str(path),
            expected=f"{limits}",
            got=f"{frame.height:,} intervals, none of them left",
            remedy="correct the limits in [filter] within",
        )
    remark = f"{kept.height:,} of {frame.height:,} intervals of {path.name} keep the limits of [filter] within"
    return IntervalSet.of(assembly, kept["chrom"], kept["start"], kept["end"]), remark


def _keeps(frame: pl.DataFrame, limits: PeakLimits, path: Path) -> pl.Series:
    width = pl.col("end") - pl.col("start")
    tests = [pl.lit(value=True)]
    for name, largest in (("p_value", limits.p_value), ("q_value", limits.q_value)):
        if largest is not None:
            tests.append(10.0 ** -_logarithm(frame, name, path) <= largest)
    if limits.min_width is not None:
        tests.append(width >= limits.min_width)
    if limits.max_width is not None:
        tests.append(width <= limits.max_width)
    return frame.with_columns(keeps=pl.all_horizontal(tests)).get_column("keeps")


def _logarithm(frame: pl.DataFrame, name: str, path: Path) -> pl.Expr:
    """-log10 of a probability.

    Raises:
        UserError: the file has no such column, or peaks without a value in it.
    """
    if name not in frame.columns:
        raise UserError(
            f"the file states no {name} of its intervals",
            where=str(path),
            expected="a narrowPeak file, of ten columns",
            got=f"the columns {shown(frame.columns, 12)}",
            remedy=f"leave {name} out of [filter] within",
        )
    values = frame.get_column(name).cast(pl.Float64, strict=False)
    missing = (values.is_null() | (values == _NOT_ASSIGNED)).fill_null(value=True)
    if missing.any():
        raise UserError(
            f"{int(missing.sum()):,} of {frame.height:,} intervals have no {name}",
            where=f"{path}, interval {int(missing.arg_true()[0]) + 1}",
            expected=f"-log10 of the {name}; -1 says that there is none",
            remedy=f"leave {name} out of [filter] within, or take a file that states it",
        )
    return pl.col(name).cast(pl.Float64)


def _require_inside(frame: pl.DataFrame, assembly: str, path: Path) -> None:
    """Refuse intervals that end beyond their chromosome: they are of another assembly."""
    lengths = chromosome_lengths(assembly)
    if not lengths:
        return
    contig = ucsc_contigs(frame.get_column("chrom")).alias("contig")
    end = pl.col("contig").replace_strict(lengths, default=None, return_dtype=pl.Int64)
    beyond = frame.with_columns(contig).with_columns(length=end).filter(pl.col("end") > pl.col("length"))
    if beyond.height:
        row = beyond.row(0, named=True)
        raise UserError(
            f"{beyond.height:,} of {frame.height:,} intervals end beyond their chromosome in {assembly}",
            where=str(path),
            expected=f"{row['chrom']} to end at {row['length']:,}",
            got=f"{row['chrom']}:{row['start']}-{row['end']}",
            remedy="the file is of another assembly than declared in [filter] within: take one of the genome's",
        )
