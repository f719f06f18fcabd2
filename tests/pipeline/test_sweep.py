"""One score at several windows."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from scipy import stats

from refalt.evaluation.held import Terms
from refalt.pipeline.sweep import scaling_of, window_words
from refalt.studies.study import EvaluationSection
from refalt.tables import Comparison

TERMS = Terms("toy", EvaluationSection(resamples=400), 1, 0.05, {})


def comparison(windows: list[int], *, power: float, n: int = 200, clusters: int = 50) -> Comparison:
    """Rows of one score a window, whose spread goes with the window to a power."""
    rng = np.random.default_rng(5)
    parts = []
    for window in windows:
        parts.append(
            pl.DataFrame(
                {
                    "source_row": np.arange(1, n + 1), "score_name": [window_words(window)] * n,
                    "asked_id": [f"v{i}" for i in range(n)], "effect": rng.normal(size=n),
                    "score": rng.normal(size=n) * float(window) ** power,
                    "cluster_id": [f"c{i % clusters}" for i in range(n)], "input_id": [f"i{i}" for i in range(n)],
                    "flags": [[] for _ in range(n)],
                },
                schema_overrides={"flags": pl.List(pl.String), "source_row": pl.Int64},
            )
        )  # fmt: skip
    return Comparison(pl.concat(parts))


def scaled(windows: list[int], **choices: float):  # type: ignore[no-untyped-def]
    table = comparison(windows, **choices)  # type: ignore[arg-type]
    return scaling_of(table, [window_words(window) for window in windows], windows, terms=TERMS), table


@pytest.mark.parametrize("power", [-1.0, 0.0])
def test_scaling_of__finds_the_power_that_was_planted(power: float) -> None:
    found, _ = scaled([128, 1024, 8192], power=power)
    assert found.slope == pytest.approx(power, abs=0.06)
    assert found.lower <= power <= found.upper
    assert found.upper - found.lower < 0.15


def test_scaling_of__is_the_least_squares_slope() -> None:
    windows = [128, 1024, 8192]
    found, table = scaled(windows, power=-0.5)
    spread = [table.frame.filter(score_name=window_words(w)).get_column("score").std(ddof=1) for w in windows]
    assert found.slope == pytest.approx(stats.linregress(np.log(windows), np.log(spread)).slope)


def test_scaling_of__has_no_interval_on_few_clusters() -> None:
    found, _ = scaled([128, 1024], power=-1.0, clusters=5)
    assert found.slope is not None
    assert (found.lower, found.upper) == (None, None)
    assert "5 clusters" in str(found.reason)


def test_scaling_of__has_no_slope_for_a_constant_score() -> None:
    windows = [128, 1024]
    table = comparison(windows, power=0.0)
    constant = Comparison(table.frame.with_columns(score=pl.lit(1.0)))
    found = scaling_of(constant, [window_words(window) for window in windows], windows, terms=TERMS)
    assert found.slope is None
    assert found.reason
    assert not any(isinstance(value, float) and math.isnan(value) for value in vars(found).values())
