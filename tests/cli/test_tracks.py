from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from refalt.cli.app import exit_status
from refalt.errors import API_KEY_VARIABLE
from refalt.serve.server import RunningServer, serve
from refalt.serve.start import local_services
from refalt.sources.fasta import genome_from_sequences


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningServer]:
    monkeypatch.setenv(API_KEY_VARIABLE, "test-key")
    with serve(*local_services(genome_from_sequences({"chr1": "ACGT" * 5_000}, "simulated-tracks"))) as running:
        yield running


def _listed(server: RunningServer, store: Path, *options: str) -> int:
    return exit_status(["list", "tracks", "--address", server.address, "--store", str(store), *options])


def test_list_tracks__shows_what_a_selection_matches(
    server: RunningServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _listed(server, tmp_path, "--output", "DNASE", "--ontology", "EFO:0002067", "--json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["ontology_curie"] for row in rows} == {"EFO:0002067"}
    assert all(row["track_id"].startswith("DNASE|") for row in rows)


def test_list_tracks__a_selection_that_matches_nothing_names_what_is_near(
    server: RunningServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _listed(server, tmp_path, "--output", "DNASE", "--ontology", "EFO:0002068") == 1
    assert "EFO:0002067" in capsys.readouterr().err


def test_list_tracks__a_model_without_tracks_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status(["list", "tracks", "--model", "motif", "--store", str(tmp_path)]) == 1
    assert "has no tracks to choose from" in capsys.readouterr().err
