from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from refalt.cli.app import exit_status
from refalt.cli.asking import cost_line, look_up_line, tally_line
from refalt.errors import API_KEY_VARIABLE
from refalt.pipeline.rsids import LookUp
from refalt.scoring.metered import Cost
from refalt.scoring.tally import Tally
from refalt.sequences import Codes, decode
from refalt.serve.server import RunningServer, serve
from refalt.serve.services import world
from refalt.serve.services.dna_service import DnaModelService
from refalt.serve.services.world import simulated_world
from refalt.serve.simulation import scores
from refalt.serve.simulation.genes import SPACING, ListedGenes
from refalt.serve.simulation.local_models import local_model
from refalt.serve.simulation.scene import Variant, Window
from refalt.serve.start import local_services
from refalt.sources.fasta import Genome, open_genome
from refalt.tables import Predictions, Probes
from refalt.testing.faulty_server import FaultyGate, refused, where
from refalt.testing.toy_study import ToyStudy, write_toy_study

_SCORED = """
[models.alphagenome]
address = "{address}"

[[score]]
name   = "dnase"
model  = "alphagenome"
scorer = "CenterMask(DNASE, 501, DIFF_LOG2_SUM)"
window = 16384
tracks = {{ output = "DNASE", ontology_curie = "EFO:0002067" }}

[audits]
waive = {{ AS004 = "a simulated genome is served under human tracks" }}

[evaluation]
"""


@pytest.fixture
def gate() -> FaultyGate:
    return FaultyGate()


@pytest.fixture
def server(tmp_path: Path, gate: FaultyGate) -> Iterator[RunningServer]:
    write_toy_study(tmp_path, n=60)
    genome = open_genome(tmp_path / "toy.fa", "simulated-toy")
    with serve(*local_services(genome), gate=gate) as running:
        yield running


