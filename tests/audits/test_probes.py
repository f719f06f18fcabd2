from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from refalt.audits.base import Finding, Outcome, Phase, Severity
from refalt.audits.probes import AnswersKnownBeforehand
from refalt.audits.runner import run_audits
from refalt.models.base import Probe
from refalt.studies.study import ScoreSection
from refalt.tables import Probes

OWN = [1.0, -0.5, 0.25, 2.0]


def probes(
    answers: dict[Probe, list[float | None]], *, paid: bool = False, why: dict[Probe, str] | None = None
) -> Probes:
    factor = {Probe.SWAPPED: -1.0, Probe.SAME: 0.0}
    rows: list[dict[str, Any]] = [
        {
            "probe": kind.value,
            "asked_id": f"chr1:{i}:A>C",
            "score": own,
            "probe_score": answer,
            "expected": factor.get(kind, 1.0) * own,
            "reason": None if answer is not None else "the service was busy",
        }
        for kind, given in answers.items()
        for i, (own, answer) in enumerate(zip(OWN, given, strict=True))
    ]
    rows += [{"probe": kind.value, "reason": text} for kind, text in (why or {}).items()]
    schema = {column.name: column.dtype for column in Probes.declared}
    frame = pl.DataFrame(rows, schema=schema).with_columns(score_name=pl.lit("s"), paid=pl.lit(paid))
    return Probes(frame)


def checked(table: Probes) -> Finding:
    (found,) = AnswersKnownBeforehand().check(probes=table, scores=[ScoreSection(name="s", model="m")])
    return found


def test_md008__clear_of_a_score_that_turns_but_for_rounding() -> None:
    found = checked(probes({Probe.SWAPPED: [-1.001, 0.5, -0.25, -2.0], Probe.SAME: [0.0, 0.0, 0.001, 0.0]}))
    assert (found.outcome, found.n_affected, found.n_examined) == (Outcome.CLEAR, 0, 8)
    assert found.statistic is not None
    assert 0 < found.statistic < 1
    assert "alleles exchanged in 4" in found.message


def test_md008__finds_a_score_that_keeps_its_sign() -> None:
    found = checked(probes({Probe.SWAPPED: OWN, Probe.SAME: [0.0] * 4}))  # type: ignore[dict-item]
    assert (found.outcome, found.severity) == (Outcome.FOUND, Severity.SERIOUS)
    assert (found.n_affected, found.n_examined) == (4, 8)
    assert found.examples[0] == "chr1:3:A>C: alleles exchanged scores 2, must be -2"


def test_md008__finds_one_wrong_answer_among_good_ones() -> None:
    found = checked(probes({Probe.SWAPPED: [-1.0, 0.5, -0.25, -1.5]}))
    assert (found.outcome, found.n_affected) == (Outcome.FOUND, 1)


def test_md008__finds_a_score_of_nothing() -> None:
    assert checked(probes({Probe.SAME: [0.0, 0.3, 0.0, 0.0]})).outcome is Outcome.FOUND


def test_md008__another_strand_or_window_may_differ_a_little() -> None:
    near: dict[Probe, list[float | None]] = {kind: [1.2, -0.3, 0.1, 1.6] for kind in (Probe.STRAND, Probe.SHIFTED)}
    assert checked(probes(near)).outcome is Outcome.CLEAR
    assert checked(probes({Probe.SHIFTED: [-1.0, 0.5, 1.0, 0.0]})).outcome is Outcome.FOUND


def test_md008__stops_a_study_whose_further_answers_cost() -> None:
    broken: dict[Probe, list[float | None]] = {Probe.SWAPPED: [1.0, -0.5, 0.25, -2.0]}
    assert checked(probes(broken, paid=True)).severity is Severity.FATAL
    assert checked(probes(broken)).severity is Severity.SERIOUS
    assert checked(probes({Probe.SWAPPED: [-1.0, 0.5, -0.25, 2.0]}, paid=True)).severity is Severity.SERIOUS


def test_md008__what_was_not_answered_is_not_tested() -> None:
    why = {Probe.STRAND: "one strand only"}
    found = checked(probes({Probe.SWAPPED: [-1.0, None, None, -2.0]}, why=why))
    assert (found.outcome, found.n_examined) == (Outcome.CLEAR, 2)
    assert "not tested: alleles exchanged in 2, because the service was busy" in found.message
    assert "not tested: other strand, because one strand only" in found.message


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (probes({Probe.SWAPPED: [None] * 4}), "the service was busy"),
        (probes({}, why={Probe.SWAPPED: "it cannot be asked"}), "it cannot be asked"),
    ],
)
def test_md008__is_skipped_when_nothing_was_answered(table: Probes, said: str) -> None:
    found = checked(table)
    assert found.outcome is Outcome.SKIPPED
    assert said in found.reason


def test_md008__is_skipped_where_every_score_is_zero() -> None:
    nothing = probes({Probe.SWAPPED: [0.0] * 4}).frame.with_columns(score=pl.lit(0.0), expected=pl.lit(0.0))
    assert checked(Probes(nothing)).outcome is Outcome.SKIPPED


def test_md008__is_skipped_in_words_without_probes() -> None:
    (found,) = (each for each in run_audits(Phase.PROBE, {"scores": []}, waivers={}) if each.code == "MD008")
    assert found.outcome is Outcome.SKIPPED
    assert "[audits] probes" in found.reason
