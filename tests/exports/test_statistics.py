from __future__ import annotations

import math

import numpy as np

from refalt.exports.statistics import statistics_text
from refalt.testing.builders import build_estimates, build_joined, build_measurements


def test_statistics_text__holds_estimates_and_the_moments_of_both() -> None:
    beta, score = [0.5, -1.0, 2.0, None], [1.0, 2.0, 4.0, 9.0]
    joined = build_joined(build_measurements(4, beta=beta, label=[1, 1, 0, 1]), score=score)
    estimates = build_estimates(
        {"metric": "pearson_r", "value": 0.25, "lower": 0.1, "upper": 0.4, "p_value": 0.03},
        {"metric": "spearman_rho", "value": math.nan, "reason": "too few"},
        {"metric": "pearson_r", "value": 0.75, "stratum": "label=1"},
    )
    text = statistics_text(joined.comparison, estimates, "said", stratum="all")
    assert "Pearson r: 0.25 (95% interval 0.1 to 0.4), p 0.03; n 100" in text
    assert "Spearman rho: no number (too few)" in text
    assert f"effect: n 3, mean {np.mean([0.5, -1, 2]):.10g}, sd {np.std([0.5, -1, 2], ddof=1):.10g}" in text
    assert f"score: n 3, mean {7 / 3:.10g}" in text
    part = statistics_text(joined.comparison, estimates, "said", stratum="label=1")
    assert "Pearson r: 0.75" in part
    assert "effect: n 2, mean -0.25" in part
