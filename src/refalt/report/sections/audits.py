"""What was checked, what was found, what was waived and what could not be checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from refalt.audits.base import Finding, Outcome, Severity
from refalt.report.evidence import Evidence
from refalt.report.numbers import Row, row_key
from refalt.report.sections.base import Section

HELP = (
    "Each audit affirms one sentence about the data, the model's answers or the inference, and looks for rows that break it. "
    "A fatal finding means that the comparison does not measure what it says; a serious one changes how far the estimate "
    "can be trusted; a note is for the reader. What is waived was found and accepted in the study file, with the reason "
    "printed here. `refalt explain CODE` tells what an audit does and why it exists."
)
_BY_WEIGHT = (Severity.FATAL, Severity.SERIOUS, Severity.NOTE)


def build(evidence: Evidence) -> Section:
    """The section."""
    ordered = sorted(evidence.findings, key=lambda finding: (_BY_WEIGHT.index(finding.severity), finding.code))
    examined = [finding for finding in ordered if finding.outcome is not Outcome.SKIPPED]
    order = (Outcome.FOUND, Outcome.WAIVED, Outcome.CLEAR)
    content = {
        "open": rows_of(evidence, [finding for finding in ordered if finding.is_open]),
        "waived": rows_of(evidence, [finding for finding in ordered if finding.outcome is Outcome.WAIVED]),
        "examined": rows_of(evidence, sorted(examined, key=lambda finding: order.index(finding.outcome))),
        "skipped": rows_of(evidence, [finding for finding in ordered if finding.outcome is Outcome.SKIPPED]),
    }
    return Section(
        "audits",
        "Audits",
        "Known ways for a comparison to go wrong, and whether this one did.",
        HELP,
        content,
        {"findings.json": evidence.run.findings.name},
    )


def rows_of(evidence: Evidence, findings: Sequence[Finding]) -> list[Row]:
    """Rows named by code and subject; a code that answers twice about one subject has its place added."""
    seen = [row_key(finding.code, finding.subject) for finding in evidence.findings]
    rows = []
    for finding in findings:
        key = row_key(finding.code, finding.subject)
        place = next(place for place, found in enumerate(evidence.findings) if found is finding)
        rows.append(
            Row(
                "findings",
                key if seen.count(key) == 1 else row_key(finding.code, finding.subject, place),
                asdict(finding),
            )
        )
    return rows
