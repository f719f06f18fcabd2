"""Every member's answer to its own primary question, side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from refalt.audits.base import Severity, open_findings
from refalt.plots.words import label_words, metric_words
from refalt.report.evidence import Evidence
from refalt.report.numbers import ESTIMATE_KEY, Row, cell, row_key
from refalt.report.sections.base import Section
from refalt.report.together.evidence import Member, Together

HELP = (
    "Each line is a score on the question that its study names as primary; bold is the score it names. Intervals take "
    "dependent rows into account. Two intervals that overlap say little about a difference: where runs share rows, "
    "the paired differences below do. Values of different metrics, or from different data, are not one ranking."
)


def build(together: Together) -> Section:
    """The section; it is never left out."""
    lines = [line for member in together.members for line in _lines(member)]
    content = {"lines": lines, "metric_words": metric_words, "label_words": label_words}
    description = "The primary question of every run, with intervals and counts."
    return Section("leaderboard", "Primary estimates", description, HELP, content)


def leading_rows(together: Together) -> list[tuple[Member, Mapping[str, Any]]]:
    """The primary estimate of every member that has one."""
    return [(member, evidence.primary) for member, evidence in together.present if evidence.primary]


def answers(together: Together) -> list[tuple[Member, Mapping[str, Any]]]:
    """Every score's answer to the primary question of its member, the primary one first."""
    return [(member, row) for member, evidence in together.present for row in evidence.on_primary_question]


def estimate_of(member: Member, values: Mapping[str, Any]) -> Row:
    """A row of a member's Estimates; its cells name the member."""
    return Row(f"{member.label}/estimates", row_key(*(values[name] for name in ESTIMATE_KEY)), values)


def _lines(member: Member) -> list[dict[str, Any]]:
    evidence = member.evidence
    rows = evidence.on_primary_question if evidence else []
    against = _standing(member, evidence) if evidence else None
    if not rows:
        ended = member.ended or "it came to no estimate"
        return [{"member": member, "estimate": None, "ended": ended, "against": against}]
    return [
        {
            "member": member,
            "estimate": estimate_of(member, row),
            "primary": place == 0,
            "against": against,
            "quantity": evidence.quantity if evidence else "effect",
            "withheld": row["value"] is None or not math.isfinite(row["value"]),
        }
        for place, row in enumerate(rows)
    ]


def _standing(member: Member, evidence: Evidence) -> dict[str, Any]:
    """Codes of open findings, fatal and serious."""
    found = {}
    for severity in (Severity.FATAL, Severity.SERIOUS):
        codes = sorted({finding.code for finding in open_findings(evidence.findings, severity)})
        found[severity.value] = [cell(f"{member.label}/findings", code, "code", code) for code in codes]
    return found
