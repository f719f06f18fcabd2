"""What the numbers were made from, and how to make them again."""

from __future__ import annotations

import json

from refalt.report.evidence import Evidence
from refalt.report.numbers import Row, row_key
from refalt.report.sections.base import Section

HELP = (
    "The digest is that of the resolved study: its settings with defaults filled in, the versions of plug-ins "
    "and the digest of every input file. Equal digests are equal studies; a renamed file keeps the digest, a "
    "changed one does not."
)


def build(evidence: Evidence) -> Section:
    """The section."""
    provenance = evidence.provenance
    inputs = [Row("lock", row_key("inputs", item["name"]), item) for item in evidence.lock.get("inputs", [])]
    content = {
        "provenance": provenance,
        "digest": provenance.get("digest", evidence.lock.get("digest", "")),
        "inputs": inputs,
        "versions": provenance.get("versions", {}),
        "tables": provenance.get("tables", {}),
        "notes": provenance.get("notes", []),
        "events": [json.dumps(event, sort_keys=True, ensure_ascii=False) for event in evidence.history],
        "lock_text": evidence.run.lock.read_text(encoding="utf-8"),
    }
    files = {path.name: path.name for path in (evidence.run.lock, evidence.run.provenance, evidence.run.history)}
    files = {name: path for name, path in files.items() if (evidence.run.root / path).is_file()}
    return Section(
        "provenance", "Provenance", "Inputs, versions, digests, and how to run it again.", HELP, content, files
    )
