from __future__ import annotations

from pathlib import Path

import pytest

from refalt.audits.base import Audit, Finding, Outcome, Phase, Severity
from refalt.audits.effect_signs import EffectAlleleIsDeclared
from refalt.audits.runner import EVIDENCE, check_waivers, every_audit, run_audits, unused_waivers
from refalt.errors import UserError
from refalt.testing.builders import build_declared, build_measurements

UNKNOWN = {"declared": build_declared(effect={"of": "unknown"})}


def outcomes(findings: list[Finding]) -> dict[str, Outcome]:
    return {finding.code: finding.outcome for finding in findings}


def test_run_audits__skips_in_words_what_lacks_its_evidence() -> None:
    findings = {found.code: found for found in run_audits(Phase.PREFLIGHT, {}, waivers={})}
    assert findings["SA002"].outcome is Outcome.SKIPPED
    assert findings["SA002"].reason == "needs the rows of the dataset and the clusters of the rows"


def test_run_audits__counts_none_as_absent() -> None:
    evidence = {"declared": build_declared(), "measurements": None}
    assert outcomes(run_audits(Phase.PREFLIGHT, evidence, waivers={}))["EF001"] is Outcome.SKIPPED


def test_run_audits__gives_optional_evidence_when_it_is_there() -> None:
    declared = build_declared(effect={"of": {"column": "best"}})
    rows = build_measurements(30, effect_allele="T", ref="A", alt="C")
    evidence = {"declared": declared}
    assert outcomes(run_audits(Phase.PREFLIGHT, evidence, waivers={}))["EF005"] is Outcome.CLEAR
    with_rows = outcomes(run_audits(Phase.PREFLIGHT, evidence | {"measurements": rows}, waivers={}))
    assert with_rows["EF005"] is Outcome.FOUND


def test_run_audits__runs_only_its_phase_in_order_of_code() -> None:
    codes = [found.code for found in run_audits(Phase.POST, {}, waivers={})]
    assert "IN006" in codes
    assert "EF001" not in codes
    assert codes == sorted(codes)


def test_run_audits__waives_with_the_reason_of_the_study() -> None:
    findings = run_audits(Phase.PREFLIGHT, UNKNOWN, waivers={"EF005": "the authors were asked"})
    waived = next(found for found in findings if found.code == "EF005")
    assert (waived.outcome, waived.reason) == (Outcome.WAIVED, "the authors were asked")
    assert not waived.is_open


def test_run_audits__lets_a_bug_through(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Audit, *, declared: object) -> Finding:
        raise ZeroDivisionError

    monkeypatch.setattr(EffectAlleleIsDeclared, "check", broken)
    with pytest.raises(ZeroDivisionError):
        run_audits(Phase.PREFLIGHT, UNKNOWN, waivers={})


def test_run_audits__refuses_evidence_that_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EffectAlleleIsDeclared, "check", lambda self, *, weather: None)
    with pytest.raises(TypeError, match="weather"):
        run_audits(Phase.PREFLIGHT, UNKNOWN, waivers={})


def test_check_waivers__shows_the_nearest_code() -> None:
    check_waivers(["EF005"])
    with pytest.raises(UserError, match="Did you mean 'EF005'"):
        check_waivers(["EF0005"])


def test_unused_waivers__passes_what_was_waived_for_one_subject_of_two() -> None:
    findings = [
        Finding("RC002", subject, outcome, Severity.SERIOUS, "")
        for subject, outcome in (("a", Outcome.WAIVED), ("b", Outcome.CLEAR))
    ]
    unused_waivers(findings, ["RC002"])


@pytest.mark.parametrize("outcome", [Outcome.CLEAR, Outcome.SKIPPED])
def test_unused_waivers__refuses_a_waiver_of_what_was_not_found(outcome: Outcome) -> None:
    with pytest.raises(UserError, match="EF003 is waived but found nothing"):
        unused_waivers([Finding("EF003", "dataset", outcome, Severity.SERIOUS, "")], ["EF003"])


def test_unused_waivers__refuses_a_waiver_of_what_did_not_run() -> None:
    with pytest.raises(UserError, match="not run"):
        unused_waivers([], ["EF003"])


def test_every_audit__says_what_why_and_what_to_do() -> None:
    for audit in every_audit():
        assert audit.affirms[0].isupper()
        assert audit.affirms.endswith(".")
        for text in (audit.why, audit.example, audit.remedy):
            assert len(text) > 40, (audit.code, text)
            assert text.endswith("."), (audit.code, text)


def test_every_audit__asks_for_known_evidence() -> None:
    run_audits(Phase.PREFLIGHT, {}, waivers={})
    run_audits(Phase.POST, {}, waivers={})
    assert all(EVIDENCE.values())


def test_every_audit__has_a_clear_and_a_find_test() -> None:
    texts = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    for audit in every_audit():
        for kind in ("clear", "finds"):
            assert f"def test_{audit.code.lower()}__{kind}" in texts, (audit.code, kind)
