"""Suites, from their file to their page."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats

from refalt.errors import ExitCode, UserError
from refalt.pipeline import run, stages
from refalt.pipeline.suite import SuiteEnded, prepare_suite, run_suite
from refalt.report.together import Member, read_together
from refalt.tables import Comparison, Predictions
from refalt.testing.toy_study import write_toy_study

QUICK = "resamples = 200\npermutations = 0\nclusters = 'input'"
MOTIF = '\n[models.motif]\n[[score]]\nname = "motif"\nmodel = "motif"\n'
NOT_RECORDED = 'recorded  = { good = { column = "good", of = "alt" }, noise = { column = "noise", of = "alt" } }'


def write_study(folder: Path, name: str, *, swept: bool = False) -> Path:
    study = write_toy_study(folder, n=100)
    study.edit('name     = "toy"', f'name     = "{name}"')
    study.edit("resamples = 200", QUICK)
    if swept:
        study.edit(NOT_RECORDED, "")
        study.path.write_text(study.path.read_text() + MOTIF)
    return study.path.rename(folder / f"{name}.toml")


def write_suite(folder: Path, studies: list[str], sweep: str = "") -> Path:
    path = folder / "suite.toml"
    path.write_text(f'[suite]\nname = "toy-suite"\nstudies = {json.dumps(studies)}\n{sweep}')
    return path


@pytest.fixture(autouse=True, scope="module")
def undrawn() -> Iterator[None]:
    """Members without figures: drawing has tests of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "draw_all", lambda *_, **__: [])
        yield


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> SuiteEnded:
    """Windows 128, 512 and 2,048 of a score whose size goes with one over the window; 2,048 lacks four rows."""
    folder = tmp_path_factory.mktemp("sweep")
    write_study(folder, "toy", swept=True)
    path = write_suite(folder, ["toy.toml"], "[sweep]\nwindow = [512, 128, 2048]\n")
    real = stages.score_with

    def by_window(model, asked, score, **choices):  # type: ignore[no-untyped-def]
        scored = real(model, asked, score, **choices)
        frame = scored.predictions.frame
        values = np.random.default_rng(score.window).normal(size=frame.height) / score.window
        changed = frame.with_columns(raw=pl.Series([[value] for value in values]))
        kept = changed.head(frame.height - 4) if score.window == 2048 else changed
        return dataclasses.replace(scored, predictions=Predictions(kept))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stages, "score_with", by_window)
        return run_suite(prepare_suite(path), out=folder / "runs")


def test_run_suite__holds_every_window_against_the_same_rows(swept: SuiteEnded) -> None:
    sweep = read_together(swept.root).sweep
    assert sweep is not None
    assert sweep.frame.get_column("window").to_list() == [128, 512, 2048]
    assert sweep.frame.get_column("n").n_unique() == 1
    assert sweep.frame.get_column("n_left_out").to_list() == [4, 4, 0]


def test_run_suite__gives_the_correlations_of_the_shared_rows(swept: SuiteEnded) -> None:
    together = read_together(swept.root)
    tables = [Comparison.read(evidence.run.comparison).frame for _, evidence in together.present]
    common = tables[2].select("source_row")
    for table, row in zip(tables, together.sweep.frame.iter_rows(named=True), strict=True):  # type: ignore[union-attr]
        rows = table.join(common, on="source_row").filter(pl.col("effect").is_not_null())
        effect, score = rows.get_column("effect").to_numpy(), rows.get_column("score").to_numpy()
        assert row["n"] == rows.height
        assert row["spearman_rho"] == pytest.approx(stats.spearmanr(effect, score).statistic)
        assert row["pearson_r"] == pytest.approx(stats.pearsonr(effect, score).statistic)
        assert row["effect_sd"] == pytest.approx(effect.std(ddof=1))
        assert row["score_sd"] == pytest.approx(score.std(ddof=1))


