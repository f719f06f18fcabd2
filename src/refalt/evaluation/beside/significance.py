"""p-values of the estimates, and what is left of them once the number of tests is counted.

Which estimates are tested is fixed by the study: all of the stratum `all`, and those of the strata that
`[evaluation] family` lists or whose estimate is the primary one. Every p-value that is made is of the family.
"""

from __future__ import annotations

import math

import polars as pl

from refalt.evaluation.beside.dealt import ready_for_deals
from refalt.evaluation.blocks import dense, joined_by
from refalt.evaluation.held import Held, Terms
from refalt.evaluation.strata import stratum_values
from refalt.stats.exchange import Exchange, exchange_inputs
from refalt.stats.intervals import MIN_CLUSTERS
from refalt.stats.measured import Measured, UndefinedError, nothing
from refalt.stats.metric import Metric
from refalt.stats.multiplicity import benjamini_hochberg, bonferroni
from refalt.stats.permutation import permutation_test

#: A slope is zero exactly where the correlation is: the test of `pearson_r` is its test.
UNTESTED = ("calibration_slope",)
BY_PRODUCTS = ("spearman_rho", "pearson_r", "auroc")


def p_value(metric: Metric, held: Held, terms: Terms, question: str, stratum: str) -> Measured | None:
    """Two-sided p-value of a metric, by permutation.

    Scores are exchanged between distinct model inputs, all inputs of a cluster moving together, and within the
    strata of `[evaluation] permute_within` where it is set: p = (1 + b) / (1 + B), approximate where clusters are of
    unequal size (see `stats.permutation`). NaN under `MIN_CLUSTERS` clusters.
    None where the study does not test: strata outside the family, no permutations, and slopes (see `UNTESTED`).

    Args:
        metric: Already measured on these rows.
        held: The rows.
        terms: What fixes the numbers.
        question: Name of the question, for the stream of chance.
        stratum: Name of the stratum, likewise.
    """
    if metric.name in UNTESTED or terms.settings.permutations == 0 or not terms.tests(stratum):
        return None
    if held.rows.get_column("cluster_id").n_unique() < MIN_CLUSTERS:
        return nothing(f"no p-value under {MIN_CLUSTERS} clusters")
    try:
        exchange = exchange_of(held.rows, terms.settings.permute_within)
    except UndefinedError as error:
        return nothing(f"no p-value: {error}")
    # Where each row has an input of its own, some metrics are faster still as products of two columns.
    single = exchange.row_of_input.size == held.score.size and exchange.only_permutes
    alone = single and metric.name in BY_PRODUCTS
    quick, score = (metric, held.score) if alone else ready_for_deals(metric, held)
    test = permutation_test(
        quick, held.target, score, exchange,
        permutations=terms.settings.permutations, rng=terms.rng("permutation", question, metric.name, stratum),
    )  # fmt: skip
    return test.p_value if test.p_value.reason is None else nothing(f"no p-value: {test.p_value.reason}")


def exchange_of(rows: pl.DataFrame, within: str | None) -> Exchange:
    """Which scores of these rows may change places.

    An input is what the model saw and what it said of it: one input of several targets has a score for each. Clusters
    that share an input are one block.

    Raises:
        UndefinedError: a block lies in two of the strata that scores must not leave.
    """
    inputs = dense(rows.select(pl.struct("input_id", "score")).to_series())
    blocks = joined_by(dense(rows.get_column("cluster_id")), dense(rows.get_column("input_id")))
    strata = dense(stratum_values(within, rows).fill_null("\0")) if within else None
    return exchange_inputs(inputs, block=blocks, stratum=strata)


def adjusted(estimates: pl.DataFrame) -> pl.DataFrame:
    """Rows of Estimates with `q_value` (Benjamini-Hochberg) and `p_bonferroni` over all p-values in them."""
    p = estimates.get_column("p_value").fill_null(math.nan).to_numpy()
    columns = {"q_value": benjamini_hochberg(p), "p_bonferroni": bonferroni(p)}
    return estimates.with_columns(pl.Series(name, values).fill_nan(None) for name, values in columns.items())
