from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from tests.evaluation.builders import rows

from refalt.evaluation.beside.dealt import ready_for_deals
from refalt.evaluation.held import Held, measured_rows
from refalt.evaluation.labels import QUESTIONS
from refalt.stats.metric import METRICS

ASKED = {
    "spearman_rho": "effect",
    "pearson_r": "effect",
    "sign_concordance": "effect",
    "auroc": "given",
    "auprc": "given",
}


def _held(metric: str, part: pl.DataFrame) -> Held:
    return measured_rows(next(question for question in QUESTIONS if question.name == ASKED[metric]), part)


@pytest.mark.parametrize("metric", ASKED)
def test_ready_for_deals__gives_what_the_metric_gives_ties_and_repeats_included(metric: str) -> None:
    held = _held(metric, rows().with_columns(pl.col("score").round(1)))
    quick, score = ready_for_deals(METRICS[metric], held)
    rng = np.random.default_rng(1)
    # Inputs of several rows are dealt to rows that are more or fewer: some scores occur more often, some not at all.
    for order in (np.arange(300), rng.permutation(300), rng.integers(0, 300, 300)):
        full = METRICS[metric].function(held.target, held.score[order]).value
        assert quick.function(held.target, score[order]).value == pytest.approx(full, abs=1e-12)


def test_ready_for_deals__a_deal_of_zeros_has_no_concordance_but_a_reason() -> None:
    quick, score = ready_for_deals(METRICS["sign_concordance"], _held("sign_concordance", rows()))
    found = quick.function([1.0], score[:1] * 0)
    assert math.isnan(found.value)
    assert found.reason


@pytest.mark.parametrize("metric", ["spearman_rho", "pearson_r"])
def test_ready_for_deals__a_deal_of_one_score_has_no_correlation_but_a_reason(metric: str) -> None:
    quick, score = ready_for_deals(METRICS[metric], _held(metric, rows()))
    found = quick.function(score, np.full(300, score[0]))
    assert math.isnan(found.value)
    assert found.reason


def test_ready_for_deals__a_metric_it_does_not_know_stays_as_it_is() -> None:
    held = _held("pearson_r", rows())
    metric, score = ready_for_deals(METRICS["calibration_slope"], held)
    assert metric is METRICS["calibration_slope"]
    assert score is held.score


def test_ready_for_deals__dealt_rows_have_no_weights() -> None:
    quick, score = ready_for_deals(METRICS["auroc"], _held("auroc", rows()))
    with pytest.raises(ValueError, match="no weights"):
        quick.function(score, score, weights=score)