def test_run_suite__tests_every_pair_of_windows_and_finds_the_dilution(swept: SuiteEnded) -> None:
    together = read_together(swept.root)
    pairs = together.comparisons.frame.filter(metric="spearman_rho", label_name="effect").select("first", "second")
    assert pairs.rows() == [("128 bp", "512 bp"), ("128 bp", "2,048 bp"), ("512 bp", "2,048 bp")]
    assert together.scaling is not None
    assert together.scaling.lower <= -1 <= together.scaling.upper
    assert {figure.name.partition("-")[0] for figure in together.figures} == {"score_bars", "side_by_side"}


def test_run_suite__puts_members_under_its_own_folder_with_commands_that_run_them(swept: SuiteEnded) -> None:
    assert swept.root.name.startswith("toy-suite-")
    names = sorted(
        path.name.rpartition("-")[0] for path in swept.root.iterdir() if (path / "study.lock.toml").is_file()
    )
    assert names == ["toy-w128", "toy-w2048", "toy-w512"]
    assert all(one.evidence.provenance["command"] == "refalt run suite.toml" for one in swept.members if one.evidence)
    assert (swept.root / "report.html").is_file()


def test_run_suite__goes_on_after_a_members_mistake_and_ends_with_the_worst(tmp_path: Path) -> None:
    for name in ("bad", "good"):
        (tmp_path / name).mkdir()
        write_study(tmp_path / name, name)
    (tmp_path / "bad" / "toy.tsv").write_text((tmp_path / "bad" / "toy.tsv").read_text().replace("beta", "betta"))
    prepared = prepare_suite(write_suite(tmp_path, ["bad/bad.toml", "good/good.toml"]))
    ended = run_suite(prepared, out=tmp_path / "runs")
    assert ended.exit_code is ExitCode.USER_ERROR
    assert "no column 'beta'" in ended.members[0].ended
    assert ended.members[1].exit_code == 0
    page = (ended.root / "report.html").read_text(encoding="utf-8")
    assert "no column &#39;beta&#39;" in page
    again = run_suite(prepared, out=tmp_path / "runs", only=["bad"])
    assert [member.exit_code for member in again.members] == [1, None]
    assert again.members[1].evidence is not None
    with pytest.raises(UserError, match="no member named 'goood'.*Did you mean 'good'"):
        run_suite(prepared, out=tmp_path / "runs", only=["goood"])


@pytest.mark.parametrize(
    ("codes", "worst"),
    [([0, 0], 0), ([0, 3], 3), ([3, 2, 0], 2), ([2, 1], 1), ([1, 75], 75), ([None, 0], 0), ([], 0)],
)
def test_exit_code__is_that_of_the_worst_member(codes: list[int | None], worst: int, tmp_path: Path) -> None:
    ended = SuiteEnded(tmp_path, [Member("m", exit_code=code) for code in codes])
    assert ended.exit_code == worst


def test_prepare_suite__tells_a_mistake_before_anything_is_run(tmp_path: Path) -> None:
    write_study(tmp_path, "toy", swept=True)
    with pytest.raises(UserError, match="window is too short"):
        prepare_suite(write_suite(tmp_path, ["toy.toml"], "[sweep]\nwindow = [4, 512]\n"))
    with pytest.raises(UserError, match="no score named 'motiv'"):
        prepare_suite(write_suite(tmp_path, ["toy.toml"], '[sweep]\nwindow = [128, 512]\nscore = "motiv"\n'))
    with pytest.raises(UserError, match="no study file"):
        prepare_suite(write_suite(tmp_path, ["absent.toml"]))


def test_prepare_suite__needs_studies_of_different_names(tmp_path: Path) -> None:
    path = write_study(tmp_path, "toy")
    (tmp_path / "other.toml").write_text(path.read_text())
    with pytest.raises(UserError, match="two studies are named 'toy'"):
        prepare_suite(write_suite(tmp_path, ["toy.toml", "other.toml"]))


def test_prepare_suite__needs_to_know_which_score_is_swept(tmp_path: Path) -> None:
    write_study(tmp_path, "toy")
    with pytest.raises(UserError, match="which score is swept is not said"):
        prepare_suite(write_suite(tmp_path, ["toy.toml"], "[sweep]\nwindow = [128, 512]\n"))
