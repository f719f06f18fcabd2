"""The one entry: every figure that a run's tables allow, written to disk with the points it shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from refalt.columns import WHOLE
from refalt.files import write_text
from refalt.plots.album import Album
from refalt.plots.base import Nulls, Reading, View
from refalt.plots.processes import draw_album
from refalt.plots.record import ERRORS, Figure, write_index
from refalt.tables import Attrition, Comparison, Estimates


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
    processes: int | None = None,
) -> list[Figure]:
    """Draw every figure there is something for, under `folder`/<dataset>/<score>/, and write `folder`/figures.json.

    Figures of the whole study lie under `folder`/<dataset>/_all/. A figure whose estimate is withheld is an empty
    frame with the reason. Each has a PNG, an SVG and a CSV of exactly the points drawn. A figure that cannot be drawn
    is an empty frame with its error, `failed` says so, and its traceback is in `folder`/errors.txt.

    Args:
        folder: The run's folder of figures.
        simulated: Say on every figure, and in every CSV, that the values are simulated.
        as_published: Say on every figure that a published setting is reproduced as it was.
        nulls: (score_name, metric, label_name) -> values of the metric under shuffling, float64, (resamples,).
        quantity: What was measured, `effect` or `activity`, for the axes.
        processes: That draw at once; as many as the figures are worth when not given. The files are the same.

    Raises:
        UserError: `folder` cannot be written to.
    """
    views = tuple(_views(comparison, estimates, attrition, nulls or {}, quantity))
    return _finish(Album(views, "figures", folder, simulated, as_published), processes)


def draw_across(
    rows: pl.DataFrame,
    readings: Sequence[Reading],
    *,
    name: str,
    folder: Path,
    simulated: bool,
    as_published: bool,
    quantity: str = "effect",
    processes: int | None = None,
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
        processes: As in `draw_all`.

    Raises:
        UserError: `folder` cannot be written to.
    """
    view = View(name, WHOLE, rows, tuple(readings), Attrition.empty().frame, {}, quantity)
    return _finish(Album((view,), "across", folder, simulated, as_published), processes)


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


def _finish(album: Album, processes: int | None) -> list[Figure]:
    drawn = draw_album(album, processes=processes)
    found = [one.figure for one in drawn]
    write_index(found, album.folder)
    failed = [f"{one.figure.svg}\n{one.traceback}" for one in drawn if one.traceback]
    if failed:
        write_text(album.folder / ERRORS, "\n".join(failed))
    else:
        (album.folder / ERRORS).unlink(missing_ok=True)
    return found
