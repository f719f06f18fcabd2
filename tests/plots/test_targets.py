"""A curve is drawn only when it is the curve of its estimate."""

import dataclasses

import numpy as np
import polars as pl
import pytest

from refalt.plots.targets import labelled
from refalt.stats.classification import auroc


def test_labelled__takes_the_magnitude_for_given_labels_and_the_sign_for_direction(toy_view):
    view = toy_view()
    given, direction = view.shown("auroc")
    assert labelled(view, given, auroc).read_as == "|score|"
    assert labelled(view, direction, auroc).read_as == "score"


def test_labelled__is_none_when_the_area_is_not_the_estimate(toy_view):
    view = toy_view()
    given = view.shown("auroc")[0]
    assert labelled(view, dataclasses.replace(given, value=given.value + 0.001), auroc) is None


def test_labelled__is_none_for_a_label_it_does_not_know(toy_view):
    view = toy_view()
    assert labelled(view, dataclasses.replace(view.shown("auroc")[0], label_name="enhancers"), auroc) is None


@pytest.mark.parametrize(("label_name", "made_of"), [("magnitude_median", np.abs), ("activity_median", np.asarray)])
def test_labelled__recovers_a_median_taken_over_rows_that_have_no_score(toy_view, label_name, made_of):
    view = toy_view(n=200)
    halved = made_of(view.rows.get_column("effect").to_numpy())
    label = halved > np.median(halved)
    scored = label | (np.arange(200) % 5 != 0)
    kept = view.rows.filter(pl.Series(scored))
    score = made_of(kept.get_column("score").to_numpy())
    value = auroc(label[scored].astype(float), score).value
    reading = dataclasses.replace(
        view.shown("auroc")[0], label_name=label_name, value=value, prevalence=float(label[scored].mean())
    )
    found = labelled(dataclasses.replace(view, rows=kept), reading, auroc)
    assert found.label.tolist() == label[scored].astype(float).tolist()
    assert found.score == pytest.approx(score)
