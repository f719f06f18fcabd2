"""The strongest predictions."""

import dataclasses

import polars as pl

from refalt.plots.figures.top_variants import MOST_BARS, TopVariants


def test_draw__takes_the_rows_with_the_largest_absolute_score(toy_view, draw_one):
    view = toy_view(n=200)
    sheet, points = draw_one(TopVariants(), view)
    expected = view.rows.sort(pl.col("score").abs(), descending=True).head(MOST_BARS)
    assert points.get_column("source_row").to_list() == expected.get_column("source_row").to_list()
    left, right = sheet.figure.axes
    assert [bar.get_width() for bar in left.patches] == points.get_column("score").to_list()
    assert [bar.get_width() for bar in right.patches] == points.get_column("effect").to_list()


def test_draw__leaves_out_rows_without_a_measurement(toy_view, draw_one):
    view = toy_view(n=60)
    unmeasured = pl.when(pl.col("source_row") % 2 == 0).then("effect")
    _, points = draw_one(TopVariants(), dataclasses.replace(view, rows=view.rows.with_columns(effect=unmeasured)))
    assert all(row % 2 == 0 for row in points.get_column("source_row"))


def test_subjects__are_withheld_where_signs_are(toy_view):
    assert TopVariants().subjects(toy_view(n=50, withhold={"spearman_rho": "EF005"}))[0].withheld == "EF005"


def test_subjects__say_of_how_many_rows(toy_view):
    assert "the 15 of 50 measured rows" in TopVariants().subjects(toy_view(n=50))[0].lines[-1]
