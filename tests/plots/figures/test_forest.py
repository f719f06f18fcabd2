"""Estimates side by side."""

import dataclasses
import math

import pytest

from refalt.plots.figures import forest
from refalt.plots.figures.forest import Forest


def spearman(view):
    return [subject.suffix for subject in Forest().subjects(view)].index("spearman_rho-effect")


def test_draw__draws_a_line_and_a_point_for_each_score_and_stratum(toy_view, draw_one):
    view = toy_view("all", n=300)
    sheet, points = draw_one(Forest(), view, spearman(view))
    assert points.height == 8
    lines = sheet.figure.axes[0].lines
    assert [line.get_xdata()[0] for line in lines[1:16:2]] == pytest.approx(points.get_column("value").to_list())


def test_draw__writes_rows_and_clusters_beside_each_line(toy_view, draw_one):
    view = toy_view("all", n=300)
    sheet, _ = draw_one(Forest(), view, spearman(view))
    texts = [text.get_text() for text in sheet.figure.axes[0].texts]
    assert texts.count("300") == 2
    assert texts.count("100") == 2


def test_draw__lists_a_withheld_estimate_with_its_reason_and_no_point(toy_view, draw_one):
    view = toy_view("all", n=300, withhold={"spearman_rho": "EF005"})
    sheet, points = draw_one(Forest(), view, spearman(view))
    assert [text.get_text() for text in sheet.figure.axes[0].texts].count("EF005") == 8
    assert len(sheet.figure.axes[0].lines) == 0
    assert all(math.isnan(value) for value in points.get_column("value"))


def test_subjects__give_the_strata_their_own_figure_when_there_are_many(toy_view, monkeypatch):
    monkeypatch.setattr(forest, "MOST_TOGETHER", 4)
    names = [subject.suffix for subject in Forest().subjects(toy_view("all", n=300))]
    assert "spearman_rho-effect" in names
    assert "spearman_rho-effect-chrom" in names


def test_subjects__say_when_lines_are_left_to_the_table(toy_view, monkeypatch):
    monkeypatch.setattr(forest, "MOST_ROWS", 3)
    view = toy_view("all", n=300)
    subject = Forest().subjects(view)[spearman(view)]
    assert len(subject.readings) == 3
    assert "the first 3 of 8" in subject.lines[-1]


def test_draw__marks_a_point_without_an_interval_by_an_open_symbol(toy_view, draw_one):
    view = toy_view("all", n=300)
    readings = tuple(dataclasses.replace(reading, lower=math.nan, upper=math.nan) for reading in view.readings)
    view = dataclasses.replace(view, readings=readings)
    sheet, _ = draw_one(Forest(), view, spearman(view))
    assert sheet.figure.axes[0].lines[1].get_markerfacecolor() == "white"


@pytest.mark.parametrize(
    ("score", "stratum", "name"),
    [
        ("good", "all", "good"),
        ("ag-dnase-centre-501-mean-of-tracks", "all", "ag-dnase-centre-501-mean-of-t…"),
        ("good", "effect_size=between_one_and_two", "good · effect_size=between_on…"),
        ("a-score-with-a-long-name", "a_stratum_with_a_long_name=1", "a-score-with-… · a_stratum_wi…"),
    ],
)
def test_name__keeps_as_much_of_both_parts_as_fits(toy_view, score, stratum, name):
    reading = dataclasses.replace(toy_view(n=30).readings[0], score_name=score, stratum=stratum)
    assert forest._name(reading, several=True) == name
    assert len(name) <= forest.LONGEST_NAME
