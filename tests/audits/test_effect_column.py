from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from refalt.audits.effects import EffectAlleleIsDeclared, EffectIsAnEffect, EffectsHaveTwoSigns
from scipy import stats

from refalt.audits.base import Finding, Outcome, Severity
from refalt.testing.builders import build_declared, build_measurements

from .conftest import Audited

NAMES = pytest.mark.parametrize(("name", "seed"), [("slope", 1), ("b", 2), ("log2FC", 3)])


def effect_audit(beta: object, name: str = "beta", seed: int = 0, **columns: object) -> Finding:
    rows = build_measurements(len(beta), seed=seed, beta=beta, **columns)  # type: ignore[arg-type]
    declared = build_declared(effect={"column": name, "scale": columns.pop("scale", "slope")})
    return EffectIsAnEffect().check(measurements=rows, declared=declared)


@NAMES
@pytest.mark.parametrize("n", [20, 300, 5000])
def test_ef001__clear_of_measured_effects(name: str, seed: int, n: int) -> None:
    beta = np.random.default_rng(seed).normal(0, 0.2, n)
    assert effect_audit(beta, name, seed).outcome is Outcome.CLEAR


@NAMES
def test_ef001__clear_of_sizes_without_sign(name: str, seed: int) -> None:
    beta = np.abs(np.random.default_rng(seed).normal(0, 0.2, 4000))
    assert effect_audit(beta, name, seed).outcome is Outcome.CLEAR


@NAMES
def test_ef001__finds_p_values_of_discoveries(name: str, seed: int) -> None:
    beta = 10 ** -np.random.default_rng(seed).exponential(30, 1000)
    found = effect_audit(beta, name, seed)
    assert (found.outcome, found.severity) == (Outcome.FOUND, Severity.FATAL)
    assert f"`{name}`" in found.message
    assert found.n_affected == found.n_examined == 1000


@NAMES
def test_ef001__finds_p_values_of_a_whole_table(name: str, seed: int) -> None:
    beta = np.random.default_rng(seed).uniform(size=500)
    assert "spread evenly" in effect_audit(beta, name, seed).message


@NAMES
@pytest.mark.parametrize("copy", [lambda p: p, lambda p: np.round(-np.log10(p), 4)])
def test_ef001__finds_a_copy_of_the_p_column(name: str, seed: int, copy: Callable[[np.ndarray], np.ndarray]) -> None:
    p = np.random.default_rng(seed).uniform(1e-3, 0.05, 100)
    assert effect_audit(copy(p), name, seed, p_value=p).outcome is Outcome.FOUND


def slopes_with_p(seed: int, n: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Slopes, standard errors and the p-values of their own t test with 68 degrees of freedom."""
    rng = np.random.default_rng(seed)
    slope, error = rng.normal(0, 0.5, n), rng.uniform(0.05, 0.5, n)
    return slope, error, 2 * stats.t.sf(np.abs(slope / error), 68)


@NAMES
def test_ef001__clear_of_slopes_whose_p_follow_t(name: str, seed: int) -> None:
    slope, error, p = slopes_with_p(seed)
    assert effect_audit(slope, name, seed, standard_error=error, p_value=p).outcome is Outcome.CLEAR


@NAMES
def test_ef001__finds_that_another_column_was_tested(name: str, seed: int) -> None:
    slope, error, p = slopes_with_p(seed)
    rows = build_measurements(400, seed=seed, beta=-slope[::-1], standard_error=error, p_value=p)
    others = pl.DataFrame({"source_row": range(1, 401), f"other_{name}": slope, "noise": slope[::-1] ** 2})
    audit, declared = EffectIsAnEffect(), build_declared(effect={"column": name})
    assert audit.check(measurements=rows, declared=declared).outcome is Outcome.CLEAR
    found = audit.check(measurements=rows, declared=declared, source_columns=others)
    assert found.outcome is Outcome.FOUND
    assert f"`other_{name}`" in found.message


def test_ef001__clear_of_declared_z() -> None:
    slope, error, p = slopes_with_p(5)
    rows = build_measurements(400, beta=slope[::-1] / error, standard_error=error, p_value=p)
    others = pl.DataFrame({"source_row": range(1, 401), "slope": slope})
    declared = build_declared(effect={"scale": "z"})
    found = EffectIsAnEffect().check(measurements=rows, declared=declared, source_columns=others)
    assert found.outcome is Outcome.CLEAR


def test_ef001__skips_a_handful_of_rows() -> None:
    assert effect_audit(np.full(19, 1e-9)).outcome is Outcome.SKIPPED


GTEX = """
[dataset]
name = "table"
file = "gtex/alphagenome_gtex1000_2kb.csv"
assembly = "GRCh38"
effect = { column = "slope", of = "alt", source = "header" }
columns = { rsid = "variant_id", target_id = "gene_id" }
recorded = { delta = { column = "delta_pred" } }
[evaluation]
clusters = "gene"
"""


def test_ef001__finds_the_published_p_values_called_slope(audited: Audited) -> None:
    found = audited(GTEX)["EF001"]
    assert (found.outcome, found.severity, found.n_affected) == (Outcome.FOUND, Severity.FATAL, 1000)
    assert found.statistic == pytest.approx(3.4e-107, rel=0.01)
    assert "3.4e-107" in found.message


@pytest.mark.parametrize(
    ("file", "column"),
    [
        ("gtex/gtex_v8_allpairs_chr1.fastqtl.gz", "pval_nominal"),
        ("eqtl_catalogue/BLUEPRINT_PE.T-cell_ge.nominal.sorted.tsv.gz", "pvalue"),
        ("dsqtl/degner2012_lcl_dsqtl.tsv", "p"),
        ("hqtl/grubert2015_lcl_h3k27ac_hqtl.tsv", "p"),
    ],
)
def test_ef001__finds_real_p_columns_taken_for_effects(
    real_input: Callable[[str], Path], file: str, column: str
) -> None:
    separator = "\t"
    p = pl.read_csv(real_input(file), separator=separator, columns=[column], null_values=["NA", "-nan", ""])
    assert effect_audit(p.get_column(column).drop_nulls().to_numpy()).outcome is Outcome.FOUND


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
