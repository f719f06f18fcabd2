"""Estimates in wide tables: a row a score, or a score in a stratum, and the usual metrics side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from refalt.columns import WHOLE
from refalt.evaluation.labels import BESIDE, EFFECT
from refalt.tables import Estimates

#: Strata that are called otherwise in the tables of reporter assays.
_CALLED: Final = {"factor": "tf", "chrom": "chromosome"}
_SHORT: Final = {"pearson_r": "pearson", "spearman_rho": "spearman", "auroc": "auroc", "auprc": "auprc"}
_COUNTS: Final = ("n", "n_variants", "n_inputs", "n_clusters", "n_missing")


def summary_tables(estimates: Estimates) -> dict[str, pl.DataFrame]:
    """Name -> table: `benchmark_summary` of all rows, and `per_<stratum>` of every stratum that was asked for."""
    frame = estimates.frame.filter(~pl.col("model").is_in(BESIDE), pl.col("metric").is_in(list(_SHORT)))
    parts = frame.with_columns(
        pl.col("stratum").str.extract(r"^([^=]+)=").alias("\0column"),
        pl.col("stratum").str.replace(r"^[^=]+=", "").alias("\0value"),
    )
    tables = {"benchmark_summary": _wide(parts.filter(stratum=WHOLE), None)}
    for (column,), part in parts.filter(pl.col("\0column").is_not_null()).group_by("\0column", maintain_order=True):
        called = _CALLED.get(str(column), str(column))
        tables[f"per_{called}"] = _wide(part, called)
    return {table: found for table, found in tables.items() if found.height}


def _wide(part: pl.DataFrame, column: str | None) -> pl.DataFrame:
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for row in part.iter_rows(named=True):
        key = (row["score_name"], row["\0value"])
        first = {"score_name": row["score_name"], **({column: row["\0value"]} if column else {})}
        rows.setdefault(key, first).update(_cells(row))
    names = dict.fromkeys(name for row in rows.values() for name in row)
    return pl.DataFrame([{name: row.get(name) for name in names} for row in rows.values()], infer_schema_length=None)


def _cells(row: Mapping[str, Any]) -> dict[str, Any]:
    """The cells of one estimate; the counts are those of the correlation with the effect."""
    correlation = row["label_name"] == EFFECT
    prefix = _SHORT[row["metric"]] if correlation else f"{_SHORT[row['metric']]}_{row['label_name']}"
    names = {"value": "", "lower": "_lower", "upper": "_upper", "p_value": "_p", "q_value": "_q", "reason": "_reason"}
    counts = {name: row[name] for name in _COUNTS} if correlation else {}
    return {**counts, **{f"{prefix}{suffix}": row[name] for name, suffix in names.items()}}
