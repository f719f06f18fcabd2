from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refalt.scoring.aggregate import over_answers, over_tracks
from refalt.studies.study import ScoreSection

TRACKS = st.lists(st.lists(st.floats(-9, 9), min_size=1, max_size=6), min_size=1, max_size=5)


def score(**keys: Any) -> ScoreSection:
    return ScoreSection.model_validate({"name": "s", "model": "m"} | keys)


@settings(max_examples=50, deadline=None)
@given(TRACKS)
def test_over_tracks__is_what_plain_python_says(rows: list[list[float]]) -> None:
    frame = pl.DataFrame({"raw": rows, "quantile": [[each / 9 for each in row] for row in rows]})
    for aggregate, function in (("mean", lambda row: sum(row) / len(row)), ("max", max)):
        found = frame.select(over_tracks(score(aggregate=aggregate))).to_series().to_list()
        assert found == pytest.approx([function(row) for row in rows], abs=1e-12)
    sizes = frame.select(over_tracks(score(aggregate="max_abs", value="quantile"))).to_series().to_list()
    assert [abs(each) for each in sizes] == pytest.approx([max(map(abs, row)) / 9 for row in rows])
    assert all(any(each == pytest.approx(one / 9) for one in row) for each, row in zip(sizes, rows, strict=True))


def test_over_tracks__without_a_quantile_there_is_no_score() -> None:
    frame = pl.DataFrame({"raw": [[1.0]], "quantile": [None]}, schema_overrides={"quantile": pl.List(pl.Float64)})
    for aggregate in ("mean", "max", "max_abs"):
        assert frame.select(over_tracks(score(aggregate=aggregate, value="quantile"))).to_series().to_list() == [None]


def test_over_answers__chooses_among_genes_as_among_tracks() -> None:
    frame = pl.DataFrame({"score": [0.2, -0.7, None, 0.5]})
    assert frame.select(over_answers(score(aggregate="max"))).item() == 0.5
    assert frame.select(over_answers(score(aggregate="max_abs"))).item() == -0.7
