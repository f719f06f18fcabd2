from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from refalt.stats.delong import auroc_standard_error, clustered_delong
from refalt.stats.metric import METRICS
from refalt.stats.resampling import bootstrap, draw_clusters

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "stats_reference.json").read_text("utf-8"))


@pytest.mark.parametrize("case", REFERENCE["delong"])
def test_clustered_delong__of_independent_rows_equals_mlstatkit(case: dict[str, Any]) -> None:
    rows = np.arange(len(case["label"]))
    difference = clustered_delong(case["label"], case["first"], case["second"], rows)
    assert difference.value / difference.standard_error == pytest.approx(case["z_score"], rel=1e-9)
    assert difference.p_value == pytest.approx(case["p_value"], rel=1e-8)
    mirrored = clustered_delong(case["label"], case["second"], case["first"], rows)
    assert (mirrored.lower, mirrored.upper) == pytest.approx((-difference.upper, -difference.lower))


def obuchowski_by_pairs(label: np.ndarray, score: np.ndarray, cluster: np.ndarray) -> float:
    """Variance straight from the definition: every positive against every negative."""
    wins = np.sign(score[label == 1][:, None] - score[label == 0][None, :]) / 2 + 0.5
    area, (m, n) = wins.mean(), wins.shape
    of_positive, of_negative = wins.mean(axis=1) - area, wins.mean(axis=0) - area
    groups = np.unique(cluster)
    above = np.array([of_positive[cluster[label == 1] == g].sum() for g in groups])
    below = np.array([of_negative[cluster[label == 0] == g].sum() for g in groups])
    i10, i01 = np.unique(cluster[label == 1]).size, np.unique(cluster[label == 0]).size
    s10, s01 = i10 / ((i10 - 1) * m) * above @ above, i01 / ((i01 - 1) * n) * below @ below
    s11 = groups.size / (groups.size - 1) * above @ below
    return float(s10 / m + s01 / n + 2 * s11 / (m * n))


def clustered_labels(seed: int, n_clusters: int = 150) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(n_clusters), rng.integers(1, 9, size=n_clusters))
    shared = rng.normal(size=n_clusters)[cluster]
    label = (shared + rng.normal(size=cluster.size) > 0.5).astype(int)
    first = np.round(label + shared + rng.normal(size=cluster.size), 1)
    second = np.round(0.5 * label + shared + rng.normal(size=cluster.size), 1)
    return label, first, second, cluster


@pytest.mark.parametrize("seed", [1, 2])
def test_auroc_standard_error__equals_obuchowski_by_pairs(seed: int) -> None:
    label, first, _, cluster = clustered_labels(seed)
    expected = math.sqrt(obuchowski_by_pairs(label, first, cluster))
    assert auroc_standard_error(label, first, cluster).value == pytest.approx(expected, rel=1e-12)


def test_clustered_delong__agrees_with_the_cluster_bootstrap() -> None:
    label, first, second, cluster = clustered_labels(3)
    draws = draw_clusters(150, resamples=3000, rng=np.random.default_rng(1))
    metric = METRICS["auroc"]
    one, other = (bootstrap(metric, label, score, cluster, draws=draws) for score in (first, second))
    assert auroc_standard_error(label, first, cluster).value == pytest.approx(one.std(ddof=1), rel=0.08)
    found = clustered_delong(label, first, second, cluster).standard_error
    assert found == pytest.approx((one - other).std(ddof=1), rel=0.08)


def test_clustered_delong__withholds_with_a_reason() -> None:
    label, first, second, cluster = clustered_labels(4)
    few = cluster < 9
    assert "9 clusters" in (clustered_delong(label[few], first[few], second[few], cluster[few]).reason or "")
    same = clustered_delong(label, first, first, cluster)
    assert same.value == 0
    assert "no variance" in (same.reason or "")
    one_class = clustered_delong(label * 0, first, second, cluster)
    assert math.isnan(one_class.value)
    assert "every label is 0" in (one_class.reason or "")
    lonely = clustered_delong((cluster == 0).astype(int), first, second, cluster)
    assert "single cluster" in (lonely.reason or "")
    assert "every label" in (auroc_standard_error(label * 0, first, cluster).reason or "")
