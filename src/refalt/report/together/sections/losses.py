"""Rows in, lost and kept, member by member."""

from __future__ import annotations

from typing import Any

import polars as pl

from refalt.report.numbers import Row, cell, row_key
from refalt.report.sections.base import Section
from refalt.report.together.evidence import Together

HELP = (
    "For every run and stage, the rows that came in are those kept and those lost, by reason, added up. "
    "A stage of all scores is counted once; the comparison is counted for each score."
)


def build(together: Together) -> Section | None:
    """The section; left out where no row was counted."""
    stages = [
        _stage(member.label, str(keys[0]), str(keys[1]), part)
        for member, evidence in together.present
        for keys, part in evidence.attrition.frame.group_by(["stage", "score_name"], maintain_order=True)
    ]
    if not stages:
        return None
    return Section("losses", "Rows kept and lost", "No row leaves without a reason.", HELP, {"stages": stages})


def _stage(label: str, stage: str, score_name: str, part: pl.DataFrame) -> dict[str, Any]:
    table, key = f"{label}/attrition", row_key(stage, score_name)
    rows = [Row(table, row_key(stage, score_name, row["reason"]), row) for row in part.iter_rows(named=True)]
    lost = [row for row in rows if row.values["reason"] != "kept" and row.values["n_rows"]]
    kept = [row for row in rows if row.values["reason"] == "kept"]
    return {
        "label": cell("members", label, "label", label),
        "stage": stage,
        "score": cell(table, key, "score_name", score_name) if score_name != "all" else "all",
        "total": cell(table, key, "sum(n_rows)", int(part.get_column("n_rows").sum())),
        "lost": lost,
        "kept": kept[0] if kept else None,
    }
