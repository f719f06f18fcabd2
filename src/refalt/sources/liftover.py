"""Lift-over: where a position of one assembly lies in another, by a UCSC chain file.

Format: https://genome.ucsc.edu/goldenPath/help/chain.html. Positions in and out are 1-based, spans 0-based half-open,
and always counted on the forward strand of the target.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from refalt.errors import UserError, shown
from refalt.sources.intervals import (
    BEFORE_ALL,
    ContigColumn,
    PositionColumn,
    axis_keys,
    contig_numbers,
    contig_spellings,
    named,
    positions_of,
    read_lines,
)

Int64s = npt.NDArray[np.int64]
Int32s = npt.NDArray[np.int32]

_FIELDS: Final = (
    *("mark", "score", "source", "source_size", "source_strand", "source_start", "source_end"),
    *("target", "target_size", "target_strand", "target_start", "target_end"),
)
_WORDS: Final = ("mark", "source", "source_strand", "target", "target_strand")
_BEGINNING: Final = "a line that begins with 'chain'"
_GAPS: Final = ("size", "source_gap", "target_gap")
#: Where a row was not lifted; no 1-based position and no 0-based start is negative.
NOT_LIFTED: Final = -1


class LiftReason(enum.StrEnum):
    """Why a span has no place in the target assembly."""

    UNKNOWN_CONTIG = "contig_not_in_chain"
    OFF_CONTIG = "off_contig"
    NOT_ALIGNED = "not_aligned"
    INTERRUPTED = "alignment_interrupted"


@dataclass(frozen=True, slots=True, eq=False)
class Lifted:
    """Where each row went; every array has one element for each row asked.

    Attributes:
        contig: Enum of the target's contigs; null where not lifted.
        start: int64, 0-based, on the forward strand; -1 where not lifted.
        end: int64, excluded; -1 where not lifted.
        strand: int8, +1, or -1 where the two assemblies run in opposite directions, so that alleles must be
            reverse-complemented; 0 where not lifted.
        another_contig: bool, lifted onto a contig of another name.
        reason: Enum of `LiftReason`; null where lifted.
    """

    contig: pl.Series
    start: Int64s
    end: Int64s
    strand: npt.NDArray[np.int8]
    another_contig: npt.NDArray[np.bool_]
    reason: pl.Series

    @property
    def mapped(self) -> npt.NDArray[np.bool_]:
        """bool, whether the row was lifted."""
        return np.not_equal(self.strand, 0)

    @property
    def pos(self) -> Int64s:
        """int64, 1-based position of the first base on the forward strand; -1 where not lifted."""
        return np.where(self.mapped, self.start + 1, NOT_LIFTED)


@dataclass(frozen=True, slots=True, eq=False)
class _Blocks:
    """Ungapped alignments, sorted and without overlap, on one axis on which the source contigs lie end to end.

    The first block is empty and lies before every position, so that a search always finds one.
    """

    start: Int64s
    end: Int64s
    #: Index of the target contig.
    target: Int32s
    strand: npt.NDArray[np.int8]
    #: A base at `x` on the axis is at 0-based `anchor + strand * x` of the target's forward strand.
    anchor: Int64s


@dataclass(frozen=True, eq=False)
class LiftOver:
    """What a chain file aligns; each source position belongs to the highest-scoring chain that aligns it.

    Attributes:
        where: the file, for messages.
        source_sizes: contig -> length in bases, as the chains' headers say.
        target_sizes: likewise.
    """

    where: str
    source_sizes: Mapping[str, int]
    target_sizes: Mapping[str, int]
    _blocks: _Blocks = field(repr=False)

    def lift(self, contig: ContigColumn, pos: PositionColumn) -> Lifted:
        """Lift n positions (int[n], 1-based) of n contigs, named in any of their spellings."""
        start = positions_of(pos) - 1
        return self.lift_spans(contig, start, start + 1)

    def lift_spans(self, contig: ContigColumn, start: PositionColumn, end: PositionColumn) -> Lifted:
        """Lift n spans (int[n] 0-based start and end, excluded), such as the bases of REF.

        A span is lifted when all of it lies in one ungapped block, so its length never changes.
        """
        first = positions_of(start)
        length = positions_of(end) - first
        numbers = contig_numbers(contig, tuple(self.source_sizes))
        at = axis_keys(numbers, first)
        block = np.searchsorted(self._blocks.start, at, side="right") - 1
        beyond = self._blocks.end[block] - at
        lost = np.flatnonzero((beyond < length) | (length < 1))
        reason = np.full(numbers.size, NOT_LIFTED, dtype=np.int8)
        reason[lost] = self._reasons(numbers[lost], first[lost], length[lost], beyond[lost])
        return self._lifted(numbers, at, length, block, lost, named(reason, [why.value for why in LiftReason]))

    def _reasons(self, numbers: Int32s, first: Int64s, length: Int64s, beyond: Int64s) -> Int64s:
        """Place in `LiftReason` of rows that are not lifted; `beyond` is how many bases are left in the block."""
        sizes = np.array([*self.source_sizes.values(), 0])[numbers]
        outside = (first < 0) | (length < 1) | (first + length > sizes)
        return np.select([numbers < 0, outside, beyond < 1], [0, 1, 2], default=3)

    def _lifted(
        self, numbers: Int32s, at: Int64s, length: Int64s, block: Int64s, lost: Int64s, reason: pl.Series
    ) -> Lifted:
        strand, target = self._blocks.strand[block], self._blocks.target[block]
        start = self._blocks.anchor[block] + strand * at
        backwards = np.flatnonzero(strand < 0)
        # On the reverse strand the last base of a span comes first.
        start[backwards] -= length[backwards] - 1
        end = start + length
        start[lost] = end[lost] = target[lost] = NOT_LIFTED
        strand[lost] = 0
        same = np.append(contig_numbers(list(self.source_sizes), tuple(self.target_sizes)), NOT_LIFTED)
        another = (target >= 0) & (target != same[numbers])
        return Lifted(named(target, list(self.target_sizes)), start, end, strand, another, reason)

    def require_pair(
        self, source: Mapping[str, int], target: Mapping[str, int], *, source_name: str, target_name: str
    ) -> None:
        """Refuse a chain that is not between these two assemblies.

        Nothing in a chain file names its assemblies, but its headers give the size of every contig. The
        mitochondrion is not compared: hg19 and GRCh37 have different ones.

        Args:
            source, target: contig -> length in bases of the assemblies to lift from and to.
            source_name, target_name: what the message calls them.

        Raises:
            UserError: a contig's size differs, or no contig is known on one side.
        """
        _compare_sizes(self.source_sizes, source, f"{self.where} does not lift from {source_name}", source_name)
        _compare_sizes(self.target_sizes, target, f"{self.where} does not lift to {target_name}", target_name)


def read_chain(path: Path) -> LiftOver:
    """Read a UCSC chain file, plain or compressed.

    Raises:
        UserError: the file is missing, empty, cut short, or not a chain file; names the line.
    """
    where = str(path)
    is_header = pl.col("text").str.starts_with("chain")
    lines = (
        read_lines(path, keep=~pl.col("text").str.starts_with("#"))
        .with_columns(pl.col("text").str.strip_chars().str.replace_all(r"\s+", " "))
        .with_columns(words=pl.col("text").str.split(" "), chain=is_header.cum_sum().cast(pl.Int64) - 1)
    )
    if lines.is_empty():
        raise UserError("there are no chains", where=where, expected=_BEGINNING)
    _refuse(lines.head(1).filter(pl.col("chain") < 0), where, _BEGINNING)
    chains = _read_headers(lines.filter(is_header), where)
    blocks = _read_blocks(lines.filter(~is_header), chains, where)
    sources, targets = (_sizes(chains, side, where) for side in ("source", "target"))
    return LiftOver(where, sources, targets, _without_overlaps(_placed(blocks, sources, targets)))


def _read_headers(lines: pl.DataFrame, where: str) -> pl.DataFrame:
    chains = lines.with_columns(_word(i, name) for i, name in enumerate(_FIELDS))
    good = (pl.col("source_strand") == "+") & pl.col("target_strand").is_in(["+", "-"])
    bad = chains.filter(pl.any_horizontal(pl.col(_FIELDS).is_null()) | ~good)
    _refuse(bad, where, f"'chain', {', '.join(_FIELDS[1:])}, with '+' as source_strand")
    return chains


def _read_blocks(lines: pl.DataFrame, chains: pl.DataFrame, where: str) -> pl.DataFrame:
    """All blocks with their chain's header and their own 0-based `source_at` and `target_at`."""
    is_last = (pl.col("chain") != pl.col("chain").shift(-1)).fill_null(True)
    numbers = pl.sum_horizontal(pl.col(_GAPS).is_not_null())
    blocks = lines.with_columns(_word(i, name) for i, name in enumerate(_GAPS))
    expected = pl.when(is_last).then(1).otherwise(3)
    bad = blocks.filter((numbers != expected) | (pl.col("words").list.len() != expected))
    _refuse(bad, where, "size, source_gap, target_gap; in the last line of a chain the size alone")
    blocks = blocks.select("chain", pl.col(_GAPS).fill_null(0))
    blocks = chains.join(blocks, on="chain", how="left", maintain_order="left_right")
    steps = {side: pl.col("size") + pl.col(f"{side}_gap") for side in ("source", "target")}
    blocks = blocks.with_columns(
        (pl.col(f"{side}_start") + step.cum_sum().over("chain") - step).alias(f"{side}_at")
        for side, step in steps.items()
    )
    ends = [pl.col(f"{side}_at") + pl.col("size") == pl.col(f"{side}_end") for side in steps]
    closing = blocks.group_by("chain", maintain_order=True).last()
    bad = closing.filter(~pl.all_horizontal(ends).fill_null(False))
    _refuse(bad, where, "blocks that end where this chain's header says")
    return blocks


