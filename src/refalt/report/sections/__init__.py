"""Sections of the report, one file each, in the order of the page."""

from refalt.report.sections import attrition, audits, estimates, explorer, figures, methods, provenance, verdict

SECTIONS = (
    verdict.build,
    audits.build,
    figures.build,
    estimates.build,
    explorer.build,
    attrition.build,
    methods.build,
    provenance.build,
)
