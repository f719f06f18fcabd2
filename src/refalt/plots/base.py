"""What a drawing is: a plug-in that says which estimates it shows and draws them from the rows."""

from __future__ import annotations

import abc
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from refalt.columns import WHOLE
from refalt.plots.words import metric_symbol, written

if TYPE_CHECKING:
    from refalt.plots.theme import Sheet

FloatArray = NDArray[np.float64]
#: (score_name, metric, label_name) -> values of the metric under shuffling
Nulls = Mapping[tuple[str, str, str], FloatArray]


@dataclass(frozen=True)
class Reading:
    """One row of Estimates, as a figure shows it; numbers that are missing are NaN."""

    score_name: str
    label_name: str
    metric: str
    stratum: str
    value: float
    lower: float
    upper: float
    level: float
    chance: float
    prevalence: float
    n: int
    n_variants: int
    n_clusters: int
    n_missing: int
    reason: str | None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """The reading of one named row of an Estimates frame."""
        numbers = ("value", "lower", "upper", "level", "chance", "prevalence")
        others = (
            "score_name",
            "label_name",
            "metric",
            "stratum",
            "n",
            "n_variants",
            "n_clusters",
            "n_missing",
            "reason",
        )
        fields: dict[str, Any] = {name: _number(row[name]) for name in numbers}
        return cls(**fields | {name: row[name] for name in others})

    @property
    def withheld(self) -> str | None:
        """Why there is no number; None when there is one."""
        if math.isfinite(self.value):
            return None
        return self.reason or "there was nothing to measure"

    @property
    def interval(self) -> str:
        """The interval in words, or why it is missing."""
        if not (math.isfinite(self.lower) and math.isfinite(self.upper)):
            return f"no interval: {self.reason or 'none could be made'}"
        ends = f"{written(self.lower, 'estimate')} to {written(self.upper, 'estimate')}"
        return f"{written(self.level, 'share')} interval {ends}"

    @property
    def counts(self) -> str:
        """Rows, variants and clusters in words."""
        parts = [f"n {self.n:,} rows", f"{self.n_variants:,} variants", f"{self.n_clusters:,} clusters"]
        return ", ".join(parts + ([f"{self.n_missing:,} missing"] if self.n_missing else []))

    @property
    def lines(self) -> tuple[str, ...]:
        """Estimate, interval and counts as they stand on a figure."""
        if self.withheld:
            return (f"{metric_symbol(self.metric)}: not shown", self.counts)
        estimate = f"{metric_symbol(self.metric)} {written(self.value, 'estimate')}"
        return (f"{estimate} ({self.interval})", self.counts)


@dataclass(frozen=True)
class View:
    """What one drawing may look at: the rows and estimates of one score, or of all.

    Attributes:
        rows: Comparison rows.
        readings: Estimates, in the order of the table.
        attrition: Attrition rows.
        nulls: Values under shuffling, where given.
        quantity: What was measured, effect or activity.
    """

    dataset: str
    score_name: str
    rows: pl.DataFrame
    readings: tuple[Reading, ...]
    attrition: pl.DataFrame
    nulls: Nulls = field(default_factory=dict)
    quantity: str = "effect"

    def shown(self, metric: str, *, label: str | None = None) -> list[Reading]:
        """Readings of one metric over all rows, one a label."""
        wanted = [reading for reading in self.readings if reading.metric == metric and reading.stratum == WHOLE]
        return [reading for reading in wanted if label in (None, reading.label_name)]

    def measured(self, *names: str) -> pl.DataFrame:
        """Rows in which each named column holds a finite number, and their clusters."""
        finite = [pl.col(name).cast(pl.Float64).is_finite() for name in names]
        return self.rows.filter(pl.all_horizontal(finite).fill_null(value=False))


@dataclass(frozen=True)
class Subject:
    """One figure that a drawing wants to make.

    Attributes:
        view: What it may look at.
        suffix: Distinguishes it from the drawing's other figures; empty for the only one.
        lines: What stands under the title: estimate, interval, counts.
        readings: The estimates it shows.
        withheld: Why it must be an empty frame.
        height: Of the plotting area, in inches.
        failed: What went wrong in finding out what there is to draw.
    """

    view: View
    suffix: str
    lines: tuple[str, ...]
    readings: tuple[Reading, ...] = ()
    withheld: str | None = None
    height: float = 2.6
    failed: Exception | None = None

    @classmethod
    def of(cls, view: View, reading: Reading, *, suffix: str = "", extra: str = "", height: float = 2.6) -> Self:
        """The figure of one estimate; `extra` is one more line under the title."""
        lines = (*reading.lines, extra) if extra and not reading.withheld else reading.lines
        return cls(view, suffix, lines, (reading,), reading.withheld, height)

    @property
    def reading(self) -> Reading:
        """The estimate of a figure that shows one."""
        return self.readings[0]


class Drawing(abc.ABC):
    """One kind of figure.

    Attributes:
        name: Start of its file names.
        title: What it is called.
        description: One line: what is seen.
        help: How to read it.
        order: Place among the figures of a score.
        whole_study: Whether it shows all scores at once.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    description: ClassVar[str]
    help: ClassVar[str]
    order: ClassVar[int]
    whole_study: ClassVar[bool] = False

    @abc.abstractmethod
    def subjects(self, view: View) -> Sequence[Subject]:
        """The figures there are to make of `view`; none when it holds nothing of this kind."""

    @abc.abstractmethod
    def draw(self, sheet: Sheet, subject: Subject) -> pl.DataFrame:
        """Draw one figure and return exactly the points that were drawn, for its CSV."""


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
