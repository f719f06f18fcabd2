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
_SKIPPED: Final = r"^(#|track\b|browser\b)"
_HEADER: Final = r"(?i)^#?[^\t]*\t[^\t]*(start|begin)"
#: A position fits below, a contig's number above.
_CONTIG_SHIFT: Final = 32
#: A key below that of any row.
BEFORE_ALL: Final = -(1 << 62)


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
        contigs = tuple(column.unique(maintain_order=True))
        if column.null_count():
            raise UserError("an interval has no contig")
        numbers = contig_numbers(column, contigs)
        starts, ends = axis_keys(numbers, positions_of(start)), axis_keys(numbers, positions_of(end))
        order = np.argsort(starts, kind="stable")
        starts, reach = starts[order], np.maximum.accumulate(ends[order])
        opens = np.append(True, starts[1:] >= reach[:-1])[: starts.size]
        closes = np.append(opens[1:], True)[: starts.size]
        return cls(
            assembly,
            contigs,
            starts.size,
            np.append(BEFORE_ALL, starts[opens]),
            np.append(BEFORE_ALL, reach[closes]),
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
        nearest: npt.NDArray[np.float64] = np.minimum(to_left, to_right)
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
    lines = read_lines(path)
    content = lines.filter(~pl.col("text").str.contains(_SKIPPED))
    headers = lines.filter(pl.col("text").str.contains(_HEADER)).head(1)
    if content.height and headers.height and content["line"][0] == headers["line"][0]:
        content = content.slice(1)
    if content.is_empty():
        raise UserError("there are no intervals", where=str(path), expected="lines of contig, start and end")
    fields = pl.col("text").str.split("\t")
    names = _bed_names(headers["text"][0] if headers.height else None, content["text"][0].count("\t") + 1)
    columns = content.with_columns(fields=fields).with_columns(
        pl.col("fields").list.get(i, null_on_oob=True).str.strip_chars().alias(name) for i, name in enumerate(names)
    )
    whole = [pl.col(name).cast(pl.Int64, strict=False) for name in ("start", "end")]
    frame = columns.with_columns(whole).drop("fields")
    good = (pl.col("start") >= 0) & (pl.col("start") < pl.col("end")) & (pl.col("end") < 1 << _CONTIG_SHIFT)
    bad = frame.filter(~good.fill_null(False) | (pl.col("chrom") == ""))
    if not bad.is_empty():
        raise UserError(
            "this is not an interval",
            where=f"{path}, line {bad['line'][0]}",
            expected="tab-separated contig, start and end, whole numbers, 0-based, start below end",
            got=repr(bad["text"][0][:60]),
            remedy="correct the line; see https://genome.ucsc.edu/FAQ/FAQformat.html#format1",
        )
    return frame.drop("line", "text")


def _bed_names(header: str | None, n_columns: int) -> list[str]:
    names = list(_NARROW_PEAK if n_columns == len(_NARROW_PEAK) else _BED)
    if header is not None:
        names = [*_BED[:3], *(name.strip() for name in header.split("\t")[3:])]
    return [*names[:n_columns], *(f"column_{number}" for number in range(len(names) + 1, n_columns + 1))]


def read_intervals(path: Path, assembly: str) -> IntervalSet:
    """The intervals of a BED or narrowPeak file; see `read_bed` for what is an error."""
    frame = read_bed(path)
    return IntervalSet.of(assembly, frame["chrom"], frame["start"], frame["end"])


def read_lines(path: Path, keep: pl.Expr | None = None) -> pl.DataFrame:
    """Lines of a text file, plain or compressed: `line` (counted from 1) and `text`, blank lines left out.

    Args:
        path: the file.
        keep: a condition on `text`; the file is streamed and only lines that meet it are held.

    Raises:
        UserError: the file is missing, empty, cut short, or not text.
    """
    # A separator that occurs in no text file: every line is one cell.
    text, separator = pl.col("text").str.strip_chars_end("\r"), "\x01"
    try:
        lines = pl.scan_csv(
            path,
            separator=separator,
            quote_char=None,
            has_header=False,
            new_columns=["text"],
            infer_schema=False,
        )
        numbered = lines.with_row_index("line", offset=1).with_columns(text)
        wanted = pl.col("text").str.contains(r"\S")
        return numbered.filter(wanted if keep is None else wanted & keep).collect(engine="streaming")
    except (OSError, pl.exceptions.PolarsError) as error:
        raise UserError(
            "the file cannot be read as text",
            where=str(path),
            expected="a complete text file, plain or gzip",
            got=str(error).splitlines()[0],
            remedy="check the name, or fetch it again and compare its size or digest with the source's",
        ) from error


def contig_spellings(contig: str) -> tuple[str, ...]:
    """Every way a contig's name is written: as given, then with or without "chr", and M as MT.

    "chr1" is also "1"; "MT" is also "M", "chrM" and "chrMT".
    """
    bare = contig.removeprefix("chr")
    bares = ("M", "MT") if bare in ("M", "MT") else (bare,)
    return tuple(dict.fromkeys([contig, *(spelling for b in bares for spelling in (f"chr{b}", b))]))


def contig_numbers(contig: ContigColumn, known: Sequence[str]) -> npt.NDArray[np.int32]:
    """Index of each row's contig in `known`, int32[n]; -1 where it is null or there is none of that name.

    A name is matched as given first and by its other spellings (`contig_spellings`) after that.
    """
    number = {name: index for index, name in enumerate(known)}
    for index, name in enumerate(known):
        for spelling in contig_spellings(name):
            number.setdefault(spelling, index)
    column = contig if isinstance(contig, pl.Series) else pl.Series(contig, dtype=pl.String)
    # The cast to an Enum looks each text up in compiled code; what is not known becomes the last index.
    physical = column.cast(pl.Enum(list(number)), strict=False).to_physical().cast(pl.UInt32).fill_null(len(number))
    indices: npt.NDArray[np.int32] = np.array([*number.values(), -1], dtype=np.int32)[physical.to_numpy()]
    return indices


def positions_of(column: PositionColumn) -> Int64s:
    """A column of coordinates as int64[n]; a null becomes -1, which lies nowhere."""
    if isinstance(column, pl.Series):
        return column.cast(pl.Int64).fill_null(-1).to_numpy()
    return np.asarray(column, dtype=np.int64)


def axis_keys(numbers: npt.NDArray[np.int32], coordinates: Int64s) -> Int64s:
    """One int64 for contig number and 0-based coordinate, in the order of both: contigs lie on one axis."""
    return (numbers.astype(np.int64) << _CONTIG_SHIFT) + coordinates


def named(numbers: npt.NDArray[np.integer[Any]], names: Sequence[str]) -> pl.Series:
    """`names[number]` for each row as an Enum; null where the number is negative."""
    pool = pl.Series([*names, None], dtype=pl.Enum(names))
    return pool.gather(pl.Series(np.where(numbers < 0, len(names), numbers).astype(np.uint32)))
