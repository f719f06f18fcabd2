"""The one entry: every figure that a run's tables allow, written to disk with the points it shows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from refalt.columns import WHOLE
from refalt.files import replacing
from refalt.plots import across, figures, theme
from refalt.plots.base import Drawing, Nulls, Reading, Subject, View
from refalt.plots.record import WHOLE_STUDY, Figure, write_index
from refalt.plugins import every_class
from refalt.tables import Attrition, Comparison, Estimates


@dataclass(frozen=True)
class _Stamps:
    simulated: bool
    as_published: bool


def draw_all(
    comparison: Comparison,
    estimates: Estimates,
    attrition: Attrition,
    *,
    folder: Path,
    simulated: bool,
    as_published: bool,
    nulls: Nulls | None = None,
    quantity: str = "effect",
) -> list[Figure]:
    """Draw every figure there is something for, under `folder`/<dataset>/<score>/, and write `folder`/figures.json.

    Figures of the whole study lie under `folder`/<dataset>/_all/. A figure whose estimate is withheld is an empty
    frame with the reason. Each has a PNG, an SVG and a CSV of exactly the points drawn.

    Args:
        folder: The run's folder of figures.
        simulated: Say on every figure, and in every CSV, that the values are simulated.
        as_published: Say on every figure that a published setting is reproduced as it was.
        nulls: (score_name, metric, label_name) -> values of the metric under shuffling, float64, (resamples,).
        quantity: What was measured, `effect` or `activity`, for the axes.

    Raises:
        UserError: `folder` cannot be written to.
    """
    stamps = _Stamps(simulated, as_published)
    kinds = every_class(figures, Drawing)  # type: ignore[type-abstract]
    drawings = sorted((kind() for kind in kinds), key=lambda drawing: drawing.order)
    drawn = []
    with theme.applied():
        for view in _views(comparison, estimates, attrition, nulls or {}, quantity):
            for drawing in drawings:
                if drawing.whole_study == (view.score_name == WHOLE):
                    subjects = drawing.subjects(view)
                    drawn += [_make(drawing, subject, folder=folder, stamps=stamps) for subject in subjects]
    write_index(drawn, folder)
    return drawn


def draw_across(
    rows: pl.DataFrame,
    readings: Sequence[Reading],
    *,
    name: str,
    folder: Path,
    simulated: bool,
    as_published: bool,
    quantity: str = "effect",
) -> list[Figure]:
    """Draw every figure of several runs there is something for, under `folder`/<name>/_all/, and write its index.

    Args:
        rows: Comparison rows that the runs share, `score_name` naming the run; none where they share none.
        readings: Estimates, `score_name` likewise.
        name: Of the page.
        folder: Its folder of figures.
        simulated: Say on every figure, and in every CSV, that the values are simulated.
        as_published: Say on every figure that a published setting is reproduced as it was.
        quantity: What was measured, `effect` or `activity`.

    Raises:
        UserError: `folder` cannot be written to.
    """
    stamps = _Stamps(simulated, as_published)
    view = View(name, WHOLE, rows, tuple(readings), Attrition.empty().frame, {}, quantity)
    kinds = every_class(across, Drawing)  # type: ignore[type-abstract]
    drawings = sorted((kind() for kind in kinds), key=lambda drawing: drawing.order)
    with theme.applied():
        drawn = [
            _make(drawing, subject, folder=folder, stamps=stamps)
            for drawing in drawings
            for subject in drawing.subjects(view)
        ]
    write_index(drawn, folder)
    return drawn


def _views(
    comparison: Comparison, estimates: Estimates, attrition: Attrition, nulls: Nulls, quantity: str
) -> Iterator[View]:
    rows, counts = comparison.frame, attrition.frame
    names = estimates.frame.get_column("dataset").unique(maintain_order=True).to_list() or ["dataset"]
    for dataset in names:
        of_dataset = estimates.frame.filter(pl.col("dataset") == dataset)
        readings = tuple(Reading.from_row(row) for row in of_dataset.iter_rows(named=True))
        yield View(dataset, WHOLE, rows, readings, counts, nulls, quantity)
        # Controls have estimates but no rows of their own; they stand in the figures of the whole study.
        for (score,), part in rows.group_by(["score_name"], maintain_order=True):
            own = tuple(reading for reading in readings if reading.score_name == score)
            yield View(dataset, str(score), part, own, counts, nulls, quantity)


def _make(drawing: Drawing, subject: Subject, *, folder: Path, stamps: _Stamps) -> Figure:
    view = subject.view
    owner = f"{view.dataset}" if drawing.whole_study else f"{view.score_name} on {view.dataset}"
    sheet = theme.sheet(f"{drawing.title}: {owner}", subject.lines, height=subject.height)
    if subject.withheld:
        theme.write_withheld(sheet, subject.withheld)
        points = pl.DataFrame({"withheld": [subject.withheld]})
    else:
        points = drawing.draw(sheet, subject)
    theme.stamp(sheet, simulated=stamps.simulated, as_published=stamps.as_published)
    score_folder = WHOLE_STUDY if drawing.whole_study else path_part(view.score_name)
    name = path_part("-".join(part for part in (drawing.name, subject.suffix) if part))
    stem = folder / path_part(view.dataset) / score_folder / name
    theme.write(sheet, stem)
    _write_points(points, stem.with_name(f"{name}.csv"), simulated=stamps.simulated)
    return _record(drawing, subject, stem.relative_to(folder).as_posix())


def _record(drawing: Drawing, subject: Subject, stem: str) -> Figure:
    only = subject.readings[0] if len(subject.readings) == 1 and not drawing.whole_study else None
    return Figure(
        name=stem.rpartition("/")[2],
        dataset=subject.view.dataset,
        score_name=subject.view.score_name,
        metric=only.metric if only else "",
        label_name=only.label_name if only else "",
        title=drawing.title,
        subtitle="; ".join(subject.lines),
        description=drawing.description,
        help=drawing.help,
        png=f"{stem}.png",
        svg=f"{stem}.svg",
        csv=f"{stem}.csv",
        withheld=subject.withheld,
    )


def _write_points(points: pl.DataFrame, path: Path, *, simulated: bool) -> None:
    with replacing(path) as partial:
        (points.with_columns(simulated=pl.lit(value=True)) if simulated else points).write_csv(partial)


def path_part(name: str) -> str:
    """`name` as one safe part of a path: lower and upper case letters, digits, dot, dash and underscore.

    Other characters become `_`, a leading dot is not kept, and at most 120 characters are.
    """
    return re.sub(r"[^A-Za-z0-9._-]", "_", name).lstrip(".")[:120] or "_"
