from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from refalt.audits.base import Finding, Outcome, Severity
from refalt.audits.record import ItCanBeRunAgain, NothingWasLostInSilence, NothingWasMadeUp
from refalt.evaluation.join import Joined
from refalt.sources.fasta import genome_from_sequences
from refalt.sources.fetch import FoundFile
from refalt.tables import Attrition, Failures, Predictions
from refalt.testing.builders import as_table, build_declared, build_joined, build_measurements, build_study


def made_up(*, flags: list[str] | None = None, **declared: Any) -> Finding:
    rows = build_measurements(5, flags=[flags or [], *[["lower_case_alleles"]] * 4])
    return NothingWasMadeUp().check(declared=build_declared(**declared), measurements=rows)


def test_rc001__clear_of_measured_rows_and_declared_simulation() -> None:
    assert made_up().outcome is Outcome.CLEAR
    assert made_up(flags=["simulated"], assembly="simulated-toy", simulated=True).outcome is Outcome.CLEAR


@pytest.mark.parametrize("flag", ["simulated", "imputed"])
def test_rc001__finds_flagged_rows(flag: str) -> None:
    found = made_up(flags=["other", flag])
    assert (found.outcome, found.severity, found.n_affected) == (Outcome.FOUND, Severity.FATAL, 1)
    assert found.examples[0].startswith("row 1:")


def test_rc001__finds_a_simulated_assembly_and_genome() -> None:
    assert made_up(assembly="simulated-toy").outcome is Outcome.FOUND
    genome = genome_from_sequences({"chr1": "ACGT"}, "simulated-toy")
    rows = build_measurements(2)
    found = NothingWasMadeUp().check(declared=build_declared(), measurements=rows, genome=genome)
    assert "the genome file is simulated-toy" in found.message


def ledger(n_in: int, joined: Joined) -> Finding:
    (found,) = NothingWasLostInSilence().check(measurements=build_measurements(n_in), joined=joined)
    return found


def test_rc002__clear_of_a_ledger_that_adds_up() -> None:
    assert ledger(50, build_joined(build_measurements(50))).outcome is Outcome.CLEAR


def test_rc002__finds_rows_that_vanished() -> None:
    found = ledger(6963, build_joined(build_measurements(6863)))
    assert (found.outcome, found.severity, found.n_affected) == (Outcome.FOUND, Severity.SERIOUS, 2)
    assert "comparison of said: 6,863 of 6,963 rows" in found.examples[1]


def test_rc002__finds_a_ledger_that_claims_more_than_is_compared() -> None:
    joined = build_joined(build_measurements(50))
    claimed = joined.attrition.frame.with_columns(n_rows=pl.lit(51, pl.Int64))
    found = ledger(51, dataclasses.replace(joined, attrition=Attrition(claimed)))
    assert found.n_affected == 1


def failed(n_lost: int, n_answered: int, *, reason: str = "prediction_failed") -> Finding:
    rows = build_measurements(n_answered)
    lost = {"score_name": ["said"] * n_lost, "asked_id": [f"v{i}" for i in range(n_lost)], "attempts": [1] * n_lost}
    failures = Failures(
        as_table(Failures, lost | {"error": ["the server is busy"] * n_lost, "reason": [reason] * n_lost})
    )
    names = [f"a{i}" for i in range(n_answered)]
    made = {"asked_id": names, "made_for": names, "input_id": names, "raw": [[0.0]] * n_answered}
    answered = Predictions(as_table(Predictions, made))
    findings = NothingWasLostInSilence().check(
        measurements=rows, joined=build_joined(rows), failures=failures, predictions={"said": answered}
    )
    return list(findings)[1]


@pytest.mark.parametrize(("n_lost", "outcome"), [(0, Outcome.CLEAR), (10, Outcome.CLEAR), (11, Outcome.FOUND)])
def test_rc002__finds_more_than_one_failure_in_a_hundred(n_lost: int, outcome: Outcome) -> None:
    found = failed(n_lost, 1000 - n_lost)
    assert (found.outcome, found.n_affected, found.n_examined) == (outcome, n_lost, 1000)
    assert outcome is Outcome.CLEAR or "11 x the server is busy" in found.message


def test_rc002__an_answer_without_a_rows_gene_is_no_failure() -> None:
    found = failed(11, 989, reason="gene_outside_window")
    assert (found.outcome, found.n_affected) == (Outcome.CLEAR, 0)


def again(tmp_path: Path, *, revision: str = "", model: str = "recorded", events: Any = ()) -> Finding:
    path = tmp_path / "table.tsv"
    path.write_text("a\tb\n")
    score = {"name": "said", "model": model, "method": "variant"}
    study = build_study(score=[score], models={"alphagenome": {"revision": revision}})
    files = [FoundFile("dataset", "table.tsv", path)]
    return ItCanBeRunAgain().check(files=files, study=study, table_digests={"a.parquet": "00"}, past_events=events)


def test_rc003__clear_of_pinned_models_and_unused_ones(tmp_path: Path) -> None:
    assert again(tmp_path, revision="2026-01", model="alphagenome").outcome is Outcome.CLEAR
    assert again(tmp_path).outcome is Outcome.CLEAR


def test_rc003__finds_an_unpinned_model(tmp_path: Path) -> None:
    found = again(tmp_path, model="alphagenome")
    assert (found.outcome, found.severity) == (Outcome.FOUND, Severity.SERIOUS)
    assert "alphagenome has no pinned revision" in found.message


def test_rc003__finds_an_input_that_changed(tmp_path: Path) -> None:
    same = FoundFile("dataset", "table.tsv", tmp_path / "table.tsv")
    again(tmp_path)
    assert again(tmp_path, events=[{"event": "started", "inputs": {"table.tsv": same.sha256}}]).outcome is Outcome.CLEAR
    found = again(tmp_path, events=[{"event": "started", "inputs": {"table.tsv": "ff"}}])
    assert "table.tsv changed" in found.message


def test_rc003__finds_answers_of_one_score_through_clients_of_two_versions() -> None:
    study = build_study()
    one = {"a": {"0.10.0": 900}, "b": {"0.9.1": 100}}
    assert ItCanBeRunAgain().check(files=[], study=study, clients=one).outcome is Outcome.CLEAR
    found = ItCanBeRunAgain().check(files=[], study=study, clients={"a": {"0.10.0": 900, "0.9.1": 1100}})
    assert (found.outcome, found.severity) == (Outcome.FOUND, Severity.SERIOUS)
    assert "answers of a came through clients of 2 versions: 900 through 0.10.0 and 1,100 through" in found.message
