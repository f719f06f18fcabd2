from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from refalt.audits.base import Finding, Outcome, Severity
from refalt.audits.claims import (
    CeilingIsKnown,
    ClaimSurvivesDependence,
    FamilyWasCorrected,
    NullIsANull,
    SimpleBaselineIsBeaten,
)
from refalt.stats.power import detectable_correlation
from refalt.testing.builders import build_estimates, build_joined, build_measurements, build_study

SEEDS = pytest.mark.parametrize("seed", [1, 2, 3])


def rho(value: float, error: float, n: int, **more: Any) -> dict[str, Any]:
    """An estimate whose interval has this standard error on Fisher's z."""
    ends = [math.tanh(math.atanh(value) + side * 1.959964 * error) for side in (-1, 1)]
    return {"value": value, "lower": ends[0], "upper": ends[1], "n": n} | more


def dependence(*rows: dict[str, Any]) -> list[Finding]:
    return list(ClaimSurvivesDependence().check(estimates=build_estimates(*rows)))


def test_in001__clear_of_independent_rows() -> None:
    (found,) = dependence(rho(0.4, math.sqrt(1.06 / 997), 1000))
    assert (found.outcome, found.statistic) == (Outcome.CLEAR, pytest.approx(1.0, abs=1e-3))


def test_in001__finds_wide_clusters_and_a_decision_that_changes() -> None:
    (wide,) = dependence(rho(0.4, 3 * math.sqrt(1.06 / 997), 1000))
    assert (wide.outcome, wide.severity, wide.statistic) == (
        Outcome.FOUND,
        Severity.SERIOUS,
        pytest.approx(3, abs=0.01),
    )
    assert "decision" not in wide.message
    (lost,) = dependence(rho(0.08, 1.4 * math.sqrt(1.06 / 997), 1000))
    assert "decision about zero changes" in lost.message


def test_in001__skips_withheld_intervals_and_controls() -> None:
    nothing = {"value": 0.3, "lower": math.nan, "upper": math.nan}
    assert [found.outcome for found in dependence(nothing)] == [Outcome.SKIPPED]
    assert [found.outcome for found in dependence(rho(0.3, 0.1, 50, model="control"))] == [Outcome.SKIPPED]


def family(*p_and_q: tuple[float | None, float | None]) -> Finding:
    rows = [{"p_value": p, "q_value": q, "stratum": f"s{i}"} for i, (p, q) in enumerate(p_and_q)]
    (found,) = FamilyWasCorrected().check(estimates=build_estimates(*rows))
    return found


def test_in002__clear_of_adjusted_p_values() -> None:
    assert family((0.01, 0.02), (0.5, 0.5)).outcome is Outcome.CLEAR
    assert family((0.01, None)).outcome is Outcome.SKIPPED
    assert family((None, None), (None, None)).outcome is Outcome.SKIPPED


def test_in002__finds_bare_p_values() -> None:
    found = family((0.01, None), (0.5, math.nan), (0.2, 0.3))
    assert (found.outcome, found.severity, found.n_affected, found.n_examined) == (
        Outcome.FOUND,
        Severity.SERIOUS,
        2,
        3,
    )


def null(estimate: dict[str, Any]) -> Finding:
    (found,) = NullIsANull().check(estimates=build_estimates(estimate), study=build_study())
    return found


def test_in003__clear_of_effects_and_of_small_ones() -> None:
    assert null(rho(0.3, 0.05, 400)).outcome is Outcome.CLEAR
    assert "no effect may be said" in null(rho(0.01, 0.02, 2500)).message


def test_in003__finds_a_null_that_is_none() -> None:
    found = null(rho(0.02, 0.08, 400))
    assert (found.outcome, found.severity) == (Outcome.FOUND, Severity.SERIOUS)
    n_effective = 3 + 1.06 / 0.08**2
    assert f"effective n of {n_effective:,.0f}" in found.message
    assert f"{detectable_correlation(n_effective).value:.3f} from zero" in found.message


def ceiling(effect: np.ndarray, error: Any) -> Finding:
    rows = build_measurements(effect.size, beta=effect, standard_error=error)
    (found,) = CeilingIsKnown().check(joined=build_joined(rows), scores=build_study().score)
    return found


@SEEDS
def test_in005__clear_of_exact_measurements(seed: int) -> None:
    effect = np.random.default_rng(seed).normal(size=400)
    assert ceiling(effect, 0.1).outcome is Outcome.CLEAR
    assert ceiling(effect, None).outcome is Outcome.SKIPPED


@SEEDS
def test_in005__finds_noisy_measurements_and_their_ceiling(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=20_000)
    found = ceiling(truth + rng.normal(size=20_000), 1.0)
    assert (found.outcome, found.severity) == (Outcome.FOUND, Severity.NOTE)
    assert found.statistic == pytest.approx(math.sqrt(0.5), abs=0.02)
    assert "no signal is left" in ceiling(rng.normal(size=400), 2.0).message


def baseline(score: np.ndarray, effect: np.ndarray, **columns: Any) -> Finding:
    rows = build_measurements(effect.size, beta=effect, **columns)
    study = build_study()
    (found,) = SimpleBaselineIsBeaten().check(joined=build_joined(rows, score=score), scores=study.score, study=study)
    return found


@SEEDS
def test_in007__clear_of_a_score_that_knows_more(seed: int) -> None:
    rng = np.random.default_rng(seed)
    effect, distance = rng.normal(size=400), rng.integers(1, 100_000, 400)
    found = baseline(effect + rng.normal(0, 0.3, 400), effect, tss_distance=distance, maf=rng.uniform(0.1, 0.5, 400))
    assert found.outcome is Outcome.CLEAR
    assert "nearness to the gene" in found.message
    assert "allele frequency" in found.message


@SEEDS
def test_in007__finds_a_score_that_distance_beats(seed: int) -> None:
    rng = np.random.default_rng(seed)
    distance = rng.integers(1, 100_000, 400)
    effect = rng.normal(size=400) * np.exp(-distance / 20_000)
    found = baseline(rng.normal(size=400), effect, tss_distance=distance)
    assert (found.outcome, found.severity) == (Outcome.FOUND, Severity.SERIOUS)
    assert "Spearman with |effect|" in found.message


def test_in007__finds_by_labels_where_there_are_any() -> None:
    rng = np.random.default_rng(0)
    label = rng.integers(0, 2, 400)
    distance = rng.integers(1, 100_000, 400) // (1 + 9 * label)
    found = baseline(rng.normal(size=400), rng.normal(size=400), tss_distance=distance, label=label)
    assert found.outcome is Outcome.FOUND
    assert "AUROC for the labels" in found.message
    assert baseline(rng.normal(size=50), rng.normal(size=50)).outcome is Outcome.SKIPPED
