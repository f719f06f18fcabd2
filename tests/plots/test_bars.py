"""Estimates as bars."""

import dataclasses
import math

import pytest

from refalt.plots import bars, theme


@pytest.fixture
def axes():
    with theme.applied():
        yield theme.sheet("t", [], height=2).axes()


def test_draw_bars__reach_from_chance_to_the_estimate(toy_view, axes):
    auroc = toy_view(n=90).shown("auroc")
    bars.draw_bars(axes, auroc, ["a", "b"])
    for bar, reading in zip(axes.patches, auroc, strict=True):
        assert bar.get_x() == pytest.approx(0.5)
        assert bar.get_x() + bar.get_width() == pytest.approx(reading.value)


def test_draw_bars__write_rows_and_clusters_of_each(toy_view, axes):
    bars.draw_bars(axes, toy_view(n=90).shown("auroc"), ["a", "b"])
    texts = [text.get_text() for text in axes.texts]
    assert (texts.count("90"), texts.count("30")) == (2, 2)


def test_draw_bars__put_the_reason_in_place_of_a_withheld_bar(toy_view, axes):
    readings = toy_view(n=90, withhold={"auroc": "EF005"}).shown("auroc")
    bars.draw_bars(axes, readings, ["a", "b"])
    assert list(axes.patches) == []
    assert [text.get_text() for text in axes.texts].count("EF005") == 2


def test_draw_bars__hatch_a_bar_without_an_interval(toy_view, axes):
    first, second = toy_view(n=90).shown("auroc")
    bars.draw_bars(axes, [first, dataclasses.replace(second, lower=math.nan, upper=math.nan)], ["a", "b"])
    assert [bar.get_hatch() for bar in axes.patches] == [None, "////"]


def test_bar_table__holds_what_is_drawn(toy_view):
    readings = toy_view(n=90).shown("auroc")
    table = bars.bar_table(readings)
    assert table.get_column("value").to_list() == [reading.value for reading in readings]


def test_interval_words__say_what_is_missing(toy_view):
    reading = dataclasses.replace(toy_view(n=90).shown("auroc")[0], value=0.5, lower=0.4, upper=0.6)
    assert bars.interval_words(reading) == "0.500 (0.400 to 0.600)"
    assert bars.interval_words(dataclasses.replace(reading, lower=math.nan)) == "0.500, no interval"
    assert bars.interval_words(dataclasses.replace(reading, value=math.nan)) == "not shown"
