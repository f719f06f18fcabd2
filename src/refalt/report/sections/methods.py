"""A methods paragraph to copy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from refalt.evaluation.labels import BESIDE
from refalt.plots.words import label_words, metric_words
from refalt.report.evidence import Evidence, score_names
from refalt.report.numbers import estimate_row
from refalt.report.sections.base import Section

HELP = (
    "The paragraph says what was done with this run's own settings and versions. Add what no table knows: why "
    "these data and this score answer your question. The list names what the run itself knows to cite: the data, the "
    "models and the methods that made its numbers."
)


def build(evidence: Evidence) -> Section:
    """The section."""
    rows = evidence.estimates.frame.filter(~pl.col("model").is_in(BESIDE))
    first = evidence.primary
    content = {
        "lock": evidence.lock,
        "citations": evidence.provenance.get("citations", []),
        "provenance": evidence.provenance,
        "scores": [_score(evidence, name) for name in score_names(evidence)],
        "activity": evidence.quantity == "activity",
        "metrics": [metric_words(name) for name in rows.get_column("metric").unique(maintain_order=True)],
        "labels": [
            label_words(name, evidence.quantity) for name in rows.get_column("label_name").unique(maintain_order=True)
        ],
        "estimate": estimate_row(first) if first else None,
    }
    return Section("methods", "Methods", "A paragraph to copy and to complete.", HELP, content)


def _score(evidence: Evidence, name: str) -> Mapping[str, Any]:
    """A score's section of the study file, if it has one, and the first of its estimates, for its name and model."""
    by_name: dict[str, Mapping[str, Any]] = {score["name"]: score for score in evidence.lock.get("score", [])}
    first = evidence.estimate(score_name=name)
    return {
        "declared": by_name.get(name, {}),
        "key": f"score|{name}",
        "estimate": estimate_row(first) if first else None,
    }
