from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from tests.evaluation.builders import SCORE, joined, rows, terms

from refalt.evaluation.evaluate import evaluate
from refalt.evaluation.held import Terms, measured_rows
from refalt.evaluation.labels import QUESTIONS

BY_NAME = {question.name: question for question in QUESTIONS}


def test_measured_rows__rows_without_a_score_leave_and_are_counted() -> None:
    part = rows(20).with_columns(pl.when(pl.int_range(pl.len()) < 5).then(None).otherwise("score").alias("score"))
    held = measured_rows(BY_NAME["effect"], part)
    assert (held.rows.height, held.n_missing) == (15, 5)


def test_measured_rows__a_median_is_that_of_all_measured_rows_not_of_those_that_have_the_score() -> None:
    part = rows(21)
    whole = measured_rows(BY_NAME["magnitude_median"], part)
    small = pl.col("effect").abs() < pl.col("effect").abs().median()
    held = measured_rows(BY_NAME["magnitude_median"], part.with_columns(pl.when(small).then("score").alias("score")))
    assert whole.target.sum() == 10
    assert not held.target.any()


def test_held_only__keeps_rows_target_and_score_in_step() -> None:
    held = measured_rows(BY_NAME["effect"], rows(30))
    part = held.only(held.target > 0)
    assert (part.target > 0).all()
    assert part.rows.get_column("effect").to_list() == part.target.tolist()
    assert part.score.size == part.rows.height


def test_terms_tests__the_whole_the_declared_strata_and_that_of_the_verdict() -> None:
    primary = {"score": "s", "metric": "auroc", "label": "given", "stratum": "label=1"}
    asked = terms(strata=["chrom", "label", "maf"], family=["all", "chrom"], primary=primary)
    tested = [stratum for stratum in ("all", "chrom=chr1", "label=0", "maf=under 0.05") if asked.tests(stratum)]
    assert tested == ["all", "chrom=chr1", "label=0"]
    assert asked.tested_strata == ("chrom", "label")


def test_terms_tests__a_mean_over_strata_is_no_stratum() -> None:
    primary = {"score": "s", "metric": "pearson_r", "label": "effect", "stratum": "mean over element"}
    assert terms(primary=primary).tested_strata == ()


def test_terms_rng__depends_on_its_words_and_the_seed_alone() -> None:
    first, again, other = (terms().rng(*words).random() for words in (("a", "b"), ("a", "b"), ("a", "c")))
    assert first == again != other


BAD: dict[str, tuple[pl.Expr, str]] = {
    "constant score": (pl.lit(1.0).alias("score"), "score is 1"),
    "constant effect": (pl.lit(2.0).alias("effect"), "target is 2"),
    "NaN in score": (pl.when(pl.int_range(pl.len()) == 3).then(math.nan).otherwise("score").alias("score"), "NaN"),
    "infinite score": (pl.when(pl.int_range(pl.len()) == 3).then(math.inf).otherwise("score").alias("score"), "infin"),
    "infinite effect": (
        pl.when(pl.int_range(pl.len()) == 3).then(math.inf).otherwise("effect").alias("effect"), "infin"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_evaluate__bad_columns_give_no_number_but_their_reason(name: str) -> None:
    column, words = BAD[name]
    found = evaluate(joined(rows().with_columns(column)), [SCORE], terms())
    row = found.row(by_predicate=(pl.col("metric") == "pearson_r") & (pl.col("stratum") == "all"), named=True)
    assert all(row[column] is None or math.isnan(row[column]) for column in ("value", "lower", "upper", "p_value"))
    assert words in row["reason"]


def test_evaluate__a_score_of_ties_is_worth_a_coin_and_has_no_interval_of_its_own() -> None:
    found = evaluate(joined(rows().with_columns(score=pl.lit(0.5))), [SCORE], terms())
    row = found.row(by_predicate=(pl.col("metric") == "auroc") & (pl.col("label_name") == "given"), named=True)
    assert row["value"] == 0.5
    assert math.isnan(row["lower"])
    assert row["reason"]


def test_evaluate__a_third_label_gives_no_number_but_its_reason() -> None:
    labels = pl.when(pl.int_range(pl.len()) == 0).then(2).otherwise("label").cast(pl.Int8).alias("label")
    found = evaluate(joined(rows().with_columns(labels)), [SCORE], terms())
    for row in found.filter(label_name="given").iter_rows(named=True):
        assert math.isnan(row["value"])
        assert "labels are 0 and 1, but 2" in row["reason"]
        assert row["prevalence"] is None or math.isnan(row["prevalence"])


def test_evaluate__fewer_than_three_rows_and_one_cluster_have_their_reasons() -> None:
    few = evaluate(joined(rows(2)), [SCORE], terms()).filter(metric="pearson_r")
    assert "2 rows, at least 3" in few.get_column("reason")[0]
    one = evaluate(joined(rows(n_clusters=1)), [SCORE], terms()).filter(metric="pearson_r")
    assert np.isfinite(one.get_column("value")[0])
    assert "1 clusters" in one.get_column("reason")[0]


def test_evaluate__more_strata_than_rows_gives_one_line_a_stratum_each_with_its_reason() -> None:
    part = rows(8).with_columns(pl.format("chr{}", pl.int_range(pl.len())).alias("chrom"))
    found = evaluate(joined(part), [SCORE], terms(strata=["chrom"])).filter(metric="pearson_r")
    assert found.height == 9
    assert found.filter(pl.col("stratum") != "all").get_column("reason").is_not_null().all()


def test_evaluate__no_rows_at_all_is_a_reason_too() -> None:
    found = evaluate(joined(rows(5).head(0)), [SCORE], terms())
    assert found.get_column("value").is_nan().all()
    assert found.get_column("reason").is_not_null().all()


def test_terms__level_is_what_alpha_leaves() -> None:
    assert Terms("d", terms().settings, 1, 0.1, {}).level == 0.9
