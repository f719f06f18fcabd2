"""One score at several windows: the same rows for all, differences between them, and how the score's spread scales."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from refalt.evaluation.beside.comparisons import compare_scores
from refalt.evaluation.beside.limits import Statistic, interval_of_counts
from refalt.evaluation.evaluate import evaluate
from refalt.evaluation.held import Terms
from refalt.files import write_text
from refalt.pipeline.shared_rows import entries, replace_name, shared, terms_of
from refalt.plots import draw_across
from refalt.plots.base import Reading
from refalt.report.together.evidence import COMPARISONS, SCALING, SWEEP, Member, Together
from refalt.report.together.sweep import Scaling, Sweep
from refalt.stats.measured import Measured
from refalt.tables import Comparison, Comparisons, Estimates

Floats = NDArray[np.float64]
_METRICS: Final = {"spearman_rho": "spearman", "pearson_r": "pearson"}


def write_sweep(together: Together, score_name: str) -> Together:
    """Write the table of windows, the differences between them, their figures and the slope, of members that ended."""
    found = [
        replace(entry, section=replace_name(entry.section, window_words(member.window)))
        for member, _ in together.present
        for entry in entries(member)
        if entry.section.name == f"{member.label}: {score_name}"
    ]
    if len(found) < 2:
        return replace(together, notes=(*together.notes, "fewer than two windows came to an estimate"))
    joined, why = shared(found)
    if why:
        return replace(together, notes=(*together.notes, f"the windows are not compared: {why}"))
    terms = terms_of(found)
    sections = [one.section for one in found]
    estimates = evaluate(joined, sections, terms).filter(pl.col("label_name") == "effect")
    comparisons = compare_scores(joined, sections, terms).filter(pl.col("label_name") == "effect")
    rows = [_window_row(one.member, one.section.name, one.rows.height, estimates, joined.comparison) for one in found]
    schema = {column.name: column.dtype for column in Sweep.declared}
    sweep, table = Sweep(pl.DataFrame(rows, schema=schema)), Comparisons(comparisons)
    windows = [one.member.window or 0 for one in found]
    scaling = scaling_of(joined.comparison, [one.name for one in sections], windows, terms=terms)
    sweep.write(together.root / SWEEP)
    table.write(together.root / COMPARISONS)
    write_text(together.root / SCALING, json.dumps(dataclasses.asdict(scaling), indent=2, allow_nan=False) + "\n")
    correlations = estimates.filter(pl.col("metric").is_in(list(_METRICS)))
    draw_across(
        joined.comparison.frame,
        [Reading.from_row(row) for row in Estimates(correlations).frame.iter_rows(named=True)],
        name=together.name,
        folder=together.plots,
        simulated=together.simulated,
        as_published=together.as_published,
        quantity=terms.quantity,
    )
    return replace(together, comparisons=table, sweep=sweep, scaling=scaling)


def window_words(window: int | None) -> str:
    """A window as a name."""
    return f"{window:,} bp"


def scaling_of(comparison: Comparison, names: Sequence[str], windows: Sequence[int], *, terms: Terms) -> Scaling:
    """Least-squares slope of log sd(score) on log window, with a cluster bootstrap over the rows that all share."""
    tables = [comparison.frame.filter(score_name=name) for name in names]
    scores = np.array([table.get_column("score").to_numpy() for table in tables])
    codes = (tables[0].get_column("cluster_id").rank("dense").to_numpy() - 1).astype(np.int64)
    n_clusters = int(codes.max(initial=-1)) + 1
    place = np.log(np.asarray(windows, dtype=np.float64))
    level = terms.level
    if scores.shape[1] < 2 or not (scores.std(axis=1) > 0).all():
        return Scaling(None, None, None, level, n_clusters, "at one window the score is the same for every row")
    slope = float(_slope(np.log(scores.std(axis=1, ddof=1))[:, None], place)[0])
    found = interval_of_counts(
        Measured(slope), _scaling_in_resamples(scores, codes, n_clusters, place), n_clusters,
        n=scores.shape[1], rng=terms.rng("scaling"), level=level, resamples=terms.settings.resamples,
    )  # fmt: skip
    if found.reason is not None:
        return Scaling(slope, None, None, level, n_clusters, found.reason)
    return Scaling(slope, found.lower, found.upper, level, n_clusters)


def _scaling_in_resamples(scores: Floats, codes: NDArray[np.int64], n_clusters: int, place: Floats) -> Statistic:
    """The slope in each resample, from how often each holds each cluster."""
    centred = scores - scores.mean(axis=1, keepdims=True)
    n = np.bincount(codes, minlength=n_clusters).astype(np.float64)
    first = np.array([np.bincount(codes, row, minlength=n_clusters) for row in centred])
    second = np.array([np.bincount(codes, row**2, minlength=n_clusters) for row in centred])

    def slopes(counts: Floats) -> Floats:
        total = n @ counts
        mean = (first @ counts) / total
        variance = np.maximum((second @ counts) / total - mean**2, 0) * total / np.maximum(total - 1, 1)
        return _slope(np.log(np.where(variance > 0, variance, np.nan)) / 2, place)

    return slopes


def _slope(height: Floats, place: Floats) -> Floats:
    away = place - place.mean()
    slope: Floats = away @ height / float(away @ away)
    return slope


def _window_row(
    member: Member, name: str, n_own: int, estimates: pl.DataFrame, comparison: Comparison
) -> dict[str, Any]:
    scored = comparison.frame.filter(score_name=name)
    rows = scored.filter(pl.col("effect").is_finite())
    found: Mapping[str, Mapping[str, Any]] = {
        row["metric"]: row for row in estimates.filter(score_name=name).iter_rows(named=True)
    }
    line: dict[str, Any] = {
        "window": member.window,
        "member": member.label,
        "n": rows.height,
        "n_variants": rows.get_column("asked_id").n_unique(),
        "n_clusters": rows.get_column("cluster_id").n_unique(),
        "effect_sd": rows.get_column("effect").std(ddof=1),
        "score_sd": rows.get_column("score").std(ddof=1),
        "n_left_out": n_own - scored.height,
        "reason": next((row["reason"] for row in found.values() if row["reason"]), None),
    }
    for metric, short in _METRICS.items():
        row = found.get(metric, {})
        line |= {metric: row.get("value", math.nan), f"{short}_p": row.get("p_value")}
        line |= {f"{short}_lower": row.get("lower"), f"{short}_upper": row.get("upper")}
    return line
