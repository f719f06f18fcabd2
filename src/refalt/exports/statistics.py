"""What a score's comparison came to, as a text for people."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import polars as pl

from refalt.evaluation.labels import EFFECT
from refalt.evaluation.strata import strata
from refalt.tables import Comparison, Estimates

_WORDS = {"pearson_r": "Pearson r", "spearman_rho": "Spearman rho"}


def statistics_text(comparison: Comparison, estimates: Estimates, score_name: str, *, stratum: str) -> str:
    """n, correlations with their intervals and p-values, mean and sd (ddof 1) of effect and score.

    Args:
        comparison: Rows of all scores.
        estimates: Of all scores.
        score_name: The score.
        stratum: `all` or `name=value`.
    """
    return "\n".join(_lines(comparison, estimates, score_name, stratum)) + "\n"


def _lines(comparison: Comparison, estimates: Estimates, score_name: str, stratum: str) -> Iterator[str]:
    yield f"score {score_name}, stratum {stratum}"
    wanted = {"score_name": score_name, "stratum": stratum, "label_name": EFFECT}
    found = {row["metric"]: row for row in estimates.frame.filter(**wanted).iter_rows(named=True)}
    for metric, words in _WORDS.items():
        if metric in found:
            yield f"{words}: {_said(found[metric])}"
    rows = _of_stratum(comparison.frame.filter(score_name=score_name), stratum)
    both = rows.filter(pl.col("effect").is_finite(), pl.col("score").is_finite())
    for name in ("effect", "score"):
        values = both.get_column(name)
        mean, spread = values.mean(), values.std(ddof=1)
        yield f"{name}: n {values.len()}, mean {_number(mean)}, sd {_number(spread)}"


def _of_stratum(rows: pl.DataFrame, stratum: str) -> pl.DataFrame:
    name = [] if "=" not in stratum else [stratum.partition("=")[0]]
    return next((part for found, part in strata(rows, name) if found == stratum), rows.clear())


def _said(row: dict[str, Any]) -> str:
    counts = f"n {row['n']}, variants {row['n_variants']}, inputs {row['n_inputs']}, clusters {row['n_clusters']}"
    if row["value"] is None or math.isnan(row["value"]):
        return f"no number ({row['reason']}); {counts}"
    ends = f"{_number(row['lower'])} to {_number(row['upper'])}"
    return f"{_number(row['value'])} ({row['level']:.0%} interval {ends}), p {_number(row['p_value'])}; {counts}"


def _number(value: Any) -> str:
    return "none" if value is None or math.isnan(value) else f"{value:.10g}"
