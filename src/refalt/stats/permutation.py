"""Tests by permutation: what the metric would be, had scores been dealt to other inputs.

Only scores of *distinct model inputs* change places; rows that share an input keep sharing its score. Rows that depend
on one another move together: whole blocks are put in another order and their scores laid end to end over the inputs,
so that neighbours stay neighbours (blocks of equal size are exchanged exactly, others shift along). Nothing leaves
its stratum.
"""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from refalt.stats import association, classification
from refalt.stats.association import mid_ranks
from refalt.stats.measured import FloatArray, IntArray, Measured, UndefinedError, nothing, paired_rows
from refalt.stats.metric import Metric
from refalt.stats.prepared import COMPILED_FROM_ROWS, array_module
from refalt.stats.resampling import LANES, MOST_THREADS, cluster_codes

# Permuted values this close to the observed one are equal to it up to rounding.
ROUNDING = 1e-12
# Metrics that are a fixed function of sum_i target_i * score_i once both columns are ranked or centred.
_BY_PRODUCTS = (association.spearman, association.pearson, classification.auroc)


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

    def order(self, rng: np.random.Generator) -> IntArray:
        """One random order: at each place, the input whose score comes there."""
        keys = rng.random(self.block_starts.size - 1)
        stratum = np.repeat(np.arange(self.stratum_starts.size - 1), np.diff(self.stratum_starts))
        blocks = np.lexsort((keys, stratum))
        sizes = np.diff(self.block_starts)[blocks]
        shift = self.block_starts[blocks] - np.concatenate(([0], np.cumsum(sizes)[:-1]))
        return np.repeat(shift, sizes) + np.arange(self.row_of_input.size)


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
    by_input = _scores_of_inputs(np.asarray(score, dtype=np.float64), exchange)
    return by_input[exchange.order(rng)][exchange.input_of_row]


def permutation_null(
    metric: Metric,
    target: ArrayLike,
    score: ArrayLike,
    exchange: Exchange,
    *,
    permutations: int,
    rng: np.random.Generator,
) -> FloatArray:
    """The metric after each of `permutations` random exchanges: (permutations,) float64.

    Where every row has an input of its own the ranks of a permuted score are its ranks permuted, and Spearman, Pearson
    and AUROC need one product per row; other cases are computed in full.

    Raises:
        UndefinedError: rows that cannot be used, or rows of one input with different scores.
    """
    rows = paired_rows(target, score, None, minimum=1)
    if rows.score.size != exchange.input_of_row.size:
        raise ValueError(f"{rows.score.size} rows, but an exchange of {exchange.input_of_row.size}")
    by_input = _scores_of_inputs(rows.score, exchange)
    one_row_each = by_input.size == rows.score.size
    if not (one_row_each and metric.function in _BY_PRODUCTS):
        deals = (by_input[exchange.order(rng)][exchange.input_of_row] for _ in range(permutations))
        return np.array([metric.function(rows.target, dealt).value for dealt in deals])
    observed = metric.function(rows.target, rows.score)
    if observed.reason:
        raise UndefinedError(observed.reason)
    columns = _product_columns(metric, rows.target[exchange.row_of_input], by_input)
    products = _permuted_products(columns, exchange, permutations, rng)
    return (products - columns.offset) / columns.scale


@dataclass(frozen=True)
class PermutationTest:
    """A metric against its permutations.

    Attributes:
        value: the metric as observed.
        p_value: share of permutations at least as far from chance, the observed one counted among them.
        null_mean: mean over permutations.
        null_sd: standard deviation over permutations.
        n_permutations: how many.
        n_exchangeable: blocks (inputs where there are no blocks) that could change places.
    """

    value: Measured
    p_value: Measured
    null_mean: Measured
    null_sd: Measured
    n_permutations: int
    n_exchangeable: int


def permutation_test(
    metric: Metric,
    target: ArrayLike,
    score: ArrayLike,
    exchange: Exchange,
    *,
    permutations: int,
    rng: np.random.Generator,
    alternative: Literal["two-sided", "greater", "less"] = "two-sided",
) -> PermutationTest:
    """Test that scores say nothing of their own inputs: p = (1 + b) / (1 + B) with b of B permutations as extreme.

    Two-sided compares distances from the mean of the permutations.
    """
    value = metric.function(target, score)
    try:
        if value.reason:
            raise UndefinedError(value.reason)
        if exchange.n_exchangeable == 0:
            raise UndefinedError("nothing can change places: every stratum holds one block")
        null = permutation_null(metric, target, score, exchange, permutations=permutations, rng=rng)
        if not np.isfinite(null).all():
            raise UndefinedError("some permutations leave nothing to measure")
    except UndefinedError as reason:
        none = nothing(str(reason))
        return PermutationTest(value, none, none, none, permutations, exchange.n_exchangeable)
    return PermutationTest(
        value,
        Measured(permutation_p_value(value.value, null, alternative=alternative)),
        Measured(float(null.mean())),
        Measured(float(null.std(ddof=1))) if null.size > 1 else nothing("one permutation has no spread"),
        permutations,
        exchange.n_exchangeable,
    )


def permutation_p_value(
    value: float, null: FloatArray, *, alternative: Literal["two-sided", "greater", "less"] = "two-sided"
) -> float:
    """(1 + b) / (1 + B), b of the B values of `null` being at least as extreme as `value` (up to rounding)."""
    centre = float(null.mean())
    extremes = {
        "two-sided": np.abs(null - centre) >= abs(value - centre) - ROUNDING,
        "greater": null >= value - ROUNDING,
        "less": null <= value + ROUNDING,
    }
    return float(1 + np.count_nonzero(extremes[alternative])) / (1 + null.size)


class _Columns(NamedTuple):
    """The metric is (sum_i left_i * right_i - offset) / scale, whatever the order of `right`."""

    left: FloatArray
    right: FloatArray
    offset: float
    scale: float


def _product_columns(metric: Metric, target: FloatArray, score: FloatArray) -> _Columns:
    if metric.function is association.pearson:
        left, right = target - target.mean(), score - score.mean()
    else:
        # Doubled and centred, mid-ranks are small integers: exact in every sum.
        left, right = (2 * mid_ranks(column) - (column.size + 1) for column in (target, score))
    if metric.function is classification.auroc:
        pairs = float(target.sum()) * float((1 - target).sum())
        return _Columns(target, right, -pairs, 2 * pairs)
    return _Columns(left, right, 0.0, math.sqrt(float(left @ left) * float(right @ right)))


def _permuted_products(
    columns: _Columns, exchange: Exchange, permutations: int, rng: np.random.Generator
) -> FloatArray:
    n = columns.left.size
    if exchange.block_starts.size - 1 < n:
        return np.array([columns.left @ columns.right[exchange.order(rng)] for _ in range(permutations)])
    seeds = rng.integers(0, 2**64, size=permutations, dtype=np.uint64)
    compiled = n >= COMPILED_FROM_ROWS
    shuffle = partial(array_module(compiled=compiled).shuffled_products, columns.left, columns.right)
    if not compiled:
        return np.asarray(shuffle(exchange.stratum_starts, seeds), dtype=np.float64)
    batches = np.array_split(seeds, -(-permutations // LANES))
    with ThreadPoolExecutor(min(os.cpu_count() or 1, MOST_THREADS, len(batches))) as pool:
        return np.concatenate(list(pool.map(lambda batch: shuffle(exchange.stratum_starts, batch), batches)))


def _scores_of_inputs(score: FloatArray, exchange: Exchange) -> FloatArray:
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
