"""How far the asking has come: rate and time left, and nothing before the first answer."""

from __future__ import annotations

import math

import pytest

from refalt.scoring.tally import Tally, silent


def test_tally__has_no_rate_before_the_first_answer() -> None:
    before = Tally(10, 0, elapsed_s=3.0)
    assert math.isnan(before.rate)
    assert math.isnan(before.left_s)


def test_tally__counts_failures_as_done() -> None:
    tally = Tally(100, 20, answered=40, failed=10, elapsed_s=8.0)
    assert tally.rate == pytest.approx(5.0)
    assert tally.left_s == pytest.approx(10.0)


def test_silent__says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    silent(Tally(1, 0))
    assert capsys.readouterr() == ("", "")
