"""A table that MultiQC takes up as custom content: one line an estimate, with its companions.

MultiQC finds such files by the end of their names, `_mqc.json`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from refalt.files import write_text
from refalt.plots.words import label_words, metric_words

FILE: Final = "refalt_mqc.json"
_HEADERS: Final = {
    "metric": ("Metric", "", None),
    "value": ("Value", "the primary estimate", "{:,.3f}"),
    "lower": ("Lower", "lower end of its interval", "{:,.3f}"),
    "upper": ("Upper", "upper end of its interval", "{:,.3f}"),
    "level": ("Level", "coverage the interval aims at", "{:,.2f}"),
    "chance": ("Chance", "what a score without information gives", "{:,.3f}"),
    "n": ("Rows", "rows with both values", "{:,.0f}"),
    "n_variants": ("Variants", "distinct variants", "{:,.0f}"),
    "n_inputs": ("Inputs", "distinct model inputs", "{:,.0f}"),
    "n_clusters": ("Clusters", "groups of dependent rows", "{:,.0f}"),
    "n_missing": ("Missing", "measured rows without a score", "{:,.0f}"),
    "note": ("Note", "why a number is missing", None),
}


def write_multiqc(folder: Path, rows: Mapping[str, Mapping[str, Any]], *, title: str, simulated: bool) -> Path | None:
    """Write `refalt_mqc.json` into a folder; nothing where there is no estimate.

    Args:
        folder: Where to.
        rows: Name of a line -> row of Estimates. A missing number is left out, its reason stands in the note.
        title: Name of the study or suite.
        simulated: Whether the numbers are no evidence; said in the section's description.
    """
    if not rows:
        return None
    about = f"Agreement of scores with measured variant effects: {title}."
    content = {
        "id": "refalt_estimates",
        "section_name": "refalt",
        "description": f"SIMULATED. {about}" if simulated else about,
        "plot_type": "table",
        "pconfig": {"id": "refalt_estimates_table", "title": "refalt: primary estimates", "no_violin": True},
        "headers": {name: _header(*words) for name, words in _HEADERS.items()},
        "data": {name: _line(row) for name, row in rows.items()},
    }
    path = folder / FILE
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    return path


def _header(title: str, description: str, form: str | None) -> dict[str, Any]:
    shown: dict[str, Any] = {"format": form, "scale": False} if form else {}
    return {"title": title, "description": description or title} | shown


def _line(row: Mapping[str, Any]) -> dict[str, Any]:
    words = f"{metric_words(row['metric'])}, {label_words(row['label_name'])}"
    numbers = {name: row[name] for name in _HEADERS if name in row and _is_number(row[name])}
    return {"metric": words, **numbers} | ({"note": row["reason"]} if row["reason"] else {})


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)
