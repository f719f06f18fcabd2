from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from refalt.audits.base import Finding, Outcome, Phase, Severity
from refalt.audits.runner import run_audits
from refalt.audits.training import HELD_OUT, EvaluationWasHeldOut
from refalt.pipeline import stages
from refalt.pipeline.prepare import prepare
from refalt.sources.intervals import IntervalSet
from refalt.studies.library import library_study
from refalt.tables import Measurements
from refalt.testing.builders import build_declared, build_joined, build_measurements, build_study

TRAINED = {"supervised_on": "the training half"}


def model_study(revision: str | None) -> Any:
    models = {"alphagenome": {} if revision is None else {"revision": revision}}
    return build_study(score=[{"name": "said", "model": "alphagenome", "method": "variant"}], models=models)


def held_out(recorded: dict[str, Any] | None = None, revision: str | None = None, **more: Any) -> list[Finding]:
    study = build_study() if recorded is not None else model_study(revision)
    declared = build_declared(recorded={"said": {"column": "said"} | (recorded or {})})
    return list(EvaluationWasHeldOut().check(declared=declared, study=study, scores=study.score, **more))


def half_seen(n: int = 400, *, seed: int = 1, stratum: str = "is_train") -> tuple[Measurements, dict[str, Any]]:
    """Every second row was trained on, and only there the score knows the effect."""
    rows = build_measurements(n, seed=seed)
    seen = pl.Series(["yes", "no"] * (n // 2))
    rows = Measurements(rows.frame.with_columns(seen.alias(f"stratum.{stratum}")))
    return rows, TRAINED | {"seen": {"stratum": stratum, "value": "yes"}}


def test_md006__clear_of_scores_of_which_nothing_says_that_they_were_trained() -> None:
    assert [found.outcome for found in held_out({})] == [Outcome.CLEAR]
    rows, trained = half_seen()
    unseen = Measurements(rows.frame.filter(pl.col("stratum.is_train") == "no"))
    (clear,) = held_out(trained, measurements=unseen)
    assert (clear.outcome, clear.n_examined) == (Outcome.CLEAR, 200)


@pytest.mark.parametrize("revision", [None, "ALL_FOLDS", "FOLD_1"])
def test_md006__finds_weights_that_have_seen_the_genome_or_most_of_it(revision: str | None) -> None:
    (found,) = held_out(revision=revision)
    assert (found.outcome, found.severity) == (Outcome.FOUND, Severity.SERIOUS)
    (recorded,) = held_out(TRAINED)
    assert "trained on the training half" in recorded.message


@pytest.mark.parametrize(("seed", "stratum"), [(1, "is_train"), (2, "known")])
def test_md006__counts_rows_that_were_trained_on_and_puts_the_others_beside_them(seed: int, stratum: str) -> None:
    rows, trained = half_seen(seed=seed, stratum=stratum)
    (before,) = held_out(trained, measurements=rows)
    assert (before.outcome, before.n_affected, before.n_examined) == (Outcome.FOUND, 200, 400)
    effect, rng = rows.frame.get_column("beta").to_numpy(), np.random.default_rng(seed)
    score = np.where(np.arange(400) % 2 == 0, effect, rng.normal(size=400))
    (after,) = held_out(trained, measurements=rows, joined=build_joined(rows, score=score))
    assert (after.outcome, after.n_affected) == (Outcome.FOUND, 200)
    assert "trained on 1.000" in after.message
    assert "200 rows in 200 clusters), trained on" in after.message


def _folds(rows: Measurements, *, seen: str, other: str) -> dict[str, IntervalSet]:
    """The first 300 of 400 variants lie in one fold and the rest in the other."""
    pos = rows.frame.get_column("pos").to_list()
    parts = {seen: (pos[0] - 1, pos[299]), other: (pos[300] - 1, pos[-1])}
    return {name: IntervalSet.of("GRCh38", ["chr1"], [start], [end]) for name, (start, end) in parts.items()}


@pytest.mark.parametrize("revision", HELD_OUT)
def test_md006__counts_rows_in_the_folds_that_weights_were_trained_on(revision: str) -> None:
    rows = build_measurements(400)
    mine = HELD_OUT[revision][1]
    other = next(name for names in HELD_OUT.values() for name in names if name not in HELD_OUT[revision])
    (found,) = held_out(revision=revision, measurements=rows, folds=_folds(rows, seen=other, other=mine))
    assert (found.outcome, found.n_affected, found.n_examined) == (Outcome.FOUND, 300, 400)
    kept = _folds(rows, seen=HELD_OUT[revision][0], other=mine)
    assert [each.outcome for each in held_out(revision=revision, measurements=rows, folds=kept)] == [Outcome.CLEAR]


def test_held_out__is_what_the_official_client_says() -> None:
    client = pytest.importorskip("alphagenome.data.fold_intervals")
    versions, subsets = client.dna_client.ModelVersion, client.Subset
    for revision, folds in HELD_OUT.items():
        named = [client.get_fold_names(versions[revision], subset) for subset in (subsets.VALID, subsets.TEST)]
        assert sorted(folds) == sorted(name for names in named for name in names)


def test_md006__of_cagi5_the_rows_that_were_held_out_are_known_less_well(real_inputs: Path) -> None:
    path = library_study("cagi5")
    assert path is not None
    prepared = prepare(path, folders=[real_inputs])
    read = stages.read_measurements(prepared)
    checks, clusters = stages.check_variants(read, None), stages.cluster(prepared, read)
    scored = stages.predict(prepared, read, checks, None, notify=lambda _: None)
    evidence = {
        "declared": prepared.declared, "study": prepared.study, "scores": prepared.scores,
        "measurements": read.measurements, "joined": stages.compare(prepared, read, checks, scored, clusters),
    }  # fmt: skip
    found = next(f for f in run_audits(Phase.POST, evidence, waivers={}) if f.code == "MD006")
    assert "held out 0.338 (" in found.message
    assert "trained on 0.417 (" in found.message
