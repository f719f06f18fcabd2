from __future__ import annotations

import polars as pl
import pytest

from refalt.errors import UserError
from refalt.pipeline.prepare import prepare
from refalt.pipeline.run import Ended, run_study
from refalt.tables import (
    Balance,
    Comparison,
    Comparisons,
    Diagnostics,
    Estimates,
    Heterogeneity,
    Measurements,
    Power,
)
from refalt.testing.toy_study import ToyStudy

MATCHED = {
    'labels    = ["given", "direction"]': 'labels    = ["given", "matched", "direction"]',
    "resamples = 200": 'resamples = 200\nkmers = true\ncontrols = { match = ["gc"], k = 1 }',
}
#: The rows of the small study lie in two windows: with each variant its own cluster there are intervals.
SINGLE = {"resamples = 200": 'resamples = 200\nclusters = "input"'}


def _run(toy: ToyStudy, edits: dict[str, str]) -> Ended:
    for old, fresh in edits.items():
        toy.edit(old, fresh)
    return run_study(prepare(toy.path), out=toy.path.parent / "runs", until="estimates")


def test_look_beside__leaves_a_table_for_everything_that_stands_beside_the_estimates(toy: ToyStudy) -> None:
    run = _run(toy, {}).run
    assert len(Diagnostics.read(run.diagnostics))
    pairs = Comparisons.read(run.comparisons).frame.select("first", "second").unique()
    assert ("good", "noise") in pairs.rows()
    assert set(Power.read(run.power).frame.get_column("score_name")) == {"good", "noise"}
    assert set(Heterogeneity.read(run.heterogeneity).frame.get_column("column")) == {"chrom"}
    assert len(Balance.read(run.balance)) == 0


def test_look_beside__tells_a_good_score_from_noise(toy: ToyStudy) -> None:
    run = _run(toy, SINGLE).run
    row = Comparisons.read(run.comparisons).frame.row(
        by_predicate=(pl.col("metric") == "pearson_r") & (pl.col("second") == "noise"), named=True
    )
    assert row["lower"] > 0
    estimates = Estimates.read(run.estimates).frame.filter(metric="pearson_r", stratum="all", label_name="effect")
    q = dict(estimates.filter(model="recorded").select("score_name", "q_value").rows())
    assert q["good"] <= 0.02 < 0.1 < q["noise"]


def test_look_around__controls_are_matched_on_what_the_genome_says(toy: ToyStudy) -> None:
    run = _run(toy, MATCHED).run
    rows = Comparison.read(run.comparison).frame.filter(score_name="good")
    assert rows.get_column("gc").is_between(0, 1).all()
    chosen = rows.filter(pl.col("matched_label").is_not_null())
    assert chosen.get_column("matched_label").to_list() == chosen.get_column("label").to_list()
    balance = Balance.read(run.balance).frame.row(0, named=True)
    assert balance["n_positives"] == chosen.get_column("matched_label").sum()
    found = Estimates.read(run.estimates).frame.filter(label_name="matched", metric="auroc", score_name="good")
    assert found.get_column("n")[0] == chosen.height


def test_leave_unmatched__keeps_positives_and_the_controls_that_they_chose(toy: ToyStudy) -> None:
    only = {key: text.replace("k = 1 }", "k = 1, only = true }") for key, text in MATCHED.items()}
    toy.rewrite(toy.table.with_columns(label=pl.when(pl.int_range(pl.len()) % 4 == 0).then(1).otherwise(0)))
    run = _run(toy, only).run
    rows = Measurements.read(run.measurements).frame
    balance = Balance.read(run.balance).frame.row(0, named=True)
    words = pl.format("{} {}", "label", pl.col("reason").fill_null("kept"))
    left = dict(rows.group_by(words.alias("words")).len().iter_rows())
    assert (left["1 kept"], left["0 kept"]) == (100, balance["n_controls"])
    assert left["0 not_matched"] == 300 - balance["n_controls"] > 0
    asked = Comparison.read(run.comparison).frame.filter(score_name="good")
    assert asked.height == 100 + balance["n_controls"]


def test_look_around__what_no_row_has_cannot_be_matched_on(toy: ToyStudy) -> None:
    with pytest.raises(UserError, match="matched on tss_distance"):
        _run(toy, {"resamples = 200": 'resamples = 200\ncontrols = { match = ["tss_distance"] }'})


def test_train_kmers__is_a_baseline_that_says_what_it_was_trained_on(toy: ToyStudy) -> None:
    frame = Estimates.read(_run(toy, MATCHED).run.estimates).frame
    found = frame.filter(model="baseline", metric="pearson_r", stratum="all")
    assert found.get_column("score_name").to_list() == ["kmers-trained-on-effects"]
    assert found.get_column("n")[0] > 0


def test_train_kmers__stays_away_unless_it_is_asked_for(toy: ToyStudy) -> None:
    names = Estimates.read(_run(toy, {}).run.estimates).frame.get_column("score_name")
    assert "kmers-trained-on-effects" not in names.to_list()
