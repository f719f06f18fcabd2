"""The page of several runs: its sections, its tables as text, and the summary that MultiQC reads."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import polars as pl

from refalt.columns import WHOLE
from refalt.files import write_text
from refalt.plots.album import path_part
from refalt.report.multiqc import write_multiqc
from refalt.report.page_text import page_text
from refalt.report.tables import write_tsv
from refalt.report.together.evidence import Together, read_together
from refalt.report.together.sections import SECTIONS
from refalt.report.together.sections.leaderboard import leading_rows
from refalt.report.together.sections.studies import study_table


def render_together(root: Path) -> Path:
    """Write report.html and the tables of a folder of several runs from what it holds; return the page's path.

    Raises:
        UserError: the folder is none, or a file of it or of a member is missing, damaged or of another layout.
    """
    together = read_together(root)
    tables = {"studies": study_table(together), "comparisons": together.comparisons.frame}
    if together.sweep is not None:
        tables["window"] = together.sweep.frame
    tables |= {
        f"{path_part(name)}_metrics": metric_table(together, members) for name, members in together.tables.items()
    }
    for name, frame in tables.items():
        if frame.height:
            write_tsv(frame, together.tables_folder / f"{name}.tsv", simulated=together.simulated)
    built = [build(together) for build in SECTIONS]
    write_text(together.report, page_text("several.html", [one for one in built if one], together=together))
    named = {f"{member.label}: {row['score_name']}": row for member, row in leading_rows(together)}
    write_multiqc(root, named, title=together.name, simulated=together.simulated)
    return together.report


def metric_table(together: Together, labels: Collection[str]) -> pl.DataFrame:
    """Estimates of the members of these labels on all their rows: `study`, then the columns of Estimates."""
    parts = [
        evidence.estimates.frame.filter(pl.col("stratum") == WHOLE).select(
            pl.lit(member.label).alias("study"), pl.all()
        )
        for member, evidence in together.present
        if member.label in labels
    ]
    return pl.concat(parts) if parts else pl.DataFrame()
