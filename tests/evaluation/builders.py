"""Rows for tests of the evaluation: effects, scores that follow them, labels, clusters."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from refalt.evaluation.held import Terms
from refalt.evaluation.join import Joined
from refalt.studies.study import EvaluationSection, ScoreSection
from refalt.tables import Attrition, Comparison

SCORE = ScoreSection.model_validate({"name": "s", "model": "recorded"})
OTHER = ScoreSection.model_validate({"name": "t", "model": "recorded"})


def terms(*, withheld: Mapping[str, str] | None = None, **settings: object) -> Terms:
    """Terms with few resamples and permutations."""
    filled = {"labels": ["given", "direction"], "resamples": 200, "permutations": 199} | settings
    return Terms("d", EvaluationSection.model_validate(filled), 1, 0.05, withheld or {})


def rows(n: int = 300, *, n_clusters: int = 100, name: str = "s", noise: float = 1.0, seed: int = 3) -> pl.DataFrame:
    """n rows of Comparison; effects are the same for every score, and the score is the effect with noise."""
    effect = np.random.default_rng(seed).normal(size=n)
    frame = pl.DataFrame(
        {
            "source_row": np.arange(1, n + 1),
            "score_name": [name] * n,
            "variant_id": [f"v{i}" for i in range(n)],
            "asked_id": [f"v{i}" for i in range(n)],
            "effect": effect,
            "effect_se": np.full(n, 0.3),
            "score": effect + noise * np.random.default_rng([seed, *name.encode()]).normal(size=n),
            "label": (np.abs(effect) > 0.8).astype(np.int8),
            "cluster_id": [f"c{i % n_clusters}" for i in range(n)],
            "input_id": [f"v{i}" for i in range(n)],
            "chrom": [f"chr{1 + i % 2}" for i in range(n)],
            "flags": [[] for _ in range(n)],
        },
        schema_overrides={"flags": pl.List(pl.String)},
    )
    return Comparison(frame).frame


def joined(*parts: pl.DataFrame, lost: pl.DataFrame | None = None) -> Joined:
    """Rows of one score or of several, and those that lack their score."""
    table = Comparison(pl.concat(parts))
    gone = (table.frame.head(0) if lost is None else lost).with_columns(
        score=pl.lit(None, pl.Float64), reason=pl.lit("no_score")
    )
    return Joined(table, gone, Attrition.empty())
