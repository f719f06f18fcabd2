from __future__ import annotations

import json

from refalt.files import sha256_of
from refalt.pipeline.history import earlier_runs, frozen_choices, table_digests
from refalt.pipeline.prepare import prepare
from refalt.pipeline.run import run_study
from refalt.testing.toy_study import ToyStudy


def test_frozen_choices__hold_what_must_not_change_after_a_result(toy: ToyStudy) -> None:
    choices = frozen_choices(prepare(toy.path))
    assert choices["effect"]["of"] == "alt"
    assert [score["name"] for score in choices["scores"]] == ["good", "noise"]
    assert choices["dataset_files"] == [sha256_of(toy.path.parent / "toy.tsv")]


def test_earlier_runs__are_those_that_showed_estimates_of_the_same_files(toy: ToyStudy) -> None:
    prepared, out = prepare(toy.path), toy.path.parent / "runs"
    run_study(prepared, out=out, until="alleles")
    assert earlier_runs(prepared, out) == []
    run_study(prepared, out=out, until="estimates")
    assert [event["digest"] for event in earlier_runs(prepared, out)] == [prepared.resolved.digest] * 2
    toy.rewrite(toy.table.head(300))
    assert earlier_runs(prepare(toy.path), out) == []


def test_write_provenance__has_the_digest_of_every_table(toy: ToyStudy) -> None:
    ended = run_study(prepare(toy.path), out=toy.path.parent / "runs", until="estimates")
    kept = json.loads(ended.run.provenance.read_text())["tables"]
    assert kept == table_digests(ended.run)
    assert kept["5-estimates.parquet"] == sha256_of(ended.run.estimates)
    assert set(kept) >= {"1-measurements.parquet", "3-predictions/good.parquet", "attrition.tsv"}
