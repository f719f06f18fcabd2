"""Scores against each other."""

import dataclasses

import polars as pl
import pytest
from scipy import stats

from refalt.plots.figures.correlation_heatmap import CorrelationHeatmap


def test_draw__correlates_scores_on_the_rows_that_have_both(toy_view, draw_one):
    view = toy_view("all", n=90)
    kept = (pl.col("score_name") == "good") | (pl.col("source_row") > 30)
    view = dataclasses.replace(view, rows=view.rows.filter(kept))
    _, points = draw_one(CorrelationHeatmap(), view)
    good, poor = (view.rows.filter(score_name=name).sort("source_row") for name in ("good", "poor"))
    both = good.filter(pl.col("source_row") > 30)
    expected = stats.spearmanr(both.get_column("score"), poor.get_column("score")).statistic
    row = points.row(0, named=True)
    assert row["value"] == pytest.approx(expected)
    assert (row["n"], row["n_clusters"]) == (60, 20)
    assert row["lower"] < row["value"] < row["upper"]


def test_draw__writes_value_interval_and_rows_in_the_square(toy_view, draw_one):
    sheet, points = draw_one(CorrelationHeatmap(), toy_view("all", n=90))
    texts = [text.get_text() for text in sheet.figure.axes[0].texts]
    assert len(texts) == 2
    assert f"{points.item(0, 'value'):.3f}" in texts[0]
    assert texts[0].endswith("n 90")


def test_subjects__are_none_for_a_single_score(toy_view):
    view = toy_view("all", n=90)
    one = dataclasses.replace(view, rows=view.rows.filter(score_name="good"))
    assert CorrelationHeatmap().subjects(one) == []
