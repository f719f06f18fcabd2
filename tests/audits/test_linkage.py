from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from refalt.audits.base import Finding, Outcome, Severity
from refalt.audits.linkage import EffectsAreOfCausalVariants
from refalt.testing.builders import build_declared, build_measurements

from .conftest import Audited


def linked(z: np.ndarray, genes: list[str], *, by_p: bool = False, design: str = "natural", **columns: Any) -> Finding:
    error = 0.1
    tested = {"p_value": 2 * stats.norm.sf(np.abs(z))} if by_p else {"standard_error": error}
    rows = build_measurements(z.size, beta=z * error, target_id=genes, **tested, **columns)
    return EffectsAreOfCausalVariants().check(measurements=rows, declared=build_declared(design=design))


def blocks(n_genes: int, n_linked: int, r: float, seed: int) -> tuple[np.ndarray, list[str]]:
    """One causal variant a gene at z of about 10, and variants in linkage r with it."""
    lead = np.random.default_rng(seed).normal(10, 1, n_genes)
    z = np.concatenate([np.append(value, np.full(n_linked, r * value)) for value in lead])
    return z, [f"gene{i}" for i in range(n_genes) for _ in range(n_linked + 1)]


@pytest.mark.parametrize("seed", [1, 2])
def test_in008__clear_of_lead_variants(seed: int) -> None:
    z, genes = blocks(50, 0, 0, seed)
    assert linked(z, genes).outcome is Outcome.CLEAR


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("by_p", [False, True])
def test_in008__finds_linked_variants_and_their_ceiling(seed: int, by_p: bool) -> None:
    z, genes = blocks(50, 24, 0.8, seed)
    found = linked(z, genes, by_p=by_p)
    assert (found.outcome, found.severity, found.n_affected) == (Outcome.FOUND, Severity.SERIOUS, 50)
    assert found.statistic == pytest.approx(1 / np.sqrt(1 + 24 * 0.64), rel=1e-6)


def test_in008__clear_of_linked_variants_that_are_fine_mapped_or_were_made() -> None:
    z, genes = blocks(50, 24, 0.8, 0)
    assert linked(z, genes, pip=0.95).outcome is Outcome.CLEAR
    assert linked(z, genes, design="mutagenesis").outcome is Outcome.SKIPPED


@pytest.mark.parametrize("seed", [1, 2])
def test_in008__p_values_tell_linked_variants_where_another_column_was_read_as_the_effect(seed: int) -> None:
    z, genes = blocks(50, 24, 0.8, seed)
    p = 2 * stats.norm.sf(np.abs(z))
    rows = build_measurements(z.size, beta=p, target_id=genes, p_value=p, standard_error=0.1)
    found = EffectsAreOfCausalVariants().check(measurements=rows, declared=build_declared(effect={"column": "pval"}))
    assert (found.outcome, found.n_affected) == (Outcome.FOUND, 50)


def test_in008__clear_where_nothing_is_associated() -> None:
    z, genes = blocks(5, 24, 0.8, 0)
    assert linked(z / 5, genes).outcome is Outcome.CLEAR


FUSION = """
[dataset]
name = "table"
file = "eqtl_catalogue/FUSION_muscle_HMGCR_gene.tsv.gz"
assembly = "GRCh38"
effect = { column = "beta", of = "alt", source = "format" }
recorded = { tpm = { column = "median_tpm" } }
[dataset.columns]
chrom = "chromosome"
pos = "position"
ref = "ref"
alt = "alt"
standard_error = "se"
target_id = "gene_id"
"""


def test_in008__finds_a_real_eqtl_table(audited: Audited) -> None:
    found = audited(FUSION)["IN008"]
    assert (found.outcome, found.n_affected) == (Outcome.FOUND, 6)
    assert 0.07 < (found.statistic or 0) < 0.38
