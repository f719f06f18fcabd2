from __future__ import annotations

import numpy as np
import pytest

from refalt.audits.base import Finding, Outcome, Severity
from refalt.audits.positions import PositionsArePositions
from refalt.sources.fasta import genome_from_sequences
from refalt.testing.builders import build_declared, build_measurements


def places(pos: object, *, design: str = "natural", assembly: str = "GRCh38", **columns: object) -> Finding:
    n = len(pos)  # type: ignore[arg-type]
    rows = build_measurements(n, pos=pos, target_id=[f"target{i}" for i in range(n)], **columns)
    return PositionsArePositions().check(measurements=rows, declared=build_declared(design=design, assembly=assembly))


@pytest.mark.parametrize("seed", [1, 2])
def test_al007__clear_of_sorted_and_of_unsorted_positions(seed: int) -> None:
    pos = np.random.default_rng(seed).integers(10_000, 248_000_000, 300)
    assert places(pos).outcome is Outcome.CLEAR
    assert places(np.sort(pos)).outcome is Outcome.CLEAR


def test_al007__clear_of_consecutive_positions_in_a_mutagenesis() -> None:
    pos = 1_000_000 + np.arange(300)
    assert places(pos, design="mutagenesis").outcome is Outcome.CLEAR
    thrice = np.repeat(pos, 3)
    alt = ["C", "G", "T"] * 300
    assert places(thrice, ref="A", alt=alt).outcome is Outcome.CLEAR


@pytest.mark.parametrize("first", [0, 999_999])
def test_al007__finds_row_numbers(first: int) -> None:
    pos = first + 1 + np.arange(300)
    pos[::4] += 7
    found = places(pos)
    assert (found.outcome, found.severity) == (Outcome.FOUND, Severity.FATAL)
    assert "225 of 300" in found.message


def test_al007__finds_distances_taken_for_positions() -> None:
    found = places(np.random.default_rng(0).integers(1, 5_000, 200))
    assert found.outcome is Outcome.FOUND
    assert "under 10,000" in found.message


@pytest.mark.parametrize(("n_beyond", "severity"), [(1, Severity.SERIOUS), (30, Severity.FATAL)])
def test_al007__finds_positions_beyond_the_contig(n_beyond: int, severity: Severity) -> None:
    pos = np.random.default_rng(0).integers(20_000_000, 50_000_000, 300)
    pos[:n_beyond] = 60_000_000
    found = places(pos, chrom="chr22")
    assert (found.outcome, found.severity, found.n_affected) == (Outcome.FOUND, severity, n_beyond)


def test_al007__finds_contigs_of_no_assembly_but_not_scaffolds() -> None:
    pos = np.random.default_rng(0).integers(20_000, 100_000, 100)
    assert places(pos, chrom=["chr1"] * 95 + ["chr23q"] * 5).outcome is Outcome.FOUND
    assert places(pos, chrom=["chr1"] * 50 + ["chrM", "chrUn_KI270742v1"] * 25).outcome is Outcome.CLEAR


def test_al007__finds_the_end_of_a_simulated_genome() -> None:
    genome = genome_from_sequences({"chr1": "ACGT" * 100}, "simulated-toy")
    rows = build_measurements(30, pos=np.random.default_rng(0).permutation(390 + np.arange(30)))
    declared = build_declared(assembly="simulated-toy")
    found = PositionsArePositions().check(measurements=rows, declared=declared, genome=genome)
    assert (found.outcome, found.n_affected) == (Outcome.FOUND, 19)
