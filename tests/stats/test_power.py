from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from refalt.stats.measured import Measured
from refalt.stats.power import (
    auroc_power,
    correlation_equivalence,
    correlation_power,
    detectable_auroc,
    detectable_correlation,
    equivalence,
)

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "stats_reference.json").read_text("utf-8"))


@pytest.mark.parametrize("case", REFERENCE["power"])
def test_correlation_power__equals_pingouin(case: dict[str, float]) -> None:
    assert correlation_power(case["r"], case["n"]).value == pytest.approx(case["power"], abs=1e-9)
    assert correlation_power(-case["r"], case["n"]).value == pytest.approx(case["power"], abs=1e-9)


def test_correlation_power__of_the_published_claims() -> None:
    assert detectable_correlation(1000).value == pytest.approx(0.0885, abs=5e-5)
    assert correlation_power(0.01, 107229).value == pytest.approx(0.9057, abs=5e-5)


@pytest.mark.parametrize("n", [10, 152.5, 1000, 1e6])
def test_detectable_correlation__has_the_power_asked_for(n: float) -> None:
    assert correlation_power(detectable_correlation(n, power=0.9, alpha=0.01).value, n, alpha=0.01).value == (
        pytest.approx(0.9, abs=1e-9)
    )


def test_auroc_power__no_effect_is_found_at_the_rate_of_alpha() -> None:
    assert auroc_power(0.5, 40, 60).value == pytest.approx(0.05, abs=1e-12)
    assert auroc_power(0.3, 40, 60).value == auroc_power(0.7, 40, 60).value


def test_detectable_auroc__is_found_in_simulated_studies_at_that_rate() -> None:
    from scipy import stats

    area = detectable_auroc(60, 90).value
    rng = np.random.default_rng(1)
    shift = math.sqrt(2) * stats.norm.ppf(area)
    positives, negatives = rng.normal(size=(2000, 60)) + shift, rng.normal(size=(2000, 90))
    found = stats.mannwhitneyu(positives, negatives, axis=1, method="asymptotic").pvalue < 0.05
    assert found.mean() == pytest.approx(0.8, abs=0.05)


@pytest.mark.parametrize(
    "outcome",
    [
        correlation_power(0.5, 3),
        correlation_power(1.0, 100),
        detectable_correlation(100, alpha=0.05, power=0.04),
        detectable_correlation(3),
        auroc_power(0.7, 1, 100),
        detectable_auroc(2, 2, power=0.99),
        correlation_equivalence(0.1, 3, margin=0.1),
        correlation_equivalence(0.1, 100, margin=-0.1),
        equivalence(math.nan, 0.1, margin=0.1),
        equivalence(0.1, 0.0, margin=0.1),
    ],
)
def test_power__what_cannot_be_said_has_a_reason(outcome: Measured) -> None:
    assert math.isnan(outcome.value)
    assert outcome.reason


def test_correlation_equivalence__a_large_null_is_a_null_and_a_small_one_is_not() -> None:
    assert correlation_equivalence(0.0026, 107229, margin=0.1).value < 1e-10
    assert correlation_equivalence(0.0026, 82, margin=0.1).value > 0.05
    assert correlation_equivalence(0.2, 107229, margin=0.1).value > 0.99


def test_equivalence__is_the_larger_of_two_one_sided_tests() -> None:
    from scipy import stats

    value, error, margin, df = 0.03, 0.02, 0.07, 17
    above = stats.t.cdf((value - margin) / error, df)
    below = stats.t.sf((value + margin) / error, df)
    assert equivalence(value, error, margin=margin, df=df).value == pytest.approx(max(above, below))
    assert equivalence(-value, error, margin=margin, df=df).value == pytest.approx(max(above, below))
    assert equivalence(margin, error, margin=margin).value == pytest.approx(0.5)
