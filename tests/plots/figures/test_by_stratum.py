"""One metric over the strata of a column."""

import dataclasses
import math

from refalt.plots.figures import by_stratum
from refalt.plots.figures.by_stratum import ByStratum


def test_draw__draws_one_bar_a_stratum_in_the_order_of_the_table(toy_view, draw_one):
    view = toy_view(n=300)
    sheet, points = draw_one(ByStratum(), view)
    assert points.get_column("stratum").to_list() == ["chrom=chr1", "chrom=chr2", "chrom=chr3"]
    assert len(sheet.figure.axes[0].patches) == 3


def test_subjects__take_the_first_question_that_has_a_number(toy_view):
    view = toy_view(n=300, withhold={"spearman_rho": "EF005"})
    auroc = dataclasses.replace(view.shown("auroc")[0], stratum="chrom=chr1")
    subject = ByStratum().subjects(dataclasses.replace(view, readings=(*view.readings, auroc)))[0]
    assert subject.reading.metric == "auroc"
    assert subject.withheld is None


def test_subjects__are_withheld_where_every_stratum_is(toy_view):
    assert ByStratum().subjects(toy_view(n=300, withhold={"spearman_rho": "EF005"}))[0].withheld == "EF005"


def test_subjects__say_when_bars_are_left_to_the_table(toy_view, monkeypatch):
    monkeypatch.setattr(by_stratum, "MOST_BARS", 2)
    subject = ByStratum().subjects(toy_view(n=300))[0]
    assert len(subject.readings) == 2
    assert "the first 2 of 3" in subject.lines[-1]


def test_subjects__are_none_without_strata(toy_view):
    view = toy_view(n=60)
    means = dataclasses.replace(view.readings[0], stratum="mean over chrom", value=math.nan)
    assert ByStratum().subjects(dataclasses.replace(view, readings=(*view.shown("auroc"), means))) == []
