"""Genomic intervals, as published in BED and narrowPeak files, and which contig a row means.

`start` and `end` are 0-based half-open; `pos` is 1-based.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from refalt.errors import UserError

ContigColumn = pl.Series | npt.NDArray[np.str_] | npt.NDArray[np.object_] | Sequence[str | None]
PositionColumn = pl.Series | npt.ArrayLike
Int64s = npt.NDArray[np.int64]

_BED: Final = (
    *("chrom", "start", "end", "name", "score", "strand"),
    *("thick_start", "thick_end", "item_rgb", "block_count", "block_sizes", "block_starts"),
)
#: A BED file never has 10 columns, so a headerless file that does is a narrowPeak.
_NARROW_PEAK: Final = (*_BED[:6], "signal_value", "p_value", "q_value", "peak")
#: A position fits below, a contig's number above.
_CONTIG_SHIFT: Final = 32
_BEFORE_ALL: Final = np.int64(np.iinfo(np.int64).min)


@dataclass(frozen=True, eq=False)
class IntervalSet:
    """Intervals of one assembly, sorted by contig and start, those that share a base merged into one.

    Intervals that only touch, as blocks that tile a chromosome do, stay apart.

    Attributes:
        assembly: as declared by the caller; nothing in a BED file says it.
        contigs: names in the order of their numbers.
        n_given: how many intervals there were before merging.
    """

    assembly: str
    contigs: tuple[str, ...]
    n_given: int
    #: Keys (`axis_keys`) of first bases and of ends, after a first interval that lies before all others.
    _starts: Int64s = field(repr=False)
    _ends: Int64s = field(repr=False)

    @classmethod
    def of(cls, assembly: str, contig: ContigColumn, start: PositionColumn, end: PositionColumn) -> IntervalSet:
        """Sort and merge n intervals; int[n] starts and ends, each end above its start."""
        column = pl.Series(contig, dtype=pl.String)
        contigs = tuple(column.unique(maintain_order=True).drop_nulls())
        numbers = contig_numbers(column, contigs)
        starts, ends = axis_keys(numbers, positions_of(start)), axis_keys(numbers, positions_of(end))
        order = np.argsort(starts, kind="stable")
        starts, reach = starts[order], np.maximum.accumulate(ends[order])
        opens = np.append(True, starts[1:] >= reach[:-1])[: starts.size]
        closes = np.append(opens[1:], True)[: starts.size]
        return cls(
            assembly, contigs, starts.size, np.append(_BEFORE_ALL, starts[opens]), np.append(_BEFORE_ALL, reach[closes])
        )

    def __len__(self) -> int:
        return self._starts.size - 1

    @property
    def frame(self) -> pl.DataFrame:
        """The merged intervals, columns chrom, start and end; row i is interval i of `containing_index`."""
        low = (1 << _CONTIG_SHIFT) - 1
        return pl.DataFrame(
            {
                "chrom": named(self._starts[1:] >> _CONTIG_SHIFT, self.contigs).cast(pl.String),
                "start": self._starts[1:] & low,
                "end": self._ends[1:] & low,
            }
        )

    def overlaps(self, contig: ContigColumn, start: PositionColumn, end: PositionColumn) -> npt.NDArray[np.bool_]:
        """Whether any base of each span (int[n] start and end) lies in an interval: bool[n].

        A contig is matched under any of its spellings (`contig_spellings`); one that has no intervals gives False.
        """
        numbers = contig_numbers(contig, self.contigs)
        last = np.searchsorted(self._starts, axis_keys(numbers, positions_of(end)), side="left") - 1
        return self._ends[last] > axis_keys(numbers, positions_of(start))

    def containing_index(self, contig: ContigColumn, pos: PositionColumn) -> Int64s:
        """Row in `frame` of the interval that each position (int[n], 1-based) lies in: int64[n], -1 outside.

        Raises:
            UserError: intervals overlapped, so that a position may lie in several.
        """
        if len(self) < self.n_given:
            raise UserError(
                "a position may lie in several of these intervals, because some overlap",
                expected="blocks that do not overlap, such as LD blocks",
                got=f"{self.n_given:,} intervals that merge to {len(self):,}",
            )
        key = axis_keys(contig_numbers(contig, self.contigs), positions_of(pos) - 1)
        at = np.searchsorted(self._starts, key, side="right") - 1
        return np.where(key < self._ends[at], at - 1, -1)

    def distance_to_nearest(self, contig: ContigColumn, pos: PositionColumn) -> npt.NDArray[np.float64]:
        """Bases from each position (int[n], 1-based) to the nearest base of any interval: float64[n].

        0 inside, 1 beside; NaN on a contig without intervals or for a null position.
        """
        numbers, bases = contig_numbers(contig, self.contigs), positions_of(pos) - 1
        key = axis_keys(numbers, bases)
        before = np.searchsorted(self._starts, key, side="right") - 1
        after = np.minimum(before + 1, len(self))
        to_left = np.maximum(key - self._ends[before] + 1, 0).astype(np.float64)
        to_right = (self._starts[after] - key).astype(np.float64)
        to_left[self._starts[before] >> _CONTIG_SHIFT != numbers] = np.inf
        to_right[(self._starts[after] >> _CONTIG_SHIFT != numbers) | (after == before)] = np.inf
        nearest = np.minimum(to_left, to_right)
        nearest[np.isinf(nearest) | (bases < 0)] = np.nan
        return nearest


def read_bed(path: Path) -> pl.DataFrame:
    """Read a BED or narrowPeak file, plain or compressed, one row an interval in file order.

    Lines that begin with "#", "track" or "browser" are skipped. A header line gives the names of the columns
    after the third; without one they are BED's or, where there are ten, narrowPeak's.

    Returns:
        chrom (String), start and end (Int64, 0-based half-open) and the other columns as String.

    Raises:
        UserError: missing, empty or damaged file; fewer than three tab-separated columns; a start or end that
            is not a whole number; a start that is not below its end. Names the line.
    """
    lines = read_lines(path).drop_nulls("text").with_columns(fields=pl.col("text").str.split("\t"))
    is_header = pl.col("text").str.contains(r"^(#|track\b|browser\b)") | (
        (pl.int_range(pl.len()) == pl.col("line").is_in([]).len()) & pl.lit(False)
    )
    raise NotImplementedError(is_header, lines)


def read_intervals(path: Path, assembly: str) -> IntervalSet:
    """The intervals of a BED or narrowPeak file; see `read_bed` for what is an error."""
    frame = read_bed(path)
    return IntervalSet.of(assembly, frame["chrom"], frame["start"], frame["end"])
