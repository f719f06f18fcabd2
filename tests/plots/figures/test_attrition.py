"""Rows in, lost and kept."""

import dataclasses

import polars as pl

from refalt.plots.figures.attrition import AttritionFlow


def test_draw__adds_up_in_every_stage(toy_view, draw_one):
    _, points = draw_one(AttritionFlow(), toy_view("all", n=300))
    for _, stage in points.group_by(["stage", "score_name"]):
        rows = dict(zip(stage.get_column("name"), stage.get_column("n_rows"), strict=True))
        came_in = rows.pop("in")
        assert came_in == sum(rows.values())


def test_draw__takes_each_reason_off_what_is_left(toy_view, draw_one):
    _, points = draw_one(AttritionFlow(), toy_view("all", n=300))
    first = points.filter(pl.col("stage") == "measurements").rows(named=True)
    assert [(row["name"], row["start"], row["to"]) for row in first] == [
        ("in", 0, 355), ("duplicate_row", 315, 355), ("unparsable", 303, 315), ("kept", 0, 303),
    ]  # fmt: skip


def test_subjects__are_none_when_nothing_was_counted(toy_view):
    view = toy_view("all", n=30)
    assert AttritionFlow().subjects(dataclasses.replace(view, attrition=view.attrition.clear())) == []
