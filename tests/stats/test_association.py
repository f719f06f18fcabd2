from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refalt.stats.association import (
    calibration_slope,
    mid_ranks,
    partial_spearman,
    pearson,
    sign_agreement,
    sign_concordance,
    spearman,
    split_by_sign,
)

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "stats_reference.json").read_text("utf-8"))
CASES = REFERENCE["association"]
CLOSE = {"rel": 1e-12, "abs": 1e-13}


@pytest.mark.parametrize("case", CASES)
def test_correlations__equal_scipy(case: dict[str, Any]) -> None:
    effect, score = case["effect"], case["score"]
    assert pearson(effect, score).value == pytest.approx(case["pearson"], **CLOSE)
    assert spearman(effect, score).value == pytest.approx(case["spearman"], **CLOSE)
    assert calibration_slope(effect, score).value == pytest.approx(case["slope"], **CLOSE)
    assert mid_ranks(effect).tolist() == case["ranks"]


@pytest.mark.parametrize("case", CASES)
def test_correlations__integer_weights_are_repeated_rows(case: dict[str, Any]) -> None:
    effect, score, counts = case["effect"], case["score"], case["counts"]
    assert pearson(effect, score, weights=counts).value == pytest.approx(case["pearson_by_counts"], **CLOSE)
    assert spearman(effect, score, weights=counts).value == pytest.approx(case["spearman_by_counts"], **CLOSE)


@pytest.mark.parametrize("case", CASES)
def test_correlations__fractional_weights_equal_statsmodels_and_sklearn(case: dict[str, Any]) -> None:
    effect, score, shares = case["effect"], case["score"], case["shares"]
    assert pearson(effect, score, weights=shares).value == pytest.approx(case["pearson_by_shares"], **CLOSE)
    assert calibration_slope(effect, score, weights=shares).value == pytest.approx(case["slope_by_shares"], **CLOSE)


@pytest.mark.parametrize("case", CASES)
def test_partial_spearman__equals_pingouin(case: dict[str, Any]) -> None:
    partial = partial_spearman(case["effect"], case["score"], covariates=case["covariates"])
    assert partial.value == pytest.approx(case["partial_spearman"], rel=1e-10)


@pytest.mark.parametrize("case", CASES)
def test_partial_spearman__integer_weights_are_repeated_rows(case: dict[str, Any]) -> None:
    counts = case["counts"]
    weighted = partial_spearman(case["effect"], case["score"], covariates=case["covariates"], weights=counts)
    effect, score, covariates = (np.repeat(case[name], counts, axis=0) for name in ("effect", "score", "covariates"))
    assert weighted.value == pytest.approx(partial_spearman(effect, score, covariates=covariates).value, rel=1e-10)


def test_partial_spearman__nothing_left_has_a_reason() -> None:
    effect = np.arange(10.0)
    explained = partial_spearman(effect, np.cos(effect), covariates=effect**3)
    assert math.isnan(explained.value)
    assert "nothing of target is left" in (explained.reason or "")
    few = partial_spearman([1, 2, 3], [1, 3, 2], covariates=[2, 1, 3])
    assert "at least 4" in (few.reason or "")
    with pytest.raises(ValueError, match="covariates have 2 rows"):
        partial_spearman([1, 2, 3], [1, 3, 2], covariates=[2, 1])


@pytest.mark.parametrize("statistic", [pearson, spearman, calibration_slope])
@pytest.mark.parametrize(
    ("target", "score", "words"),
    [
        ([1, 2], [1, 2], "2 rows"),
        ([1, 1, 1], [1, 2, 3], "target is"),
        ([1, 2, 3], [0.1, 0.1, 0.1], "score is"),
        ([1, 2, math.nan], [1, 2, 3], "target has 1 values"),
        ([1, 2, 3], [math.inf, 2, 3], "score has 1 values"),
    ],
)
def test_correlations__nothing_to_measure_has_a_reason(
    statistic: Any, target: list[float], score: list[float], words: str
) -> None:
    outcome = statistic(target, score)
    assert math.isnan(outcome.value)
    assert words in outcome.reason


def test_pearson__constant_among_the_rows_that_have_weight_is_constant() -> None:
    assert pearson([1, 1, 1, 5], [1, 2, 3, 4], weights=[1, 1, 1, 0]).reason == "target is 1 in every row"


def test_pearson__survives_tiny_and_huge_values() -> None:
    effect, score = np.array([1.0, 2.0, 4.0, 3.0]), np.array([2.0, 1.0, 5.0, 4.0])
    for scale in (1e-200, 1e150):
        assert pearson(effect * scale, score).value == pytest.approx(pearson(effect, score).value, rel=1e-12)
    assert pearson(effect + 1e8, score).value == pytest.approx(pearson(effect, score).value, rel=1e-7)


