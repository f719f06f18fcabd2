from __future__ import annotations

import gzip
import math
from typing import Any

import numpy as np
import pytest

from refalt.stats.association import pearson
from refalt.stats.reliability import (
    ceiling_from_reliability,
    ceiling_from_replicates,
    cluster_constant_ceiling,
    linkage_ceiling,
    reliability_from_errors,
    reliability_from_replicates,
)


def test_reliability__ceilings_are_reached_by_a_perfect_score() -> None:
    rng = np.random.default_rng(4)
    true = rng.normal(size=40_000)
    error = rng.uniform(0.2, 1.2, size=true.size)
    measured = true + error * rng.normal(size=true.size)
    reliability = reliability_from_errors(measured, error).value
    assert ceiling_from_reliability(reliability).value == pytest.approx(pearson(measured, true).value, abs=0.01)
    replicates = true[:, None] + rng.normal(size=(true.size, 3))
    by_replicates = reliability_from_replicates(replicates).value
    assert by_replicates == pytest.approx(3 / 4, abs=0.01)
    reached = pearson(replicates.mean(axis=1), true).value
    assert ceiling_from_reliability(by_replicates).value == pytest.approx(reached, abs=0.01)


def test_ceiling_from_reliability__two_noisy_columns_multiply() -> None:
    assert ceiling_from_reliability(0.64, score_reliability=0.25).value == pytest.approx(0.4)
    assert "between 0 and 1" in (ceiling_from_reliability(1.2).reason or "")


def test_reliability__noise_alone_has_a_reason() -> None:
    rng = np.random.default_rng(4)
    assert "all of the variance" in (reliability_from_errors([1.0, -1.0, 0.5], [2.0, 2.0, 2.0]).reason or "")
    assert "equal" in (reliability_from_errors([1.0, 1.0, 1.0], [2.0, 2.0, 2.0]).reason or "")
    assert "negative" in (reliability_from_errors([1.0, 2.0, 1.0], [2.0, -2.0, 2.0]).reason or "")
    first = rng.normal(size=50)
    assert "do not correlate" in (reliability_from_replicates(np.column_stack([first, -first])).reason or "")
    assert "in every row" in (reliability_from_replicates(np.ones((5, 2))).reason or "")
    with pytest.raises(ValueError, match="two or more"):
        reliability_from_replicates(first)


def test_linkage_ceiling__is_what_a_perfect_score_reaches_in_simulated_loci() -> None:
    rng = np.random.default_rng(6)
    n_loci, size = 4000, 12
    causal = rng.normal(size=n_loci)
    linkage = np.hstack([np.ones((n_loci, 1)), rng.uniform(-0.9, 0.9, size=(n_loci, size - 1))])
    marginal = (causal[:, None] * linkage).ravel()
    score = np.hstack([causal[:, None], np.zeros((n_loci, size - 1))]).ravel()
    locus = np.repeat(np.arange(n_loci), size)
    ceiling = linkage_ceiling(marginal, marginal / 0.1, locus).value
    assert ceiling == pytest.approx(pearson(marginal, score).value, abs=0.01)
    shuffled = rng.permutation(locus.size)
    again = linkage_ceiling(marginal[shuffled], marginal[shuffled] / 0.1, locus[shuffled])
    assert again.value == pytest.approx(ceiling, rel=1e-12)


def test_linkage_ceiling__one_variant_per_locus_has_no_ceiling_below_one() -> None:
    assert linkage_ceiling([1.0, -2.0, 0.5], [3.0, -4.0, 2.0], [0, 1, 2]).value == pytest.approx(1)
    assert linkage_ceiling([1.0, 1.0], [3.0, 3.0], [0, 0]).value == pytest.approx(math.sqrt(0.5))
    assert "no locus" in (linkage_ceiling([0.0, 0.0], [0.0, 0.0], [0, 1]).reason or "")


def test_linkage_ceiling__of_a_real_eqtl_table_is_low(real_input: Any) -> None:
    with gzip.open(real_input("eqtl_catalogue/BLUEPRINT_PE.T-cell_ge.nominal.sorted.tsv.gz"), "rt") as lines:
        header = next(lines).rstrip("\n").split("\t")
        rows = [line.rstrip("\n").split("\t") for line in lines]
    gene, beta, error, variant = (
        np.array([row[header.index(name)] for row in rows]) for name in ("gene_id", "beta", "se", "variant")
    )
    kept = np.unique(np.char.add(gene, variant), return_index=True)[1]
    effect, z_score = beta[kept].astype(float), beta[kept].astype(float) / error[kept].astype(float)
    locus = np.unique(gene[kept], return_inverse=True)[1]
    assert 0.03 < linkage_ceiling(effect, z_score, locus).value < 0.38


def test_cluster_constant_ceiling__is_reached_by_the_cluster_means() -> None:
    rng = np.random.default_rng(3)
    cluster = rng.integers(0, 9, size=200)
    target = rng.normal(size=200) + rng.normal(size=9)[cluster]
    means = (np.bincount(cluster, weights=target) / np.bincount(cluster))[cluster]
    ceiling = cluster_constant_ceiling(target, cluster).value
    assert ceiling == pytest.approx(pearson(target, means).value, rel=1e-12)
    assert "all values are equal" in (cluster_constant_ceiling(np.ones(4), [0, 0, 1, 1]).reason or "")


@pytest.mark.parametrize(("r", "k"), [(0.4, 1), (0.4, 2), (1.0, 2), (0.73, 2)])
def test_ceiling_from_replicates__is_the_root_of_the_reliability_of_their_mean(r: float, k: int) -> None:
    pair = np.random.default_rng(1).multivariate_normal([0, 0], [[1, r], [r, 1]], size=200)
    measured = pearson(pair[:, 0], pair[:, 1]).value
    expected = measured if k == 1 else reliability_from_replicates(pair).value
    assert ceiling_from_replicates(measured, measured_times=k).value == pytest.approx(math.sqrt(expected), abs=1e-12)


@pytest.mark.parametrize("r", [0.0, -0.2, 1.1])
def test_ceiling_from_replicates__without_signal_there_is_none(r: float) -> None:
    assert math.isnan(ceiling_from_replicates(r).value)
    assert "no signal" in str(ceiling_from_replicates(r).reason)
