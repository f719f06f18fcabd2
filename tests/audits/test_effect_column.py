from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats

from refalt.audits.base import Finding, Outcome, Severity
from refalt.audits.effect_column import DeclaredNullIsTheNull, EffectIsAnEffect
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


def null_audit(beta: object, **effect: object) -> Finding:
    rows = build_measurements(len(beta), beta=beta)  # type: ignore[arg-type]
    return DeclaredNullIsTheNull().check(measurements=rows, declared=build_declared(effect=effect))


def ratios(seed: int, n: int = 500) -> np.ndarray:
    """Allelic ratios of significant sites: none near one half."""
    rng = np.random.default_rng(seed)
    return 0.5 + rng.choice([-1, 1], n) * rng.uniform(0.05, 0.45, n)


@NAMES
def test_ef002__clear_of_slopes_and_of_ratios_about_one_half(name: str, seed: int) -> None:
    slopes = np.random.default_rng(seed).normal(0, 0.2, 500)
    assert null_audit(slopes, column=name).outcome is Outcome.CLEAR
    assert null_audit(np.abs(slopes), column=name).outcome is Outcome.CLEAR
    assert null_audit(ratios(seed), column=name, scale="allelic_ratio", null=0.5).outcome is Outcome.CLEAR


@NAMES
def test_ef002__finds_ratios_about_zero(name: str, seed: int) -> None:
    found = null_audit(ratios(seed), column=name)
    assert (found.outcome, found.severity) == (Outcome.FOUND, Severity.FATAL)
    assert "with none between" in found.message


def test_ef002__finds_ratios_with_their_median_at_one_half() -> None:
    assert "their median" in null_audit(np.random.default_rng(0).beta(8, 8, 400)).message


@pytest.mark.parametrize(
    "effect",
    [{"scale": "allelic_ratio"}, {"scale": "fold_change"}, {"scale": "percent"}, {"unit": "fold over control"}],
)
def test_ef002__finds_a_scale_or_unit_that_has_another_null(effect: dict[str, object]) -> None:
    assert null_audit(np.random.default_rng(1).lognormal(0, 2, 100), **effect).outcome is Outcome.FOUND


@pytest.mark.parametrize("unit", ["log2 fold change", "log ratio of counts", "reads"])
def test_ef002__clear_of_logarithms_of_ratios(unit: str) -> None:
    assert null_audit(np.random.default_rng(1).lognormal(0, 2, 100), unit=unit).outcome is Outcome.CLEAR
