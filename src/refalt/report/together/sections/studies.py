"""What each run compared: design, species, context, readout and numbers, from its own record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from refalt.genome import canonical_assembly, species_of
from refalt.plots.words import label_words, metric_words
from refalt.report.evidence import Evidence
from refalt.report.numbers import FORMS, cell
from refalt.report.sections.base import Section
from refalt.report.together.evidence import Member, Together

HELP = (
    "Everything here is read from the runs: settings from the resolved study, numbers from the estimates. "
    "A dash is what a study does not state."
)
TEXTS = ("study", "dataset", "design", "species", "context", "assay", "measured", "score", "model", "readout")
NUMBERS = ("value", "lower", "upper", "level", "n", "n_variants", "n_inputs", "n_clusters")
HEADINGS = {
    "study": "Study", "dataset": "Dataset", "design": "Design", "species": "Species", "context": "Context",
    "assay": "Assay", "measured": "Measured", "score": "Score", "model": "Model", "readout": "Readout",
    "metric": "Metric", "held_against": "Held against", "value": "Estimate", "lower": "Lower", "upper": "Upper",
    "level": "Level", "n": "Rows", "n_variants": "Variants", "n_inputs": "Inputs", "n_clusters": "Clusters",
    "reason": "Note",
}  # fmt: skip


def build(together: Together) -> Section | None:
    """The section; left out where no member left a run folder."""
    rows = study_table(together).rows(named=True)
    if not rows:
        return None
    lines = [
        [
            (name, cell("studies", str(row["study"]), name, row[name] or None, FORMS.get(name, "text")))
            for name in HEADINGS
        ]
        for row in rows
    ]
    content = {"headings": HEADINGS, "lines": lines, "numbers": NUMBERS}
    files = {"tables/studies.tsv": "tables/studies.tsv"}
    return Section("studies", "Studies", "What was compared with what, run by run.", HELP, content, files)


def study_table(together: Together) -> pl.DataFrame:
    """One row a run, the columns of `HEADINGS`; numbers are those of its primary estimate."""
    rows = [_row(member, evidence) for member, evidence in together.present]
    types = dict.fromkeys(HEADINGS, pl.String) | dict.fromkeys(NUMBERS[:4], pl.Float64)
    return pl.DataFrame(rows, schema=types | dict.fromkeys(NUMBERS[4:], pl.Int64))


def _row(member: Member, evidence: Evidence) -> dict[str, Any]:
    declared, primary = evidence.lock.get("dataset", {}), evidence.primary
    if primary is None:
        return {**_described(member, declared, evidence), "reason": member.ended or "it came to no estimate"}
    by_name: Mapping[str, Mapping[str, Any]] = {one["name"]: one for one in evidence.lock.get("score", [])}
    return {
        **_described(member, declared, evidence),
        "dataset": primary["dataset"],
        "score": primary["score_name"],
        "model": primary["model"],
        "readout": _readout(by_name.get(primary["score_name"], {})),
        "metric": metric_words(primary["metric"]),
        "held_against": label_words(primary["label_name"], evidence.quantity),
        "reason": primary["reason"],
        **{name: primary[name] for name in NUMBERS},
    }


def _described(member: Member, declared: Mapping[str, Any], evidence: Evidence) -> dict[str, Any]:
    assembly = evidence.lock.get("genome", {}).get("assembly") or declared.get("assembly")
    effect = declared.get("effect", {})
    scale = str(effect.get("scale", "")).replace("_", " ")
    measured = ", ".join(part for part in (str(evidence.quantity), scale, str(effect.get("unit", ""))) if part)
    return {
        "study": member.label,
        "dataset": declared.get("name"),
        "design": declared.get("design"),
        "species": species_of(canonical_assembly(assembly)) if assembly else None,
        "context": declared.get("biosample"),
        "assay": declared.get("assay"),
        "measured": measured,
    }


def _readout(section: Mapping[str, Any]) -> str | None:
    tracks = ", ".join(str(value) for value in section.get("tracks", {}).values())
    window = f"{section['window']:,} bp" if "window" in section else ""
    return "; ".join(part for part in (section.get("scorer", ""), tracks, window) if part) or None
