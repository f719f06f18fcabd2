"""What each run compared: design, species, context, readout and numbers, from its own record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from refalt.genome import canonical_assembly, species_of
from refalt.plots.words import label_words, metric_words
from refalt.report.evidence import Evidence
from refalt.report.numbers import FORMS, cell, row_key
from refalt.report.sections.base import Section
from refalt.report.together.evidence import Member, Together

HELP = (
    "Everything here is read from the runs: settings from the resolved study, numbers from the estimates. "
    "A dash is what a study does not state."
)
TEXTS = (
    "study",
    "dataset",
    "design",
    "species",
    "context",
    "assay",
    "measured",
    "score",
    "primary",
    "model",
    "readout",
)
NUMBERS = ("value", "lower", "upper", "level", "n", "n_variants", "n_inputs", "n_clusters")
HEADINGS = {
    "study": "Study", "dataset": "Dataset", "design": "Design", "species": "Species", "context": "Context",
    "assay": "Assay", "measured": "Measured", "score": "Score", "primary": "Primary", "model": "Model",
    "readout": "Readout",
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
            (
                name,
                cell("studies", row_key(row["study"], row["score"]), name, row[name] or None, FORMS.get(name, "text")),
            )
            for name in HEADINGS
        ]
        for row in rows
    ]
    content = {"headings": HEADINGS, "lines": lines, "numbers": NUMBERS}
    files = {"tables/studies.tsv": "tables/studies.tsv"}
    return Section("studies", "Studies", "What was compared with what, run by run.", HELP, content, files)


def study_table(together: Together) -> pl.DataFrame:
    """One row a score of a run, the columns of `HEADINGS`; numbers are its answer to the run's primary question."""
    rows = [row for member, evidence in together.present for row in _rows(member, evidence)]
    types = dict.fromkeys(HEADINGS, pl.String) | dict.fromkeys(NUMBERS[:4], pl.Float64)
    return pl.DataFrame(rows, schema=types | dict.fromkeys(NUMBERS[4:], pl.Int64))


def _rows(member: Member, evidence: Evidence) -> list[dict[str, Any]]:
    described = _described(member, evidence.lock.get("dataset", {}), evidence)
    answers = evidence.on_primary_question
    if not answers:
        return [{**described, "reason": member.ended or "it came to no estimate"}]
    by_name: Mapping[str, Mapping[str, Any]] = {one["name"]: one for one in evidence.lock.get("score", [])}
    return [
        {
            **described,
            "dataset": answer["dataset"],
            "score": answer["score_name"],
            "primary": "yes" if place == 0 else None,
            "model": answer["model"],
            "readout": _readout(by_name.get(answer["score_name"], {})),
            "metric": metric_words(answer["metric"]),
            "held_against": label_words(answer["label_name"], evidence.quantity),
            "reason": answer["reason"],
            **{name: answer[name] for name in NUMBERS},
        }
        for place, answer in enumerate(answers)
    ]


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
    value = "quantile" if section.get("value") == "quantile" else ""
    return "; ".join(part for part in (section.get("scorer", ""), value, tracks, window) if part) or None
