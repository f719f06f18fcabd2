from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest

from refalt.evaluation.controls import SHUFFLES, Control, control_estimates, run_controls
from refalt.evaluation.evaluate import Terms
from refalt.evaluation.join import Joined
from refalt.studies.study import EvaluationSection, ScoreSection
from refalt.tables import Attrition, Comparison, Estimates

SCORE = ScoreSection.model_validate({"name": "s", "model": "recorded"})
TERMS = Terms("d", EvaluationSection.model_validate({"labels": ["given"], "resamples": 200}), 1, 0.05, {})


def _joined(*, error: float | None = 0.5, n: int = 400) -> Joined:
    rng = np.random.default_rng(5)
    effect = rng.normal(size=n)
    frame = pl.DataFrame(
        {
            "source_row": np.arange(n),
            "score_name": ["s"] * n,
            "asked_id": [f"v{i}" for i in range(n)],
            "effect": effect,
            "effect_se": [error] * n,
            "score": effect + rng.normal(size=n),
            "label": (effect > 1).astype(np.int8),
            "cluster_id": [f"c{i}" for i in range(n)],
            "input_id": [f"v{i}" for i in range(n)],
            "flags": [[] for _ in range(n)],
        },
        schema_overrides={"flags": pl.List(pl.String), "effect_se": pl.Float64},
    )
    table = Comparison(frame)
    return Joined(table, table.frame.head(0).with_columns(reason=pl.lit("")), Attrition.empty())


def _one(controls: list[Control], name: str, metric: str, label: str = "effect") -> Control:
    return next(c for c in controls if (c.name, c.metric, c.label_name) == (name, metric, label))


@pytest.mark.parametrize(("metric", "label"), [("spearman_rho", "effect"), ("auroc", "given"), ("auprc", "given")])
def test_run_controls__shuffled_scores_meet_chance(metric: str, label: str) -> None:
    control = _one(run_controls(_joined(), [SCORE], TERMS), "shuffled", metric, label)
    assert control.values.size == SHUFFLES
    assert abs(control.mean - control.expected) < 4 * control.values.std(ddof=1) / math.sqrt(SHUFFLES)


def test_run_controls__the_oracle_meets_the_ceiling_that_its_noise_sets() -> None:
    control = _one(run_controls(_joined(error=0.5), [SCORE], TERMS), "oracle", "pearson_r")
    assert control.expected == pytest.approx(1 / math.sqrt(1 + 0.25), abs=0.02)
    assert abs(control.mean - control.expected) < 4 * control.values.std(ddof=1)


def test_run_controls__without_standard_errors_the_oracle_is_the_effect_itself() -> None:
    control = _one(run_controls(_joined(error=None), [SCORE], TERMS), "oracle", "pearson_r")
    assert (control.mean, control.expected) == (pytest.approx(1.0), 1.0)


def test_control_estimates__are_rows_of_estimates_named_as_controls() -> None:
    controls = run_controls(_joined(), [SCORE], TERMS)
    table = Estimates(control_estimates(controls, TERMS))
    assert set(table.frame.get_column("model")) == {"control"}
    assert set(table.frame.get_column("score_name")) == {"shuffled", "oracle"}


def test_run_controls__what_is_withheld_has_no_control() -> None:
    withheld = Terms("d", TERMS.settings, 1, 0.05, {"signed": "why"})
    assert {control.label_name for control in run_controls(_joined(), [SCORE], withheld)} == {"given", "magnitude"}


def test_run_controls__no_scores_no_controls() -> None:
    assert run_controls(_joined(), [], TERMS) == []
