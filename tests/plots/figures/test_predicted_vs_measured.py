"""Scores against effects."""

import dataclasses
import math

import numpy as np
import polars as pl
import pytest
from scipy import stats

from refalt.plots import cloud
from refalt.plots.figures.predicted_vs_measured import PredictedVsMeasured


def test_draw__draws_the_rows_it_lists(toy_view, draw_one):
    view = toy_view(n=200)
    sheet, points = draw_one(PredictedVsMeasured(), view)
    offsets = sheet.figure.axes[0].collections[0].get_offsets()
    assert np.asarray(offsets) == pytest.approx(points.select("score", "effect").to_numpy())
    assert points.get_column("source_row").to_list() == view.rows.get_column("source_row").to_list()


def test_draw__fits_the_least_squares_line(toy_view, draw_one):
    view = toy_view(n=200)
    sheet, points = draw_one(PredictedVsMeasured(), view)
    x, y = sheet.figure.axes[0].lines[2].get_data()
    expected = stats.linregress(points.get_column("score"), points.get_column("effect"))
    assert (y[-1] - y[0]) / (x[-1] - x[0]) == pytest.approx(expected.slope)


def test_draw__draws_a_density_of_all_rows_above_the_limit(toy_view, draw_one, monkeypatch):
    monkeypatch.setattr(cloud, "MOST_POINTS", 100)
    _, points = draw_one(PredictedVsMeasured(), toy_view(n=200))
    assert points.columns == ["score", "effect", "rows"]
    assert points.get_column("rows").sum() == 200


def test_draw__draws_a_constant_score_without_a_line(toy_view, draw_one):
    view = toy_view(n=50)
    view = dataclasses.replace(view, rows=view.rows.with_columns(score=pl.lit(1.0)))
    sheet, _ = draw_one(PredictedVsMeasured(), view)
    assert len(sheet.figure.axes[0].lines) == 2


def test_subjects__add_magnitudes_where_signs_are_withheld(toy_view, draw_one):
    view = toy_view(n=50, withhold={"spearman_rho": "the score has no sign"})
    magnitude = dataclasses.replace(view.shown("auroc")[0], metric="spearman_rho", label_name="magnitude", value=0.4)
    view = dataclasses.replace(view, readings=(*view.readings, magnitude))
    signed, unsigned = PredictedVsMeasured().subjects(view)
    assert signed.withheld == "the score has no sign"
    assert unsigned.suffix == "magnitude"
    _, points = draw_one(PredictedVsMeasured(), view, 1)
    assert points.get_column("effect").min() >= 0


def test_subjects__are_none_without_a_correlation(toy_view):
    view = toy_view(n=50)
    labels_only = tuple(reading for reading in view.readings if reading.metric == "auroc")
    assert PredictedVsMeasured().subjects(dataclasses.replace(view, readings=labels_only)) == []


def test_subjects__do_not_print_a_withheld_pearson(toy_view):
    view = toy_view(n=50, withhold={"pearson_r": "withheld by MD003: the score is bounded"})
    (subject,) = PredictedVsMeasured().subjects(view)
    assert not any("Pearson" in line for line in subject.lines)
    assert math.isfinite(subject.reading.value)
