"""Scores of raising and of lowering variants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import polars as pl

from refalt.plots import theme
from refalt.plots.base import Drawing, Subject, View
from refalt.plots.words import written

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BINS = 40


class SignAgreement(Drawing):
    """Distributions of the score for positive and for negative effects."""

    name: ClassVar[str] = "sign_agreement"
    title: ClassVar[str] = "Sign agreement"
    description: ClassVar[str] = "How scores are spread where the effect is positive, and where it is negative."
    help: ClassVar[str] = (
        "Good signs put one distribution right of zero and the other left. "
        "Concordance is to be read against the value expected from the two sign margins alone: "
        "a score that is nearly always positive agrees often where most effects are positive."
    )
    order: ClassVar[int] = 25

    def subjects(self, view: View) -> Sequence[Subject]:
        """One figure where concordance was estimated."""
        found = []
        for reading in view.shown("sign_concordance")[:1]:
            expected = f"expected from the sign margins alone: {written(reading.chance, 'estimate')}"
            found.append(Subject.of(view, reading, extra=expected))
        return found

    def draw(self, sheet: theme.Sheet, subject: Subject) -> pl.DataFrame:
        """Draw the two histograms, one up and one down."""
        rows = subject.view.measured("score", "effect")
        score, effect = rows.get_column("score").to_numpy(), rows.get_column("effect").to_numpy()
        edges = np.histogram_bin_edges(score, bins=BINS)
        raising, lowering = (np.histogram(score[side], edges)[0] for side in (effect > 0, effect < 0))
        axes = sheet.axes(grid="x")
        axes.stairs(raising, edges, fill=True, color=theme.ORANGE, alpha=0.85)
        axes.stairs(-lowering, edges, fill=True, color=theme.BLUE, alpha=0.85)
        axes.axhline(0, color=theme.MUTED, linewidth=0.7)
        axes.axvline(0, color=theme.INK, linewidth=0.9, linestyle=theme.DASHES)
        _name_sides(axes, n_raising=int(raising.sum()), n_lowering=int(lowering.sum()))
        axes.yaxis.set_major_formatter(lambda count, _: f"{abs(count):,.0f}")
        axes.set(xlabel=f"score ({theme.shortened(subject.view.score_name, theme.LONGEST_NAME)})", ylabel="rows")
        counts = {"effect_positive": raising, "effect_negative": lowering}
        return pl.DataFrame({"score_from": edges[:-1], "score_to": edges[1:], **counts})


def _name_sides(axes: Axes, *, n_raising: int, n_lowering: int) -> None:
    lowest, highest = axes.get_ylim()
    axes.set_ylim(lowest * 1.15, highest * 1.15)
    upper, lower = f"positive effects, n {n_raising:,}", f"negative effects, n {n_lowering:,}"
    axes.text(0.02, 0.97, upper, transform=axes.transAxes, va="top", fontsize=7.5, color=theme.INK)
    axes.text(0.02, 0.03, lower, transform=axes.transAxes, va="bottom", fontsize=7.5, color=theme.INK)
