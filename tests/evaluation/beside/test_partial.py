from __future__ import annotations

import dataclasses
import functools

import numpy as np
import pytest
from tests.evaluation.builders import SCORE, rows, terms

from refalt.evaluation.beside.asked import Case
from refalt.evaluation.beside.partial import partial_interval
from refalt.evaluation.held import Held, measured_rows
from refalt.evaluation.labels import QUESTIONS, Floats
from refalt.stats.association import partial_spearman
from refalt.stats.intervals import BOOTSTRAP_CLUSTERS
from refalt.stats.metric import METRICS, Metric
from refalt.stats.resampling import bootstrap, draw_clusters

EFFECT = next(question for question in QUESTIONS if question.name == "effect")


def _made() -> tuple[Held, Floats, Case]:
    held = measured_rows(EFFECT, rows(600, n_clusters=BOOTSTRAP_CLUSTERS))
    covariate = np.abs(held.target) + np.random.default_rng(1).normal(size=held.target.size)
    return held, covariate, Case(SCORE, EFFECT, "all", held, terms())


def test_partial_interval__three_correlations_in_each_resample_are_the_regression_of_ranks() -> None:
    held, covariate, case = _made()
    answer = partial_interval(held, covariate, case, np.random.default_rng(5))
    own = functools.partial(partial_spearman, covariates=covariate)
    metric: Metric = dataclasses.replace(METRICS["spearman_rho"], function=own)
    draws = draw_clusters(BOOTSTRAP_CLUSTERS, resamples=200, rng=np.random.default_rng(5))
    values = bootstrap(metric, held.target, held.score, held.codes, draws=draws)
    assert answer.value == pytest.approx(own(held.target, held.score).value, abs=1e-12)
    assert (answer.lower, answer.upper) == pytest.approx(tuple(np.quantile(values, [0.025, 0.975])), abs=1e-9)


def test_partial_interval__a_covariate_that_explains_the_score_leaves_nothing_and_says_so() -> None:
    held, _, case = _made()
    answer = partial_interval(held, held.score, case, np.random.default_rng(5))
    assert np.isnan(answer.value)
    assert "once the covariates" in str(answer.reason)


def test_partial_interval__is_withheld_where_the_correlation_is() -> None:
    held, covariate, case = _made()
    case = dataclasses.replace(case, terms=terms(withheld={"spearman_rho": "why"}))
    assert partial_interval(held, covariate, case, np.random.default_rng(5)).reason == "why"
