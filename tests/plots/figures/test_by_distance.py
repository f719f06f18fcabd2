"""Effect by distance."""

import dataclasses

import polars as pl
import pytest

from refalt.plots.figures.by_distance import FEW_DISTANCES, NO_DISTANCE, ByDistance


def test_draw__gives_groups_of_equal_size_in_order_of_distance(toy_view, draw_one):
    _, points = draw_one(ByDistance(), toy_view(n=600))
    assert points.get_column("n").to_list() == [50] * 12
    assert points.get_column("place").is_sorted()


def test_draw__averages_absolute_effects(toy_view, draw_one):
    view = toy_view(n=600)
    _, points = draw_one(ByDistance(), view)
    assert points.get_column("mean").mean() == pytest.approx(view.rows.get_column("effect").abs().mean())


def with_rows(view, **columns):
    return dataclasses.replace(view, rows=view.rows.with_columns(**columns))


def test_draw__takes_the_distance_to_the_centre_of_the_peak_where_rows_state_it(toy_view, draw_one):
    view = with_rows(toy_view(n=600), centre_distance=pl.col("source_row").cast(pl.Float64) - 300.5)
    sheet, points = draw_one(ByDistance(), view)
    assert points.get_column("place").to_list() == pytest.approx([-275 + 50 * i for i in range(12)])
    assert sheet.figure.axes[0].get_xlabel() == "distance to the centre of the peak (bp)"


def test_draw__else_takes_the_distance_to_the_gene(toy_view, draw_one):
    sheet, _ = draw_one(ByDistance(), toy_view(n=600))
    assert sheet.figure.axes[0].get_xlabel() == "distance to the start of the gene (bp, sign as published)"


def test_subjects__give_the_reason_where_no_row_states_a_distance(toy_view):
    (subject,) = ByDistance().subjects(with_rows(toy_view(n=60), tss_distance=pl.lit(None, pl.Int64)))
    assert subject.withheld == NO_DISTANCE


def test_subjects__give_the_reason_where_distances_are_few(toy_view):
    (subject,) = ByDistance().subjects(with_rows(toy_view(n=60), tss_distance=pl.col("source_row") % 3))
    assert subject.withheld == FEW_DISTANCES


def test_subjects__are_none_where_activities_were_measured(toy_view):
    assert ByDistance().subjects(dataclasses.replace(toy_view(n=60), quantity="activity")) == []
