from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from refalt.stats.dependence import (
    correlation_design_effect,
    effective_n,
    eta_squared,
    intraclass_correlation,
    mean_cluster_size,
)
from refalt.stats.reliability import cluster_constant_ceiling

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "stats_reference.json").read_text("utf-8"))


@pytest.mark.parametrize("case", REFERENCE["dependence"])
def test_intraclass_correlation__equals_pingouin_on_equal_clusters(case: dict[str, Any]) -> None:
    values, cluster = case["values"], case["cluster"]
    assert intraclass_correlation(values, cluster).value == pytest.approx(case["icc"], rel=1e-9)
    assert eta_squared(values, cluster).value == pytest.approx(case["eta_squared"], rel=1e-6)


def test_eta_squared__follows_from_scipy_f_on_unequal_clusters() -> None:
    rng = np.random.default_rng(3)
    groups = [rng.normal(loc=mean, size=size) for mean, size in ((0, 4), (1, 9), (3, 2))]
    f = stats.f_oneway(*groups).statistic
    expected = 2 * f / (2 * f + 12)
    cluster = np.repeat([0, 1, 2], [4, 9, 2])
    assert eta_squared(np.concatenate(groups), cluster).value == pytest.approx(expected, rel=1e-12)


def test_mean_cluster_size__both_rules_by_hand_and_equal_for_equal_clusters() -> None:
    cluster = np.repeat([0, 1, 4], [1, 2, 5])
    assert mean_cluster_size(cluster, rule="kish").value == pytest.approx(30 / 8)
    assert mean_cluster_size(cluster, rule="anova").value == pytest.approx((8 - 30 / 8) / 2)
    equal = np.repeat(np.arange(6), 7)
    assert mean_cluster_size(equal, rule="kish").value == pytest.approx(7)
    assert mean_cluster_size(equal, rule="anova").value == pytest.approx(7)


def test_effective_n__copies_of_rows_add_nothing() -> None:
    values = np.random.default_rng(1).normal(size=40)
    copies = effective_n(np.repeat(values, 25), np.repeat(np.arange(40), 25), rule="kish")
    assert copies.value == pytest.approx(40)


def test_effective_n__never_exceeds_the_rows() -> None:
    values = np.tile([-1.0, 1.0], 20) + np.random.default_rng(1).normal(0, 0.01, size=40)
    cluster = np.repeat(np.arange(20), 2)
    assert intraclass_correlation(values, cluster).value < -0.9
    assert effective_n(values, cluster, rule="kish").value == 40


def test_correlation_design_effect__needs_both_columns_to_cluster() -> None:
    rng = np.random.default_rng(2)
    cluster = np.repeat(np.arange(50), 10)
    shared = np.repeat(rng.normal(size=50), 10)
    constant_within, free = np.repeat(rng.normal(size=50), 10), rng.normal(size=500)
    assert correlation_design_effect(shared, constant_within, cluster).value == pytest.approx(10)
    assert correlation_design_effect(shared, free, cluster).value == pytest.approx(1, abs=0.5)


def test_correlation_design_effect__predicts_the_spread_of_null_correlations() -> None:
    rng = np.random.default_rng(2)
    cluster = np.repeat(np.arange(60), 12)

    def column() -> np.ndarray:
        return rng.normal(size=cluster.size) + 1.5 * rng.normal(size=60)[cluster]

    found = [np.corrcoef(column(), column())[0, 1] for _ in range(600)]
    predicted = np.mean([correlation_design_effect(column(), column(), cluster).value for _ in range(100)])
    assert np.var(found) * cluster.size == pytest.approx(predicted, rel=0.2)


@pytest.mark.parametrize(
    ("values", "cluster", "words"),
    [
        ([1, 1, 1, 1], [0, 0, 1, 1], "all values are equal"),
        ([1, 2, 3], [0, 0, 0], "3 rows in 1 clusters"),
        ([1, 2, 3], [0, 1, 2], "3 rows in 3 clusters"),
        ([1, math.nan, 3], [0, 0, 1], "NaN"),
    ],
)
def test_intraclass_correlation__nothing_to_measure_has_a_reason(
    values: list[float], cluster: list[int], words: str
) -> None:
    for outcome in (intraclass_correlation(values, cluster), effective_n(values, cluster, rule="kish")):
        assert math.isnan(outcome.value)
        assert words in (outcome.reason or "")
    with pytest.raises(ValueError, match="cluster codes"):
        intraclass_correlation(values, [*cluster, 0])


def test_published_mpra_counts__have_the_known_dependence(real_input: Any) -> None:
    names: list[str] = []
    activity: list[float] = []
    for pool in (6, 7):
        lines = real_input(f"gse84888/GSE84888_Pool{pool}_MPRA.txt").read_text("utf-8").splitlines()[1:]
        for line in lines:
            name, _, rna, plasmid = line.split("\t")
            names.append(name)
            activity.append(math.log2((float(rna) + 1) / (float(plasmid) + 1)))
    parts = [name.split("_") for name in names]
    where = [next(i for i, part in enumerate(split) if part.startswith("chr")) for split in parts]
    loci = ["_".join(split[i : i + 3]) for split, i in zip(parts, where, strict=True)]
    locus = np.unique(loci, return_inverse=True)[1]
    assert (len(activity), locus.max() + 1) == (6963, 18)
    assert np.mean(activity) == pytest.approx(-1.075011904592624, abs=1e-12)
    assert eta_squared(activity, locus).value == pytest.approx(0.1128262109, abs=1e-10)
    assert cluster_constant_ceiling(activity, locus).value == pytest.approx(0.3358961312, abs=1e-10)
    assert intraclass_correlation(activity, locus).value == pytest.approx(0.1213188194, abs=1e-10)
    assert effective_n(activity, locus, rule="anova").value == pytest.approx(152.5, abs=0.05)
    assert effective_n(activity, locus, rule="kish").value == pytest.approx(82.4, abs=0.05)
