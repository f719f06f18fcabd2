from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from refalt.audits.base import Finding, Outcome, Severity
from refalt.audits.inference import NoRowDecides, TheHarnessWorks
from refalt.evaluation.controls import Control
from refalt.evaluation.held import Held
from refalt.testing.builders import build_joined, build_measurements, build_study

NOTHING_HELD = Held(pl.DataFrame(), np.empty(0), np.empty(0), 0)


def control(name: str, values: np.ndarray, expected: float) -> Finding:
    made = Control(name, "effect", "auroc", values, expected, NOTHING_HELD)
    (found,) = TheHarnessWorks().check(controls=[made])
    return found


@pytest.mark.parametrize("seed", range(5))
def test_in006__clear_of_shuffles_around_chance(seed: int) -> None:
    values = np.random.default_rng(seed).normal(0.5, 0.05, 200)
    assert control("shuffled", values, 0.5).outcome is Outcome.CLEAR


@pytest.mark.parametrize("seed", range(5))
def test_in006__finds_shuffles_beside_chance(seed: int) -> None:
    values = np.random.default_rng(seed).normal(0.52, 0.05, 200)
    found = control("shuffled", values, 0.5)
    assert (found.outcome, found.severity) == (Outcome.FOUND, Severity.FATAL)


def test_in006__finds_the_prevalence_taken_for_the_chance_of_auprc() -> None:
    """Average precision of random scores lies above the prevalence in small samples."""
    rng = np.random.default_rng(2)
    labels = np.array([1] * 5 + [0] * 15)
    orders = [labels[rng.permutation(20)] for _ in range(4000)]
    precision = [np.cumsum(order)[order == 1] / (1 + np.flatnonzero(order)) for order in orders]
    values = np.array([part.mean() for part in precision])
    harmonic = (1 / np.arange(1, 21)).sum() / 20
    assert control("shuffled", values, 4 / 19 * (1 - harmonic) + harmonic).outcome is Outcome.CLEAR
    assert control("shuffled", values, 0.25).outcome is Outcome.FOUND


def test_in006__clear_and_finds_without_spread() -> None:
    assert control("shuffled", np.full(200, 0.5), 0.5).outcome is Outcome.CLEAR
    assert control("shuffled", np.full(200, 0.5001), 0.5).outcome is Outcome.FOUND
    assert control("oracle", np.array([1.0]), 1.0).outcome is Outcome.CLEAR
    assert control("oracle", np.array([0.999]), 1.0).outcome is Outcome.FOUND


def test_in006__clear_and_finds_of_an_oracle_with_noise() -> None:
    values = np.random.default_rng(0).normal(0.9, 0.01, 200)
    assert control("oracle", values, 0.91).outcome is Outcome.CLEAR
    assert control("oracle", values, 0.96).outcome is Outcome.FOUND


def test_in006__skips_few_draws() -> None:
    assert control("shuffled", np.full(199, 0.5), 0.5).outcome is Outcome.SKIPPED
    assert control("oracle", np.empty(0), 1.0).outcome is Outcome.SKIPPED


def influence(effect: np.ndarray, score: np.ndarray, *, signed: bool = True) -> Finding:
    rows = build_measurements(effect.size, beta=effect)
    joined = build_joined(rows, score=score)
    recorded = {"name": "said", "model": "recorded", "method": "recorded", "signed": signed}
    (found,) = NoRowDecides().check(joined=joined, scores=build_study(score=[recorded]).score)
    return found


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("slope", [0.0, 1.0])
def test_in009__clear_of_rows_that_weigh_alike(seed: int, slope: float) -> None:
    rng = np.random.default_rng(seed)
    effect = rng.normal(size=200)
    assert influence(effect, slope * effect + rng.normal(size=200)).outcome is Outcome.CLEAR


@pytest.mark.parametrize("seed", range(3))
def test_in009__finds_one_row_that_decides(seed: int) -> None:
    rng = np.random.default_rng(seed)
    effect, score = rng.normal(size=200), rng.normal(size=200)
    effect[7], score[7] = 20.0, 20.0
    found = influence(effect, score)
    assert (found.outcome, found.severity, found.examples) == (Outcome.FOUND, Severity.NOTE, ("row:8",))
    kept = np.arange(200) != 7
    assert f"is {np.corrcoef(effect[kept], score[kept])[0, 1]:.4f} without 1" in found.message


def test_in009__skips_unsigned_scores_and_few_rows() -> None:
    rng = np.random.default_rng(0)
    assert influence(rng.normal(size=50), rng.normal(size=50), signed=False).outcome is Outcome.SKIPPED
    assert influence(rng.normal(size=12), rng.normal(size=12)).outcome is Outcome.SKIPPED


def test_in006__metrics_that_are_clear_share_a_line_and_one_that_is_not_stands_alone() -> None:
    values = np.random.default_rng(3).normal(0.5, 0.05, 200)
    held = Control("shuffled", "given", "auroc", values, 0.5, NOTHING_HELD)
    others = [Control("shuffled", "given", metric, values, 0.5, NOTHING_HELD) for metric in ("auprc", "other")]
    bad = Control("shuffled", "effect", "spearman_rho", values, 0.0, NOTHING_HELD)
    found = list(TheHarnessWorks().check(controls=[held, *others, bad]))
    assert [finding.outcome for finding in found] == [Outcome.CLEAR, Outcome.FOUND]
    assert "All 3 metrics" in found[0].message
