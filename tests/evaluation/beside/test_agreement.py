from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import cohen_kappa_score
from tests.evaluation.builders import SCORE, rows, terms

from refalt.evaluation.beside.agreement import MEANINGS, interval
from refalt.evaluation.beside.asked import Case
from refalt.evaluation.held import measured_rows
from refalt.evaluation.labels import QUESTIONS
from refalt.stats.association import sign_agreement


def _case(part: pl.DataFrame) -> Case:
    effect = next(question for question in QUESTIONS if question.name == "effect")
    return Case(SCORE, effect, "all", measured_rows(effect, part), terms())


def _value(part: pl.DataFrame, name: str) -> float:
    return interval(name, _case(part), np.random.default_rng(1)).value


@pytest.fixture
def with_zeros() -> pl.DataFrame:
    zero = pl.int_range(pl.len()) % 10 == 0
    return rows().with_columns(score=pl.when(zero).then(0.0).otherwise(pl.col("score") + 0.7))


def test_interval__kappa_is_that_of_scikit_learn_zeros_left_out(with_zeros: pl.DataFrame) -> None:
    signed = with_zeros.filter(pl.col("score") != 0)
    expected = cohen_kappa_score(signed["effect"] > 0, signed["score"] > 0)
    assert _value(with_zeros, "sign_kappa") == pytest.approx(expected, abs=1e-12)


def test_interval__margins_and_commoner_sign_are_those_of_the_statistics(with_zeros: pl.DataFrame) -> None:
    found = sign_agreement(with_zeros["effect"], with_zeros["score"])
    assert _value(with_zeros, "sign_expected") == pytest.approx(found.expected.value, abs=1e-12)
    assert _value(with_zeros, "sign_constant") == pytest.approx(found.constant_sign.value, abs=1e-12)
    beyond = found.concordance.value - found.constant_sign.value
    assert _value(with_zeros, "sign_beyond_constant") == pytest.approx(beyond, abs=1e-12)
    assert _value(with_zeros, "sign_zero_share") == pytest.approx(found.n_zero / with_zeros.height, abs=1e-12)


@pytest.mark.parametrize("name", MEANINGS)
def test_interval__no_signs_at_all_give_a_reason_and_no_warning(name: str) -> None:
    answer = interval(name, _case(rows().with_columns(score=pl.lit(0.0))), np.random.default_rng(1))
    assert answer.reason
    assert np.isnan(answer.value) or name == "sign_zero_share"


def test_interval__holds_its_value() -> None:
    answer = interval("sign_kappa", _case(rows()), np.random.default_rng(1))
    assert answer.lower < answer.value < answer.upper
