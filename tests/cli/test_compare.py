from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from refalt.cli.app import exit_status
from refalt.pipeline import run
from refalt.testing.toy_study import write_toy_study


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A suite file with two studies of one table."""
    folder = tmp_path_factory.mktemp("suite")
    study = write_toy_study(folder, n=100)
    study.edit("resamples = 200", "resamples = 200\npermutations = 0\nclusters = 'input'")
    text = study.path.read_text()
    noise = text.replace('"toy"', '"noise"').replace('good = { column = "good", of = "alt" }, ', "")
    (folder / "noise.toml").write_text(noise)
    path = folder / "suite.toml"
    path.write_text('[suite]\nname = "pair"\nstudies = ["toy.toml", "noise.toml"]\n')
    return path


@pytest.fixture(scope="module")
def ran(suite: Path) -> Iterator[Path]:
    """Its folder, run once; members without figures, whose drawing has tests of its own."""
    out = suite.parent / "runs"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "draw_all", lambda *_, **__: [])
        assert exit_status(["run", str(suite), "--out", str(out)]) == 0
        yield next(out.iterdir())


def test_run__runs_a_suite_and_prints_every_member(suite: Path, ran: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status(["run", str(suite), "--out", str(ran.parent), "--only", "noise", "--json"]) == 0
    outcome = json.loads(capsys.readouterr().out)
    assert outcome["run"] == str(ran)
    assert [row["run"] for row in outcome["estimates"]] == ["toy", "noise"]
    assert Path(outcome["report"]).is_file()


def test_compare__prints_estimates_and_differences_with_their_intervals(
    ran: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_status(["compare", str(ran), "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "toy: good minus noise: noise  Spearman rank correlation" in said
    assert said.count("95% interval") >= 3
    assert said.strip().endswith("report.html")


def test_compare__json_is_one_document_without_nan(
    ran: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = [str(path.parent) for path in sorted(ran.glob("*/study.lock.toml"))]
    assert exit_status(["compare", *runs, "--out", str(tmp_path / "out"), "--json"]) == 0
    said = capsys.readouterr().out
    assert "NaN" not in said
    outcome = json.loads(said)
    assert {row["run"] for row in outcome["estimates"]} == {"toy", "noise"}
    assert outcome["differences"]


def test_compare__a_folder_that_is_no_run_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status(["compare", str(tmp_path), str(tmp_path.parent)]) == 1
    assert "is not a run folder" in capsys.readouterr().err


def test_compare__a_damaged_run_is_one_sentence(ran: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(ran, copy)
    damaged = next(copy.glob("*/5-estimates.parquet"))
    damaged.write_bytes(b"PAR1")
    assert exit_status(["compare", str(copy), "--out", str(tmp_path / "out")]) == 1
    assert "not a readable parquet file" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_run__only_is_for_suites(suite: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status(["run", str(suite.parent / "toy.toml"), "--only", "toy"]) == 1
    assert "--only is for suites" in capsys.readouterr().err
