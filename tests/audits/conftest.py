"""What several audits' tests need: the pre-flight and post audits of a real table, as the pipeline runs them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from refalt.audits.base import Finding, Phase
from refalt.audits.runner import run_audits
from refalt.pipeline import opened, stages
from refalt.pipeline.prepare import prepare
from refalt.pipeline.source_columns import source_columns

Audited = Callable[..., Mapping[str, Finding]]


@pytest.fixture
def audited(tmp_path: Path, real_inputs: Path) -> Audited:
    """Pre-flight findings of a real table by code, those about the whole dataset: `audited(toml, more evidence)`."""

    def audit(sections: str, **more: object) -> Mapping[str, Finding]:
        path = tmp_path / "study.toml"
        path.write_text(f'[study]\nname = "real"\nquestion = "?"\n{sections}', encoding="utf-8")
        prepared = prepare(path, folders=[real_inputs])
        read = stages.read_measurements(prepared)
        genome = opened.open_fasta(prepared)
        evidence: dict[str, object] = {
            "measurements": read.measurements,
            "source_columns": source_columns(prepared, len(read.measurements)),
            "declared": prepared.declared,
            "study": prepared.study,
            "files": prepared.files,
            "scores": prepared.scores,
            "checks": stages.check_variants(read, genome),
            "clusters": stages.cluster(prepared, read),
            "genome": genome,
            "inputs": read.inputs if len(read.inputs) else None,
            "lifts": {(prepared.source_assembly, prepared.genome_assembly): read.lift} if read.lift else None,
        }
        return {found.code: found for found in run_audits(Phase.PREFLIGHT, evidence | more, waivers={})}

    return audit
