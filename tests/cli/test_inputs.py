from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import pytest
from tests.cli.conftest import Refalt
from tests.sources.conftest import Answer, Asked, LocalServer, server

from refalt.cli.app import exit_status
from refalt.sources.web import Web
from refalt.testing.toy_study import ToyStudy

__all__ = ["server"]


def test_inputs__says_what_is_found_with_size_and_digest(refalt: Refalt, toy: ToyStudy) -> None:
    rows = json.loads(refalt("inputs", toy.path, "--json").stdout)
    assert [(row["role"], row["state"]) for row in rows] == [("dataset", "found"), ("genome", "found")]
    assert rows[0]["bytes"] == (toy.path.parent / "toy.tsv").stat().st_size
    assert len(rows[0]["sha256"]) == 64


def test_inputs__a_missing_file_is_listed_and_the_status_is_1(refalt: Refalt, toy: ToyStudy) -> None:
    (toy.path.parent / "toy.fa").unlink()
    done = refalt("inputs", toy.path)
    assert done.returncode == 1
    assert "missing  genome   toy.fa" in done.stdout


GENOME = b">chr1\n" + b"ACGT" * 500 + b"\n"


@pytest.fixture
def public(
    toy: ToyStudy, server: LocalServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> tuple[ToyStudy, LocalServer, Path]:
    """A study whose genome is one that UCSC publishes, a server in UCSC's place, and an empty folder of inputs."""
    web = Web(attempts=2, pause_s=0.0, sleep=lambda _: None, rng=random.Random(1))
    monkeypatch.setattr("refalt.sources.download.Web", lambda: web)
    monkeypatch.setattr("refalt.sources.published._UCSC", server.url)
    monkeypatch.setattr("refalt.sources.published._DIGESTS", {})
    toy.edit('fasta    = "toy.fa"', 'fasta = "hg38.fa"')
    folder = tmp_path / "inputs"
    folder.mkdir()
    return toy, server, folder


def _whole(asked: Asked) -> Answer:
    body = gzip.compress(GENOME, mtime=0)
    if "Range" not in asked.headers:
        return Answer(body, headers={"ETag": '"1"'})
    begin = int(asked.headers["Range"].removeprefix("bytes=").rstrip("-"))
    return Answer(body[begin:], 206, {"ETag": '"1"', "Content-Range": f"bytes {begin}-{len(body) - 1}/{len(body)}"})


def test_inputs__a_missing_public_file_is_not_fetched_unasked_and_the_step_by_hand_is_exact(
    public: tuple[ToyStudy, LocalServer, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    toy, server, folder = public
    assert exit_status(["inputs", str(toy.path), "--inputs", str(folder)]) == 1
    by_hand = f"fetch {server.url}/hg38/bigZips/hg38.fa.gz, unpack it, and put it as hg38.fa into {folder}"
    assert f"hg38.fa: run again with --download, or {by_hand}" in capsys.readouterr().out
    assert exit_status(["run", str(toy.path), "--inputs", str(folder)]) == 1
    assert by_hand in capsys.readouterr().err
    assert server.asked == []


def test_inputs__download_brings_what_is_missing_and_goes_on_where_a_transfer_broke_off(
    public: tuple[ToyStudy, LocalServer, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    toy, server, folder = public
    server.reply = lambda _: Answer(gzip.compress(GENOME, mtime=0), headers={"ETag": '"1"'}, cut=30)
    command = ["inputs", str(toy.path), "--inputs", str(folder), "--download", "--json"]
    assert exit_status(command) == 1
    row = json.loads(capsys.readouterr().out)[1]
    assert row["state"] == "missing"
    assert "does not answer as it should" in row["remedy"]
    assert not [each for each in folder.iterdir() if not each.name.startswith(".")]
    server.asked.clear()
    server.reply = _whole
    assert exit_status(command) == 0
    assert [asked.headers["Range"] for asked in server.asked] == ["bytes=30-"]
    row = json.loads(capsys.readouterr().out)[1]
    assert (row["state"], row["path"], row["bytes"]) == ("found", str(folder / "hg38.fa"), len(GENOME))
    assert (folder / "hg38.fa").read_bytes() == GENOME


def test_inputs__a_file_with_another_digest_is_named_and_not_kept(
    public: tuple[ToyStudy, LocalServer, Path],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    toy, server, folder = public
    server.reply = _whole
    monkeypatch.setattr("refalt.sources.published._DIGESTS", {"hg38": "md5:" + "0" * 32})
    assert exit_status(["run", str(toy.path), "--inputs", str(folder), "--download"]) == 1
    assert "hg38.fa is not the file it should be. Expected md5:0000" in capsys.readouterr().err
    assert not [each for each in folder.iterdir() if not each.name.startswith(".")]


def test_inputs__of_a_suite_are_those_of_its_members_each_once(refalt: Refalt) -> None:
    rows = json.loads(refalt("inputs", "qtl-benchmark", "--json").stdout)
    names = [row["name"] for row in rows]
    assert len(names) == len(set(names))
    assert {"ATAC-QTLs.csv", "GSE31388_dsQtlTable.txt", "Pelikan_et_al_hQTL_summary.csv", "hg38.fa"} <= set(names)
    swept = json.loads(refalt("inputs", "window-sweep", "--json").stdout)
    assert [row["role"] for row in swept] == ["dataset", "genome", "ld_blocks", "within"]
