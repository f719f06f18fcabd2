"""The ROC curve, against its own estimate."""

import dataclasses

import pytest
from sklearn.metrics import auc

from refalt.plots.figures.roc import Roc


@pytest.mark.parametrize("place", [0, 1])
def test_draw__draws_a_curve_whose_area_is_the_estimate(toy_view, draw_one, place):
    view = toy_view(n=200)
    subject = Roc().subjects(view)[place]
    _, points = draw_one(Roc(), view, place)
    area = auc(points.get_column("false_positive_rate"), points.get_column("true_positive_rate"))
    assert area == pytest.approx(subject.reading.value, abs=1e-9)


def test_draw__keeps_the_area_when_it_thins_a_long_curve(toy_view, draw_one):
    view = toy_view(n=6000)
    _, points = draw_one(Roc(), view)
    assert points.height < 700
    area = auc(points.get_column("false_positive_rate"), points.get_column("true_positive_rate"))
    assert area == pytest.approx(view.shown("auroc")[0].value, abs=2e-3)


def test_subjects__withhold_a_curve_that_is_not_the_estimates(toy_view):
    view = toy_view(n=100)
    moved = tuple(dataclasses.replace(reading, value=0.123) for reading in view.readings)
    subjects = Roc().subjects(dataclasses.replace(view, readings=moved))
    assert all("No curve of these rows" in subject.withheld for subject in subjects)


def test_subjects__carry_the_label_in_their_name(toy_view):
    assert [subject.suffix for subject in Roc().subjects(toy_view(n=60))] == ["given", "direction"]
