"""Log-odds scores of matrices, and the same scores as tables over runs of four bases.

A score is in bits: log2 of how much likelier a base is in the motif than in the background, which is uniform (0.25
each) so that both strands are treated alike. Before counts become probabilities each base is given a pseudocount of
a quarter of sqrt(N), N being the mean total of the columns (Wasserman & Sandelin 2004, Nat Rev Genet 5:276; the same
numbers as `Bio.motifs.jaspar.calculate_pseudocounts`), so that a base never seen costs more where more was counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.int64]
#: 2 to the power of a log-odds score.
Odds = npt.NDArray[np.float32]
#: Changes of n variants under m motifs, float32[n, m], in bits.
Changes = npt.NDArray[np.float32]

BACKGROUND: Final = 0.25
#: Codes of A, C, G and T are below this; any other code is an N.
BASES: Final = 4
#: Bases that one look-up scores, and so the fewest columns a matrix may have.
RUN: Final = 4
#: Rows of a table: runs of four letters A, C, G, T or N; those without N come first, close together in memory.
RUNS: Final = (BASES + 1) ** RUN
RUNS_WITHOUT_N: Final = BASES**RUN
#: Motifs side by side in a tile: with both strands 128 lanes, the rows of whose tables mostly stay in an L2 cache.
TILE: Final = 64
#: Motifs of a tile are padded to this, so that a row of its table, both strands, fills whole cache lines.
LANES: Final = 8
#: In bytes.
CACHE_LINE: Final = 64


@dataclass(frozen=True, eq=False)
class WidthGroup:
    """The g motifs of one width.

    Attributes:
        width: columns.
        motif: int64[g], their places in the set.
        log_odds: float64[2, g, width, 4], bits, for the matrix and for its reverse complement.
    """

    width: int
    motif: Indices
    log_odds: npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class KmerTables:
    """Odds of every run of four letters under every motif, in tiles of motifs of like width.

    A window is covered by runs that start at its columns 0, 4, 8, ...; columns past the end of a motif are worth 1
    whatever the letter, and N in a column of the motif is worth 0. The product of the runs' odds is 2 to the power of
    the score. Motifs come widest first, two lanes each, the reverse strand in the second.

    Attributes:
        row: int16[625], of a run of letters read as a number in base 5; under 256 if it has no N.
        width: int64[m], columns of each motif, never rising.
        motif: int64[m], its place in the set.
        first: int64[t], where the tables of each tile of 64 motifs begin in `odds`.
        odds: float32[...], tile after tile as [runs, 625, lanes].
    """

    row: npt.NDArray[np.int16]
    width: Indices
    motif: Indices
    first: Indices
    odds: Odds


def width_groups(lengths: Indices, counts: npt.NDArray[np.float64]) -> tuple[WidthGroup, ...]:
    """Log-odds of matrices given as in `MotifSet`, motifs of one width together, narrow ones first."""
    ends = np.cumsum(lengths)
    groups = []
    for width in np.unique(lengths).tolist():
        motif = np.flatnonzero(lengths == width)
        counted = counts[(ends[motif] - width)[:, None] + np.arange(width)]
        forward = log_odds(counted)
        groups.append(WidthGroup(width, motif, np.stack([forward, forward[:, ::-1, ::-1]])))
    return tuple(groups)


def log_odds(counts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Scores in bits, float64[..., columns, 4], of counts of that shape; the module says with which pseudocounts."""
    column_totals = counts.sum(axis=-1, keepdims=True)
    raised = counts + BACKGROUND * np.sqrt(column_totals.mean(axis=-2, keepdims=True))
    scores: npt.NDArray[np.float64] = np.log2(raised / raised.sum(axis=-1, keepdims=True) / BACKGROUND)
    return scores


def kmer_tables(groups: Sequence[WidthGroup]) -> KmerTables:
    """Tables for the compiled scan."""
    widest_first = groups[::-1]
    scores = [strands for group in widest_first for strands in np.moveaxis(group.log_odds, 1, 0)]
    letters = np.indices((BASES + 1,) * RUN).reshape(RUN, RUNS)
    in_order = np.argsort((letters == BASES).any(axis=0), kind="stable")
    tiles = [_tile(scores[begin : begin + TILE], letters[:, in_order]) for begin in range(0, len(scores), TILE)]
    odds = aligned(sum(tile.size for tile in tiles))
    np.concatenate([tile.ravel() for tile in tiles], out=odds)
    return KmerTables(
        row=np.argsort(in_order).astype(np.int16),
        width=np.array([strands.shape[1] for strands in scores], dtype=np.int64),
        motif=np.concatenate([group.motif for group in widest_first]),
        first=np.cumsum([0, *(tile.size for tile in tiles[:-1])], dtype=np.int64),
        odds=odds,
    )


def aligned(size: int) -> Odds:
    """Unset float32[size] that begins with a cache line, so that no vector is read from two (a third faster)."""
    spare = np.empty(size * 4 + CACHE_LINE, dtype=np.uint8)
    begin = -spare.ctypes.data % CACHE_LINE
    return spare[begin : begin + size * 4].view(np.float32)


def _tile(scores: Sequence[npt.NDArray[np.float64]], letters: Indices) -> Odds:
    """Odds float32[runs, 625, lanes], of runs of letters int64[4, 625], from log-odds float64[2, width, 4]."""
    lanes = 2 * LANES * -(-len(scores) // LANES)
    # The scan reads two runs at the least.
    runs = max(2, -(-scores[0].shape[1] // RUN))
    columns = np.ones((runs * RUN, BASES + 1, lanes))
    for place, strands in enumerate(scores):
        width = strands.shape[1]
        columns[:width, :BASES, 2 * place : 2 * place + 2] = np.exp2(np.moveaxis(strands, 0, -1))
        columns[:width, BASES, 2 * place : 2 * place + 2] = 0
    by_run = columns.reshape(runs, RUN, BASES + 1, lanes)
    odds = by_run[:, 0, letters[0]]
    for column in range(1, RUN):
        odds = odds * by_run[:, column, letters[column]]
    return odds.astype(np.float32)
