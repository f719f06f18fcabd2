from __future__ import annotations

import math

import numpy as np
import pytest

from refalt.evaluation.beside.limits import interval_of_counts
from refalt.evaluation.labels import Floats
from refalt.stats.intervals import BOOTSTRAP_CLUSTERS, Interval, cluster_interval
from refalt.stats.measured import Measured, nothing
from refalt.stats.metric import METRICS
from refalt.stats.prepared import counted_statistic

PEARSON = METRICS["pearson_r"]


def _both(n_clusters: int) -> tuple[Interval, Interval]:
    rng = np.random.default_rng(4)
    target = rng.normal(size=400)
    score = target + rng.normal(size=400)
    codes = (np.arange(400) % n_clusters).astype(np.int32)
    own = interval_of_counts(
        PEARSON.function(target, score),
        counted_statistic(PEARSON, target, score, codes, n_clusters=n_clusters),
        n_clusters, n=400, rng=np.random.default_rng(7), level=0.9, resamples=300, scale="fisher_z",
    )  # fmt: skip
    whole = cluster_interval(PEARSON, target, score, codes, rng=np.random.default_rng(7), level=0.9, resamples=300)
    return own, whole


def test_interval_of_counts__is_the_bootstrap_of_the_metric_it_is_given() -> None:
    own, whole = _both(BOOTSTRAP_CLUSTERS)
    assert (own.lower, own.upper, own.method) == (
        pytest.approx(whole.lower, abs=1e-12), pytest.approx(whole.upper, abs=1e-12), "percentile"
    )  # fmt: skip


def test_interval_of_counts__with_few_clusters_is_a_jackknife_and_with_fewer_none() -> None:
    own, whole = _both(20)
    assert own.method == "jackknife"
    assert own.standard_error == pytest.approx(whole.standard_error, rel=1e-9)
    assert (own.lower, own.upper) == (pytest.approx(whole.lower, abs=1e-9), pytest.approx(whole.upper, abs=1e-9))
    assert math.isnan(_both(9)[0].lower)


def _made(value: Measured, statistic: object, n_clusters: int = BOOTSTRAP_CLUSTERS) -> Interval:
    return interval_of_counts(
        value,
        statistic,
        n_clusters,
        n=n_clusters,
        rng=np.random.default_rng(1),
        level=0.95,
        resamples=100,  # type: ignore[arg-type]
    )


def test_interval_of_counts__nothing_to_measure_has_its_reason() -> None:
    assert _made(nothing("why"), np.sum).reason == "why"


def test_interval_of_counts__resamples_that_leave_nothing_or_never_vary_give_no_interval() -> None:
    def empty(counts: Floats) -> Floats:
        return np.full(counts.shape[1], np.nan)

    def same(counts: Floats) -> Floats:
        return np.ones(counts.shape[1])

    assert "leave nothing to measure" in str(_made(Measured(1.0), empty).reason)
    assert "every resample gives 1" in str(_made(Measured(1.0), same).reason)
    assert "without one of the clusters" in str(_made(Measured(1.0), empty, 20).reason)
    assert "without any one cluster it is 1" in str(_made(Measured(1.0), same, 20).reason)
