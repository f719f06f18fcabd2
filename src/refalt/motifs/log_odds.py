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

BACKGROUND: Final = 0.25
#: Codes of A, C, G and T are below this; any other code is an N.
BASES: Final = 4
#: Bases that one look-up scores, and so the fewest columns a matrix may have.
RUN: Final = 4
RUNS_OF_BASES: Final = BASES**RUN
#: Motifs side by side in a tile: with both strands 128 lanes, three tables of which (393 kB) stay in an L2 cache.
TILE: Final = 64
#: Lanes of a strand are padded to this, so that the lanes of both fill whole vector registers.
LANES: Final = 8


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
    """Odds of every run of four bases under every motif, in tiles of motifs of one width.

    A window of `width` bases is covered by runs that start at 0, 4, 8, ... and, for the last, at `width - 4`; a column
    that two runs cover counts in the first only. The product of the runs' odds is 2 to the power of the score.

    Attributes:
        longest: columns of the longest motif.
        width: int64[t] of each tile's motifs.
        first: int64[t], where the tile begins in `odds`.
        lanes: int64[t], motifs of the tile, padded; a row of its table has twice as many, reverse strand last.
        column: int64[m], where each motif of the set stands among the lanes of all tiles.
        odds: float32[...], tile after tile as [runs, 256, 2 * lanes].
    """

    longest: int
    width: Indices
    first: Indices
    lanes: Indices
    column: Indices
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
    tiles = [
        (group.width, group.motif[begin : begin + TILE], group.log_odds[:, begin : begin + TILE])
        for group in groups
        for begin in range(0, group.motif.size, TILE)
    ]
    blocks = [_tile(scores) for _, _, scores in tiles]
    lanes = np.array([block.shape[-1] // 2 for block in blocks], dtype=np.int64)
    begins = np.cumsum(lanes) - lanes
    motif = np.concatenate([places for _, places, _ in tiles])
    lane = np.concatenate([begin + np.arange(places.size) for begin, (_, places, _) in zip(begins, tiles, strict=True)])
    return KmerTables(
        longest=max(group.width for group in groups),
        width=np.array([width for width, _, _ in tiles], dtype=np.int64),
        first=np.cumsum([0, *(block.size for block in blocks[:-1])], dtype=np.int64),
        lanes=lanes,
        column=lane[np.argsort(motif)],
        odds=np.concatenate([block.ravel() for block in blocks]),
    )


def _tile(scores: npt.NDArray[np.float64]) -> Odds:
    """float32[runs, 256, 2 * lanes] odds of motifs with log-odds float64[2, motifs, width, 4]."""
    _, motifs, width, _ = scores.shape
    lanes = -(-motifs // LANES) * LANES
    runs = -(-width // RUN)
    bases = np.arange(RUNS_OF_BASES)[:, None] >> (2 * np.arange(RUN)[::-1]) & 3
    odds = np.ones((max(runs, 2), RUNS_OF_BASES, 2, lanes), dtype=np.float32)
    for run in range(runs):
        begin = min(RUN * run, width - RUN)
        owned = range(RUN * run - begin, RUN)
        bits = sum(scores[:, :, begin + column, bases[:, column]] for column in owned)
        odds[run, :, :, :motifs] = np.exp2(np.moveaxis(np.asarray(bits), 2, 0))
    return odds.reshape(-1, RUNS_OF_BASES, 2 * lanes)
