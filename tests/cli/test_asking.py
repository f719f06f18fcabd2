from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from refalt.cli.app import exit_status
from refalt.cli.asking import cost_line, look_up_line, tally_line
from refalt.errors import API_KEY_VARIABLE
from refalt.pipeline.rsids import LookUp
from refalt.scoring.metered import Cost
from refalt.scoring.tally import Tally
from refalt.serve.server import RunningServer, serve
from refalt.serve.start import local_services
from refalt.sources.fasta import open_genome
from refalt.testing.faulty_server import FaultyGate
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
