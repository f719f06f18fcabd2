"""Readings in words, and rows that can be drawn."""

import dataclasses
import math

import polars as pl

from refalt.plots.base import Reading


def reading(**changes):
    names = ("good", "effect", "spearman_rho", "all")
    whole = Reading(*names, 0.7, 0.6, 0.8, 0.95, 0.0, math.nan, 1200, 1100, 300, 0, None)
    return dataclasses.replace(whole, **changes)


def test_lines__bear_estimate_interval_and_counts():
    assert reading().lines == (
        "Spearman ρ 0.700 (95% interval 0.600 to 0.800)",
        "n 1,200 rows, 1,100 variants, 300 clusters",
    )


def test_lines__tell_missing_rows():
    assert reading(n_missing=4).lines[1].endswith("4 missing")


def test_lines__bear_no_number_when_withheld():
    lines = reading(value=math.nan, reason="withheld by EF005").lines
    assert lines[0] == "Spearman ρ: not shown"
    assert "0.6" not in " ".join(lines)


def test_interval__says_why_it_is_missing():
    text = reading(lower=math.nan, upper=math.nan, reason="4 clusters, 10 are needed").interval
    assert text == "no interval: 4 clusters, 10 are needed"


def test_withheld__has_words_even_without_a_reason():
    assert reading(value=math.nan).withheld == "there was nothing to measure"
    assert reading().withheld is None


def test_measured__leaves_out_rows_without_a_finite_value(toy_view):
    view = toy_view(n=30)
    odd = view.rows.with_columns(
        effect=pl.when(pl.col("source_row") == 1).then(None).when(pl.col("source_row") == 2).then(math.nan)
        .when(pl.col("source_row") == 3).then(math.inf).otherwise("effect")
    )  # fmt: skip
    assert dataclasses.replace(view, rows=odd).measured("score", "effect").height == 27


def test_shown__gives_the_whole_data_only(toy_view):
    found = toy_view().shown("spearman_rho")
    assert [one.stratum for one in found] == ["all"]
    assert [one.label_name for one in toy_view().shown("auroc")] == ["given", "direction"]
    assert [one.label_name for one in toy_view().shown("auroc", label="given")] == ["given"]
