"""The folder `exports` of a run."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from scipy import stats

from refalt.cli.app import exit_status
from refalt.exports import write_exports
from refalt.pipeline import run as pipeline
from refalt.pipeline.prepare import prepare
from refalt.pipeline.run import Ended, run_study
from refalt.tables import Comparison
from refalt.testing.toy_study import write_toy_study


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """A simulated study, run to its report without figures."""
    study = write_toy_study(tmp_path_factory.mktemp("toy"), n=100)
    study.edit("resamples = 200", "resamples = 200\npermutations = 0\nclusters = 'input'")
    study.path.write_text(study.path.read_text() + "\n[exports]\nsequences = 20\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "draw_all", lambda *_, **__: [])
        return run_study(prepare(study.path), out=study.path.parent / "runs")


def test_write_exports__a_run_that_ended_has_them_and_each_says_that_it_is_simulated(ended: Ended) -> None:
    folder = ended.run.exports
    assert {path.name for path in folder.iterdir()} == {
        "variants.bed", "filtered.bed", "success_by_reason.csv", "benchmark_summary.csv", "per_chromosome.csv",
        "predictions.parquet", "sequences.parquet",
        *(f"{name}_{what}" for name in ("good", "noise") for what in ("predictions.csv", "statistics.txt")),
    }  # fmt: skip
    for path in folder.glob("*.csv"):
        assert pl.read_csv(path).get_column("simulated").all()
    assert (folder / "variants.bed").read_text().startswith("# simulated values\n")
    assert (folder / "good_statistics.txt").read_text().startswith("simulated values\n")


def test_write_exports__hold_what_the_tables_hold(ended: Ended) -> None:
    folder = ended.run.exports
    compared = Comparison.read(ended.run.comparison).frame.filter(score_name="good")
    found = pl.read_csv(folder / "good_predictions.csv")
    assert (
        found.select("variant_id", "slope", "delta_pred").rows()
        == compared.select("asked_id", "effect", "score").rows()
    )
    r = stats.pearsonr(*compared.drop_nulls("effect").select("effect", "score").get_columns()).statistic
    summary = pl.read_csv(folder / "benchmark_summary.csv").row(0, named=True)
    assert (summary["score_name"], summary["pearson"]) == ("good", pytest.approx(r))
    counts = pl.read_csv(folder / "success_by_reason.csv").group_by("stage", "score_name").agg(pl.col("share").sum())
    assert counts.get_column("share").to_list() == pytest.approx([1.0] * 3)


def test_write_exports__bed_intervals_hold_ref(ended: Ended, tmp_path: Path) -> None:
    genome = dict(part.split("\n", 1) for part in (ended.run.root.parents[1] / "toy.fa").read_text().split(">")[1:])
    letters = {name: text.replace("\n", "") for name, text in genome.items()}
    lines = (ended.run.exports / "filtered.bed").read_text().splitlines()[1:]
    assert len(lines) == 100
    for line in lines:
        chrom, start, end, name = line.split("\t")
        assert letters[chrom][int(start) : int(end)] in (name.split(":")[2].split(">"))


def test_report__writes_them_again(ended: Ended) -> None:
    path = ended.run.exports / "variants.bed"
    before = path.read_bytes()
    path.unlink()
    assert exit_status(["report", str(ended.run.root)]) == 0
    assert path.read_bytes() == before
    assert write_exports(ended.run)
