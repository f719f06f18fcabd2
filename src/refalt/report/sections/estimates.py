"""Every estimate with its companions, to sort and to filter."""

from __future__ import annotations

from functools import partial

import polars as pl

from refalt.columns import WHOLE
from refalt.plots.words import label_words, metric_words, stratum_words
from refalt.report.evidence import Evidence
from refalt.report.numbers import estimate_row
from refalt.report.sections.base import Section

HELP = (
    "Click a heading to sort by it. A dash is a value that is not there; the note says why. Intervals aim at "
    "the stated level under the study's clusters; q is p adjusted over the declared family. Strata come after "
    "the estimates over all rows."
)
MOST_ROWS = 400


def build(evidence: Evidence) -> Section | None:
    """The section; left out when the run did not come to estimates."""
    frame = evidence.estimates.frame
    if frame.is_empty():
        return None
    shown = pl.concat([frame.filter(pl.col("stratum") == WHOLE), frame.filter(pl.col("stratum") != WHOLE)])
    tables = sorted(path.name for path in evidence.run.metric_tables.glob("*.tsv"))
    content = {
        "rows": [estimate_row(row) for row in shown.head(MOST_ROWS).iter_rows(named=True)],
        "cut": shown.height > MOST_ROWS,
        "scores": shown.get_column("score_name").unique(maintain_order=True).to_list(),
        "metrics": shown.get_column("metric").unique(maintain_order=True).to_list(),
        "metric_words": metric_words,
        "label_words": partial(label_words, quantity=evidence.quantity),
        "stratum_words": stratum_words,
    }
    files = {f"tables/{name}": f"{evidence.run.metric_tables.name}/{name}" for name in tables}
    description = "Every metric, score and stratum, each with its interval and counts."
    return Section("estimates", "Estimates", description, HELP, content, files)
