from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from refalt.audits.base import Finding, Outcome, Severity
from refalt.audits.sampling_design import (
    ClustersCoverLinkage,
    ControlsMatch,
    SizeDoesNotTrackFrequency,
    StrataHaveEnoughClusters,
)
from refalt.testing.builders import (
    build_clusters,
    build_declared,
    build_estimates,
    build_inputs,
    build_joined,
    build_measurements,
    build_study,
)


def linkage(
    ids: list[str], *, spacing: int = 5_000, design: str = "natural", first: int = 1_000_000, **columns: Any
) -> Finding:
    rows = build_measurements(len(ids), pos=first + spacing * np.arange(len(ids)), **columns)
    clusters, declared = build_clusters(rows, ids), build_declared(design=design)
    return ClustersCoverLinkage().check(measurements=rows, clusters=clusters, declared=declared)


def test_sa003__clear_of_blocks_and_of_distant_rows() -> None:
    assert linkage([f"block{i // 50}" for i in range(300)]).outcome is Outcome.CLEAR
    assert linkage([f"row{i}" for i in range(300)], spacing=200_000).outcome is Outcome.SKIPPED
    assert linkage([f"row{i}" for i in range(300)], design="mutagenesis").outcome is Outcome.SKIPPED


@pytest.mark.parametrize("rows_in_cluster", [1, 5])
def test_sa003__finds_linked_neighbours_in_different_clusters(rows_in_cluster: int) -> None:
    found = linkage([f"gene{i // rows_in_cluster}" for i in range(300)])
    assert (found.outcome, found.severity, found.n_examined) == (Outcome.FOUND, Severity.SERIOUS, 299)
    assert found.n_affected == 300 // rows_in_cluster - 1


def test_sa003__finds_the_mhc() -> None:
    found = linkage([f"row{i}" for i in range(100)], chrom="chr6", first=30_000_000)
    assert "100 of 100 (100.0 %) rows lie in the MHC" in found.message


def matched(shift: float, *, n: int = 400, seed: int = 0, **columns: Any) -> Finding:
    rng = np.random.default_rng(seed)
    label = np.repeat([1, 0], n // 2)
    maf = rng.uniform(0.05, 0.5, n) + shift * label
    rows = build_measurements(n, label=label, maf=maf, **columns)
    return ControlsMatch().check(measurements=rows)


@pytest.mark.parametrize("seed", range(5))
def test_sa005__clear_of_random_controls(seed: int) -> None:
    assert matched(0.0, seed=seed).outcome is Outcome.CLEAR


@pytest.mark.parametrize("seed", range(3))
def test_sa005__finds_controls_that_are_rarer(seed: int) -> None:
    found = matched(0.1, seed=seed)
    assert (found.outcome, found.severity) == (Outcome.FOUND, Severity.SERIOUS)
    assert found.message.startswith("200 positives less 200 controls")


def test_sa005__finds_controls_of_another_composition() -> None:
    label = np.repeat([1, 0], 50)
    rows = build_measurements(100, label=label)
    sequences = ["GCGCGCATGC" if positive else "ATATATGCAT" for positive in label]
    sequences[3], sequences[60] = "ATATATATAT", "GCGCGCGCGC"
    inputs = build_inputs(rows, ref_sequence=sequences)
    found = ControlsMatch().check(measurements=rows, inputs=inputs)
    assert "GC content +" in found.message
    assert found.outcome is Outcome.FOUND
    assert ControlsMatch().check(measurements=rows).outcome is Outcome.SKIPPED


def strata(*rows: dict[str, Any]) -> Finding:
    return StrataHaveEnoughClusters().check(estimates=build_estimates(*rows))


def test_sa006__clear_of_ten_clusters_each() -> None:
    assert strata({"n_clusters": 10}, {"stratum": "chrom=chr1", "n_clusters": 30}).outcome is Outcome.CLEAR
    assert strata({"n_clusters": 0, "n": 0}).outcome is Outcome.CLEAR


def test_sa006__finds_small_strata_and_a_small_whole() -> None:
    small = {"stratum": "chrom=chr13", "n_clusters": 2}
    found = strata({"n_clusters": 18}, small, small | {"metric": "pearson_r"})
    assert (found.outcome, found.severity, found.n_affected, found.n_examined) == (Outcome.FOUND, Severity.NOTE, 1, 2)
    assert found.examples == ("said, chrom=chr13: 2 clusters",)
    assert strata({"n_clusters": 9}).severity is Severity.SERIOUS


def sizes(slope: float, *, seed: int = 0, n: int = 1000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    maf = rng.uniform(0.01, 0.5, n)
    return rng.normal(size=n) / np.sqrt(maf) ** slope, maf


def frequency(beta: np.ndarray, maf: np.ndarray) -> Finding:
    rows = build_measurements(beta.size, beta=beta, maf=maf)
    (found,) = SizeDoesNotTrackFrequency().check(measurements=rows, declared=build_declared())
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_sa008__clear_of_sizes_that_do_not_know_frequency(seed: int) -> None:
    assert frequency(*sizes(0, seed=seed)).outcome is Outcome.CLEAR
    beta, maf = sizes(1, seed=seed)
    assert frequency(beta, np.zeros_like(maf)).outcome is Outcome.SKIPPED


@pytest.mark.parametrize("seed", [1, 2])
def test_sa008__finds_large_effects_of_rare_variants(seed: int) -> None:
    found = frequency(*sizes(1, seed=seed))
    assert (found.outcome, found.severity) == (Outcome.FOUND, Severity.SERIOUS)
    assert (found.statistic or 0) < -0.1


def test_sa008__finds_what_is_left_of_a_score_without_frequency() -> None:
    beta, maf = sizes(2)
    rows = build_measurements(beta.size, beta=beta, maf=maf)
    joined = build_joined(rows, score=1 / maf)
    (found,) = SizeDoesNotTrackFrequency().check(
        measurements=rows, declared=build_declared(), joined=joined, scores=build_study().score
    )
    assert found.subject == "said"
    assert "with frequency taken out" in found.message


def test_sa003__clear_where_clusters_are_blocks_that_neighbours_may_straddle() -> None:
    rows = build_measurements(300, pos=1_000_000 + 5_000 * np.arange(300))
    clusters = dataclasses.replace(build_clusters(rows), kind="ld_block")
    found = ClustersCoverLinkage().check(measurements=rows, clusters=clusters, declared=build_declared())
    assert found.outcome is Outcome.CLEAR