@pytest.fixture
def study(tmp_path: Path, server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> ToyStudy:
    monkeypatch.setenv(API_KEY_VARIABLE, "test-key")
    toy = write_toy_study(tmp_path, n=60)
    toy.edit("[evaluation]\n", _SCORED.format(address=server.address))
    return toy


def _run(study: ToyStudy, *options: str) -> int:
    folder = study.path.parent
    return exit_status(
        ["run", str(study.path), "--out", str(folder / "runs"), "--store", str(folder / "store"), *options]
    )


def test_run__asks_a_metered_model_once_and_never_again(
    study: ToyStudy, gate: FaultyGate, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(study, "--dry-run", "--json") == 0
    before = json.loads(capsys.readouterr().out)["dnase"]
    assert (before["to_ask"], before["in_store"], before["disk"]) == (before["requests"], 0, None)
    assert sum(gate.asked.values()) == 0
    assert _run(study, "--until", "comparison", "--json") == 0
    first = json.loads(capsys.readouterr().out)["run"]
    predictions = Path(first) / "3-predictions" / "dnase.parquet"
    content, asked = predictions.read_bytes(), sum(gate.asked.values())
    assert asked >= before["requests"]
    assert _run(study, "--until", "comparison") == 0
    assert sum(gate.asked.values()) == asked
    assert predictions.read_bytes() == content
    capsys.readouterr()
    assert _run(study, "--dry-run", "--json") == 0
    after = json.loads(capsys.readouterr().out)["dnase"]
    assert (after["to_ask"], after["in_store"]) == (0, before["requests"])


def test_run__a_row_whose_gene_the_window_lacks_is_lost_for_that(study: ToyStudy) -> None:
    contig, number = pl.col("chrom"), (pl.col("pos") // SPACING).cast(pl.String).str.zfill(6)
    near = pl.concat_str(pl.lit("SIMG-"), contig, pl.lit("-"), number)
    far = pl.concat_str(pl.lit("SIMG-"), contig, pl.lit("-000099"))
    study.rewrite(study.table.with_columns(gene=pl.when(pl.int_range(pl.len()) % 3 == 0).then(far).otherwise(near)))
    study.edit("[dataset.columns]", '[dataset.columns]\ntarget_id = "gene"')
    study.edit("CenterMask(DNASE, 501, DIFF_LOG2_SUM)", "GeneMaskLFC(RNA_SEQ)")
    study.edit('output = "DNASE", ', "")
    assert _run(study, "--until", "comparison") == 0
    (attrition,) = study.path.parent.glob("runs/*/attrition.tsv")
    lost = pl.read_csv(attrition, separator="\t").filter(pl.col("score_name") == "dnase")
    counts = dict(lost.select("reason", "n_rows").iter_rows())
    assert set(counts) == {"kept", "gene_outside_window"}
    assert counts["gene_outside_window"] >= 20
    assert sum(counts.values()) == len(study.table)


def test_run__where_the_window_holds_no_gene_at_all_nothing_failed(
    study: ToyStudy, server: RunningServer, tmp_path: Path
) -> None:
    genome = open_genome(tmp_path / "toy.fa", "simulated-toy")
    no_genes = simulated_world(genome, local_model("motif"), annotation=ListedGenes({}))
    study.rewrite(study.table.with_columns(gene=pl.lit("ENSG00000000001")))
    study.edit("[dataset.columns]", '[dataset.columns]\ntarget_id = "gene"')
    study.edit("CenterMask(DNASE, 501, DIFF_LOG2_SUM)", "GeneMaskLFC(RNA_SEQ)")
    study.edit('output = "DNASE", ', "")
    with serve(DnaModelService(no_genes)) as running:
        study.edit(server.address, running.address)
        assert _run(study, "--until", "comparison") == 0
    (attrition,) = study.path.parent.glob("runs/*/attrition.tsv")
    lost = pl.read_csv(attrition, separator="\t").filter(pl.col("score_name") == "dnase")
    assert lost.select("reason", "n_rows").rows() == [("gene_outside_window", len(study.table))]


def _probes(study: ToyStudy) -> Probes:
    (path,) = study.path.parent.glob("runs/*/2e-probes.parquet")
    return Probes.read(path)


def _md008(study: ToyStudy) -> dict[str, Any]:
    (path,) = study.path.parent.glob("runs/*/findings.json")
    found = [each for each in json.loads(path.read_text())["findings"] if each["code"] == "MD008"]
    (of_score,) = (each for each in found if each["subject"] == "dnase")
    return dict(of_score)


def test_run__probes_a_metered_model_within_its_budget_and_never_twice(
    study: ToyStudy, gate: FaultyGate, capsys: pytest.CaptureFixture[str]
) -> None:
    study.edit("[audits]\n", "[audits]\nprobes = 4\n")
    assert _run(study, "--dry-run", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    # Exchanged, against itself, and moved; the variants' own scores are the study's own requests.
    assert said["dnase (probes)"]["requests"] == said["dnase (probes)"]["to_ask"] == 12
    assert _run(study, "--until", "probes") == 0
    assert sum(gate.asked.values()) == 16
    finding = _md008(study)
    assert (finding["outcome"], finding["n_examined"]) == ("clear", 12)
    assert "not tested: other strand, because the service reads variants in its own genome" in finding["message"]
    assert _run(study, "--until", "predictions") == 0
    assert sum(gate.asked.values()) == said["dnase"]["requests"] + 12
    assert not gate.asked_twice
    (predicted,) = study.path.parent.glob("runs/*/3-predictions/dnase.parquet")
    assert len(Predictions.read(predicted)) == said["dnase"]["requests"]


def test_run__a_metered_score_without_a_sign_stops_the_study_before_it_spends(
    study: ToyStudy, gate: FaultyGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = scores.aggregate
    monkeypatch.setattr(scores, "aggregate", lambda *given: np.abs(honest(*given)))
    study.edit("[audits]\n", "[audits]\nprobes = 4\n")
    assert _run(study) == 2
    finding = _md008(study)
    assert (finding["outcome"], finding["severity"]) == ("found", "fatal")
    assert finding["n_affected"] == 4
    assert sum(gate.asked.values()) == 16
    (report,) = study.path.parent.glob("runs/*/report.html")
    assert "MD008" in report.read_text(encoding="utf-8")


def test_run__a_service_that_keeps_its_own_ref_cannot_be_asked_for_the_exchange(
    study: ToyStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = world.allele_codes

    def own_ref(genome: Genome, window: Window, variant: Variant) -> tuple[Codes, Codes]:
        ref = decode(genome.codes(variant.contig)[variant.start : variant.start + len(variant.ref)])
        return honest(genome, window, dataclasses.replace(variant, ref=ref))

    monkeypatch.setattr(world, "allele_codes", own_ref)
    study.edit("[audits]\n", "[audits]\nprobes = 4\n")
    assert _run(study, "--until", "probes") == 0
    finding = _md008(study)
    assert (finding["outcome"], finding["n_examined"]) == ("clear", 8)
    assert "seems to put its genome's own base in the place of REF" in finding["message"]


def test_run__a_probe_that_the_service_refuses_loses_nothing(study: ToyStudy, gate: FaultyGate) -> None:
    gate.plan = where(
        refused("INVALID_ARGUMENT", "the alleles are the same"),
        lambda request: request.variant.reference_bases == request.variant.alternate_bases,
    )
    assert _run(study, "--until", "comparison") == 0
    same = _probes(study).frame.filter(probe="same", score_name="dnase")
    assert same.height == 16
    assert same.get_column("reason").unique().to_list() == ["INVALID_ARGUMENT: the alleles are the same"]
    assert "not tested: REF against itself in 16, because INVALID_ARGUMENT" in _md008(study)["message"]


def test_run__a_sequence_method_is_probed_by_the_sequences_it_sends(study: ToyStudy, gate: FaultyGate) -> None:
    study.edit("CenterMask(DNASE, 501, DIFF_LOG2_SUM)", "Sequence(DNASE, 501, MEAN, LOG2_RATIO)")
    study.edit('model  = "alphagenome"', 'model  = "alphagenome"\nmethod = "sequence"')
    study.edit("[models.alphagenome]", "[models.alphagenome]\nboth_strands = true")
    study.edit("[audits]\n", "[audits]\nprobes = 4\n")
    assert _run(study, "--until", "probes") == 0
    finding = _md008(study)
    assert (finding["outcome"], finding["n_examined"]) == ("clear", 16)
    # Both alleles on both strands in three places: as asked, moved, and where the other strand's window has them.
    assert sum(gate.asked.values()) == 4 * 2 * 2 * 3
    assert not gate.asked_twice


def test_run__without_probes_asks_none(study: ToyStudy, gate: FaultyGate) -> None:
    study.edit("[audits]\n", "[audits]\nprobes = 0\n")
    assert _run(study, "--until", "probes") == 0
    assert sum(gate.asked.values()) == 0
    assert not list(study.path.parent.glob("runs/*/2e-probes.parquet"))


def test_run__without_a_key_says_where_it_comes_from(
    study: ToyStudy, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(API_KEY_VARIABLE)
    assert _run(study, "--until", "comparison") == 1
    assert API_KEY_VARIABLE in capsys.readouterr().err


def test_dry_run__of_a_study_without_metered_models_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    toy = write_toy_study(tmp_path, n=60)
    assert exit_status(["run", str(toy.path), "--dry-run"]) == 0
    assert "nothing to pay for" in capsys.readouterr().out


def test_tally_line__leaves_out_a_rate_that_is_not_known() -> None:
    assert tally_line(Tally(10, 5)).endswith("5 from the store, 0 in flight, 0 retries")
    assert "2.0/s, 3 s left" in tally_line(Tally(10, 0, answered=4, elapsed_s=2.0))


def test_cost_line__says_what_is_not_known() -> None:
    line = cost_line("s", Cost(10, 4, 98_304, math.nan, math.nan, 1))
    assert line == (
        "s: 10 requests, 4 of them in the store, 6 to ask; 98,304 bases, disk unknown, time unknown; "
        "1 rows cannot be asked"
    )


def test_look_up_line__says_what_would_be_asked_of_whom_and_what_is_known() -> None:
    assert look_up_line("rsIDs", LookUp("myvariant.info", 3_317, 317)) == (
        "rsIDs: 317 to look up at myvariant.info with --download, 3,000 are known; what scores cost is known after that"
    )
    assert look_up_line("a: rsIDs", LookUp("x", 5, 0)) == "a: rsIDs: 0 to look up at x with --download, 5 are known"
