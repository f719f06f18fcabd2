from __future__ import annotations

import math
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats

from refalt.errors import UserError
from refalt.evaluation.evaluate import Terms
from refalt.evaluation.join import Joined
from refalt.evaluation.means import mean_estimates, mean_of_groups
from refalt.studies.study import EvaluationSection, ScoreSection
from refalt.tables import Attrition, Comparison, Estimates

SCORE = ScoreSection.model_validate({"name": "s", "model": "recorded"})


def _terms(mean_over: str | None = "element", **changes: Any) -> Terms:
    settings = EvaluationSection.model_validate(
        {"labels": [], "mean_over": mean_over, "resamples": 100, "family": changes.get("family", ("all",))}
    )
    return Terms("d", settings, 1, 0.05, changes.get("withheld", {}), changes.get("quantity", "effect"))


def _joined(sizes: list[int], clusters: list[str] | None = None) -> Joined:
    """One element a size; its rows are one cluster, named after it or as given."""
    rng = np.random.default_rng(4)
    element = np.repeat([f"e{i}" for i in range(len(sizes))], sizes)
    names = clusters or [f"e{i}" for i in range(len(sizes))]
    effect = rng.normal(size=element.size)
    frame = pl.DataFrame(
        {
            "source_row": np.arange(element.size),
            "score_name": ["s"] * element.size,
            "asked_id": [f"v{i}" for i in range(element.size)],
            "effect": effect,
            "score": effect + rng.normal(size=element.size),
            "cluster_id": np.repeat(names, sizes),
            "input_id": [f"v{i}" for i in range(element.size)],
            "flags": [[] for _ in element],
            "stratum.element": element,
        },
        schema_overrides={"flags": pl.List(pl.String)},
    )
    compared = Comparison(frame)
    return Joined(compared, compared.frame.head(0).with_columns(reason=pl.lit("")), Attrition.empty())


def _row(found: pl.DataFrame, metric: str = "pearson_r") -> dict[str, Any]:
    return Estimates(found).frame.row(
        by_predicate=(pl.col("metric") == metric) & (pl.col("label_name") == "effect"), named=True
    )


def test_mean_of_groups__of_single_values_is_student_s_interval() -> None:
    values = np.random.default_rng(1).normal(size=12)
    found = mean_of_groups(values, np.arange(12), level=0.9)
    reference = stats.ttest_1samp(values, 0).confidence_interval(0.9)
    assert (found.value, found.n_groups) == (pytest.approx(values.mean()), 12)
    assert (found.lower, found.upper) == (pytest.approx(reference.low), pytest.approx(reference.high))


def test_mean_of_groups__its_p_value_is_student_s() -> None:
    values = np.random.default_rng(3).normal(0.4, size=14)
    found = mean_of_groups(values, np.arange(14), level=0.95)
    assert found.p_value == pytest.approx(stats.ttest_1samp(values, 0).pvalue)


def test_mean_of_groups__values_that_never_differ_have_no_interval() -> None:
    found = mean_of_groups(np.ones(12), np.arange(12), level=0.95)
    assert (found.value, found.reason) == (1.0, "every cluster gives 1: no interval")
    assert math.isnan(found.lower)


def test_mean_estimates__a_mean_in_the_family_is_tested_against_its_chance() -> None:
    held = _joined([30] * 12)
    found = mean_estimates(held, [SCORE], _terms(family=("all", "mean over element")))
    by_element = held.comparison.frame.group_by("stratum.element").agg(pl.corr("effect", "score"))
    assert _row(found)["p_value"] == pytest.approx(stats.ttest_1samp(by_element["effect"], 0).pvalue)
    signs = _row(found, "sign_concordance")
    assert signs["p_value"] < 0.001
    assert signs["chance"] == pytest.approx(0.5, abs=0.05)
    assert _row(found, "calibration_slope")["p_value"] is None
    assert _row(mean_estimates(held, [SCORE], _terms()))["p_value"] is None


