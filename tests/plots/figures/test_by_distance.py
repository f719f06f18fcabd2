"""Effect by distance."""

import dataclasses

import polars as pl
import pytest

from refalt.plots.figures.by_distance import NO_DISTANCE, ByDistance


def test_draw__gives_groups_of_equal_size_in_order_of_distance(toy_view, draw_one):
    _, points = draw_one(ByDistance(), toy_view(n=600))
    assert points.get_column("n").to_list() == [50] * 12
    assert points.get_column("place").is_sorted()


def test_draw__averages_absolute_effects(toy_view, draw_one):
    view = toy_view(n=600)
    _, points = draw_one(ByDistance(), view)
    assert points.get_column("mean").mean() == pytest.approx(view.rows.get_column("effect").abs().mean())


def test_draw__takes_the_distance_to_the_peak_where_there_is_none_to_a_gene(toy_view, draw_one):
    view = toy_view(n=600)
    away = view.rows.get_column("tss_distance").cast(pl.Float64) / 100
    rows = view.rows.with_columns(centre_distance=away, tss_distance=pl.lit(None, pl.Int64))
    _, points = draw_one(ByDistance(), dataclasses.replace(view, rows=rows))
    assert points.get_column("n").to_list() == [50] * 12
    assert points.get_column("place").abs().max() < 1_000


def test_subjects__are_withheld_where_no_row_states_a_distance(toy_view):
    view = toy_view(n=60)
    view = dataclasses.replace(view, rows=view.rows.with_columns(tss_distance=pl.lit(None, pl.Int64)))
    assert [subject.withheld for subject in ByDistance().subjects(view)] == [NO_DISTANCE]
    assert ByDistance().subjects(dataclasses.replace(view, quantity="activity")) == []
