from __future__ import annotations

import numpy as np
import pytest

from refalt.stats.metric import METRICS


def test_metrics__are_keyed_by_their_own_names() -> None:
    assert {name: metric.name for name, metric in METRICS.items()} == {name: name for name in METRICS}
    assert set(METRICS) == {
        "spearman_rho",
        "pearson_r",
        "auroc",
        "auprc",
        "sign_concordance",
        "calibration_slope",
    }


@pytest.mark.parametrize("name", METRICS)
def test_metrics__minimum_n_is_the_fewest_rows_that_can_be_measured(name: str) -> None:
    metric = METRICS[name]
    target, score = np.array([0.0, 1.0, 1.0, 0.0]), np.array([-1.0, 1.0, 2.0, 3.0])
    if name == "sign_concordance":
        target = np.array([1.0, -1.0, 1.0, 1.0])
    assert metric.function(target[: metric.minimum_n], score[: metric.minimum_n]).reason is None
    fewer = metric.function(target[: metric.minimum_n - 1], score[: metric.minimum_n - 1])
    assert "at least" in (fewer.reason or "")


@pytest.mark.parametrize("name", METRICS)
def test_metrics__chance_is_what_shuffled_scores_get_on_average(name: str) -> None:
    metric = METRICS[name]
    rng = np.random.default_rng(5)
    effect = np.round(rng.normal(0.4, 1, size=80), 1)
    score = np.round(rng.normal(0.3, 1, size=80), 1)
    effect, score = effect + (effect == 0), score + (score == 0)
    target = (effect > 1).astype(float) if metric.needs == "label" else effect
    shuffled = np.array([metric.function(target, rng.permutation(score)).value for _ in range(2000)])
    error = shuffled.std(ddof=1) / np.sqrt(shuffled.size)
    assert abs(shuffled.mean() - metric.chance(target, score).value) < 4 * error


def test_sign_concordance__chance_counts_zeros_wherever_a_shuffle_puts_them() -> None:
    rng = np.random.default_rng(6)
    effect = np.where(np.arange(60) < 12, 0.0, rng.exponential(size=60))
    score = np.where(np.arange(60) < 20, -1.0, rng.normal(0.5, 1, size=60))
    metric = METRICS["sign_concordance"]
    shuffled = np.array([metric.function(effect, rng.permutation(score)).value for _ in range(2000)])
    error = shuffled.std(ddof=1) / np.sqrt(shuffled.size)
    assert abs(shuffled.mean() - metric.chance(effect, score).value) < 4 * error


@pytest.mark.parametrize("name", METRICS)
def test_metrics__signed_ones_change_when_the_score_is_negated(name: str) -> None:
    metric = METRICS[name]
    if metric.needs == "label":
        assert not metric.signed
        return
    effect, score = np.array([1.0, -2.0, 3.0, 4.0]), np.array([1.0, -1.0, -2.0, 3.0])
    changed = metric.function(effect, -score).value != pytest.approx(metric.function(effect, score).value)
    assert changed == metric.signed
