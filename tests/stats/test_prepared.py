from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from refalt.stats import counted
from refalt.stats.association import pearson
from refalt.stats.measured import Measured, UndefinedError
from refalt.stats.metric import METRICS, Metric
from refalt.stats.prepared import COMPILED_FROM_ROWS, array_module, counted_statistic, pays_for_threads


def clustered(n: int, n_clusters: int, seed: int = 4) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    score = np.round(rng.normal(size=n), 1)
    return np.round(0.4 * score + rng.normal(size=n), 1), score, rng.integers(0, n_clusters, size=n).astype(np.int32)


def target_for(metric: Metric, effect: np.ndarray) -> np.ndarray:
    return (effect > 0.5).astype(float) if metric.needs == "label" else effect


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("n", [120, COMPILED_FROM_ROWS + 7])
def test_counted_statistic__equals_the_metric_weighted_by_row(name: str, n: int) -> None:
    metric = METRICS[name]
    effect, score, cluster = clustered(n, 9)
    target = target_for(metric, effect)
    counts = np.random.default_rng(8).integers(0, 4, size=(9, 5)).astype(float)
    values = counted_statistic(metric, target, score, cluster, n_clusters=9)(counts)
    expected = [metric.function(target, score, weights=lane[cluster]).value for lane in counts.T]
    np.testing.assert_allclose(values, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", METRICS)
def test_counted_statistic__multiplies_counts_by_row_weights(name: str) -> None:
    metric = METRICS[name]
    effect, score, cluster = clustered(150, 6)
    target = target_for(metric, effect)
    weights = np.random.default_rng(2).uniform(0, 1, size=150)
    counts = np.random.default_rng(8).integers(0, 4, size=(6, 5)).astype(float)
    values = counted_statistic(metric, target, score, cluster, n_clusters=6, weights=weights)(counts)
    expected = [metric.function(target, score, weights=lane[cluster] * weights).value for lane in counts.T]
    np.testing.assert_allclose(values, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("scale", [1e-150, 1e120])
@pytest.mark.parametrize("name", ["pearson_r", "calibration_slope"])
def test_counted_statistic__keeps_its_digits_at_any_scale_and_with_outliers(name: str, scale: float) -> None:
    metric = METRICS[name]
    effect, score, cluster = clustered(200, 5)
    effect = effect + 1e4
    effect[0] = 1e9
    counts = np.ones((5, 1))
    counts[cluster[0]] = 0
    value = counted_statistic(metric, effect * scale, score, cluster, n_clusters=5)(counts)[0]
    expected = metric.function(effect * scale, score, weights=counts[cluster, 0]).value
    assert value == pytest.approx(expected, rel=1e-6)


def test_counted_statistic__any_metric_works_by_row_weights() -> None:
    def doubled(target: object, score: object, /, *, weights: object = None) -> Measured:
        return Measured(2 * pearson(target, score, weights=weights).value)  # type: ignore[arg-type]

    plain = METRICS["pearson_r"]
    own = Metric("doubled", doubled, "effect", None, True, plain.chance, 3, True, "Twice Pearson's r.")
    effect, score, cluster = clustered(80, 5)
    counts = np.ones((5, 2))
    values = counted_statistic(own, effect, score, cluster, n_clusters=5)(counts)
    assert values == pytest.approx([2 * pearson(effect, score).value] * 2)


def test_counted_statistic__unusable_rows_are_refused() -> None:
    cluster = np.zeros(3, dtype=np.int32)
    with pytest.raises(UndefinedError, match="2 occurs"):
        counted_statistic(METRICS["auroc"], [0, 1, 2], [1, 2, 3], cluster, n_clusters=1)
    with pytest.raises(UndefinedError, match="NaN"):
        counted_statistic(METRICS["pearson_r"], [0, 1, np.nan], [1, 2, 3], cluster, n_clusters=1)
    with pytest.raises(ValueError, match="3 rows, but 2 cluster codes"):
        counted_statistic(METRICS["pearson_r"], [0, 1, 2], [1, 2, 3], cluster[:2], n_clusters=1)


def test_pays_for_threads__sums_stand_for_rows_unless_rows_are_weighted() -> None:
    assert pays_for_threads(METRICS["spearman_rho"], 100_000, 50, weighted=False)
    assert not pays_for_threads(METRICS["pearson_r"], 100_000, 50, weighted=False)
    assert pays_for_threads(METRICS["pearson_r"], 100_000, 50, weighted=True)
    assert pays_for_threads(METRICS["pearson_r"], 100_000, 90_000, weighted=False)


def test_array_module__does_not_load_numba_for_few_rows() -> None:
    program = (
        "import sys, numpy as np\n"
        "from refalt.stats.intervals import cluster_interval\n"
        "from refalt.stats.metric import METRICS\n"
        "rng = np.random.default_rng(1)\n"
        "x, y = rng.normal(size=(2, 200))\n"
        "cluster_interval(METRICS['spearman_rho'], x, y, np.arange(200), rng=rng, resamples=50)\n"
        "sys.exit('numba' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
    assert array_module(compiled=False) is counted
