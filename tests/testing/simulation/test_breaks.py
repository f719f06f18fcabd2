from __future__ import annotations

from pathlib import Path

import pytest

from refalt.audits.base import Severity
from refalt.pipeline.prepare import prepare
from refalt.pipeline.run import Ended, run_study
from refalt.testing.simulation.breaks import MISTAKES
from refalt.testing.simulation.study import write_simulated_study

FEWER = "resamples = 200\npermutations = 0"
OTHER_NAMES = {
    "beta": "slope_adj",
    "p_value": "nominal",
    "chrom": "CHR",
    "pos": "BP",
    "planted": "score_1",
    "gene": "target",
}


def _run(folder: Path, *, mistake: str | None, seed: int = 1, names: dict[str, str] | None = None) -> Ended:
    study = write_simulated_study(folder, seed=seed, mistake=mistake, names=names)
    text = study.read_text(encoding="utf-8").replace("resamples = 1000", FEWER)
    study.write_text(text, encoding="utf-8")
    # Only a sign can be told by nothing but the estimates; everything else is caught before anything is predicted.
    until = "estimates" if mistake in (None, "flipped-sign") else "audits"
    return run_study(prepare(study), out=folder / "runs", until=until)


def test_sound_study__raises_no_finding_that_matters(tmp_path: Path) -> None:
    ended = _run(tmp_path, mistake=None)
    assert [f"{f.code}: {f.message}" for f in ended.findings if f.is_open and f.severity is not Severity.NOTE] == []


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake__is_caught_by_its_code(mistake: str, tmp_path: Path) -> None:
    found = {finding.code for finding in _run(tmp_path, mistake=mistake).findings if finding.is_open}
    assert found & set(MISTAKES[mistake].caught_by)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake__is_caught_with_other_numbers_and_other_names_too(mistake: str, tmp_path: Path) -> None:
    found = {f.code for f in _run(tmp_path, mistake=mistake, seed=29, names=OTHER_NAMES).findings if f.is_open}
    assert found & set(MISTAKES[mistake].caught_by)


def test_sound_study__no_run_reads_the_truth(tmp_path: Path) -> None:
    study = write_simulated_study(tmp_path, mistake="flipped-sign")
    study.write_text(study.read_text(encoding="utf-8").replace("resamples = 1000", FEWER), encoding="utf-8")
    (tmp_path / "truth.json").unlink()
    assert run_study(prepare(study), out=tmp_path / "runs", until="estimates").reached == "estimates"
