"""Cells: escaped, addressed, and a dash where there is nothing."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refalt.report.numbers import Row, cell, row_key


def test_cell__names_its_cell_and_keeps_the_whole_number():
    text = cell("estimates", "recorded|good", "value", 0.72814)
    assert text == ('<span class="number" data-cell="estimates:recorded|good:value" data-value="0.72814">0.728</span>')


@pytest.mark.parametrize("missing", [None, math.nan])
def test_cell__shows_a_dash_and_no_value_where_there_is_none(missing):
    assert cell("estimates", "k", "value", missing) == '<span data-cell="estimates:k:value">–</span>'


def test_cell__escapes_text_and_address():
    text = cell("findings", '"><b>', "message", "<script>")
    assert "<script>" not in text
    assert "<b>" not in text


def test_cell__writes_a_column_in_its_own_way():
    assert ">1,234<" in cell("estimates", "k", "n", 1234)
    assert ">95%<" in cell("estimates", "k", "level", 0.95)


@given(st.lists(st.text(), min_size=1, max_size=4), st.lists(st.text(), min_size=1, max_size=4))
def test_row_key__tells_rows_apart(one, other):
    assert (row_key(*one) == row_key(*other)) == (one == other)


def test_row__knows_what_is_missing():
    row = Row("estimates", "k", {"value": math.nan, "lower": None, "reason": "", "n": 0})
    assert [row.has(name) for name in ("value", "lower", "reason", "n")] == [False, False, False, True]
