from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from refalt.evaluation.labels import QUESTIONS, asked_questions, can_be_asked, score_of, target_of

ROWS = pl.DataFrame(
    {"effect": [2.0, -1.0, 0.0, None, 0.5], "label": [1, 0, None, 1, 0], "score": [-1.0, 2.0, 0.5, 1.0, None]},
    schema={"effect": pl.Float64, "label": pl.Int8, "score": pl.Float64},
)
BY_NAME = {question.name: question for question in QUESTIONS}


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("effect", [2, -1, 0, np.nan, 0.5]),
        ("magnitude", [2, 1, 0, np.nan, 0.5]),
        ("given", [1, 0, np.nan, 1, 0]),
        ("direction", [1, 0, np.nan, np.nan, 1]),
        ("magnitude_median", [1, 1, 0, np.nan, 0]),
        ("activity_median", [1, 0, 0, np.nan, 1]),
    ],
)
def test_target_of__zeros_have_no_direction_and_missing_effects_no_target(name: str, target: list[float]) -> None:
    np.testing.assert_array_equal(target_of(BY_NAME[name], ROWS), target)


def test_score_of__takes_the_magnitude_only_where_the_label_has_no_direction() -> None:
    np.testing.assert_array_equal(score_of(BY_NAME["effect"], ROWS), [-1, 2, 0.5, 1, np.nan])
    np.testing.assert_array_equal(score_of(BY_NAME["given"], ROWS), [1, 2, 0.5, 1, np.nan])


def test_asked_questions__effect_and_magnitude_always() -> None:
    assert [question.name for question in asked_questions(["direction"])] == ["effect", "magnitude", "direction"]


def test_target_of__no_effects_at_all_gives_no_target_and_no_warning() -> None:
    nothing = ROWS.with_columns(effect=pl.lit(None, pl.Float64))
    assert np.isnan(target_of(BY_NAME["magnitude_median"], nothing)).all()


def test_asked_questions__an_activity_is_asked_nothing_that_reads_a_sign_or_a_magnitude() -> None:
    asked = asked_questions(["given", "direction", "magnitude_median"], "activity")
    assert [question.name for question in asked] == ["effect", "given", "activity_median"]
    assert not any(question.reads_sign for question in asked)
    assert "sign_concordance" not in asked[0].metrics
    assert [question.name for question in asked_questions(["direction"], "activity")] == ["effect"]


def test_target_of__matched_is_the_label_of_positives_and_the_controls_chosen_for_them() -> None:
    rows = ROWS.with_columns(matched_label=pl.Series([1, 0, None, None, None], dtype=pl.Int8))
    np.testing.assert_array_equal(target_of(BY_NAME["matched"], rows), [1, 0, np.nan, np.nan, np.nan])


def test_can_be_asked__a_baseline_without_a_sign_is_asked_for_no_direction() -> None:
    asked = {name: can_be_asked(BY_NAME[name], model="baseline", signed=False) for name in ("effect", "magnitude")}
    assert asked == {"effect": False, "magnitude": True}
    assert can_be_asked(BY_NAME["effect"], model="baseline", signed=True)
    assert can_be_asked(BY_NAME["effect"], model="motif", signed=False)
