"""Small tables made in code: two scores of known quality against effects with dependent rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from refalt.plots import theme
from refalt.plots.base import Drawing, Reading, View
from refalt.plots.theme import Sheet
from refalt.stats.metric import METRICS
from refalt.tables import Attrition, Comparison, Estimates

LABELS = {"spearman_rho": ["effect"], "pearson_r": ["effect"], "calibration_slope": ["effect"],
          "sign_concordance": ["effect"], "auroc": ["given", "direction"], "auprc": ["given"]}  # fmt: skip


def comparison_rows(n: int, *, noise: Mapping[str, float], seed: int = 1) -> pl.DataFrame:
    """Rows of Comparison: one measured effect a variant, one row a score, clusters of about three variants."""
    rng = np.random.default_rng(seed)
    effect = rng.normal(size=n) * 0.8 + 0.05
    label = (np.abs(effect) > 0.7).astype(np.int8)
    parts = []
    for name, spread in noise.items():
        score = effect + rng.normal(size=n) * spread
        parts.append(
            pl.DataFrame(
                {
                    "source_row": np.arange(1, n + 1),
                    "score_name": [name] * n,
                    "variant_id": [f"chr{i % 22 + 1}:{1000 + 37 * i}:A>G" for i in range(n)],
                    "target_id": [f"GENE{i % 50}" for i in range(n)],
                    "asked_id": [f"chr{i % 22 + 1}:{1000 + 37 * i}:A>G" for i in range(n)],
                    "effect": effect,
                    "effect_se": np.full(n, 0.1),
                    "score": score,
                    "label": label,
                    "cluster_id": [f"block{i // 3}" for i in range(n)],
                    "input_id": [f"input{i}" for i in range(n)],
                    "chrom": [f"chr{i % 22 + 1}" for i in range(n)],
                    "tss_distance": rng.integers(-90_000, 90_000, n),
                    "centre_distance": np.full(n, None),
                    "flags": [[] for _ in range(n)],
                },
                schema_overrides={
                    "label": pl.Int8,
                    "flags": pl.List(pl.String),
                    "source_row": pl.Int64,
                    "centre_distance": pl.Float64,
                },
            )
        )
    return pl.concat(parts)


def estimate_row(rows: pl.DataFrame, metric: str, label_name: str, **changes: Any) -> dict[str, Any]:
    """One honest row of Estimates for one score's rows, with an invented interval of half-width 0.05."""
    effect, score = rows.get_column("effect").to_numpy(), rows.get_column("score").to_numpy()
    label = rows.get_column("label").to_numpy().astype(float) if label_name == "given" else (effect > 0).astype(float)
    known = METRICS[metric]
    target = effect if known.needs == "effect" else label
    seen = np.abs(score) if label_name == "given" else score
    value = known.function(target, seen).value
    row = {
        "model": "recorded", "score_name": rows.item(0, "score_name"), "dataset": "toy", "label_name": label_name,
        "metric": metric, "stratum": "all", "value": value, "lower": value - 0.05, "upper": value + 0.05,
        "level": 0.95, "method": "cluster bootstrap", "p_value": 1e-9, "q_value": 2e-9,
        "chance": known.chance(target, seen).value,
        "prevalence": float(label.mean()) if known.needs == "label" else None,
        "n": rows.height, "n_variants": rows.height, "n_inputs": rows.height,
        "n_clusters": rows.get_column("cluster_id").n_unique(), "n_missing": 3, "reason": None,
    }  # fmt: skip
    return row | changes


def withheld(row: Mapping[str, Any], reason: str) -> dict[str, Any]:
    """The row without its numbers."""
    numbers = dict.fromkeys(("value", "lower", "upper", "chance"), math.nan)
    return dict(row) | numbers | {"p_value": None, "q_value": None, "reason": reason}


def estimates_of(rows: list[dict[str, Any]]) -> Estimates:
    """The table of `rows`."""
    schema = {column.name: column.dtype for column in Estimates.declared}
    return Estimates(pl.DataFrame(rows, schema=schema))


def attrition_of(n: int, names: list[str]) -> Attrition:
    """Three stages, two reasons."""
    rows = [
        ("measurements", "all", "duplicate_row", "an earlier row measures the same", 40),
        ("measurements", "all", "unparsable", "a cell that should hold a number holds something else", 12),
        ("measurements", "all", "kept", "went on", n + 3),
        ("alleles", "all", "ref_mismatch", "neither allele is what the genome holds", 0),
        ("alleles", "all", "kept", "went on", n + 3),
    ]
    for name in names:
        rows += [
            ("comparison", name, "no_score", "the score has no value", 3),
            ("comparison", name, "kept", "went on", n),
        ]
    columns = [column.name for column in Attrition.declared]
    return Attrition(pl.DataFrame(rows, schema=columns, orient="row"))


@dataclass(frozen=True)
class Tables:
    """What `draw_all` takes."""

    comparison: Comparison
    estimates: Estimates
    attrition: Attrition


def view_of(tables: Tables, score_name: str = "good", **changes: Any) -> View:
    """What a drawing sees of one score, or of `all`."""
    readings = tuple(Reading.from_row(row) for row in tables.estimates.frame.iter_rows(named=True))
    rows = tables.comparison.frame
    if score_name != "all":
        readings = tuple(reading for reading in readings if reading.score_name == score_name)
        rows = rows.filter(pl.col("score_name") == score_name)
    return replace(View("toy", score_name, rows, readings, tables.attrition.frame), **changes)


@pytest.fixture
def draw_one() -> Callable[..., tuple[Sheet, pl.DataFrame]]:
    """Draw one subject, the first by default, without writing: `draw_one(Roc(), view, 0)` gives sheet and points."""

    def draw(drawing: Drawing, view: View, place: int = 0) -> tuple[Sheet, pl.DataFrame]:
        subject = drawing.subjects(view)[place]
        with theme.applied():
            sheet = theme.sheet(drawing.title, subject.lines, height=subject.height)
            return sheet, drawing.draw(sheet, subject)

    return draw


@pytest.fixture
def toy_view(toy_tables: Callable[..., Tables]) -> Callable[..., View]:
    """A builder: `toy_view("good", n=300, withhold={...})`."""
    return lambda score_name="good", **choices: view_of(toy_tables(**choices), score_name)


def build_tables(n: int = 300, *, withhold: Mapping[str, str] | None = None) -> Tables:
    """Two scores, every metric, three strata; `withhold` maps a metric to its reason."""
    rows = comparison_rows(n, noise={"good": 0.7, "poor": 3.0})
    estimates: list[dict[str, Any]] = []
    for name in ("good", "poor"):
        part = rows.filter(pl.col("score_name") == name)
        estimates += [estimate_row(part, metric, label) for metric, labels in LABELS.items() for label in labels]
        for chrom in ("chr1", "chr2", "chr3"):
            of_chrom = part.filter(pl.col("chrom") == chrom)
            estimates.append(estimate_row(of_chrom, "spearman_rho", "effect", stratum=f"chrom={chrom}"))
    reasons = withhold or {}
    estimates = [withheld(row, reasons[row["metric"]]) if row["metric"] in reasons else row for row in estimates]
    return Tables(Comparison(rows), estimates_of(estimates), attrition_of(n, ["good", "poor"]))


@pytest.fixture
def toy_tables() -> Callable[..., Tables]:
    """A builder: `toy_tables(n, withhold={"spearman_rho": "why"})`."""
    return build_tables


@pytest.fixture(scope="module")
def module_tables() -> Tables:
    """One ordinary set of tables for a module's tests to share."""
    return build_tables()
