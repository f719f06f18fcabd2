from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from refalt.audits.base import Finding, Outcome, Severity
from refalt.audits.effect_signs import EffectAlleleIsDeclared, EffectsHaveTwoSigns, TheSignAgrees
from refalt.studies.claims import Claim
from refalt.testing.builders import build_declared, build_estimates, build_joined, build_measurements, build_study

NAMES = pytest.mark.parametrize(("name", "seed"), [("slope", 1), ("b", 2), ("log2FC", 3)])


@NAMES
@pytest.mark.parametrize("null", [0.0, 0.5])
def test_ef003__clear_of_two_signs(name: str, seed: int, null: float) -> None:
    beta = np.random.default_rng(seed).normal(null, 0.1, 200)
    found = signs(beta, effect={"column": name, "null": null})
    assert found.outcome is Outcome.CLEAR
    assert found.statistic == pytest.approx(min((beta > null).mean(), (beta < null).mean()))


@NAMES
@pytest.mark.parametrize("side", [1, -1])
def test_ef003__finds_one_sign(name: str, seed: int, side: int) -> None:
    beta = side * np.abs(np.random.default_rng(seed).normal(0, 0.1, 200))
    found = signs(beta, effect={"column": name})
    assert (found.outcome, found.severity, found.n_affected) == (Outcome.FOUND, Severity.SERIOUS, 200)
    assert found.withholds == ("sign_concordance", "direction")


def signs(beta: np.ndarray, *, effect: dict[str, object] | None = None, **columns: object) -> Finding:
    rows = build_measurements(len(beta), beta=beta, **columns)
    return EffectsHaveTwoSigns().check(measurements=rows, declared=build_declared(effect=effect or {}))


def test_ef003__clear_when_sizes_belong_to_either_allele() -> None:
    """A size with a column that says which allele is preferred has two signs once it is ALT over REF."""
    rng = np.random.default_rng(4)
    beta = np.abs(rng.normal(size=100))
    allele = rng.choice(["ref", "alt"], 100).tolist()
    found = signs(beta, effect={"of": {"column": "pref"}}, effect_allele=[name.upper() for name in allele])
    assert found.outcome is Outcome.CLEAR
    assert found.statistic == pytest.approx(min(allele.count("ref"), allele.count("alt")) / 100)


def test_ef003__skips_nine_effects_and_activities() -> None:
    assert signs(np.ones(9)).outcome is Outcome.SKIPPED
    activity = build_declared(quantity="activity")
    rows = build_measurements(30, elements=[f"e{i}" for i in range(30)])
    assert EffectsHaveTwoSigns().check(measurements=rows, declared=activity).outcome is Outcome.SKIPPED


@pytest.mark.parametrize("of", ["alt", "ref", {"column": "risk_allele"}])
def test_ef005__clear_of_a_declaration_with_its_source(of: object) -> None:
    found = EffectAlleleIsDeclared().check(declared=build_declared(effect={"of": of, "source": "Methods, p. 3"}))
    assert found.outcome is Outcome.CLEAR
    assert "Methods, p. 3" in found.message


@pytest.mark.parametrize("name", ["beta", "es"])
def test_ef005__finds_an_unknown_allele_and_withholds_signs(name: str) -> None:
    found = EffectAlleleIsDeclared().check(declared=build_declared(effect={"column": name, "of": "unknown"}))
    assert (found.outcome, found.severity, found.withholds) == (Outcome.FOUND, Severity.SERIOUS, ("signed",))


@pytest.mark.parametrize(
    ("of", "severity"), [("alt", Severity.SERIOUS), ({"column": "a"}, Severity.SERIOUS), ("ref", Severity.FATAL)]
)
def test_ef005__finds_a_missing_source(of: object, severity: Severity) -> None:
    found = EffectAlleleIsDeclared().check(declared=build_declared(effect={"of": of, "source": " "}))
    assert (found.outcome, found.severity, found.withholds) == (Outcome.FOUND, severity, ())


def test_ef005__finds_rows_whose_effect_allele_is_neither() -> None:
    rows = build_measurements(4, ref="A", alt="G", effect_allele=["A", "G", "T", None])
    declared = build_declared(effect={"of": {"column": "risk"}})
    found = EffectAlleleIsDeclared().check(declared=declared, measurements=rows)
    assert (found.outcome, found.n_affected, found.n_examined) == (Outcome.FOUND, 2, 4)
    assert found.examples[0].startswith("row 3")


