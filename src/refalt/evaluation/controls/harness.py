"""Does the harness work? Scores with a known answer, sent through the same metrics as every other score.

A shuffled score knows nothing and must meet chance. An oracle is the measured effect, measured once more with
its own standard error, and must meet the ceiling that this error sets.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from refalt.evaluation.held import Held, Terms, companions, framed, measured_rows, why_withheld
from refalt.evaluation.join import Joined
from refalt.evaluation.labels import EFFECT, Floats, Question, asked_questions
from refalt.provenance import seed_from
from refalt.stats.measured import scaled_deviations
from refalt.stats.metric import METRICS, Metric
from refalt.studies.study import ScoreSection
from refalt.tables import Estimates

SHUFFLES = 200
ORACLE_DRAWS = 200
MODEL = "control"


@dataclass(frozen=True)
class Control:
    """What a control gave on one metric.

    Attributes:
        name: `shuffled` or `oracle`.
        label_name: The question.
        metric: The metric.
        values: float64[draws], NaN left out.
        expected: What it must meet: chance, or the ceiling.
        held: The rows it was made on.
    """

    name: str
    label_name: str
    metric: str
    values: Floats
    expected: float
    held: Held

    @property
    def mean(self) -> float:
        """Mean over draws."""
        return float(self.values.mean()) if self.values.size else math.nan


def run_controls(joined: Joined, scores: Sequence[ScoreSection], terms: Terms) -> list[Control]:
    """Shuffled and oracle controls on the rows of the first score, for every question of the study."""
    if not scores:
        return []
    score = scores[0]
    rows = joined.comparison.frame.filter(pl.col("score_name") == score.name)
    controls: list[Control] = []
    for question in asked_questions(terms.settings.labels, terms.quantity):
        held = measured_rows(question, rows)
        for name in question.metrics:
            if why_withheld(name, question, score=score, withheld=terms.withheld) is None and held.selected is None:
                controls += _controls_of(METRICS[name], question, held, terms)
    return controls


def _controls_of(metric: Metric, question: Question, held: Held, terms: Terms) -> Iterator[Control]:
    if metric.function(held.target, held.score).reason is not None:
        return
    rng = np.random.default_rng(seed_from(terms.seed, "shuffled", question.name, metric.name))
    shuffled = [metric.function(held.target, rng.permutation(held.score)).value for _ in range(SHUFFLES)]
    chance = metric.chance(held.target, held.score).value
    yield Control("shuffled", question.name, metric.name, _kept(shuffled), chance, held)
    rng = np.random.default_rng(seed_from(terms.seed, "oracle", question.name, metric.name))
    yield _oracle(metric, question, held, rng)


def _oracle(metric: Metric, question: Question, held: Held, rng: np.random.Generator) -> Control:
    error = held.rows.get_column("effect_se").cast(pl.Float64).to_numpy()
    noisy = question.name == EFFECT and metric.name == "pearson_r" and bool(np.isfinite(error).all())
    if not noisy:
        perfect = metric.function(held.target, held.target).value
        return Control("oracle", question.name, metric.name, _kept([perfect]), 1.0, held)
    # Corr(e, e + n) for noise n independent of e: sd(e) / sqrt(var(e) + mean(se^2)).
    effects, unit = scaled_deviations(held.target)
    spread = float(effects.var())
    with np.errstate(over="ignore"):
        expected = math.sqrt(spread / (spread + float(((error / unit) ** 2).mean())))
    again = (held.target + rng.normal(0, error) for _ in range(ORACLE_DRAWS))
    values = [metric.function(held.target, repeat).value for repeat in again]
    return Control("oracle", question.name, metric.name, _kept(values), expected, held)


def _kept(values: Sequence[float]) -> Floats:
    column = np.asarray(values, dtype=np.float64)
    return column[np.isfinite(column)]


def control_estimates(controls: Sequence[Control], terms: Terms) -> pl.DataFrame:
    """Rows of Estimates for the controls; the interval is the central part of the draws."""
    return framed([_row(control, terms) for control in controls], Estimates)


def _why_no_limits(draws: Floats) -> str:
    return f"every draw gives {draws[0]:g}" if draws.size > 1 else "one draw: the oracle has no noise here"


def _row(control: Control, terms: Terms) -> dict[str, Any]:
    draws = control.values
    differ = draws.size > 1 and draws.min() < draws.max()
    lower, upper = np.quantile(draws, [terms.alpha / 2, 1 - terms.alpha / 2]) if differ else (math.nan, math.nan)
    words = f"{draws.size} shuffles of the score" if control.name == "shuffled" else f"{draws.size} draws"
    return {
        "model": MODEL,
        "score_name": control.name,
        "dataset": terms.dataset,
        "label_name": control.label_name,
        "metric": control.metric,
        "stratum": "all",
        "value": control.mean,
        "lower": float(lower),
        "upper": float(upper),
        "level": 1 - terms.alpha,
        "method": words,
        "p_value": None,
        "q_value": None,
        "chance": control.expected if control.name == "shuffled" else None,
        "prevalence": float(control.held.target.mean()) if METRICS[control.metric].needs == "label" else None,
        **companions(control.held),
        "reason": None if differ else _why_no_limits(draws),
    }
