"""The page: every section built from the same evidence, put into one template, written whole or not at all."""

from __future__ import annotations

from pathlib import Path

from refalt.files import write_text
from refalt.report.evidence import Evidence, read_evidence
from refalt.report.multiqc import write_multiqc
from refalt.report.page_text import page_text
from refalt.report.sections import SECTIONS
from refalt.report.tables import write_metric_tables
from refalt.runs import RunFolder


def render(run: RunFolder) -> Path:
    """Write report.html, the tab-separated tables and the MultiQC summary of a run; return the page's path.

    The page needs no other file and asks for nothing outside itself.

    Raises:
        UserError: the folder is not a run, or a file of it is missing, damaged or of another layout.
    """
    evidence = read_evidence(run)
    write_metric_tables(run, evidence.estimates, simulated=evidence.simulated)
    write_text(run.report, page(evidence))
    name = str(evidence.study["name"])
    rows = {f"{name}: {row['score_name']}": row for row in evidence.on_primary_question}
    write_multiqc(run.root, rows, title=name, simulated=evidence.simulated)
    return run.report


def page(evidence: Evidence) -> str:
    """The page's text."""
    built = (build(evidence) for build in SECTIONS)
    sections = [section for section in built if section is not None]
    return page_text("page.html", sections, evidence=evidence, study=evidence.study)
