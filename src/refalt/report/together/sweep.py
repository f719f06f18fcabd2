"""What a sweep of one axis leaves behind: a row a window, all on the same rows, and how the score's spread scales."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

import polars as pl

from refalt.columns import Column
from refalt.tables import Table


def _key(name: str, dtype: type[pl.DataType], meaning: str, unit: str = "") -> Column:
    return Column(name, dtype, meaning, unit, nullable=False)


_COLUMNS: Final = (
    _key("window", pl.Int64, "window of the score", "bp"),
    _key("member", pl.String, "member of the suite"),
    _key("n", pl.Int64, "rows that every window has a score for", "rows"),
    _key("n_variants", pl.Int64, "distinct variants among them"),
    _key("n_clusters", pl.Int64, "clusters among them"),
    Column("spearman_rho", pl.Float64, "Spearman correlation with the effect"),
    Column("spearman_lower", pl.Float64, "lower end of its interval"),
    Column("spearman_upper", pl.Float64, "upper end of its interval"),
    Column("spearman_p", pl.Float64, "its p-value against chance"),
    Column("pearson_r", pl.Float64, "Pearson correlation with the effect"),
    Column("pearson_lower", pl.Float64, "lower end of its interval"),
    Column("pearson_upper", pl.Float64, "upper end of its interval"),
    Column("pearson_p", pl.Float64, "its p-value against chance"),
    Column("effect_sd", pl.Float64, "standard deviation of the effect, n - 1 in the denominator"),
    Column("score_sd", pl.Float64, "standard deviation of the score, n - 1 in the denominator"),
    _key("n_left_out", pl.Int64, "rows of this window that another window has no score for", "rows"),
    Column("reason", pl.String, "why a correlation is missing"),
)


class Sweep(Table):
    """One row a window."""

    title: ClassVar[str] = "Sweep"
    declared: ClassVar[tuple[Column, ...]] = _COLUMNS
    key: ClassVar[tuple[str, ...]] = ("window",)


@dataclass(frozen=True)
class Scaling:
    """Slope of log sd(score) on log window: -1 where a fixed signal is averaged over the window, 0 where it is not.

    Attributes:
        slope: NaN-free; None where there is none.
        lower: Lower end of its interval.
        upper: Upper end.
        level: Coverage the interval aims at.
        n_clusters: Clusters resampled.
        reason: Why slope or interval is missing.
    """

    slope: float | None
    lower: float | None
    upper: float | None
    level: float
    n_clusters: int
    reason: str | None = None
