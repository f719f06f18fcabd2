"""What a line leaves unexplained."""

import dataclasses

import polars as pl
import pytest
from scipy import stats

from refalt.plots.figures.residuals import Residuals


def test_draw__draws_the_residuals_of_the_least_squares_line(toy_view, draw_one):
    view = toy_view(n=200)
    _, points = draw_one(Residuals(), view)
    score, effect = view.rows.get_column("score").to_numpy(), view.rows.get_column("effect").to_numpy()
    line = stats.linregress(score, effect)
    assert points.get_column("residual").to_numpy() == pytest.approx(effect - line.intercept - line.slope * score)


def test_subjects__are_withheld_with_the_correlation(toy_view):
    subject = Residuals().subjects(toy_view(n=50, withhold={"pearson_r": "EF005"}))[0]
    assert subject.withheld == "EF005"


def test_subjects__are_none_for_a_constant_score(toy_view):
    view = toy_view(n=50)
    assert Residuals().subjects(dataclasses.replace(view, rows=view.rows.with_columns(score=pl.lit(1.0)))) == []
