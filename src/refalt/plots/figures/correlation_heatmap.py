"""How the scores of a study agree with each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import polars as pl

from refalt.plots import theme
from refalt.plots.bands import cluster_codes
from refalt.plots.base import Drawing, Subject, View
from refalt.plots.words import written
from refalt.provenance import seed_from
from refalt.stats.intervals import cluster_interval
from refalt.stats.metric import METRICS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_SCORES = 12
#: Up to here a square has room for its interval and its rows.
MOST_WRITTEN = 5
RESAMPLES = 400


@dataclass(frozen=True)
class Agreement:
    """Spearman correlation of two scores on the rows that have both."""

    first: str
    second: str
    value: float
    lower: float
    upper: float
    level: float
    n: int
    n_clusters: int
    reason: str | None


class CorrelationHeatmap(Drawing):
    """Spearman correlation of every score with every other."""

    name: ClassVar[str] = "correlation_heatmap"
    title: ClassVar[str] = "Scores against each other"
    description: ClassVar[str] = "Spearman correlation of every pair of scores, on the rows that have both."
    help: ClassVar[str] = (
        "Scores near one rank the rows alike: they are one witness, not two. Nothing here was measured, so nothing "
        "is withheld. Intervals, from resampled clusters, and rows of every pair are in the table of points."
    )
    order: ClassVar[int] = 8
    whole_study: ClassVar[bool] = True

    def subjects(self, view: View) -> Sequence[Subject]:
        """One figure where a study has several scores."""
        names = _names(view)
        if len(names) < 2 or not view.readings:
            return []
        level = written(view.readings[0].level, "share")
        lines = [f"Spearman ρ, {level} intervals; n: rows with both scores"]
        n_scores = view.rows.get_column("score_name").n_unique()
        if n_scores > len(names):
            lines.append(f"the first {len(names)} of {n_scores} scores")
        return [Subject(view, "", tuple(lines), view.readings[:1], height=0.55 + 3.1 * min(1, 0.3 + len(names) / 8))]

    def draw(self, sheet: theme.Sheet, subject: Subject) -> pl.DataFrame:
        """Draw the squares."""
        names = _names(subject.view)
        pairs = _agreements(subject.view, names, level=subject.reading.level)
        square = np.eye(len(names))
        for pair in pairs:
            one, other = names.index(pair.first), names.index(pair.second)
            square[one, other] = square[other, one] = pair.value
        axes = sheet.axes(left=0.24, right=0.93, grid="none")
        _squares(axes, square)
        _write_pairs(axes, pairs, names)
        labels = [theme.shortened(name, 16 if len(names) <= MOST_WRITTEN else 13) for name in names]
        axes.set_yticks(range(len(names)), labels)
        few = len(names) <= 4
        axes.set_xticks(range(len(names)), labels, rotation=0 if few else 35, ha="center" if few else "right")
        axes.tick_params(length=0, labelsize=7)
        return pl.DataFrame([asdict(pair) for pair in pairs], infer_schema_length=None)


def _names(view: View) -> list[str]:
    return view.rows.get_column("score_name").unique(maintain_order=True).to_list()[:MOST_SCORES]


def _agreements(view: View, names: Sequence[str], *, level: float) -> list[Agreement]:
    by_score = {name: view.rows.filter(pl.col("score_name") == name) for name in names}
    return [_agreement(by_score[one], by_score[other], one, other, level) for one, other in combinations(names, 2)]


def _agreement(one: pl.DataFrame, other: pl.DataFrame, first: str, second: str, level: float) -> Agreement:
    both = one.join(other.select("source_row", beside="score"), on="source_row", maintain_order="left")
    both = both.filter(pl.col("score").is_finite() & pl.col("beside").is_finite())
    found = cluster_interval(
        METRICS["spearman_rho"],
        both.get_column("score").to_numpy(),
        both.get_column("beside").to_numpy(),
        cluster_codes(both.get_column("cluster_id")),
        rng=np.random.default_rng(seed_from("agreement", first, second)),
        level=level,
        resamples=RESAMPLES,
    )
    numbers = (found.value, found.lower, found.upper, level, found.n, found.n_clusters)
    return Agreement(first, second, *numbers, found.reason)


def _squares(axes: Axes, square: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    colours = [theme.VERMILION, "#ffffff", theme.BLUE]
    shades = LinearSegmentedColormap.from_list("agreement", colours).with_extremes(bad=theme.GRID)
    # The diagonal is one by definition: drawn in no colour, so that it does not speak.
    shown = np.ma.masked_where(np.eye(len(square), dtype=bool) | ~np.isfinite(square), square)
    image = axes.imshow(shown, cmap=shades, vmin=-1, vmax=1, aspect="auto")
    bar = axes.figure.colorbar(image, ax=axes, shrink=0.8, pad=0.03, location="right", label="Spearman ρ")
    bar.outline.set_visible(False)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _write_pairs(axes: Axes, pairs: Sequence[Agreement], names: Sequence[str]) -> None:
    for pair in pairs:
        text = written(pair.value, "estimate" if len(names) <= MOST_WRITTEN else "p")
        if len(names) <= MOST_WRITTEN:
            ends = (written(end, "estimate") for end in (pair.lower, pair.upper))
            text += f"\n{' to '.join(ends)}" if np.isfinite(pair.lower) else "\nno interval"
            text += f"\nn {pair.n:,}"
        colour = "white" if np.isfinite(pair.value) and abs(pair.value) > 0.6 else theme.INK
        one, other = names.index(pair.first), names.index(pair.second)
        for x, y in ((one, other), (other, one)):
            axes.text(x, y, text, ha="center", va="center", fontsize=6.8, color=colour)
