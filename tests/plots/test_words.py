"""How names and numbers are written."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refalt.evaluation.labels import QUESTIONS
from refalt.plots.words import LABEL_WORDS, METRIC_SYMBOLS, METRIC_WORDS, metric_words, stratum_column, written
from refalt.stats.metric import METRICS


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (0.72814, "estimate", "0.728"),
        (-0.05, "estimate", "−0.050"),
        (0.000759, "estimate", "0.0008"),
        (0.0000321, "estimate", "3.21e-05"),
        (1234.5, "estimate", "1.23e+03"),
        (0, "estimate", "0"),
        (1234567, "count", "1,234,567"),
        (3.21e-9, "p", "3.2e-09"),
        (0.95, "share", "95%"),
        (0.999, "share", "99.9%"),
        (1.0, "share", "100%"),
        ("<b>", "estimate", "<b>"),
        (12, "plain", "12"),
    ],
)
def test_written__gives_the_text_a_reader_expects(value, form, text):
    assert written(value, form) == text


@pytest.mark.parametrize("missing", [None, math.nan, math.inf])
@pytest.mark.parametrize("form", ["estimate", "count", "p", "share", "text"])
def test_written__shows_a_missing_value_as_a_dash_and_never_as_a_number(missing, form):
    assert written(missing, form) == "–"


@given(st.floats(-99, 99).filter(lambda value: abs(value) >= 0.001))
def test_written__is_within_half_of_the_last_digit(value):
    assert abs(float(written(value, "estimate").replace("−", "-")) - value) <= 0.0005 + 1e-12


def test_metric_words__cover_every_registered_metric():
    assert set(METRICS) <= set(METRIC_WORDS)
    assert set(METRICS) <= set(METRIC_SYMBOLS)


def test_metric_words__leaves_an_unknown_metric_its_name():
    assert metric_words("top_decile_share") == "top decile share"


def test_label_words__cover_every_question():
    assert {question.name for question in QUESTIONS} <= set(LABEL_WORDS)


@pytest.mark.parametrize(
    ("stratum", "column"), [("all", "all"), ("chrom=chr1", "chrom"), ("a=b=c", "a"), ("mean over element", "element")]
)
def test_stratum_column__is_what_a_stratum_divides(stratum, column):
    assert stratum_column(stratum) == column
