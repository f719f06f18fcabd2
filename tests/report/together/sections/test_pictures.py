"""Figures of several runs."""

from refalt.report.together import read_together
from refalt.report.together.sections import pictures


def test_build__puts_every_figure_into_the_page(several):
    shown = pictures.build(read_together(several)).content["groups"][0]["figures"]
    assert [one["figure"].name for one in shown] == ["score_bars-spearman_rho-effect", "side_by_side"]
    assert all(one["kind"] == "svg" for one in shown)


def test_build__is_left_out_where_nothing_was_drawn(together):
    assert pictures.build(together()) is None
