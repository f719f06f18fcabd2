"""Rows in, rows kept and every reason for the difference."""

from __future__ import annotations

from typing import Any

import polars as pl
from markupsafe import Markup

from refalt.evaluation.orientation import DONE
from refalt.report.evidence import Evidence
from refalt.report.numbers import Row, cell, row_key
from refalt.report.sections.base import Section

HELP = (
    "At every stage the rows that came in are the rows kept and the rows lost, by reason, added up. A row is "
    "removed in one place only, when measurements are joined with scores; before that it only carries its "
    "reason."
)
KEPT = "kept"


def build(evidence: Evidence) -> Section | None:
    """The section; left out when no row was counted."""
    frame = evidence.attrition.frame
    if frame.is_empty():
        return None
    stages = [
        _stage(str(keys[0]), str(keys[1]), part)
        for keys, part in frame.group_by(["stage", "score_name"], maintain_order=True)
    ]
    run, recorded = evidence.run, evidence.provenance.get("tables", {})
    return Section(
        "attrition",
        "Rows kept and lost",
        "No row leaves without a reason.",
        HELP,
        {"stages": stages, "orientation": _orientation(evidence)},
        {path.name: path.name for path in (run.attrition, run.orientation) if path.name in recorded},
    )


def _orientation(evidence: Evidence) -> list[tuple[str, Markup]]:
    """What was done to rows in words, and to how many; nothing of a run that did not record it."""
    counts = evidence.provenance.get("orientation", {})
    return [(DONE[done], cell("provenance", "orientation", done, count, "count")) for done, count in counts.items()]


def _stage(stage: str, score_name: str, part: pl.DataFrame) -> dict[str, Any]:
    rows = part.sort((pl.col("reason") == KEPT), -pl.col("n_rows")).iter_rows(named=True)
    key = row_key(stage, score_name)
    return {
        "stage": stage,
        "score_name": score_name,
        "total": cell("attrition", key, "sum(n_rows)", int(part.get_column("n_rows").sum())),
        "rows": [Row("attrition", row_key(stage, score_name, row["reason"]), row) for row in rows],
    }
