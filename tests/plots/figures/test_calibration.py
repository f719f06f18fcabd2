"""Mean effect by tenth of the score."""

import dataclasses

import pytest

from refalt.plots.figures.calibration import Calibration


def test_draw__draws_a_mean_and_interval_for_each_tenth(toy_view, draw_one):
    view = toy_view(n=300)
    sheet, points = draw_one(Calibration(), view)
    assert points.get_column("n").to_list() == [30] * 10
    assert points.get_column("mean").mean() == pytest.approx(view.rows.get_column("effect").mean())
    assert (points.get_column("lower") < points.get_column("mean")).all()
    drawn = sheet.figure.axes[0].lines[2].get_ydata()
    assert drawn == pytest.approx(points.get_column("mean").to_numpy())


def test_draw__gives_the_line_the_estimated_slope(toy_view, draw_one):
    view = toy_view(n=300)
    sheet, _ = draw_one(Calibration(), view)
    x, y = sheet.figure.axes[0].lines[1].get_data()
    assert (y[-1] - y[0]) / (x[-1] - x[0]) == pytest.approx(view.shown("calibration_slope")[0].value)


def test_draw__has_no_line_where_the_slope_was_not_estimated(toy_view, draw_one):
    view = toy_view(n=300)
    readings = tuple(reading for reading in view.readings if reading.metric != "calibration_slope")
    view = dataclasses.replace(view, readings=readings)
    sheet, _ = draw_one(Calibration(), view)
    labels = [line.get_label() for line in sheet.figure.axes[0].lines]
    assert not any(str(label).startswith("slope") for label in labels)
    assert Calibration().subjects(view)[0].reading.metric == "spearman_rho"
