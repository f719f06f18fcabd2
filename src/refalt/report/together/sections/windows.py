"""One score at several windows, all on the same rows: does the window matter?"""

from __future__ import annotations

from typing import Any

import polars as pl

from refalt.report.numbers import Row, cell
from refalt.report.sections.base import Section
from refalt.report.together.evidence import Together
from refalt.report.together.sections.differences import difference_row, largest
from refalt.report.together.sweep import Scaling

HELP = (
    "Every window is held against the same rows; a row that one window has no score for is left out of all, and "
    "counted. Windows are told apart by the paired difference between them, never by the sizes of two correlations. "
    "The slope of log sd(score) on log window says what a larger window does to the score's size: near minus one, a "
    "fixed signal is diluted by being averaged over the window; near zero, it is not."
)
CORRELATIONS = ("spearman_rho", "pearson_r")


def build(together: Together) -> Section | None:
    """The section; left out where nothing was swept."""
    if together.sweep is None:
        return None
    rows = [Row("sweep", str(row["window"]), row) for row in together.sweep.frame.iter_rows(named=True)]
    frame = together.comparisons.frame.filter(label_name="effect", metric="spearman_rho")
    told = frame.filter(pl.col("q_value").is_not_null())
    apart = told.filter(pl.col("q_value") <= 1 - pl.col("level"))
    most = largest(frame, label_name="effect", metric="spearman_rho")
    content: dict[str, Any] = {
        "score": cell("members", "swept", "score", together.swept),
        "rows": rows,
        "n_told": cell("comparisons", "told", "count", told.height),
        "n_apart": cell("comparisons", "apart", "count", apart.height),
        "any_told": bool(told.height),
        "any_apart": bool(apart.height),
        "apart": [difference_row(row) for row in apart.iter_rows(named=True)],
        "largest": difference_row(most) if most else None,
        "why_not": _why_not(frame, rows),
        "scaling": Row("scaling", "all", vars(together.scaling)) if together.scaling else None,
        "scales_as": scales_as(together.scaling),
    }
    files = {"tables/window.tsv": "tables/window.tsv"}
    return Section("windows", "Windows", "One score at several windows, on one sample.", HELP, content, files)


def scales_as(scaling: Scaling | None) -> str:
    """What the slope's interval holds: dilution, none, neither, both or unknown."""
    if scaling is None or scaling.lower is None or scaling.upper is None:
        return "unknown"
    holds = [scaling.lower <= value <= scaling.upper for value in (-1, 0)]
    return {(True, False): "dilution", (False, True): "none", (True, True): "both"}.get((holds[0], holds[1]), "neither")


def _why_not(frame: pl.DataFrame, rows: list[Row]) -> str:
    reasons = [*frame.get_column("reason").drop_nulls(), *(row.values["reason"] for row in rows)]
    return next((str(reason) for reason in reasons if reason), "there was nothing to compare")
