"""Which scores may change places in a permutation, and orders drawn at random among those allowed.

Only scores of *distinct model inputs* change places; rows that share an input keep sharing its score. Rows that depend
on one another move together: every block is given the scores of one block, its own or another's, in their order.
Blocks of equal size are exchanged exactly. A block that is given a longer one's scores gets a stretch of them from a
random place, and one that is given a shorter one's goes round it again: the deal is then no permutation of the scores,
and a test by it is approximate (see `permutation`). Nothing leaves its stratum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from refalt.stats.measured import FloatArray, IntArray, UndefinedError
from refalt.stats.resampling import cluster_codes


@dataclass(frozen=True, eq=False)
class Exchange:
    """Which scores may change places.

    Inputs are numbered by stratum, then block, then first row.

    Attributes:
        input_of_row: (n,) number of each row's input.
        row_of_input: (inputs,) one row of each input.
        block_starts: (blocks + 1,) first input of each block, and the number of inputs.
        stratum_starts: (strata + 1,) first block of each stratum, and the number of blocks.
    """

    input_of_row: IntArray
    row_of_input: IntArray
    block_starts: IntArray
    stratum_starts: IntArray

    @property
    def n_exchangeable(self) -> int:
        """Blocks (inputs where there are no blocks) that share their stratum with another."""
        sizes = np.diff(self.stratum_starts)
        return int(sizes[sizes > 1].sum())

    @property
    def moves_inputs_singly(self) -> bool:
        """Whether every block is one input."""
        return self.block_starts.size - 1 == self.row_of_input.size

    @property
    def only_permutes(self) -> bool:
        """Whether each score is dealt once in every deal: blocks of one stratum are of one size."""
        sizes = np.diff(self.block_starts)
        first = sizes[self.stratum_starts[:-1]]
        return bool((sizes == np.repeat(first, np.diff(self.stratum_starts))).all())

    def order(self, rng: np.random.Generator) -> IntArray:
        """One random deal: at each place, the input whose score comes there."""
        if self.moves_inputs_singly and self.stratum_starts.size == 2:
            return rng.permutation(self.row_of_input.size)
        keys = rng.random(self.block_starts.size - 1)
        stratum = np.repeat(np.arange(self.stratum_starts.size - 1), np.diff(self.stratum_starts))
        blocks = np.lexsort((keys, stratum))
        sizes = np.diff(self.block_starts)
        given = sizes[blocks]
        spare = np.maximum(given - sizes, 0)
        first = self.block_starts[blocks] + (rng.random(blocks.size) * (spare + 1)).astype(np.int64)
        place = np.arange(self.row_of_input.size) - np.repeat(self.block_starts[:-1], sizes)
        dealt: IntArray = np.repeat(first, sizes) + place % np.repeat(given, sizes)
        return dealt


def exchange_inputs(
    input_code: ArrayLike, *, block: ArrayLike | None = None, stratum: ArrayLike | None = None
) -> Exchange:
    """Let distinct inputs exchange scores, block by block where blocks are given, within strata where these are.

    Args:
        input_code: (n,) integer code of the model input of each row.
        block: (n,) integer code: inputs of one block move together.
        stratum: (n,) integer code: nothing moves between strata.

    Raises:
        UndefinedError: an input lies in two blocks or strata, or a block in two strata.
    """
    codes = cluster_codes(input_code)
    blocks = codes if block is None else cluster_codes(block)
    strata = np.zeros_like(codes) if stratum is None else cluster_codes(stratum)
    _require_nested(codes, blocks, "an input lies in two blocks")
    _require_nested(blocks, strata, "a block lies in two strata")
    inputs, first = np.unique(codes, return_index=True)
    arranged = np.lexsort((first, blocks[first], strata[first]))
    number = np.empty(inputs.size, dtype=np.int64)
    number[arranged] = np.arange(inputs.size)
    rows = first[arranged]
    block_starts = _run_starts(blocks[rows])
    stratum_starts = _run_starts(strata[rows[block_starts[:-1]]])
    return Exchange(number[np.searchsorted(inputs, codes)], rows, block_starts, stratum_starts)


def exchange_within_clusters(cluster: ArrayLike) -> Exchange:
    """Let rows exchange scores inside their cluster only.

    This asks another question than `exchange_inputs`: whether scores order the rows *within* clusters. What a score
    owes to differences between clusters survives every such permutation.
    """
    codes = cluster_codes(cluster)
    return exchange_inputs(np.arange(codes.size), stratum=codes)


def permute_scores(score: ArrayLike, exchange: Exchange, *, rng: np.random.Generator) -> FloatArray:
    """Deal the scores anew once: (n,) float64, for controls.

    Raises:
        UndefinedError: rows of one input have different scores.
    """
    by_input = scores_of_inputs(np.asarray(score, dtype=np.float64), exchange)
    return by_input[exchange.order(rng)][exchange.input_of_row]


def scores_of_inputs(score: FloatArray, exchange: Exchange) -> FloatArray:
    """The score of each input, in the order of the exchange.

    Raises:
        UndefinedError: rows of one input have different scores.
    """
    by_input = score[exchange.row_of_input]
    if not np.array_equal(by_input[exchange.input_of_row], score):
        raise UndefinedError("rows of one input have different scores: scores cannot change places by input")
    return by_input


def _require_nested(inner: NDArray[np.int32], outer: NDArray[np.int32], words: str) -> None:
    if inner.size != outer.size:
        raise ValueError(f"codes differ in length: {inner.size} and {outer.size}")
    order = np.argsort(inner, kind="stable")
    same = inner[order][1:] == inner[order][:-1]
    split = int(np.count_nonzero(same & (outer[order][1:] != outer[order][:-1])))
    if split:
        raise UndefinedError(words)


def _run_starts(codes: NDArray[np.int32]) -> IntArray:
    """Where each run of equal codes begins, and the length."""
    return np.concatenate(([0], np.flatnonzero(codes[1:] != codes[:-1]) + 1, [codes.size]))
