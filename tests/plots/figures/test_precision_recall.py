"""Precision and recall, never without the prevalence."""

import numpy as np
import pytest

from refalt.plots.figures.precision_recall import PrecisionRecall


def test_draw__draws_steps_whose_area_is_the_estimate(toy_view, draw_one):
    view = toy_view(n=200)
    _, points = draw_one(PrecisionRecall(), view)
    recall, precision = points.get_column("recall").to_numpy(), points.get_column("precision").to_numpy()
    area = float(np.sum(np.diff(recall) * precision[1:]))
    assert area == pytest.approx(view.shown("auprc")[0].value, abs=1e-9)


def test_draw__puts_the_line_at_the_prevalence_and_names_it(toy_view, draw_one):
    view = toy_view(n=200)
    sheet, _ = draw_one(PrecisionRecall(), view)
    axes = sheet.figure.axes[0]
    prevalence = view.shown("auprc")[0].prevalence
    assert axes.lines[0].get_ydata() == pytest.approx([prevalence] * 2)
    assert any(text.get_text() == f"prevalence {prevalence:.3f}" for text in axes.texts)


def test_subjects__state_the_prevalence_beside_the_area(toy_view):
    (subject,) = PrecisionRecall().subjects(toy_view(n=200))
    assert any(line.startswith("prevalence 0.") for line in subject.lines)


def test_subjects__state_nothing_but_counts_when_withheld(toy_view):
    (subject,) = PrecisionRecall().subjects(toy_view(n=60, withhold={"auprc": "no positives"}))
    assert subject.withheld == "no positives"
    assert not any("0." in line for line in subject.lines)
