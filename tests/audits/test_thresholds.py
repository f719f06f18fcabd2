from __future__ import annotations

from refalt.audits.runner import every_audit
from refalt.audits.thresholds import thresholds


def _of(code: str) -> dict[str, str]:
    audit = next(audit for audit in every_audit() if audit.code == code)
    return {name: value for threshold in thresholds(audit) for name, value in threshold.values.items()}


def test_thresholds__are_those_that_an_audit_reads_wherever_they_stand() -> None:
    assert _of("EF001")["P_LIKE_BOTTOM"] == "0.0001"
    assert _of("EF004")["REPEATED_FACTOR"] == "10.0"
    assert {"AT_START", "MOVED"} <= set(_of("AS005"))


def test_thresholds__leave_out_those_of_other_audits_of_the_file() -> None:
    assert "EMPTY_BAND" not in _of("EF004")
    assert "REPEATED_FACTOR" not in _of("EF007")


def test_thresholds__have_their_reasons() -> None:
    reasons = [threshold.reason for audit in every_audit() for threshold in thresholds(audit)]
    assert all(len(reason) > 20 and not reason.startswith("#") for reason in reasons)
