from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refalt.stats.classification import auprc, auprc_chance, auprc_chance_with_ties, auroc, prevalence

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "stats_reference.json").read_text("utf-8"))
CASES = REFERENCE["classification"]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("weighting", ["", "_by_counts", "_by_shares"])
def test_areas__equal_sklearn(case: dict[str, Any], weighting: str) -> None:
    weights = case[weighting.removeprefix("_by_")] if weighting else None
    for name, statistic in (("auroc", auroc), ("auprc", auprc)):
        value = statistic(case["label"], case["score"], weights=weights).value
        assert value == pytest.approx(case[name + weighting], rel=1e-12)


@pytest.mark.parametrize("statistic", [auroc, auprc, auprc_chance_with_ties])
@pytest.mark.parametrize(
    ("label", "score", "words"),
    [
        ([1, 1, 1], [1, 2, 3], "every label is 1"),
        ([0, 0, 0], [1, 2, 3], "every label is 0"),
        ([0, 1, 2], [1, 2, 3], "2 occurs"),
        ([0, 1, -1], [1, 2, 3], "-1 occurs"),
        ([0, 1, math.nan], [1, 2, 3], "target has 1 values"),
        ([0, 1, 1], [1, math.nan, 3], "score has 1 values"),
        ([1], [1], "1 rows"),
    ],
)
def test_areas__nothing_to_rank_has_a_reason(
    statistic: Any, label: list[float], score: list[float], words: str
) -> None:
    outcome = statistic(label, score)
    assert math.isnan(outcome.value)
    assert words in outcome.reason


def test_auroc__one_tie_is_a_coin_toss() -> None:
    assert auroc([0, 1, 1, 0], [3, 3, 3, 3]).value == 0.5
    assert auprc([0, 1, 1, 0, 0], [3, 3, 3, 3, 3]).value == pytest.approx(0.4)


def test_auroc__accepts_booleans() -> None:
    assert auroc(np.array([False, True]), [0, 1]).value == 1


@given(st.lists(st.tuples(st.booleans(), st.integers(-5, 5)), min_size=2, max_size=40))
def test_auroc__of_negated_score_is_the_rest_of_one(rows: list[tuple[bool, int]]) -> None:
    label, score = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    forward, backward = auroc(label, score), auroc(label, -score)
    if forward.reason is None:
        assert forward.value + backward.value == pytest.approx(1)
        assert forward.value == pytest.approx(auroc(1 - label, -score).value)


def test_prevalence__is_the_share_of_positives() -> None:
    assert prevalence([0, 1, 0, 0]).value == 0.25
    assert prevalence([0, 1], weights=[1, 3]).value == 0.75
    assert prevalence([1, 1]).value == 1
    assert "3 occurs" in (prevalence([0, 3]).reason or "")


@pytest.mark.parametrize(("n", "n_positive"), [(2, 1), (6, 2), (7, 6)])
def test_auprc_chance__is_the_mean_over_all_orders(n: int, n_positive: int) -> None:
    labels = [np.isin(np.arange(n), chosen) for chosen in itertools.combinations(range(n), n_positive)]
    expected = np.mean([auprc(label, np.arange(n)).value for label in labels])
    assert auprc_chance(n, n_positive).value == pytest.approx(expected, rel=1e-12)
    assert auprc_chance_with_ties(labels[0], np.arange(n)).value == pytest.approx(expected, rel=1e-12)


def test_auprc_chance_with_ties__is_the_mean_over_all_orders() -> None:
    score = [3, 1, 1, 2, 2, 2, 5]
    labels = [np.isin(np.arange(7), chosen) for chosen in itertools.combinations(range(7), 3)]
    expected = np.mean([auprc(label, score).value for label in labels])
    assert auprc_chance_with_ties(labels[0], score).value == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("n", "n_positive"), [(5, 0), (5, 5), (0, 0)])
def test_auprc_chance__one_class_has_a_reason(n: int, n_positive: int) -> None:
    assert "both classes" in (auprc_chance(n, n_positive).reason or "")


def test_published_dsqtl_scores__give_the_published_areas(real_input: Any) -> None:
    table = np.genfromtxt(real_input("dsqtl/degner2012_lcl_dsqtl.tsv"), delimiter="\t", names=True)
    label = table["label"]
    kept = np.isfinite(label)
    assert ((label == 1).sum(), (label == 0).sum()) == (574, 27735)
    assert prevalence(label[kept]).value == pytest.approx(0.0203, abs=5e-5)
    for column, area, precision in (("deltasvm_lee2015", 0.7519, 0.19338), ("deltasvm_gkm", 0.7523, 0.18795)):
        magnitude = np.abs(table[column][kept])
        assert auroc(label[kept], magnitude).value == pytest.approx(area, abs=5e-5)
        assert auprc(label[kept], magnitude).value == pytest.approx(precision, abs=5e-6)
