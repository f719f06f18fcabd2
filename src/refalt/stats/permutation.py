"""Tests by permutation: what the metric would be, had scores been dealt to other inputs (see `exchange`).

The test is exact where single inputs, or blocks of one size, change places and their scores are exchangeable. Blocks of
unequal size cannot change places: each is given the scores of one block, cut or gone round again to its own length, so
that what is alike within a block stays alike, and the p-value is *approximate*. Scores of short blocks are then dealt
more often than they occur, some of long ones not at all, and the observed deal is no longer one among equals. On
simulated blocks of very unequal size (log-normal with a spread of 0.8) that know nothing of each other, p was 0.05 or
less in 2 to 6 % of the tests, for 10 to 100 blocks and intraclass correlations of 0.1 to 0.9; dealing permuted blocks
end to end, which breaks large ones over small ones, gave up to 20 %.
"""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from refalt.stats import association, classification
from refalt.stats.association import mid_ranks
from refalt.stats.classification import require_labels
from refalt.stats.exchange import Exchange, scores_of_inputs
from refalt.stats.measured import (
    FloatArray,
    Measured,
    UndefinedError,
    is_constant,
    nothing,
    paired_rows,
    scaled_deviations,
)
from refalt.stats.metric import Metric
from refalt.stats.resampling import MOST_THREADS

# Permuted values this close to the observed one are equal to it up to rounding.
ROUNDING = 1e-12
# Orders of a column held in memory at once.
ORDERS_AT_ONCE = 64
# Metrics that are a fixed function of sum_i target_i * score_i once both columns are ranked or centred.
_BY_PRODUCTS = (association.spearman, association.pearson, classification.auroc)


def permutation_null(
    metric: Metric,
    target: ArrayLike,
    score: ArrayLike,
    exchange: Exchange,
    *,
    permutations: int,
    rng: np.random.Generator,
) -> FloatArray:
    """The metric after each of at least `permutations` random exchanges: (permutations or more,) float64.

    Where every row has an input of its own and every score is dealt once, the ranks of a permuted score are its ranks
    permuted, and Spearman, Pearson and AUROC are products of two columns; other cases are computed in full.

    Raises:
        UndefinedError: rows that cannot be used, or rows of one input with different scores.
    """
    rows = paired_rows(target, score, None, minimum=1)
    if rows.score.size != exchange.input_of_row.size:
        raise ValueError(f"{rows.score.size} rows, but an exchange of {exchange.input_of_row.size}")
    by_input = scores_of_inputs(rows.score, exchange)
    only_permuted = by_input.size == rows.score.size and exchange.only_permutes
    if not (only_permuted and metric.function in _BY_PRODUCTS):
        deals = (by_input[exchange.order(rng)][exchange.input_of_row] for _ in range(permutations))
        return np.array([metric.function(rows.target, dealt).value for dealt in deals])
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
        n_permutations: how many were made; at least as many as were asked for, 0 where there is no p-value.
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

    Two-sided compares distances from the mean of the permutations. Approximate where blocks are of unequal size.
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
        return PermutationTest(value, none, none, none, 0, exchange.n_exchangeable)
    return PermutationTest(
        value,
        Measured(permutation_p_value(value.value, null, alternative=alternative)),
        Measured(float(null.mean())),
        Measured(float(null.std(ddof=1))) if null.size > 1 else nothing("one permutation has no spread"),
        null.size,
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
        left, right = scaled_deviations(target)[0], scaled_deviations(score)[0]
    else:
        # Doubled and centred, mid-ranks are small integers: exact in every sum.
        left, right = (2 * mid_ranks(column) - (column.size + 1) for column in (target, score))
    if metric.function is classification.auroc:
        require_labels(target, both=True)
        pairs = float(target.sum()) * float((1 - target).sum())
        return _Columns(target, right, -pairs, 2 * pairs)
    if is_constant(target) or is_constant(score):
        raise UndefinedError("target or score is the same in every row")
    return _Columns(left, right, 0.0, math.sqrt(float(left @ left) * float(right @ right)))


def _permuted_products(
    columns: _Columns, exchange: Exchange, permutations: int, rng: np.random.Generator
) -> FloatArray:
    """Products of the columns over random exchanges.

    Where single inputs change places, every one of a few orders of the left column meets every one of a few orders of
    the right one. Such pairs are uniform and pairwise independent, so p-values vary no more than with orders of
    their own; and since the observed pair (both orders unchanged) stands among the rest as any other pair does, its
    rank among them is uniform when scores say nothing, as the test requires.
    """
    if not exchange.moves_inputs_singly:
        return np.array([columns.left @ columns.right[exchange.order(rng)] for _ in range(permutations)])
    n_left = min(math.isqrt(permutations) + 1, ORDERS_AT_ONCE)
    n_right = -(-(permutations + 1) // n_left)
    lefts = _orders_of(columns.left, exchange, n_left, rng, unchanged=True)
    products = []
    for first in range(0, n_right, ORDERS_AT_ONCE):
        held = min(ORDERS_AT_ONCE, n_right - first)
        products.append(_orders_of(columns.right, exchange, held, rng, unchanged=first == 0) @ lefts.T)
    return np.concatenate(products).ravel()[1:]


def _orders_of(
    column: FloatArray, exchange: Exchange, n_orders: int, rng: np.random.Generator, *, unchanged: bool
) -> FloatArray:
    """The column in random orders, (orders, n); the first one as it is where `unchanged`."""
    seeds = rng.integers(0, 2**63, size=n_orders)
    orders = np.empty((n_orders, column.size))

    def fill(k: int) -> None:
        orders[k] = column[exchange.order(np.random.default_rng(seeds[k]))]

    with ThreadPoolExecutor(min(os.cpu_count() or 1, MOST_THREADS)) as pool:
        list(pool.map(fill, range(n_orders)))
    if unchanged:
        orders[0] = column
    return orders
