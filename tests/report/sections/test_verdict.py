"""How the interval lies to chance."""

import dataclasses
import math

import polars as pl
import pytest

from refalt.report.evidence import read_evidence
from refalt.report.page_text import environment
from refalt.report.sections import verdict
from refalt.report.sections.verdict import _chance
from refalt.tables import Estimates


@pytest.mark.parametrize(
    ("chance", "lower", "upper", "word"),
    [(0.5, 0.6, 0.7, "above"), (0.5, 0.2, 0.4, "below"), (0.5, 0.4, 0.6, "includes"), (0.5, 0.5, 0.6, "includes"),
     (math.nan, 0.1, 0.2, None), (None, 0.1, 0.2, None), (0.5, math.nan, None, "unknown")],
)  # fmt: skip
def test_chance__says_on_which_side_the_interval_lies(chance, lower, upper, word):
    assert _chance({"chance": chance, "lower": lower, "upper": upper}) == word


def test_build__an_oracle_without_noise_is_no_ceiling(shared_run):
    evidence = read_evidence(shared_run)
    rows = evidence.estimates.frame
    bare = [
        pl.when(pl.col("score_name") == "oracle").then(math.nan).otherwise(name).alias(name)
        for name in ("lower", "upper")
    ]
    words = []
    for estimates in (evidence.estimates, Estimates(rows.with_columns(bare))):
        section = verdict.build(dataclasses.replace(evidence, estimates=estimates))
        words.append(environment().get_template("sections/verdict.html").render(section=section))
    known, unknown = words
    assert "no ceiling is known" not in known
    assert "; no ceiling is known, for nothing says how noisy the measurement is; the floor" in unknown
    assert ">ceiling<" not in unknown