def _word(index: int, name: str) -> pl.Expr:
    word = pl.col("words").list.get(index, null_on_oob=True)
    return (word if name in _WORDS else word.cast(pl.Int64, strict=False)).alias(name)


def _sizes(chains: pl.DataFrame, side: str, where: str) -> Mapping[str, int]:
    sizes = chains.group_by(side, maintain_order=True).agg(
        pl.col(f"{side}_size").first(),
        pl.col("line", "text").sort_by(f"{side}_size").last(),
        n=pl.col(f"{side}_size").n_unique(),
    )
    _refuse(sizes.filter(pl.col("n") > 1), where, "one size of each contig in all chains")
    return dict(sizes.select(side, f"{side}_size").iter_rows())


def _placed(blocks: pl.DataFrame, sources: Mapping[str, int], targets: Mapping[str, int]) -> _Blocks:
    """The blocks on one axis, worst chain first; of chains with equal scores the earlier one counts as better."""
    blocks = blocks.sort("score", "chain", descending=[False, True])
    column = {name: blocks[name].to_numpy() for name in ("source_at", "target_at", "target_size", "size")}
    start = axis_keys(contig_numbers(blocks["source"], tuple(sources)), column["source_at"])
    forward = (blocks["target_strand"] == "+").to_numpy()
    first = np.where(forward, column["target_at"], column["target_size"] - 1 - column["target_at"])
    strand = np.where(forward, 1, -1).astype(np.int8)
    target = contig_numbers(blocks["target"], tuple(targets))
    return _Blocks(start, start + column["size"], target, strand, first - strand * start)


