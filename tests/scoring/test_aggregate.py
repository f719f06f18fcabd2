from __future__ import annotations

import polars as pl
import pytest

from refalt.scoring.aggregate import over_answers, over_tracks
from refalt.studies.study import ScoreSection


def _score(aggregate: str, value: str = "raw") -> ScoreSection:
    return ScoreSection.model_validate({"name": "s", "model": "m", "aggregate": aggregate, "value": value})


ANSWERS = pl.DataFrame({"raw": [[0.1, -0.5, 0.3], [2.0], None], "quantile": [[1.0, 0.0, 0.5], None, [-0.25]]})


@pytest.mark.parametrize(
    ("aggregate", "expected"),
    [("mean", [-1 / 30, 2.0, None]), ("max", [0.3, 2.0, None]), ("max_abs", [-0.5, 2.0, None])],
)
def test_over_tracks__is_one_number_of_the_tracks_and_nothing_of_nothing(
    aggregate: str, expected: list[float | None]
) -> None:
    found = ANSWERS.select(over_tracks(_score(aggregate))).to_series().to_list()
    assert found == [value if value is None else pytest.approx(value) for value in expected]


def test_over_tracks__takes_the_value_that_the_score_names() -> None:
    found = ANSWERS.select(over_tracks(_score("mean", "quantile"))).to_series().to_list()
    assert found == [pytest.approx(0.5), None, pytest.approx(-0.25)]


def test_over_answers__keeps_the_sign_of_the_value_farthest_from_0() -> None:
    rows = pl.DataFrame({"score": [0.2, -0.7, 0.6]})
    assert rows.select(over_answers(_score("max_abs"))).item() == -0.7
    assert rows.select(over_answers(_score("max"))).item() == 0.6
