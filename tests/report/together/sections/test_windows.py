"""The verdict about windows."""

import pytest
from tests.report.together.conftest import difference_table, sweep_table

from refalt.report.page_text import environment
from refalt.report.together.sections import windows
from refalt.report.together.sweep import Scaling
from refalt.tables import Comparisons


def text(section):
    return " ".join(environment().get_template(section.template).render(section=section).split())


def swept(together, **changes):
    choices = {"sweep": sweep_table(128, 512), "swept": "motif", "scaling": Scaling(-0.98, -1.1, -0.9, 0.95, 20)}
    return windows.build(together(**choices | changes))


def test_build__is_left_out_where_nothing_was_swept(together):
    assert windows.build(together()) is None


def test_build__says_that_windows_differ_by_the_paired_test(together):
    assert "The window of" in text(swept(together))
    assert "matters:" in text(swept(together))


def test_build__does_not_say_so_for_a_large_difference_that_was_not_told(together):
    table = difference_table({"q_value": 0.2})
    said = text(swept(together, comparisons=table))
    assert "matters:" not in said
    assert "No effect of the window" in said


def test_build__gives_the_reason_where_the_differences_are_withheld(together):
    withheld = {"difference": None, "lower": None, "upper": None, "p_value": None, "q_value": None, "reason": "EF005"}
    assert "EF005" in text(swept(together, comparisons=difference_table(withheld)))
    assert "is not shown" in text(swept(together, comparisons=Comparisons.empty()))


@pytest.mark.parametrize(
    ("lower", "upper", "word"),
    [
        (-1.1, -0.9, "dilution"),
        (-0.1, 0.1, "none"),
        (-0.8, -0.6, "neither"),
        (-1.2, 0.3, "both"),
        (None, None, "unknown"),
    ],
)
def test_scales_as__reads_the_interval_of_the_slope(lower, upper, word):
    assert windows.scales_as(Scaling(-0.5, lower, upper, 0.95, 20)) == word