def test_mean_of_groups__the_same_value_twice_in_a_group_tells_nothing_new() -> None:
    values = np.random.default_rng(2).normal(size=11)
    once = mean_of_groups(values, np.arange(11), level=0.95)
    twice = mean_of_groups(np.repeat(values, 2), np.repeat(np.arange(11), 2), level=0.95)
    assert (twice.lower, twice.upper, twice.n_groups) == (pytest.approx(once.lower), pytest.approx(once.upper), 11)


def test_mean_of_groups__few_groups_have_no_interval_and_no_values_no_mean() -> None:
    few = mean_of_groups(np.array([1.0, 3.0]), np.array([0, 1]), level=0.95)
    assert (few.value, few.reason) == (2.0, "2 clusters: no interval under 10")
    assert math.isnan(few.lower)
    nothing = mean_of_groups(np.empty(0), np.empty(0, dtype=np.int64), level=0.95)
    assert math.isnan(nothing.value)
    assert nothing.reason == "none of its parts has anything to measure"


def test_mean_estimates__each_element_counts_once_whatever_its_rows() -> None:
    held = _joined([10, 200, *[30] * 10])
    row = _row(mean_estimates(held, [SCORE], _terms()))
    by_element = held.comparison.frame.group_by("stratum.element").agg(pl.corr("effect", "score"))
    assert row["value"] == pytest.approx(by_element.get_column("effect").mean())
    assert (row["stratum"], row["n"], row["n_clusters"]) == ("mean over element", 510, 12)
    assert row["lower"] < row["value"] < row["upper"]
    assert row["method"] == "t on clusters of 12 of 12 values of element"


def test_mean_estimates__elements_of_one_locus_are_one_cluster() -> None:
    loci = [*(f"l{i // 2}" for i in range(24))]
    row = _row(mean_estimates(_joined([20] * 24, loci), [SCORE], _terms()))
    alone = _row(mean_estimates(_joined([20] * 24), [SCORE], _terms()))
    assert (row["n_clusters"], alone["n_clusters"]) == (12, 24)
    assert row["value"] == alone["value"]
    assert row["upper"] - row["lower"] != pytest.approx(alone["upper"] - alone["lower"])


def test_mean_estimates__an_element_with_nothing_to_measure_is_left_out_and_counted() -> None:
    row = _row(mean_estimates(_joined([2, *[30] * 10]), [SCORE], _terms()))
    assert row["method"] == "t on clusters of 10 of 11 values of element"
    assert row["n"] == 300


def test_mean_estimates__what_is_withheld_shows_no_number() -> None:
    row = _row(mean_estimates(_joined([30] * 10), [SCORE], _terms(withheld={"signed": "unknown allele"})))
    assert math.isnan(row["value"])
    assert (row["reason"], row["method"]) == ("unknown allele", "none")


def test_mean_estimates__nothing_asked_gives_no_rows() -> None:
    assert mean_estimates(_joined([30] * 10), [SCORE], _terms(None)).is_empty()


def test_mean_estimates__an_unknown_stratum_is_told() -> None:
    with pytest.raises(UserError, match="no stratum named 'elemnt'.*Did you mean 'element'"):
        mean_estimates(_joined([30] * 10), [SCORE], _terms("elemnt"))


def test_mean_estimates__activities_are_asked_nothing_about_signs() -> None:
    found = mean_estimates(_joined([30] * 10), [SCORE], _terms(quantity="activity"))
    assert found.get_column("metric").to_list() == ["spearman_rho", "pearson_r"]


def test_mean_estimates__a_verdict_on_the_mean_asks_for_no_test_of_its_rows() -> None:
    primary = {"score": "s", "metric": "pearson_r", "label": "effect", "stratum": "mean over element"}
    settings = EvaluationSection.model_validate({"labels": [], "mean_over": "element", "primary": primary})
    asked = Terms("d", settings, 1, 0.05, {})
    assert asked.tested_strata == ()
    assert asked.tests("mean over element")
