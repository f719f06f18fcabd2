"""Single variants: the strongest predictions, and the largest disagreements."""

from __future__ import annotations

import math
from typing import Any

import polars as pl

from refalt.plots.words import written
from refalt.report.evidence import Evidence, score_names
from refalt.report.numbers import row_key
from refalt.report.sections.base import Section

HELP = (
    "Strongest predictions are the rows with the largest absolute score. Largest disagreements are the rows "
    "whose place among the scores is farthest from their place among the effects, or, without effects, from "
    "their label. Look at a few of them in a genome browser: mistakes in data show up here as often as "
    "mistakes of a model."
)
MOST_ROWS = 2000
STRONGEST, DISAGREEING = "strongest", "disagreeing"
COLUMNS = ("variant", "target", "score", "effect", "label", "cluster")


def build(evidence: Evidence) -> Section | None:
    """The section; left out when no row was compared."""
    if evidence.comparison.frame.is_empty():
        return None
    names = score_names(evidence)
    share = max(MOST_ROWS // (2 * len(names)), 1)
    lists = {}
    for name in names:
        rows = evidence.comparison.frame.filter(pl.col("score_name") == name)
        if rows.height:
            lists[name] = {STRONGEST: _embedded(strongest(rows).head(share))}
            reason = _sign_withheld(evidence, name)
            lists[name][DISAGREEING] = [] if reason else _embedded(disagreeing(rows).head(share))
    content = {
        "lists": lists,
        "columns": COLUMNS,
        "withheld": {name: reason for name in lists if (reason := _sign_withheld(evidence, name))},
    }
    description = "The rows behind the estimates: strongest predictions and largest disagreements."
    files = {evidence.run.comparison.name: evidence.run.comparison.name}
    return Section("explorer", "Variants", description, HELP, content, files)


def strongest(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of one score, largest absolute score first."""
    return rows.sort(pl.col("score").abs(), "source_row", descending=[True, False])


def disagreeing(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of one score, those first whose rank among the scores is farthest from that among the effects.

    Where no row has an effect, the label takes its place, beside the rank of the absolute score.
    """
    if rows.get_column("effect").is_not_null().any():
        held = rows.filter(pl.col("effect").is_finite())
        apart = pl.col("effect").rank() - pl.col("score").rank()
    else:
        held = rows.filter(pl.col("label").is_not_null())
        apart = pl.col("label") * pl.len() - pl.col("score").abs().rank()
    return held.with_columns(apart=apart.abs()).sort("apart", "source_row", descending=[True, False]).drop("apart")


def _sign_withheld(evidence: Evidence, score_name: str) -> str | None:
    """Why ranks of signed effects must not be set beside signed scores, where an audit withholds that."""
    found = evidence.estimate(score_name=score_name, metric="spearman_rho", label_name="effect", stratum="all")
    if found is None or (found["value"] is not None and math.isfinite(found["value"])):
        return None
    return str(found["reason"] or "there was nothing to measure")


def _embedded(rows: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows for the page's script: the key of the row, and the text of each column beside its value."""
    return [
        {
            "key": row_key(row["source_row"], row["score_name"]),
            "variant": row["variant_id"] or row["element_id"] or row["asked_id"],
            "target": " · ".join(text for text in (row["target_id"], row["context_id"]) if text),
            "score": _number(row["score"]),
            "effect": _number(row["effect"]),
            "label": _number(row["label"]),
            "cluster": row["cluster_id"],
        }
        for row in rows.iter_rows(named=True)
    ]


def _number(value: float | None) -> list[Any]:
    missing = value is None or not math.isfinite(value)
    return [written(value, "count" if isinstance(value, int) else "estimate"), None if missing else value]
