"""Estimates as tab-separated text, for people and for other programs."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from refalt.columns import WHOLE
from refalt.files import replacing
from refalt.plots.album import path_part
from refalt.plots.words import stratum_column
from refalt.runs import RunFolder
from refalt.tables import Estimates


def write_metric_tables(run: RunFolder, estimates: Estimates, *, simulated: bool) -> list[Path]:
    """Write tables/<dataset>_metrics.tsv (all rows) and tables/<stratum column>.tsv, and return their paths.

    Columns are those of Estimates; where the values are simulated a column `simulated` says so in every row.
    """
    frame = estimates.frame
    if simulated:
        frame = frame.with_columns(simulated=pl.lit(value=True))
    whole, strata = frame.filter(pl.col("stratum") == WHOLE), frame.filter(pl.col("stratum") != WHOLE)
    parts = {f"{keys[0]}_metrics": part for keys, part in whole.group_by(["dataset"], maintain_order=True)}
    # Columns whose names differ only in what a path cannot hold share a file: no row is lost.
    column = pl.col("stratum").map_elements(lambda name: path_part(stratum_column(name)), return_dtype=pl.String)
    parts |= {str(keys[0]): part for keys, part in strata.group_by([column], maintain_order=True)}
    paths = {run.metric_tables / f"{path_part(name)}.tsv": part for name, part in parts.items()}
    return [write_tsv(part, path) for path, part in paths.items()]


def write_tsv(frame: pl.DataFrame, path: Path, *, simulated: bool = False) -> Path:
    """Write a frame as tab-separated text, with a column `simulated` where its numbers are no evidence."""
    with replacing(path) as partial:
        (frame.with_columns(simulated=pl.lit(value=True)) if simulated else frame).write_csv(partial, separator="\t")
    return path
