"""Scores against effects, panel by panel."""

import dataclasses

import polars as pl
import pytest

from refalt.plots.across import side_by_side
from refalt.plots.across.side_by_side import SideBySide


def test_draw__draws_a_panel_a_score_on_one_scale_of_effects(toy_view, draw_one):
    sheet, points = draw_one(SideBySide(), toy_view("all", n=90))
    first, second = sheet.figure.axes
    assert first.get_ylim() == second.get_ylim()
    assert points.group_by("score_name").len().get_column("len").to_list() == [90, 90]


def test_draw__writes_estimate_and_counts_over_each_panel(toy_view, draw_one):
    view = toy_view("all", n=90)
    sheet, _ = draw_one(SideBySide(), view)
    reading = view.shown("spearman_rho")[0]
    title = sheet.figure.axes[0].get_title(loc="left")
    assert f"{reading.value:.3f}" in title
    assert "n 90 rows, 30 clusters" in title


@pytest.mark.parametrize("n", [3, 5])
def test_draw__keeps_panels_apart(toy_view, draw_one, n):
    view = toy_view("all", n=30)
    readings, rows = view.shown("spearman_rho")[:1], view.rows.filter(score_name="good")
    names = [f"s{i}" for i in range(n)]
    view = dataclasses.replace(
        view,
        rows=pl.concat([rows.with_columns(score_name=pl.lit(name)) for name in names]),
        readings=tuple(dataclasses.replace(readings[0], score_name=name) for name in names),
    )
    sheet, _ = draw_one(SideBySide(), view)
    boxes = [axes.get_position() for axes in sheet.figure.axes]
    assert len(boxes) == n
    assert all(sheet.bottom - 1e-6 <= box.y0 < box.y1 < sheet.top for box in boxes)
    assert boxes[2].y1 < boxes[0].y0


def test_subjects__are_withheld_where_one_score_is(toy_view):
    assert SideBySide().subjects(toy_view("all", n=30, withhold={"spearman_rho": "EF005"}))[0].withheld == "EF005"


def test_subjects__need_two_scores_with_rows(toy_view):
    assert SideBySide().subjects(toy_view("good", n=30)) == []


def test_subjects__say_when_scores_are_left_out(toy_view, monkeypatch):
    monkeypatch.setattr(side_by_side, "MOST_PANELS", 1)
    assert SideBySide().subjects(toy_view("all", n=30))[0].lines[-1] == "the first 1 of 2 scores"
