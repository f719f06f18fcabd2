"""The page: every section built from the same evidence, put into one template, written whole or not at all."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

import refalt
from refalt.files import write_text
from refalt.report.evidence import Evidence, read_evidence
from refalt.report.numbers import cell
from refalt.report.sections import SECTIONS
from refalt.report.tables import write_metric_tables
from refalt.runs import RunFolder


def render(run: RunFolder) -> Path:
    """Write report.html and the tab-separated tables of a run from what its folder holds; return the page's path.

    The page needs no other file and asks for nothing outside itself.

    Raises:
        UserError: the folder is not a run, or a file of it is missing, damaged or of another layout.
    """
    evidence = read_evidence(run)
    write_metric_tables(run, evidence.estimates, simulated=evidence.simulated)
    write_text(run.report, page(evidence))
    return run.report


def page(evidence: Evidence) -> str:
    """The page's text."""
    script, style = _packaged("report.js"), _packaged("report.css")
    built = (build(evidence) for build in SECTIONS)
    return environment().get_template("page.html").render(
        evidence=evidence,
        study=evidence.study,
        sections=[section for section in built if section is not None],
        script=script,
        style=style,
        script_digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        version=refalt.__version__,
    )  # fmt: skip


def environment() -> Environment:
    """The one template environment: everything is escaped, an unknown name is an error, JSON holds no NaN."""
    found = Environment(
        loader=PackageLoader("refalt.report", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.policies["json.dumps_kwargs"] = {"sort_keys": True, "allow_nan": False}
    found.globals["cell"] = cell
    return found


def _packaged(name: str) -> str:
    return files("refalt.report").joinpath("page", name).read_text(encoding="utf-8")
