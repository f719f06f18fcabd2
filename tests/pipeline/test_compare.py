"""Runs held side by side."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest
from scipy import stats

from refalt.errors import UserError
from refalt.files import sha256_of
from refalt.pipeline.compare import compare_runs, labels
from refalt.report.together import read_together
from refalt.runs import RunFolder
from refalt.tables import Comparison


def rows_of(runs: dict[str, Path], name: str, score: str) -> pl.DataFrame:
    return Comparison.read(RunFolder(runs[name]).comparison).frame.filter(score_name=score)


def test_compare_runs__gives_the_difference_on_the_rows_that_both_have(runs: dict[str, Path], tmp_path: Path) -> None:
    together = read_together(compare_runs([runs["both"], runs["few"]], out=tmp_path / "out"))
    wanted = {"first": "both: good", "second": "few: noise", "metric": "spearman_rho", "label_name": "effect"}
    row = together.comparisons.frame.filter(**wanted).row(0, named=True)
    one, other = (rows_of(runs, *which) for which in (("both", "good"), ("few", "noise")))
    rows = one.join(other.select("asked_id", second="score"), on="asked_id").filter(pl.col("effect").is_not_null())
    effect, first, second = (rows.get_column(name).to_numpy() for name in ("effect", "score", "second"))
    expected = stats.spearmanr(effect, first).statistic - stats.spearmanr(effect, second).statistic
    assert row["difference"] == pytest.approx(expected)
    assert row["n"] == rows.height == 60
    assert row["lower"] < row["difference"] < row["upper"]


def test_compare_runs__leaves_a_page_with_both_runs_linked(runs: dict[str, Path], tmp_path: Path) -> None:
    folder = compare_runs([runs["both"], runs["few"]], out=tmp_path / "out")
    together = read_together(folder)
    assert [member.label for member in together.members] == ["both", "few"]
    assert all((folder / str(member.report)).is_file() for member in together.members)
    assert str(tmp_path) not in (folder / "report.html").read_text(encoding="utf-8")
    assert json.loads((folder / "members.json").read_text())["kind"] == "comparison"


def test_compare_runs__says_why_rows_of_other_measurements_are_not_compared(
    runs: dict[str, Path], tmp_path: Path
) -> None:
    changed = RunFolder(tmp_path / "else")
    shutil.copytree(runs["both"], changed.root)
    Comparison(pl.read_parquet(changed.comparison).with_columns(pl.col("effect") * 2)).write(changed.comparison)
    provenance = json.loads(changed.provenance.read_text())
    provenance["tables"][changed.comparison.name] = sha256_of(changed.comparison)
    changed.provenance.write_text(json.dumps(provenance))
    changed.lock.write_text(changed.lock.read_text().replace("simulated units", "other units"))
    together = read_together(compare_runs([runs["both"], changed.root], out=tmp_path / "out"))
    assert len(together.comparisons) == 0
    assert "the effect differs on 120 of the 120 rows they share" in together.notes[0]


@pytest.mark.parametrize("roots", [[], ["both"], ["both", "both"]])
def test_compare_runs__needs_two_runs(runs: dict[str, Path], roots: list[str]) -> None:
    with pytest.raises(UserError, match="nothing to compare"):
        compare_runs([runs[name] for name in roots])


def test_compare_runs__refuses_a_table_that_is_not_what_the_run_wrote(runs: dict[str, Path], tmp_path: Path) -> None:
    shutil.copytree(runs["few"], tmp_path / "few")
    text = (tmp_path / "few" / "attrition.tsv").read_text()
    (tmp_path / "few" / "attrition.tsv").write_text(text.replace("\t60\n", "\t61\n"))
    with pytest.raises(UserError, match="attrition.tsv is not what the run wrote"):
        compare_runs([runs["both"], tmp_path / "few"], out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_compare_runs__refuses_another_layout(runs: dict[str, Path], tmp_path: Path) -> None:
    shutil.copytree(runs["few"], tmp_path / "few")
    pl.read_parquet(runs["few"] / "5-estimates.parquet").write_parquet(tmp_path / "few" / "5-estimates.parquet")
    with pytest.raises(UserError, match="another layout"):
        compare_runs([runs["both"], tmp_path / "few"], out=tmp_path / "out")


def test_labels__tell_runs_of_one_name_apart() -> None:
    assert labels(["a", "b"], ["a-1", "b-1"]) == ["a", "b"]
    assert labels(["a", "a"], ["a-1", "a-2"]) == ["a-1", "a-2"]
    assert labels(["a", "a"], ["a-1", "a-1"]) == ["a-1-1", "a-1-2"]
