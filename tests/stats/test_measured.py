from __future__ import annotations

import math

import numpy as np
import pytest

from refalt.stats.measured import Measured, UndefinedError, measured, nothing, paired_rows


def test_measured__is_a_number_or_a_reason_never_both_or_neither() -> None:
    assert Measured(0.5).reason is None
    assert math.isnan(nothing("no rows").value)
    for value, reason in ((0.5, "why"), (math.nan, None), (math.inf, None), (math.inf, "why")):
        with pytest.raises(ValueError, match="finite or NaN with a reason"):
            Measured(value, reason)


def test_measured__turns_undefined_into_a_reason_and_lets_bugs_through() -> None:
    @measured
    def undefined() -> float:
        raise UndefinedError("only one class")

    @measured
    def broken() -> float:
        raise KeyError("a bug")

    assert undefined().reason == "only one class"
    with pytest.raises(KeyError):
        broken()


def test_paired_rows__leaves_out_rows_of_weight_zero() -> None:
    rows = paired_rows([1, 2, 3, 4], [5, 6, 7, 8], [1, 0, 2, 0.5])
    assert rows.target.tolist() == [1, 3, 4]
    assert rows.score.tolist() == [5, 7, 8]
    assert rows.weights.tolist() == [1, 2, 0.5]


def test_paired_rows__different_lengths_and_tables_are_bugs() -> None:
    with pytest.raises(ValueError, match="differ in length"):
        paired_rows([1, 2, 3], [1, 2], None)
    with pytest.raises(ValueError, match="differ in length"):
        paired_rows([1, 2, 3], [1, 2, 3], [1])
    with pytest.raises(ValueError, match="one dimension"):
        paired_rows(np.ones((2, 2)), [1, 2], None)


@pytest.mark.parametrize(
    ("target", "score", "weights", "words"),
    [
        ([1, math.nan, 3], [1, 2, 3], None, "target has 1 values"),
        ([1, 2, 3], [1, math.inf, -math.inf], None, "score has 2 values"),
        ([1, 2, 3], [1, 2, 3], [1, 1, math.nan], "weights has 1 values"),
        ([1, 2, 3], [1, 2, 3], [1, 1, -1], "negative"),
        ([1, 2], [1, 2], None, "2 rows, at least 3"),
        ([1, 2, 3], [1, 2, 3], [1, 1, 0], "2 rows, at least 3"),
        ([], [], None, "0 rows"),
    ],
)
def test_paired_rows__says_why_rows_cannot_be_used(
    target: list[float], score: list[float], weights: list[float] | None, words: str
) -> None:
    with pytest.raises(UndefinedError, match=words):
        paired_rows(target, score, weights)
