from __future__ import annotations

import numpy as np
import pytest

from refalt.audits.base import Finding, Outcome, Severity
from refalt.audits.effect_values import NoInventedEffects, NotTruncatedBySignificance
from refalt.testing.builders import build_declared, build_joined, build_measurements, build_study

from .conftest import Audited

NAMES = pytest.mark.parametrize(("name", "seed"), [("slope", 1), ("b", 2), ("log2FC", 3)])


def invented(beta: object, name: str = "beta", **columns: object) -> Finding:
    rows = build_measurements(len(beta), beta=beta, **columns)  # type: ignore[arg-type]
    return NoInventedEffects().check(measurements=rows, declared=build_declared(effect={"column": name}))


@NAMES
@pytest.mark.parametrize("decimals", [1, 2, 9])
@pytest.mark.parametrize("n", [30, 4000])
def test_ef004__clear_of_rounded_effects(name: str, seed: int, decimals: int, n: int) -> None:
    beta = np.random.default_rng(seed).normal(0, 0.3, n).round(decimals)
    assert invented(beta, name).outcome is Outcome.CLEAR


@NAMES
@pytest.mark.parametrize("value", [0.0, 0.123])
@pytest.mark.parametrize("decimals", [2, 9])
def test_ef004__finds_a_value_filled_in(name: str, seed: int, value: float, decimals: int) -> None:
    beta = np.random.default_rng(seed).normal(0, 0.5, 1000).round(decimals)
    beta[::5] = value
    found = invented(beta, name)
    assert (found.outcome, found.severity) == (Outcome.FOUND, Severity.SERIOUS)
    assert found.n_affected == pytest.approx(200, abs=15)


@pytest.mark.parametrize("sentinel", [-9.0, 999.0])
def test_ef004__finds_sentinels(sentinel: float) -> None:
    beta = np.random.default_rng(0).normal(0, 0.3, 200)
    beta[[3, 5]] = sentinel
    found = invented(beta)
    assert (found.outcome, found.n_affected) == (Outcome.FOUND, 2)
    assert found.examples[0].startswith("row 4:")


def test_ef004__clear_of_one_large_effect() -> None:
    beta = np.random.default_rng(0).normal(0, 0.3, 200)
    beta[3] = -9.0
    assert invented(beta).outcome is Outcome.CLEAR


def test_ef004__clear_of_untested_and_of_linked_rows() -> None:
    beta = np.random.default_rng(0).normal(0, 0.3, 500)
    maf = np.full(500, 0.2)
    beta[:50], maf[:50] = 0.0, 0.0
    beta[50:100] = 0.77
    error = np.random.default_rng(1).uniform(0.1, 0.2, 500)
    error[50:100] = 0.15
    found = invented(beta, maf=maf, standard_error=error, target_id="gene")
    assert found.outcome is Outcome.CLEAR
    assert "99 untested or linked" in found.message
    assert invented(beta).outcome is Outcome.FOUND


def truncated(beta: np.ndarray, p_value: object = None, name: str = "beta", null: float = 0.0) -> Finding:
    rows = build_measurements(beta.size, beta=beta, p_value=p_value)
    declared = build_declared(effect={"column": name, "null": null})
    (found,) = NotTruncatedBySignificance().check(measurements=rows, declared=declared)
    return found


@NAMES
def test_ef007__clear_of_whole_tables(name: str, seed: int) -> None:
    beta = np.random.default_rng(seed).normal(0, 0.3, 400)
    assert truncated(beta, 0.01, name).outcome is Outcome.CLEAR
    kept = beta[np.abs(beta) > 0.2]
    assert truncated(kept, np.linspace(0, 1, kept.size), name).outcome is Outcome.CLEAR


@NAMES
@pytest.mark.parametrize("null", [0.0, 0.5])
def test_ef007__finds_discoveries(name: str, seed: int, null: float) -> None:
    beta = np.random.default_rng(seed).normal(0, 0.3, 2000)
    beta = beta[np.abs(beta) > 0.3] + null
    for p_value in (0.001, None):
        found = truncated(beta, p_value, name, null)
        assert (found.outcome, found.severity) == (Outcome.FOUND, Severity.SERIOUS)
        assert found.withholds == ("calibration_slope",)


def test_ef007__finds_what_a_correlation_owes_to_the_sign() -> None:
    rng = np.random.default_rng(0)
    sign = rng.choice([-1.0, 1.0], 300)
    beta, score = sign * rng.uniform(1, 1.5, 300), sign + rng.normal(0, 0.5, 300)
    rows = build_measurements(300, beta=beta, p_value=1e-9)
    (found,) = NotTruncatedBySignificance().check(
        measurements=rows,
        declared=build_declared(),
        joined=build_joined(rows, score=score),
        scores=build_study().score,
    )
    within = np.corrcoef(beta[sign > 0], score[sign > 0])[0, 1]
    assert found.subject == "said"
    assert f"{within:.3f} among {(sign > 0).sum()} positive" in found.message


def test_ef007__clear_tables_are_not_named_twice() -> None:
    rows = build_measurements(300)
    findings = NotTruncatedBySignificance().check(
        measurements=rows, declared=build_declared(), joined=build_joined(rows), scores=build_study().score
    )
    assert list(findings) == []


DSQTL = """
[dataset]
name = "table"
file = "dsqtl/degner2012_lcl_dsqtl.tsv"
assembly = "hg18"
effect = { column = "beta", of = "alt", source = "header" }
columns = { chrom = "chrom", pos = "pos_hg18", ref = "ref", alt = "alt", p_value = "p" }
recorded = { deltasvm = { column = "deltasvm_lee2015" } }
"""


def test_ef007__finds_the_published_dsqtls(audited: Audited) -> None:
    found = audited(DSQTL)["EF007"]
    assert found.outcome is Outcome.FOUND
    assert found.statistic == pytest.approx(0.4516, abs=1e-4)
