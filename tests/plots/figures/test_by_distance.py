"""Effect by distance."""

import dataclasses

import polars as pl
import pytest

from refalt.plots.figures.by_distance import ByDistance


def test_draw__gives_groups_of_equal_size_in_order_of_distance(toy_view, draw_one):
    _, points = draw_one(ByDistance(), toy_view(n=600))
    assert points.get_column("n").to_list() == [50] * 12
    assert points.get_column("place").is_sorted()


def test_draw__averages_absolute_effects(toy_view, draw_one):
    view = toy_view(n=600)
    _, points = draw_one(ByDistance(), view)
    assert points.get_column("mean").mean() == pytest.approx(view.rows.get_column("effect").abs().mean())


def test_subjects__are_none_where_no_row_states_a_distance(toy_view):
    view = toy_view(n=60)
    rows = view.rows.with_columns(tss_distance=pl.lit(None, pl.Int64))
    assert ByDistance().subjects(dataclasses.replace(view, rows=rows)) == []
