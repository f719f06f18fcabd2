"""Where rows were lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, ClassVar

import polars as pl

from refalt.columns import WHOLE
from refalt.plots import theme
from refalt.plots.base import Drawing, Subject, View

if TYPE_CHECKING:
    from matplotlib.axes import Axes

IN = "in"
KEPT = "kept"
LINE = 0.23


@dataclass(frozen=True)
class Step:
    """One bar: rows from `start` to `to` of those that came into the stage."""

    stage: str
    score_name: str
    name: str
    words: str
    start: int
    to: int
    n_rows: int


class AttritionFlow(Drawing):
    """Rows in, rows lost by reason, rows kept, stage by stage."""

    name: ClassVar[str] = "attrition"
    title: ClassVar[str] = "Rows in, rows lost, rows kept"
    description: ClassVar[str] = "At every stage, how many rows came in, why some left, and how many went on."
    help: ClassVar[str] = "Each stage starts with its rows in; every reason takes its rows off the right end."
    order: ClassVar[int] = 1
    whole_study: ClassVar[bool] = True

    def subjects(self, view: View) -> Sequence[Subject]:
        """One figure, where rows were counted."""
        if view.attrition.is_empty():
            return []
        return [Subject(view, "", ("counts are rows",), height=LINE * (len(_steps(view.attrition)) + 0.8))]

    def draw(self, sheet: theme.Sheet, subject: Subject) -> pl.DataFrame:
        """Draw one bar a line."""
        steps = _steps(subject.view.attrition)
        axes = sheet.axes(left=0.46, right=0.85, grid="none")
        for place, step in enumerate(steps):
            colour = {IN: theme.MUTED, KEPT: theme.GREEN}.get(step.name, theme.ORANGE)
            axes.barh(-place, step.to - step.start, left=step.start, height=0.66, color=colour)
            sign = "−" if step.name not in (IN, KEPT) and step.n_rows else ""
            axes.annotate(
                f"{sign}{step.n_rows:,}",
                (step.to, -place),
                (3, 0),
                textcoords="offset points",
                va="center",
                fontsize=7.5,
            )
            _name(axes, -place, step)
        widest = max(step.to for step in steps)
        axes.set(yticks=[], xticks=[], xlim=(0, max(widest, 1)), ylim=(-len(steps) + 0.4, 0.6))
        for spine in axes.spines.values():
            spine.set_visible(False)
        axes.axvline(0, color=theme.MUTED, linewidth=0.7)
        return pl.DataFrame([asdict(step) for step in steps])


def _name(axes: Axes, place: float, step: Step) -> None:
    words = theme.shortened(step.words, 33)
    weight = "bold" if step.name == IN else "normal"
    where = axes.get_yaxis_transform()
    axes.text(-0.02, place, words, transform=where, ha="right", va="center", fontsize=7.5, fontweight=weight)


def _steps(attrition: pl.DataFrame) -> list[Step]:
    steps: list[Step] = []
    for keys, part in attrition.group_by(["stage", "score_name"], maintain_order=True):
        stage, score = str(keys[0]), str(keys[1])
        left = int(part.get_column("n_rows").sum())
        head = stage if score == WHOLE else f"{stage} · {score}"
        steps.append(Step(stage, score, IN, head, 0, left, left))
        for row in part.filter(pl.col("reason") != KEPT).sort("n_rows", descending=True).iter_rows(named=True):
            name, count = str(row["reason"]), int(row["n_rows"])
            steps.append(Step(stage, score, name, name.replace("_", " "), left - count, left, count))
            left -= count
        steps.append(Step(stage, score, KEPT, KEPT, 0, left, left))
    return steps
