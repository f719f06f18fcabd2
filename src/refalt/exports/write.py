"""The folder `exports` of a run."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from refalt.columns import WHOLE
from refalt.exports.predictions import predictions_of
from refalt.exports.statistics import statistics_text
from refalt.exports.summaries import summary_tables
from refalt.exports.variants import variants_bed
from refalt.files import replacing, write_text
from refalt.runs import RunFolder
from refalt.tables import Attrition, Comparison, Estimates, Measurements, Predictions


@dataclass(frozen=True)
class _Stamp:
    """What every file says of itself: nothing, or that its numbers are no evidence."""

    simulated: bool
    as_published: bool

    @property
    def words(self) -> str:
        words = {"simulated values": self.simulated, "as published, with its mistakes": self.as_published}
        return ", ".join(name for name, holds in words.items() if holds)

    def frame(self, frame: pl.DataFrame) -> pl.DataFrame:
        marks = {name: True for name in ("simulated", "as_published") if getattr(self, name)}
        return frame.with_columns(pl.lit(value).alias(name) for name, value in marks.items())


def write_exports(run: RunFolder) -> list[Path]:
    """Write what other programs read, from the tables of a run that came to its estimates; return the paths.

    `variants.bed` and `filtered.bed` (0-based, half-open), `<score>_predictions.csv` and `_statistics.txt` of every
    score, `predictions.parquet` of all, `success_by_reason.csv`, `benchmark_summary.csv` and `per_<stratum>.csv`.
    Where values are simulated, or a published setting is repeated with its mistakes, every file says so.

    Raises:
        UserError: a table of the run is missing or damaged.
    """
    lock = tomllib.loads(run.lock.read_text(encoding="utf-8"))
    provenance = json.loads(run.provenance.read_text(encoding="utf-8"))
    stamp = _Stamp(bool(provenance.get("simulated")), bool(lock["study"].get("as_published")))
    primary = lock.get("evaluation", {}).get("primary", {}).get("stratum", WHOLE)
    paths = list(_write_variants(run, stamp))
    paths += _write_scores(run, stamp, stratum=primary)
    for name, table in summary_tables(Estimates.read(run.estimates)).items():
        paths.append(_write_csv(stamp.frame(table), run.exports / f"{_path_part(name)}.csv"))
    schema: dict[str, Any] = {column.name: column.dtype for column in Attrition.declared}
    reasons = pl.read_csv(run.attrition, separator="\t", schema=schema)
    shares = reasons.with_columns(share=pl.col("n_rows") / pl.col("n_rows").sum().over("stage", "score_name"))
    return [*paths, _write_csv(stamp.frame(shares), run.exports / "success_by_reason.csv")]


def _write_variants(run: RunFolder, stamp: _Stamp) -> Iterator[Path]:
    measurements = Measurements.read(run.measurements)
    head = f"# {stamp.words}\n" if stamp.words else ""
    for name, kept in (("variants", False), ("filtered", True)):
        path = run.exports / f"{name}.bed"
        write_text(path, head + variants_bed(measurements, kept=kept).write_csv(separator="\t", include_header=False))
        yield path


def _write_scores(run: RunFolder, stamp: _Stamp, *, stratum: str) -> Iterator[Path]:
    comparison, estimates = Comparison.read(run.comparison), Estimates.read(run.estimates)
    parts = []
    for score_name in comparison.frame.get_column("score_name").unique(maintain_order=True):
        rows = predictions_of(comparison, score_name, Predictions.read(run.predictions(score_name)))
        parts.append(rows.select(pl.lit(score_name).alias("score_name"), pl.all()))
        yield _write_csv(stamp.frame(rows), run.exports / f"{score_name}_predictions.csv")
        texts = [
            statistics_text(comparison, estimates, score_name, stratum=name)
            for name in dict.fromkeys((WHOLE, *([stratum] if "=" in stratum else [])))
        ]
        path = run.exports / f"{score_name}_statistics.txt"
        write_text(path, "\n".join([*([f"{stamp.words}\n"] if stamp.words else []), *texts]))
        yield path
    if parts:
        path = run.exports / "predictions.parquet"
        with replacing(path) as partial:
            stamp.frame(pl.concat(parts)).write_parquet(partial)
        yield path


def _write_csv(frame: pl.DataFrame, path: Path) -> Path:
    with replacing(path) as partial:
        frame.write_csv(partial)
    return path


def _path_part(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", name).lstrip(".")[:120] or "_"
