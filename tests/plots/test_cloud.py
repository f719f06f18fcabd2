"""Rows as points or as a density."""

import numpy as np
import polars as pl
import pytest

from refalt.plots import cloud, theme


@pytest.fixture
def axes():
    with theme.applied():
        yield theme.sheet("t", [], height=2).axes()


def rows(n):
    rng = np.random.default_rng(3)
    return pl.DataFrame({"source_row": np.arange(n), "score": rng.normal(size=n), "effect": rng.normal(size=n)})


def test_draw_cloud__draws_and_returns_every_row_up_to_the_limit(axes):
    table = rows(50)
    drawn = cloud.draw_cloud(axes, table, "score", "effect")
    assert drawn.equals(table)
    assert np.asarray(axes.collections[0].get_offsets()) == pytest.approx(table.select("score", "effect").to_numpy())


def test_draw_cloud__counts_every_row_in_the_hexagons_above_it(axes, monkeypatch):
    monkeypatch.setattr(cloud, "MOST_POINTS", 100)
    drawn = cloud.draw_cloud(axes, rows(400), "score", "effect")
    assert drawn.columns == ["score", "effect", "rows"]
    assert drawn.get_column("rows").sum() == 400
    assert len(axes.figure.axes) == 2


def test_draw_cloud__leaves_the_colour_bar_out_of_a_small_panel(axes, monkeypatch):
    monkeypatch.setattr(cloud, "MOST_POINTS", 100)
    cloud.draw_cloud(axes, rows(400), "score", "effect", small=True)
    assert len(axes.figure.axes) == 1


def test_zero_lines__lie_at_zero(axes):
    cloud.zero_lines(axes)
    assert axes.lines[0].get_ydata()[0] == axes.lines[1].get_xdata()[0] == 0
