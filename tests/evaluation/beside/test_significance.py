from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from scipy import stats
from tests.evaluation.builders import OTHER, SCORE, joined, rows, terms

from refalt.evaluation.beside.significance import adjusted, exchange_of, p_value
from refalt.evaluation.evaluate import evaluate
from refalt.evaluation.held import Held, measured_rows
from refalt.evaluation.labels import QUESTIONS
from refalt.stats.measured import UndefinedError
from refalt.stats.metric import METRICS
from refalt.stats.permutation import permutation_test

BY_NAME = {question.name: question for question in QUESTIONS}


def _held(part: pl.DataFrame, question: str = "effect") -> Held:
    return measured_rows(BY_NAME[question], part)


def _p(part: pl.DataFrame, metric: str = "pearson_r", question: str = "effect", **settings: object) -> float:
    found = p_value(METRICS[metric], _held(part, question), terms(**settings), question, "all")
    assert found is not None
    return found.value


def _locus_constant(seed: int) -> pl.DataFrame:
    """360 rows of 18 loci; effects share a part within loci, and the score is one number a locus and knows nothing."""
    rng = np.random.default_rng(seed)
    locus = np.arange(360) % 18
    return rows(360, n_clusters=18).with_columns(
        effect=pl.Series(rng.normal(size=360) + rng.normal(size=18)[locus]),
        score=pl.Series(rng.normal(size=18)[locus]),
        input_id=pl.Series([f"i{k}" for k in locus]),
    )


def test_p_value__a_score_that_knows_the_effect_is_at_the_end_of_its_permutations() -> None:
    assert _p(rows()) == 1 / 200


@pytest.mark.parametrize("metric", ["spearman_rho", "pearson_r"])
def test_p_value__scores_that_know_nothing_give_p_values_of_every_size(metric: str) -> None:
    found = [_p(rows(60, n_clusters=60, noise=1e6, seed=seed), metric, permutations=99) for seed in range(80)]
    assert stats.kstest(found, "uniform").pvalue > 0.001


def test_p_value__of_a_count_of_signs_is_small_no_more_often_than_it_says() -> None:
    parts = (rows(60, n_clusters=60, noise=1e6, seed=seed) for seed in range(80))
    found = np.array([_p(part, "sign_concordance", permutations=99) for part in parts])
    # Of 80 draws with a chance of a fifth each, 28 and more come up once in a thousand times.
    assert np.count_nonzero(found <= 0.2) < 28
    assert found.min() < 0.2


def test_p_value__a_score_that_is_constant_within_loci_counts_loci_not_rows() -> None:
    parts = [_locus_constant(seed) for seed in range(60)]
    by_rows = np.array([stats.pearsonr(part["effect"], part["score"]).pvalue for part in parts])
    by_loci = np.array([_p(part, permutations=99) for part in parts])
    assert np.count_nonzero(by_rows < 0.05) > 20
    # Of 60 draws with a chance of a twentieth each, 10 and more come up once in a thousand times.
    assert np.count_nonzero(by_loci <= 0.05) < 10


def test_p_value__average_precision_by_steps_is_that_of_the_full_metric() -> None:
    part = rows(200).with_columns(pl.col("score").round(1))
    held = _held(part, "given")
    asked = terms()
    exchange = exchange_of(held.rows, None)
    whole = permutation_test(
        METRICS["auprc"], held.target, held.score, exchange, permutations=199,
        rng=asked.rng("permutation", "given", "auprc", "all"),
    )  # fmt: skip
    found = p_value(METRICS["auprc"], held, asked, "given", "all")
    assert found == whole.p_value


def test_p_value__under_ten_clusters_there_is_none_and_a_reason() -> None:
    found = p_value(METRICS["pearson_r"], _held(rows(n_clusters=9)), terms(), "effect", "all")
    assert found is not None
    assert math.isnan(found.value)
    assert "under 10 clusters" in str(found.reason)


@pytest.mark.parametrize(
    ("metric", "stratum", "settings"),
    [("calibration_slope", "all", {}), ("pearson_r", "all", {"permutations": 0}), ("pearson_r", "chrom=chr1", {})],
)
def test_p_value__is_not_made_where_the_study_does_not_test(
    metric: str, stratum: str, settings: dict[str, int]
) -> None:
    assert p_value(METRICS[metric], _held(rows()), terms(**settings), "effect", stratum) is None


def test_exchange_of__clusters_that_share_an_input_move_together() -> None:
    part = rows(30, n_clusters=30)
    shared = part.with_columns(
        pl.when(pl.int_range(pl.len()) < 2).then(pl.lit("v0")).otherwise("input_id").alias("input_id"),
        pl.when(pl.int_range(pl.len()) < 2).then(1.0).otherwise("score").alias("score"),
    )
    assert exchange_of(part, None).n_exchangeable == 30
    assert exchange_of(shared, None).n_exchangeable == 29


def test_exchange_of__one_input_with_a_score_for_each_target_is_several_scores() -> None:
    shared = rows(30, n_clusters=15).with_columns(pl.format("i{}", pl.int_range(pl.len()) % 15).alias("input_id"))
    assert exchange_of(shared, None).row_of_input.size == 30


def test_exchange_of__nothing_leaves_its_stratum() -> None:
    part = rows(30, n_clusters=30)
    exchange = exchange_of(part, "chrom")
    chrom = part.get_column("chrom").to_numpy()[exchange.row_of_input]
    order = exchange.order(np.random.default_rng(1))
    assert (chrom[order] == chrom).all()
    assert (order != np.arange(30)).any()


def test_exchange_of__a_block_in_two_strata_cannot_stay_in_one() -> None:
    with pytest.raises(UndefinedError, match="two strata"):
        exchange_of(rows(30, n_clusters=3), "chrom")


def test_p_value__what_cannot_change_places_has_no_p_value_but_a_reason() -> None:
    part = rows(n_clusters=15)
    found = p_value(METRICS["pearson_r"], _held(part), terms(permute_within="chrom"), "effect", "all")
    assert found is not None
    assert "two strata" in str(found.reason)


def test_evaluate__p_values_are_of_the_family_alone() -> None:
    found = evaluate(joined(rows()), [SCORE], terms(strata=["chrom", "label"], family=["all", "chrom"]))
    tested = found.filter(pl.col("p_value").is_not_null()).get_column("stratum").unique().sort().to_list()
    assert tested == ["all", "chrom=chr1", "chrom=chr2"]


def test_adjusted__q_and_bonferroni_are_over_all_tests() -> None:
    found = adjusted(evaluate(joined(rows(), rows(name="t", noise=20)), [SCORE, OTHER], terms()))
    tested = found.filter(pl.col("p_value").is_not_null())
    p = tested.get_column("p_value").to_numpy()
    np.testing.assert_allclose(tested.get_column("q_value"), stats.false_discovery_control(p), rtol=1e-12)
    np.testing.assert_allclose(tested.get_column("p_bonferroni"), np.minimum(p * p.size, 1), rtol=1e-12)
    rest = found.filter(pl.col("p_value").is_null())
    assert rest.height
    assert rest.get_column("q_value").null_count() == rest.height
