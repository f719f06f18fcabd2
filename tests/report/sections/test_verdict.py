"""How the interval lies to chance."""

import math

import pytest

from refalt.report.sections.verdict import _chance


@pytest.mark.parametrize(
    ("chance", "lower", "upper", "word"),
    [(0.5, 0.6, 0.7, "above"), (0.5, 0.2, 0.4, "below"), (0.5, 0.4, 0.6, "includes"), (0.5, 0.5, 0.6, "includes"),
     (math.nan, 0.1, 0.2, None), (None, 0.1, 0.2, None), (0.5, math.nan, None, "unknown")],
)  # fmt: skip
def test_chance__says_on_which_side_the_interval_lies(chance, lower, upper, word):
    assert _chance({"chance": chance, "lower": lower, "upper": upper}) == word
