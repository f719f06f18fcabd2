"""The estimate among shuffled controls."""

import dataclasses

import numpy as np

from refalt.plots.figures.null import Null

KEY = ("good", "spearman_rho", "effect")


def test_draw__counts_every_shuffle(toy_view, draw_one):
    values = np.linspace(-0.2, 0.2, 500)
    view = dataclasses.replace(toy_view(n=60), nulls={KEY: values})
    sheet, points = draw_one(Null(), view)
    assert points.get_column("shuffles").sum() == 500
    assert sheet.figure.axes[0].lines[1].get_xdata()[0] == view.shown("spearman_rho")[0].value


def test_subjects__belong_to_the_score_that_was_shuffled(toy_view):
    nulls = {KEY: np.zeros(5)}
    assert len(Null().subjects(dataclasses.replace(toy_view(n=60), nulls=nulls))) == 1
    assert Null().subjects(dataclasses.replace(toy_view("poor", n=60), nulls=nulls)) == []
