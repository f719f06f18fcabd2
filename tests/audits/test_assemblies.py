from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from refalt.audits.assemblies import OneAssembly
from refalt.audits.base import Finding, Outcome, Severity
from refalt.sources.fetch import FoundFile
from refalt.testing.builders import build_declared, build_study

PEAKS = {"file": "peaks.bed", "assembly": "hg19"}


def one_assembly(assembly: str, files: list[FoundFile] | None = None, **sections: Any) -> Finding:
    study = build_study(**sections)
    return OneAssembly().check(declared=build_declared(assembly=assembly), study=study, files=files or [])


@pytest.mark.parametrize("name", ["hg38", "GRCh38", "b38"])
def test_as001__clear_of_synonyms(name: str) -> None:
    peaks = {"within": {"file": "peaks.bed", "assembly": "GRCh38"}}
    assert one_assembly(name, genome={"assembly": "hg38"}, filter=peaks).outcome is Outcome.CLEAR


def test_as001__clear_where_a_chain_leads() -> None:
    assert one_assembly("hg18", genome={"assembly": "hg38", "chain": "a.chain.gz"}).outcome is Outcome.CLEAR


def test_as001__clear_of_gene_tables_of_several_assemblies() -> None:
    files = [FoundFile(f"genes {name}", "TSS.bed", Path("TSS.bed"), name) for name in ("hg19", "hg38")]
    assert one_assembly("hg38", files).outcome is Outcome.CLEAR


@pytest.mark.parametrize("name", ["hg19", "b37"])
def test_as001__finds_peaks_of_another_assembly(name: str) -> None:
    found = one_assembly("hg38", filter={"within": {"file": "p.bed", "assembly": name}})
    assert (found.outcome, found.severity) == (Outcome.FOUND, Severity.FATAL)
    assert "p.bed is in GRCh37" in found.message


def test_as001__finds_a_genome_that_no_chain_leads_to() -> None:
    found = one_assembly("hg18", genome={"assembly": "hg38"})
    assert found.outcome is Outcome.FOUND
    assert "the dataset is in hg18" in found.message


def test_as001__finds_peaks_that_the_dataset_s_chain_does_not_lift() -> None:
    found = one_assembly("hg18", genome={"assembly": "hg38", "chain": "a.chain.gz"}, filter={"within": PEAKS})
    assert found.outcome is Outcome.FOUND


def test_as001__finds_a_file_without_assembly() -> None:
    found = one_assembly("hg38", [FoundFile("within", "peaks.bed", Path("peaks.bed"), None)])
    assert "peaks.bed declares no assembly" in found.message