def _without_overlaps(blocks: _Blocks) -> _Blocks:
    """Give every stretch covered by several blocks to the last of them, and sort."""
    edges = np.unique(np.concatenate([blocks.start, blocks.end]))
    first, last = np.searchsorted(edges, blocks.start), np.searchsorted(edges, blocks.end)
    counts = last - first
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    owner = np.full(edges.size, NOT_LIFTED)
    # Where an index occurs more than once, numpy keeps what was assigned last: the better chain.
    owner[np.repeat(first, counts) + within] = np.repeat(np.arange(counts.size), counts)
    begins = np.flatnonzero((owner != np.append(NOT_LIFTED, owner[:-1])) & (owner >= 0))
    ends = np.flatnonzero((owner != np.append(owner[1:], NOT_LIFTED)) & (owner >= 0)) + 1
    kept = owner[begins]
    columns = (edges[begins], edges[ends], blocks.target[kept], blocks.strand[kept], blocks.anchor[kept])
    before = (BEFORE_ALL, BEFORE_ALL, 0, 0, 0)
    return _Blocks(*(np.insert(column, 0, value) for column, value in zip(columns, before, strict=True)))


def _compare_sizes(found: Mapping[str, int], known: Mapping[str, int], what: str, name: str) -> None:
    numbers = contig_numbers(list(known), tuple(found))
    sizes = list(found.values())
    pairs = [(c, n, sizes[at]) for (c, n), at in zip(known.items(), numbers, strict=True) if at >= 0]
    if not pairs:
        raise UserError(what, expected=f"contigs of {name}, such as {shown(list(known), 3)}", got=shown(list(found), 3))
    differing = [pair for pair in pairs if pair[1] != pair[2] and pair[0] not in contig_spellings("chrM")]
    if differing:
        raise UserError(
            what,
            expected=shown([f"{contig} of {length:,} bp" for contig, length, _ in differing], 3),
            got=shown([f"{size:,} bp" for _, _, size in differing], 3),
            remedy="use the chain file between these two assemblies, in this direction",
        )


def _refuse(bad: pl.DataFrame, where: str, expected: str) -> None:
    for line, text in bad.select("line", "text").head(1).iter_rows():
        raise UserError(
            "this is not a complete chain file",
            where=f"{where}, line {line}",
            expected=expected,
            got=repr(text[:60]),
            remedy="fetch it again, from UCSC's liftOver folder of the assembly to lift from",
        )
