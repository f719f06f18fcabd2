"""Scores of raising and lowering variants."""

import polars as pl

from refalt.plots.figures.sign_agreement import SignAgreement


def test_draw__counts_every_row_with_a_sign_once(toy_view, draw_one):
    view = toy_view(n=300)
    _, points = draw_one(SignAgreement(), view)
    effect = view.rows.get_column("effect")
    assert points.get_column("effect_positive").sum() == (effect > 0).sum()
    assert points.get_column("effect_negative").sum() == (effect < 0).sum()


def test_draw__puts_each_row_into_the_bin_of_its_score(toy_view, draw_one):
    view = toy_view(n=300)
    _, points = draw_one(SignAgreement(), view)
    one = points.filter(pl.col("effect_positive") > 0).row(0, named=True)
    in_bin = pl.col("score").is_between(one["score_from"], one["score_to"], closed="left")
    inside = view.rows.filter(in_bin, pl.col("effect") > 0)
    assert inside.height == one["effect_positive"]


def test_subjects__state_what_the_margins_alone_would_give(toy_view):
    view = toy_view(n=300)
    (subject,) = SignAgreement().subjects(view)
    assert subject.lines[-1] == f"expected from the sign margins alone: {view.shown('sign_concordance')[0].chance:.3f}"
