from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from scipy import stats

from refalt.evaluation.evaluate import SIGNED, Terms, evaluate
from refalt.evaluation.join import Joined
from refalt.studies.study import EvaluationSection, ScoreSection
from refalt.tables import Attrition, Comparison

SCORE = ScoreSection.model_validate({"name": "s", "model": "recorded"})


def terms(**changes: object) -> Terms:
    settings = EvaluationSection.model_validate(
        {"labels": ["given", "direction"], "resamples": 200, "strata": changes.pop("strata", [])}
    )
    return Terms("d", settings, 1, 0.05, changes.pop("withheld", {}))  # type: ignore[arg-type]


def joined(n: int = 300, *, n_clusters: int = 100, n_lost: int = 0, seed: int = 3) -> Joined:
    """n rows with an effect, a score that follows it, labels; the last `n_lost` have no score."""
    rng = np.random.default_rng(seed)
    effect = rng.normal(size=n)
    frame = pl.DataFrame(
        {
            "source_row": np.arange(1, n + 1),
            "score_name": ["s"] * n,
            "variant_id": [f"v{i}" for i in range(n)],
            "asked_id": [f"v{i}" for i in range(n)],
            "effect": effect,
            "effect_se": np.full(n, 0.3),
            "score": effect + rng.normal(size=n),
            "label": (np.abs(effect) > 0.8).astype(np.int8),
            "cluster_id": [f"c{i % n_clusters}" for i in range(n)],
            "input_id": [f"v{i}" for i in range(n)],
            "chrom": [f"chr{1 + i % 2}" for i in range(n)],
            "flags": [[] for _ in range(n)],
        },
        schema_overrides={"flags": pl.List(pl.String)},
    )
    table = Comparison(frame[: n - n_lost]).frame
    lost = Comparison(frame[n - n_lost :].with_columns(score=pl.lit(0.0))).frame
    lost = lost.with_columns(score=pl.lit(None, pl.Float64), reason=pl.lit("no_score"))
    return Joined(Comparison(table), lost, Attrition.empty())


def _cell(frame: pl.DataFrame, column: str, *, metric: str, label: str = "effect", stratum: str = "all") -> object:
    row = frame.filter((pl.col("metric") == metric) & (pl.col("label_name") == label) & (pl.col("stratum") == stratum))
    assert row.height == 1
    return row.get_column(column)[0]


def test_evaluate__values_are_those_of_scipy() -> None:
    held = joined()
    found = evaluate(held, [SCORE], terms())
    rows = held.comparison.frame
    assert _cell(found, "value", metric="spearman_rho") == pytest.approx(
        stats.spearmanr(rows["effect"], rows["score"]).statistic, abs=1e-12
    )
    assert _cell(found, "value", metric="pearson_r") == pytest.approx(
        stats.pearsonr(rows["effect"], rows["score"]).statistic, abs=1e-12
    )


def test_evaluate__every_estimate_has_its_companions() -> None:
    found = evaluate(joined(n_lost=20), [SCORE], terms())
    whole = found.filter(pl.col("stratum") == "all")
    assert whole.select("n", "n_variants", "n_inputs", "n_clusters", "n_missing").unique().rows() == [
        (280, 280, 280, 100, 20)
    ]
    assert whole.get_column("lower").is_not_nan().all()
    assert (whole.get_column("lower") < whole.get_column("value")).all()
    assert (whole.get_column("upper") > whole.get_column("value")).all()


def test_evaluate__what_an_audit_withholds_has_no_number_but_its_reason_and_counts() -> None:
    found = evaluate(joined(), [SCORE], terms(withheld={SIGNED: "withheld by EF005: no source"}))
    assert math.isnan(_cell(found, "value", metric="spearman_rho"))  # type: ignore[arg-type]
    assert _cell(found, "reason", metric="pearson_r") == "withheld by EF005: no source"
    assert _cell(found, "n", metric="pearson_r") == 300
    assert math.isnan(_cell(found, "value", metric="auroc", label="direction"))  # type: ignore[arg-type]
    assert _cell(found, "value", metric="auroc", label="given") > 0.5  # type: ignore[operator]
    assert _cell(found, "value", metric="spearman_rho", label="magnitude") > 0  # type: ignore[operator]


def test_evaluate__a_score_without_sign_answers_no_signed_question() -> None:
    found = evaluate(joined(), [SCORE.model_copy(update={"signed": False})], terms())
    assert _cell(found, "reason", metric="spearman_rho") == "the score has no sign"


def test_evaluate__under_ten_clusters_the_interval_is_withheld_and_the_value_stands() -> None:
    found = evaluate(joined(n_clusters=9), [SCORE], terms())
    assert _cell(found, "value", metric="spearman_rho") > 0.4  # type: ignore[operator]
    assert math.isnan(_cell(found, "lower", metric="spearman_rho"))  # type: ignore[arg-type]
    assert "9 clusters" in str(_cell(found, "reason", metric="spearman_rho"))


def test_evaluate__strata_repeat_the_questions_and_add_up() -> None:
    found = evaluate(joined(), [SCORE], terms(strata=["chrom"]))
    parts = [_cell(found, "n", metric="pearson_r", stratum=f"chrom=chr{i}") for i in (1, 2)]
    assert parts == [150, 150]


def test_evaluate__within_one_label_the_label_is_not_asked_for() -> None:
    found = evaluate(joined(), [SCORE], terms(strata=["label"]))
    strata = found.filter(pl.col("label_name") == "given").get_column("stratum").unique().to_list()
    assert strata == ["all"]


def test_evaluate__a_single_class_gives_a_reason_and_no_number() -> None:
    held = joined()
    single = Joined(
        Comparison(held.comparison.frame.with_columns(label=pl.lit(1, pl.Int8))), held.removed, held.attrition
    )
    found = evaluate(single, [SCORE], terms())
    assert math.isnan(_cell(found, "value", metric="auroc", label="given"))  # type: ignore[arg-type]
    assert _cell(found, "reason", metric="auroc", label="given")


def test_evaluate__the_same_seed_gives_the_same_interval() -> None:
    first, second = (evaluate(joined(), [SCORE], terms()) for _ in range(2))
    assert first.equals(second)


def test_evaluate__a_score_that_covers_one_class_only_in_part_says_so_and_gives_no_number() -> None:
    held = joined()
    rows = held.comparison.frame
    few = rows.filter((pl.col("label") == 1) | (pl.int_range(pl.len()) % 4 == 0))
    lost = rows.join(few, on="source_row", how="anti").with_columns(
        score=pl.lit(None, pl.Float64), reason=pl.lit("no_score")
    )
    found = evaluate(Joined(Comparison(few), lost, held.attrition), [SCORE], terms())
    assert math.isnan(_cell(found, "value", metric="auroc", label="given"))  # type: ignore[arg-type]
    assert "depends on its label" in str(_cell(found, "reason", metric="auroc", label="given"))
    assert _cell(found, "value", metric="pearson_r") > 0.5  # type: ignore[operator]