def test_calibration_slope__recovers_a_line() -> None:
    score = np.linspace(-1, 1, 11)
    assert calibration_slope(2.5 * score + 7, score).value == pytest.approx(2.5, rel=1e-13)


columns = st.lists(st.tuples(st.integers(-4, 4), st.integers(-4, 4)), min_size=3, max_size=30)


@given(columns)
def test_correlations__negating_the_score_negates_them(rows: list[tuple[int, int]]) -> None:
    effect, score = np.array(rows, dtype=float).T
    for statistic in (pearson, spearman, calibration_slope):
        forward, backward = statistic(effect, score), statistic(effect, -score)
        assert (forward.reason is None) == (backward.reason is None)
        if forward.reason is None:
            assert forward.value == pytest.approx(-backward.value, abs=1e-12)
            assert forward.value == pytest.approx(statistic(effect[::-1], score[::-1]).value, abs=1e-12)


@given(columns)
def test_sign_concordance__of_score_and_negated_score_add_up_to_one(rows: list[tuple[int, int]]) -> None:
    effect, score = np.array(rows, dtype=float).T
    forward, backward = sign_concordance(effect, score), sign_concordance(effect, -score)
    assert (forward.reason is None) == bool(np.any(effect * score))
    if forward.reason is None:
        assert forward.value + backward.value == pytest.approx(1)


def test_sign_agreement__counts_zeros_apart_and_shows_the_margins() -> None:
    effect = [1, 2, 3, 4, -1, -2, 0, 5]
    score = [1, 1, -1, 1, -1, 1, 1, 0]
    agreement = sign_agreement(effect, score)
    assert (agreement.n, agreement.n_zero) == (6, 2)
    assert agreement.concordance.value == pytest.approx(4 / 6)
    assert agreement.expected.value == pytest.approx(4 / 6 * 4 / 6 + 2 / 6 * 2 / 6)
    assert agreement.constant_sign.value == pytest.approx(4 / 6)


@pytest.mark.parametrize("case", CASES)
def test_sign_agreement__kappa_equals_sklearn(case: dict[str, Any]) -> None:
    assert sign_agreement(case["effect"], case["score"]).kappa.value == pytest.approx(case["kappa"], rel=1e-12)


def test_sign_agreement__one_sign_each_leaves_kappa_undefined() -> None:
    agreement = sign_agreement([1, 2, 3], [4, 5, 6])
    assert agreement.concordance.value == agreement.expected.value == 1
    assert "certain by the margins" in (agreement.kappa.reason or "")


def test_sign_agreement__without_signs_nothing_is_measured() -> None:
    agreement = sign_agreement([0, 0, 1], [1, 2, 0])
    assert agreement.n_zero == 3
    outcomes = (agreement.concordance, agreement.expected, agreement.kappa, agreement.constant_sign)
    assert all(math.isnan(outcome.value) and outcome.reason for outcome in outcomes)


def test_split_by_sign__a_correlation_made_of_signs_alone_vanishes_within_them() -> None:
    rng = np.random.default_rng(11)
    side = np.repeat([-1.0, 1.0], 500)
    effect = side * (2 + np.abs(rng.normal(size=1000)))
    score = side + rng.normal(size=1000)
    split = split_by_sign(effect, score)
    assert split.sign_alone.value > 0.6
    assert abs(split.within_positive.value) < 0.12
    assert abs(split.within_negative.value) < 0.12
    assert (split.n_positive, split.n_negative) == (500, 500)


def test_split_by_sign__missing_values_and_one_sign_have_reasons() -> None:
    split = split_by_sign([1, 2, 3, math.nan], [1, 2, 4, 3])
    assert "NaN" in (split.sign_alone.reason or "")
    assert split.within_positive.reason is None
    assert "0 rows" in (split.within_negative.reason or "")


def test_published_dsqtl_scores__give_the_published_correlations(real_input: Any) -> None:
    table = np.genfromtxt(real_input("dsqtl/degner2012_lcl_dsqtl.tsv"), delimiter="\t", names=True)
    label = table["label"]
    kept = (label == 1) & np.isfinite(table["beta"])
    effect, score = table["beta"][kept], table["deltasvm_lee2015"][kept]
    assert kept.sum() == 573
    assert pearson(effect, score).value == pytest.approx(0.7278, abs=5e-5)
    assert spearman(effect, score).value == pytest.approx(0.7119, abs=5e-5)
    split = split_by_sign(effect, score)
    assert split.sign_alone.value == pytest.approx(0.720, abs=5e-4)
    within = sorted((split.within_positive.value, split.within_negative.value))
    assert within == pytest.approx([0.135, 0.239], abs=5e-4)
