"""One metric over runs."""

import dataclasses

from refalt.plots.across.score_bars import ScoreBars


def test_subjects__give_a_figure_a_question(toy_view):
    view = toy_view("all", n=60)
    view = dataclasses.replace(view, readings=(*view.shown("spearman_rho"), *view.shown("auroc", label="given")))
    found = ScoreBars().subjects(view)
    assert [subject.suffix for subject in found] == ["auroc-given", "spearman_rho-effect"]
    assert [len(subject.readings) for subject in found] == [2, 2]


def test_draw__draws_a_bar_a_run(toy_view, draw_one):
    view = toy_view("all", n=60)
    view = dataclasses.replace(view, readings=tuple(view.shown("spearman_rho")))
    sheet, points = draw_one(ScoreBars(), view)
    assert len(sheet.figure.axes[0].patches) == 2
    assert points.get_column("score_name").to_list() == ["good", "poor"]
