"""Open and waived findings, member by member."""

from __future__ import annotations

from refalt.audits.base import Outcome, Severity
from refalt.report.numbers import Row
from refalt.report.sections.audits import finding_rows
from refalt.report.sections.base import Section
from refalt.report.together.evidence import Member, Together

HELP = (
    "A fatal finding means that the comparison does not measure what it says; a serious one changes how far its "
    "estimate can be trusted. Audits that found nothing are on each run's own page."
)
_SEVERITIES = (Severity.FATAL, Severity.SERIOUS, Severity.NOTE)


def build(together: Together) -> Section | None:
    """The section; left out where no member left a run folder."""
    if not together.present:
        return None
    lines = [(member, row) for member, _ in together.present for row in _rows(member)]
    lines.sort(key=lambda line: _SEVERITIES.index(line[1].values["severity"]))
    description = "What the audits of each run found."
    return Section("findings", "Findings", description, HELP, {"lines": lines})


def _rows(member: Member) -> list[Row]:
    assert member.evidence is not None  # asked of present members only
    rows = finding_rows(member.evidence)
    kept = [row for row in rows if row.values["outcome"] in (Outcome.FOUND, Outcome.WAIVED)]
    return [Row(f"{member.label}/findings", row.key, row.values) for row in kept]