def agreement(
    effect: np.ndarray, score: np.ndarray, *, upper: float = 0.2, events: Any = (), claims: Any = (), **declared: Any
) -> dict[str, Finding]:
    rows = build_measurements(effect.size, beta=effect)
    findings = TheSignAgrees().check(
        estimates=build_estimates({"value": upper - 0.1, "lower": upper - 0.2, "upper": upper}),
        joined=build_joined(rows, score=score),
        scores=build_study().score,
        declared=build_declared(effect=declared),
        past_events=events,
        claims=[Claim.model_validate({"score": "said", "metric": "sign_concordance"} | claim) for claim in claims],
    )
    return {found.subject: found for found in findings}


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("slope", [0.0, 1.0])
@pytest.mark.parametrize("share_up", [0.2, 0.5])
def test_ef006__clear_of_scores_that_agree_or_know_nothing(seed: int, slope: float, share_up: float) -> None:
    rng = np.random.default_rng(seed)
    effect = np.where(rng.uniform(size=400) < share_up, 1, -1) * np.abs(rng.normal(size=400))
    assert agreement(effect, slope * effect + rng.normal(-0.5, 1, 400))["said"].outcome is Outcome.CLEAR


def test_ef006__finds_an_interval_below_zero() -> None:
    effect = np.random.default_rng(0).normal(size=100)
    found = agreement(effect, -effect, upper=-0.05)["said"]
    assert (found.outcome, found.severity, found.statistic) == (Outcome.FOUND, Severity.SERIOUS, -0.05)


def test_ef006__finds_agreement_without_direction() -> None:
    """Large negative and small positive scores agree in sign with the effect's, and rank nothing."""
    rng = np.random.default_rng(3)
    effect = np.where(np.arange(2000) < 1000, 1.0, -1.0)
    up = np.where(rng.uniform(size=2000) < np.where(effect > 0, 0.7, 0.3), 1, -1)
    score = np.where(up > 0, rng.uniform(0, 1, 2000), -rng.uniform(0, 1, 2000))
    # Among positive effects the negative scores are barely negative, among negative ones they lie far down.
    score = np.where((effect > 0) & (up < 0), score - 20, score)
    score = np.where((effect < 0) & (up > 0), score + 20, score)
    found = agreement(effect, score)["said"]
    assert found.outcome is Outcome.FOUND
    assert "zero points" in found.message


EARLIER = {"event": "started", "dataset": "built", "scores": [{"name": "said"}]}


@pytest.mark.parametrize(
    "event",
    [
        EARLIER | {"effect": {"of": "alt"}},
        EARLIER | {"effect": {"of": "ref"}, "dataset": "another"},
        EARLIER | {"effect": {"of": "ref"}, "scores": [{"name": "another"}]},
        EARLIER | {"effect": None},
        {"event": "finished"},
    ],
)
def test_ef006__clear_of_a_history_without_a_flip(event: dict[str, Any]) -> None:
    effect = np.random.default_rng(0).normal(size=50)
    assert agreement(effect, effect + 1, events=[event])["dataset"].outcome is Outcome.CLEAR


def test_ef006__finds_an_allele_changed_after_a_run() -> None:
    effect = np.random.default_rng(0).normal(size=50)
    found = agreement(effect, effect + 1, events=[EARLIER | {"effect": {"of": "ref"}}])["dataset"]
    assert (found.outcome, found.severity) == (Outcome.FOUND, Severity.FATAL)
    assert "was 'ref'" in found.message


def test_ef006__skips_effects_of_an_unknown_allele() -> None:
    effect = np.random.default_rng(0).normal(size=50)
    assert agreement(effect, -effect, upper=-0.9, of="unknown")["said"].outcome is Outcome.SKIPPED


def with_zeros(seed: int) -> tuple[np.ndarray, np.ndarray, float, float]:
    """A score that agrees in 70 % of signs and is 0 in two fifths of rows: concordance without and with the zeros."""
    rng = np.random.default_rng(seed)
    effect = rng.normal(size=500)
    score = np.where(rng.random(500) < 0.7, effect, -effect)
    score[::5] = score[1::5] = 0
    return effect, score, float((effect * score > 0).sum() / (score != 0).sum()), float((effect * score > 0).mean())


@pytest.mark.parametrize("seed", [1, 2])
def test_ef006__clear_of_a_stated_concordance_that_leaves_zeros_out(seed: int) -> None:
    effect, score, without, counted = with_zeros(seed)
    assert "said, zeros" not in agreement(effect, score, claims=[{"value": f"{without:.4f}"}])
    assert "said, zeros" not in agreement(effect, score)
    # Without a zero there is nothing that could be counted wrongly.
    kept = score != 0
    assert "said, zeros" not in agreement(effect[kept], score[kept], claims=[{"value": f"{counted:.4f}"}])


@pytest.mark.parametrize("seed", [1, 2])
def test_ef006__finds_a_stated_concordance_that_counts_zeros_as_wrong(seed: int) -> None:
    effect, score, without, counted = with_zeros(seed)
    found = agreement(effect, score, claims=[{"value": f"{counted:.3f}"}])["said, zeros"]
    assert (found.outcome, found.severity, found.n_affected) == (Outcome.FOUND, Severity.SERIOUS, 200)
    assert f"Without them it is {without:.4f}" in found.message
