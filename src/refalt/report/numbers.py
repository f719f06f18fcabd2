"""The one door through which a value reaches the page: every number there names the table cell it came from.

A cell's address is `<table>:<row key>:<column>`: up to the first colon the table, after the last the column.
Tables are estimates, comparison, attrition, findings, figures, lock (study.lock.toml) and provenance.
Row keys are the table's key columns joined by `|`, with `|` and `%` inside a part written as %7C and %25.
Two columns are made by counting: `sum(n_rows)` of an attrition stage, and `count` of findings by outcome and severity.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from markupsafe import Markup

from refalt.plots.words import Format, written

ESTIMATE_KEY: Final = ("model", "score_name", "dataset", "label_name", "metric", "stratum")

#: How a column is written when nothing else is said.
FORMS: Final[Mapping[str, Format]] = MappingProxyType(
    {
        "value": "estimate", "lower": "estimate", "upper": "estimate", "chance": "estimate", "prevalence": "estimate",
        "level": "share", "p_value": "p", "q_value": "p", "n": "count", "n_variants": "count", "n_inputs": "count",
        "n_clusters": "count", "n_missing": "count", "n_rows": "count", "sum(n_rows)": "count", "count": "count",
        "n_affected": "count", "n_examined": "count", "statistic": "estimate", "threshold": "estimate",
        "bytes": "count", "pilot": "count", "window": "count", "resamples": "count",
    }
)  # fmt: skip


def row_key(*parts: object) -> str:
    """The key of a row from the values of its key columns."""
    return "|".join(str(part).replace("%", "%25").replace("|", "%7C") for part in parts)


def cell(table: str, key: str, column: str, value: object, form: Format | None = None) -> Markup:
    """A value as a span that names its cell; numbers carry their full precision in `data-value`.

    Args:
        table: One of the tables that this module's text lists.
        key: `row_key` of its row.
        column: Its column.
        value: What stands there; None and NaN are written as a dash.
        form: How to write it; the column's own way when not given.
    """
    address = f"{table}:{key}:{column}"
    known = value if isinstance(value, int | float | str) or value is None else str(value)
    text = written(known, form or FORMS.get(column, "text"))
    if isinstance(known, bool) or not isinstance(known, int | float) or not math.isfinite(known):
        return Markup('<span data-cell="{}">{}</span>').format(address, text)
    return Markup('<span class="number" data-cell="{}" data-value="{}">{}</span>').format(address, repr(known), text)


@dataclass(frozen=True)
class Row:
    """A row of a table that templates take cells from: `row("value")`."""

    table: str
    key: str
    values: Mapping[str, Any]

    def __call__(self, column: str, form: Format | None = None) -> Markup:
        """One cell of the row."""
        return cell(self.table, self.key, column, self.values[column], form)

    def has(self, column: str) -> bool:
        """Whether the cell holds a value (not null, not NaN, not empty)."""
        value = self.values[column]
        return value is not None and value != "" and not (isinstance(value, float) and math.isnan(value))


def estimate_row(values: Mapping[str, Any]) -> Row:
    """A row of Estimates."""
    return Row("estimates", row_key(*(values[name] for name in ESTIMATE_KEY)), values)
