"""Where every run lies, and how it ended."""

from __future__ import annotations

from refalt.report.numbers import cell
from refalt.report.sections.base import Section
from refalt.report.together.evidence import MEMBERS, Together

HELP = (
    "The digest is that of the resolved study: settings, versions of plug-ins and the content of every input file. "
    "Equal digests are equal studies."
)


def build(together: Together) -> Section:
    """The section; it is never left out."""
    lines = []
    for member in together.members:
        evidence = member.evidence
        provenance = evidence.provenance if evidence else {}
        lines.append(
            {
                "member": member,
                "label": cell("members", member.label, "label", member.label),
                "code": cell("members", member.label, "exit_code", member.exit_code, "count"),
                "ended": cell("members", member.label, "ended", member.ended or ("done" if evidence else "not run")),
                "digest": cell(f"{member.label}/provenance", "", "digest", provenance.get("digest")),
                "command": cell(f"{member.label}/provenance", "", "command", provenance.get("command")),
                "version": cell(f"{member.label}/provenance", "", "refalt", provenance.get("refalt")),
            }
        )
    return Section(
        "members", "Runs", "Where every run lies, and how it ended.", HELP, {"lines": lines}, {MEMBERS: MEMBERS}
    )
