"""What was checked, what was found, what was waived and what could not be checked."""

from __future__ import annotations

from collections import Counter

from refalt.audits.base import Outcome, Severity
from refalt.report.evidence import Evidence
from refalt.report.numbers import Row, row_key
from refalt.report.sections.base import Section

HELP = (
    "Each audit affirms one sentence about the data, the model's answers or the inference, and looks for rows "
    "that break it. A fatal finding means that the comparison does not measure what it says; a serious one "
    "changes how far the estimate can be trusted; a note is for the reader. What is waived was found and "
    "accepted in the study file, with the reason printed here. `refalt explain CODE` tells what an audit does "
    "and why it exists."
)
_BY_OUTCOME = (Outcome.FOUND, Outcome.WAIVED, Outcome.CLEAR, Outcome.SKIPPED)
_BY_SEVERITY = (Severity.FATAL, Severity.SERIOUS, Severity.NOTE)


def build(evidence: Evidence) -> Section:
    """The section."""
    rows = sorted(finding_rows(evidence), key=_weight)
    content = {
        "anchors": {row.values["code"]: row.key for row in reversed(rows)},
        "open": [row for row in rows if row.values["outcome"] is Outcome.FOUND],
        "waived": [row for row in rows if row.values["outcome"] is Outcome.WAIVED],
        "examined": [row for row in rows if row.values["outcome"] is not Outcome.SKIPPED],
        "outcomes": {
            outcome.value: n
            for outcome in (Outcome.FOUND, Outcome.WAIVED, Outcome.CLEAR)
            if (n := sum(row.values["outcome"] is outcome for row in rows))
        },
        "skipped": [row for row in rows if row.values["outcome"] is Outcome.SKIPPED],
    }
    description = "Known ways for a comparison to go wrong, and whether this one did."
    files = {evidence.run.findings.name: evidence.run.findings.name}
    return Section("audits", "Audits", description, HELP, content, files)


def finding_rows(evidence: Evidence) -> list[Row]:
    """Findings in their own order, named by code and subject; a second answer about a subject has its place added."""
    rows, met = [], Counter[str]()
    for finding in evidence.findings:
        key = row_key(finding.code, finding.subject)
        met[key] += 1
        key = key if met[key] == 1 else row_key(finding.code, finding.subject, met[key])
        rows.append(Row("findings", key, vars(finding)))
    return rows


def _weight(row: Row) -> tuple[int, int, str]:
    finding = row.values
    return _BY_OUTCOME.index(finding["outcome"]), _BY_SEVERITY.index(finding["severity"]), finding["code"]
